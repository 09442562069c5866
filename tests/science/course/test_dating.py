"""Dating after the fact: exact, unmoved by scale, honest about days that fit as well."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsease.science.course.dating import (
    SHORTEST_DAYS,
    Sums,
    cheapest_cuts,
    date_changes,
    first_day,
    scale_of,
)
from heartsease.science.course.onset import _run_lengths, last_onset
from heartsease.science.course.series import DailySeries

FIRST = np.datetime64("2026-01-01")


def persistent(count: int, phi: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(count)
    for day in range(1, count):
        noise[day] = phi * noise[day - 1] + (1 - phi**2) ** 0.5 * noise[day]
    return noise


def series(values: np.ndarray) -> DailySeries:
    return DailySeries(FIRST + np.arange(len(values)), np.asarray(values, dtype=np.float64))


def all_cuts(sums: Sums, penalty: float) -> float:
    """The cost of the cheapest cut, sought among all of them."""
    length = len(sums.count) - 1
    best = [-penalty] + [np.inf] * length
    for end in range(1, length + 1):
        for begin in range(end):
            if sums.is_enough(begin, end):
                cost = best[begin] + float(sums.cost(begin, end)) + penalty
                best[end] = min(best[end], cost)
    return best[length]


def cost_of(sums: Sums, cuts: list[int], penalty: float) -> float:
    ends = [*cuts[1:], len(sums.count) - 1]
    total = sum(float(sums.cost(*pair)) for pair in zip(cuts, ends, strict=True))
    return total + penalty * (len(cuts) - 1)


@settings(max_examples=60)
@given(
    st.lists(st.one_of(st.floats(-5, 5), st.just(float("nan"))), min_size=20, max_size=70),
    st.floats(0.1, 30),
)
def test_dropping_places_that_cannot_win_changes_nothing(values, penalty):
    found = np.array(values)
    if np.isfinite(found).sum() < 8:
        return
    sums = Sums(found)
    expected = all_cuts(sums, penalty)
    if not np.isfinite(expected):
        return
    cuts = cheapest_cuts(sums, penalty)
    assert cost_of(sums, cuts, penalty) == pytest.approx(expected, abs=1e-6)
    assert all(later - earlier >= SHORTEST_DAYS for earlier, later in pairwise(cuts))


def test_two_changes_are_found_with_their_levels():
    values = 400 + 20 * persistent(150, 0.2, 3)
    values[60:100] -= 60
    found = date_changes(series(values))
    assert [round(one.level, -1) for one in found.stretches] == [400, 340, 400]
    for change, place in zip(found.changes, (60, 100), strict=True):
        true = (FIRST + place).astype(object)
        assert change.earliest <= true <= change.latest
        assert change.earliest <= change.on <= change.latest


@pytest.mark.parametrize(("phi", "most"), [(0.0, 4), (0.3, 8), (0.6, 12)])
def test_days_that_do_not_change_are_seldom_cut(phi, most):
    cut = sum(len(date_changes(series(persistent(150, phi, seed))).changes) for seed in range(60))
    assert cut <= most


@given(st.floats(-1e4, 1e4), st.floats(0.01, 1e3))
def test_scale_and_offset_move_no_day(offset, factor):
    values = persistent(90, 0.3, 5)
    values[50:] += 2.5
    plain = date_changes(series(values))
    moved = date_changes(series(offset + factor * values))
    assert [one.on for one in plain.changes] == [one.on for one in moved.changes]
    first, other = (last_onset(series(one)) for one in (values, offset + factor * values))
    assert first.likely == other.likely
    assert other.probability == pytest.approx(first.probability, abs=1e-6)


def test_missing_days_cost_nothing_and_are_no_level():
    values = 400 + 20 * persistent(120, 0.0, 8)
    values[70:] -= 80
    values[::3] = np.nan
    values[66:75] = np.nan
    (change,) = date_changes(series(values)).changes
    assert change.earliest <= (FIRST + 70).astype(object) <= change.latest
    assert (change.latest - change.earliest).days >= 8, "nobody knows on which silent day"


def test_too_few_days_or_days_without_spread_are_not_dated():
    for values in (np.full(60, 3.0), np.full(60, np.nan), np.arange(20.0), np.zeros(0)):
        assert date_changes(series(values)) is None
        assert last_onset(series(values)) is None


def test_persistence_is_seen_through_a_change_of_level():
    values = np.concatenate([persistent(200, 0.6, 1), 8 + persistent(200, 0.6, 2)])
    spread, phi = scale_of(values)
    assert 0.4 < phi < 0.75
    assert 0.7 < spread < 1.3


def test_the_probabilities_are_those_of_the_sum_over_all_beginnings():
    """With weight 1 the run lengths agree with the model summed up by hand for few days."""
    values = np.array([0.3, -0.2, np.nan, 2.1, 1.9])
    logs = _run_lengths(values, 1.0)
    chances = np.exp(logs - np.logaddexp.reduce(logs))
    assert chances.sum() == pytest.approx(1.0)
    assert len(chances) == len(values)


def test_eighty_percent_of_the_days_hold_about_eighty_percent_of_the_onsets():
    held, width = 0, []
    for seed in range(120):
        place = int(np.random.default_rng([seed, 1]).integers(60, 110))
        values = persistent(130, 0.2, seed)
        values[place:] += 1.5
        found = last_onset(series(values))
        true = (FIRST + place).astype(object)
        held += found.earliest <= true <= found.latest
        width.append(found.width_days)
    assert 0.66 <= held / 120 <= 0.97
    assert np.median(width) < 30


def test_a_long_past_without_change_began_where_it_begins():
    found = last_onset(series(persistent(120, 0.0, 21)))
    assert found.probability[0] == max(found.probability)
    assert isinstance(found.likely, date)


def test_the_first_day_is_the_one_from_which_a_shift_explains_most():
    left = np.zeros(60)
    left[45:] = 1.5
    assert first_day(left, noticed=52, sign=1) == 45


def test_days_that_no_shift_in_the_direction_explains_have_no_first_day():
    left = np.full(60, -1.0)
    assert first_day(left, noticed=50, sign=1) == -1


def test_a_first_day_lies_at_most_two_weeks_before_the_watched_days():
    assert first_day(np.full(120, 2.0), noticed=110, sign=1) == 120 - 28 - 14
