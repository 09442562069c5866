"""The usual range: the middle of the person's usual days, the same on every page."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsease.science.course.series import DailySeries
from heartsease.science.course.usual import usual_days, usual_range

MONDAY = np.datetime64("2026-01-05")


def series(values: np.ndarray) -> DailySeries:
    return DailySeries(np.arange(MONDAY, MONDAY + len(values)), values)


def test_the_range_holds_the_middle_of_the_usual_days_and_none_of_the_last_three_weeks():
    # The last day is a Sunday, so the usual ends 27 days before it.
    values = np.concatenate([np.arange(78.0), np.full(27, 500.0)])
    assert len(values) % 7 == 0
    assert usual_range(series(values)) == (pytest.approx(7.7), pytest.approx(69.3))


def test_all_days_count_while_there_are_few_and_nothing_is_said_below_14():
    assert usual_range(series(np.arange(20.0))) == (pytest.approx(1.9), pytest.approx(17.1))
    assert usual_range(series(np.arange(13.0))) is None
    assert usual_range(series(np.full(40, np.nan))) is None
    assert usual_range(series(np.array([]))) is None


@given(place=st.integers(0, 400), first=st.integers(0, 100))
def test_a_week_has_one_usual_that_ends_three_weeks_before_it(place: int, first: int):
    weekdays = np.arange(401) % 7
    days = usual_days(place, weekdays, first)
    monday = place - place % 7
    assert days == usual_days(monday, weekdays, first)
    assert len(days) <= 84
    if len(days):
        assert days.start >= first
        assert days.stop == monday + 1 - 21
