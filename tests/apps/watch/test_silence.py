"""What stopped coming is told with its reason, to those who may see the stream."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest
from tests.apps.watch.test_signals import days_of, usual
from tests.people import NOW, agree, as_

from heartsease.capture.journal.models import CheckIn
from heartsease.capture.streams import actions as streams
from heartsease.capture.streams import daybook
from heartsease.capture.streams.models import DailyFeature, DayRecord, Source
from heartsease.consent import actions as consent
from heartsease.science.sensing.schema import STREAMS
from heartsease.watch.silence import silences

TODAY = NOW.date()
GONE = 12


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    days_of(cast.alice, "minutes_asleep", usual(430, 30))
    days_of(cast.alice, "steps", usual(8_000, 900))
    DailyFeature.objects.filter(day__gt=TODAY - timedelta(days=GONE)).delete()
    with time_machine_at(NOW):
        yield cast.alice


def only(person, **more):
    (one,) = silences(person, TODAY, **more)
    return one


def connect(person, *, seen_days_ago: int) -> Source:
    source, _ = streams.connect(person, "Watch", by=person, now=NOW - timedelta(days=100))
    Source.objects.filter(pk=source.pk).update(last_seen_at=NOW - timedelta(days=seen_days_ago))
    return source


def heartbeat(person, percent: float) -> None:
    day = TODAY - timedelta(days=GONE)
    at = NOW - timedelta(days=GONE)
    row = {"ts": at, "tz": 0, "source": "w", "device": "w", "quality": 1}
    table = pa.Table.from_pylist([{**row, "battery_percent": percent}], STREAMS["heartbeat"])
    made = DayRecord(person=person, stream="heartbeat", day=day, samples=1, digest="x")
    made.body = daybook.packed(table)
    daybook.keep_days([made])


def test_sleep_and_steps_that_stopped_together_are_told_as_one(alice, cast):
    connect(alice, seen_days_ago=GONE)
    one = only(alice, actor=cast.bob, purpose="care")
    assert (one.what, one.reason) == ("sleep and steps", "silent")
    assert one.found.last == TODAY - timedelta(days=GONE)
    assert one.found.longest_before == 0


def test_a_device_that_stopped_is_told_apart_from_one_that_was_paused_or_disconnected(alice):
    source = connect(alice, seen_days_ago=1)
    assert only(alice).reason == "sends_on"
    streams.pause(source, by=alice, now=NOW)
    assert only(alice).reason == "paused"
    streams.disconnect(source, by=alice, now=NOW)
    assert only(alice).reason == "disconnected"


def test_an_empty_battery_explains_it_and_a_full_one_does_not(alice):
    connect(alice, seen_days_ago=GONE)
    heartbeat(alice, 80.0)
    assert only(alice).reason == "silent"
    DayRecord.objects.all().delete()
    heartbeat(alice, 2.0)
    assert only(alice).reason == "battery"


def test_files_that_are_not_sent_any_more_are_no_device_that_fell_silent(alice):
    assert only(alice).reason == "files"


def test_one_thing_missing_while_others_come_is_not_a_silent_device(alice):
    connect(alice, seen_days_ago=0)
    days_of(alice, "resting_heart_rate_bpm", usual(60, 2))
    reasons = {one.what: one.reason for one in silences(alice, TODAY)}
    assert reasons == {"sleep and steps": "not_worn"}


def test_what_the_person_switched_off_is_theirs_to_see_and_told_to_the_team_as_their_choice(
    alice, cast
):
    connect(alice, seen_days_ago=0)
    consent.withdraw(alice, "wearables", "keep", by=alice, now=NOW - timedelta(days=GONE))
    assert only(alice).reason == "switched_off"
    assert silences(alice, TODAY, actor=cast.bob, purpose="care") == []
    page = as_(cast.bob).get(f"/clinic/people/{alice.pk}/").content.decode()
    assert "by the person&#x27;s choice" in page
    assert silences(alice, TODAY, actor=cast.charlie, purpose="care") == []


def test_check_ins_that_stopped_are_said_without_a_reason_and_never_to_the_person_as_missed(
    alice, cast
):
    days_of(alice, "steps", [8_000.0] * (GONE - 1))
    DailyFeature.objects.filter(feature="minutes_asleep").delete()
    for back in range(60, 14, -1):
        at = NOW - timedelta(days=back)
        CheckIn.objects.create(person=alice, at=at, day=at.date(), values={"mood": 3})
    one = only(alice, actor=cast.bob, purpose="care")
    assert (one.what, one.reason) == ("check-ins", "not_known")
    browser = as_(alice)
    for page in ("/", "/my-data/", "/my-data/sources/"):
        assert "Nothing of your check-ins" not in browser.get(page).content.decode()


def test_the_page_of_sources_says_what_stopped_and_what_may_help(alice):
    connect(alice, seen_days_ago=GONE)
    page = as_(alice).get("/my-data/sources/").content.decode()
    assert "Nothing of your sleep and steps has come since 22 April 2026" in page
    assert "Opening it on your phone often helps" in page
