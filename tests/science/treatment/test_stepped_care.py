"""Each rule of stepped care fires where it should, and not one point or day earlier."""

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files

import pytest

from heartsease.science.treatment.stepped_care import (
    RULES,
    ObservedChange,
    RulesUnusable,
    ScorePoint,
    Situation,
    read,
    suggest,
)

NOW = date(2026, 6, 1)


def ago(days: int) -> date:
    return NOW - timedelta(days=days)


def point(total: float, days: int = 0, instrument: str = "phq9") -> ScorePoint:
    return ScorePoint(instrument, ago(days), total)


def situation(*scores: ScorePoint, started: int | None = None, step: int = 0, **more) -> Situation:
    return Situation(
        now=NOW,
        scores=scores,
        treatment_started=None if started is None else ago(started),
        step=step,
        open_safety_alert=more.pop("alert", False),
        **more,
    )


def rules(*scores: ScorePoint, **more) -> list[str]:
    return [suggestion.rule for suggestion in suggest(situation(*scores, **more))]


WALKS = ObservedChange("steps", ago(10), "Steps: about 2,700 steps a day fewer since 22 May.")


@pytest.mark.parametrize(
    ("total", "found"),
    [
        (9, []),
        (10, ["start_less_severe"]),
        (15, ["start_less_severe"]),
        (16, ["start_more_severe"]),
        (27, ["start_more_severe"]),
    ],
)
def test_a_start_is_suggested_from_caseness_on_and_divides_at_sixteen(total, found):
    assert rules(point(total)) == found


def test_a_start_looks_at_the_last_score_whatever_order_they_come_in():
    assert rules(point(4, days=1), point(20, days=30)) == []
    assert rules(point(20, days=1), point(4, days=30)) == ["start_more_severe"]


def test_with_a_plan_in_force_no_start_is_suggested():
    assert rules(point(20, days=1), started=7, step=2) == []


@pytest.mark.parametrize(("total", "found"), [(7, []), (8, ["start_anxiety"])])
def test_anxiety_alone_is_a_start_of_its_own(total, found):
    assert rules(point(9), point(total, instrument="gad7")) == found


def test_depression_goes_before_anxiety():
    assert rules(point(10), point(20, instrument="gad7")) == ["start_less_severe"]


def test_what_is_begun_for_anxiety_is_measured_with_the_questionnaire_on_anxiety():
    (found,) = suggest(situation(point(6), point(12, instrument="gad7")))
    assert found.effect_measure == "gad7"
    (found,) = suggest(situation(point(12), point(12, instrument="gad7")))
    assert found.effect_measure == "phq9"


@pytest.mark.parametrize(("last", "found"), [(15, []), (16, ["deterioration"])])
def test_worse_beyond_chance_begins_at_six_points_of_phq9(last, found):
    assert rules(point(10, days=20), point(last), started=18, step=2) == found


@pytest.mark.parametrize(("last", "found"), [(12, []), (13, ["deterioration"])])
def test_worse_beyond_chance_begins_at_four_points_of_gad7(last, found):
    scores = [point(9, 20, "gad7"), point(last, 0, "gad7")]
    assert rules(*scores, started=18, step=2) == found
    if found:
        assert suggest(situation(*scores, started=18, step=2))[0].effect_measure == "gad7"


def test_worse_is_measured_from_the_best_score_since_treatment_began():
    scores = [point(16, 30), point(8, 15), point(14)]
    assert rules(*scores, started=29, step=2) == ["deterioration"]


def test_a_good_time_before_treatment_is_no_deterioration_in_it():
    """Somebody who was well last year and came with 18 points is better with 15, not worse."""
    scores = [point(4, 400), point(18, 30), point(15)]
    assert rules(*scores, started=28, step=2) == []


def test_scores_from_before_treatment_alone_say_nothing_about_it():
    assert rules(point(8, 60), point(16, 2), started=1, step=2) == []


