"""Phone use: how often, how long, how late, and how divided among kinds of apps."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from ..kernels import screens as kernel
from .local_time import local_day, local_seconds

WAKING_HOURS = 16
SCREEN = (
    "unlocks",
    "screen_minutes",
    "night_screen_minutes",
    "first_unlock_minutes",
    "last_unlock_minutes",
)
APPS = ("app_minutes", "app_category_entropy")


def screen(table: pa.Table) -> pl.DataFrame:
    """One row a local day with an event: day, data_yield and `SCREEN`.

    The yield is the number of hours with an event as a share of 16 waking ones: how much of a day
    a phone was there to tell, not how much it was used.

    Args:
        table: the stream `screen`.
    """
    seconds = local_seconds(table)
    order = np.argsort(seconds, kind="stable")
    status = table["status"].to_numpy().astype(np.int64)
    days, figures = kernel.of_days(seconds[order], status[order])
    frame = pl.DataFrame(
        {
            "day": pl.Series(days.astype(np.int32)).cast(pl.Date),
            "data_yield": np.minimum(figures[:, kernel.HOURS] / WAKING_HOURS, 1.0),
            **{name: figures[:, place] for place, name in enumerate(SCREEN)},
        }
    )
    return frame.filter(pl.col("data_yield") > 0)


def apps(table: pa.Table) -> pl.DataFrame:
    """One row a local day with a use: day, data_yield (1) and `APPS`.

    The entropy is that of the time in each category, in nats: 0 for one, ln n for n alike.

    Args:
        table: the stream `app_use`.
    """
    minutes = (pl.col("end") - pl.col("ts")).dt.total_seconds() / 60
    share = pl.col("minutes") / pl.col("minutes").sum()
    entropy = -pl.when(share > 0).then(share * share.log()).otherwise(0.0).sum()
    return (
        pl.DataFrame(pl.from_arrow(table))
        .with_columns(local_day(), minutes.alias("minutes"))
        .group_by("day", "category")
        .agg(pl.col("minutes").sum())
        .group_by("day")
        .agg(
            pl.lit(1.0).alias("data_yield"),
            pl.col("minutes").sum().alias("app_minutes"),
            entropy.clip(lower_bound=0.0).alias("app_category_entropy"),
        )
        .sort("day")
    )
