"""Today, a check-in, a result and the plan: each says how things stand, in every state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from tests.people import BACKEND, NOW, STREAMS, agree

from heartsease.capture.journal import actions as journal
from heartsease.capture.journal.actions import CheckInValues
from heartsease.capture.journal.models import CheckIn
from heartsease.capture.measures import actions as measures
from heartsease.care.plans import actions as plans
from heartsease.consent import actions as consent
from heartsease.people import actions as people
from heartsease.watch import actions as watch
from heartsease.watch import queries
from heartsease.watch.models import Alert

OFF = "Check-ins are off"
TOLD = "Your team has been told"


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    cast.alice.welcomed_at = NOW
    cast.alice.save()
    with time_machine_at(NOW + timedelta(minutes=1)):
        yield cast.alice


@pytest.fixture
def page(alice):
    client = Client()
    client.force_login(alice, backend=BACKEND)
    return client


def seen(client: Client, path: str = "/") -> str:
    return client.get(path).content.decode()


def stop(person, stream: str) -> None:
    consent.withdraw(person, stream, "keep", by=person, now=NOW)


def answer(person, cast, item_nine: int) -> None:
    asked = measures.assign(person, "phq9", by=cast.bob, now=NOW, due=NOW)
    given = {**dict.fromkeys(range(1, 9), 1), 9: item_nine}
    measures.answer(asked, given, by=person, now=NOW)


def test_with_check_ins_off_no_face_can_be_tapped_and_none_is_said_to_be_saved(page, alice):
    assert "saved at once" in seen(page)
    stop(alice, "journal")
    body = seen(page)
    assert OFF in body
    assert "saved at once" not in body
    assert "face-button" not in body


@pytest.mark.parametrize("streams", [(), ("voice",)])
def test_the_voice_diary_is_a_tap_away_on_today_and_in_the_check_in_kept_or_not(
    page, alice, streams
):
    agree(alice, streams=streams)
    for path in ("/", "/check-in/"):
        assert 'href="/voice/"' in seen(page, path)
    assert ('href="/voice/"' in seen(page, "/my-data/")) == bool(streams)
    stop(alice, "journal")
    assert 'href="/voice/"' in seen(page)


def test_with_check_ins_off_the_form_is_not_offered_but_nothing_written_is_lost(page, alice):
    stop(alice, "journal")
    assert OFF in seen(page, "/check-in/")
    assert "<textarea" not in seen(page, "/check-in/")
    sent = page.post("/check-in/", {"mood": "2", "note": "still here"})
    assert sent.status_code == 403
    assert "still here" in sent.content.decode()
    assert not CheckIn.objects.exists()


def test_with_nothing_on_today_says_so_and_where_to_switch_on(page, alice):
    assert "Nothing is switched on" not in seen(page)
    for stream in STREAMS:
        stop(alice, stream)
    body = seen(page)
    assert "Nothing is switched on" in body
    assert "/privacy/" in body.split("Nothing is switched on")[1]


def test_today_keeps_saying_that_the_team_was_told_while_the_alert_is_open(page, alice, cast):
    answer(alice, cast, item_nine=0)
    assert TOLD not in seen(page)
    answer(alice, cast, item_nine=2)
    body = seen(page)
    assert TOLD in body
    assert "not read around the clock" in body
    assert "tel:116123" in body
    alert = Alert.objects.get()
    watch.acknowledge(alert, by=cast.bob, now=NOW)
    assert TOLD in seen(page)
    watch.close(alert, "We spoke for an hour.", by=cast.bob, now=NOW + timedelta(minutes=1))
    body = seen(page)
    assert TOLD not in body
    assert "that they looked after it" in body
    assert "tel:116123" in body


def test_the_own_open_safety_alert_gives_only_its_moment_and_only_to_its_person(alice, cast):
    assert queries.own_open_safety(alice) is None
    answer(alice, cast, item_nine=1)
    assert queries.own_open_safety(alice) == NOW
    assert queries.own_open_safety(cast.pat) is None


def test_one_tap_is_undone_in_a_word_and_a_long_check_in_only_by_name(page, alice):
    journal.check_in(alice, CheckInValues(mood=4), now=NOW)
    assert "Undo<" in seen(page)
    journal.check_in(alice, CheckInValues(mood=2, energy=3), now=NOW + timedelta(seconds=1))
    assert "Undo<" not in seen(page)
    assert "Take back this check-in<" in seen(page)
    journal.check_in(alice, CheckInValues(note="Slept."), now=NOW + timedelta(seconds=2))
    assert "Take back this check-in and its note<" in seen(page)


def test_a_day_or_two_make_no_week_and_no_drawing(page, alice):
    journal.check_in(alice, CheckInValues(mood=1), now=NOW)
    body = seen(page)
    assert "Only 1 of the last 7 days" in body
    assert "mostly" not in body
    assert "spark-link" not in body
    for day in (1, 2):
        journal.check_in(alice, CheckInValues(mood=1), now=NOW - timedelta(days=day))
    assert "mostly very low, from 3 of the last 7 days" in seen(page)
    assert "spark-link" in seen(page)


def test_who_agrees_to_questionnaires_after_the_welcome_is_offered_the_first(page, alice):
    assert "Start" not in seen(page)
    stop(alice, "questionnaires")
    asked = {"stream": "questionnaires", "purpose": "keep", "to": "on"}
    page.post("/privacy/switch/", asked)
    assert "PHQ-9" in seen(page)


def test_the_result_shows_each_answer_in_words(page, alice, cast):
    asked = measures.assign(alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    given = {1: 3, 2: 1, **dict.fromkeys(range(3, 8), 0), 8: None, 9: 0}
    response = measures.answer(asked, given, by=alice, now=NOW)
    rows = seen(page, f"/results/{response.pk}/").split("<table")[1].split("</tr>")
    assert "Nearly every day" in rows[1]
    assert "Several days" in rows[2]
    assert "left out" in rows[8]
    assert sum("Not at all" in row for row in rows) == 6


def test_without_a_plan_the_page_speaks_of_questionnaires_only_as_they_stand(page, alice, cast):
    page_of = "/plan/"
    measures.assign(alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    assert "The first questionnaire helps" in seen(page, page_of)
    answer(alice, cast, item_nine=0)
    assert "Your answers help" in seen(page, page_of)
    consent.withdraw(alice, "questionnaires", "care", by=alice, now=NOW)
    assert "does not see your answers" in seen(page, page_of)
    stop(alice, "questionnaires")
    assert "Questionnaires are off" in seen(page, page_of)
    people.end_care(alice.care_relations.get(), by=cast.ada, now=NOW)
    assert "No team cares for you" in seen(page, page_of)


def test_the_plan_says_who_decided_it_and_promises_nothing_that_no_button_does(page, alice, cast):
    plans.make_plan(
        alice,
        problem="Low mood",
        goals=[],
        activities=["Walk"],
        review_on=NOW.date(),
        by=cast.bob,
        now=NOW,
    )
    body = seen(page, "/plan/")
    assert "Decided by Bob on 4 May 2026" in body
    assert "You can always say no" in body
    for promise in ("agreed with", "earlier time", "without a word with you"):
        assert promise not in body
