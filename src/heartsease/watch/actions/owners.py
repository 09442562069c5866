"""Who looks after an alert when teams and care change: it is never left to nobody."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from heartsease.base import audit, events
from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.people.queries import lead_of, supervisor_of

from ..models import Alert
from .alerts import publish, wait


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
    if alert.owner is not None:
        alert.asked_at = now
        alert.due_at = now + wait(alert.kind) if alert.due_at < now else alert.due_at
    fields = ["owner", "acknowledged_at", "acknowledged_by", "escalated_at", "asked_at", "due_at"]
    alert.save(update_fields=fields)
    audit.record("alert.owned", by=gate.MACHINE, now=now, subject=alert.person_id)
    publish(alert, now)
