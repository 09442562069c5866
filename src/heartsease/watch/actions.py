"""Opening, taking, handing over and ending alerts; keeping signals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from heartsease.base import audit, events
from heartsease.base.errors import Conflict, Unacceptable
from heartsease.base.policy import policy
from heartsease.capture.measures.models import Response
from heartsease.consent import gate
from heartsease.consent.queries import topics_for
from heartsease.people.actions import NotAllowed
from heartsease.people.models import Person
from heartsease.people.queries import lead_of, supervisor_of, topics_about
from heartsease.science import instruments

from .models import Alert, Kind, Review, Signal

SHARED_LATE = timedelta(days=14)
SENTENCE_LETTERS = 12


class AlreadyEnded(Conflict):
    """Somebody ended this alert before."""


class NotSaid(Unacceptable):
    """What was done is missing."""


class DangerWaits(Conflict):
    """A safety alert that nobody took stands in the way."""


@transaction.atomic
def open_alert(
    person: Person,
    kind: Kind,
    *,
    stream: str,
    title: str,
    reason: str,
    now: datetime,
    signal: Signal | None = None,
    response: Response | None = None,
) -> Alert:
    """Open an alert with an owner and a clock; pages of the team hear of it within a second."""
    alert = Alert.objects.create(
        person=person,
        kind=kind,
        stream=stream,
        title=title,
        reason=reason,
        signal=signal,
        response=response,
        owner=lead_of(person.id) or supervisor_of(person.id),
        opened_at=now,
        due_at=now + _wait(kind),
    )
    audit.record("alert.opened", by=gate.MACHINE, now=now, subject=person.id, resource=f"{kind}")
    _publish(alert, now)
    return alert


def _wait(kind: str) -> timedelta:
    """How long an alert may wait until somebody takes it, by the site's policy."""
    if kind == Kind.SAFETY:
        return timedelta(minutes=policy().safety_alert_due_minutes)
    return timedelta(hours=policy().alert_due_hours)


def _publish(alert: Alert, now: datetime) -> None:
    topics = topics_about(alert.person_id)
    owner = alert.owner
    if owner is not None and gate.known_to(owner).filter(pk=alert.person_id).exists():
        topics.append(events.person_topic(owner.pk))
    events.publish("alert", topics, now=now, id=alert.id, person=alert.person_id)


@transaction.atomic
def acknowledge(alert: Alert, *, by: Person, now: datetime) -> bool:
    """Say "I have this"; false when somebody else was quicker.

    Raises:
        NotAllowed: for anybody outside the teams that care for the person.
    """
    _must_care(alert, by)
    taken = Alert.objects.filter(id=alert.id, acknowledged_at=None, ended_at=None).update(
        acknowledged_at=now, acknowledged_by=by, owner=by
    )
    if taken:
        audit.record("alert.acknowledged", by=by, now=now, subject=alert.person_id)
        alert.refresh_from_db()
        _publish(alert, now)
    return taken == 1


@transaction.atomic
def hand_over(alert: Alert, to: Person, *, by: Person, now: datetime) -> None:
    """Give an alert to another clinician of the person's teams; the clock goes on.

    Where the time had run out already the colleague gets as much as anybody from now.

    Raises:
        NotAllowed: if either is not of those teams, or the alert is the colleague's already.
        AlreadyEnded: if it has ended.
    """
    _must_care(alert, by)
    _must_care(alert, to)
    found = Alert.objects.select_for_update().filter(id=alert.id, ended_at=None).first()
    if found is None:
        raise AlreadyEnded("This alert has ended already.")
    if found.owner_id == to.pk:
        raise NotAllowed(f"{to.name} has this alert already.")
    found.owner, found.acknowledged_at, found.acknowledged_by = to, None, None
    found.escalated_at = None
    found.due_at = (
        max(found.due_at, now + _wait(found.kind)) if found.due_at < now else found.due_at
    )
    found.save()
    audit.record("alert.handed_over", by=by, now=now, subject=alert.person_id)
    alert.refresh_from_db()
    _publish(alert, now)


@transaction.atomic
def close(alert: Alert, reason: str, *, by: Person | gate.Machine, now: datetime) -> None:
    """End an alert and say what was done.

    Raises:
        NotAllowed: for anybody outside the person's teams.
        NotSaid: without a reason, or without a sentence where it is about safety.
        AlreadyEnded: if somebody ended it before.
    """
    if isinstance(by, Person):
        _must_care(alert, by)
        if alert.kind == Kind.SAFETY and len(reason.strip()) < SENTENCE_LETTERS:
            raise NotSaid("Say in a sentence what was done and agreed, so that others can follow.")
    if not reason.strip():
        raise NotSaid("Say in a few words what was done, so that others can follow.")
    found = Alert.objects.select_for_update().filter(id=alert.id, ended_at=None).first()
    if found is None:
        raise AlreadyEnded("This alert has ended already. Nothing was changed.")
    found.ended_at, found.end_reason = now, reason.strip()
    if found.acknowledged_at is None and isinstance(by, Person):
        found.acknowledged_at, found.acknowledged_by = now, by
    found.save()
    audit.record("alert.ended", by=by, now=now, subject=alert.person_id, resource=alert.kind)
    events.tell("alert.ended", alert=found, now=now)
    _publish(found, now)


