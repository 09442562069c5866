"""Phone use: how often, how long, how late, and how divided among kinds of apps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from ..kernels import screens as kernel
from .local_time import local_seconds

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
WAKING_HOURS = 16
DAY_S = 86_400
SCREEN = (
    "unlocks",
    "screen_minutes",
    "night_screen_minutes",
    "first_unlock_minutes",
    "last_unlock_minutes",
)
# Which column tells how much of its day the phone was there to tell.
YIELDS = {"data_yield": SCREEN[:3], "waking_yield": SCREEN[3:]}
APPS = ("app_minutes", "app_category_entropy")


def screen(table: pa.Table) -> pl.DataFrame:
    """One row a local day with an event: day, data_yield, waking_yield and `SCREEN`.

    The yields are the number of hours with an event as a share of 16 waking ones: how much of a
    day a phone was there to tell, not how much it was used; the second from four to four, for the
    first and last unlock.

    Args:
        table: the stream `screen`.
    """
    seconds = local_seconds(table)
    order = np.argsort(seconds, kind="stable")
    status = table["status"].to_numpy().astype(np.int64)
    days, figures = kernel.of_days(seconds[order], status[order])
    # A day of which only the hours before four are known has unlocks, but no first one yet.
    figures[figures[:, kernel.HOURS] == 0, : kernel.FIRST] = np.nan
    frame = pl.DataFrame(
        {
            "day": pl.Series(days.astype(np.int32)).cast(pl.Date),
            "data_yield": np.minimum(figures[:, kernel.HOURS] / WAKING_HOURS, 1.0),
            "waking_yield": np.minimum(figures[:, kernel.WAKING_HOURS] / WAKING_HOURS, 1.0),
            **{name: figures[:, place] for place, name in enumerate(SCREEN)},
        }
    )
    return frame.filter(pl.max_horizontal("data_yield", "waking_yield") > 0)


def apps(table: pa.Table) -> pl.DataFrame:
    """One row a local day with a use: day, data_yield (1) and `APPS`.

    A use over midnight is divided, by the offset at its start. The entropy is that of the time in
    each category, in nats: 0 for one, ln n for n alike.

    Args:
        table: the stream `app_use`.
    """
    days, minutes, row = _by_midnight(table)
    share = pl.col("minutes") / pl.col("minutes").sum()
    entropy = -pl.when(share > 0).then(share * share.log()).otherwise(0.0).sum()
    return (
        pl.DataFrame(
            {
                "day": pl.Series(days.astype(np.int32)).cast(pl.Date),
                "category": pl.Series(pl.from_arrow(table["category"]))[row],
                "minutes": minutes,
            }
        )
        .group_by("day", "category")
        .agg(pl.col("minutes").sum())
        .sort("day", "category")
        .group_by("day", maintain_order=True)
        .agg(
            pl.lit(1.0).alias("data_yield"),
            pl.col("minutes").sum().alias("app_minutes"),
            entropy.clip(lower_bound=0.0).alias("app_category_entropy"),
        )
    )


def _by_midnight(table: pa.Table) -> tuple[Integers, Floats, Integers]:
    """Uses cut at each local midnight: day, minutes and row in the table, each of shape (parts,).

    A use without a length stays, with 0 minutes on its day.
    """
    first = local_seconds(table)
    lasted = table["end"].cast(pa.int64()).to_numpy() - table["ts"].cast(pa.int64()).to_numpy()
    last = first + np.maximum(lasted // 1_000_000, 0)
    day = first // DAY_S
    parts = np.maximum((last - 1) // DAY_S - day, 0) + 1
    row = np.repeat(np.arange(len(first)), parts)
    begun = np.repeat(np.cumsum(parts) - parts, parts)
    days = day[row] + np.arange(len(row)) - begun
    begin, end = np.maximum(first[row], days * DAY_S), np.minimum(last[row], (days + 1) * DAY_S)
    return days, (end - begin) / 60, row
