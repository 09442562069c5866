"""Open Wearables: the webhooks of a self-hosted hub of watch makers, one event a message.

Source: "Outgoing Webhooks" of the project's documentation (github.com/the-momentum/open-wearables),
read November 2026. Steps come as stretches of a quarter of an hour, or as the sum of a day, which
they say; a stretch lasts until the next one and at most a quarter of an hour. A night without its
stages is `asleep` from its first minute to its last, of quality 2; a nap is sleep too.
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

SOURCE = "open_wearables"
QUARTER, DAY = 900_000_000, 86_399_000_000
PER_MINUTE = {"": 1.0, "bpm": 1.0, "count/min": 1.0, "brpm": 1.0, "breaths/min": 1.0}
MILLISECONDS = {"": 1.0, "ms": 1.0, "s": 1000.0}
PERCENT = {"": 1.0, "%": 1.0, "percent": 1.0}
SERIES = {
    "heart_rate": ("heart_rate", "bpm", PER_MINUTE),
    "resting_heart_rate": ("resting_heart_rate", "bpm", PER_MINUTE),
    "heart_rate_variability_sdnn": ("hrv_sdnn", "ms", MILLISECONDS),
    "heart_rate_variability_rmssd": ("hrv_rmssd", "ms", MILLISECONDS),
    "oxygen_saturation": ("spo2", "percent", PERCENT),
    "respiratory_rate": ("respiration", "per_minute", PER_MINUTE),
}
STAGES = {
    "deep": "deep",
    "rem": "rem",
    "light": "light",
    "awake": "awake",
    "in_bed": "in_bed",
    "sleeping": "asleep",
    "asleep": "asleep",
}


def _fill(message: Any, rows: Rows) -> None:
    event, data = word(inside(message, "type")), inside(message, "data")
    if event == "sleep.created":
        _night(data, rows)
        return
    samples = list(each(inside(data, "samples")))
    kind = word(inside(data, "series_type"))
    for number, sample in samples:
        name = word(sample.get("type")) or kind
        if name in SERIES:
            _sample(number, sample, name, rows)
    _steps([(number, one) for number, one in samples if (one.get("type") or kind) == "steps"], rows)


def _device(holder: Any) -> str:
    return word(inside(holder, "source", "device")) or word(inside(holder, "source", "provider"))


def _sample(number: int, sample: dict[str, Any], name: str, rows: Rows) -> None:
    stream, column, factors = SERIES[name]
    unit = word(sample.get("unit")).strip().lower()
    if unit not in factors:
        rows.aside.add(number, f"{stream}: the unit {quoted(unit)} is not known")
        return
    value = sample.get("value")
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = value * factors[unit]
    at, east = written(sample.get("timestamp"), rows.setting.zone)
    rows.add(stream, number, at, east, _device(sample), **{column: value})


def _steps(samples: list[tuple[int, dict[str, Any]]], rows: Rows) -> None:
    """Stretches, unless the same device tells the sum of the day they lie on."""
    timed = [
        (number, *written(one.get("timestamp"), rows.setting.zone), one) for number, one in samples
    ]
    whole = {
        (_device(one), (at + east * 60_000_000) // 86_400_000_000)
        for _, at, east, one in timed
        if at is not None and one.get("is_daily_total") is True
    }
    times = sorted({at for _, at, _, _ in timed if at is not None})
    following = dict(pairwise(times))
    for number, at, east, one in timed:
        total = one.get("is_daily_total") is True
        if at is None:
            end = None
        elif total:
            at -= (at + east * 60_000_000) % 86_400_000_000
            end = at + DAY
        elif (_device(one), (at + east * 60_000_000) // 86_400_000_000) in whole:
            continue
        else:
            end = min(following.get(at, at + QUARTER), at + QUARTER)
        rows.add("steps", number, at, east, _device(one), end=end, n=one.get("value"))


def _night(data: Any, rows: Rows) -> None:
    device = _device(data)
    stages = list(each(inside(data, "sleep_stage_intervals")))
    for number, part in stages:
        stage = word(part.get("stage")).lower()
        if stage in STAGES:
            _stretch(number, part, STAGES[stage], device, 1, rows)
        else:
            rows.aside.add(number, f"sleep: {quoted(stage)} is no known stage")
    if not stages and isinstance(data, dict):
        _stretch(1, data, "asleep", device, 2, rows)


def _stretch(
    number: int, part: dict[str, Any], stage: str, device: str, quality: int, rows: Rows
) -> None:
    at, east = written(part.get("start_time"), rows.setting.zone)
    until, _ = written(part.get("end_time"), rows.setting.zone)
    rows.add("sleep", number, at, east, device, end=until, stage=stage, quality=quality)


def _recognises(outside: Outside) -> bool:
    text = outside.text
    about_a_user = '"user_id"' in text and ('.created"' in text or '.revoked"' in text)
    return text.startswith("{") and '"type"' in text and about_a_user


FORMATS = (
    Format(
        SOURCE,
        "Open Wearables (webhook)",
        _recognises,
        partial(pushed.read, SOURCE, _fill),
        frozenset({"steps", "sleep", *(stream for stream, *_ in SERIES.values())}),
    ),
)
