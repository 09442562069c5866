"""Intervals of figures over persons: 95 %, from persons drawn again with repetition."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000


def resampled(persons: int, seed: int) -> npt.NDArray[np.int64]:
    """How often each person is drawn in each resample, shape (resamples, persons)."""
    if persons == 0:
        return np.zeros((RESAMPLES, 0), dtype=np.int64)
    draws = np.random.default_rng([seed, persons, 95]).integers(0, persons, (RESAMPLES, persons))
    return np.array([np.bincount(draw, minlength=persons) for draw in draws])


def ratio(
    top: npt.ArrayLike, bottom: npt.ArrayLike, weights: npt.NDArray[np.int64]
) -> tuple[float | None, list[float] | None]:
    """A ratio of sums over persons and its 95 % interval; None where there is nothing to divide by.

    Args:
        top, bottom: shape (persons,).
        weights: shape (resamples, persons), how often each person was drawn.
    """
    upper, lower = np.asarray(top, dtype=float), np.asarray(bottom, dtype=float)
    if lower.sum() == 0:
        return None, None
    divisor = weights @ lower
    drawn = (weights @ upper)[divisor > 0] / divisor[divisor > 0]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(upper.sum() / lower.sum()), [float(low), float(high)]


def mean_interval(values: npt.NDArray[np.float64], seed: int = 0) -> list[float] | None:
    """The 95 % interval of a mean over persons; None for one person."""
    if len(values) < 2:
        return None
    drawn = resampled(len(values), seed) @ values / len(values)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return [float(low), float(high)]
