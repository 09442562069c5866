"""Opening, taking, handing over and ending alerts; who was looked over."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Coalesce

from heartsease.base import audit, events
from heartsease.base.errors import Conflict, Unacceptable
from heartsease.base.policy import policy
from heartsease.capture.measures.models import Response
from heartsease.consent import gate
from heartsease.people.actions import NotAllowed
from heartsease.people.models import Person
from heartsease.people.queries import lead_of, supervisor_of, topics_about

from ..models import Alert, Kind, Outcome, Review, Signal

SENTENCE_LETTERS = 12
PAUSED_AT_MOST = timedelta(days=14)
NAMED_IN_TITLE = 3


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
    signals: Iterable[Signal] = (),
    response: Response | None = None,
) -> Alert:
    """Open an alert with an owner and a clock; pages of the team hear of it within a second."""
    alert = Alert.objects.create(
        person=person,
        kind=kind,
        stream=stream,
        title=title,
        reason=reason,
        response=response,
        owner=lead_of(person.id) or supervisor_of(person.id),
        opened_at=now,
        asked_at=now,
        due_at=now + wait(kind),
    )
    alert.signals.set(signals)
    _go_on_with_the_clock(alert)
    audit.record("alert.opened", by=gate.MACHINE, now=now, subject=person.id, resource=f"{kind}")
    publish(alert, now)
    return alert


def _go_on_with_the_clock(alert: Alert) -> None:
    """Take over the time of an alert of the kind that ended untaken as its data were paused.

    Whoever pauses for an hour does not reset how long somebody has waited.
    """
    before = (
        Alert.objects.filter(person=alert.person_id, kind=alert.kind, stream=alert.stream)
        .filter(outcome=Outcome.WITHDRAWN, acknowledged_at=None)
        .filter(ended_at__gt=alert.opened_at - PAUSED_AT_MOST)
        .order_by("-ended_at")
        .first()
    )
    if before is None:
        return
    alert.due_at = min(alert.due_at, before.due_at)
    if before.escalated_at is not None:
        alert.escalated_at = alert.first_escalated_at = before.escalated_at
        alert.owner = supervisor_of(alert.person_id) or alert.owner
    alert.save(update_fields=["due_at", "escalated_at", "first_escalated_at", "owner"])


def wait(kind: str) -> timedelta:
    """How long an alert may wait until somebody takes it, by the site's policy."""
    if kind == Kind.SAFETY:
        return timedelta(minutes=policy().safety_alert_due_minutes)
    return timedelta(hours=policy().alert_due_hours)


def publish(alert: Alert, now: datetime) -> None:
    """Let the pages of those who may know hear of an alert."""
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
    queue(alert.person_id)
    taken = Alert.objects.filter(id=alert.id, acknowledged_at=None, ended_at=None).update(
        acknowledged_at=now,
        acknowledged_by=by,
        owner=by,
        first_taken_at=Coalesce("first_taken_at", now),
    )
    if taken:
        audit.record("alert.acknowledged", by=by, now=now, subject=alert.person_id)
        alert.refresh_from_db()
        publish(alert, now)
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
    queue(alert.person_id)
    found = Alert.objects.select_for_update().filter(id=alert.id, ended_at=None).first()
    if found is None:
        raise AlreadyEnded("This alert has ended already.")
    if found.owner_id == to.pk:
        raise NotAllowed(f"{to.name} has this alert already.")
    found.owner, found.acknowledged_at, found.acknowledged_by = to, None, None
    found.escalated_at, found.asked_at = None, now
    found.due_at = max(found.due_at, now + wait(found.kind)) if found.due_at < now else found.due_at
    found.save()
    audit.record("alert.handed_over", by=by, now=now, subject=alert.person_id)
    alert.refresh_from_db()
    publish(alert, now)


