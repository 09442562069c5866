"""What followed from a decision: the right two scores, and no claim where there are none."""

from datetime import date, timedelta

import pytest

from heartsease.science.treatment.effect import WINDOW_DAYS, effect_of
from heartsease.science.treatment.stepped_care import ScorePoint

DECIDED = date(2026, 3, 1)
DUE = date(2026, 3, 29)


def at(days: int, total: float, instrument: str = "phq9") -> ScorePoint:
    return ScorePoint(instrument, DECIDED + timedelta(days=days), total)


def effect(*scores: ScorePoint, instrument: str = "phq9"):
    return effect_of(scores, instrument=instrument, decided=DECIDED, due=DUE)


@pytest.mark.parametrize(
    ("after", "found"),
    [(9, "improved"), (10, "unchanged"), (20, "unchanged"), (21, "deteriorated")],
)
def test_six_points_of_phq9_are_beyond_chance(after: int, found: str):
    known = effect(at(0, 15), at(28, after))
    assert known.known
    assert (known.verdict, known.before, known.after, known.days) == (found, 15, after, 28)


@pytest.mark.parametrize(
    ("days", "known"),
    [
        (28 - WINDOW_DAYS - 1, False),
        (28 - WINDOW_DAYS, True),
        (28 + WINDOW_DAYS, True),
        (28 + WINDOW_DAYS + 1, False),
    ],
)
def test_the_later_score_lies_within_two_weeks_of_the_day_it_was_due(days: int, known: bool):
    assert effect(at(-3, 15), at(days, 9)).known is known


def test_a_score_of_the_day_of_the_decision_is_from_before_it():
    found = effect(at(-30, 20), at(0, 15), at(28, 9))
    assert found.before == 15


def test_the_score_nearest_the_due_day_counts():
    found = effect(at(0, 15), at(16, 14), at(27, 9), at(40, 3))
    assert found.after == 9


def test_a_decision_that_is_due_soon_does_not_take_its_own_first_score_for_its_effect():
    found = effect_of(
        (at(0, 15), at(1, 14)), instrument="phq9", decided=DECIDED, due=DECIDED + timedelta(days=7)
    )
    assert found.after == 14
    assert (
        effect_of(
            (at(0, 15),), instrument="phq9", decided=DECIDED, due=DECIDED + timedelta(days=7)
        ).known
        is False
    )


@pytest.mark.parametrize("scores", [(), (at(28, 9),), (at(0, 15),)])
def test_without_both_scores_the_effect_is_not_known_and_has_no_numbers(scores):
    found = effect(*scores)
    assert not found.known
    assert (found.verdict, found.before, found.after, found.days) == (None, None, None, None)
    assert "don't know" in found.sentence


def test_scores_of_another_questionnaire_do_not_count():
    assert not effect(at(0, 15, "gad7"), at(28, 9, "gad7")).known
    assert effect(at(0, 15, "gad7"), at(28, 9, "gad7"), instrument="gad7").known


def test_where_chance_is_not_known_the_sentence_says_so():
    found = effect(at(0, 6, "phq2"), at(28, 1, "phq2"), instrument="phq2")
    assert found.known
    assert found.verdict == "unchanged"
    assert "not known" in found.sentence
