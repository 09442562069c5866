"""Item bias: whether people with the same score but of another group answer an item differently.

Ordinal logistic regression of an item on the total score, then with the group, then with score by
group besides (Zumbo 1999). The measure is how much Nagelkerke's R2 grows from the first model to
the last, which takes uniform and non-uniform bias together: below .035 negligible, to .070
moderate, above it large (Jodoin & Gierl 2001).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
ROUNDS = 60
TOLERANCE = 1e-8
SMALLEST_CHANCE = 1e-12


def delta_r2(item: Integers, score: Integers, group: Integers) -> float:
    """How much Nagelkerke's R2 grows when group, and score by group, join the total score.

    Args:
        item: answers, shape (n,).
        score: total scores, the item included, shape (n,).
        group: numbers of groups, shape (n,).

    >>> rng = np.random.default_rng(1)
    >>> ability, group = rng.normal(size=4000), np.arange(4000) % 2
    >>> answers = (ability[:, None] + rng.logistic(size=(4000, 5)) > 0).astype(int)
    >>> delta_r2(answers[:, 0], answers.sum(axis=1), group) < 0.002
    True
    >>> answers[:, 0] = ability + 2 * group + rng.logistic(size=4000) > 1
    >>> delta_r2(answers[:, 0], answers.sum(axis=1), group) > 0.035
    True
    """
    return growth(*tabulated(item, score, group))


def tabulated(item: Integers, score: Integers, group: Integers) -> tuple[Floats, Floats]:
    """The same people as cells, which is all that the models need.

    Returns:
        cells: shape (cells, 1 + groups), score and one column of 0 or 1 for each group.
        counts: shape (cells, answers), people by cell and answer.
    """
    cells, where = np.unique(np.stack([score, group], axis=1), axis=0, return_inverse=True)
    answers, which = np.unique(item, return_inverse=True)
    counts = np.zeros((len(cells), len(answers)))
    np.add.at(counts, (where.ravel(), which.ravel()), 1)
    members = cells[:, 1:] == np.unique(group)
    return np.concatenate([cells[:, :1], members], axis=1).astype(float), counts


def growth(cells: Floats, counts: Floats) -> float:
    """The measure of `delta_r2` from cells; 0 where everybody gives the same answer."""
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2:
        return 0.0
    total = counts.sum(axis=1)
    centre = np.average(cells[:, 0], weights=total)
    spread = np.sqrt(np.average((cells[:, 0] - centre) ** 2, weights=total)) or 1.0
    score = (cells[:, :1] - centre) / spread
    members = cells[:, 2:]
    whole = fitted(np.concatenate([score, members, score * members], axis=1), counts)
    return nagelkerke(whole, counts) - nagelkerke(fitted(score, counts), counts)


def nagelkerke(likelihood: float, counts: Floats) -> float:
    """Nagelkerke's R2 (1991) of a model with this log-likelihood against one without predictors."""
    answers, people = counts.sum(axis=0), float(counts.sum())
    empty = float((answers * np.log(answers / people)).sum())
    return float(np.expm1(2 * (empty - likelihood) / people) / np.expm1(2 * empty / people))


def fitted(predictors: Floats, counts: Floats) -> float:
    """The largest log-likelihood of a proportional-odds model (McCullagh 1980), by Fisher scoring.

    A step that does not raise the likelihood is halved until it does.

    Args:
        predictors: shape (cells, p).
        counts: shape (cells, answers), every answer given at least once.
    """
    below = np.cumsum(counts.sum(axis=0))[:-1] / counts.sum()
    values = np.concatenate([np.log(below / (1 - below)), np.zeros(predictors.shape[1])])
    likelihood, slope, information = _climb(values, predictors, counts)
    for _ in range(ROUNDS):
        step = np.linalg.lstsq(information, slope, rcond=None)[0]
        share = 1.0
        while share > 1e-6:
            higher = _climb(values + share * step, predictors, counts)
            if higher[0] > likelihood:
                break
            share /= 2
        else:
            break
        values = values + share * step
        gained = higher[0] - likelihood
        likelihood, slope, information = higher
        if gained < TOLERANCE * counts.sum():
            break
    return likelihood


def _climb(values: Floats, predictors: Floats, counts: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood, its slope, and the expected information; minus infinity out of bounds."""
    cuts = counts.shape[1] - 1
    thresholds, weights = values[:cuts], values[cuts:]
    if (np.diff(thresholds) <= 0).any():
        return -np.inf, values, np.eye(len(values))
    reach = np.clip(thresholds - (predictors @ weights)[:, None], -500, 500)
    chance = 1 / (1 + np.exp(-reach))
    ends = np.zeros((len(counts), 1))
    each = np.diff(np.concatenate([ends, chance, ends + 1], axis=1), axis=1)
    each = np.maximum(each, SMALLEST_CHANCE)
    density = chance * (1 - chance)
    tangent = np.zeros((*counts.shape, len(values)))
    for cut in range(cuts):
        for answer, sign in ((cut, 1), (cut + 1, -1)):
            tangent[:, answer, cut] += sign * density[:, cut]
            tangent[:, answer, cuts:] -= sign * density[:, cut, None] * predictors
    slope = np.einsum("ca,cap->p", counts / each, tangent)
    scaled = tangent * np.sqrt(counts.sum(axis=1)[:, None] / each)[:, :, None]
    flat = scaled.reshape(-1, len(values))
    return float((counts * np.log(each)).sum()), slope, flat.T @ flat
