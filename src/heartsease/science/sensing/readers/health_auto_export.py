"""Health Auto Export (iOS): Apple Health pushed as JSON by an app, one object a metric.

Source: the app's wiki, "API Export - JSON Format" (github.com/Lybron/health-auto-export), read
November 2026. Variability is Apple's SDNN. A quantity carries the moment at which its stretch
begins and not how long that is: steps last until the next entry of their metric, and never longer
than the shortest stretch in the message (check). Sums of a night without its stages become one
`asleep` from start to end, of quality 2.
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

SOURCE = "health_auto_export"
MINUTE, DAY = 60_000_000, 86_400_000_000
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
    """Counts, each until the next and no longer than the shortest stretch between two."""
    entries = [
        (number, *written(one.get("date"), rows.setting.zone), one) for number, one in each(data)
    ]
    times = sorted({at for _, at, _, _ in entries if at is not None})
    gaps = [after - before for before, after in pairwise(times)]
    lasts = min(max(min(gaps, default=MINUTE), MINUTE), DAY)
    for number, at, east, entry in entries:
        if units.strip().lower() not in STEP_UNITS:
            rows.aside.add(number, f"steps: the unit {quoted(units)} is not known")
            continue
        end = None if at is None else at + lasts
        count = entry.get("qty")
        rows.add("steps", number, at, east, word(entry.get("source")), end=end, n=count)


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
