"""Scoring by the questionnaire's own rule; without a rule there is no total but a reason."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsease.science.instruments import INSTRUMENTS, ImpossibleAnswer, load, score

PHQ9, GAD7, PHQ4 = load("phq9"), load("gad7"), load("phq4")
FULL = st.lists(st.integers(0, 3), min_size=9, max_size=9)


def numbered(values) -> dict:
    return dict(enumerate(values, start=1))


@given(values=FULL)
def test_a_total_is_the_sum_of_the_answers(values: list[int]):
    found = score(PHQ9, numbered(values))
    assert found.total == sum(values)
    assert found.band == PHQ9.band_of(sum(values)).name
    assert not found.prorated
    assert found.missing == ()
    assert found.reason is None


@given(values=FULL, place=st.integers(0, 8))
def test_a_higher_answer_never_lowers_the_total(values: list[int], place: int):
    higher = list(values)
    higher[place] = min(values[place] + 1, 3)
    assert score(PHQ9, numbered(higher)).total >= score(PHQ9, numbered(values)).total


@given(values=FULL, missing=st.integers(1, 8))
def test_one_missing_answer_is_filled_in_with_the_mean_of_the_others(
    values: list[int], missing: int
):
    answers = numbered(values)
    del answers[missing]
    found = score(PHQ9, answers)
    exact = sum(answers.values()) / 8 * 9
    assert found.prorated
    assert found.missing == (missing,)
    assert abs(found.total - exact) <= 0.5
    assert found.total == int(found.total)
    assert 0 <= found.total <= 27


def test_a_prorated_total_is_rounded_half_up():
    answers = numbered([1, 1, 1, 1, 0, 0, 0, 0, 0])
    del answers[8]
    assert score(PHQ9, answers).total == 5


@pytest.mark.parametrize("missing", [(1, 2), (8, 9), (1, 2, 3, 4, 5, 6, 7, 8, 9)])
def test_with_more_missing_than_the_rule_allows_there_is_a_reason_and_no_total(missing):
    answers = {number: 2 for number in range(1, 10) if number not in missing}
    found = score(PHQ9, answers)
    assert (found.total, found.band, found.missing) == (None, None, missing)
    assert f"{len(missing)} of 9" in found.reason


@pytest.mark.parametrize("name", ["phq4", "phq2"])
def test_a_short_questionnaire_is_never_prorated(name: str):
    tool = load(name)
    found = score(tool, {item.number: 1 for item in tool.items[1:]})
    assert found.total is None
    assert "none may be" in found.reason


def test_the_safety_item_is_never_filled_in():
    found = score(PHQ9, dict.fromkeys(range(1, 9), 0))
    assert found.total is None
    assert "item 9 has no answer" in found.reason


@given(answers=st.dictionaries(st.integers(1, 8), st.integers(0, 3)), nine=st.integers(0, 3))
def test_the_safety_item_counts_whatever_else_is_missing(answers: dict[int, int], nine: int):
    found = score(PHQ9, {**answers, 9: nine})
    assert found.safety == ((9,) if nine else ())


@pytest.mark.parametrize("value", [-1, 4, 7, 9, 1.5, True, float("nan"), "2"])
def test_an_answer_that_an_item_does_not_have_is_refused_by_item_and_value(value):
    with pytest.raises(ImpossibleAnswer, match=r"PHQ-9, item 3: .* is not one of 0, 1, 2, 3"):
        score(PHQ9, {3: value})


@pytest.mark.parametrize("number", [0, 10])
def test_an_item_that_is_not_there_is_refused_even_without_an_answer(number: int):
    with pytest.raises(ImpossibleAnswer, match=f"no item {number}"):
        score(PHQ9, {number: None})


def test_no_answer_and_an_empty_answer_are_the_same():
    given_nine = numbered([2] * 9)
    assert score(PHQ9, {**given_nine, 4: None}) == score(
        PHQ9, {number: value for number, value in given_nine.items() if number != 4}
    )


def test_a_reversed_item_counts_down():
    items = (replace(GAD7.items[0], reverse=True), *GAD7.items[1:])
    assert score(replace(GAD7, items=items), numbered([3, 0, 0, 0, 0, 0, 0])).total == 0
    assert score(replace(GAD7, items=items), numbered([0] * 7)).total == 3


def test_subscales_are_summed_by_themselves_and_only_when_whole():
    assert score(PHQ4, numbered([1, 2, 3, 3])).subscales == {"anxiety": 3, "depression": 6}
    assert score(PHQ4, {1: 1, 2: 2, 3: 3}).subscales == {"anxiety": 3, "depression": None}


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_the_lowest_and_the_highest_answers_give_the_ends_of_the_range(name: str):
    tool = load(name)
    for pick, end in ((min, tool.lowest), (max, tool.highest)):
        value = pick(option.value for option in tool.options)
        assert score(tool, {item.number: value for item in tool.items}).total == end