def _must_care(alert: Alert, clinician: Person) -> None:
    if not gate.cares_for(clinician, alert.person_id):
        raise NotAllowed("Only a clinician who cares for this person can do that.")


@transaction.atomic
def mark_reviewed(person: Person, *, by: Person, now: datetime) -> Review:
    """Note that a clinician has looked a person over.

    Raises:
        NotAllowed: for anybody who does not care for the person.
        DangerWaits: while a safety alert is open that nobody took.
    """
    if not gate.cares_for(by, person):
        raise NotAllowed("Only a clinician who cares for this person can do that.")
    waiting = Alert.objects.filter(
        person=person, kind=Kind.SAFETY, ended_at=None, acknowledged_at=None
    )
    if waiting.exists():
        raise DangerWaits(f"Not marked: a safety alert about {person.name} waits. Take it first.")
    audit.record("caseload.reviewed", by=by, now=now, subject=person.id)
    events.publish("review", topics_about(person.id), now=now, person=person.id)
    return Review.objects.create(person=person, by=by, at=now)


@transaction.atomic
def escalate(now: datetime) -> int:
    """Give alerts whose clock ran out to a supervisor, as soon as there is one; say how many."""
    late = Alert.objects.filter(
        ended_at=None, acknowledged_at=None, escalated_at=None, due_at__lt=now
    )
    count = 0
    for alert in late.select_related("person"):
        supervisor = supervisor_of(alert.person_id)
        if supervisor is None:
            continue
        changed = Alert.objects.filter(
            id=alert.id, escalated_at=None, acknowledged_at=None, ended_at=None
        ).update(escalated_at=now, owner=supervisor)
        if changed:
            count += 1
            audit.record("alert.escalated", by=gate.MACHINE, now=now, subject=alert.person_id)
            alert.refresh_from_db()
            _publish(alert, now)
    return count


@events.on("measures.answered")
def look_for_danger(*, response: Response, now: datetime) -> None:
    """Open a safety alert when a safety item was answered above its threshold.

    This is an explicit rule (PHQ-9 item 9 above 0), never a model's judgement. It runs in the
    transaction that stores the answers. Where the person does not show their answers to the team
    nobody can be told, and the page says so to the person. Where the team is empty the alert waits
    without an owner for whoever comes first.
    """
    person = response.person
    if not response.safety or not gate.allows(person, "care", "questionnaires"):
        return
    instrument = instruments.load(response.instrument)
    said = [
        f"{instrument.title}, item {number}: "
        f"{instrument.options[value].label if value < len(instrument.options) else value}"
        for number in instrument.safety_items
        if (value := response.answers.get(str(number)))
    ]
    open_alert(
        person,
        Kind.SAFETY,
        stream="questionnaires",
        title="Thoughts of self-harm reported",
        reason=". ".join(said) + ".",
        response=response,
        now=now,
    )


@events.on("consent.given")
def look_for_danger_again(*, person: Person, stream: str, purpose: str, now: datetime) -> None:
    """Open the alert that an answer called for when nobody could be told, once somebody can.

    A page tells whoever says such a thing that they can share it; doing so must have an effect.
    """
    if stream != "questionnaires" or purpose not in {"keep", "care"}:
        return
    last = (
        Response.objects.filter(
            person=person, safety=True, answered_at__gt=now - SHARED_LATE, alerts=None
        )
        .order_by("-answered_at")
        .first()
    )
    if last is not None:
        look_for_danger(response=last, now=now)


@transaction.atomic
def keep_signal(
    person: Person, *, stream: str, domain: str, feature: str, facts: dict[str, Any], now: datetime
) -> tuple[Signal, bool]:
    """Keep a change as a signal; a change that goes on refreshes the open one."""
    there = Signal.objects.filter(person=person, feature=feature, ended_at=None).first()
    if there is not None:
        there.facts = {**facts, "noticed": there.facts.get("noticed", facts["noticed"])}
        there.direction, there.since = facts["direction"], facts["since"]
        there.save(update_fields=["facts", "direction", "since"])
        return there, False
    signal = Signal.objects.create(
        person=person,
        stream=stream,
        domain=domain,
        feature=feature,
        direction=facts["direction"],
        since=facts["since"],
        noticed_at=now,
        facts=facts,
    )
    _publish_signal(signal, "noticed", now)
    return signal, True


def _publish_signal(signal: Signal, what: str, now: datetime) -> None:
    person, feature = signal.person_id, signal.feature
    audit.record(f"signal.{what}", by=gate.MACHINE, now=now, subject=person, resource=feature)
    topics = topics_for(signal.person_id, signal.stream)
    events.publish("signal", topics, now=now, id=signal.id, person=signal.person_id)


