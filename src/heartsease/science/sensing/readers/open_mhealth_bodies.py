"""What a body of Open mHealth or IEEE 1752.1 means: its stream, times, unit and value.

1. The schema's name in the header counts, else the key that the body has.
2. A time frame is a moment, or an interval by two of start, end and duration.
3. A pulse "at rest" is a resting pulse. A minimum, maximum or the like is no sample, nor is a mean
   over more than an hour; a shorter mean counts as one.
4. A sleep episode is sleep from its start to its end; it tells no stages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..plausible import quoted
from .rows import number, within, written

SECOND = 1_000_000
LONGEST_MEAN = timedelta(hours=1)
# Units of duration of the schema duration-unit-value, in seconds; months and years have no length.
SECONDS = {
    "ps": 1e-12,
    "ns": 1e-9,
    "us": 1e-6,
    "ms": 1e-3,
    "sec": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
    "wk": 604_800.0,
}


class Refused(ValueError):
    """Why a data point gives no sample."""


@dataclass(frozen=True)
class Body:
    """A measure: its stream, the stream's column, and units with their factors."""

    stream: str
    column: str
    units: dict[str, float]


BODIES: dict[str, Body | None] = {
    "heart_rate": Body("heart_rate", "bpm", {"beats/min": 1}),
    "step_count": Body("steps", "n", {"steps": 1}),
    "oxygen_saturation": Body("spo2", "percent", {"%": 1}),
    "respiratory_rate": Body("respiration", "per_minute", {"breaths/min": 1}),
    "rr_interval": Body("rr_interval", "ms", {"ms": 1, "sec": 1000, "s": 1000}),
    "latitude": None,
    "sleep_episode": None,
    "total_sleep_time": None,
    "sleep_duration": None,
}
OF_A_SLEEP = (
    "latency_to_sleep_onset",
    "latency_to_arising",
    "is_main_sleep",
    "wake_after_sleep_onset",
)
NO_SAMPLES = ("total_sleep_time", "sleep_duration")


@dataclass(frozen=True)
class Frame:
    """A time frame: start, end (the start again for a moment) and offset."""

    start: int
    end: int
    tz: int
    is_interval: bool


@dataclass(frozen=True)
class Sample:
    """A sample as `Rows.add` takes it."""

    stream: str
    ts: int
    tz: int
    values: dict[str, Any]


def sample(schema: str, body: dict[str, Any], zone: ZoneInfo | None) -> Sample:
    """The sample that a body is.

    Raises:
        Refused: saying why it is none.
    """
    kind = _kind(schema, body)
    if kind in NO_SAMPLES:
        raise Refused(f"{kind}: a sum without its times is not read")
    frame = time_frame(body.get("effective_time_frame"), zone)
    if kind == "sleep_episode":
        if not frame.is_interval:
            raise Refused("sleep_episode: no end")
        return Sample("sleep", frame.start, frame.tz, {"end": frame.end, "stage": "asleep"})
    _refuse_statistics(kind, body, frame)
    if kind == "geoposition":
        return Sample("gps", frame.start, frame.tz, _place(body))
    known = BODIES[kind]
    assert known is not None
    value = _value(kind, body.get(kind), known.units, is_bare=kind == "step_count")
    stream = known.stream
    if kind == "heart_rate" and body.get("temporal_relationship_to_physical_activity") == "at rest":
        stream = "resting_heart_rate"
    if stream != "steps":
        return Sample(stream, frame.start, frame.tz, {known.column: value})
    if not frame.is_interval:
        raise Refused("step_count: no end")
    return Sample(stream, frame.start, frame.tz, {"end": frame.end, known.column: value})


def _kind(schema: str, body: dict[str, Any]) -> str:
    """Which measure a body is: by the header, else by its keys."""
    named = schema.replace("-", "_")
    if named == "geoposition" or (named in BODIES and named != "latitude"):
        return named
    if named and not (set(body) & set(BODIES)):
        raise Refused(f"{quoted(schema)} is not read")
    if "latitude" in body or "longitude" in body:
        return "geoposition"
    if any(key in body for key in OF_A_SLEEP):
        return "sleep_episode"
    found = next((name for name in BODIES if name in body), None)
    if found is None:
        raise Refused("a data point of no measure that is read")
    return found


def _refuse_statistics(kind: str, body: dict[str, Any], frame: Frame) -> None:
    statistic = body.get("descriptive_statistic")
    if statistic is None or statistic == "count":
        return
    if statistic not in ("average", "mean", "median") or kind == "step_count":
        raise Refused(f"{kind}: {quoted(statistic)} over a time is no sample")
    if frame.end - frame.start > LONGEST_MEAN.total_seconds() * SECOND:
        raise Refused(f"{kind}: a mean over more than an hour is no sample")


def _value(kind: str, said: Any, units: dict[str, float], *, is_bare: bool) -> float | None:
    """A number in the stream's unit; None where there is none, which is set aside later."""
    if is_bare and not isinstance(said, dict):
        return number(said)
    if not isinstance(said, dict):
        raise Refused(f"{kind}: no value with its unit")
    unit = said.get("unit")
    if not isinstance(unit, str) or unit not in units:
        raise Refused(f"{kind}: the unit {quoted(unit)} is not known (known: {', '.join(units)})")
    value = number(said.get("value"))
    return None if value is None else value * units[unit]


def _place(body: dict[str, Any]) -> dict[str, Any]:
    lat, lon = (
        _value(name, body.get(name), {"deg": 1}, is_bare=False)
        for name in ("latitude", "longitude")
    )
    return {"lat": lat, "lon": lon, "accuracy_m": None, "speed_mps": None}


def time_frame(told: Any, zone: ZoneInfo | None) -> Frame:
    """The times of a time frame.

    Raises:
        Refused: if it names no moment, or none that a clock can show.
    """
    if not isinstance(told, dict):
        raise Refused("no time frame")
    if "date_time" in told:
        at, tz = _moment(told["date_time"], zone)
        return Frame(at, at, tz, is_interval=False)
    interval = told.get("time_interval")
    if not isinstance(interval, dict):
        raise Refused("no time frame")
    start, end = interval.get("start_date_time"), interval.get("end_date_time")
    if start is None and end is None:
        raise Refused("a day or a part of a day instead of a time")
    duration = None if start is not None and end is not None else _micros(interval.get("duration"))
    if start is None:
        until, tz = _moment(end, zone)
        return Frame(_calendar(until - (duration or 0)), until, tz, is_interval=True)
    since, tz = _moment(start, zone)
    until = since + duration if duration is not None else _moment(end, zone)[0]
    return Frame(since, _calendar(until), tz, is_interval=True)


def _moment(text: Any, zone: ZoneInfo | None) -> tuple[int, int]:
    at, tz = written(text, zone)
    if at is None:
        raise Refused("a time that cannot be read")
    return at, tz


def _micros(duration: Any) -> int:
    if not isinstance(duration, dict):
        raise Refused("an interval without start, end or duration")
    unit, value = duration.get("unit"), number(duration.get("value"))
    if value is None or not isinstance(unit, str) or unit not in SECONDS:
        raise Refused(f"a duration in {quoted(unit)} that cannot be read")
    return _calendar(value * SECONDS[unit] * SECOND)


def _calendar(moment: float) -> int:
    possible = within(moment)
    if possible is None:
        raise Refused("a time that cannot be read")
    return possible
