"""The local day and hour of a sample, by the offset its device recorded."""

from __future__ import annotations

import polars as pl


def _local() -> pl.Expr:
    return pl.col("ts").dt.replace_time_zone(None) + pl.duration(
        minutes=pl.col("tz").cast(pl.Int64)
    )


def local_day() -> pl.Expr:
    """The local day, as column `day`."""
    return _local().dt.date().alias("day")


def local_hour() -> pl.Expr:
    """The local hour 0 to 23, as column `hour`."""
    return _local().dt.hour().cast(pl.Int64).alias("hour")
