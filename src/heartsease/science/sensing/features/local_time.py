"""The local day and hour of a sample, by the offset its device recorded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from ..schema import OFFSET

Floats = npt.NDArray[np.float64]
MORNING, WAKING_HOURS = 6, 16


def local() -> pl.Expr:
    """The start of a sample as the clock on the wall showed it, without a zone."""
    return pl.col("ts").dt.replace_time_zone(None) + pl.duration(
        minutes=pl.col(OFFSET).cast(pl.Int64)
    )


def local_day() -> pl.Expr:
    """The local day, as column `day`."""
    return local().dt.date().alias("day")


def local_seconds(table: pa.Table) -> npt.NDArray[np.int64]:
    """The start of each sample in seconds since 1970 by the clock on the wall, shape (n,)."""
    seconds = table["ts"].cast(pa.int64()).to_numpy() // 1_000_000
    return np.asarray(seconds + table[OFFSET].to_numpy().astype(np.int64) * 60)


def waking_share(first: npt.NDArray[np.int64], last: npt.NDArray[np.int64]) -> Floats:
    """How much of waking days lies between a first and a last record, 0 to 1, shape (d,).

    The hours from six in the morning to the last record as a share of 16, from the first record
    where that is later. A night owl's first record is that of midnight, and says nothing of the day
    that follows.

    Args:
        first, last: hours of the first and last record of each day, 0 to 23, shape (d,).

    >>> waking_share(np.array([0, 8, 12, 2]), np.array([11, 23, 12, 2])).tolist()
    [0.375, 1.0, 0.0625, 0.0625]
    """
    hours = last + 1 - np.maximum(first, MORNING)
    return np.clip(hours, 1, WAKING_HOURS) / WAKING_HOURS
