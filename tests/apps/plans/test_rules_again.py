"""Rules thought over again: after a danger, as scores go on, and when the effect comes."""

from datetime import timedelta

import pytest
from tests.apps.plans.scene import accepted, answered, change_proposal, plan_for
from tests.people import NOW, agree
from tests.people import cast as cast_of_people

from heartsease.base.tasks import run_all
from heartsease.capture.measures import actions as measures
from heartsease.capture.measures.models import Assignment
from heartsease.care.plans import actions, queries, tasks
from heartsease.care.plans.models import Proposal, Status
from heartsease.consent import actions as consent
from heartsease.consent.gate import MACHINE
from heartsease.people.actions import NotAllowed
from heartsease.science.treatment.stepped_care import GO_ON, RULES


def in_danger(person, cast, at, answers=None):
    """PHQ-9 of 18 with item 9 above 0, by the front door: an alert is open."""
    asked = measures.assign(person, "phq9", by=cast.bob, now=at, due=at)
    return measures.answer(asked, answers or dict.fromkeys(range(1, 10), 2), by=person, now=at)


def test_when_the_danger_was_looked_at_treatment_is_thought_over(alice, cast):
    from heartsease.watch import actions as watch
    from heartsease.watch.models import Alert

    in_danger(alice, cast, NOW)
    tasks.think_over(alice, now=NOW)
    assert {one.rule for one in Proposal.objects.filter(status=Status.OPEN)} == {"safety"}
    watch.close(Alert.objects.get(), "Spoke with her.", by=cast.bob, now=NOW)
    tasks.think_over(alice, now=NOW)
    open_now = {one.rule for one in Proposal.objects.filter(status=Status.OPEN)}
    assert open_now == {"start_more_severe"}


def test_what_is_done_for_safety_begins_no_treatment_and_ends_none(alice, cast):
    in_danger(alice, cast, NOW)
    (safety,) = tasks.think_over(alice, now=NOW)
    plan = accepted(safety, cast)
    assert plan.step == 0
    assert tasks.situation_of(alice, NOW).treatment_started is None
    later = plan_for(alice, cast, step=2, now=NOW + timedelta(days=1))
    assert [one.text for one in later.activities.all()] == ["Walk"]


def test_safety_comes_beside_the_activities_in_force(alice, cast):
    plan_for(alice, cast, step=2)
    in_danger(alice, cast, NOW)
    (safety,) = tasks.think_over(alice, now=NOW)
    plan = accepted(safety, cast)
    steps = [one.text for one in plan.activities.all()]
    assert plan.step == 2
    assert steps[0] == "Walk"
    assert set(safety.options[0]["activities"]) < set(steps)


def test_a_second_danger_is_asked_about_again(alice, cast):
    from heartsease.watch import actions as watch
    from heartsease.watch.models import Alert

    in_danger(alice, cast, NOW)
    (first,) = tasks.think_over(alice, now=NOW)
    accepted(first, cast)
    watch.close(Alert.objects.get(), "Spoke with her.", by=cast.bob, now=NOW)
    later = NOW + timedelta(days=3)
    in_danger(alice, cast, later)
    assert [one.rule for one in tasks.think_over(alice, now=later)] == ["safety"]


def test_a_proposal_whose_rule_no_longer_fires_ends(alice):
    answered(alice, 12, NOW)
    tasks.think_over(alice, now=NOW)
    answered(alice, 20, NOW + timedelta(days=1))
    tasks.think_over(alice, now=NOW + timedelta(days=1))
    open_now = [one.rule for one in Proposal.objects.filter(status=Status.OPEN)]
    assert open_now == ["start_more_severe"]


def test_an_open_proposal_is_brought_up_to_date_until_somebody_begins_to_decide(
    proposal, alice, cast
):
    answered(alice, 21, NOW + timedelta(days=1))
    tasks.think_over(alice, now=NOW + timedelta(days=1))
    proposal.refresh_from_db()
    assert "21" in proposal.situation
    actions.record_own_choice(proposal, "Offer CBT.", by=cast.bob, now=NOW)
    answered(alice, 23, NOW + timedelta(days=2))
    tasks.think_over(alice, now=NOW + timedelta(days=2))
    proposal.refresh_from_db()
    assert "21" in proposal.situation


def test_steps_that_were_all_taken_out_do_not_come_back(proposal, cast):
    plan = accepted(proposal, cast, activities=[], reason="First a talk.")
    assert not plan.activities.exists()


def test_an_early_score_is_not_taken_for_the_effect_while_the_asked_for_one_may_come(
    proposal, cast, alice
):
    accepted(proposal, cast)
    answered(alice, 17, NOW + timedelta(days=14))
    tasks.measure_effects(NOW + timedelta(days=28))
    proposal.refresh_from_db()
    assert proposal.effect is None
    answered(alice, 8, NOW + timedelta(days=29))
    tasks.measure_effects(NOW + timedelta(days=29, hours=1))
    proposal.refresh_from_db()
    assert proposal.effect["after"] == 8


def test_nothing_is_asked_for_an_effect_that_the_team_may_not_see(proposal, cast, alice):
    accepted(proposal, cast)
    consent.withdraw(alice, "questionnaires", "care", by=alice, now=NOW)
    tasks.measure_effects(NOW + timedelta(days=26))
    assert not Assignment.objects.filter(closed_at=None).exists()


def test_urgent_access_lets_look_but_not_decide(proposal, cast, alice):
    from django.utils import timezone

    from heartsease.consent.actions import open_urgently

    open_urgently(cast.charlie, alice, "Found unconscious on the street.", now=timezone.now())
    with pytest.raises(NotAllowed):
        actions.record_own_choice(proposal, "Mine.", by=cast.charlie, now=NOW)


def test_steps_that_are_to_go_on_stay_in_the_plan(alice, cast):
    plan_for(alice, cast, activities=["Check in", "Walk"])
    proposal = change_proposal(alice)
    option = next(one for one in proposal.options if GO_ON in one["activities"])
    actions.record_own_choice(proposal, "Call her.", by=cast.bob, now=NOW)
    plan = actions.accept(proposal, option["key"], by=cast.bob, now=NOW)
    steps = [one.text for one in plan.activities.all()]
    assert [text for text in steps if text in {"Check in", "Walk"}] == ["Check in", "Walk"]
    assert GO_ON not in steps
    assert set(steps) == {"Check in", "Walk", *option["activities"]} - {GO_ON}
    proposal.refresh_from_db()
    assert proposal.status == Status.ACCEPTED


def test_the_words_that_stand_for_the_steps_in_force_are_those_of_the_data_file():
    said = [
        text
        for rule in RULES.by_id.values()
        for option in rule.options
        for text in option.activities
        if "Go on" in text
    ]
    assert said
    assert set(said) == {GO_ON}


@pytest.mark.django_db(transaction=True)
def test_an_agreement_that_is_given_again_brings_back_what_rested_on_it(time_machine_at):
    alice = cast_of_people().alice
    agree(alice)
    answered(alice, 18, NOW)
    with time_machine_at(NOW):
        run_all()
        assert queries.open_proposals(MACHINE, [alice])
        consent.withdraw(alice, "questionnaires", "care", by=alice, now=NOW)
        run_all()
        assert not queries.open_proposals(MACHINE, [alice])
        consent.give(alice, "questionnaires", "care", by=alice, now=NOW)
        run_all()
        assert queries.open_proposals(MACHINE, [alice])
