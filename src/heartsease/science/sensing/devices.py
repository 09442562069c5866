"""Which device the days of a domain come from: days of two devices do not tell one usual.

One watch counts minutes awake that another one sleeps through, and a phone on a table counts no
steps. So a person who gets a new watch would seem to have changed on that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
import pyarrow as pa

from .features.local_time import local_day
from .made_of import MADE_OF, OF_WORN
from .merging import WHO

RECENT_DAYS = 14
STAYS_DAYS = 7
SCHEMA = {"domain": pl.String, "day": pl.Date, "device": pl.String}


def main_devices(streams: Mapping[str, pa.Table]) -> pl.DataFrame:
    """The device that most samples of a domain's day are of; of steps the one with most steps.

    Args:
        streams: by name, in canonical schema, devices resolved (`merging.merge`).

    Returns:
        Columns domain, day, device (device and source as one text), one row a domain and day.
    """
    parts = [pl.DataFrame(schema=SCHEMA | {"weight": pl.Float64})]
    for domain, made_of in MADE_OF.items():
        # A night is of the device that told of sleep, whatever else it is made of.
        own = made_of - OF_WORN if domain == "sleep" else made_of
        for stream in sorted(own & streams.keys()):
            table = streams[stream]
            # A night counts for the day on which it ends.
            start = "end" if stream == "sleep" else "ts"
            more = ["n"] if stream == "steps" else []
            table = table.select([start, "tz", "device", "source", *more])
            frame = pl.DataFrame(pl.from_arrow(table)).rename({start: "ts"})
            weight = pl.col("n").sum() if stream == "steps" else pl.len()
            parts.append(
                frame.with_columns(local_day(), WHO.alias("device"))
                .group_by("day", "device")
                .agg(weight.cast(pl.Float64).alias("weight"))
                .select(pl.lit(domain).alias("domain"), "day", "device", "weight")
            )
    summed = pl.concat(parts).group_by("domain", "day", "device").agg(pl.col("weight").sum())
    return (
        summed.sort("domain", "day", "weight", "device", descending=[False, False, True, False])
        .unique(["domain", "day"], keep="first", maintain_order=True)
        .select(*SCHEMA)
    )


def device_of_now(devices: Sequence[str]) -> str:
    """The device of most of the last 14 days with data; of equals the later one.

    Args:
        devices: of each day with data, oldest first; empty where it is not known.

    >>> device_of_now(["old"] * 50 + ["new"] * 9), device_of_now(["", ""])
    ('new', '')
    """
    recent = [device for device in devices if device][-RECENT_DAYS:]
    return max(reversed(recent), key=recent.count, default="")


def switches(devices: Sequence[tuple[date, str]]) -> list[date]:
    """The first days of devices that took over and stayed for a week of days with data.

    Args:
        devices: day and device of each day with data, oldest first.

    >>> days = [(date(2026, 5, day), "old" if day < 9 else "new") for day in range(1, 20)]
    >>> switches(days)
    [datetime.date(2026, 5, 9)]
    """
    found, present = [], ""
    for place, (day, device) in enumerate(devices):
        coming = [one for _, one in devices[place : place + STAYS_DAYS]]
        if device == present or not device or coming.count(device) <= len(coming) / 2:
            continue
        if present and len(coming) == STAYS_DAYS:
            found.append(day)
        present = device
    return found