@transaction.atomic
def close(
    alert: Alert,
    reason: str,
    *,
    by: Person | gate.Machine,
    now: datetime,
    outcome: Outcome | None = None,
) -> None:
    """End an alert and say what was done.

    Args:
        outcome: whether anything was needed, where that was said; it tells which alerts are worth
            a clinician's time.

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
    queue(alert.person_id)
    found = Alert.objects.select_for_update().filter(id=alert.id, ended_at=None).first()
    if found is None:
        raise AlreadyEnded("This alert has ended already. Nothing was changed.")
    found.ended_at, found.end_reason = now, reason.strip()
    found.outcome = outcome or ""
    if found.acknowledged_at is None and isinstance(by, Person):
        found.acknowledged_at, found.acknowledged_by = now, by
        found.first_taken_at = found.first_taken_at or now
    found.save()
    audit.record("alert.ended", by=by, now=now, subject=alert.person_id, resource=alert.kind)
    events.tell("alert.ended", alert=found, now=now)
    publish(found, now)


def queue(person: UUID) -> None:
    """Wait for whoever else changes what is known of a person; always the first lock taken."""
    Person.objects.select_for_update(no_key=True).filter(pk=person).first()


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


def retire_untaken(now: datetime) -> int:
    """End alerts about changes that nobody took in the time of the site's policy; say how many.

    The time counts from when the owner of now was asked. Never one about safety. What was noticed
    stays on the person's page; only the asking ends.
    """
    days = policy().untaken_alert_retires_days
    untaken = Alert.objects.filter(
        kind=Kind.CHANGE, ended_at=None, acknowledged_at=None, asked_at__lt=now - timedelta(days)
    )
    why = f"Nobody took it in {days} days. The change stays on the page while it goes on."
    return sum(_end_untaken(alert, why, now, Outcome.RETIRED) for alert in untaken)


def close_what_is_over(signal: Signal, *, now: datetime) -> None:
    """End alerts that nobody took, once every change they tell of is back to the usual."""
    for alert in signal.alerts.filter(ended_at=None, acknowledged_at=None):
        if not alert.signals.filter(ended_at=None).exists():
            why = "By the data of now its days are as usual again. Nobody had taken it yet."
            _end_untaken(alert, why, now, None)


@transaction.atomic
def close_without_ground(person: Person, told: Collection[UUID], *, now: datetime) -> None:
    """End alerts about changes none of which can be seen any more, as their data were taken back.

    Taken or not: they quote numbers that the person does not share any more.

    Args:
        told: the changes that were on before the file was taken back.
    """
    queue(person.pk)
    for alert in Alert.objects.filter(person=person, kind=Kind.CHANGE, ended_at=None):
        own = alert.signals.all()
        if own.filter(id__in=told).exists() and not own.filter(ended_at=None).exists():
            why = "The person took back the file that this rested on."
            close(alert, why, by=gate.MACHINE, now=now, outcome=Outcome.WITHDRAWN)


@transaction.atomic
def _end_untaken(alert: Alert, why: str, now: datetime, outcome: Outcome | None) -> bool:
    """End an alert unless somebody took or ended it a moment before; say whether it was ended."""
    queue(alert.person_id)
    still = Alert.objects.select_for_update().filter(id=alert.id)
    if not still.filter(ended_at=None, acknowledged_at=None).exists():
        return False
    close(alert, why, by=gate.MACHINE, now=now, outcome=outcome)
    return True


def escalate(now: datetime) -> int:
    """Give alerts whose clock ran out to a supervisor, as soon as there is one; say how many."""
    late = Alert.objects.filter(
        ended_at=None, acknowledged_at=None, escalated_at=None, due_at__lt=now
    )
    count = 0
    for alert in late.select_related("person"):
        count += _escalate(alert, now)
    return count


@transaction.atomic
def _escalate(alert: Alert, now: datetime) -> bool:
    """Give one alert to a supervisor unless somebody took it a moment before; say whether."""
    queue(alert.person_id)
    supervisor = supervisor_of(alert.person_id)
    if supervisor is None:
        return False
    changed = Alert.objects.filter(
        id=alert.id, escalated_at=None, acknowledged_at=None, ended_at=None
    ).update(
        escalated_at=now,
        owner=supervisor,
        first_escalated_at=Coalesce("first_escalated_at", now),
    )
    if changed:
        audit.record("alert.escalated", by=gate.MACHINE, now=now, subject=alert.person_id)
        alert.refresh_from_db()
        publish(alert, now)
    return changed == 1


def words_of(signals: Iterable[Signal]) -> tuple[str, str]:
    """Title and reason of an alert that tells of these changes."""
    told = list(signals)
    title = "Changed: " + ", ".join(signal.facts["label"] for signal in told[:NAMED_IN_TITLE])
    return title, " ".join(signal.sentence for signal in told)


@transaction.atomic
def add_to_alert(alert: Alert, fresh: list[Signal], *, now: datetime) -> bool:
    """Add later changes of the same stream to an alert; false if it ended a moment before.

    Whoever took it keeps it, and its clock: they look at the person anyway.
    """
    if not Alert.objects.select_for_update().filter(pk=alert.pk, ended_at=None).exists():
        return False
    alert.refresh_from_db()
    # A change that came back is told as it is now, not beside what was said of it before.
    again = {signal.feature for signal in fresh}
    alert.signals.remove(*alert.signals.filter(feature__in=again))
    alert.signals.add(*fresh)
    told = alert.signals.order_by("noticed_at", "feature")
    alert.title, alert.reason = words_of(told)
    alert.save(update_fields=["title", "reason"])
    audit.record("alert.added_to", by=gate.MACHINE, now=now, subject=alert.person_id)
    publish(alert, now)
    return True
