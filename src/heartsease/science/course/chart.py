"""The control chart: an exponentially weighted mean of distances from the usual (Roberts 1959)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WEIGHT = 0.15
LARGEST_DAY = 3.0


def ewma(residuals: Floats, weight: float = WEIGHT) -> Floats:
    """Standardised EWMA of residuals, along the last axis.

    A missing day changes nothing: neither the mean nor its variance. A day counts for at most
    three spreads, because one strange day is no lasting change. Each value is divided by its
    exact standard deviation after as many days as were seen (Lucas & Saccucci 1990), for
    independent days; persistence is left to the calibration of the limit.

    Args:
        residuals: shape (..., n), in spreads; NaN where missing.
        weight: share of the newest day, above 0, at most 1.

    >>> ewma(np.array([1.0, np.nan, 1.0]), 0.5).round(3)
    array([1.   , 1.   , 1.342])
    """
    there = np.isfinite(residuals)
    shares = np.where(there, weight, 0.0)
    drawn_in = np.clip(residuals, -LARGEST_DAY, LARGEST_DAY)
    steps = np.where(there, drawn_in, 0.0) * weight
    mean = np.zeros(residuals.shape[:-1])
    variance = np.zeros(residuals.shape[:-1])
    result = np.empty_like(residuals)
    for day in range(residuals.shape[-1]):
        share = shares[..., day]
        mean = (1 - share) * mean + steps[..., day]
        variance = (1 - share) ** 2 * variance + share**2
        result[..., day] = mean / np.sqrt(np.where(variance > 0, variance, 1.0))
    return result


def alarms(chart: Floats, limit: float) -> npt.NDArray[np.bool_]:
    """On which days an alarm is on, along the last axis.

    An alarm begins beyond the limit and is on until the chart is back within half of it, so that
    a chart that trembles at the limit makes one alarm and not many.

    Args:
        chart: shape (..., n), the direction of interest up.
        limit: in standard deviations of the chart.

    >>> alarms(np.array([0.0, 3.1, 2.0, 1.4, 3.2]), 3.0)
    array([False,  True,  True, False,  True])
    """
    beyond, near = chart > limit, chart >= limit / 2
    on = np.zeros(chart.shape[:-1], dtype=bool)
    result = np.empty(chart.shape, dtype=bool)
    for day in range(chart.shape[-1]):
        on = beyond[..., day] | (on & near[..., day])
        result[..., day] = on
    return result
