"""Silence is told against the person's own gaps, and never where data never came regularly."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heartsease.science.course.silence import LEAST_DAYS, silence

DAYS = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-05-01"))


def there_of(pattern) -> np.ndarray:
    return np.array([pattern(place) for place in range(len(DAYS))], dtype=bool)


def test_a_watch_worn_at_weekends_only_is_not_missed_within_the_week():
    weekend = there_of(lambda place: place % 7 in (0, 1) and place < len(DAYS) - 5)
    assert silence(DAYS, weekend) is None


def test_a_gap_longer_than_any_before_is_said_with_its_last_day_and_length():
    there = there_of(lambda place: place % 4 != 0 and place < len(DAYS) - 10)
    found = silence(DAYS, there)
    assert found is not None
    assert found.days >= 10
    assert found.longest_before == 1
    assert (DAYS[-1].astype(object) - found.last).days == found.days


def test_a_gap_like_one_before_is_usual():
    there = there_of(lambda place: not 60 <= place < 72 and place < len(DAYS) - 11)
    assert silence(DAYS, there) is None


def test_nothing_is_said_of_what_never_came_or_hardly_ever():
    assert silence(DAYS, np.zeros(len(DAYS), dtype=bool)) is None
    assert silence(DAYS, there_of(lambda place: place % 9 == 0 and place < 90)) is None
    assert silence(DAYS[:0], np.zeros(0, dtype=bool)) is None


@given(st.lists(st.booleans(), min_size=len(DAYS), max_size=len(DAYS)))
def test_what_is_said_is_true_of_the_days(flags):
    there = np.array(flags)
    found = silence(DAYS, there)
    if found is None:
        return
    last = int(np.flatnonzero(there)[-1])
    assert found.days == len(DAYS) - 1 - last >= LEAST_DAYS
    assert found.days > found.longest_before
    assert not there[last + 1 :].any()
