"""Alerts: an owner, a clock, an escalation and an end; nobody outside the team touches them."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from tests.people import NOW, agree

from heartsease.base import audit
from heartsease.capture.measures import actions as measures
from heartsease.consent import actions as consent
from heartsease.people import actions as people
from heartsease.people.actions import NotAllowed
from heartsease.watch import actions, queries, tasks
from heartsease.watch.models import Alert, Kind, Signal


@pytest.fixture
def alert(cast):
    agree(cast.alice)
    asked = measures.assign(cast.alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    measures.answer(asked, {**dict.fromkeys(range(1, 9), 1), 9: 2}, by=cast.alice, now=NOW)
    return Alert.objects.get()


def test_an_alert_begins_with_the_leading_clinician_and_a_clock(cast, alert):
    assert (alert.owner, alert.kind) == (cast.bob, Kind.SAFETY)
    assert not alert.is_overdue(NOW)
    assert alert.is_overdue(NOW + timedelta(minutes=61))


def test_without_a_lead_somebody_of_the_team_owns_it(cast):
    agree(cast.pat)
    cast.pat.care_relations.filter(ended=None).update(lead=None)
    asked = measures.assign(cast.pat, "phq9", by=cast.charlie, now=NOW, due=NOW)
    measures.answer(asked, {9: 3}, by=cast.pat, now=NOW)
    assert Alert.objects.get().owner == cast.charlie


def test_taking_an_alert_makes_it_yours_and_the_second_one_is_told(cast, alert):
    assert actions.acknowledge(alert, by=cast.sue, now=NOW)
    assert not actions.acknowledge(alert, by=cast.bob, now=NOW)
    alert.refresh_from_db()
    assert (alert.owner, alert.acknowledged_by) == (cast.sue, cast.sue)


def test_another_team_can_neither_see_nor_touch_it(cast, alert):
    assert queries.find_alert(cast.charlie, alert.pk) is None
    for attempt in (
        lambda: actions.acknowledge(alert, by=cast.charlie, now=NOW),
        lambda: actions.close(alert, "done", by=cast.charlie, now=NOW),
        lambda: actions.hand_over(alert, cast.charlie, by=cast.bob, now=NOW),
        lambda: actions.acknowledge(alert, by=cast.alice, now=NOW),
        lambda: actions.close(alert, "done", by=cast.ada, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    alert.refresh_from_db()
    assert (alert.acknowledged_at, alert.ended_at) == (None, None)


def test_it_ends_with_a_reason_and_only_once(cast, alert):
    with pytest.raises(actions.NotSaid, match="what was done"):
        actions.close(alert, "  ", by=cast.bob, now=NOW)
    with pytest.raises(actions.NotSaid, match="in a sentence"):
        actions.close(alert, "done", by=cast.bob, now=NOW)
    actions.close(alert, "Spoke by phone, plan renewed.", by=cast.bob, now=NOW)
    with pytest.raises(actions.AlreadyEnded):
        actions.close(alert, "Spoke once more.", by=cast.sue, now=NOW)
    alert.refresh_from_db()
    assert alert.end_reason == "Spoke by phone, plan renewed."


def test_an_alert_nobody_took_goes_to_the_supervisor_once(cast, alert):
    assert actions.escalate(NOW + timedelta(minutes=59)) == 0
    assert actions.escalate(NOW + timedelta(minutes=61)) == 1
    assert actions.escalate(NOW + timedelta(minutes=62)) == 0
    alert.refresh_from_db()
    assert alert.owner == cast.sue


def test_an_alert_that_was_taken_is_not_escalated(cast, alert):
    actions.acknowledge(alert, by=cast.bob, now=NOW)
    assert actions.escalate(NOW + timedelta(days=1)) == 0


def test_an_alert_that_has_ended_is_not_escalated(cast, alert):
    actions.close(alert, "Spoke with her.", by=cast.bob, now=NOW)
    Alert.objects.update(acknowledged_at=None)
    assert actions.escalate(NOW + timedelta(days=1)) == 0


def test_without_a_supervisor_escalation_is_tried_until_there_is_one(cast, alert):
    people.leave(cast.riverside, cast.sue, by=cast.ada, now=NOW)
    assert actions.escalate(NOW + timedelta(hours=2)) == 0
    people.join(cast.riverside, cast.sue, by=cast.ada, now=NOW)
    assert actions.escalate(NOW + timedelta(hours=3)) == 1


def test_an_alert_handed_over_after_its_escalation_can_be_escalated_again(cast, alert):
    actions.escalate(NOW + timedelta(hours=2))
    actions.hand_over(alert, cast.bob, by=cast.sue, now=NOW + timedelta(hours=3))
    assert actions.escalate(NOW + timedelta(hours=3, minutes=1)) == 0
    assert actions.escalate(NOW + timedelta(hours=5)) == 1


def test_an_alert_is_not_handed_to_whoever_has_it(cast, alert):
    actions.acknowledge(alert, by=cast.bob, now=NOW)
    with pytest.raises(NotAllowed, match="has this alert already"):
        actions.hand_over(alert, cast.bob, by=cast.bob, now=NOW)
    alert.refresh_from_db()
    assert alert.acknowledged_at == NOW


def test_urgent_access_lets_nobody_put_a_review_mark(cast, alert):
    from django.utils import timezone

    now = timezone.now()
    consent.open_urgently(cast.charlie, cast.alice, "Found on the street, alone.", now=now)
    with pytest.raises(NotAllowed):
        actions.mark_reviewed(cast.alice, by=cast.charlie, now=now)


def test_where_the_policy_bars_looking_what_was_noticed_ends(cast, settings):
    agree(cast.alice)
    signal = signal_of(cast.alice, "wearables", "steps")
    tasks.tell_team(cast.alice, NOW)
    alert = Alert.objects.get()
    settings.SITE_POLICY.write_text("[features]\nearly_warning = false\n")
    tasks.look.call(str(cast.alice.pk))
    signal.refresh_from_db()
    alert.refresh_from_db()
    assert signal.ended_at is not None
    assert alert.ended_at is not None


def test_urgent_access_lets_look_but_not_take_an_alert(cast, alert):
    from django.utils import timezone

    consent.open_urgently(
        cast.charlie, cast.alice, "Found unconscious on the street.", now=timezone.now()
    )
    assert queries.find_alert(cast.charlie, alert.pk) is not None
    with pytest.raises(NotAllowed):
        actions.acknowledge(alert, by=cast.charlie, now=NOW)


def test_answers_shared_later_open_the_alert_they_call_for(cast):
    """The page tells whoever says such a thing that they can share it; doing so has an effect."""
    consent.give(cast.alice, "questionnaires", "keep", by=cast.alice, now=NOW)
    asked = measures.assign(cast.alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    measures.answer(asked, {9: 2}, by=cast.alice, now=NOW)
    assert not Alert.objects.exists()
    later = NOW + timedelta(hours=3)
    consent.give(cast.alice, "questionnaires", "care", by=cast.alice, now=later)
    alert = Alert.objects.get()
    assert alert.due_at == later + timedelta(minutes=60)
    consent.withdraw(cast.alice, "questionnaires", "care", by=cast.alice, now=later)
    consent.give(cast.alice, "questionnaires", "care", by=cast.alice, now=later)
    assert Alert.objects.count() == 1


def test_handing_over_starts_waiting_for_the_colleague_on_the_same_clock(cast, alert):
    due = alert.due_at
    actions.acknowledge(alert, by=cast.bob, now=NOW)
    actions.hand_over(alert, cast.sue, by=cast.bob, now=NOW)
    alert.refresh_from_db()
    assert (alert.owner, alert.acknowledged_at, alert.due_at) == (cast.sue, None, due)


def test_a_clinician_who_left_the_team_loses_the_alert(cast, alert):
    people.leave(cast.riverside, cast.bob, by=cast.ada, now=NOW)
    assert queries.find_alert(cast.bob, alert.pk) is None
    with pytest.raises(NotAllowed):
        actions.acknowledge(alert, by=cast.bob, now=NOW)


def test_a_withdrawal_leaves_the_safety_alert_open_but_closes_what_it_says(cast, alert):
    consent.withdraw(cast.alice, "questionnaires", "care", by=cast.alice, now=NOW)
    found = queries.find_alert(cast.bob, alert.pk)
    assert found is not None
    assert found.ended_at is None
    assert not found.is_readable
    assert found.headline == "Safety alert"


def signal_of(person, stream, feature, **more):
    facts = {"label": feature, "sentence": f"{feature} changed.", "noticed": NOW, "since": NOW}
    return Signal.objects.create(
        person=person,
        stream=stream,
        domain="sleep",
        feature=feature,
        direction=-1,
        since=NOW.date(),
        noticed_at=NOW,
        facts=facts,
        **more,
    )


def test_a_change_in_two_streams_makes_an_alert_for_each_so_that_neither_quotes_the_other(cast):
    agree(cast.alice)
    signal_of(cast.alice, "wearables", "steps")
    signal_of(cast.alice, "wearables", "minutes_asleep")
    signal_of(cast.alice, "journal", "mood")
    tasks.tell_team(cast.alice, NOW)
    by_stream = {alert.stream: alert.reason for alert in Alert.objects.all()}
    assert set(by_stream) == {"wearables", "journal"}
    assert Alert.objects.count() == 2
    assert "mood" not in by_stream["wearables"]
    consent.withdraw(cast.alice, "journal", "care", by=cast.alice, now=NOW)
    seen = queries.open_alerts(cast.bob, [cast.alice])[cast.alice.pk]
    assert [alert.stream for alert in seen] == ["wearables"]


def test_withdrawing_the_early_warning_ends_its_signals(cast):
    agree(cast.alice)
    signal = signal_of(cast.alice, "wearables", "steps")
    consent.withdraw(cast.alice, "wearables", "early_warning", by=cast.alice, now=NOW)
    signal.refresh_from_db()
    assert signal.ended_at == NOW


def test_every_step_of_an_alert_is_in_the_log(cast, alert):
    actions.acknowledge(alert, by=cast.bob, now=NOW)
    actions.hand_over(alert, cast.sue, by=cast.bob, now=NOW)
    actions.close(alert, "Seen today, for an hour.", by=cast.sue, now=NOW)
    done = set(audit.about(cast.alice.pk).values_list("action", flat=True))
    assert {"alert.opened", "alert.acknowledged", "alert.handed_over", "alert.ended"} <= done


@pytest.mark.django_db(transaction=True)
def test_of_many_who_take_an_alert_at_once_one_has_it():
    from tests.people import cast as make_cast

    here = make_cast()
    agree(here.alice)
    asked = measures.assign(here.alice, "phq9", by=here.bob, now=NOW, due=NOW)
    measures.answer(asked, {9: 2}, by=here.alice, now=NOW)
    alert = Alert.objects.get()
    won, failed = [], []

    def take(who):
        try:
            if actions.acknowledge(Alert.objects.get(pk=alert.pk), by=who, now=NOW):
                won.append(who)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(who,)) for who in (here.bob, here.sue) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(won) == 1


def test_a_change_that_comes_as_its_alert_ends_opens_one_of_its_own(cast):
    agree(cast.alice)
    first = signal_of(cast.alice, "wearables", "steps")
    alert = actions.open_alert(
        cast.alice, Kind.CHANGE, stream="wearables", title="T", reason="R", signals=[first], now=NOW
    )
    actions.close(alert, "Seen.", by=cast.bob, now=NOW)
    assert not actions.add_to_alert(alert, [first], now=NOW)
    alert.refresh_from_db()
    assert alert.title == "T"


def test_what_the_program_notices_ends_and_deletes_is_in_the_log(cast):
    agree(cast.alice)
    facts = {"label": "Steps", "sentence": "Fewer.", "direction": -1, "since": NOW.date()}
    signal, _ = actions.keep_signal(
        cast.alice,
        stream="wearables",
        domain="activity",
        feature="steps",
        facts={**facts, "noticed": str(NOW)},
        now=NOW,
    )
    actions.end_signal(signal, now=NOW)
    actions.forget_signals(person=cast.alice, stream="wearables", now=NOW)
    lines = list(audit.about(cast.alice.pk).order_by("number").values_list("action", flat=True))
    assert lines[-3:] == ["signal.noticed", "signal.ended", "alerts.deleted"]
