"""Health Auto Export (iOS): Apple Health pushed as JSON by an app, one object a metric.

Source: the app's wiki, "API Export - JSON Format" (github.com/Lybron/health-auto-export), read
November 2026. Variability is Apple's SDNN. A quantity carries the moment at which its stretch
begins and not how long that is, but the app sums by minutes, hours or days (check): where every
entry of a message begins a day or an hour of the person's clock it lasts that long, and else until
the next entry, a minute at least and an hour at most. A single entry at midnight may be the first
hour of a day or all of it; it is all of it if nobody walks as much in an hour. Sums of a night
without its stages become one `asleep` from start to end, of quality 2.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

from ..outside import Outside
from ..plausible import quoted
from ..reading import Format
from . import pushed
from .pushed import each, inside, word
from .rows import Rows, written
from .rows import number as as_number

SOURCE = "health_auto_export"
MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
MOST_STEPS_AN_HOUR_AT_MIDNIGHT = 3_000
PER_MINUTE = frozenset({"", "count/min", "bpm", "breaths/min"})
# The metric's name: stream, column, key of the value, and the units it may come in.
QUANTITIES = {
    "heart_rate": ("heart_rate", "bpm", "Avg", PER_MINUTE),
    "resting_heart_rate": ("resting_heart_rate", "bpm", "qty", PER_MINUTE),
    "heart_rate_variability": ("hrv_sdnn", "ms", "qty", frozenset({"", "ms"})),
    "respiratory_rate": ("respiration", "per_minute", "qty", PER_MINUTE),
    "blood_oxygen_saturation": ("spo2", "percent", "qty", frozenset({"", "%"})),
}
STEPS, STEP_UNITS = "step_count", frozenset({"", "count", "steps"})
STAGES = {
    "core": "light",
    "deep": "deep",
    "rem": "rem",
    "awake": "awake",
    "asleep": "asleep",
    "unspecified": "asleep",
    "in bed": "in_bed",
    "inbed": "in_bed",
}


def _fill(message: Any, rows: Rows) -> None:
    for _, metric in each(inside(message, "data", "metrics")):
        name, units, data = word(metric.get("name")), word(metric.get("units")), metric.get("data")
        if name in QUANTITIES:
            _quantity(name, units, data, rows)
        elif name == STEPS:
            _steps(units, data, rows)
        elif name == "sleep_analysis":
            for number, entry in each(data):
                _sleep(number, entry, rows)


def _quantity(name: str, units: str, data: Any, rows: Rows) -> None:
    stream, column, key, known = QUANTITIES[name]
    for number, entry in each(data):
        if units.strip().lower() not in known:
            rows.aside.add(number, f"{stream}: the unit {quoted(units)} is not known")
            continue
        at, east = written(entry.get("date"), rows.setting.zone)
        value = entry.get(key, entry.get("qty"))
        rows.add(stream, number, at, east, word(entry.get("source")), **{column: value})


def _steps(units: str, data: Any, rows: Rows) -> None:
    """Counts, all of the message lasting as long as its entries say by where they begin."""
    entries = [
        (number, *written(one.get("date"), rows.setting.zone), one) for number, one in each(data)
    ]
    lasts = _lasts([(at, east, one.get("qty")) for _, at, east, one in entries if at is not None])
    for number, at, east, entry in entries:
        if units.strip().lower() not in STEP_UNITS:
            rows.aside.add(number, f"steps: the unit {quoted(units)} is not known")
            continue
        end = None if at is None else at + lasts
        count = entry.get("qty")
        rows.add("steps", number, at, east, word(entry.get("source")), end=end, n=count)


def _lasts(entries: list[tuple[int, int, Any]]) -> int:
    """How long each count of a message lasts, in microseconds.

    >>> _lasts([(10 * HOUR, 0, 600)]) == HOUR
    True
    """
    clocks = {at + east * MINUTE for at, east, _ in entries}
    gaps = [after - before for before, after in pairwise(sorted(clocks))]
    if all(clock % DAY == 0 for clock in clocks):
        most = max((as_number(count) or 0 for *_, count in entries), default=0)
        return DAY if gaps or most > MOST_STEPS_AN_HOUR_AT_MIDNIGHT else HOUR
    if all(clock % HOUR == 0 for clock in clocks):
        return HOUR
    return min(max(min(gaps, default=MINUTE), MINUTE), HOUR)


def _sleep(number: int, entry: dict[str, Any], rows: Rows) -> None:
    """A stretch of a stage; or a night told in sums, from when to when it was."""
    device = word(entry.get("source")) or word(entry.get("sleepSource"))
    if "startDate" in entry:
        said = word(entry.get("value")).strip().lower()
        if said not in STAGES:
            rows.aside.add(number, f"sleep: {quoted(said)} is no known stage")
            return
        _stretch(number, entry, "startDate", "endDate", STAGES[said], device, rows)
        return
    for start, end, stage in (
        ("inBedStart", "inBedEnd", "in_bed"),
        ("sleepStart", "sleepEnd", "asleep"),
    ):
        if entry.get(start):
            _stretch(number, entry, start, end, stage, device, rows, quality=2)


def _stretch(
    number: int,
    entry: dict[str, Any],
    start: str,
    end: str,
    stage: str,
    device: str,
    rows: Rows,
    *,
    quality: int = 1,
) -> None:
    at, east = written(entry.get(start), rows.setting.zone)
    until, _ = written(entry.get(end), rows.setting.zone)
    rows.add("sleep", number, at, east, device, end=until, stage=stage, quality=quality)


def _recognises(outside: Outside) -> bool:
    text = outside.text
    return text.startswith("{") and '"metrics"' in text and '"data"' in text


FORMATS = (
    Format(
        SOURCE,
        "Health Auto Export (JSON)",
        _recognises,
        partial(pushed.read, SOURCE, _fill),
        frozenset({"steps", "sleep", *(stream for stream, *_ in QUANTITIES.values())}),
    ),
)
