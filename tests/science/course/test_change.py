"""What counts as a change: lasting, in the watched direction, against the person's own usual."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from heartsease.science.course.change import (
    BASELINE_DAYS_NEEDED,
    RECENT_DAYS_NEEDED,
    WATCHED_DAYS,
    Change,
    Steady,
    TooThin,
    detect,
    first_day,
    usual_range,
)
from heartsease.science.course.series import DailySeries

MONDAY = np.datetime64("2026-01-05")
DETERMINED = settings(derandomize=True, deadline=None, max_examples=30)
SEEDS = st.integers(0, 300)


def series(values: np.ndarray, first: np.datetime64 = MONDAY) -> DailySeries:
    return DailySeries(np.arange(first, first + len(values)), values)


def calm(seed: int, count: int = 120) -> np.ndarray:
    return np.random.default_rng(seed).normal(420, 30, count).round(2)


def fallen(seed: int, since: int = 16, by: float = 75) -> np.ndarray:
    values = calm(seed)
    values[-since:] -= by
    return values


@pytest.mark.parametrize("direction", [-1, 0, 1])
def test_days_that_stay_as_they_are_are_no_change(direction: int):
    found = [detect(series(calm(seed)), direction=direction) for seed in range(12)]
    assert sum(isinstance(verdict, Change) for verdict in found) <= 1
    steady = found[0]
    assert isinstance(steady, Steady)
    assert steady.usual_low < 420 < steady.usual_high


@pytest.mark.parametrize("seed", range(6))
def test_a_lasting_fall_is_found_dated_and_sized(seed: int):
    change = detect(series(fallen(seed, since=16, by=75)), direction=-1)
    assert isinstance(change, Change)
    began = MONDAY + 120 - 16
    assert abs((np.datetime64(change.since) - began).astype(int)) <= 4
    assert change.since <= change.noticed
    assert change.direction == -1
    assert -105 < change.size < -45
    assert change.after == pytest.approx(change.before + change.size)
    assert change.days_with_data <= change.days_in_window


@given(
    values=npst.arrays(
        np.float64,
        st.integers(57, 130),
        elements=st.one_of(st.floats(-1e4, 1e4), st.just(np.nan), st.sampled_from([1.0, 2.0, 3.0])),
    ),
    direction=st.sampled_from([-1, 0, 1]),
)
@settings(deadline=None, max_examples=60)
def test_whatever_the_days_a_change_never_goes_in_a_direction_that_is_not_watched(
    values: np.ndarray, direction: int
):
    verdict = detect(series(values), direction=direction)
    if isinstance(verdict, Change):
        assert direction in (0, verdict.direction)
        assert verdict.size * verdict.direction > 0


@given(seed=SEEDS, by=st.integers(60, 400), since=st.integers(1, 28))
@DETERMINED
def test_a_fall_is_not_reported_where_only_rises_matter(seed: int, by: int, since: int):
    verdict = detect(series(fallen(seed, since, by)), direction=1, budget_per_person_month=0.02)
    assert not isinstance(verdict, Change)


@given(seed=SEEDS, ends=st.integers(0, 20), length=st.integers(1, 18))
@DETERMINED
def test_a_watch_that_was_left_off_is_no_change(seed: int, ends: int, length: int):
    values = calm(seed)
    values[max(120 - ends - length, 0) : 120 - ends] = np.nan
    verdict = detect(series(values), direction=0, budget_per_person_month=0.02)
    assert not isinstance(verdict, Change)


@given(
    seed=SEEDS, shift=st.sampled_from([-2048, -400, 64, 1024, 65536]), by=st.sampled_from([0, 75])
)
@DETERMINED
def test_adding_a_constant_to_all_days_gives_the_same_verdict(seed: int, shift: int, by: int):
    values = fallen(seed, by=by)
    plain, moved = (detect(series(one), direction=-1) for one in (values, values + shift))
    assert type(plain) is type(moved)
    if isinstance(plain, Change) and isinstance(moved, Change):
        assert (plain.since, plain.noticed) == (moved.since, moved.noticed)
        assert moved.size == pytest.approx(plain.size, rel=1e-6)
        assert moved.before == pytest.approx(plain.before + shift)


@given(seed=SEEDS, factor=st.sampled_from([0.25, 2, 1024]))
@DETERMINED
def test_another_unit_gives_the_same_verdict(seed: int, factor: float):
    values = fallen(seed)
    plain, other = (detect(series(one), direction=-1) for one in (values, values * factor))
    assert type(plain) is type(other)
    if isinstance(plain, Change) and isinstance(other, Change):
        assert plain.since == other.since
        assert other.size == pytest.approx(plain.size * factor)


@given(seed=SEEDS)
@DETERMINED
def test_the_same_days_and_seed_give_the_same_answer(seed: int):
    assert detect(series(fallen(seed)), direction=0) == detect(series(fallen(seed)), direction=0)


@given(seed=SEEDS, weekend=st.integers(-300, 300))
@DETERMINED
def test_a_weekly_pattern_alone_is_no_change(seed: int, weekend: int):
    values = calm(seed)
    values[np.arange(120) % 7 >= 5] += weekend
    verdict = detect(series(values), direction=0, budget_per_person_month=0.02)
    assert not isinstance(verdict, Change)


@given(seed=SEEDS, size=st.sampled_from([-9000.0, -300.0, 300.0, 9000.0]), ago=st.integers(0, 9))
@DETERMINED
def test_one_strange_day_is_no_change(seed: int, size: float, ago: int):
    values = calm(seed)
    values[-1 - ago] = 420 + size
    verdict = detect(series(values), direction=0, budget_per_person_month=0.02)
    assert not isinstance(verdict, Change)


def test_days_before_the_first_one_with_data_do_not_count_as_missing():
    """Otherwise a new person's chart is calibrated to months in which most days are missing."""
    values = fallen(3)[-70:]
    padded = series(np.concatenate([np.full(50, np.nan), values]))
    assert detect(padded, direction=-1) == detect(series(values, MONDAY + 50), direction=-1)


