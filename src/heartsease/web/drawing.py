"""What a drawn chart is made of: boxes, points, words on axes, and the table beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Mark:
    """Something that happened on a day: a plan change, a visit, an alert."""

    day: date
    label: str


@dataclass(frozen=True)
class Box:
    """A rectangle of the drawing, in its own units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Point:
    """A dot of the drawing and what it says."""

    x: float
    y: float
    label: str = ""

    @property
    def label_y(self) -> float:
        """Where a number stands above its dot."""
        return round(self.y - 11, 1)


@dataclass(frozen=True)
class Tick:
    """A word on an axis; anchor is SVG's start, middle or end."""

    x: float
    y: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Row:
    """One line of the table beside a chart; an empty value means no data."""

    day: date
    value: str


@dataclass(frozen=True)
class Chart:
    """A drawing and the same thing in words."""

    key: str
    title: str
    description: str
    summary: str
    width: float
    height: float
    plot: Box
    lines: tuple[str, ...] = ()
    dots: tuple[Point, ...] = ()
    stems: tuple[Box, ...] = ()
    band: Box | None = None
    band_label: Tick | None = None
    gaps: tuple[Box, ...] = ()
    marks: tuple[Tick, ...] = ()
    days: tuple[Tick, ...] = ()
    last: Tick | None = None
    edges: tuple[Tick, ...] = ()
    unit: Tick | None = None
    rows: tuple[Row, ...] = field(default=())

    @property
    def pattern(self) -> str:
        """The name of this chart's hatch, unique in its page."""
        return f"hatch-{self.key}"

    @property
    def floor(self) -> float:
        """The height of the bottom line."""
        return self.plot.y + self.plot.height

    @property
    def floor_end(self) -> float:
        """Where the bottom line ends on the right."""
        return self.plot.x + self.plot.width


@dataclass(frozen=True)
class Scale:
    """Where days and values stand in a plot."""

    first: date
    days: int
    low: float
    high: float
    plot: Box

    @property
    def step(self) -> float:
        """The width of a day."""
        return self.plot.width / max(self.days, 1)

    def x(self, day: date) -> float:
        """The middle of a day's column."""
        return round(self.plot.x + ((day - self.first).days + 0.5) * self.step, 1)

    def y(self, value: float) -> float:
        """The height of a value, held inside the plot."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.plot.y + (1 - min(max(share, 0.0), 1.0)) * self.plot.height, 1)
