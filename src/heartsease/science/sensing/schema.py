"""The canonical streams: one long Arrow table each, in UTC with the offset as recorded.

Common columns: ts (start of the sample, UTC, microseconds), tz (minutes east of UTC as the device
recorded it; the local day is computed from it, so travel and daylight saving are right), source
(vendor or export), device, quality (0 unknown, 1 good, 2 suspect, 3 imputed).
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
VALUE_COLUMN = {
    "steps": "n",
    "heart_rate": "bpm",
    "resting_heart_rate": "bpm",
    "hrv_rmssd": "ms",
    "hrv_sdnn": "ms",
}
# Two rows that differ in nothing but their offset are one sample, exported in two places.
OFFSET = "tz"
INTERVALS = frozenset({"steps", "sleep"})


def empty(stream: str) -> pa.Table:
    """A table of a stream without rows."""
    return STREAMS[stream].empty_table()
