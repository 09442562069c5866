"""When the last change began, as a probability for each day (Bayesian online change points).

Adams & MacKay 2007 (arXiv 0710.3742): each day a stretch either goes on or a new one begins, with a
constant chance; the days of a stretch are normal with unknown mean and variance. What is known on
the last day is a probability for each day that the present stretch began on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from .dating import DAYS_NEEDED, scale_of
from .series import DailySeries

Floats = npt.NDArray[np.float64]
STRETCH_DAYS = 90.0
# What is believed of a stretch beforehand: its mean lies within five spreads of the middle of all
# days, its variance near that of neighbouring days.
MEAN_WEIGHT, SHAPE = 0.04, 3.0
HELD = 0.8


@dataclass(frozen=True)
class Onset:
    """When the present stretch began.

    Attributes:
        days: shape (n,), the days of the series.
        probability: shape (n,), of each day to be the first of the present stretch; sums to 1.
        likely: the most likely day.
        earliest, latest: between them lies the shortest set of days that holds 80 %.
    """

    days: npt.NDArray[np.datetime64]
    probability: Floats
    likely: date
    earliest: date
    latest: date

    @property
    def width_days(self) -> int:
        """How many days lie between the earliest and the latest, both counted."""
        return (self.latest - self.earliest).days + 1


def last_onset(series: DailySeries) -> Onset | None:
    """Say when the present stretch began; None with fewer than 28 days, or no spread.

    Missing days tell nothing, but a new stretch may begin on one. Where nothing ever changed, the
    first day is the most likely one.

    >>> days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-04-01"))
    >>> values = np.random.default_rng(1).normal(420, 30, len(days))
    >>> values[60:] -= 70
    >>> found = last_onset(DailySeries(days, values))
    >>> found.earliest <= date(2026, 3, 2) <= found.latest
    True
    """
    values = series.values
    if np.isfinite(values).sum() < DAYS_NEEDED:
        return None
    spread, phi = scale_of(values)
    if spread <= 0:
        return None
    # Persistent days say less than independent ones: their logs count by the share that is new.
    told = (1 - phi) / (1 + phi)
    scaled = (values - np.nanmedian(values)) / spread
    logs = _run_lengths(scaled, told)
    probability = np.exp(logs - np.logaddexp.reduce(logs))[::-1]
    order = np.argsort(-probability, kind="stable")
    count = int(np.searchsorted(np.cumsum(probability[order]), HELD)) + 1
    held = order[:count]
    return Onset(
        days=series.days,
        probability=probability,
        likely=series.days[int(order[0])].astype(object),
        earliest=series.days[int(held.min())].astype(object),
        latest=series.days[int(held.max())].astype(object),
    )


def _run_lengths(values: Floats, told: float) -> Floats:
    """Log probabilities, but for a constant, of run lengths 1 to n after the last day, shape (n,).

    Args:
        values: shape (n,), around 0 with spread 1, NaN where missing.
        told: weight of a day's log likelihood.
    """
    begins, goes_on = np.log(1 / STRETCH_DAYS), np.log1p(-1 / STRETCH_DAYS)
    logs = np.array([0.0])
    count, mean, squares = np.zeros(1), np.zeros(1), np.zeros(1)
    for day, value in enumerate(values):
        if np.isfinite(value):
            logs = logs + told * _predicted(float(value), count, mean, squares)
            count, mean, squares = _learnt(float(value), count, mean, squares)
        if day == len(values) - 1:
            break
        logs = np.concatenate([[np.logaddexp.reduce(logs) + begins], logs + goes_on])
        count, mean, squares = (np.concatenate([[0.0], one]) for one in (count, mean, squares))
    return logs


def _predicted(value: float, count: Floats, mean: Floats, squares: Floats) -> Floats:
    """Log density of a value under each run: Student's t of its normal-inverse-gamma posterior."""
    from scipy.special import gammaln  # few pages ask

    weight = MEAN_WEIGHT + count
    centre = count * mean / weight
    shape = SHAPE + count / 2
    rate = SHAPE + squares / 2 + MEAN_WEIGHT * count * mean**2 / (2 * weight)
    scale = rate * (weight + 1) / (shape * weight)
    free = 2 * shape
    return np.asarray(
        gammaln((free + 1) / 2)
        - gammaln(free / 2)
        - 0.5 * np.log(np.pi * free * scale)
        - (free + 1) / 2 * np.log1p((value - centre) ** 2 / (free * scale))
    )


def _learnt(
    value: float, count: Floats, mean: Floats, squares: Floats
) -> tuple[Floats, Floats, Floats]:
    """Count, mean and squares around the mean of each run with one value more."""
    more = count + 1
    step = value - mean
    moved = mean + step / more
    return more, moved, squares + step * (value - moved)