def test_without_treatment_nothing_has_deteriorated():
    assert rules(point(1, 60), point(9), started=None) == []


@pytest.mark.parametrize(("days", "found"), [(41, []), (42, ["no_response"])])
def test_lack_of_response_is_looked_for_from_week_six_on(days, found):
    assert rules(point(18, days + 1), point(15, 1), started=days, step=2) == found


@pytest.mark.parametrize(("last", "found"), [(10, []), (11, ["no_response"])])
def test_a_fall_by_half_is_a_response(last, found):
    assert rules(point(20, 60), point(last), started=58, step=2) == found


def test_somebody_below_caseness_by_now_has_not_failed_to_respond():
    assert rules(point(17, 60), point(9), started=58, step=2) == []


@pytest.mark.parametrize(("age", "found"), [(21, ["no_response"]), (22, [])])
def test_a_last_score_older_than_three_weeks_says_nothing_about_now(age, found):
    assert rules(point(18, 90), point(16, age), started=80, step=2) == found


def test_the_first_score_in_treatment_stands_in_for_one_before_it():
    assert rules(point(18, 50), point(16), started=56, step=2) == ["no_response"]
    assert rules(point(18, 3), started=56, step=2) == []


def test_lack_of_response_is_seen_in_anxiety_too_when_depression_was_never_a_case():
    scores = [point(5, 60), point(5), point(15, 60, "gad7"), point(14, 0, "gad7")]
    (found,) = suggest(situation(*scores, started=58, step=2))
    assert found.rule == "no_response"
    assert found.effect_measure == "gad7"
    assert "GAD-7" in found.situation


def test_a_changed_day_asks_for_a_call_only_with_a_plan_in_force():
    assert rules(started=10, step=2, changes=(WALKS,)) == ["change"]
    assert rules(changes=(WALKS,)) == []
    assert rules(started=10, step=2) == []


def test_a_suggestion_names_the_streams_that_it_quotes():
    (found,) = suggest(situation(started=10, step=2, changes=(WALKS,)))
    assert set(found.streams) == {"questionnaires", "wearables"}


def test_while_a_safety_alert_is_open_nothing_else_is_suggested():
    scores = [point(10, 60), point(20)]
    both = {"started": 58, "step": 2, "changes": (WALKS,)}
    assert rules(*scores, **both) == ["deterioration", "no_response", "change"]
    assert rules(*scores, alert=True, **both) == ["safety"]
    assert rules(alert=True) == ["safety"]


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_no_option_leads_a_step_down(step: int):
    scores = [point(10, 60), point(20)]
    everything = situation(*scores, started=58, step=step, changes=(WALKS,))
    for found in suggest(everything) + suggest(replace(everything, open_safety_alert=True)):
        assert all(option.step >= step for option in found.options)


def test_every_rule_leaves_a_choice_with_a_case_against_each_option_and_a_source():
    for rule in RULES.by_id.values():
        assert 2 <= len(rule.options) <= 4
        assert rule.source
        for option in rule.options:
            assert option.against
            assert option.expected
            assert option.activities


def test_no_option_names_a_drug_or_a_dose():
    words = " ".join(str(rule.options).lower() for rule in RULES.by_id.values())
    for drug in ("sertraline", "fluoxetine", "citalopram", "mirtazapine", " mg"):
        assert drug not in words


def table() -> dict:
    path = files("heartsease.science.treatment") / "data" / "stepped_care.toml"
    return tomllib.loads(path.read_text("utf-8"))


@pytest.mark.parametrize(
    ("options", "words"),
    [(["early_call"], "1 options"), (["early_call", "prayer"], "prayer")],
)
def test_a_rule_without_a_choice_or_with_an_unknown_option_is_refused(options, words):
    row = table()
    row["rule"]["change"]["options"] = options
    with pytest.raises(RulesUnusable, match=words):
        read(row)
