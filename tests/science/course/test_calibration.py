"""The limit holds a budget of false alarms, whatever the shape of a person's days."""

import numpy as np
import pytest

from heartsease.science.course.baseline import fit
from heartsease.science.course.calibration import (
    LIMITS,
    MONTH_DAYS,
    _beginnings,
    _charts,
    limit,
)
from heartsease.science.course.chart import ewma
from heartsease.science.course.domains import domains

BASELINE_DAYS, AFTER_DAYS = 92, 180


def days(seed: int, count: int = BASELINE_DAYS) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count)


def of(residuals: np.ndarray, budget: float = 0.1, **more: object) -> float:
    return limit(residuals, budget_per_person_month=budget, **more)


def test_a_smaller_budget_never_asks_for_a_lower_limit():
    limits = [of(days(1), budget) for budget in (0.4, 0.2, 0.1, 0.05, 0.02)]
    assert limits == sorted(limits)
    assert limits[-1] > limits[0]


def test_more_persistence_asks_for_a_higher_limit():
    limits = [of(days(2), phi=phi) for phi in (0.0, 0.3, 0.6)]
    assert limits == sorted(limits)
    assert limits[-1] > limits[0] + 0.5


def test_a_usual_learnt_from_few_days_asks_for_a_higher_limit():
    few = np.mean([of(days(seed, 28)) for seed in range(5)])
    many = np.mean([of(days(seed, 92)) for seed in range(5)])
    assert few > many


def test_the_same_days_and_seed_give_the_same_limit():
    assert of(days(4)) == of(days(4).copy())
    assert of(days(4), seed=1) == of(days(4), seed=1)


def test_a_limit_is_one_of_those_that_are_tried_and_the_lowest_for_a_boundless_budget():
    assert of(days(5), 1e-9) in LIMITS
    assert of(days(5), 1e9) == LIMITS[0]


def test_no_budget_and_too_few_days_are_refused():
    with pytest.raises(ValueError, match="above 0"):
        of(days(6), 0.0)
    with pytest.raises(ValueError, match="14 days"):
        of(np.where(np.arange(92) < 13, days(6), np.nan))


def test_months_whose_baseline_never_varies_do_not_lower_the_limit():
    """They can raise no alarm, so counting them would make room for false ones."""
    flat = np.zeros((40, 50))
    lively = np.random.default_rng(7).normal(size=(10, 50))
    assert len(_charts(np.concatenate([flat, lively]), 30)) == 10


def shaped(rng: np.random.Generator, shape: str) -> np.ndarray:
    if shape == "heavy":
        return rng.standard_t(4, BASELINE_DAYS + AFTER_DAYS)
    if shape == "skewed":
        return np.exp(0.6 * rng.normal(size=BASELINE_DAYS + AFTER_DAYS))
    return rng.normal(size=BASELINE_DAYS + AFTER_DAYS)


@pytest.mark.parametrize("shape", ["normal", "heavy", "skewed"])
def test_on_unchanged_days_alarms_stay_within_a_fifth_of_the_budget(shape: str):
    """Half a year after a usual of 92 days, 60 people, budget 0.2, the smallest margin in use."""
    rng, began = np.random.default_rng(8), 0
    margin = min(way.margin for one in domains().known.values() for way in one.ways.values())
    weekdays = np.arange(BASELINE_DAYS + AFTER_DAYS) % 7
    for _ in range(60):
        values = shaped(rng, shape)
        usual = fit(values[:BASELINE_DAYS], weekdays[:BASELINE_DAYS])
        left = usual.residuals(values, weekdays)
        found = margin * of(left[:BASELINE_DAYS], 0.2, phi=usual.phi)
        began += _beginnings(ewma(left)[None, BASELINE_DAYS:], found)
    assert began / (60 * AFTER_DAYS / MONTH_DAYS) <= 0.2 * 1.2
