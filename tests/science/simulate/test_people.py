"""People who do not exist: the same seed gives the same days, and everything says what it is."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsease.science import instruments
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.simulate import people

END = date(2026, 5, 4)
STORIES = tuple(people.stories()["story"])


def test_the_same_seed_gives_the_same_days_and_another_gives_others():
    for story in STORIES:
        one, same, other = (people.simulate(story, days=120, end=END, seed=s) for s in (1, 1, 2))
        assert one.features.equals(same.features)
        assert (one.checkins, one.answers) == (same.checkins, same.answers)
        assert not one.features.equals(other.features) or one.features.is_empty()
        assert one.checkins != other.checkins


@pytest.mark.parametrize("story", STORIES)
def test_everything_simulated_says_so(story):
    made = people.simulate(story, days=60, end=END, seed=1)
    assert made.simulated is True
    assert made.story == story


@settings(max_examples=40, deadline=None)
@given(
    story=st.sampled_from(STORIES),
    days=st.integers(1, 200),
    end=st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    seed=st.integers(0, 10_000),
)
def test_days_lie_in_the_span_asked_for_and_values_are_plausible(story, days, end, seed):
    made = people.simulate(story, days=days, end=end, seed=seed)
    first = end - timedelta(days=days - 1)
    for day, feature, value, share in made.features.iter_rows():
        assert first <= day <= end
        assert FEATURES[feature].lowest <= value <= FEATURES[feature].highest
        assert share == 1.0
    assert not made.features.select("day", "feature").is_duplicated().any()
    for checkin in made.checkins:
        assert first <= checkin.day <= end
        for scale in (checkin.mood, checkin.sleep_quality, checkin.energy, checkin.worry):
            assert scale is None or 1 <= scale <= 5
    for answers in made.answers:
        assert first <= answers.day <= end


@pytest.mark.parametrize("story", STORIES)
def test_scores_sum_to_the_total_that_the_story_states(story):
    made = people.simulate(story, days=200, end=END, seed=3)
    stated = {
        (instrument, END - timedelta(days=ago)): total
        for instrument, points in people.stories()["story"][story]["scores"].items()
        for ago, total in points
    }
    assert {(row.instrument, row.day): sum(row.answers.values()) for row in made.answers} == stated


@settings(max_examples=60, deadline=None)
@given(
    instrument=st.sampled_from(["phq9", "gad7"]),
    share=st.floats(0, 1),
    item_nine=st.integers(0, 3),
    seed=st.integers(0, 999),
)
def test_answers_sum_to_any_total_and_leave_the_safety_item_alone(
    instrument, share, item_nine, seed
):
    tool = instruments.load(instrument)
    highest = max(option.value for option in tool.options)
    free = len(tool.items) - len(tool.safety_items)
    fixed = item_nine * len(tool.safety_items)
    total = fixed + round(share * highest * free)
    answers = people.answers_for(
        instrument, total, np.random.default_rng(seed), item_nine=item_nine
    )
    assert sum(answers.values()) == total
    assert all(0 <= value <= highest for value in answers.values())
    assert all(answers[number] == item_nine for number in tool.safety_items)


def test_a_total_that_cannot_be_is_an_error():
    with pytest.raises(ValueError, match="cannot be 99"):
        people.answers_for("phq9", 99, np.random.default_rng(1))


def test_an_unknown_story_is_an_error_that_names_the_known_ones():
    with pytest.raises(people.UnknownStory, match="stable"):
        people.simulate("fairy tale", days=10, end=END, seed=1)


def test_a_story_of_change_changes_and_a_stable_one_does_not():
    def shift(story):
        rows = people.simulate(story, days=150, end=END, seed=7).features.filter(feature="steps")
        late = pl.col("day") > END - timedelta(days=12)
        early = rows.filter(~late)["value"]
        return (rows.filter(late)["value"].mean() - early.mean()) / early.std()

    assert shift("relapsing") < -1
    assert abs(shift("stable")) < 1
