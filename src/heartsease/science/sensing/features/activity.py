"""Activity: steps of the local day."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from .local_time import local_day, local_hour

WAKING_HOURS = 16


def steps(table: pa.Table) -> pl.DataFrame:
    """Steps of each day: columns day, value, data_yield.

    A day without a record is missing, not zero. The yield is the span from the first to the last
    hour with a record as a share of 16 waking hours: a phone sends nothing while it lies still, so
    empty hours in between say nothing, but a day that ends at noon was not recorded to its end.
    """
    frame = pl.DataFrame(pl.from_arrow(table)).with_columns(local_day(), local_hour())
    return (
        frame.group_by("day")
        .agg(
            pl.col("n").sum().cast(pl.Float64).alias("value"),
            ((pl.col("hour").max() - pl.col("hour").min() + 1) / WAKING_HOURS)
            .clip(0.0, 1.0)
            .cast(pl.Float64)
            .alias("data_yield"),
        )
        .sort("day")
    )
