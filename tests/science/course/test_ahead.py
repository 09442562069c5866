"""The look ahead: from the own past, beside two simple guesses, silent where it is no better."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsease.science.course.ahead import Ahead, NotAhead, guesses, next_day, next_week
from heartsease.science.course.series import DailySeries

FIRST = np.datetime64("2026-01-05")


def series(values) -> DailySeries:
    return DailySeries(FIRST + np.arange(len(values)), np.asarray(values, dtype=np.float64))


def drifting(count: int, seed: int, *, noise: float = 1.0, drift: float = 0.3) -> np.ndarray:
    """A level that wanders slowly under noise, and weekends that differ."""
    rng = np.random.default_rng(seed)
    level = np.zeros(count)
    for day in range(1, count):
        level[day] = 0.95 * level[day - 1] + rng.normal(0, drift)
    weekend = 1.5 * (np.arange(count) % 7 >= 5)
    return level + weekend + rng.normal(0, noise, count)


def test_where_it_speaks_of_days_that_wander_it_is_better_and_holds_its_range():
    inside, errors, lasts, means = [], [], [], []
    for seed in range(60):
        values = drifting(125, seed)
        for place in range(120, 125):
            found = next_day(series(values[:place]))
            if isinstance(found, Ahead):
                inside.append(found.low <= values[place] <= found.high)
                errors.append(abs(found.value - values[place]))
                lasts.append(abs(values[place - 1] - values[place]))
                means.append(abs(np.mean(values[:place]) - values[place]))
    assert len(errors) >= 15
    # 80 % wanted; with some 20 to 60 dependent days three standard errors are about .2.
    assert 0.6 <= np.mean(inside) <= 0.95
    assert np.mean(errors) < min(np.mean(lasts), np.mean(means))


def test_it_hardly_ever_speaks_of_days_that_only_look_as_if_they_told_something():
    """Days without any memory: whatever beats the own mean on them does so by luck."""
    rng = np.random.default_rng(5)
    spoke = [isinstance(next_day(series(rng.normal(0, 1, 112))), Ahead) for _ in range(120)]
    assert np.mean(spoke) <= 0.06


def test_it_is_silent_where_the_last_value_says_it_all():
    walk = np.cumsum(np.random.default_rng(4).normal(0, 1, 120))
    found = next_day(series(walk))
    assert isinstance(found, NotAhead)
    assert "not clearly better" in found.reason


def test_it_is_silent_once_its_range_has_not_held_lately():
    for seed in range(40):
        values = drifting(112, seed)
        if not isinstance(next_day(series(values)), Ahead):
            continue
        spread = values.std()
        values[-8:] += spread * 4 * np.where(np.arange(8) % 2, 1, -1)
        found = next_day(series(values))
        assert isinstance(found, NotAhead)
        return
    pytest.fail("It spoke of nobody.")


def test_what_it_says_it_was_better_than_it_was_better_than():
    spoke = [next_day(series(drifting(110, seed))) for seed in range(60)]
    said = [found for found in spoke if isinstance(found, Ahead)]
    assert said
    for found in said:
        spared = min(found.error_last, found.error_mean) - found.error
        assert 0 < found.gain * min(found.error_last, found.error_mean) < spared * 1.01
        assert 0.7 <= found.held <= 0.9
        assert found.low < found.value < found.high


@pytest.mark.parametrize("look", [next_day, next_week])
def test_too_few_old_or_unvarying_days_are_called_so(look):
    few = look(series(drifting(20, 1)))
    assert isinstance(few, NotAhead)
    assert "20 of 28" in few.reason
    old = drifting(100, 2)
    old[-6:] = np.nan
    stale = look(series(old))
    assert isinstance(stale, NotAhead)
    assert "last 6 days" in stale.reason
    assert isinstance(look(series(np.full(100, 3.0))), NotAhead)
    assert isinstance(look(series(np.full(100, np.nan))), NotAhead)


@settings(max_examples=25)
@given(st.floats(-100, 100), st.floats(0.1, 50))
def test_scale_and_offset_move_with_the_forecast(offset, factor):
    values = drifting(100, 7)
    plain, moved = next_day(series(values)), next_day(series(offset + factor * values))
    assert type(plain) is type(moved)
    if isinstance(plain, Ahead) and isinstance(moved, Ahead):
        assert moved.value == pytest.approx(offset + factor * plain.value, rel=1e-6, abs=1e-6)


def test_no_guess_about_the_past_knows_what_came_after():
    values = drifting(100, 9)
    before = list(guesses(series(values), 1))
    values[-1] += 100
    after = list(guesses(series(values), 1))
    assert [one.forecast for one in before] == [one.forecast for one in after]
    assert before[-1].truth != after[-1].truth


def test_a_week_ahead_is_the_mean_of_its_days():
    """Over a slow drift without noise a week's mean is foreseen where its days are."""
    values = drifting(140, 12, noise=0.0, drift=0.2)
    (guess,) = list(guesses(series(values), 7))[-1:]
    assert guess.truth == pytest.approx(values[-7:].mean())
    assert guess.last == pytest.approx(values[-14:-7].mean())
    assert len(list(guesses(series(values), 7))) == len(list(guesses(series(values), 1))) - 6
