"""EXPLORATORY: signs of critical slowing down, which theory expects before a tipping point.

Rising autocorrelation and variance in a moving window are said to come before abrupt change. The
evidence is against relying on them: they came before recurrence of depression in 32.9 % of 37
people (Smit et al. 2025, TRANS-ID), are not generic to such changes (Dablander et al. 2022) and
rise systematically without any (Jaeger & Fuellsack 2019). No page shows them, no alert rests on
them; the function is for researchers who want to test them on their own data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import kendalltau

from .series import DailySeries

Floats = npt.NDArray[np.float64]
LABEL = "exploratory: not validated, no ground for any decision"
WINDOW_DAYS, LEAST_VALUES = 28, 14
SURROGATES = 200


@dataclass(frozen=True)
class Slowing:
    """Trends of two signs over a past.

    Attributes:
        autocorrelation, variance: shape (n,), in the window that ends on each day; NaN where it has
            too few values.
        trend_autocorrelation, trend_variance: Kendall's tau with time, -1 to 1.
        p_autocorrelation, p_variance: share of surrogates (AR(1) without any trend) whose trend is
            at least as high.
        label: what this is.
    """

    autocorrelation: Floats
    variance: Floats
    trend_autocorrelation: float
    trend_variance: float
    p_autocorrelation: float
    p_variance: float
    label: str = LABEL


def slowing(series: DailySeries, *, seed: int = 0) -> Slowing | None:
    """Compute both signs and how unusual their trends are; None with too few days.

    The surrogates have the series' own persistence and missing days, but nothing that rises. A
    trend of the level raises both signs, so the days are detrended by a straight line first.

    Args:
        series: consecutive days, NaN where missing.
        seed: of the surrogates.

    >>> days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-05-01"))
    >>> found = slowing(DailySeries(days, np.random.default_rng(1).normal(0, 1, len(days))))
    >>> found.label
    'exploratory: not validated, no ground for any decision'
    """
    values, there = series.values, np.isfinite(series.values)
    if len(values) < 2 * WINDOW_DAYS or there.sum() < 2 * LEAST_VALUES:
        return None
    days = np.arange(len(values))
    left = values - np.polyval(np.polyfit(days[there], values[there], 1), days)
    spread = float(np.std(left[there]))
    if spread <= 1e-12 * max(float(np.abs(values[there]).max()), 1.0):
        return None
    left = left / spread
    own = _signs(left)
    trends = [_trend(one) for one in own]
    pairs = there[1:] & there[:-1]
    phi = float(np.clip(np.mean(left[1:][pairs] * left[:-1][pairs]) if pairs.any() else 0, 0, 0.95))
    generator = np.random.default_rng(seed)
    higher = np.zeros(2)
    for _ in range(SURROGATES):
        noise = generator.standard_normal(len(values))
        for day in range(1, len(noise)):
            noise[day] = phi * noise[day - 1] + (1 - phi**2) ** 0.5 * noise[day]
        noise[~there] = np.nan
        higher += [_trend(one) >= trend for one, trend in zip(_signs(noise), trends, strict=True)]
    shares = (higher + 1) / (SURROGATES + 1)
    return Slowing(own[0], own[1], trends[0], trends[1], float(shares[0]), float(shares[1]))


def _signs(left: Floats) -> tuple[Floats, Floats]:
    """Lag-one autocorrelation and variance of the window that ends on each day, shape (n,) each."""
    there = np.isfinite(left)
    filled = np.where(there, left, 0.0)
    both = there[1:] & there[:-1]
    products = np.concatenate([[0.0], np.where(both, filled[1:] * filled[:-1], 0.0)])
    pairs = np.concatenate([[0], both])
    count, total, squares, product, paired = (
        _moving(one) for one in (there, filled, filled**2, products, pairs)
    )
    enough = (count >= LEAST_VALUES) & (paired >= LEAST_VALUES // 2)
    mean = total / np.maximum(count, 1)
    variance = squares / np.maximum(count, 1) - mean**2
    covariance = product / np.maximum(paired, 1) - mean**2
    variance = np.where(enough, variance, np.nan)
    return np.where(enough, covariance / np.maximum(variance, 1e-12), np.nan), variance


def _moving(values: npt.ArrayLike) -> Floats:
    """Sums over the window that ends on each day, shape (n,)."""
    total = np.concatenate([[0.0], np.cumsum(np.asarray(values, dtype=np.float64))])
    ends = np.arange(1, len(total))
    return np.asarray(total[ends] - total[np.maximum(ends - WINDOW_DAYS, 0)])


def _trend(sign: Floats) -> float:
    """Kendall's tau of a sign with time; 0 with fewer than four windows."""
    there = np.flatnonzero(np.isfinite(sign))
    if len(there) < 4 or np.ptp(sign[there]) == 0:
        return 0.0
    return float(kendalltau(there, sign[there]).statistic)
