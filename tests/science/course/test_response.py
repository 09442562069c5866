"""The shift since treatment changed: closed forms, coverage, and when nothing is said."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsease.science.course import response
from heartsease.science.course.response import NotSaid, Response, response_to

FIRST = np.datetime64("2026-01-01")


def course(count: int, *, shift: float = 0.0, drift: float = 0.0, seed: int = 0):
    """Days and values with a shift in the middle, and the day of the shift."""
    rng = np.random.default_rng(seed)
    days = FIRST + np.arange(count)
    level = np.cumsum(rng.normal(0, drift**0.5, count)) if drift else np.zeros(count)
    values = level + rng.normal(0, 1, count) + shift * (np.arange(count) >= count // 2)
    return days, values, days[count // 2].astype(object)


def said(*arguments, **options) -> Response:
    found = response_to(*arguments, **options)
    assert isinstance(found, Response)
    return found


def test_without_drift_it_is_the_difference_of_means_with_its_t_interval(monkeypatch):
    monkeypatch.setattr(response, "SHARES", np.array([0.0]))
    days, values, on = course(40, shift=2.0)
    found = said(days, values, on)
    before, after = values[:20], values[20:]
    pooled = np.sqrt((before.var(ddof=1) * 19 + after.var(ddof=1) * 19) / 38)
    half = 2.0243941639 * pooled * np.sqrt(2 / 20)
    assert found.effect == pytest.approx(after.mean() - before.mean())
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=1e-6)


def test_it_gives_the_numbers_of_a_kalman_filter_with_diffuse_start(monkeypatch):
    """At one share of drift: the filter written out, with a level and a shift of unknown start."""
    share = 0.2
    monkeypatch.setattr(response, "SHARES", np.array([share]))
    days, values, on = course(30, shift=1.0, drift=0.2, seed=4)
    values[[3, 4, 11, 20]] = np.nan
    state, spread = np.zeros(2), np.eye(2) * 1e7
    step = np.diag([share, 0.0])
    for place, value in enumerate(values):
        seen = np.array([1.0, float(place >= 15)])
        if np.isfinite(value):
            width = seen @ spread @ seen + 1
            gain = spread @ seen / width
            state = state + gain * (value - seen @ state)
            spread = spread - np.outer(gain, seen @ spread)
        spread = spread + step
    found = said(days, values, on)
    assert found.effect == pytest.approx(state[1], rel=1e-4)


@given(st.floats(-50, 50), st.floats(0.1, 20))
def test_moving_or_stretching_the_scale_moves_and_stretches_the_answer(offset, factor):
    days, values, on = course(30, shift=1.5, drift=0.05, seed=2)
    plain = said(days, values, on)
    other = said(days, offset + factor * values, on)
    assert other.effect == pytest.approx(factor * plain.effect, rel=1e-6)
    assert other.low == pytest.approx(factor * plain.low, rel=1e-4, abs=1e-6)
    assert other.high == pytest.approx(factor * plain.high, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("count", [12, 60, 150])
@pytest.mark.parametrize("drift", [0.0, 0.01, 0.1, 0.5])
def test_the_interval_covers_what_it_promises(count, drift):
    """95 % of 100 courses; with so many, 88 to 100 are within chance of 95 or of a bit less."""
    held = 0
    for seed in range(100):
        days, values, on = course(count, shift=1.0, drift=drift, seed=seed)
        found = said(days, values, on)
        held += found.low <= 1.0 <= found.high
    assert 86 <= held <= 100


def test_days_that_only_drift_are_seldom_called_a_clear_shift():
    clear = sum(said(*course(90, drift=0.1, seed=seed)).is_clear for seed in range(100))
    assert clear <= 12


def test_scores_two_weeks_apart_are_enough_from_three_on_each_side():
    days = FIRST + np.arange(0, 84, 14)
    values = np.array([17.0, 16.0, 18.0, 10.0, 9.0, 8.0])
    found = said(days, values, date(2026, 2, 5))
    assert (found.before, found.after) == (3, 3)
    assert found.high < 0
    fewer = response_to(days[1:], values[1:], date(2026, 2, 5))
    assert isinstance(fewer, NotSaid)
    assert "2 before and 3 since" in fewer.reason


def test_a_ramp_finds_what_grows():
    days = FIRST + np.arange(80)
    grown = np.clip((np.arange(80) - 39) / 28, 0, 1)
    values = 5 - 4 * grown + np.random.default_rng(3).normal(0, 0.5, 80)
    found = said(days, values, days[40].astype(object), shape="ramp")
    assert found.low < -4 < found.high
    assert found.level[-1] == pytest.approx(1.0, abs=0.5)


def test_nothing_is_said_of_days_that_are_all_alike_or_missing():
    days = FIRST + np.arange(40)
    on = days[20].astype(object)
    assert isinstance(response_to(days, np.full(40, 3.0), on), NotSaid)
    assert isinstance(response_to(days, np.full(40, np.nan), on), NotSaid)
    assert isinstance(response_to(days[:0], np.zeros(0), on), NotSaid)


def test_days_that_do_not_rise_are_refused():
    with pytest.raises(ValueError, match="rise"):
        response_to(np.array([FIRST, FIRST]), np.zeros(2), date(2026, 1, 1))


def test_of_many_measures_looked_at_together_few_tables_show_a_shift_that_is_none():
    """Eight measures that drift a little and do not shift, where each interval holds least well."""
    days = FIRST + np.arange(150)
    on = days[75].astype(object)
    alone, together = 0, 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        drifted = np.cumsum(rng.normal(0, 0.1, (8, 150)), axis=1)
        values = drifted + rng.normal(0, 1, (8, 150))
        alone += any(response_to(days, one, on).is_clear for one in values)
        together += any(response_to(days, one, on, together=8).is_clear for one in values)
    assert together < alone / 2
    assert alone >= 8