@transaction.atomic
def add_to_alert(alert: Alert, fresh: list[Signal], *, now: datetime) -> bool:
    """Add later changes of the same stream to an alert; false if it ended a moment before.

    Whoever took it keeps it, and its clock: they look at the person anyway.
    """
    if not Alert.objects.select_for_update().filter(pk=alert.pk, ended_at=None).exists():
        return False
    alert.refresh_from_db()
    alert.title = ", ".join([alert.title, *(signal.facts["label"] for signal in fresh)])
    alert.reason = " ".join([alert.reason, *(signal.sentence for signal in fresh)])
    alert.save(update_fields=["title", "reason"])
    audit.record("alert.added_to", by=gate.MACHINE, now=now, subject=alert.person_id)
    _publish(alert, now)
    return True


@transaction.atomic
def end_signal(signal: Signal, *, now: datetime) -> None:
    """End a signal whose feature is back in the usual range."""
    if Signal.objects.filter(id=signal.id, ended_at=None).update(ended_at=now):
        _publish_signal(signal, "ended", now)


@events.on("consent.withdrawn")
def stop_watching(*, person: Person, stream: str, purpose: str, now: datetime) -> None:
    """End what rests on a stream that may not be used any more; safety alerts stay open."""
    if purpose in {"keep", "early_warning"}:
        for signal in Signal.objects.filter(person=person, stream=stream, ended_at=None):
            end_signal(signal, now=now)
    why = "The person no longer shares these data."
    if purpose == "early_warning":
        why = "The person no longer has these data watched."
    for alert in Alert.objects.filter(person=person, stream=stream, ended_at=None).exclude(
        kind=Kind.SAFETY
    ):
        close(alert, why, by=gate.MACHINE, now=now)


@transaction.atomic
def stop_looking(person: Person, *, now: datetime) -> None:
    """End every change that is told of a person where the site's policy bars looking for any."""
    for signal in Signal.objects.filter(person=person, ended_at=None):
        end_signal(signal, now=now)
    for alert in Alert.objects.filter(person=person, kind=Kind.CHANGE, ended_at=None):
        close(alert, "This place no longer looks out for changes.", by=gate.MACHINE, now=now)


@events.on("team.left")
def find_new_owners(*, clinician: Person, now: datetime) -> None:
    """Give the open alerts of a clinician who may not see them any more to somebody who may."""
    for alert in Alert.objects.filter(owner=clinician, ended_at=None):
        if gate.cares_for(clinician, alert.person_id):
            continue
        audit.record("alert.left_behind", by=clinician, now=now, subject=alert.person_id)
        _own_anew(alert, now)


@events.on("team.joined")
def look_for_the_unowned(*, clinician: Person, now: datetime) -> None:
    """Give alerts that nobody owns to a team that has somebody again."""
    known = gate.known_to(clinician)
    _own(Alert.objects.filter(owner=None, ended_at=None, person__in=known), now)


@events.on("care.started")
def look_for_the_unowned_of(*, person: Person, now: datetime) -> None:
    """Give a person's alerts that nobody owns to the team that takes them into care."""
    _own(Alert.objects.filter(owner=None, ended_at=None, person=person), now)


@events.on("care.moved")
def follow_the_care(*, person: Person, now: datetime) -> None:
    """Let a person's open alerts go to the team that cares for them now."""
    for alert in Alert.objects.filter(person=person, ended_at=None):
        if alert.owner is None or not gate.cares_for(alert.owner, person):
            _own_anew(alert, now)


def _own(alerts: QuerySet[Alert], now: datetime) -> None:
    """Give each of these alerts an owner."""
    for alert in alerts:
        _own_anew(alert, now)


def _own_anew(alert: Alert, now: datetime) -> None:
    """Give an alert to somebody who may act on it, with time from now where theirs had run out.

    Nobody has it yet, so it can be escalated (again). Where there is nobody it waits.
    """
    alert.owner = lead_of(alert.person_id) or supervisor_of(alert.person_id)
    alert.acknowledged_at = alert.acknowledged_by = alert.escalated_at = None
    if alert.owner is not None and alert.due_at < now:
        alert.due_at = now + _wait(alert.kind)
    fields = ["owner", "acknowledged_at", "acknowledged_by", "escalated_at", "due_at"]
    alert.save(update_fields=fields)
    audit.record("alert.owned", by=gate.MACHINE, now=now, subject=alert.person_id)
    _publish(alert, now)


@events.on("streams.deleted")
def forget_signals(*, person: Person, stream: str, now: datetime) -> None:
    """Delete what was read from data that are gone; that it was is in the log."""
    audit.record("alerts.deleted", by=person, now=now, subject=person.id, resource=stream)
    Alert.objects.filter(person=person, stream=stream).delete()
    Signal.objects.filter(person=person, stream=stream).delete()


@events.on("person.erased")
def forget(*, person: Person, now: datetime) -> None:
    """Delete everything about an erased person."""
    Review.objects.filter(person=person).delete()
    Alert.objects.filter(person=person).delete()
    Signal.objects.filter(person=person).delete()
