"""Sensor Logger (iOS, Android): what it pushes over HTTP, and its JSON export.

Source: PUSHING.md, UNITS.md and README.md of github.com/tszheichoi/awesome-sensor-logger, read
November 2026. A message holds readings with a name, nanoseconds since 1970 and values; an export is
a list of readings with "sensor" and values as text. Steps are counted since the recording began, so
a step is the difference between two readings of one message. Motion, sound and pictures are not
looked at.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from itertools import pairwise
from typing import Any

from ..outside import Outside
from ..reading import Format
from . import pushed
from .pushed import each, inside, position, word
from .rows import Rows, minutes_east, number, since_epoch

SOURCE = "sensor_logger"
NANOSECONDS = 1e9
LONGEST_STRETCH = 3_600_000_000
PLACE = ("latitude", "longitude", "horizontalAccuracy", "speed")
STEPS_FROM = frozenset({"pedometer", "watchpedometer"})
Reading = tuple[int, int, dict[str, Any]]


def _fill(message: Any, rows: Rows) -> None:
    device = word(inside(message, "deviceId"))
    readings = message if isinstance(message, list) else inside(message, "payload")
    counted: defaultdict[str, list[Reading]] = defaultdict(list)
    for place, reading in each(readings):
        name = (word(reading.get("name")) or word(reading.get("sensor"))).replace(" ", "").lower()
        values = reading.get("values")
        values = values if isinstance(values, dict) else reading
        at = since_epoch(reading.get("time"), NANOSECONDS)
        east = minutes_east(at, rows.setting.zone)
        if name in STEPS_FROM and at is not None:
            counted[name].append((at, place, values))
        elif name == "heartrate":
            rows.add("heart_rate", place, at, east, device, bpm=values.get("bpm"))
        elif name in {"location", "watchlocation"}:
            position(rows, place, at, device, values, PLACE)
        elif name == "battery":
            share = number(values.get("batteryLevel"))
            percent = None if share is None else share * 100
            rows.add("heartbeat", place, at, east, device, battery_percent=percent)
    for found in counted.values():
        _steps(sorted(found, key=lambda one: one[0]), device, rows)


def _steps(found: list[Reading], device: str, rows: Rows) -> None:
    """Steps between two readings of a running count that goes on; a count anew begins anew."""
    for (before, _, first), (at, place, then) in pairwise(found):
        counts = number(first.get("steps")), number(then.get("steps"))
        if counts[0] is None or counts[1] is None:
            rows.aside.add(place, "steps: a count that is no number")
            continue
        more = counts[1] - counts[0]
        if more > 0 and 0 < at - before <= LONGEST_STRETCH:
            east = minutes_east(before, rows.setting.zone)
            rows.add("steps", place, before, east, device, end=at, n=more)


def _recognises(outside: Outside) -> bool:
    text = outside.text
    if text.startswith("{"):
        return all(f'"{name}"' in text for name in ("messageId", "sessionId", "payload"))
    return text.startswith("[") and '"sensor"' in text and '"seconds_elapsed"' in text


FORMATS = (
    Format(
        SOURCE,
        "Sensor Logger (JSON)",
        _recognises,
        partial(pushed.read, SOURCE, _fill),
        frozenset({"steps", "heart_rate", "gps", "heartbeat"}),
    ),
)
