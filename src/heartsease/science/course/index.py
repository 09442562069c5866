"""Several features made one: how far a day lies in a direction stated beforehand.

A change that moves three features at once is seen sooner in their weighted sum than in any of them,
as long as the features are not copies of one another: the weights are those of the best linear
detector of a shift of equal size in all (inverse of the correlation times the signs; Fisher 1936),
with the correlation shrunk towards none because few days tell it badly, and without weights that
would turn a feature against its own sign.

Who sleeps three hours less also lies awake for fewer minutes, and the share of deep sleep rises. So
on a day on which one feature is far in the stated way, what speaks against it does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .baseline import Baseline, fit

Floats = npt.NDArray[np.float64]
SHRINKAGE = 0.2
# From so many spreads in the stated way on, what speaks against it on the same day does not count.
FAR = 2.0
PAIRS_NEEDED = 10


@dataclass(frozen=True)
class Index:
    """A domain's days along one direction.

    Attributes:
        values: shape (n,), spread about 1 and centre about 0 on usual days; NaN where no feature
            has data.
        usual: the baseline of each feature that could be used.
        residuals: by feature shape (n,), distances from its own usual in spreads, drawn in.
        weights: by feature, on days with all of them.
    """

    values: Floats
    usual: Mapping[str, Baseline]
    residuals: Mapping[str, Floats]
    weights: Mapping[str, float]


def index(
    values: Mapping[str, Floats],
    signs: Mapping[str, int],
    weekdays: npt.NDArray[np.int64],
    known: slice,
    *,
    days_needed: int,
) -> Index | None:
    """Put the features of a way together; None where none has a usual.

    1. Each feature's distance from its own usual, learnt on the known days.
    2. Weights from the shrunken correlation on those days; none against its sign.
    3. On each day over the features it has, divided by the spread that such a sum then has; where
       one lies two spreads or more in the stated way, without those that lie the other way.

    Args:
        values: by feature shape (n,), NaN where missing.
        signs: by feature 1 or -1; features without values are left out.
        weekdays: shape (n,), Monday 0.
        known: the days from which the usual is learnt.
        days_needed: least number of known days with data for a feature to be used.
    """
    usual, residuals = {}, {}
    for feature in signs:
        if feature not in values or np.isfinite(values[feature][known]).sum() < days_needed:
            continue
        found = fit(values[feature][known], weekdays[known])
        if found is not None:
            usual[feature] = found
            residuals[feature] = found.drawn_in(found.residuals(values[feature], weekdays))
    if not usual:
        return None
    names = tuple(usual)
    rows = np.array([residuals[name] for name in names])
    turned = np.array([float(signs[name]) for name in names])
    correlation = _correlation(rows[:, known])
    return Index(
        values=_summed(rows, turned, correlation),
        usual=usual,
        residuals=residuals,
        weights=dict(zip(names, weights(turned, correlation).tolist(), strict=True)),
    )


def weights(signs: Floats, correlation: Floats) -> Floats:
    """The weights of a sum of spread 1, shape (m,), each with its feature's sign or 0.

    Args:
        signs: shape (m,), 1 or -1.
        correlation: shape (m, m), shrunk.

    >>> weights(np.array([1.0, 1.0]), np.array([[1.0, 0.0], [0.0, 1.0]])).round(3)
    array([0.707, 0.707])
    """
    best = np.linalg.solve(correlation, signs)
    best = np.where(best * signs > 0, best, 0.0)
    if not best.any():
        best = signs
    return np.asarray(best / np.sqrt(best @ correlation @ best))


def _correlation(rows: Floats) -> Floats:
    """Correlations of features over days that both have, shrunk towards none, shape (m, m)."""
    result = np.eye(len(rows))
    for one in range(len(rows)):
        for other in range(one):
            both = np.isfinite(rows[one]) & np.isfinite(rows[other])
            if both.sum() < PAIRS_NEEDED:
                continue
            first, second = rows[one][both], rows[other][both]
            if np.ptp(first) > 0 and np.ptp(second) > 0:
                found = (1 - SHRINKAGE) * float(np.corrcoef(first, second)[0, 1])
                result[one, other] = result[other, one] = found
    return result


def _summed(rows: Floats, signs: Floats, correlation: Floats) -> Floats:
    """The weighted sum of each day over the features it has, shape (n,)."""
    there = np.isfinite(rows)
    result = np.full(rows.shape[1], np.nan)
    patterns = np.unique(there.T, axis=0)
    for pattern in patterns:
        if not pattern.any():
            continue
        days = (there == pattern[:, None]).all(axis=0)
        own = weights(signs[pattern], correlation[np.ix_(pattern, pattern)])
        told = signs[pattern, None] * rows[np.ix_(pattern, days)]
        far = told.max(axis=0) >= FAR
        told = np.where(far, np.maximum(told, 0.0), told)
        result[days] = np.abs(own) @ told
    return result
