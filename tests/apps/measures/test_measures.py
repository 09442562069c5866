"""Questionnaires: asked, answered once, scored; danger and its alert in one transaction."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from tests.people import NOW, agree

from heartsease.base import audit, events
from heartsease.capture.measures import actions, queries
from heartsease.capture.measures.models import Assignment, Response
from heartsease.consent import actions as consent
from heartsease.consent import gate
from heartsease.people.actions import NotAllowed
from heartsease.science.instruments import ImpossibleAnswer
from heartsease.watch.models import Alert, Kind

EVERY_TWO = dict.fromkeys(range(1, 10), 2)


@pytest.fixture
def asked(cast):
    agree(cast.alice)
    return actions.assign(cast.alice, "phq9", by=cast.bob, now=NOW, due=NOW)


def test_answers_are_scored_and_stored_together(cast, asked):
    response = actions.answer(asked, {**EVERY_TWO, 9: 0}, by=cast.alice, now=NOW)
    assert (response.total, response.band, response.safety) == (16.0, "moderately severe", False)
    kept = Response.objects.get()
    assert kept.answers["1"] == 2
    assert kept.answers["9"] == 0


def test_answers_stand_sealed_in_the_database(cast, asked):
    actions.answer(asked, EVERY_TWO, by=cast.alice, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM measures_response")
        body = bytes(cursor.fetchone()[0])
    assert b'"1"' not in body
    assert b":2" not in body


def test_asking_twice_keeps_one_open_questionnaire_due_at_the_earlier_day(cast, asked):
    later = actions.assign(
        cast.alice, "phq9", by=cast.bob, now=NOW, due=NOW + timedelta(days=3), every_days=14
    )
    sooner = actions.assign(cast.alice, "phq9", by=cast.bob, now=NOW, due=NOW - timedelta(days=1))
    assert later.pk == sooner.pk == asked.pk
    assert sooner.due == NOW - timedelta(days=1)
    assert sooner.every_days == 14


def test_an_unknown_questionnaire_is_refused_with_those_that_are_known(cast):
    with pytest.raises(actions.UnknownInstrument, match="phq9"):
        actions.assign(cast.alice, "rorschach", by=cast.bob, now=NOW, due=NOW)


def test_nobody_answers_for_somebody_else(cast, asked):
    for other in (cast.bob, cast.pat):
        with pytest.raises(NotAllowed):
            actions.answer(asked, EVERY_TWO, by=other, now=NOW)
    assert not Response.objects.exists()


def test_answering_twice_is_refused_and_changes_nothing(cast, asked):
    first = actions.answer(asked, EVERY_TWO, by=cast.alice, now=NOW)
    with pytest.raises(actions.AlreadyAnswered):
        actions.answer(asked, {**EVERY_TWO, 1: 0}, by=cast.alice, now=NOW)
    assert [row.pk for row in Response.objects.all()] == [first.pk]


@pytest.mark.parametrize("wrong", [{1: 4}, {1: -1}, {12: 1}, {1: True}])
def test_an_impossible_answer_stores_nothing_and_leaves_the_questionnaire_open(cast, asked, wrong):
    with pytest.raises(ImpossibleAnswer):
        actions.answer(asked, {**EVERY_TWO, **wrong}, by=cast.alice, now=NOW)
    assert not Response.objects.exists()
    assert Assignment.objects.get().closed_at is None


def test_too_many_gaps_keep_the_answers_and_give_a_reason_instead_of_a_score(cast, asked):
    response = actions.answer(asked, {1: 3, 2: 3, 9: 0}, by=cast.alice, now=NOW)
    assert response.total is None
    assert "6 of 9" in response.reason
    assert response.answers["2"] == 3
    assert queries.course(cast.alice, "phq9") == []
    with pytest.raises(ValueError, match="no score"):
        _ = response.points


def test_after_a_withdrawal_no_answer_is_taken_in(cast, asked):
    consent.withdraw(cast.alice, "questionnaires", "keep", by=cast.alice, now=NOW)
    with pytest.raises(gate.NotConsented, match="Privacy"):
        actions.answer(asked, EVERY_TWO, by=cast.alice, now=NOW)
    assert not Response.objects.exists()


def test_item_nine_above_zero_opens_an_alert_even_without_a_score(cast, asked):
    actions.answer(asked, {9: 1}, by=cast.alice, now=NOW)
    alert = Alert.objects.get()
    assert alert.kind == Kind.SAFETY
    assert alert.owner == cast.bob
    assert alert.due_at == NOW + timedelta(minutes=60)
    assert alert.response.total is None


def test_item_nine_at_zero_opens_none(cast, asked):
    actions.answer(asked, {**EVERY_TWO, 9: 0}, by=cast.alice, now=NOW)
    assert not Alert.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_answers_are_not_kept_without_the_alert_they_call_for(monkeypatch):
    """When the alert cannot be stored, the answers are not: the person is told to try again."""
    from tests.people import cast as make_cast

    from heartsease.watch.actions import danger

    here = make_cast()
    agree(here.alice)
    asked = actions.assign(here.alice, "phq9", by=here.bob, now=NOW, due=NOW)

    def broken(*_, **__):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(danger, "open_alert", broken)
    with pytest.raises(RuntimeError, match="full"):
        actions.answer(asked, EVERY_TWO, by=here.alice, now=NOW)
    assert not Response.objects.exists()
    assert Assignment.objects.get().closed_at is None


def test_somebody_who_shows_nothing_to_the_team_alarms_nobody(cast):
    consent.give(cast.alice, "questionnaires", "keep", by=cast.alice, now=NOW)
    asked = actions.assign(cast.alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    response = actions.answer(asked, EVERY_TWO, by=cast.alice, now=NOW)
    assert response.safety
    assert not Alert.objects.exists()


def test_a_series_opens_the_next_one_after_each_answer(cast):
    agree(cast.alice)
    asked = actions.assign(cast.alice, "gad7", by=cast.bob, now=NOW, due=NOW, every_days=14)
    actions.answer(asked, dict.fromkeys(range(1, 8), 1), by=cast.alice, now=NOW)
    following = queries.coming(cast.alice).get()
    assert following.due == NOW + timedelta(days=14)
    assert following.every_days == 14
    assert not queries.due(cast.alice, NOW).exists()


def test_answering_leaves_a_trace_and_news_for_the_open_pages(cast, asked):
    actions.answer(asked, EVERY_TWO, by=cast.alice, now=NOW)
    assert "questionnaire.answered" in audit.about(cast.alice.pk).values_list("action", flat=True)
    topics = [events.team_topic(cast.riverside.pk), events.person_topic(cast.alice.pk)]
    kinds = {event.kind for event in events.after(0, topics)}
    assert {"response", "alert"} <= kinds


def test_an_unanswered_questionnaire_can_be_taken_back_once(cast, asked):
    actions.take_back(asked, by=cast.bob, now=NOW)
    with pytest.raises(actions.AlreadyAnswered):
        actions.answer(asked, EVERY_TWO, by=cast.alice, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_people_asking_at_once_make_one_questionnaire():
    from tests.people import cast as make_cast

    here = make_cast()
    agree(here.alice)
    made, failed = [], []

    def ask():
        try:
            made.append(actions.assign(here.alice, "phq9", by=here.bob, now=NOW, due=NOW).pk)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(set(made)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_once_is_stored_once():
    from tests.people import cast as make_cast

    here = make_cast()
    agree(here.alice)
    asked = actions.assign(here.alice, "phq9", by=here.bob, now=NOW, due=NOW)
    refused, failed = [], []

    def send():
        try:
            actions.answer(asked, EVERY_TWO, by=here.alice, now=NOW)
        except actions.AlreadyAnswered as error:
            refused.append(error)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(refused) == 3
    assert Response.objects.count() == 1
    assert Alert.objects.count() == 1


def test_only_the_own_team_and_the_person_themself_ask_for_a_questionnaire(cast):
    agree(cast.alice)
    for stranger in (cast.charlie, cast.ada, cast.otto, cast.pat):
        with pytest.raises(NotAllowed):
            actions.assign(cast.alice, "phq9", by=stranger, now=NOW, due=NOW)
    assert actions.assign(cast.alice, "phq9", by=cast.bob, now=NOW, due=NOW).opened_by == cast.bob
    assert actions.assign(cast.alice, "gad7", by=cast.alice, now=NOW, due=NOW)


@pytest.mark.parametrize("welcomed", [None, NOW])
def test_the_first_is_not_offered_twice_nor_before_the_welcome_is_over(cast, welcomed):
    cast.alice.welcomed_at = welcomed
    agree(cast.alice, now=NOW)
    assert not Assignment.objects.exists()


def test_the_first_is_offered_once_to_who_agrees_after_the_welcome(cast):
    cast.alice.welcomed_at = NOW
    later = NOW + timedelta(days=3)
    agree(cast.alice, now=later)
    (asked,) = queries.due(cast.alice, later)
    assert asked.instrument == actions.FIRST_QUESTIONNAIRE
    actions.take_back(asked, by=cast.bob, now=later)
    consent.withdraw(cast.alice, "questionnaires", "keep", by=cast.alice, now=later)
    consent.give(cast.alice, "questionnaires", "keep", by=cast.alice, now=later)
    assert not queries.coming(cast.alice).exists()
