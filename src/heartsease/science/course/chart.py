"""The control chart: an exponentially weighted mean of distances from the usual (Roberts 1959)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
WEIGHT = 0.15


@njit(cache=True)
def ewma(residuals: Floats, weight: float) -> Floats:
    """Standardised EWMA of residuals, shape (n,).

    A missing day changes nothing: neither the mean nor its variance. Each value is divided by
    its exact standard deviation after as many days as were seen (Lucas & Saccucci 1990), for
    independent days; persistence is left to the calibration of the limit.

    Args:
        residuals: shape (n,), in spreads; NaN where missing.
        weight: share of the newest day, above 0, at most 1.
    """
    result = np.empty(len(residuals))
    mean = 0.0
    variance = 0.0
    for place in range(len(residuals)):
        value = residuals[place]
        if not np.isnan(value):
            mean = (1 - weight) * mean + weight * value
            variance = (1 - weight) ** 2 * variance + weight**2
        result[place] = mean / np.sqrt(variance) if variance > 0 else 0.0
    return result


@njit(cache=True)
def onset(chart: Floats, limit: float) -> int:
    """Where the alarm began that is still on at the end; -1 if none is on.

    An alarm begins beyond the limit and is on until the chart is back within half of it, so that
    a chart that trembles at the limit makes one alarm and not many.

    Args:
        chart: shape (n,), already turned so that the direction of interest is up.
        limit: in standard deviations of the chart.
    """
    began = -1
    for place in range(len(chart)):
        if began < 0 and chart[place] > limit:
            began = place
        elif began >= 0 and chart[place] < limit / 2:
            began = -1
    return began


@njit(cache=True)
def count_onsets(chart: Floats, limit: float, skip: int) -> int:
    """How many alarms begin after the first `skip` days."""
    on = False
    count = 0
    for place in range(len(chart)):
        if not on and chart[place] > limit:
            on = True
            if place >= skip:
                count += 1
        elif on and chart[place] < limit / 2:
            on = False
    return count


def turned(chart: Floats, direction: int) -> Floats:
    """The chart with the direction of interest up: 1 as it is, -1 upside down, 0 both ways."""
    if direction == 0:
        return np.abs(chart)
    return chart * direction
