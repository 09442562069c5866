"""Plans: the program proposes, a clinician decides after saying what they would do, the effect is
measured."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from tests.apps.plans.scene import accepted, answered, change_proposal, plan_for
from tests.people import NOW, agree

from heartsease.base import audit
from heartsease.base.policy import policy
from heartsease.capture.measures import actions as measures
from heartsease.capture.measures.models import Assignment, Response
from heartsease.care.plans import actions, queries, tasks
from heartsease.care.plans.models import ActivityLog, CarePlan, Proposal, Status
from heartsease.consent import actions as consent
from heartsease.people.actions import NotAllowed


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
    streams.delete_data(alice, by=alice, now=NOW)
    assert not Proposal.objects.filter(pk=proposal.pk).exists()


def test_deleting_the_watch_leaves_a_decision_without_what_it_quoted(alice, cast):
    from heartsease.capture.streams import actions as streams

    proposal = change_proposal(alice)
    actions.record_own_choice(proposal, "Call her.", by=cast.bob, now=NOW)
    actions.decline(proposal, "She is travelling.", by=cast.bob, now=NOW)
    streams.delete_data(alice, by=alice, now=NOW)
    kept = Proposal.objects.get(pk=proposal.pk)
    assert kept.decision_reason == "She is travelling."
    assert "3,000" not in str(kept.content)
