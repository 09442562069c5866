"""Rest and activity: how steady the days are, how broken, and how far rest and activity lie apart.

Days run from noon to noon, so that a night is not cut, and are named after the day on which they
end; only the most active ten hours are those of that day from midnight to midnight, so that working
hours are not cut at noon. Witting et al. 1990 take both from the mean day of a recording, where
nothing is cut and no day is told from another. A day counts with 16 hours worn (as in GGIR);
figures over several days look at the seven up to the day, five of which must count.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from ..kernels import rhythm as kernel
from .local_time import local_seconds

NOON = kernel.NOON
DAYS, DAYS_NEEDED = 7, 5
WORN_SHARE = 16 / 24
WINDOW_SHARE = 0.8
REST_COUNTS = 40.0
COLUMNS = (
    "l5_counts",
    "l5_onset_minutes",
    "m10_counts",
    "relative_amplitude",
    "interdaily_stability",
    "intradaily_variability",
    "cosinor_amplitude",
    "cosinor_peak_minutes",
    "rest_fragmentation",
)
# Which column tells how much of its day was worn.
YIELDS = {
    "m10_yield": ("m10_counts",),
    "amplitude_yield": ("relative_amplitude",),
    "data_yield": tuple(one for one in COLUMNS if one not in ("m10_counts", "relative_amplitude")),
}


def rhythm(table: pa.Table) -> pl.DataFrame:
    """One row a day that counts: day, data_yield, m10_yield, amplitude_yield and `COLUMNS`.

    The yields are shares worn: from noon to noon; for M10 from midnight to midnight; for the
    relative amplitude the lower of both. A figure whose own day does not count is NaN.

    Args:
        table: the stream `activity`, one device.
    """
    minutes, first_day = _minutes(table)
    extremes = kernel.extremes(minutes, WINDOW_SHARE)
    counts, by_day = extremes[:, 4] >= WORN_SHARE, extremes[:, 5] >= WORN_SHARE
    weeks = kernel.weeks(minutes, counts, DAYS, DAYS_NEEDED, REST_COUNTS)
    kept = np.flatnonzero(counts | by_day)
    extremes[~counts, :2] = extremes[~by_day, 2:4] = np.nan
    l5, onset, m10, _, night_worn, day_worn = np.ascontiguousarray(extremes[kept].T)
    whole = m10 + l5
    apart = np.divide(m10 - l5, whole, out=np.full(len(kept), np.nan), where=whole > 0)
    figures = (
        l5,
        _after_midnight(onset),
        m10,
        # Where half of a day was not worn the quieter one may lie in the more active window.
        np.maximum(apart, 0.0),
        *np.ascontiguousarray(weeks[kept].T),
    )
    return pl.DataFrame(
        {
            "day": pl.Series((first_day + kept + 1).astype(np.int32)).cast(pl.Date),
            "data_yield": night_worn,
            "m10_yield": day_worn,
            "amplitude_yield": np.minimum(night_worn, day_worn),
            **dict(zip(COLUMNS, figures, strict=True)),
        }
    )


def _after_midnight(minute_after_noon: np.ndarray) -> np.ndarray:
    """Minutes of a noon-to-noon day as minutes after the midnight in it; negative before."""
    return minute_after_noon - NOON


def _minutes(table: pa.Table) -> tuple[np.ndarray, int]:
    """Counts by minute from the first noon on, and the number of the day on which it lies."""
    if table.num_rows == 0:
        return np.empty(0), 0
    seconds = local_seconds(table)
    epochs = table["epoch_s"].to_numpy().astype(np.int64)
    counts = table["counts"].to_numpy(zero_copy_only=False).astype(np.float64)
    first = int((seconds.min() // 60 - NOON) // kernel.DAY)
    last = int((seconds.max() // 60 - NOON) // kernel.DAY)
    size = (last - first + 1) * kernel.DAY
    start = first * kernel.DAY + NOON
    return kernel.minutes_by_clock(seconds, epochs, counts, start, size), first
