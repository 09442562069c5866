"""What is dangerous comes before what is routine, and a list of people is a look at them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.people import agree, as_

from heartsease.base import audit
from heartsease.capture.measures import actions as measures
from heartsease.care.plans import tasks as plan_tasks
from heartsease.care.plans.models import CarePlan, Proposal
from heartsease.consent import queries as consent
from heartsease.watch import actions as watch
from heartsease.watch.models import Alert, Review

WARNING = "A safety alert is open"


@pytest.fixture
def bob(cast):
    return as_(cast.bob)


@pytest.fixture
def danger(cast):
    """Alice said item 9, and the rules have a proposal about something else as well."""
    agree(cast.alice)
    now = timezone.now()
    asked = measures.assign(cast.alice, "phq9", by=cast.bob, now=now, due=now)
    measures.answer(asked, dict.fromkeys(range(1, 10), 2), by=cast.alice, now=now)
    plan_tasks.think_over(cast.alice, now=now)
    return Alert.objects.get()


def test_a_plan_does_not_change_past_an_open_safety_alert_unseen(cast, bob, danger):
    addresses = [f"/clinic/proposals/{one.pk}/" for one in Proposal.objects.all()]
    for address in (*addresses, f"/clinic/people/{cast.alice.pk}/plan/"):
        body = bob.get(address).content.decode()
        assert WARNING in body
        assert f"/clinic/alerts/{danger.pk}/" in body
        assert "nobody took it" in body
    watch.close(danger, "Spoke for an hour.", by=cast.bob, now=timezone.now())
    assert WARNING not in bob.get(f"/clinic/people/{cast.alice.pk}/plan/").content.decode()


def test_a_decision_says_that_the_alert_is_still_open(cast, bob, danger):
    form = {
        "problem": "Low mood",
        "activities": "Walk",
        "review_on": timezone.localdate() + timedelta(days=20),
        "step": 1,
        "summary": "Begin",
    }
    address = f"/clinic/people/{cast.alice.pk}/plan/"
    assert "An alert is still open." in bob.post(address, form, follow=True).content.decode()
    assert CarePlan.objects.exists()
    watch.close(danger, "Spoke for half an hour.", by=cast.bob, now=timezone.now())
    assert "still open" not in bob.post(address, form, follow=True).content.decode()


def test_nobody_is_marked_reviewed_while_a_safety_alert_waits(cast, bob, danger):
    address = f"/clinic/people/{cast.alice.pk}/reviewed/"
    answer = bob.post(address, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "Take it first" in answer.content.decode()
    assert "Take it first" in bob.post(address, follow=True).content.decode()
    assert not Review.objects.exists()
    watch.acknowledge(danger, by=cast.bob, now=timezone.now())
    assert bob.post(address, headers={"HX-Request": "true"}).status_code == 204


def test_an_alert_is_handed_to_somebody_else_than_who_has_it(cast, danger):
    assert danger.owner_id == cast.bob.pk
    sue = as_(cast.sue).get(f"/clinic/alerts/{danger.pk}/")
    assert sue.context["colleagues"] == []
    watch.hand_over(danger, cast.sue, by=cast.bob, now=timezone.now())
    assert as_(cast.sue).get(f"/clinic/alerts/{danger.pk}/").context["colleagues"] == [cast.bob]


def test_what_is_proposed_is_not_in_the_heading_before_the_own_choice(cast, bob, danger):
    proposal = Proposal.objects.first()
    address = f"/clinic/proposals/{proposal.pk}/"
    assert proposal.title not in bob.get(address).content.decode()
    bob.post(f"{address}own-choice/", {"own_choice": "Call today."})
    assert proposal.title in bob.get(address).content.decode()


def test_standing_in_a_list_is_noted_once_a_day_and_the_person_reads_it(cast, bob, time_machine_at):
    now = timezone.now()
    for _ in range(3):
        bob.get("/clinic/")
        bob.get(f"/clinic/?fragment=1&person={cast.alice.pk}")
    lines = audit.about(cast.alice.pk).filter(action="record.listed")
    assert lines.count() == 1
    with time_machine_at(now + timedelta(hours=25)):
        as_(cast.bob).get(f"/clinic/?fragment=1&person={cast.alice.pk}")
    assert lines.count() == 2
    (seen,) = consent.listings(cast.alice, now=now + timedelta(hours=26))
    assert (seen.who, seen.days) == ("Bob", 2)
    cast.alice.welcomed_at = now
    cast.alice.save()
    page = as_(cast.alice)
    assert "Who saw you in their list" in page.get("/privacy/").content.decode()
    assert page.get("/privacy/export/").json()["seen_in_a_list"][0]["who"] == "Bob"
    assert not audit.about(cast.pat.pk).filter(action="record.listed").exists()
    assert not list(audit.faults())


def test_links_written_together_hold_like_single_ones(cast):
    now = timezone.now()
    before = audit.record("first", by=cast.bob, now=now)
    people = [cast.alice.pk, cast.pat.pk]
    entries = audit.record_each("both", by=cast.bob, now=now, subjects=people)
    assert [one.number for one in entries] == [before.number + 1, before.number + 2]
    assert audit.record_each("nobody", by=cast.bob, now=now, subjects=[]) == []
    assert not list(audit.faults())
    assert audit.subjects_noted("both", by=cast.bob, among=people, since=now) == set(people)
    assert not audit.subjects_noted("both", by=cast.sue, among=people, since=now)
