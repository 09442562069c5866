"""Alerts that nobody takes end, kinds that nobody acts on rest, and safety never does either."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.apps.watch.test_signals import days_of, usual
from tests.people import NOW, agree, as_

from heartsease.watch import actions, queries, tasks
from heartsease.watch.models import Alert, Kind, Outcome, Signal

LATER = NOW + timedelta(days=15)


@pytest.fixture
def changed(cast):
    agree(cast.alice)
    steps = usual(8_000, 900)
    steps[-16:] = [value - 4_000 for value in steps[-16:]]
    days_of(cast.alice, "steps", steps)
    return cast.alice


def ended(person, outcome, *, count, kind=Kind.CHANGE, at=NOW - timedelta(days=30)):
    """Alerts about less movement that ended with an outcome."""
    signal = Signal.objects.create(
        person=person,
        stream="wearables",
        domain="activity",
        feature="wearables.activity.less",
        direction=-1,
        since=at.date(),
        noticed_at=at,
        facts={"label": "Less movement", "sentence": "Fewer steps."},
        ended_at=at,
    )
    for _ in range(count):
        Alert.objects.create(
            person=person,
            kind=kind,
            stream="wearables",
            title="Changed",
            reason="Fewer steps.",
            signal=signal,
            opened_at=at,
            due_at=at,
            ended_at=at,
            end_reason="Ended.",
            outcome=outcome,
        )


def test_an_alert_about_a_change_that_nobody_took_ends_and_says_so(changed, cast):
    tasks.compare(changed, now=NOW)
    tasks.retire_untaken_alerts(NOW + timedelta(days=13))
    assert Alert.objects.filter(ended_at=None).count() == 1
    tasks.retire_untaken_alerts(LATER)
    alert = Alert.objects.get()
    assert (alert.outcome, alert.acknowledged_by) == (Outcome.RETIRED, None)
    assert "Nobody took it" in alert.end_reason
    assert Signal.objects.filter(ended_at=None).exists(), "the change itself is still told"
    assert queries.burden(LATER).retired_30_days == 1


def test_an_alert_that_was_taken_and_one_about_safety_never_retire(changed, cast):
    tasks.compare(changed, now=NOW)
    actions.acknowledge(Alert.objects.get(), by=cast.bob, now=NOW)
    actions.open_alert(
        cast.pat, Kind.SAFETY, stream="questionnaires", title="T", reason="R", now=NOW
    )
    tasks.retire_untaken_alerts(NOW + timedelta(days=200))
    assert Alert.objects.filter(ended_at=None).count() == 2


def test_a_kind_of_change_that_nobody_acts_on_rests_and_is_still_told_on_pages(
    changed, cast, time_machine_at
):
    ended(cast.pat, Outcome.NOTHING, count=11)
    assert queries.resting_ways(NOW) == set()
    ended(cast.pat, Outcome.RETIRED, count=1)
    assert queries.resting_ways(NOW) == {"activity.less"}
    (signal,) = tasks.compare(changed, now=NOW)
    assert not Alert.objects.filter(person=changed).exists()
    assert queries.open_signals(changed, actor=cast.bob, purpose="care") == [signal]
    with time_machine_at(NOW):
        page = as_(cast.sue).get("/office/loop/").content.decode()
    assert "Less movement" in page
    assert "Rests" in page


def test_it_comes_back_when_its_alerts_are_long_past_or_were_of_use(changed, cast):
    ended(cast.pat, Outcome.NOTHING, count=20, at=NOW - timedelta(days=91))
    assert queries.resting_ways(NOW) == set()
    ended(cast.pat, Outcome.NOTHING, count=16)
    ended(cast.pat, Outcome.ACTED, count=4)
    assert queries.resting_ways(NOW) == set()
    tasks.compare(changed, now=NOW)
    assert Alert.objects.filter(person=changed).exists()


def test_a_site_may_keep_every_kind_awake(changed, cast, settings):
    ended(cast.pat, Outcome.NOTHING, count=20)
    settings.SITE_POLICY.write_text("unheeded_alerts_rest = false\n")
    assert queries.resting_ways(NOW) == set()


def test_whoever_ends_an_alert_may_say_whether_anything_was_needed(changed, cast):
    tasks.compare(changed, now=NOW)
    alert = Alert.objects.get()
    bob = as_(cast.bob)
    assert "Was anything needed?" in bob.get(f"/clinic/alerts/{alert.pk}/").content.decode()
    bob.post(f"/clinic/alerts/{alert.pk}/close/", {"reason": "Called.", "outcome": "acted"})
    alert.refresh_from_db()
    assert alert.outcome == Outcome.ACTED
    (row,) = queries.heeded(NOW + timedelta(minutes=1))
    assert (row.way, row.opened, row.acted, row.rests) == ("activity.less", 1, 1, False)


def test_nobody_can_say_that_an_alert_retired_by_hand(changed, cast):
    tasks.compare(changed, now=NOW)
    alert = Alert.objects.get()
    as_(cast.bob).post(
        f"/clinic/alerts/{alert.pk}/close/", {"reason": "Called.", "outcome": "retired"}
    )
    alert.refresh_from_db()
    assert (alert.ended_at is not None, alert.outcome) == (True, "")
