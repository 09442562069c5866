"""Mobility: how far, how varied and how regular a day's places were; never where they were.

Fixes are reduced to stays and moves first (`kernels.stays`), so that a phone that lies still does
not travel. Time counts, not fixes: each fix speaks for the time until the next one, ten minutes at
most, so a phone that looks more often while it moves does not make a day look more restless; where
a source sends only on change, a stay lasts from its first fix to its last. Home is the place with
most time between midnight and six over the seven nights up to the day. Definitions after Saeb et
al. 2015 (10.2196/jmir.4273), Canzian & Musolesi 2015 and Barnett & Onnela 2020, with the changes
that are named at each.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from ..kernels import places as kernel
from ..kernels import stays
from .local_time import local_seconds

DAYS, DAYS_NEEDED = 7, 4
BINS_NEEDED = 12
ACCURATE_M = 500.0
IMPUTED = 3
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
    """One row a local day: day, data_yield and `COLUMNS`.

    The yield is the share of half hours with a fix, of the day or of those from 8 to 22, whichever
    is lower: whoever has places switched off at work is at home for all that is seen.
    Fixes less accurate than 500 m are left out, and those imputed (quality 3: a vendor's own idea
    of a stay) within ten minutes of one that was measured; of one second the first counts.
    Circadian movement and routine look at the seven days up to the day, four of which must have
    been seen; a day is compared with the one before.

    Args:
        table: the stream `gps`.
    """
    schema = {"day": pl.Date, "data_yield": pl.Float64, **dict.fromkeys(COLUMNS, pl.Float64)}
    fixes = _fixes(table)
    if not len(fixes[0]):
        return pl.DataFrame(schema=schema)
    seconds, lat, lon, where, moving = stays.reduced(*fixes)
    days, figures, bins = kernel.of_days(seconds, lat, lon, where, moving)
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


def _fixes(table: pa.Table) -> tuple[np.ndarray, ...]:
    """Local seconds, latitude, longitude, error (0 where not known) of accurate fixes by time."""
    accuracy = table["accuracy_m"].to_numpy(zero_copy_only=False)
    kept = np.flatnonzero(~(accuracy > ACCURATE_M))
    seconds = local_seconds(table)[kept]
    if (seconds[1:] < seconds[:-1]).any():
        order = np.argsort(seconds, kind="stable")
        seconds, kept = seconds[order], kept[order]
    quality = table["quality"].to_numpy()
    if (quality == IMPUTED).any():
        imputed = quality[kept] == IMPUTED
        alone = ~imputed | _far_from(seconds, seconds[~imputed])
        seconds, kept = seconds[alone], kept[alone]
    later = seconds[1:] != seconds[:-1]
    if not later.all():
        # Nobody is at two places at once; and a stay is sought from each fix of its five minutes.
        first = np.flatnonzero(np.append(True, later))
        seconds, kept = seconds[first], kept[first]
    error = accuracy[kept].astype(np.float64)
    error[np.isnan(error)] = 0.0
    return seconds, table["lat"].to_numpy()[kept], table["lon"].to_numpy()[kept], error


def _far_from(seconds: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Which moments lie more than ten minutes from every one measured, both sorted."""
    far = stays.LONGEST_S + 1
    edges = np.concatenate([[seconds[0] - far], measured, [seconds[-1] + far]])
    after = np.searchsorted(edges, seconds)
    apart = np.minimum(edges[after] - seconds, seconds - edges[after - 1])
    return np.asarray(apart >= far)
