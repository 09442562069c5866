"""Alerts that nobody takes end, a supervisor lets kinds rest, and safety never does either."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.apps.watch.test_signals import days_of, usual
from tests.people import NOW, agree, as_

from heartsease.people.actions import NotAllowed
from heartsease.watch import actions, queries, tasks
from heartsease.watch.actions import alerts
from heartsease.watch.models import Alert, Kind, Outcome, Rest, Signal

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
        alert = Alert.objects.create(
            person=person,
            kind=kind,
            stream="wearables",
            title="Changed",
            reason="Fewer steps.",
            asked_at=at,
            opened_at=at,
            due_at=at,
            ended_at=at,
            end_reason="Ended.",
            outcome=outcome,
        )
        alert.signals.add(signal)


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


def test_that_nobody_took_alerts_never_quietens_them(changed, cast):
    """Holidays with too few hands say nothing of whether the alerts were worth taking."""
    ended(cast.pat, Outcome.RETIRED, count=30)
    (row,) = queries.heeded(NOW)
    assert (row.untaken, row.said, row.could_rest) == (30, 0, False)
    tasks.compare(changed, now=NOW)
    assert Alert.objects.filter(person=changed).exists()


def test_alerts_that_are_hardly_ever_of_use_rest_only_when_a_supervisor_says_so(
    changed, cast, time_machine_at
):
    ended(cast.pat, Outcome.NOTHING, count=11)
    assert not queries.heeded(NOW)[0].could_rest
    ended(cast.pat, Outcome.NOTHING, count=1)
    assert queries.heeded(NOW)[0].could_rest
    assert queries.resting_ways(NOW) == {}
    with pytest.raises(NotAllowed):
        actions.let_rest("activity.less", by=cast.bob, now=NOW)
    with pytest.raises(actions.NoSuchWay):
        actions.let_rest("activity.sideways", by=cast.sue, now=NOW)
    with time_machine_at(NOW):
        sue = as_(cast.sue)
        assert "Let rest for 90 days" in sue.get("/office/loop/").content.decode()
        sue.post("/office/alerts/activity.less/rest/")
        assert "Raise again" in sue.get("/office/loop/").content.decode()
    (signal,) = tasks.compare(changed, now=NOW)
    assert not Alert.objects.filter(person=changed).exists()
    assert queries.open_signals(changed, actor=cast.bob, purpose="care") == [signal]


def test_a_change_noticed_while_its_kind_rested_is_told_once_it_wakes(changed, cast):
    actions.let_rest("activity.less", by=cast.sue, now=NOW)
    tasks.compare(changed, now=NOW)
    assert not Alert.objects.exists()
    actions.wake("activity.less", by=cast.sue, now=NOW)
    assert tasks.compare(changed, now=NOW) == []
    assert Alert.objects.get().signals.get().feature == "wearables.activity.less"
    assert tasks.compare(changed, now=NOW) == []
    assert Alert.objects.count() == 1


def test_a_rest_ends_by_itself(changed, cast):
    actions.let_rest("activity.less", by=cast.sue, now=NOW - timedelta(days=91))
    assert queries.resting_ways(NOW) == {}
    tasks.compare(changed, now=NOW)
    assert Alert.objects.exists()


def test_what_came_of_an_alert_counts_for_each_change_it_told(changed, cast):
    pulse = usual(60, 1.5, seed=4)
    pulse[-16:] = [value + 8 for value in pulse[-16:]]
    days_of(changed, "resting_heart_rate_bpm", pulse)
    tasks.compare(changed, now=NOW)
    alert = Alert.objects.get()
    actions.close(alert, "Called.", by=cast.bob, now=NOW, outcome=Outcome.ACTED)
    found = {row.way: row.acted for row in queries.heeded(NOW + timedelta(minutes=1))}
    assert found == {one.way: 1 for one in alert.signals.all()}
    assert len(found) == 2


def test_an_alert_ends_when_all_it_tells_of_is_over_and_nobody_had_taken_it(changed, cast):
    tasks.compare(changed, now=NOW)
    changed.daily_features.all().delete()
    days_of(changed, "steps", usual(8_000, 900))
    tasks.compare(changed, now=NOW)
    alert = Alert.objects.get()
    assert "as usual again" in alert.end_reason
    assert (alert.outcome, queries.heeded(NOW + timedelta(minutes=1))[0].said) == ("", 0)


def test_an_alert_that_somebody_took_stays_with_them_when_the_change_is_over(changed, cast):
    tasks.compare(changed, now=NOW)
    actions.acknowledge(Alert.objects.get(), by=cast.bob, now=NOW)
    changed.daily_features.all().delete()
    days_of(changed, "steps", usual(8_000, 900))
    tasks.compare(changed, now=NOW)
    assert Alert.objects.get().ended_at is None


def test_an_alert_stays_when_it_is_only_not_known_whether_the_change_goes_on(changed, cast):
    tasks.compare(changed, now=NOW)
    tasks.compare(changed, now=NOW + timedelta(days=16))
    assert not Signal.objects.filter(ended_at=None).exists()
    assert Alert.objects.get().ended_at is None


def test_whoever_ends_an_alert_may_say_whether_anything_was_needed(changed, cast):
    tasks.compare(changed, now=NOW)
    alert = Alert.objects.get()
    bob = as_(cast.bob)
    assert "Was anything needed?" in bob.get(f"/clinic/alerts/{alert.pk}/").content.decode()
    bob.post(f"/clinic/alerts/{alert.pk}/close/", {"reason": "Called.", "outcome": "acted"})
    alert.refresh_from_db()
    assert alert.outcome == Outcome.ACTED
    (row,) = queries.heeded(NOW + timedelta(minutes=1))
    assert (row.way, row.opened, row.acted, row.could_rest) == (
        "activity.less",
        1,
        1,
        False,
    )


def test_nobody_can_say_that_an_alert_retired_by_hand(changed, cast):
    tasks.compare(changed, now=NOW)
    alert = Alert.objects.get()
    as_(cast.bob).post(
        f"/clinic/alerts/{alert.pk}/close/", {"reason": "Called.", "outcome": "retired"}
    )
    alert.refresh_from_db()
    assert (alert.ended_at is not None, alert.outcome) == (True, "")


def test_whoever_gets_an_alert_later_has_the_whole_time_to_take_it(changed, cast):
    tasks.compare(changed, now=NOW)
    alert = Alert.objects.get()
    actions.acknowledge(alert, by=cast.bob, now=NOW)
    actions.hand_over(alert, cast.sue, by=cast.bob, now=LATER)
    tasks.retire_untaken_alerts(LATER + timedelta(hours=1))
    assert Alert.objects.filter(ended_at=None).exists()
    tasks.retire_untaken_alerts(LATER + timedelta(days=15))
    assert Alert.objects.get().outcome == Outcome.RETIRED


def test_an_alert_taken_at_the_moment_it_would_retire_stays(changed, cast, monkeypatch):
    tasks.compare(changed, now=NOW)
    end = alerts._end_untaken

    def taken_first(alert, *rest):
        actions.acknowledge(Alert.objects.get(), by=cast.bob, now=LATER)
        return end(alert, *rest)

    monkeypatch.setattr(alerts, "_end_untaken", taken_first)
    assert actions.retire_untaken(LATER) == 0
    assert Alert.objects.get().ended_at is None


def test_a_change_that_comes_back_is_told_once_and_as_it_is_now(changed):
    tasks.compare(changed, now=NOW)
    alert, (first,) = Alert.objects.get(), Signal.objects.all()
    for _ in range(3):
        actions.end_signal(Signal.objects.get(ended_at=None), now=NOW)
        tasks.compare(changed, now=NOW + timedelta(minutes=1))
    alert.refresh_from_db()
    assert alert.title.count("movement") == 1
    assert alert.signals.get() == Signal.objects.get(ended_at=None) != first


def test_a_kind_rests_once_however_often_it_is_said(cast):
    actions.let_rest("activity.less", by=cast.sue, now=NOW)
    actions.let_rest("activity.less", by=cast.sue, now=LATER)
    assert Rest.objects.get().until == LATER + timedelta(days=90)


def test_handing_over_wipes_nothing_from_the_figures(changed, cast):
    tasks.compare(changed, now=NOW)
    late = NOW + timedelta(hours=50)
    actions.escalate(late)
    alert = Alert.objects.get()
    actions.acknowledge(alert, by=cast.sue, now=late)
    actions.hand_over(alert, cast.bob, by=cast.sue, now=late)
    actions.acknowledge(Alert.objects.get(), by=cast.bob, now=late + timedelta(hours=5))
    found = queries.burden(late + timedelta(hours=6))
    assert (found.escalated_30_days, found.hours_to_taken, found.taken) == (1, 50, 1)
