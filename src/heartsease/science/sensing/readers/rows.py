"""Samples found one by one, gathered until they can be judged as a table by `frames.sift`.

For files in which samples lie scattered (JSON, XML, FIT): a reader hands in what a sample says,
however untidy, and takes batches out. What cannot be a number or a time becomes empty here and is
set aside there, with the place that was named for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from ..outside import readable
from ..plausible import SetAside
from ..reading import Batch, Setting
from ..schema import COMMON, END, STREAMS
from .columns import BATCH_ROWS, EPOCH, micros
from .frames import MOMENT, sift

# Beyond any calendar; the limits of `frames.since_epoch`.
FIRST_MICROS, LAST_MICROS = -62_000_000_000_000_000, 250_000_000_000_000_000
MOST_MINUTES_OFF = 14 * 60
TEXT_COLUMNS = frozenset({"stage", "source", "device"})


class Rows:
    """Samples of any streams, waiting until there are enough for a batch."""

    def __init__(self, source: str, setting: Setting, aside: SetAside) -> None:
        self.source = source
        self.setting = setting
        self.aside = aside
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._ready: list[Batch] = []

    def add(
        self, stream: str, line: int | None, ts: int | None, tz: int, device: str, **values: Any
    ) -> None:
        """Add a sample: microseconds since 1970 UTC, minutes east, and the stream's own columns.

        A column `end` is in microseconds too; numbers are made of whatever can be one.
        """
        row = {
            name: value
            if name in TEXT_COLUMNS or name == END[0] or value is None
            else number(value)
            for name, value in values.items()
        }
        row |= {"line": line, "ts": ts, "tz": tz, "device": readable(device)}
        gathered = self._rows.setdefault(stream, [])
        gathered.append(row)
        if len(gathered) >= BATCH_ROWS:
            self._ready.extend(self._judged(stream))

    def full(self) -> Iterator[Batch]:
        """Batches of the streams that have gathered enough."""
        while self._ready:
            yield self._ready.pop(0)

    def rest(self) -> Iterator[Batch]:
        """Whatever is left."""
        yield from self.full()
        for stream in list(self._rows):
            yield from self._judged(stream)

    def _judged(self, stream: str) -> Iterator[Batch]:
        """What was gathered of a stream, as a table of a tenth of the room."""
        rows = self._rows.pop(stream)
        frame = pl.DataFrame(rows, schema_overrides=_types(stream, rows))
        times = [name for name in ("ts", END[0]) if name in frame.columns]
        frame = frame.with_columns(
            pl.from_epoch(pl.col(name), "us").dt.replace_time_zone("UTC").cast(MOMENT)
            for name in times
        )
        if "source" not in frame.columns:
            frame = frame.with_columns(pl.lit(self.source).alias("source"))
        yield from sift(stream, frame, self.setting.latest, self.aside)


def _types(stream: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The type of every column, so that a column of nothing but empty values has one."""
    known = {"line": pl.Int64, "ts": pl.Int64, END[0]: pl.Int64, "tz": pl.Int64}
    common = {name for name, _ in COMMON} - {"quality"}
    numbers = set(STREAMS[stream].names) - common - TEXT_COLUMNS - {END[0]}
    types = {**dict.fromkeys(numbers, pl.Float64), **dict.fromkeys(TEXT_COLUMNS, pl.String)}
    return {name: kind for name, kind in {**types, **known}.items() if name in rows[0]}


def number(value: Any) -> float | None:
    """A value as a number, or None.

    >>> number("61.5"), number(True), number("soon")
    (61.5, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        made = float(value)
    except (ValueError, OverflowError):
        return None
    return made if math.isfinite(made) else None


def since_epoch(value: Any, per_second: float) -> int | None:
    """A number since 1970 as microseconds, or None where it is none or beyond any calendar.

    >>> since_epoch("1000", per_second=1000)
    1000000
    """
    made = number(value)
    if made is None:
        return None
    return within(made / per_second * 1e6)


def within(moment: float) -> int | None:
    """Microseconds that a calendar can hold, else None."""
    return round(moment) if FIRST_MICROS < moment < LAST_MICROS else None


def written(text: Any, zone: ZoneInfo | None) -> tuple[int | None, int]:
    """An ISO 8601 time as microseconds since 1970 UTC and minutes east; (None, 0) if it is none.

    "Z" says when and not where, so the offset is that of the person's own zone then, if known. A
    time without any offset is the clock's in that zone, and none at all if there is no zone.

    >>> written("2026-05-04T23:10:00+02:00", None)
    (1777929000000000, 120)
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            if zone is None:
                return None, 0
            moment = moment.replace(tzinfo=zone)
        at = micros(moment)
        offset = moment.utcoffset() or timedelta()
    except (AttributeError, ValueError, OverflowError):
        return None, 0
    if not offset and text.strip().endswith(("Z", "z")):
        return at, minutes_east(at, zone)
    return at, round(offset.total_seconds() / 60)


def minutes_east(at: int | None, zone: ZoneInfo | None) -> int:
    """The offset that the clocks of a zone had at a moment; 0 without either."""
    if at is None or zone is None:
        return 0
    try:
        offset = (EPOCH + timedelta(microseconds=at)).astimezone(zone).utcoffset()
    except (OverflowError, ValueError):
        return 0
    return round(offset.total_seconds() / 60) if offset else 0


def sane_offset(minutes: float | None) -> int | None:
    """Minutes east of UTC if clocks can have them, else None; they reach from -12 to +14 hours."""
    if minutes is None or abs(minutes) > MOST_MINUTES_OFF:
        return None
    return round(minutes)
