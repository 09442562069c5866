"""Plans: the program proposes, a clinician decides after saying what they would do, the effect is
measured."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection
from tests.people import NOW, agree

from heartsease.base import audit
from heartsease.base.policy import policy
from heartsease.capture.measures import actions as measures
from heartsease.capture.measures.models import Assignment, Response
from heartsease.care.plans import actions, queries, tasks
from heartsease.care.plans.models import ActivityLog, CarePlan, Proposal, Status
from heartsease.consent import actions as consent
from heartsease.people.actions import NotAllowed
from heartsease.science import instruments
from heartsease.science.treatment.stepped_care import (
    ObservedChange,
    ScorePoint,
    Situation,
    suggest,
)


def answered(person, total, at, instrument="phq9"):
    """A response with a total, made of answers that leave the safety item at 0."""
    left, answers = total, {}
    for item in instruments.load(instrument).items:
        answers[item.number] = 0 if item.number == 9 else min(left, 3)
        left -= answers[item.number]
    score = instruments.score(instruments.load(instrument), answers)
    return measures.record(person, instrument, answers, score=score, now=at)


@pytest.fixture
def alice(cast):
    agree(cast.alice)
    return cast.alice


@pytest.fixture
def proposal(alice):
    answered(alice, 18, NOW)
    (made,) = tasks.think_over(alice, now=NOW)
    return made


def plan_for(person, cast, **more):
    values = {
        "problem": "Low mood",
        "goals": ["Cycle again"],
        "activities": ["Walk"],
        "review_on": date(2026, 6, 1),
        "by": cast.bob,
        "now": NOW,
    }
    return actions.make_plan(person, **{**values, **more})


def accepted(proposal, cast, **more):
    actions.record_own_choice(proposal, "Offer CBT.", by=cast.bob, now=NOW)
    key = proposal.options[0]["key"]
    return actions.accept(proposal, key, by=cast.bob, now=NOW, **more)


def test_a_score_at_the_split_proposes_the_more_intensive_start(proposal):
    assert proposal.rule == "start_more_severe"
    assert proposal.status == Status.OPEN
    assert len(proposal.options) >= 2
    assert "NG222" in proposal.content["source"]
    assert proposal.content["reasons"]


def test_thinking_twice_proposes_once(alice, proposal):
    assert tasks.think_over(alice, now=NOW) == []
    assert Proposal.objects.count() == 1


def test_without_questionnaires_shown_nothing_is_proposed(alice):
    answered(alice, 18, NOW)
    consent.withdraw(alice, "questionnaires", "care", by=alice, now=NOW)
    assert tasks.think_over(alice, now=NOW) == []


def test_nobody_decides_before_saying_what_they_would_do(proposal, cast):
    with pytest.raises(actions.NotReady, match="yourself"):
        actions.accept(proposal, proposal.options[0]["key"], by=cast.bob, now=NOW)
    with pytest.raises(actions.NotReady):
        actions.record_own_choice(proposal, "  ", by=cast.bob, now=NOW)


def test_the_first_own_choice_stands(proposal, cast):
    actions.record_own_choice(proposal, "Offer CBT.", by=cast.bob, now=NOW)
    actions.record_own_choice(proposal, "What the program says.", by=cast.sue, now=NOW)
    proposal.refresh_from_db()
    assert (proposal.own_choice, proposal.own_choice_by) == ("Offer CBT.", cast.bob)


def test_accepting_makes_a_plan_and_sets_the_day_of_its_effect(proposal, cast, alice):
    plan = accepted(proposal, cast)
    assert (plan.version, plan.decided_by) == (1, cast.bob)
    assert [one.text for one in plan.activities.all()] == proposal.options[0]["activities"]
    proposal.refresh_from_db()
    assert proposal.status == Status.ACCEPTED
    assert proposal.effect_due == (NOW + timedelta(days=28)).date()


def test_a_first_plan_quotes_no_score_for_it_outlives_the_agreement_to_show_them(
    proposal, cast, alice
):
    plan = accepted(proposal, cast)
    assert "18" not in plan.problem
    assert "PHQ" not in plan.problem


def test_changing_the_steps_asks_for_a_reason_and_is_kept_as_a_change(proposal, cast):
    actions.record_own_choice(proposal, "Offer CBT.", by=cast.bob, now=NOW)
    key = proposal.options[0]["key"]
    with pytest.raises(actions.NotReady, match="why"):
        actions.accept(proposal, key, by=cast.bob, now=NOW, activities=["Swim"])
    assert not CarePlan.objects.exists()
    plan = actions.accept(
        proposal, key, by=cast.bob, now=NOW, activities=["Swim"], reason="She likes it."
    )
    proposal.refresh_from_db()
    assert [one.text for one in plan.activities.all()] == ["Swim"]
    assert (proposal.status, proposal.decision_reason) == (Status.CHANGED, "She likes it.")


def test_declining_needs_a_reason_and_leaves_the_plan_as_it_is(proposal, cast, alice):
    before = plan_for(alice, cast)
    with pytest.raises(actions.NotReady):
        actions.decline(proposal, "", by=cast.bob, now=NOW)
    actions.decline(proposal, "She wants to wait.", by=cast.bob, now=NOW)
    assert queries.current_plan(alice).pk == before.pk
    assert tasks.think_over(alice, now=NOW + timedelta(days=1)) == []


def test_an_option_that_was_not_offered_is_refused(proposal, cast):
    actions.record_own_choice(proposal, "Offer CBT.", by=cast.bob, now=NOW)
    with pytest.raises(actions.NotReady):
        actions.accept(proposal, "electroshock", by=cast.bob, now=NOW)


def test_a_proposal_is_decided_once(proposal, cast):
    accepted(proposal, cast)
    with pytest.raises(actions.AlreadyDecided):
        actions.decline(proposal, "Too late.", by=cast.sue, now=NOW)


def test_only_a_clinician_of_the_person_decides(proposal, cast, alice):
    for other in (cast.charlie, cast.ada, alice, cast.otto):
        with pytest.raises(NotAllowed):
            actions.record_own_choice(proposal, "Mine.", by=other, now=NOW)
        with pytest.raises(NotAllowed):
            actions.decline(proposal, "Mine.", by=other, now=NOW)
        with pytest.raises(NotAllowed):
            plan_for(alice, cast, by=other)


def test_a_new_plan_ends_the_one_before_and_keeps_it(alice, cast):
    first = plan_for(alice, cast)
    second = plan_for(alice, cast, problem="Sleep", now=NOW + timedelta(days=1))
    assert [plan.version for plan in queries.history(alice)] == [2, 1]
    first.refresh_from_db()
    assert first.ended_at == NOW + timedelta(days=1)
    assert queries.current_plan(alice).pk == second.pk


def test_a_proposal_nobody_decided_ends_by_itself(proposal):
    late = NOW + timedelta(days=policy().proposal_expires_days, minutes=1)
    assert actions.expire(NOW) == 0
    assert actions.expire(late) == 1
    proposal.refresh_from_db()
    assert proposal.status == Status.EXPIRED


def change_proposal(person):
    situation = Situation(
        now=NOW.date(),
        scores=(ScorePoint("phq9", NOW.date(), 6.0),),
        treatment_started=NOW.date() - timedelta(days=30),
        step=2,
        open_safety_alert=False,
        changes=(ObservedChange("steps", NOW.date(), "Steps: 3,000 fewer.", "wearables"),),
    )
    (suggestion,) = suggest(situation)
    return actions.propose(person, suggestion, now=NOW)


def test_a_proposal_that_quotes_a_watch_is_gone_when_the_watch_is_withdrawn(alice, cast):
    proposal = change_proposal(alice)
    assert queries.find_proposal(cast.bob, proposal.pk) is not None
    consent.withdraw(alice, "wearables", "care", by=alice, now=NOW)
    assert queries.find_proposal(cast.bob, proposal.pk) is None
    proposal.refresh_from_db()
    assert proposal.status == Status.EXPIRED


def test_a_proposal_about_scores_stays_when_only_the_watch_is_withdrawn(proposal, alice, cast):
    consent.withdraw(alice, "wearables", "care", by=alice, now=NOW)
    assert queries.find_proposal(cast.bob, proposal.pk) is not None


def test_a_step_is_noted_by_its_owner_and_said_again_replaces(alice, cast):
    step = plan_for(alice, cast).activities.get()
    with pytest.raises(NotAllowed):
        actions.log_activity(step, NOW.date(), True, by=cast.bob, now=NOW)
    actions.log_activity(step, NOW.date(), False, "too tired", by=alice, now=NOW)
    actions.log_activity(step, NOW.date(), True, by=alice, now=NOW)
    entry = ActivityLog.objects.get()
    assert (entry.done, entry.reason) == (True, None)


def test_four_days_before_the_effect_is_due_the_questionnaire_is_asked(proposal, cast, alice):
    accepted(proposal, cast)
    tasks.measure_effects(NOW + timedelta(days=23))
    assert not Assignment.objects.filter(closed_at=None).exists()
    tasks.measure_effects(NOW + timedelta(days=24))
    tasks.measure_effects(NOW + timedelta(days=25))
    assert Assignment.objects.get(closed_at=None).instrument == "phq9"


def test_the_effect_is_measured_once_when_there_is_something_to_measure_with(proposal, cast, alice):
    accepted(proposal, cast)
    due = NOW + timedelta(days=28)
    tasks.measure_effects(due)
    proposal.refresh_from_db()
    assert proposal.effect_at is None
    answered(alice, 9, due)
    tasks.measure_effects(due + timedelta(hours=1))
    proposal.refresh_from_db()
    assert (proposal.effect["before"], proposal.effect["after"]) == (18, 9)
    assert proposal.effect["verdict"] == "improved"
    first = proposal.effect_at
    answered(alice, 20, due + timedelta(days=1))
    tasks.measure_effects(due + timedelta(days=2))
    proposal.refresh_from_db()
    assert proposal.effect_at == first


def test_when_no_score_comes_the_effect_is_said_to_be_unknown(proposal, cast, alice):
    accepted(proposal, cast)
    tasks.measure_effects(NOW + timedelta(days=28 + 15))
    proposal.refresh_from_db()
    assert proposal.effect["known"] is False
    assert proposal.effect["sentence"]


@pytest.mark.django_db(transaction=True)
def test_a_new_answer_makes_the_worker_think_the_plan_over():
    from tests.people import cast as make_cast

    from heartsease.base.tasks import run_all

    here = make_cast()
    agree(here.alice)
    asked = measures.assign(here.alice, "phq9", by=here.bob, now=NOW, due=NOW)
    measures.answer(asked, {**dict.fromkeys(range(1, 9), 2), 9: 0}, by=here.alice, now=NOW)
    run_all()
    assert Proposal.objects.get().rule == "start_more_severe"


def test_an_open_safety_alert_lets_only_the_safety_review_through(alice, cast):
    asked = measures.assign(alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    measures.answer(asked, dict.fromkeys(range(1, 10), 2), by=alice, now=NOW)
    assert [one.rule for one in tasks.think_over(alice, now=NOW)] == ["safety"]


def test_decisions_and_reasons_stand_sealed(proposal, cast):
    actions.record_own_choice(proposal, "Offer CBT first.", by=cast.bob, now=NOW)
    actions.decline(proposal, "She wants to wait.", by=cast.bob, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT content, own_choice, decision_reason FROM plans_proposal")
        cells = b"".join(bytes(cell) for cell in cursor.fetchone())
    for word in (b"CBT", b"wait", b"PHQ"):
        assert word not in cells


def test_each_decision_is_in_the_log(proposal, cast, alice):
    accepted(proposal, cast)
    done = set(audit.about(alice.pk).values_list("action", flat=True))
    assert {"proposal.made", "proposal.own_choice", "proposal.accepted", "plan.made"} <= done


def test_the_loop_counts_what_was_decided_and_measured(proposal, cast, alice):
    accepted(proposal, cast)
    answered(alice, 9, NOW + timedelta(days=28))
    tasks.measure_effects(NOW + timedelta(days=28, hours=1))
    figures = queries.loop_figures()
    assert (figures.made, figures.accepted, figures.measured, figures.better) == (1, 1, 1, 1)
    assert figures.days_to_decision == pytest.approx(0.0)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_decides():
    from tests.people import cast as make_cast

    here = make_cast()
    agree(here.alice)
    answered(here.alice, 18, NOW)
    (made,) = tasks.think_over(here.alice, now=NOW)
    actions.record_own_choice(made, "Offer CBT.", by=here.bob, now=NOW)
    key = made.options[0]["key"]
    late, failed = [], []

    def decide(number):
        try:
            row = Proposal.objects.get(pk=made.pk)
            if number % 2:
                actions.accept(row, key, by=here.bob, now=NOW)
            else:
                actions.decline(row, "Not now.", by=here.sue, now=NOW)
        except actions.AlreadyDecided as error:
            late.append(error)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(late) == 3
    assert CarePlan.objects.count() <= 1
    assert Response.objects.count() == 1


def test_deleting_the_watch_deletes_what_open_proposals_quote_of_it(alice, cast):
    from heartsease.capture.streams import actions as streams

    proposal = change_proposal(alice)
    streams.delete_stream(alice, by=alice, now=NOW)
    assert not Proposal.objects.filter(pk=proposal.pk).exists()


def test_deleting_the_watch_leaves_a_decision_without_what_it_quoted(alice, cast):
    from heartsease.capture.streams import actions as streams

    proposal = change_proposal(alice)
    actions.record_own_choice(proposal, "Call her.", by=cast.bob, now=NOW)
    actions.decline(proposal, "She is travelling.", by=cast.bob, now=NOW)
    streams.delete_stream(alice, by=alice, now=NOW)
    kept = Proposal.objects.get(pk=proposal.pk)
    assert kept.decision_reason == "She is travelling."
    assert "3,000" not in str(kept.content)


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
