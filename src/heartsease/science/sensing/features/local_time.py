"""The local day and hour of a sample, by the offset its device recorded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from ..schema import OFFSET


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
