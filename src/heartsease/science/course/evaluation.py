"""How often the charts cry wolf, and how soon they see a change, on the days of a given table.

The real days of every person are walked through as in use. Alarms on the days as given bound the
false ones from above, because some changes are real. With whole weeks in random order nothing
lasting is left, so alarms there are false. Then a change of known size is added to real days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ..errors import CannotEvaluate
from .baseline import fit
from .calibration import MONTH_DAYS
from .replay import WINDOW_DAYS, Course, Replay, replay
from .series import DailySeries
from .table import courses

Floats = npt.NDArray[np.float64]
WITHIN_DAYS = (7, 14, 21, 30)
RAMP_DAYS = 14
SIZE_SPREADS = 1.0
TRIALS = 3
RESAMPLES = 1000
NOTE = (
    "False alarms per person-month are counted on the days as given: an upper bound, because a "
    "real change counts as false. The figure for shuffled weeks has no lasting change in it. "
    "Beside the share of added changes that are detected, 'alarms_anyway' says how often an alarm "
    "begins in the same days without them."
)


@dataclass(frozen=True)
class Trial:
    """One added change: days until an alarm with it and without it, NaN where none came."""

    with_change: float
    without: float


@dataclass(frozen=True)
class Outcome:
    """What was counted on one person's days."""

    months: float
    alarms: int
    shuffled_months: float
    shuffled_alarms: int
    trials: tuple[Trial, ...]


