"""The limit of a chart from a budget: so many false alarms a person-month and no more.

A textbook limit promises a run length for independent normal days whose mean is known. Days of
people are neither, and a usual learnt from a few weeks is itself uncertain. So the limit is found
by resampling: many unchanged months are made, the usual is learnt anew on each, and the limit is
the lowest at which alarms begin no more often than asked. Half of the months are blocks of the
person's own residuals (moving-block bootstrap, Kuensch 1989), which carry their shape; half are
normal days with the person's own persistence, which steady the tail that few days cannot show.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from .baseline import WEEKDAY_PRIOR_WEEKS
from .chart import WEIGHT, count_onsets, ewma

Floats = npt.NDArray[np.float64]
BLOCK_DAYS = 10
MONITORED_DAYS = 180
REPLICATES = 300
# The usual is learnt anew every day while the window moves, which gives an unchanged series more
# than one chance; bench/course.py measures it on simulated days: this share pays for it.
BUDGET_SHARE = 0.6
MONTH_DAYS = 30.44
LIMITS = np.arange(1.5, 9.01, 0.1)


def limit(
    residuals: Floats,
    *,
    direction: int,
    budget_per_person_month: float,
    phi: float = 0.0,
    seed: int = 0,
) -> float:
    """The lowest limit that holds the budget on unchanged months made of the person's own days.

    Args:
        residuals: shape (n,), distances from the usual in spreads over the baseline, NaN where
            missing; at least 14 values.
        direction: 1 rises, -1 falls, 0 either.
        budget_per_person_month: expected beginnings of alarms in 30.44 unchanged days.
        phi: correlation of a day with the day before.
        seed: the same seed gives the same limit.

    Raises:
        ValueError: if there are fewer than 14 values or the budget is not above 0.
    """
    if budget_per_person_month <= 0:
        raise ValueError("A budget of false alarms must be above 0.")
    if np.isfinite(residuals).sum() < 14:
        raise ValueError("At least 14 days are needed to calibrate a limit.")
    generator = np.random.default_rng(seed)
    own = _months(residuals, generator)
    normal = _normal_months(residuals, phi, generator)
    sample = np.concatenate([own, normal])
    counts = _count(sample, len(residuals), direction, LIMITS, WEIGHT, WEEKDAY_PRIOR_WEEKS)
    months = len(sample) * MONITORED_DAYS / MONTH_DAYS
    within = np.flatnonzero(counts / months <= BUDGET_SHARE * budget_per_person_month)
    return float(LIMITS[within[0]]) if len(within) else float(LIMITS[-1])


def _months(residuals: Floats, generator: np.random.Generator) -> Floats:
    """Blocks of residuals joined to baseline plus monitored days, shape (replicates, days)."""
    days = len(residuals) + MONITORED_DAYS
    block = min(BLOCK_DAYS, max(len(residuals) // 4, 1))
    blocks = -(-days // block)
    starts = generator.integers(0, len(residuals) - block + 1, size=(REPLICATES, blocks))
    places = (starts[:, :, None] + np.arange(block)).reshape(REPLICATES, -1)[:, :days]
    return residuals[places]


def _normal_months(residuals: Floats, phi: float, generator: np.random.Generator) -> Floats:
    """Normal days with persistence phi and as many missing ones, shape (replicates, days)."""
    shape = (REPLICATES, len(residuals) + MONITORED_DAYS)
    days = _persistent(generator.standard_normal(shape), phi)
    days[generator.random(shape) < np.isnan(residuals).mean()] = np.nan
    return days


@njit(cache=True)
def _persistent(noise: Floats, phi: float) -> Floats:
    """Turn independent normal days into an AR(1) of the same variance, in place."""
    share = np.sqrt(1 - phi**2)
    for row in range(noise.shape[0]):
        for day in range(1, noise.shape[1]):
            noise[row, day] = phi * noise[row, day - 1] + share * noise[row, day]
    return noise


@njit(cache=True)
def _count(
    sample: Floats,
    baseline_days: int,
    direction: int,
    limits: Floats,
    weight: float,
    prior_weeks: float,
) -> Floats:
    """Alarms that begin at each limit over all replicates.

    On each replicate centre, weekday pattern and spread are learnt anew on its first
    `baseline_days`, so that the limit knows how uncertain a usual learnt from few days is.
    """
    counts = np.zeros(len(limits))
    for replicate in range(sample.shape[0]):
        row = sample[replicate]
        weekday, spread = _learn(row, baseline_days, prior_weeks)
        if spread == 0:
            continue
        left = np.empty(len(row))
        for place in range(len(row)):
            left[place] = (row[place] - weekday[place % 7]) / spread
        chart = ewma(left, weight)
        if direction == 0:
            chart = np.abs(chart)
        elif direction < 0:
            chart = -chart
        for place in range(len(limits)):
            counts[place] += count_onsets(chart, limits[place], baseline_days)
    return counts


@njit(cache=True)
def _learn(row: Floats, days: int, prior_weeks: float) -> tuple[Floats, float]:
    """Centre plus shrunken weekday deviations, shape (7,), and the spread around them."""
    total = 0.0
    count = 0
    sums = np.zeros(7)
    numbers = np.zeros(7)
    for place in range(days):
        if not np.isnan(row[place]):
            total += row[place]
            count += 1
            sums[place % 7] += row[place]
            numbers[place % 7] += 1
    weekday = np.zeros(7)
    if count < 3:
        return weekday, 0.0
    centre = total / count
    for number in range(7):
        weekday[number] = centre
        if numbers[number] > 0:
            own = sums[number] / numbers[number] - centre
            weekday[number] += own * numbers[number] / (numbers[number] + prior_weeks)
    squares = 0.0
    for place in range(days):
        if not np.isnan(row[place]):
            squares += (row[place] - weekday[place % 7]) ** 2
    return weekday, np.sqrt(squares / (count - 1))
