"""Garmin FIT: monitoring, activity and sleep files, one of them or a zip or folder of many.

Every message is read in turn by fitdecode. Three things need a memory across messages:

1. Monitoring counts steps from midnight, for each kind of movement; a sample is the difference to
   the message before. The first count only says where counting stands. A smaller one began anew.
2. Times of monitoring may be given by their last 16 bits, which follow the last whole time.
3. A sleep level lasts until the next one (check); the last one needs the event that ends the sleep.

Times are UTC. The offset is that of the file's own local time, from where it is told; before that,
and in files that do not tell it, the person's own zone. A checksum that does not fit is reported;
what the file holds is read all the same.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import fitdecode
from fitdecode.reader import CrcCheck, ErrorHandling

from ..outside import Outside
from ..plausible import SetAside
from ..reading import Batch, Format, Quarantined, Setting
from . import inside
from .rows import Rows, minutes_east, number, sane_offset, within

SOURCE = "garmin_fit"
# Seconds from 1970 to the beginning of FIT's own count, 1989-12-31.
FIT_EPOCH_S = 631_065_600
SECOND = 1_000_000
DEGREES = 180 / 2**31
STAGES = {"awake": "awake", "light": "light", "deep": "deep", "rem": "rem"}
ON_FOOT = ("walking", "running")
LATEST_BEAT_S = 10
FOUR_BYTES = 2**32
# Whatever fitdecode raises on bytes that are no FIT; only the first is its own kind.
DAMAGED = (
    fitdecode.FitError,
    *inside.DAMAGED,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
Totals = dict[tuple[str, str], tuple[int, float]]


def read(path: Path, setting: Setting) -> Iterator[Batch | Quarantined]:
    """Read every FIT file; what is wrong with one does not stop the others."""
    totals: Totals = {}
    with inside.members(path, _wanted) as found:
        for position, member in enumerate(found, start=1):
            aside = SetAside(member.name)
            rows = Rows(SOURCE, setting, aside)
            try:
                file = member.open()
            except inside.DAMAGED:
                aside.add(None, "the archive is damaged here; the other files were read")
            else:
                with file:
                    yield from _one(file, rows, totals)
            yield from rows.rest()
            yield from aside.take()
            setting.progress(position / len(found))


def _one(file: IO[bytes], rows: Rows, totals: Totals) -> Iterator[Batch]:
    """The messages of one file, as far as they can be read."""
    told = Told(rows, totals)
    frames = fitdecode.FitReader(
        file, processor=None, check_crc=CrcCheck.READONLY, error_handling=ErrorHandling.IGNORE
    )
    try:
        for frame in frames:
            if isinstance(frame, fitdecode.FitDataMessage):
                told.message(frame)
                yield from rows.full()
            elif isinstance(frame, fitdecode.FitCRC) and not frame.matched:
                rows.aside.add(told.number, "the checksum does not fit; what is there was read")
    except DAMAGED:
        rows.aside.add(
            told.number + 1, "the file is damaged or ends from here on; what came before was read"
        )
    told.end()


class Told:
    """What the messages so far have told, and what follows from each."""

    def __init__(self, rows: Rows, totals: Totals) -> None:
        self.rows = rows
        self.totals = totals
        self.number = 0
        self.seconds: int | None = None
        self.offset: int | None = None
        self.device = ""
        self.beat: float | None = None
        self.level: tuple[int, str, int] | None = None

    def message(self, message: Any) -> None:
        """Take a message in."""
        self.number += 1
        self._time(message)
        reader = getattr(self, f"_{message.name}", None) if message.name in READ else None
        if reader is not None:
            reader(message)

    def _time(self, message: Any) -> None:
        whole = number(_value(message, "timestamp"))
        if whole is not None and 0 <= whole < FOUR_BYTES:
            self.seconds = int(whole)
        short = number(_value(message, "timestamp_16"))
        if short is not None and self.seconds is not None:
            self.seconds += (int(short) - self.seconds) & 0xFFFF
        local = number(_value(message, "local_timestamp"))
        if message.name in ("monitoring_info", "activity") and local and self.seconds:
            self.offset = sane_offset((local - self.seconds) / 60)

    def at(self, seconds: float | None) -> tuple[int | None, int]:
        """A time of the file in microseconds since 1970 UTC, and its offset."""
        if seconds is None:
            return None, 0
        moment = within((seconds + FIT_EPOCH_S) * SECOND)
        east = self.offset
        return moment, minutes_east(moment, self.rows.setting.zone) if east is None else east

    def add(self, stream: str, seconds: float | None, **values: Any) -> None:
        """Add a sample of this file's device."""
        self.rows.add(stream, self.number, *self.at(seconds), self.device, **values)

    def _file_id(self, message: Any) -> None:
        words = (_value(message, name) for name in ("manufacturer", "product_name"))
        named = " ".join(str(word) for word in words if word)
        self.device = named or "garmin"

    def _record(self, message: Any) -> None:
        """A second of an activity."""
        self._point("heart_rate", message, "heart_rate", "bpm")
        breaths = ("enhanced_respiration_rate", "respiration_rate")
        self._point("respiration", message, _first(message, breaths), "per_minute")
        lat, lon = (number(_value(message, f"position_{name}")) for name in ("lat", "long"))
        if lat is None and lon is None:
            return
        self.add(
            "gps",
            self.seconds,
            lat=lat if lat is None else lat * DEGREES,
            lon=lon if lon is None else lon * DEGREES,
            accuracy_m=_value(message, "gps_accuracy"),
            speed_mps=_value(message, _first(message, ("enhanced_speed", "speed"))),
        )

    def _point(self, stream: str, message: Any, field: str, column: str) -> None:
        value = _value(message, field)
        if value is not None:
            self.add(stream, self.seconds, **{column: value})

    def _monitoring(self, message: Any) -> None:
        self._point("heart_rate", message, "heart_rate", "bpm")
        kind = str(_value(message, "activity_type"))
        steps, cycles = number(_value(message, "steps")), number(_value(message, "cycles"))
        if steps is None and cycles is not None and kind in ON_FOOT:
            steps = cycles * 2  # a cycle is two steps
        if steps is not None and self.seconds is not None:
            self._count(kind, self.seconds, steps)

    def _count(self, kind: str, seconds: int, steps: float) -> None:
        before = self.totals.get((self.device, kind))
        self.totals[self.device, kind] = seconds, steps
        if before is None:
            return
        since, counted = before
        if seconds < since:
            self.rows.aside.add(self.number, "steps: the clock of the device goes back here")
            return
        more = steps - counted if steps >= counted else steps
        if seconds > since or more:
            self.add("steps", since, end=self.at(seconds)[0], n=more)

    def _hrv(self, message: Any) -> None:
        """Times between beats, one after the other; their clock follows that of the file."""
        told = _value(message, "time")
        intervals = told if isinstance(told, list | tuple) else (told,)
        for seconds in (number(one) for one in intervals):
            if seconds is None or self.seconds is None:
                continue
            if self.beat is None or abs(self.beat - self.seconds) > LATEST_BEAT_S:
                self.beat = float(self.seconds)
            self.add("rr_interval", self.beat, ms=seconds * 1000)
            self.beat += seconds

    def _hrv_value(self, message: Any) -> None:
        self._point("hrv_rmssd", message, "value", "ms")

    def _respiration_rate(self, message: Any) -> None:
        self._point("respiration", message, "respiration_rate", "per_minute")

    def _spo2_data(self, message: Any) -> None:
        self._point("spo2", message, "reading_spo2", "percent")

    def _monitoring_hr_data(self, message: Any) -> None:
        self._point("resting_heart_rate", message, "current_day_resting_heart_rate", "bpm")

    def _sleep_level(self, message: Any) -> None:
        level = str(_value(message, "sleep_level"))
        self._close_level(self.seconds)
        if self.seconds is not None:
            self.level = self.seconds, level, self.number

    def _event(self, message: Any) -> None:
        if self.level and str(_value(message, "event_type")).startswith("stop"):
            self._close_level(self.seconds)

    def _close_level(self, end: int | None) -> None:
        if self.level is None:
            return
        (start, level, line), self.level = self.level, None
        if level == "unmeasurable":
            return
        moment, east = self.at(start)
        stage = STAGES.get(level, level)
        self.rows.add("sleep", line, moment, east, self.device, end=self.at(end)[0], stage=stage)

    def end(self) -> None:
        """Say what was left open."""
        if self.level is not None:
            self.rows.aside.add(self.level[2], "the last sleep level has no end")


READ = frozenset(
    {
        "file_id",
        "record",
        "monitoring",
        "hrv",
        "hrv_value",
        "respiration_rate",
        "spo2_data",
        "monitoring_hr_data",
        "sleep_level",
        "event",
    }
)


def _value(message: Any, name: str) -> Any:
    return message.get_value(name, fallback=None) if name else None


def _first(message: Any, names: tuple[str, ...]) -> str:
    """The first of some fields that is told; "" if none is."""
    return next((name for name in names if _value(message, name) is not None), "")


def _wanted(name: str) -> bool:
    return name.lower().endswith(".fit")


def _recognises(outside: Outside) -> bool:
    return any(
        head[8:12] == b".FIT" and head[0] in (12, 14)
        for head in inside.beginnings(outside, _wanted)
    )


FORMATS = (Format(SOURCE, "Garmin FIT files (one, or a zip or folder of them)", _recognises, read),)
