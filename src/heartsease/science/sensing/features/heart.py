"""Heart: resting rate, and two measures of variability that are never mixed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from ..kernels import beats as kernel
from .local_time import local_day, local_seconds

SAMPLES_NEEDED = 100
HOURS_NEEDED = 8
PART_NEEDS = 3
Hours = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


def resting(vendor: pa.Table | None, samples: Hours | None) -> pl.DataFrame:
    """Resting heart rate of each day: columns day, value, data_yield.

    The device's own value where there is one (median if several). Otherwise, with at least 100
    samples in at least eight different hours, three of them from midnight to six, the mean of the
    lowest tenth of the samples: without the night a watch tells how somebody sits, not how they
    rest. The yield of such an estimate is the lower of the shares of the day's 24 hours and of the
    night's six with samples.
    """
    parts = []
    if vendor is not None and vendor.num_rows:
        own = pl.DataFrame(pl.from_arrow(vendor)).with_columns(local_day())
        parts.append(
            own.group_by("day").agg(
                pl.col("bpm").median().cast(pl.Float64).alias("value"),
                pl.lit(1.0).alias("data_yield"),
            )
        )
    if samples is not None:
        parts.append(_estimated(samples))
    if not parts:
        return pl.DataFrame(schema={"day": pl.Date, "value": pl.Float64, "data_yield": pl.Float64})
    return pl.concat(parts).unique("day", keep="first", maintain_order=True).sort("day")


def _estimated(samples: Hours) -> pl.DataFrame:
    days, figures = samples
    hours, of_night = figures[:, kernel.HOURS], figures[:, kernel.NIGHT_HOURS]
    enough = (figures[:, kernel.SAMPLES] >= SAMPLES_NEEDED) & (hours >= HOURS_NEEDED)
    enough &= of_night >= PART_NEEDS
    shares = np.minimum(hours / 24, of_night / kernel.NIGHT_ENDS)
    return _frame(days, enough, value=figures[:, kernel.LOWEST], data_yield=shares)


def by_day(samples: pa.Table) -> Hours:
    """What the samples of each local day say, once for all that is made of it (`kernels.beats`)."""
    seconds = local_seconds(samples)
    bpm = samples["bpm"].to_numpy().astype(np.float64)
    if (seconds[1:] < seconds[:-1]).any():
        order = np.argsort(seconds, kind="stable")
        seconds, bpm = seconds[order], bpm[order]
    return kernel.of_days(seconds, bpm)


def _frame(days: np.ndarray, kept: np.ndarray, **columns: np.ndarray) -> pl.DataFrame:
    dates = pl.Series("day", days[kept].astype(np.int32)).cast(pl.Date)
    return pl.DataFrame([dates, *(pl.Series(name, own[kept]) for name, own in columns.items())])


def variability(table: pa.Table) -> pl.DataFrame:
    """Median of the day's values of one measure: columns day, value, data_yield."""
    frame = pl.DataFrame(pl.from_arrow(table)).with_columns(local_day())
    return (
        frame.group_by("day")
        .agg(
            pl.col("ms").median().cast(pl.Float64).alias("value"),
            pl.lit(1.0).alias("data_yield"),
        )
        .sort("day")
    )


def night(samples: Hours) -> pl.DataFrame:
    """Heart rate at night and how far it dips: columns day, data_yield, night, dip.

    The night is midnight to six, the day nine to nine; each needs samples in three of its hours.
    The dip is the share by which the night's mean lies below the day's (O'Brien et al. 1988 for
    blood pressure); where the day has too few samples there is none. The yield is the share of the
    night's hours with a sample.
    """
    days, figures = samples
    hours = figures[:, kernel.NIGHT_HOURS]
    awake = np.where(figures[:, kernel.DAY_HOURS] >= PART_NEEDS, figures[:, kernel.BY_DAY], np.nan)
    return _frame(
        days,
        hours >= PART_NEEDS,
        data_yield=hours / kernel.NIGHT_ENDS,
        night=figures[:, kernel.NIGHT],
        dip=1 - figures[:, kernel.NIGHT] / awake,
    )
