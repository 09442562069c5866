"""Activity: steps of the local day."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from .local_time import local_seconds

WAKING_HOURS = 16


def steps(table: pa.Table) -> pl.DataFrame:
    """Steps of each day: columns day, value, data_yield.

    A day without a record is missing, not zero. The yield is the span from the first to the last
    hour with a record as a share of 16 waking hours: a phone sends nothing while it lies still, so
    empty hours in between say nothing, but a day that ends at noon was not recorded to its end.
    """
    seconds = local_seconds(table)
    numbers = seconds // 86_400
    days, place = np.unique(numbers, return_inverse=True)
    total = np.bincount(place, weights=table["n"].to_numpy().astype(np.float64))
    hours = seconds % 86_400 // 3600
    first, last = np.full(len(days), 24), np.full(len(days), -1)
    np.minimum.at(first, place, hours)
    np.maximum.at(last, place, hours)
    return pl.DataFrame(
        {
            "day": pl.Series(days.astype(np.int32)).cast(pl.Date),
            "value": total,
            "data_yield": np.clip((last - first + 1) / WAKING_HOURS, 0.0, 1.0),
        }
    )
