"""A person's own usual: centre, weekdays, spread and persistence, not moved by single days."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heartsease.science.course.baseline import HIGHEST_PHI, WEEKDAY_PRIOR_WEEKS, fit

WEEK = np.arange(7)


def weekdays(count: int) -> np.ndarray:
    return np.arange(count) % 7


def independent(seed: int, count: int = 92) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count)


def test_centre_and_spread_come_out_as_they_were_put_in():
    found = [fit(400 + 30 * independent(seed), weekdays(92)) for seed in range(40)]
    assert abs(np.mean([usual.centre for usual in found]) - 400) < 2
    assert abs(np.mean([usual.spread for usual in found]) - 30) < 2


def test_a_weekday_pattern_is_learnt_as_far_as_the_weeks_allow():
    pattern = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 8.0, 0.0])
    usual = fit(pattern[weekdays(84)] + 1e-6 * independent(1, 84), weekdays(84))
    share = 12 / (12 + WEEKDAY_PRIOR_WEEKS)
    assert abs(usual.weekday[5] - usual.weekday[0] - 8 * share) < 0.01
    assert abs(usual.weekday.sum()) < 1e-9


def test_one_strange_day_moves_neither_centre_nor_spread_much():
    values = independent(2)
    plain = fit(values, weekdays(92))
    values[40] = 1000
    strange = fit(values, weekdays(92))
    assert abs(strange.centre - plain.centre) < 0.2
    assert strange.spread < 1.3 * plain.spread


def test_what_never_varies_has_no_usual_spread():
    assert fit(np.full(40, 3.0), weekdays(40)) is None
    assert fit(np.full(40, np.nan), weekdays(40)) is None


def test_a_scale_of_whole_numbers_has_a_spread_of_half_a_step_at_least():
    values = np.full(60, 3.0)
    values[7] = 4.0
    assert fit(values, weekdays(60)).spread == 0.5


def test_persistence_is_found_without_the_bias_of_short_series():
    rng, found = np.random.default_rng(3), []
    for _ in range(150):
        values = rng.normal(size=92)
        for day in range(1, 92):
            values[day] = 0.5 * values[day - 1] + 0.75**0.5 * values[day]
        found.append(fit(values, weekdays(92)).phi)
    assert abs(np.mean(found) - 0.5) < 0.04


@given(seed=st.integers(0, 10_000), missing=st.floats(0, 0.6))
def test_persistence_stays_within_its_bounds(seed: int, missing: float):
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(size=60))
    values[rng.random(60) < missing] = np.nan
    usual = fit(values, weekdays(60))
    assert usual is None or 0 <= usual.phi <= HIGHEST_PHI


@given(seed=st.integers(0, 10_000), shift=st.integers(-500, 500))
def test_adding_a_constant_moves_the_centre_and_nothing_else(seed: int, shift: int):
    values = independent(seed)
    plain, moved = fit(values, weekdays(92)), fit(values + shift, weekdays(92))
    assert np.isclose(moved.centre, plain.centre + shift, atol=1e-6)
    assert np.allclose(moved.weekday, plain.weekday, atol=1e-6)
    assert np.isclose(moved.spread, plain.spread, atol=1e-6)
    assert np.isclose(moved.phi, plain.phi, atol=1e-6)


def test_a_missing_day_has_no_distance_from_the_usual():
    values = independent(4)
    values[10] = np.nan
    usual = fit(values, weekdays(92))
    left = usual.residuals(values, weekdays(92))
    assert np.isnan(left[10])
    assert np.isfinite(np.delete(left, 10)).all()
    assert usual.days == 91
