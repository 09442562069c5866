"""A person's own usual: centre, weekday pattern, spread, persistence, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WEEKDAY_PRIOR_WEEKS = 6.0
WINSOR_SPREADS = 3.0
NORMAL_MIDDLE = 2.563
CENTRING_ROUNDS = 3
HIGHEST_PHI = 0.8
ROUNDING = 1e-9


@dataclass(frozen=True)
class Baseline:
    """What is usual for one person and feature.

    Attributes:
        centre: the usual value, in the feature's unit.
        weekday: shape (7,), deviation of each weekday (Monday first), in the feature's unit.
        spread: standard deviation of days around centre and weekday, in the feature's unit.
        reach: distance in spreads beyond which a day counts no further.
        phi: correlation of a day with the day before.
        centre_error: standard error of the centre, with phi taken into account.
        days: number of days it rests on.
    """

    centre: float
    weekday: Floats
    spread: float
    reach: float
    phi: float
    centre_error: float
    days: int

    def drawn_in(self, residuals: Floats) -> Floats:
        """Distances as the chart takes them: none beyond the reach, so that they average zero."""
        return np.clip(residuals, -self.reach, self.reach)

    def residuals(self, values: Floats, weekdays: npt.NDArray[np.int64]) -> Floats:
        """Distances from the usual in spreads, shape (n,); NaN stays NaN."""
        return np.asarray((values - self.centre - self.weekday[weekdays]) / self.spread)


def fit(values: Floats, weekdays: npt.NDArray[np.int64]) -> Baseline | None:
    """Learn the usual from a stretch of days; None when nothing ever varies.

    1. Centre by the median, so that single strange days do not move it.
    2. Weekday deviations shrink towards zero: with n weeks the factor is n / (n + 6).
    3. Centre and spread from residuals drawn in at three robust spreads, and the same reach for
       every later day: a chart of days that reach further than those of the usual would drift.
    4. Persistence from neighbouring days, corrected for the bias of short series
       (Marriott & Pope 1954), between 0 and 0.8.

    Args:
        values: shape (n,), NaN where missing.
        weekdays: shape (n,), Monday 0 to Sunday 6.
    """
    there = np.isfinite(values)
    seen, on = values[there], weekdays[there]
    if len(seen) < 2 or np.ptp(seen) <= ROUNDING * np.abs(seen).max():
        return None
    centre = float(np.median(seen))
    weekday = np.zeros(7)
    for number in range(7):
        own = seen[on == number] - centre
        if len(own):
            weekday[number] = np.median(own) * len(own) / (len(own) + WEEKDAY_PRIOR_WEEKS)
    weekday -= weekday.mean()
    left = seen - centre - weekday[on]
    cut = WINSOR_SPREADS * _robust_spread(left)
    for _ in range(CENTRING_ROUNDS):
        shift = float(np.mean(np.clip(left, -cut, cut)))
        centre, left = centre + shift, left - shift
    drawn_in = np.clip(left, -cut, cut)
    spread = max(float(np.std(drawn_in, ddof=1)), _smallest_step(seen) / 2)
    full = np.full(len(values), np.nan)
    full[there] = drawn_in / spread
    phi = _persistence(full)
    error = spread * float(np.sqrt((1 + phi) / (1 - phi) / len(seen)))
    return Baseline(centre, weekday, spread, cut / spread, phi, error, len(seen))


def _robust_spread(left: Floats) -> float:
    """The standard deviation that a normal distribution of the same middle 80 % would have."""
    low, high = np.quantile(left, [0.1, 0.9])
    return float(high - low) / NORMAL_MIDDLE or float(np.std(left))


def _smallest_step(seen: Floats) -> float:
    """The smallest difference between two values, a floor for the spread of coarse scales."""
    steps = np.diff(np.unique(seen))
    return float(steps.min()) if len(steps) else 0.0


def _persistence(full: Floats) -> float:
    """Lag-one correlation of neighbouring days that are both there; `full` is in spreads."""
    pairs = np.isfinite(full[:-1]) & np.isfinite(full[1:])
    count = int(pairs.sum())
    if count < 8:
        return 0.0
    raw = float(np.mean(full[:-1][pairs] * full[1:][pairs]))
    return float(np.clip(raw + (1 + 3 * raw) / count, 0.0, HIGHEST_PHI))
