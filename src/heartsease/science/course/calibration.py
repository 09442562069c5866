"""The limit of a chart from a budget: so many false alarms a person-month and no more.

A textbook limit promises a run length for independent normal days whose mean is known. Days of
people are neither, and a usual learnt from a few weeks is itself uncertain. So the limit is found
by resampling: many unchanged months are made, the usual is learnt anew on each, and the limit is
the lowest at which alarms begin no more often than asked. Half of the months are blocks of the
person's own residuals (moving-block bootstrap, Kuensch 1989), which carry their shape; half are
normal days with the person's own persistence, which steady the tail that few days cannot show.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .baseline import WEEKDAY_PRIOR_WEEKS
from .chart import LARGEST_DAY, alarms, ewma

Floats = npt.NDArray[np.float64]
BLOCK_DAYS = 10
MONITORED_DAYS = 180
REPLICATES = 300
MONTH_DAYS = 30.44
LIMITS = np.arange(1.5, 9.01, 0.1)


def limit(
    residuals: Floats,
    *,
    budget_per_person_month: float,
    phi: float = 0.0,
    seed: int = 0,
) -> float:
    """The lowest limit that holds the budget on unchanged months made of the person's own days.

    Real days hold it less well than unchanged ones, so what is used is this times the margin of a
    way of changing (`domains`).

    Args:
        residuals: shape (n,), distances from the usual in spreads over the baseline, the way of
            changing up, NaN where missing; at least 14 values.
        budget_per_person_month: expected beginnings of alarms in 30.44 unchanged days.
        phi: correlation of a day with the day before.
        seed: the same seed gives the same limit.

    Raises:
        ValueError: if there are fewer than 14 values or the budget is not above 0.
    """
    if not budget_per_person_month > 0:
        raise ValueError("A budget of false alarms must be above 0.")
    if np.isfinite(residuals).sum() < 14:
        raise ValueError("At least 14 days are needed to calibrate a limit.")
    days = np.ascontiguousarray(residuals, dtype=np.float64).tobytes()
    return _lowest(days, budget_per_person_month, phi, seed)


@lru_cache(maxsize=4096)
def _lowest(days: bytes, budget: float, phi: float, seed: int) -> float:
    """The limit of days that were met before is not sought again; the days come as bytes."""
    chart = _unchanged(days, phi, seed)
    months = len(chart) * MONITORED_DAYS / MONTH_DAYS
    allowed = budget * months
    low, high = 0, len(LIMITS) - 1
    while low < high:
        middle = (low + high) // 2
        if _beginnings(chart, float(LIMITS[middle])) <= allowed:
            high = middle
        else:
            low = middle + 1
    return float(LIMITS[high])


@lru_cache(maxsize=2)
def _unchanged(days: bytes, phi: float, seed: int) -> Floats:
    """The charts of unchanged months, shape (usable replicates, MONITORED_DAYS)."""
    residuals = np.clip(np.frombuffer(days), -LARGEST_DAY, LARGEST_DAY)
    generator = np.random.default_rng(seed)
    own = _months(residuals, generator)
    normal = _normal_months(residuals, phi, generator)
    return _charts(np.concatenate([own, normal]), len(residuals))


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


def _persistent(noise: Floats, phi: float) -> Floats:
    """Turn independent normal days into an AR(1) of the same variance, in place."""
    share = np.sqrt(1 - phi**2)
    for day in range(1, noise.shape[1]):
        noise[:, day] = phi * noise[:, day - 1] + share * noise[:, day]
    return noise


def _charts(sample: Floats, baseline_days: int) -> Floats:
    """The monitored days' charts, shape (usable replicates, MONITORED_DAYS).

    On each replicate centre, weekday pattern and spread are learnt anew on its first
    `baseline_days`, so that the limit knows how uncertain a usual learnt from few days is. The
    chart runs through the baseline too, as it does in use. A replicate whose baseline never
    varies is left out: it could raise no alarm and would only lower the limit.
    """
    learnt = sample[:, :baseline_days]
    centre = _mean(learnt)
    weekday = np.repeat(centre[:, None], 7, axis=1)
    for number in range(7):
        own = learnt[:, number::7]
        seen = np.isfinite(own).sum(axis=1)
        weekday[:, number] += (_mean(own) - centre) * seen / (seen + WEEKDAY_PRIOR_WEEKS)
    left = sample - weekday[:, np.arange(sample.shape[1]) % 7]
    known = left[:, :baseline_days]
    count = np.isfinite(known).sum(axis=1)
    spread = np.sqrt(np.nansum(known**2, axis=1) / np.maximum(count - 1, 1))
    usable = (count > 2) & (spread > 0)
    chart = ewma(left[usable] / spread[usable, None])
    return chart[:, baseline_days:]


def _mean(rows: Floats) -> Floats:
    """Row means over what is there, 0 where nothing is."""
    count = np.isfinite(rows).sum(axis=1)
    return np.asarray(np.nansum(rows, axis=1) / np.maximum(count, 1))


def _beginnings(chart: Floats, limit: float) -> int:
    """How many alarms begin."""
    on = alarms(chart, limit)
    return int((on[:, 1:] & ~on[:, :-1]).sum() + on[:, 0].sum())
