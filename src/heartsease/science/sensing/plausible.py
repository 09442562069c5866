"""What a sample can be: values outside are set aside with a reason, never turned into numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from .reading import Quarantined

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Lowest and highest possible value; heart rate after the limits of wrist sensors.
RANGES: dict[str, tuple[float, float, str]] = {
    "steps": (0, 10_000, "steps in one sample"),
    "heart_rate": (25, 240, "beats a minute"),
    "resting_heart_rate": (25, 150, "beats a minute"),
    "hrv_rmssd": (1, 400, "ms"),
    "hrv_sdnn": (1, 400, "ms"),
}
LONGEST_SLEEP_HOURS = 24


class SetAside:
    """Collects what was set aside: one entry a reason and file, with its first line and a count."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: dict[str, tuple[int | None, int]] = {}

    def add(self, line: int | None, reason: str) -> None:
        """Set one row aside."""
        first, count = self._found.get(reason, (line, 0))
        self._found[reason] = (first, count + 1)

    def take(self) -> Iterator[Quarantined]:
        """Everything set aside so far."""
        for reason, (line, count) in self._found.items():
            yield Quarantined(self.file, line, reason, count)
        self._found.clear()


def wrong_value(stream: str, value: float) -> str | None:
    """Why a value cannot be, or None.

    >>> wrong_value("heart_rate", 400)
    'heart_rate: 400 is outside 25 to 240 beats a minute'
    """
    low, high, unit = RANGES[stream]
    if low <= value <= high:
        return None
    return f"{stream}: {value:g} is outside {low:g} to {high:g} {unit}"


def wrong_time(start: datetime, end: datetime | None, latest: datetime) -> str | None:
    """Why a time cannot be, or None."""
    if start > latest:
        return "the date lies in the future"
    if start < EARLIEST:
        return "the date lies before the year 2000"
    if end is not None and end < start:
        return "the end lies before the start"
    return None
