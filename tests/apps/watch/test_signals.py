"""Signals: a person's newest days against their own usual, through the gate, safe to run twice."""

import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from django.db import connection
from tests.people import NOW, agree
from tests.people import cast as make_cast

from heartsease.base import keys
from heartsease.base.policy import policy
from heartsease.capture.journal.actions import CheckInValues
from heartsease.capture.journal.models import CheckIn
from heartsease.capture.streams import actions as streams
from heartsease.capture.streams.models import DailyFeature
from heartsease.consent import actions as consent
from heartsease.consent.texts import texts
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.watch import actions, coping, queries, tasks, watched
from heartsease.watch.models import Alert, Kind, Signal

DAYS = 110


def days_of(person, feature, values):
    """Daily values up to yesterday; None where a day is missing."""
    days_of_until(person, feature, values, NOW.date() - timedelta(days=1))


def days_of_until(person, feature, values, last):
    first = last - timedelta(days=len(values) - 1)
    DailyFeature.objects.bulk_create(
        DailyFeature(
            person=person,
            day=first + timedelta(days=number),
            feature=feature,
            value=value,
            data_yield=1.0,
            definition_version=FEATURES[feature].version,
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
    assert (signal.feature, signal.direction, signal.stream) == (
        "wearables.activity.less",
        -1,
        "wearables",
    )
    assert signal.features == ("steps",)
    assert abs((signal.since - (NOW.date() - timedelta(days=16))).days) <= 3
    facts = signal.facts
    (moved,) = facts["moved"]
    assert -5_000 < moved["after"] - moved["before"] < -3_000
    assert facts["days_in_window"] == facts["days_with_data"], "today is not over"
    assert facts["budget"] == pytest.approx(policy().false_alarms_per_person_month * 2 / 3)
    assert "Steps" in signal.sentence
    (told,) = queries.own_changes(changed)
    assert told.idea is not None


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


def test_a_half_worn_day_is_no_fall_in_steps(alice):
    days_of(alice, "steps", usual(8_000, 900))
    lately = DailyFeature.objects.filter(day__gte=NOW.date() - timedelta(days=16))
    lately.update(value=2_000, data_yield=0.3)
    assert tasks.compare(alice, now=NOW) == []
    lately.update(data_yield=1.0)
    assert len(tasks.compare(alice, now=NOW)) == 1


def test_half_a_night_that_came_at_four_is_no_short_night(alice):
    """The watch sends every night at four in the morning and again at nine; nothing has changed."""
    nights = usual(420, 40, days=200)
    looked = 0
    for number in range(110, 200):
        now = NOW + timedelta(days=number - 200)
        DailyFeature.objects.filter(person=alice).delete()
        days_of_until(alice, "minutes_asleep", nights[:number], now.date() - timedelta(days=1))
        half = DailyFeature.objects.create(
            person=alice,
            day=now.date(),
            feature="minutes_asleep",
            value=nights[number] / 2,
            data_yield=1.0,
            definition_version=FEATURES["minutes_asleep"].version,
        )
        assert tasks.compare(alice, now=now) == []
        half.delete()
        looked += 1
    assert looked == 90
    assert not Alert.objects.exists()


def test_a_day_is_looked_at_when_it_is_over_though_nothing_comes_then(changed, cast, monkeypatch):
    asked = []
    monkeypatch.setattr(tasks, "look", SimpleNamespace(enqueue=asked.append))
    tasks.look_at_days_that_are_over(NOW + timedelta(hours=3))
    assert asked == [str(changed.pk)], "and nobody who sent nothing"


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
    assert (signal.feature, signal.stream) == ("journal.mood.lower", "journal")


def test_everything_watched_is_in_the_catalogue_and_in_a_stream_people_agree_to():
    names = [row.name for row in watched.plan().ways]
    assert len(names) == len(set(names))
    for row in watched.plan().ways:
        assert row.stream in texts().streams
        assert set(row.way.signs) <= set(FEATURES)
        assert {watched.stream_of(feature) for feature in row.way.signs} == {row.stream}
        assert row.name.partition(".")[2] in coping.ideas()
        assert len(row.name) <= 40


def test_a_change_of_sleep_names_what_moved_and_its_size_in_words(alice):
    asleep, efficiency = usual(430, 30), usual(0.9, 0.03, seed=6)
    asleep[-16:] = [value - 70 for value in asleep[-16:]]
    efficiency[-16:] = [value - 0.05 for value in efficiency[-16:]]
    days_of(alice, "minutes_asleep", asleep)
    days_of(alice, "sleep_efficiency", efficiency)
    signals = tasks.compare(alice, now=NOW)
    (less,) = [one for one in signals if one.way == "sleep.less"]
    assert set(less.features) == {"minutes_asleep", "sleep_efficiency"}
    assert less.sentence.startswith("Less or worse sleep since")
    assert "points of 100 lower" in less.sentence


def test_what_helped_comes_first_and_what_did_not_is_not_offered_again(changed, cast):
    (signal,) = tasks.compare(changed, now=NOW)
    first = queries.own_changes(changed)[0].idea
    actions.say_of_idea(changed, signal.id, first.key, coping.DID_NOT, now=NOW)
    second = queries.own_changes(changed)[0].idea
    assert second != first
    actions.say_of_idea(changed, signal.id, second.key, coping.HELPED, now=NOW)
    told = queries.own_changes(changed)[0]
    assert (told.idea, told.helped) == (second, True)
    for person, idea, verdict in (
        (cast.pat, first.key, coping.HELPED),
        (changed, "no such", coping.HELPED),
        (changed, first.key, "wonderful"),
    ):
        with pytest.raises(actions.NoSuchIdea):
            actions.say_of_idea(person, signal.id, idea, verdict, now=NOW)
    for one in coping.ideas()[signal.way]:
        actions.say_of_idea(changed, signal.id, one.key, coping.DID_NOT, now=NOW)
    told = queries.own_changes(changed)[0]
    assert (told.idea, told.tried_all) == (None, True)


def test_the_sealed_facts_of_a_signal_do_not_show_in_the_database(changed):
    from django.db import connection

    tasks.compare(changed, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT facts FROM watch_signal")
        assert b"Steps" not in bytes(cursor.fetchone()[0])


def test_what_the_last_look_could_say_is_kept_for_those_who_may_know_it(changed, cast):
    thin = usual(420, 30)
    thin[:-2] = [None] * (DAYS - 2)
    days_of(changed, "minutes_asleep", thin)
    tasks.compare(changed, now=NOW)
    found = queries.verdicts_of(cast.bob, [changed])[changed.pk]
    assert found["activity"] == [queries.NOTICED]
    assert found["heart"] == [queries.UNCHANGED]
    assert all("of 28 days before" in one for one in found["sleep"])
    assert queries.verdicts_of(cast.charlie, [changed]) == {changed.pk: {}}
    consent.withdraw(changed, "wearables", "care", by=changed, now=NOW)
    tasks.compare(changed, now=NOW)
    assert queries.verdicts_of(cast.bob, [changed]) == {changed.pk: {}}


def test_whoever_pauses_for_an_hour_is_looked_at_again_and_resets_no_clock(changed, cast):
    tasks.compare(changed, now=NOW)
    first = Alert.objects.get()
    late = NOW + timedelta(hours=policy().alert_due_hours + 1)
    actions.escalate(late)
    first.refresh_from_db()
    assert first.owner == cast.sue
    consent.withdraw(changed, "wearables", "keep", by=changed, now=late)
    assert not Alert.objects.filter(ended_at=None).exists()
    back = late + timedelta(hours=1)
    for purpose in ("keep", "early_warning", "care"):
        consent.give(changed, "wearables", purpose, by=changed, now=back)
    tasks.compare(changed, now=back)
    again = Alert.objects.get(ended_at=None)
    assert (again.due_at, again.escalated_at, again.owner) == (first.due_at, late, cast.sue)


def test_giving_consent_again_asks_for_a_look(changed, monkeypatch):
    asked = []
    monkeypatch.setattr(tasks, "look", SimpleNamespace(enqueue=asked.append))
    consent.withdraw(changed, "wearables", "early_warning", by=changed, now=NOW)
    consent.give(changed, "wearables", "early_warning", by=changed, now=NOW)
    assert asked == [str(changed.pk)]


def test_a_change_that_goes_on_is_told_again_once_it_is_shown_again(changed):
    tasks.compare(changed, now=NOW)
    consent.withdraw(changed, "wearables", "care", by=changed, now=NOW)
    assert not Alert.objects.filter(ended_at=None).exists()
    assert Signal.objects.filter(ended_at=None).exists()
    consent.give(changed, "wearables", "care", by=changed, now=NOW)
    assert tasks.compare(changed, now=NOW) == []
    assert Alert.objects.get(ended_at=None).signals.get().ended_at is None


@pytest.mark.django_db(transaction=True)
def test_of_days_deleted_while_they_are_looked_at_nothing_is_said():
    """Each waits for the other, so that either all is said before, or nothing after."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite takes one writer at a time anyway")
    here = make_cast()
    agree(here.alice)
    failed = []

    def alone(job):
        try:
            with keys.keyring():
                job()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    for number in range(6):
        steps = usual(8_000, 900)
        steps[-16:] = [value - 4_000 for value in steps[-16:]]
        DailyFeature.objects.filter(person=here.alice).delete()
        days_of(here.alice, "steps", steps)
        now = NOW + timedelta(minutes=number)
        jobs = [
            lambda now=now: tasks.compare(here.alice, now=now),
            lambda now=now: tasks.compare(here.alice, now=now),
            lambda now=now: (
                time.sleep(0.01 * (now.minute % 6)),
                streams.delete_data(here.alice, by=here.alice, now=now),
            ),
        ]
        threads = [threading.Thread(target=alone, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert not Signal.objects.filter(ended_at=None).exists()
        assert not Alert.objects.filter(ended_at=None).exists()