def evaluate_course(
    frame: pl.DataFrame,
    *,
    budget: float,
    directions: Mapping[str, int] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Report false alarms and the detection of added changes.

    1. Walk through everybody's days, and through their weeks in random order.
    2. For each feature choose up to three days by seed before which no alarm is open and from
       which 30 days are left; from there, one at a time, add 1 of the person's own spreads,
       ramped over 14 days, in the watched direction (either way by seed where both count).
    3. Count alarms in that direction within 7, 14, 21 and 30 days.
    4. Intervals are 95 %, from 1,000 resamplings of persons.

    Args:
        frame: columns person, day (ISO), feature, value; `direction` (1, -1, 0) if wanted.
        budget: false alarms per person-month, for all features of a person together.
        directions: per feature; goes before the column. Without either, both ways count.
        seed: of starting days, orders of weeks and resampling.

    Raises:
        CannotEvaluate: if the table or the budget cannot be used.
    """
    if not budget > 0:
        raise CannotEvaluate("A budget of false alarms must be above 0.")
    people = courses(frame, directions)
    outcomes = [
        outcome(course, budget, np.random.default_rng([seed, number]))
        for number, course in enumerate(people.values())
    ]
    ways: dict[str, int] = {}
    for course in people.values():
        ways.update(course.directions)
    return {
        "persons": len(people),
        "silent": sum(one.months == 0 for one in outcomes),
        "days": sum(_days(course) for course in people.values()),
        "budget": budget,
        "directions": ways,
        **_figures(outcomes, seed),
        "note": NOTE,
    }


def outcome(course: Course, budget: float, generator: np.random.Generator) -> Outcome:
    """Count one person's alarms as given, in shuffled weeks, and with changes added."""
    months, alarms, trials = 0.0, 0, []
    judged = np.zeros(len(course.days), dtype=bool)
    for feature in course.values:
        real = replay(course, feature, budget)
        judged |= real.judged
        alarms += len(real.began)
        starts = _starts(real)
        for start in generator.permutation(starts)[:TRIALS]:
            way = course.directions[feature] or int(generator.choice([-1, 1]))
            changed = with_change(course, feature, int(start), way)
            places = range(start, start + max(WITHIN_DAYS))
            seen = replay(changed, feature, budget, places=places)
            trials.append(Trial(_wait(seen, start, way), _wait(real, start, way)))
    months = float(judged.sum()) / MONTH_DAYS
    shuffled, again = shuffled_weeks(course, generator), np.zeros(len(course.days), dtype=bool)
    false = 0
    for feature in course.values if months else ():
        null = replay(shuffled, feature, budget)
        again |= null.judged
        false += len(null.began)
    return Outcome(months, alarms, float(again.sum()) / MONTH_DAYS, false, tuple(trials))


def _starts(real: Replay) -> npt.NDArray[np.int64]:
    """Days on which a change may begin: the day before was judged and quiet, and 30 are left."""
    places = np.arange(1, len(real.judged) - max(WITHIN_DAYS) + 1)
    return places[real.judged[places - 1] & ~real.on[places - 1]]


def with_change(
    course: Course, feature: str, start: int, way: int, size: float = SIZE_SPREADS
) -> Course:
    """The course with a lasting change of so many own spreads, ramped over 14 days from `start`."""
    values = course.values[feature].copy()
    before = slice(max(start - WINDOW_DAYS, 0), start)
    usual = fit(values[before], DailySeries(course.days[before], values[before]).weekdays)
    spread = usual.spread if usual is not None else 0.0
    ramp = np.minimum(np.arange(1, len(values) - start + 1) / RAMP_DAYS, 1.0)
    values[start:] += way * size * spread * ramp
    return replace(course, values={**course.values, feature: values})


def shuffled_weeks(course: Course, generator: np.random.Generator) -> Course:
    """The course with whole weeks in random order: weekdays and days within a week stay together.

    All features share one order; the days after the last whole week stay where they are.
    """
    weeks = len(course.days) // 7
    order = generator.permutation(weeks)
    places = (order[:, None] * 7 + np.arange(7)).ravel()
    places = np.concatenate([places, np.arange(weeks * 7, len(course.days))])
    return replace(course, values={name: own[places] for name, own in course.values.items()})


def _wait(seen: Replay, start: int, way: int) -> float:
    """Days from the last unchanged day to the first alarm in the direction, NaN if none came."""
    waits = (place - start + 1 for place, found in seen.began if found == way and place >= start)
    return next((float(wait) for wait in waits if wait <= max(WITHIN_DAYS)), np.nan)


def _days(course: Course) -> int:
    """Days on which any feature has a value."""
    there = [np.isfinite(values) for values in course.values.values()]
    return int(np.any(there, axis=0).sum()) if there else 0


def _figures(outcomes: Sequence[Outcome], seed: int) -> dict[str, Any]:
    """All figures with their intervals."""
    generator = np.random.default_rng([seed, len(outcomes), 95])
    draws = generator.integers(0, len(outcomes), size=(RESAMPLES, len(outcomes)))
    weights = np.array([np.bincount(draw, minlength=len(outcomes)) for draw in draws])
    months = np.array([one.months for one in outcomes])
    shuffled = np.array([one.shuffled_months for one in outcomes])
    tried = np.array([len(one.trials) for one in outcomes])
    rate = _ratio([one.alarms for one in outcomes], months, weights)
    null = _ratio([one.shuffled_alarms for one in outcomes], shuffled, weights)
    found, anyway = (
        {days: _ratio(_within(outcomes, which, days), tried, weights) for days in WITHIN_DAYS}
        for which in ("with_change", "without")
    )
    count = _within(outcomes, "with_change", max(WITHIN_DAYS))
    waited = [np.nansum([trial.with_change for trial in one.trials]) for one in outcomes]
    delay = _ratio(waited, count, weights)
    return {
        "person_months": float(months.sum()),
        "false_alarms_per_person_month": rate[0],
        "false_alarms_per_person_month_ci": rate[1],
        "false_alarms_shuffled_per_person_month": null[0],
        "false_alarms_shuffled_per_person_month_ci": null[1],
        "added_changes": int(tried.sum()),
        "detected": {str(days): share for days, (share, _) in found.items()},
        "detected_ci": {str(days): interval for days, (_, interval) in found.items()},
        "alarms_anyway": {str(days): share for days, (share, _) in anyway.items()},
        "alarms_anyway_ci": {str(days): interval for days, (_, interval) in anyway.items()},
        "delay_days": delay[0],
        "delay_days_ci": delay[1],
    }


def _within(outcomes: Sequence[Outcome], which: str, days: int) -> list[int]:
    """Per person, how many trials had an alarm within so many days."""
    return [sum(getattr(trial, which) <= days for trial in one.trials) for one in outcomes]


def _ratio(
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
