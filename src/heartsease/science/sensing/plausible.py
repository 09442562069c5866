"""What a sample can be: values outside are set aside with a reason, never turned into numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from .outside import readable
from .reading import Quarantined

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Lowest and highest possible value; heart rate after the limits of wrist sensors.
RANGES: dict[str, tuple[float, float, str]] = {
    "steps": (0, 100_000, "steps in one sample"),
    "heart_rate": (25, 240, "beats a minute"),
    "resting_heart_rate": (25, 150, "beats a minute"),
    "hrv_rmssd": (1, 400, "ms"),
    "hrv_sdnn": (1, 400, "ms"),
    "rr_interval": (250, 2400, "ms"),
    "respiration": (3, 60, "breaths a minute"),
    "spo2": (50, 100, "percent"),
    "heartbeat": (0, 100, "percent"),
}
# The same for the columns of streams that have several.
COLUMN_RANGES: dict[str, dict[str, tuple[float, float, str]]] = {
    "activity": {"epoch_s": (1, 3600, "seconds an epoch"), "counts": (0, 1e6, "counts")},
    "gps": {
        "lat": (-90, 90, "degrees"),
        "lon": (-180, 180, "degrees"),
        "accuracy_m": (0, 1e5, "m"),
        "speed_mps": (0, 400, "m/s"),
    },
    "screen": {"status": (0, 3, "as status")},
    "comm": {"direction": (1, 3, "as direction"), "seconds": (0, 86_400, "seconds")},
    "keyboard": {"latency_ms": (0, 60_000, "ms")},
}
LONGEST = timedelta(hours=24)
TOO_LONG = {
    "sleep": "a sleep longer than a day",
    "steps": "a step count over more than a day",
    "app_use": "a use longer than a day",
}
MOST_REASONS = 100
OTHERS = "other rows that cannot be read"
WORD_CHARACTERS = 60


class SetAside:
    """Collects what was set aside: one entry a reason and file, with its first line and a count.

    A file of nothing but different mistakes ends in one common entry, so that it takes no more
    room than any other.
    """

    def __init__(self, file: str) -> None:
        self.file = readable(file)
        self._found: dict[str, tuple[int | None, int]] = {}

    def add(self, line: int | None, reason: str, count: int = 1) -> None:
        """Set rows aside that share a reason; `line` is the first of them."""
        reason = readable(reason)
        if reason not in self._found and len(self._found) >= MOST_REASONS:
            reason = OTHERS
        first, before = self._found.get(reason, (line, 0))
        self._found[reason] = (first, before + count)

    def is_first(self, reason: str) -> bool:
        """Whether the line of a row with this reason would be kept; finding a line takes time."""
        if reason not in self._found and len(self._found) >= MOST_REASONS:
            reason = OTHERS
        return reason not in self._found

    def take(self) -> Iterator[Quarantined]:
        """Everything set aside so far."""
        for reason, (line, count) in self._found.items():
            yield Quarantined(self.file, line, reason, count)
        self._found.clear()


def quoted(word: object) -> str:
    """A word of the file for use in a reason, cut where it is long.

    >>> quoted("furlong")
    "'furlong'"
    """
    text = str(word)
    return repr(text if len(text) <= WORD_CHARACTERS else text[:WORD_CHARACTERS] + "...")


def wrong_value(stream: str, value: float) -> str | None:
    """Why a value cannot be, or None.

    >>> wrong_value("heart_rate", 400)
    'heart_rate: 400 is outside 25 to 240 beats a minute'
    """
    low, high, unit = RANGES[stream]
    if low <= value <= high:
        return None
    return f"{stream}: {value:g} is outside {low:g} to {high:g} {unit}"


def wrong_time(stream: str, start: datetime, end: datetime, latest: datetime) -> str | None:
    """Why the times of a sample cannot be, or None."""
    if start > latest or end > latest:
        return "the date lies in the future"
    if start < EARLIEST:
        return "the date lies before the year 2000"
    if end < start:
        return "the end lies before the start"
    if stream in TOO_LONG and end - start > LONGEST:
        return TOO_LONG[stream]
    return None
