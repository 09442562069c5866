"""The canonical streams: one long Arrow table each, in UTC with the offset as recorded.

Common columns: ts (start of the sample, UTC, microseconds), tz (minutes east of UTC as the device
recorded it; the local day is computed from it, so travel and daylight saving are right), source
(vendor or export), device, quality (0 unknown, 1 good, 2 suspect, 3 imputed).

Of communication only who (a salted hash), when, how long and in which direction is kept, of typing
only its rhythm; there is no column that could hold a word of either.
"""

from __future__ import annotations

import pyarrow as pa

COMMON = [
    ("ts", pa.timestamp("us", "UTC")),
    ("tz", pa.int16()),
    ("source", pa.string()),
    ("device", pa.string()),
    ("quality", pa.int8()),
]
END = ("end", pa.timestamp("us", "UTC"))
STAGES = ("in_bed", "awake", "light", "deep", "rem", "asleep")
STREAMS: dict[str, pa.Schema] = {
    "steps": pa.schema([*COMMON, END, ("n", pa.int32())]),
    "heart_rate": pa.schema([*COMMON, ("bpm", pa.float32())]),
    "resting_heart_rate": pa.schema([*COMMON, ("bpm", pa.float32())]),
    "hrv_rmssd": pa.schema([*COMMON, ("ms", pa.float32())]),
    "hrv_sdnn": pa.schema([*COMMON, ("ms", pa.float32())]),
    "sleep": pa.schema([*COMMON, END, ("stage", pa.string())]),
    "rr_interval": pa.schema([*COMMON, ("ms", pa.float32())]),
    "respiration": pa.schema([*COMMON, ("per_minute", pa.float32())]),
    "spo2": pa.schema([*COMMON, ("percent", pa.float32())]),
    "activity": pa.schema([*COMMON, ("epoch_s", pa.int16()), ("counts", pa.float32())]),
    "gps": pa.schema(
        [
            *COMMON,
            ("lat", pa.float64()),
            ("lon", pa.float64()),
            ("accuracy_m", pa.float32()),
            ("speed_mps", pa.float32()),
        ]
    ),
    "screen": pa.schema([*COMMON, ("status", pa.int8())]),
    "app_use": pa.schema([*COMMON, END, ("category", pa.string())]),
    "comm": pa.schema(
        [
            *COMMON,
            ("kind", pa.string()),
            ("direction", pa.int8()),
            ("contact", pa.string()),
            ("seconds", pa.int32()),
        ]
    ),
    "keyboard": pa.schema(
        [*COMMON, ("latency_ms", pa.float32()), ("backspace", pa.bool_()), ("bout", pa.int32())]
    ),
    "heartbeat": pa.schema([*COMMON, ("battery_percent", pa.float32())]),
}
DAILY = "daily"
DAILY_SCHEMA = pa.schema(
    [
        ("day", pa.date32()),
        ("feature", pa.string()),
        ("value", pa.float64()),
        ("data_yield", pa.float64()),
    ]
)
# Streams with one number a sample, and its column.
VALUE_COLUMN = {
    "steps": "n",
    "heart_rate": "bpm",
    "resting_heart_rate": "bpm",
    "hrv_rmssd": "ms",
    "hrv_sdnn": "ms",
    "rr_interval": "ms",
    "respiration": "per_minute",
    "spo2": "percent",
    "heartbeat": "battery_percent",
}
# Columns that may be empty: counts while a device was not worn, what a phone did not say.
OPTIONAL = frozenset({"counts", "accuracy_m", "speed_mps", "contact", "seconds", "battery_percent"})
SCREEN_STATES = {"off": 0, "on": 1, "locked": 2, "unlocked": 3}
COMM_KINDS = ("call", "text")
DIRECTIONS = {"incoming": 1, "outgoing": 2, "missed": 3}
# Two rows that differ in nothing but their offset are one sample, exported in two places.
OFFSET = "tz"
INTERVALS = frozenset({"steps", "sleep", "app_use"})


def empty(stream: str) -> pa.Table:
    """A table of a stream without rows."""
    return STREAMS[stream].empty_table()
