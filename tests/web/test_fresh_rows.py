"""Rows for pages that heard news: the same as in the whole table, shared, and never stale."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.people import agree, as_

from heartsease.capture.measures import actions as measures
from heartsease.consent import actions as consent
from heartsease.people import actions as people
from heartsease.watch import actions as watch
from heartsease.watch.models import Alert
from heartsease.web.clinic import fresh

ROW = re.compile(r"<tr data-row.*?</tr>", re.DOTALL)


def fragment(client, *persons, query=""):
    asked = "".join(f"&person={getattr(one, 'pk', one)}" for one in persons)
    answer = client.get(f"/clinic/?fragment=1{asked}{query}")
    assert answer.status_code == 200
    return ROW.findall(answer.content.decode())


@pytest.fixture
def bob(cast):
    return as_(cast.bob)


@pytest.fixture
def answered(cast):
    """Alice has answered PHQ-9 with a sum of 9."""
    agree(cast.alice)
    now = timezone.now()
    asked = measures.assign(cast.alice, "phq9", by=cast.bob, now=now, due=now)
    measures.answer(asked, dict.fromkeys(range(1, 10), 1), by=cast.alice, now=now)


def test_a_row_asked_for_alone_is_the_row_of_the_whole_table(cast, bob, answered):
    assert fragment(bob, cast.alice) == fragment(bob) != []


def test_rows_of_strangers_and_of_nobody_are_not_given(cast, bob):
    agree(cast.pat)
    assert fragment(bob, cast.pat) == []
    assert fragment(bob, "7b0f1a9e-7f43-4b57-8f33-6a3b3a1c0000") == []
    assert len(fragment(as_(cast.charlie), cast.alice, cast.pat)) == 1


def test_what_is_no_identifier_is_not_found(bob):
    assert bob.get("/clinic/?fragment=1&person=1%20or%201").status_code == 404


def test_the_filter_decides_whether_the_row_belongs_in_the_page(cast, bob, answered):
    assert fragment(bob, cast.alice, query="&which=needs")
    assert not fragment(bob, cast.alice, query="&which=proposal")


def test_the_second_page_that_asks_does_not_work_the_row_out_again(cast, bob, answered):
    sue = as_(cast.sue)
    with CaptureQueriesContext(connection) as first:
        row = fragment(bob, cast.alice)
    with CaptureQueriesContext(connection) as second:
        assert fragment(sue, cast.alice) == row
    assert len(second) < len(first) / 2


def test_a_row_that_is_shared_ends_with_the_agreement(cast, bob, answered):
    (row,) = fragment(bob, cast.alice)
    assert "<strong>9</strong>" in row
    consent.withdraw(cast.alice, "questionnaires", "care", by=cast.alice, now=timezone.now())
    (row,) = fragment(bob, cast.alice)
    assert "<strong>9</strong>" not in row


def test_a_row_that_is_shared_goes_to_nobody_whose_care_has_ended(cast, bob, answered):
    assert fragment(bob, cast.alice)
    now = timezone.now()
    people.end_care(cast.alice.care_relations.get(ended=None), by=cast.ada, now=now)
    assert fragment(bob, cast.alice) == []


def test_a_row_that_is_shared_ends_with_urgent_access(cast, answered, time_machine_at):
    charlie, now = as_(cast.charlie), timezone.now()
    consent.open_urgently(cast.charlie, cast.alice, "Nobody of the team answers.", now=now)
    assert fragment(charlie, cast.alice)
    with time_machine_at(now + timedelta(minutes=61)):
        assert fragment(charlie, cast.alice) == []


def test_a_review_mark_is_in_the_row_at_once(cast, bob, answered):
    (row,) = fragment(bob, cast.alice)
    assert 'class="reviewed"' not in row
    for alert in Alert.objects.all():
        watch.acknowledge(alert, by=cast.sue, now=timezone.now())
    watch.mark_reviewed(cast.alice, by=cast.sue, now=timezone.now())
    (row,) = fragment(bob, cast.alice)
    assert 'class="reviewed"' in row


def test_nothing_is_shared_for_longer_than_it_says(monkeypatch):
    clock = iter((0.0, 1.0, fresh.SHARED_SECONDS + 0.5))
    monkeypatch.setattr(fresh, "monotonic", lambda: next(clock))
    shared, made = fresh.Shared(), []

    def make():
        made.append(len(made))

    for _ in range(3):
        shared.get("key", make)
    assert made == [0, 1]
