"""The body at night: variability from beat to beat, breathing, oxygen.

The night is midnight to six, as for the heart rate, whether somebody slept or not: what is measured
by day depends on what was done. A device that tells at most three values a day tells its own value
of the night, whenever it writes it down.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels import intervals as kernel
from ..schema import OFFSET
from .local_time import local

NIGHT_ENDS = 6
DAY_US = 86_400_000_000
NIGHT_US = NIGHT_ENDS * DAY_US // 24
PIECES_NEEDED = 6
HOURS_NEEDED = 3
FEW = 3
BEATS = {"day": pl.Date, "data_yield": pl.Float64, "rmssd": pl.Float64, "sdnn": pl.Float64}


def variability(table: pa.Table) -> pl.DataFrame:
    """Variability of each night: columns day, data_yield, rmssd, sdnn in milliseconds.

    Medians over pieces of five minutes that are filled to four fifths by normal beats, six of which
    are needed (`kernels.intervals`); of several devices that with more pieces. The yield is the
    share of the night's 72 pieces.

    Args:
        table: the stream `rr_interval`.
    """
    rows: dict[int, tuple[int, float, float]] = {}
    devices = table["device"].cast(pa.string())
    for device in pc.unique(devices).to_pylist():
        own = table.filter(pc.equal(devices, device))
        at = own["ts"].cast(pa.int64()).to_numpy()
        at = at + own[OFFSET].to_numpy().astype(np.int64) * 60_000_000
        order = np.argsort(at, kind="stable")
        order = order[at[order] % DAY_US < NIGHT_US]
        at, ms = at[order], own["ms"].to_numpy()[order].astype(np.float64)
        days, starts = np.unique(at // DAY_US, return_index=True)
        stops = np.append(starts, len(at))[1:]
        for day, start, stop in zip(days.tolist(), starts, stops, strict=True):
            pieces = kernel.of_pieces(at[start:stop], ms[start:stop])
            if len(pieces) >= max(PIECES_NEEDED, rows.get(day, (0,))[0] + 1):
                middle = np.median(pieces, axis=0)
                rows[day] = (len(pieces), middle[kernel.RMSSD], middle[kernel.SDNN])
    whole = NIGHT_US // kernel.PIECE_US
    made = [(day, count / whole, rmssd, sdnn) for day, (count, rmssd, sdnn) in sorted(rows.items())]
    plain = BEATS | {"day": pl.Int32}
    return pl.DataFrame(made, schema=plain, orient="row").with_columns(pl.col("day").cast(pl.Date))


def values(table: pa.Table, column: str) -> pl.DataFrame:
    """Middle and lowest value of each night: columns day, data_yield, median, lowest.

    With more than three values a day those of the night count, from three of its hours; the yield
    is then the share of its hours with a value. Fewer are the device's own value of the night: the
    median of the day, yield 1, without a lowest one.

    Args:
        table: the stream `respiration` or `spo2`.
        column: that of its value.
    """
    night = local().dt.hour() < NIGHT_ENDS
    own = pl.col(column).cast(pl.Float64)
    few = pl.col("told") <= FEW
    return (
        pl.DataFrame(pl.from_arrow(table.select(["ts", OFFSET, column])))
        .group_by(local().dt.date().alias("day"))
        .agg(
            pl.len().alias("told"),
            own.median().alias("own"),
            own.filter(night).median().alias("median"),
            own.filter(night).min().alias("lowest"),
            local().dt.hour().filter(night).n_unique().alias("hours"),
        )
        .filter(few | (pl.col("hours") >= HOURS_NEEDED))
        .select(
            "day",
            pl.when(few).then(1.0).otherwise(pl.col("hours") / NIGHT_ENDS).alias("data_yield"),
            pl.when(few).then("own").otherwise("median").alias("median"),
            pl.when(few).then(None).otherwise("lowest").alias("lowest"),
        )
        .sort("day")
    )
