"""Rest and activity: how steady the days are, how broken, and how far rest and activity lie apart.

Days run from noon to noon, so that a night is never cut, and are named after the day on which they
end. A day counts with 16 hours worn (as in GGIR); figures over several days look at the seven up to
the day, five of which must count.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from ..kernels import rhythm as kernel
from .local_time import local_seconds

NOON = 720
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


def rhythm(table: pa.Table) -> pl.DataFrame:
    """One row a noon-to-noon day that counts: day, data_yield (share worn) and `COLUMNS`.

    Args:
        table: the stream `activity`, one device.
    """
    minutes, first_day = _minutes(table)
    extremes = kernel.extremes(minutes, WINDOW_SHARE)
    counts = extremes[:, 4] >= WORN_SHARE
    weeks = kernel.weeks(minutes, counts, DAYS, DAYS_NEEDED, REST_COUNTS)
    kept = np.flatnonzero(counts)
    l5, onset, m10 = np.ascontiguousarray(extremes[kept, :3].T)
    whole = m10 + l5
    apart = np.divide(m10 - l5, whole, out=np.full(len(kept), np.nan), where=whole > 0)
    figures = (l5, _after_midnight(onset), m10, apart, *np.ascontiguousarray(weeks[kept].T))
    return pl.DataFrame(
        {
            "day": pl.Series((first_day + kept + 1).astype(np.int32)).cast(pl.Date),
            "data_yield": extremes[kept, 4],
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
