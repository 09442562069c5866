"""OwnTracks (iOS, Android): where the phone is, pushed over HTTP, one message a position.

Source: the OwnTracks booklet, "JSON" and "HTTP" (owntracks.org/booklet/tech), read November 2026.
`tst` is in seconds since 1970, `acc` in metres, `vel` in kilometres an hour, `batt` in percent.
Messages of other types (a waypoint, a goodbye) hold no sample.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ..outside import Outside
from ..reading import Format
from . import pushed
from .pushed import each, position, word
from .rows import Rows, minutes_east, number, since_epoch

SOURCE = "owntracks"
PLACE = ("lat", "lon", "acc", "vel")
KMH_TO_MPS = 1 / 3.6


def _fill(message: Any, rows: Rows) -> None:
    messages = message if isinstance(message, list) else [message]
    for place, one in each(messages):
        if one.get("_type") != "location":
            continue
        at, device = since_epoch(one.get("tst"), 1.0), word(one.get("tid"))
        speed = number(one.get("vel"))
        values = {**one, "vel": None if speed is None else speed * KMH_TO_MPS}
        position(rows, place, at, device, values, PLACE)
        if number(one.get("batt")) is not None:
            east = minutes_east(at, rows.setting.zone)
            rows.add("heartbeat", place, at, east, device, battery_percent=one["batt"])


def _recognises(outside: Outside) -> bool:
    return outside.text.startswith(("{", "[")) and '"_type"' in outside.text


FORMATS = (
    Format(
        SOURCE,
        "OwnTracks (JSON)",
        _recognises,
        partial(pushed.read, SOURCE, _fill),
        frozenset({"gps", "heartbeat"}),
    ),
)