def test_the_usual_needs_28_days_with_data_before_the_last_four_weeks():
    values = np.full(120, np.nan)
    values[-WATCHED_DAYS:] = calm(1, WATCHED_DAYS)
    values[20 : 20 + BASELINE_DAYS_NEEDED - 1] = calm(2, BASELINE_DAYS_NEEDED - 1)
    verdict = detect(series(values), direction=0)
    assert isinstance(verdict, TooThin)
    assert "27 of 28" in verdict.reason
    values[60] = 420
    assert isinstance(detect(series(values), direction=0), Steady | Change)


@pytest.mark.parametrize("weekday", range(7))
def test_the_usual_is_learnt_anew_on_mondays_and_not_within_the_week(weekday: int):
    """Every day of a week has the same usual and limit; a new limit is a new chance to be wrong."""
    values = np.random.default_rng(9).normal(420, 30, 141)
    values[-26:] -= 80
    found = [detect(series(values[: 133 + day]), direction=-1) for day in (1, weekday + 1, 8)]
    monday, later, next_monday = found
    assert all(isinstance(one, Change) for one in found)
    assert (monday.limit, monday.before) == (later.limit, later.before)
    assert next_monday.before != monday.before


def test_days_older_than_twelve_weeks_before_the_watched_ones_do_not_count():
    values = fallen(10)
    older = np.concatenate([calm(11, 70) + 5000, values])
    first = MONDAY - 70
    assert detect(series(older, first), direction=-1).before == pytest.approx(
        detect(series(values), direction=-1).before
    )


def test_nothing_is_said_without_four_of_the_last_ten_days():
    values = fallen(4)
    values[-10 + RECENT_DAYS_NEEDED - 1 :] = np.nan
    verdict = detect(series(values), direction=-1)
    assert isinstance(verdict, TooThin)
    assert "3 of the last 10" in verdict.reason
    values[-1] = 330
    assert isinstance(detect(series(values), direction=-1), Change)


def test_a_series_without_any_day_is_too_thin():
    assert isinstance(detect(series(np.full(120, np.nan)), direction=0), TooThin)
    assert isinstance(detect(series(np.array([])), direction=0), TooThin)


def test_answers_that_never_vary_are_steady():
    assert detect(series(np.full(120, 4.0)), direction=0) == Steady(4.0, 4.0, 120)


def test_leaving_a_usual_that_never_varied_is_not_called_steady():
    """Its own spread is not known, so neither is how far is far; but it has been left."""
    values = np.full(120, 4.0)
    values[-14:] = 1.0
    verdict = detect(series(values), direction=-1)
    assert isinstance(verdict, TooThin)
    assert "the same" in verdict.reason


def test_a_budget_of_nothing_is_refused_whatever_the_days():
    with pytest.raises(ValueError, match="above 0"):
        detect(series(calm(5)), direction=0, budget_per_person_month=0)


@pytest.mark.parametrize("factor", [1, 100])
def test_what_would_have_differed_is_said_in_plain_numbers_that_agree(factor: int):
    change = detect(series(fallen(6) * factor), direction=-1)
    assert isinstance(change, Change)
    assert not re.search(r"\de[+-]", change.would_not_fire_if)
    numbers = re.findall(r"[\d,]+\.?\d*", change.would_not_fire_if.replace(", ", " "))
    below, reached = (float(number.strip(".").replace(",", "")) for number in numbers)
    assert reached >= below


def test_the_first_day_is_the_one_from_which_a_shift_explains_most():
    left = np.zeros(60)
    left[45:] = 1.5
    assert first_day(left, noticed=52, sign=1) == 45


def test_days_that_no_shift_in_the_direction_explains_have_no_first_day():
    left = np.full(60, -1.0)
    assert first_day(left, noticed=50, sign=1) == -1


def test_a_first_day_lies_at_most_two_weeks_before_the_watched_days():
    assert first_day(np.full(120, 2.0), noticed=110, sign=1) == 120 - 28 - 14


def test_the_usual_range_holds_the_middle_of_the_older_days():
    values = np.concatenate([np.arange(100.0), np.full(28, 500.0)])
    low, high = usual_range(series(values))
    assert (low, high) == (pytest.approx(9.9), pytest.approx(89.1))


def test_the_usual_range_uses_all_days_while_there_are_few_and_none_below_14():
    assert usual_range(series(np.arange(30.0))) == (pytest.approx(2.9), pytest.approx(26.1))
    assert usual_range(series(np.arange(13.0))) is None
