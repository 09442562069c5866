"""Signals: a person's newest days against their own usual, through the gate, safe to run twice."""

from datetime import timedelta

import numpy as np
import pytest
from tests.people import NOW, agree

from heartsease.base.policy import policy
from heartsease.capture.journal.actions import CheckInValues
from heartsease.capture.journal.models import CheckIn
from heartsease.capture.streams.models import DailyFeature
from heartsease.consent import actions as consent
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.watch import queries, tasks, watched
from heartsease.watch.models import Alert, Kind, Signal

DAYS = 110


def days_of(person, feature, values):
    """Daily values up to yesterday; None where a day is missing."""
    first = NOW.date() - timedelta(days=len(values))
    DailyFeature.objects.bulk_create(
        DailyFeature(
            person=person,
            day=first + timedelta(days=number),
            feature=feature,
            value=value,
            data_yield=1.0,
            definition_version="1",
        )
        for number, value in enumerate(values)
        if value is not None
    )


def usual(centre, spread, seed=3, days=DAYS):
    rng = np.random.default_rng(seed)
    return [float(value) for value in rng.normal(centre, spread, days)]


@pytest.fixture
def alice(cast):
    agree(cast.alice)
    return cast.alice


@pytest.fixture
def changed(alice):
    steps = usual(8_000, 900)
    steps[-16:] = [value - 4_000 for value in steps[-16:]]
    days_of(alice, "steps", steps)
    days_of(alice, "resting_heart_rate_bpm", usual(60, 1.5, seed=4))
    return alice


def test_a_lasting_fall_becomes_a_signal_that_says_what_since_when_and_how_much(changed):
    (signal,) = tasks.compare(changed, now=NOW)
    assert (signal.feature, signal.direction, signal.stream) == ("steps", -1, "wearables")
    assert abs((signal.since - (NOW.date() - timedelta(days=16))).days) <= 3
    facts = signal.facts
    assert -5_000 < facts["size"] < -3_000
    assert facts["days_in_window"] - facts["days_with_data"] == 1, "today has no data yet"
    assert facts["budget"] == pytest.approx(policy().false_alarms_per_person_month / 2)
    assert "Steps" in signal.sentence
    assert signal.suggestion


def test_the_team_gets_one_alert_with_an_owner_and_a_clock(changed, cast):
    tasks.compare(changed, now=NOW)
    alert = Alert.objects.get()
    assert (alert.kind, alert.owner, alert.stream) == (Kind.CHANGE, cast.bob, "wearables")
    assert alert.due_at == NOW + timedelta(hours=policy().alert_due_hours)


def test_looking_twice_makes_one_signal_and_one_alert(changed):
    assert len(tasks.compare(changed, now=NOW)) == 1
    assert tasks.compare(changed, now=NOW) == []
    assert (Signal.objects.count(), Alert.objects.count()) == (1, 1)


def test_the_day_it_was_noticed_is_kept_when_the_change_goes_on(changed):
    (signal,) = tasks.compare(changed, now=NOW)
    noticed = signal.facts["noticed"]
    tasks.compare(changed, now=NOW + timedelta(days=2))
    signal.refresh_from_db()
    assert str(signal.facts["noticed"])[:10] == str(noticed)[:10]


def test_a_signal_ends_when_the_days_are_usual_again(changed):
    (signal,) = tasks.compare(changed, now=NOW)
    DailyFeature.objects.filter(feature="steps").delete()
    days_of(changed, "steps", usual(8_000, 900))
    tasks.compare(changed, now=NOW)
    signal.refresh_from_db()
    assert signal.ended_at is not None


def test_when_data_stop_coming_the_signal_stays_for_two_weeks_and_then_ends(changed):
    """That nothing is known any more is neither a change nor the end of one that goes on."""
    tasks.compare(changed, now=NOW)
    assert tasks.compare(changed, now=NOW + timedelta(days=12)) == []
    assert Signal.objects.filter(ended_at=None).count() == 1
    assert tasks.compare(changed, now=NOW + timedelta(days=16)) == []
    assert not Signal.objects.filter(ended_at=None).exists()


def test_an_unfinished_or_half_worn_day_is_no_fall_in_steps(alice):
    days_of(alice, "steps", usual(8_000, 900))
    lately = DailyFeature.objects.filter(day__gte=NOW.date() - timedelta(days=16))
    lately.update(value=2_000, data_yield=0.3)
    DailyFeature.objects.create(
        person=alice,
        day=NOW.date(),
        feature="steps",
        value=2_000,
        data_yield=1.0,
        definition_version="1",
    )
    assert tasks.compare(alice, now=NOW) == []
    lately.update(data_yield=1.0)
    assert len(tasks.compare(alice, now=NOW)) == 1


def test_a_change_that_comes_later_is_added_to_the_open_alert(changed):
    tasks.compare(changed, now=NOW)
    DailyFeature.objects.filter(feature="resting_heart_rate_bpm").delete()
    pulse = usual(60, 1.5, seed=4)
    pulse[-16:] = [value + 8 for value in pulse[-16:]]
    days_of(changed, "resting_heart_rate_bpm", pulse)
    tasks.compare(changed, now=NOW)
    alert = Alert.objects.get()
    assert "Steps" in alert.reason
    assert "pulse" in alert.reason.lower()


def test_without_the_early_warning_nothing_is_compared(changed):
    consent.withdraw(changed, "wearables", "early_warning", by=changed, now=NOW)
    assert tasks.compare(changed, now=NOW) == []


def test_a_change_the_person_shows_to_nobody_is_theirs_alone(changed, cast):
    consent.withdraw(changed, "wearables", "care", by=changed, now=NOW)
    assert len(tasks.compare(changed, now=NOW)) == 1
    assert not Alert.objects.exists()
    assert len(queries.open_signals(changed)) == 1
    assert queries.open_signals(changed, actor=cast.bob, purpose="care") == []


def test_unchanged_days_make_no_signal(alice):
    days_of(alice, "steps", usual(8_000, 900))
    assert tasks.compare(alice, now=NOW) == []


def test_two_weeks_are_too_few_to_say_anything(alice):
    days_of(alice, "steps", usual(8_000, 900, days=14))
    assert tasks.compare(alice, now=NOW) == []


def test_check_ins_are_watched_too(alice):
    rng = np.random.default_rng(5)
    for number in range(80, 0, -1):
        at = NOW - timedelta(days=number)
        mood = int(np.clip(round(rng.normal(4 if number > 14 else 1.5, 0.5)), 1, 5))
        CheckIn.objects.create(
            person=alice, at=at, day=at.date(), values={"mood": CheckInValues(mood=mood).mood}
        )
    (signal,) = tasks.compare(alice, now=NOW)
    assert (signal.feature, signal.stream) == ("mood", "journal")


def test_everything_watched_is_in_the_catalogue_and_in_a_stream_people_agree_to():
    from heartsease.consent.texts import texts

    for row in watched.plan().features:
        assert row.feature in FEATURES
        assert row.stream in texts().streams
        assert row.direction in {-1, 0, 1}
        assert row.suggestion.strip()


def test_the_sealed_facts_of_a_signal_do_not_show_in_the_database(changed):
    from django.db import connection

    tasks.compare(changed, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT facts FROM watch_signal")
        assert b"Steps" not in bytes(cursor.fetchone()[0])
