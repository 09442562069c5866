"""Mobility: how far, how varied and how regular a day's places were; never where they were.

Time counts, not fixes: each fix speaks for the time until the next one, ten minutes at most, so a
phone that looks more often while it moves does not make a day look more restless. Home is the grid
cell with most time between midnight and six over the seven nights up to the day. Definitions after
Saeb et al. 2015 (10.2196/jmir.4273), Canzian & Musolesi 2015 and Barnett & Onnela 2020, with the
changes that are named at each.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from ..kernels import places as kernel
from .local_time import local_seconds

DAYS, DAYS_NEEDED = 7, 4
BINS_NEEDED = 12
ACCURATE_M = 500.0
COLUMNS = (
    "location_variance_log",
    "distance_travelled_km",
    "home_stay_share",
    "farthest_from_home_km",
    "radius_of_gyration_km",
    "places_visited",
    "location_entropy",
    "location_entropy_normalised",
    "place_changes",
    "moving_share",
    "circadian_movement",
    "routine_index",
)
KILOMETRES = 1e-3


def mobility(table: pa.Table) -> pl.DataFrame:
    """One row a local day: day, data_yield (share of half hours with a fix) and `COLUMNS`.

    Fixes less accurate than 500 m are left out. Circadian movement and routine look at the seven
    days up to the day, four of which must have been seen; a day is compared with the one before.

    Args:
        table: the stream `gps`.
    """
    schema = {"day": pl.Date, "data_yield": pl.Float64, **dict.fromkeys(COLUMNS, pl.Float64)}
    seconds, lat, lon = _fixes(table)
    if not len(seconds):
        return pl.DataFrame(schema=schema)
    days, figures, bins = kernel.of_days(seconds, lat, lon)
    sums = kernel.moments(seconds, lat, lon, days)
    weeks = kernel.weeks(days, sums, bins, DAYS, DAYS_NEEDED, BINS_NEEDED)
    column = np.ascontiguousarray(figures.T)
    return pl.DataFrame(
        {
            "day": pl.Series(days.astype(np.int32)).cast(pl.Date),
            "data_yield": column[kernel.SEEN],
            "location_variance_log": column[kernel.VARIANCE],
            "distance_travelled_km": column[kernel.DISTANCE] * KILOMETRES,
            "home_stay_share": column[kernel.HOME],
            "farthest_from_home_km": column[kernel.FARTHEST] * KILOMETRES,
            "radius_of_gyration_km": column[kernel.RADIUS] * KILOMETRES,
            "places_visited": column[kernel.PLACES],
            "location_entropy": column[kernel.ENTROPY],
            "location_entropy_normalised": column[kernel.EVENNESS],
            "place_changes": column[kernel.MOVES],
            "moving_share": column[kernel.MOVING],
            "circadian_movement": weeks[:, 0].copy(),
            "routine_index": weeks[:, 1].copy(),
        }
    )


def _fixes(table: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Local seconds, latitude and longitude of accurate fixes, sorted by time."""
    accuracy = table["accuracy_m"].to_numpy(zero_copy_only=False)
    kept = ~(accuracy > ACCURATE_M)
    seconds = local_seconds(table)[kept]
    order = np.argsort(seconds, kind="stable")
    lat, lon = table["lat"].to_numpy()[kept], table["lon"].to_numpy()[kept]
    return seconds[order], lat[order], lon[order]
