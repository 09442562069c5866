"""A person's days are consecutive, and a day without data is missing, not zero."""

from datetime import date

import numpy as np
import pytest

from heartsease.science.course.series import DailySeries

MONDAY = np.datetime64("2026-01-05")


def days(count: int, first: np.datetime64 = MONDAY) -> np.ndarray:
    return np.arange(first, first + count)


def test_days_that_do_not_follow_one_another_are_refused():
    with pytest.raises(ValueError, match="follow one another"):
        DailySeries(days(3)[[0, 2]], np.zeros(2))


def test_every_day_needs_exactly_one_value():
    with pytest.raises(ValueError, match="one value a day"):
        DailySeries(days(3), np.zeros(2))


def test_days_that_were_not_found_are_missing_and_others_outside_are_left_out():
    found = {date(2026, 1, 5): 7.0, date(2026, 1, 7): 8.0, date(2026, 2, 1): 9.0}
    series = DailySeries.of(found, date(2026, 1, 5), date(2026, 1, 8))
    np.testing.assert_array_equal(series.values, [7.0, np.nan, 8.0, np.nan])
    assert series.days_with_data == 2


def test_a_series_that_ends_before_it_begins_is_empty():
    series = DailySeries.of({date(2026, 1, 5): 1.0}, date(2026, 1, 8), date(2026, 1, 5))
    assert len(series.values) == 0


def test_weekdays_count_from_monday():
    assert DailySeries(days(8), np.zeros(8)).weekdays.tolist() == [0, 1, 2, 3, 4, 5, 6, 0]


def test_days_before_the_first_value_are_no_missing_days():
    series = DailySeries(days(4), np.array([np.nan, np.nan, 3.0, np.nan]))
    shorter = series.since_first_data()
    assert shorter.days.tolist() == series.days[2:].tolist()
    np.testing.assert_array_equal(shorter.values, [3.0, np.nan])


def test_a_series_without_any_value_stays_as_it_is():
    series = DailySeries(days(3), np.full(3, np.nan))
    assert series.since_first_data() is series
