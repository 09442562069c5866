"""Reliable change, response, remission and recovery, each at its boundary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsease.science import instruments
from heartsease.science.course.reliable import (
    is_case,
    lacks_response,
    recovered,
    reliable_change,
    reliable_change_index,
    reliably_recovered,
    remitted,
    responded,
    verdict,
)

PHQ9, GAD7, PHQ2 = (instruments.load(name) for name in ("phq9", "gad7", "phq2"))
SCORES = st.integers(0, 27)


@pytest.mark.parametrize(
    ("instrument", "before", "after", "found"),
    [
        (PHQ9, 15, 9, "improved"),
        (PHQ9, 15, 10, "unchanged"),
        (PHQ9, 10, 15, "unchanged"),
        (PHQ9, 10, 16, "deteriorated"),
        (GAD7, 12, 8, "improved"),
        (GAD7, 12, 9, "unchanged"),
        (GAD7, 9, 13, "deteriorated"),
    ],
)
def test_a_change_of_exactly_the_threshold_is_reliable(instrument, before, after, found):
    """NHS Talking Therapies: 6 points or more on PHQ-9, 4 or more on GAD-7."""
    assert verdict(before, after, instrument) == found


def test_without_a_published_threshold_nothing_is_claimed():
    assert verdict(6, 0, PHQ2) == "unchanged"


@given(before=SCORES, after=SCORES)
def test_there_and_back_is_the_opposite(before: int, after: int):
    opposite = {
        "improved": "deteriorated",
        "deteriorated": "improved",
        "unchanged": "unchanged",
    }
    assert verdict(after, before, PHQ9) == opposite[verdict(before, after, PHQ9)]


def test_the_index_of_the_general_population_is_below_the_six_points_in_use():
    """NHANES 2011-2016: SD 4.34, alpha .842 give 4.8; the six of the manual rest on patients."""
    assert reliable_change_index(4.34, 0.842) == pytest.approx(4.78, abs=0.01)
    assert PHQ9.reliable_change > reliable_change_index(4.34, 0.842)


def test_a_change_of_the_index_is_1_96_standard_errors():
    index = reliable_change_index(5.8, 0.84)
    assert reliable_change(20, 20 - index, sd=5.8, reliability=0.84) == pytest.approx(-1.96)


@pytest.mark.parametrize(
    ("before", "after", "found"), [(20, 10, True), (20, 11, False), (19, 9, True), (0, 0, False)]
)
def test_response_is_a_fall_by_half(before: int, after: int, found: bool):
    assert responded(before, after, PHQ9) is found


def test_remission_is_below_five_and_unknown_where_it_is_not_defined():
    assert remitted(4, PHQ9)
    assert not remitted(5, PHQ9)
    assert not remitted(0, PHQ2)


def test_a_case_begins_at_the_cut_off():
    assert is_case(10, PHQ9)
    assert not is_case(9, PHQ9)


def test_recovery_goes_from_case_to_no_case():
    assert recovered(10, 9, PHQ9)
    assert not recovered(9, 0, PHQ9)
    assert not recovered(20, 10, PHQ9)


def test_reliable_recovery_is_beyond_chance_besides():
    assert reliably_recovered(15, 9, PHQ9)
    assert not reliably_recovered(14, 9, PHQ9)


@pytest.mark.parametrize(
    ("before", "after", "weeks", "found"),
    [
        (20, 15, 6, True),
        (20, 15, 5, False),
        (20, 10, 6, False),
        (20, 11, 6, True),
        (17, 9, 6, False),
        (9, 9, 12, False),
        (10, 10, 12, True),
    ],
)
def test_lack_of_response_is_a_case_from_week_six_on_without_half_the_fall(
    before: int, after: int, weeks: int, found: bool
):
    assert lacks_response(before, after, weeks, PHQ9) is found
