"""The sentences beside a person's numbers: honest about what is missing, free of blame."""

from __future__ import annotations

import re

import pytest

from heartsease.web.patient import sentences
from heartsease.web.patient.forms import answers_from


def test_a_week_inside_the_usual_range_is_not_called_a_change_nor_the_absence_of_one() -> None:
    said = sentences.standing("steps", [6000.0] * 30, (5000.0, 7000.0))
    assert "5,000 to 7,000" in said
    assert "usual" not in said


@pytest.mark.parametrize(("week", "word"), [(3000.0, "below"), (9000.0, "above")])
def test_a_week_outside_the_usual_range_says_on_which_side(week: float, word: str) -> None:
    said = sentences.standing("steps", [6000.0] * 30 + [week] * 7, (5000.0, 7000.0))
    assert f"{word} most of your days" in said


def test_too_few_days_give_no_number_of_the_week() -> None:
    said = sentences.standing("steps", [6000.0] * 30 + [None] * 6 + [9000.0], (5000.0, 7000.0))
    assert "too few" in said
    assert "9,000" not in said


def test_without_a_usual_range_the_count_of_days_is_said() -> None:
    said = sentences.standing("minutes_asleep", [400.0] * 9 + [None] * 5, None)
    assert "(9 of 14)" in said


def test_a_week_with_days_enough_is_said_before_the_usual_is_known() -> None:
    said = sentences.standing("steps", [1000.0] * 3, None)
    assert "1,000 steps" in said
    assert "(3 of 14)" in said


def test_days_before_the_last_two_weeks_count_towards_the_usual() -> None:
    said = sentences.standing("steps", [1000.0] * 9 + [None] * 20, None)
    assert "(9 of 14)" in said


def test_every_feature_has_a_least_span_in_its_chart() -> None:
    assert all(wording.least_span > 0 for wording in sentences.WORDINGS.values())


def test_no_data_is_said_plainly() -> None:
    assert sentences.standing("steps", [None] * 14, None) == "No days yet."


def test_every_feature_has_words_for_any_value_of_its_scale() -> None:
    for wording in sentences.WORDINGS.values():
        for value in (1.0, 2.5, 5.0):
            assert wording.say(value)


def test_a_change_as_large_as_the_threshold_is_more_than_chance() -> None:
    said = sentences.score_change(17, 11, 6, lower_is_better=True)
    assert "unlikely to be chance" in said
    assert "easier" in said


def test_a_rise_of_a_symptom_score_is_said_without_alarm() -> None:
    assert "harder" in sentences.score_change(8, 16, 6, lower_is_better=True)


def test_the_same_score_is_said_to_be_the_same() -> None:
    assert "same as last time" in sentences.score_change(9, 9, 6, lower_is_better=True)


@pytest.mark.parametrize("posted", ["", "x", "-1", "99999"])
def test_what_is_no_small_number_is_no_answer(posted: str) -> None:
    assert answers_from({"item_1": posted}, [1]) == {1: None}


def test_every_value_has_its_unit_and_a_range_has_it_once() -> None:
    for name, wording in sentences.WORDINGS.items():
        said = wording.say(3.0)
        assert re.search(r"[a-z%:]", said), (name, said)
        assert "_" not in wording.title + wording.sentence + said
    assert "5,000 to 7,000 steps" in sentences.standing("steps", [6e3] * 30, (5e3, 7e3))
