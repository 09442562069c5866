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
    days = len(minutes) // kernel.DAY
    extremes = kernel.extremes(minutes, WINDOW_SHARE)
    hours = kernel.hours_of(minutes)
    counts = extremes[:, 4] >= WORN_SHARE
    rows = []
    for day in np.flatnonzero(counts).tolist():
        l5, onset, m10 = extremes[day, :3]
        apart = (m10 - l5) / (m10 + l5) if m10 + l5 > 0 else np.nan
        start = max(day - DAYS + 1, 0)
        window = np.full(5, np.nan)
        if counts[start : day + 1].sum() >= DAYS_NEEDED:
            stretch = hours[start * 24 : (day + 1) * 24]
            _, amplitude, peak = kernel.cosinor(stretch)
            broken = kernel.restlessness(
                minutes[start * kernel.DAY : (day + 1) * kernel.DAY], REST_COUNTS
            )
            window = np.array([*kernel.stability(stretch), amplitude, peak, broken])
        clock = _after_midnight(onset)
        rows.append([first_day + int(day) + 1, extremes[day, 4], l5, clock, m10, apart, *window])
    schema = {"day": pl.Int64, "data_yield": pl.Float64, **dict.fromkeys(COLUMNS, pl.Float64)}
    frame = pl.DataFrame(rows, schema=schema, orient="row") if days else pl.DataFrame(schema=schema)
    return frame.with_columns(pl.col("day").cast(pl.Int32).cast(pl.Date))


def _after_midnight(minute_after_noon: float) -> float:
    """A minute of a noon-to-noon day as minutes after the midnight in it; negative before."""
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
