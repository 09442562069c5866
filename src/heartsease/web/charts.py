"""Small charts as values that a template draws: one idea each, honest about what is missing.

A day without data is a gap with a light hatch and never a line; the person's own usual range is
a band; the last value is labelled where it stands. Every chart carries its title, a description
for those who do not see it, and the same numbers as table rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby

from .drawing import Box, Chart, Mark, Point, Row, Scale, Tick

__all__ = ["Chart", "Mark", "line_chart", "score_chart", "sparkline"]

Say = Callable[[float], str]

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 6, 40, 30, 26
SIDE_GAP, LINE_HEIGHT = 8, 14
LETTER = 7.4
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 132, 36, 4


def plain(value: float) -> str:
    """A number without a tail of zeros.

    >>> plain(6.0), plain(6.25)
    ('6', '6.2')
    """
    return f"{value:.1f}".rstrip("0").rstrip(".")


def day_words(day: date) -> str:
    """A day as people write it.

    >>> day_words(date(2026, 3, 9))
    '9 Mar'
    """
    return f"{day.day} {day:%b}"


def _present(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


def _limits(
    values: Sequence[float], usual: tuple[float, float] | None, least_span: float
) -> tuple[float, float]:
    """The ends of the scale: all values with room, and never less than the least span.

    What is never below zero keeps a scale that is not, so the span then grows upward.
    """
    seen = [*values, *(usual or ())]
    low, high = min(seen), max(seen)
    room = (high - low) * 0.12 or max(abs(high) * 0.1, 1.0)
    room = max(room, (least_span - (high - low)) / 2)
    shift = max(room - low, 0.0) if low >= 0 and least_span else 0.0
    return low - room + shift, high + room + shift


def _runs(values: Sequence[float | None]) -> Iterator[tuple[bool, int, int]]:
    """Stretches of days with data (True) or without: kind, first index, last index."""
    for there, group in groupby(range(len(values)), key=lambda index: _present(values[index])):
        indices = list(group)
        yield there, indices[0], indices[-1]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def _day_ticks(days: Sequence[date], scale: Scale, height: float) -> tuple[Tick, ...]:
    """The first, middle and last day in words."""
    y = height - 8
    plot = scale.plot
    ticks = [Tick(plot.x, y, day_words(days[0]), "start")]
    if len(days) > 20:
        middle = days[len(days) // 2]
        ticks.append(Tick(scale.x(middle), y, day_words(middle)))
    ticks.append(Tick(plot.x + plot.width, y, day_words(days[-1]), "end"))
    return tuple(ticks)


def _mark_ticks(marks: Sequence[Mark], scale: Scale) -> tuple[Tick, ...]:
    last = scale.first + timedelta(days=scale.days - 1)
    middle = scale.plot.x + scale.plot.width / 2
    return tuple(
        Tick(x, scale.plot.y - 8, mark.label, "start" if x < middle else "end")
        for mark in sorted(marks, key=lambda mark: mark.day)
        if scale.first <= mark.day <= last
        for x in [scale.x(mark.day)]
    )


def describe(days: Sequence[date], values: Sequence[float | None], say: Say) -> str:
    """What a person who does not see the chart needs to know of it."""
    seen = [value for value in values if value is not None and _present(value)]
    if not seen:
        return f"No data between {day_words(days[0])} and {day_words(days[-1])}."
    missing = len(values) - len(seen)
    verb = "has" if missing == 1 else "have"
    gap = f" {missing} of {len(values)} days {verb} no data." if missing else ""
    return (
        f"From {day_words(days[0])} to {day_words(days[-1])}: lowest {say(min(seen))}, "
        f"highest {say(max(seen))}, last {say(seen[-1])}.{gap}"
    )


def line_chart(
    key: str,
    days: Sequence[date],
    values: Sequence[float | None],
    *,
    title: str,
    summary: str,
    say: Say = plain,
    usual: tuple[float, float] | None = None,
    marks: Sequence[Mark] = (),
    limits: tuple[float, float] | None = None,
    least_span: float = 0.0,
    number: Say | None = None,
    unit: str = "",
) -> Chart:
    """Draw one feature over consecutive days, with gaps where there is nothing.

    Args:
        key: a short name, unique in the page, made of letters and hyphens.
        days: consecutive days, oldest first, shape (n,).
        values: one a day, shape (n,); None or NaN where there is no data.
        say: turns a value into words with its unit.
        usual: the person's own usual range, low and high, in the values' unit.
        limits: the ends of the scale where it has any, such as (1, 5).
        least_span: the least that the height of the drawing stands for, in the values' unit, so
            that nights a few minutes apart do not look like a change.
        number: turns a value into words as short as they can be beside `unit`; `say` without it.
        unit: of the numbers in the drawing, said once above it.

    Raises:
        ValueError: if days and values differ in length or are empty.

    >>> chart = line_chart("sleep", [date(2026, 3, n) for n in (1, 2, 3, 4)],
    ...     [400.0, None, 420.0, 410.0], title="Sleep", summary="")
    >>> len(chart.lines), len(chart.gaps), len(chart.dots)
    (1, 1, 3)
    """
    if not days or len(days) != len(values):
        raise ValueError("A chart needs as many days as values, and at least one.")
    seen = [value for value in values if value is not None and _present(value)]
    short = number or say
    beside = [short(one) for one in (*seen[-1:], *(usual or ()))] if seen else []
    right = max([RIGHT, *(LETTER * len(words) + 12 for words in beside)])
    plot = Box(LEFT, TOP, WIDTH - LEFT - right, HEIGHT - TOP - BOTTOM)
    low, high = _limits(limits or seen, usual, least_span) if seen else (0.0, 1.0)
    scale = Scale(days[0], len(days), low, high, plot)
    lines, dots, gaps = [], [], []
    for there, first, last in _runs(values):
        if not there:
            left = plot.x + first * scale.step
            gaps.append(
                Box(round(left, 1), plot.y, round((last - first + 1) * scale.step, 1), plot.height)
            )
            continue
        points = []
        for index in range(first, last + 1):
            value = float(values[index] or 0.0)
            x, y = scale.x(days[index]), scale.y(value)
            points.append((x, y))
            dots.append(Point(x, y, f"{day_words(days[index])}: {say(value)}"))
        if len(points) > 1:
            lines.append(_path(points))
    band = _band(usual, scale) if seen else None
    last_at, edges = _beside(dots, seen, usual, short, scale)
    return Chart(
        key=key,
        title=title,
        description=describe(days, values, say),
        summary=summary,
        width=WIDTH,
        height=HEIGHT,
        plot=plot,
        lines=tuple(lines),
        dots=tuple(dots),
        gaps=tuple(gaps),
        marks=_mark_ticks(marks, scale),
        days=_day_ticks(days, scale, HEIGHT),
        last=last_at,
        edges=edges,
        unit=Tick(plot.x, TOP - 16, unit, "start") if unit and seen else None,
        rows=_rows(days, values, say),
        band=band,
        band_label=Tick(plot.x + plot.width, TOP - 16, "your usual", "end") if band else None,
    )


def _rows(days: Sequence[date], values: Sequence[float | None], say: Say) -> tuple[Row, ...]:
    """The same as a table, the newest day first."""
    there = zip(days, values, strict=True)
    return tuple(
        Row(day, say(value) if value is not None and _present(value) else "")
        for day, value in list(there)[::-1]
    )


def _beside(
    dots: Sequence[Point],
    seen: Sequence[float],
    usual: tuple[float, float] | None,
    say: Say,
    scale: Scale,
) -> tuple[Tick | None, tuple[Tick, ...]]:
    """The last value where it stands, and the ends of the usual range, none upon another.

    The last value keeps its place; the others make room. One that reads like the last is left out.
    """
    if not dots:
        return None, ()
    x, middle = scale.plot.x + scale.plot.width + SIDE_GAP, dots[-1].y
    last = Tick(x, round(middle + 4, 1), say(seen[-1]), "start")
    heights: dict[str, float] = {}
    for value in sorted(usual or (), reverse=True):
        if say(value) != last.label:
            heights.setdefault(say(value), scale.y(value))
    above = sorted((y for y in heights.values() if y <= middle), reverse=True)
    below = sorted(y for y in heights.values() if y > middle)
    moved: dict[float, float] = {}
    for side, way in ((above, -1), (below, 1)):
        near = middle
        for y in side:
            near = min(y, near - LINE_HEIGHT) if way < 0 else max(y, near + LINE_HEIGHT)
            moved[y] = near
    return last, tuple(
        Tick(x, round(moved[y] + 4, 1), words, "start") for words, y in heights.items()
    )


def _band(usual: tuple[float, float] | None, scale: Scale) -> Box | None:
    if usual is None:
        return None
    top, bottom = scale.y(usual[1]), scale.y(usual[0])
    return Box(scale.plot.x, top, scale.plot.width, max(round(bottom - top, 1), 2))


def score_chart(
    key: str,
    points: Sequence[tuple[date, float]],
    *,
    title: str,
    summary: str,
    highest: float,
    say: Say = plain,
    marks: Sequence[Mark] = (),
) -> Chart:
    """Draw scores taken now and then as stems that carry their number; nothing lies between them.

    Raises:
        ValueError: if there is no score.

    >>> chart = score_chart("phq", [(date(2026, 3, 1), 17), (date(2026, 3, 15), 11)],
    ...     title="PHQ-9", summary="", highest=27)
    >>> [stem.label for stem in chart.dots]
    ['17', '11']
    """
    if not points:
        raise ValueError("A chart of scores needs at least one score.")
    ordered = sorted(points)
    first, last = ordered[0][0], ordered[-1][0]
    span = max((last - first).days, 6)
    padding = timedelta(days=max(round(span * 0.06), 1))
    plot = Box(LEFT, TOP, WIDTH - 2 * LEFT, HEIGHT - TOP - BOTTOM)
    scale = Scale(first - padding, span + 2 * padding.days + 1, 0.0, highest * 1.12, plot)
    floor = plot.y + plot.height
    dots = tuple(Point(scale.x(day), scale.y(value), say(value)) for day, value in ordered)
    ticks = [Tick(dots[0].x, HEIGHT - 8, day_words(first), "start" if len(dots) > 1 else "middle")]
    if len(dots) > 1:
        ticks.append(Tick(dots[-1].x, HEIGHT - 8, day_words(last), "middle"))
        if dots[-1].x > WIDTH - 40:
            ticks[-1] = Tick(WIDTH - LEFT, HEIGHT - 8, day_words(last), "end")
    said = "; ".join(f"{day_words(day)}: {say(value)}" for day, value in ordered)
    return Chart(
        key=key,
        title=title,
        description=f"Scores from 0 to {plain(highest)}. {said}.",
        summary=summary,
        width=WIDTH,
        height=HEIGHT,
        plot=plot,
        dots=dots,
        stems=tuple(Box(dot.x, dot.y, 0, round(floor - dot.y, 1)) for dot in dots),
        marks=_mark_ticks(marks, scale),
        days=tuple(ticks),
        rows=tuple(Row(day, say(value)) for day, value in reversed(ordered)),
    )


def sparkline(
    key: str,
    values: Sequence[float | None],
    *,
    title: str,
    say: Say = plain,
    limits: tuple[float, float] | None = None,
) -> Chart:
    """Draw the shape of a few weeks in one line of text; gaps stay gaps.

    Within `limits` where they are given, so that a change of two points looks like two points.

    >>> sparkline("mood", [3.0, None, 4.0, 4.0], title="Mood").lines
    ('M86.7 4L128 4',)
    """
    plot = Box(
        SPARK_MARGIN,
        SPARK_MARGIN,
        SPARK_WIDTH - 2 * SPARK_MARGIN,
        SPARK_HEIGHT - 2 * SPARK_MARGIN,
    )
    seen = [value for value in values if value is not None and _present(value)]
    low, high = limits or ((min(seen), max(seen)) if seen else (0.0, 1.0))
    if low == high:
        low, high = low - 1, high + 1
    scale = Scale(date(2000, 1, 1), len(values), low, high, plot)
    step = plot.width / max(len(values) - 1, 1)
    lines, dots = [], []
    for there, first, last in _runs(values):
        if there:
            points = [
                (round(plot.x + index * step, 1), scale.y(float(values[index] or 0)))
                for index in range(first, last + 1)
            ]
            lines += [_path(points)] if len(points) > 1 else []
            dots += [Point(*points[0])] if len(points) == 1 else []
            final = Point(*points[-1])
    spoken = f"{title}: last {say(seen[-1])}." if seen else f"{title}: no data."
    return Chart(
        key=key,
        title=title,
        description=spoken,
        summary=spoken,
        width=SPARK_WIDTH,
        height=SPARK_HEIGHT,
        plot=plot,
        lines=tuple(lines),
        dots=(*dots, final) if seen else (),
    )
