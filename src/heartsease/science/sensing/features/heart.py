"""Heart: resting rate, and two measures of variability that are never mixed."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from .local_time import local_day, local_hour

SAMPLES_NEEDED = 100
HOURS_NEEDED = 8
LOWEST_SHARE = 0.1
NIGHT_ENDS, DAY_BEGINS, DAY_ENDS = 6, 9, 21
PART_NEEDS = 3


def resting(vendor: pa.Table | None, samples: pa.Table | None) -> pl.DataFrame:
    """Resting heart rate of each day: columns day, value, data_yield.

    The device's own value where there is one (median if several). Otherwise, with at least 100
    samples in at least eight different hours, the mean of the lowest tenth of the samples.
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
    if samples is not None and samples.num_rows:
        parts.append(_estimated(samples))
    if not parts:
        return pl.DataFrame(schema={"day": pl.Date, "value": pl.Float64, "data_yield": pl.Float64})
    return pl.concat(parts).unique("day", keep="first", maintain_order=True).sort("day")


def _estimated(samples: pa.Table) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(samples)).with_columns(local_day(), local_hour())
    lowest = pl.col("bpm").sort().head((pl.len() * LOWEST_SHARE).ceil().cast(pl.Int64))
    return (
        frame.group_by("day")
        .agg(
            lowest.mean().cast(pl.Float64).alias("value"),
            pl.len().alias("samples"),
            pl.col("hour").n_unique().alias("hours"),
        )
        .filter((pl.col("samples") >= SAMPLES_NEEDED) & (pl.col("hours") >= HOURS_NEEDED))
        .select("day", "value", (pl.col("hours") / 24).cast(pl.Float64).alias("data_yield"))
    )


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


def night(samples: pa.Table) -> pl.DataFrame:
    """Heart rate at night and how far it dips: columns day, data_yield, night, dip.

    The night is midnight to six, the day nine to nine; each needs samples in three of its hours.
    The dip is the share by which the night's mean lies below the day's (O'Brien et al. 1988 for
    blood pressure); where the day has too few samples there is none. The yield is the share of the
    night's hours with a sample.
    """
    frame = pl.DataFrame(pl.from_arrow(samples)).with_columns(local_day(), local_hour())
    hours = (
        frame.group_by("day", "hour")
        .agg(pl.col("bpm").mean().cast(pl.Float64).alias("bpm"))
        .with_columns(
            (pl.col("hour") < NIGHT_ENDS).alias("night"),
            pl.col("hour").is_between(DAY_BEGINS, DAY_ENDS - 1).alias("by_day"),
        )
    )
    asleep, awake = pl.col("bpm").filter(pl.col("night")), pl.col("bpm").filter(pl.col("by_day"))
    return (
        hours.group_by("day")
        .agg(
            (asleep.len() / NIGHT_ENDS).alias("data_yield"),
            asleep.mean().alias("night"),
            pl.when(awake.len() >= PART_NEEDS).then(1 - asleep.mean() / awake.mean()).alias("dip"),
            asleep.len().alias("seen"),
        )
        .filter(pl.col("seen") >= PART_NEEDS)
        .drop("seen")
        .sort("day")
    )
