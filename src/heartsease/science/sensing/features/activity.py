"""Activity: steps of the local day."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from .local_time import local_seconds, waking_share

DAY_S = 86_400


def steps(table: pa.Table) -> pl.DataFrame:
    """Steps of each day: columns day, value, data_yield.

    A day without a record is missing, not zero. The yield is the share of 16 waking hours from the
    start of the first record to the end of the last (`waking_share`): a phone sends nothing while
    it lies still, so empty hours in between say nothing, but a day that ends at noon was not
    recorded to its end. A day's total covers its day.
    """
    seconds = local_seconds(table)
    numbers = seconds // DAY_S
    days, place = np.unique(numbers, return_inverse=True)
    total = np.bincount(place, weights=table["n"].to_numpy().astype(np.float64))
    lasted = table["end"].cast(pa.int64()).to_numpy() - table["ts"].cast(pa.int64()).to_numpy()
    begun = seconds - numbers * DAY_S
    # What ends at the full hour does not reach into the next one.
    ended = np.minimum(begun + np.maximum(lasted // 1_000_000 - 1, 0), DAY_S - 1)
    first, last = np.full(len(days), 24), np.full(len(days), -1)
    np.minimum.at(first, place, begun // 3600)
    np.maximum.at(last, place, ended // 3600)
    return pl.DataFrame(
        {
            "day": pl.Series(days.astype(np.int32)).cast(pl.Date),
            "value": total,
            "data_yield": waking_share(first, last),
        }
    )
