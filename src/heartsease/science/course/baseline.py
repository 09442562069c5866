"""A person's own usual: centre, weekday pattern, spread, persistence, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WEEKDAY_PRIOR_WEEKS = 6.0
WINSOR_SPREADS = 3.0
HIGHEST_PHI = 0.8


@dataclass(frozen=True)
class Baseline:
    """What is usual for one person and feature.

    Attributes:
        centre: the usual value, in the feature's unit.
        weekday: shape (7,), deviation of each weekday (Monday first), in the feature's unit.
        spread: standard deviation of days around centre and weekday, in the feature's unit.
        phi: correlation of a day with the day before.
        centre_error: standard error of the centre, with phi taken into account.
        days: number of days it rests on.
    """

    centre: float
    weekday: Floats
    spread: float
    phi: float
    centre_error: float
    days: int

    def residuals(self, values: Floats, weekdays: npt.NDArray[np.int64]) -> Floats:
        """Distances from the usual in spreads, shape (n,); NaN stays NaN."""
        return np.asarray((values - self.centre - self.weekday[weekdays]) / self.spread)


def fit(values: Floats, weekdays: npt.NDArray[np.int64]) -> Baseline | None:
    """Learn the usual from a stretch of days; None when nothing ever varies.

    1. Centre by the median, so that single strange days do not move it.
    2. Weekday deviations shrink towards zero: with n weeks the factor is n / (n + 6).
    3. Spread from residuals cut at three robust spreads.
    4. Persistence from neighbouring days, corrected for the bias of short series
       (Marriott & Pope 1954), between 0 and 0.8.

    Args:
        values: shape (n,), NaN where missing.
        weekdays: shape (n,), Monday 0 to Sunday 6.
    """
    there = np.isfinite(values)
    seen, on = values[there], weekdays[there]
    if len(seen) < 2 or np.ptp(seen) == 0:
        return None
    centre = float(np.median(seen))
    weekday = np.zeros(7)
    for number in range(7):
        own = seen[on == number] - centre
        if len(own):
            weekday[number] = np.median(own) * len(own) / (len(own) + WEEKDAY_PRIOR_WEEKS)
    weekday -= weekday.mean()
    left = seen - centre - weekday[on]
    centre += float(np.mean(_winsorised(left)))
    left = seen - centre - weekday[on]
    spread = max(float(np.std(_winsorised(left), ddof=1)), _smallest_step(seen) / 2)
    full = np.full(len(values), np.nan)
    full[there] = _winsorised(left)
    phi = _persistence(full, spread)
    error = spread * float(np.sqrt((1 + phi) / (1 - phi) / len(seen)))
    return Baseline(centre, weekday, spread, phi, error, len(seen))


def _winsorised(left: Floats) -> Floats:
    """Residuals with those beyond three robust spreads drawn in."""
    robust = 1.4826 * float(np.median(np.abs(left - np.median(left)))) or float(np.std(left))
    return np.clip(left, -WINSOR_SPREADS * robust, WINSOR_SPREADS * robust)


def _smallest_step(seen: Floats) -> float:
    """The smallest difference between two values, a floor for the spread of coarse scales."""
    steps = np.diff(np.unique(seen))
    return float(steps.min()) if len(steps) else 0.0


def _persistence(full: Floats, spread: float) -> float:
    """Lag-one correlation of neighbouring days that are both there."""
    pairs = np.isfinite(full[:-1]) & np.isfinite(full[1:])
    count = int(pairs.sum())
    if count < 8 or spread == 0:
        return 0.0
    raw = float(np.mean(full[:-1][pairs] * full[1:][pairs])) / spread**2
    return float(np.clip(raw + (1 + 3 * raw) / count, 0.0, HIGHEST_PHI))
