"""Giving and withdrawing consent, and urgent access."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from heartsease.base import audit, events
from heartsease.base.errors import Missing
from heartsease.people.actions import NotAllowed
from heartsease.people.models import Person
from heartsease.people.queries import topics_about

from .models import Grant, UrgentAccess
from .texts import can_serve, is_offered, is_used, texts

URGENT_ACCESS_LASTS = timedelta(minutes=60)


class NotKnown(Missing):
    """There is no such stream or purpose."""


def _check(person: Person, stream: str, purpose: str, by: Person) -> None:
    if by.pk != person.pk:
        raise NotAllowed("Only the person themself can give or withdraw consent.")
    known = stream in texts().streams and purpose in texts().purposes
    if not known or not can_serve(stream, purpose):
        raise NotKnown("There is no such switch.")


@transaction.atomic
def give(person: Person, stream: str, purpose: str, *, by: Person, now: datetime) -> Grant:
    """Agree to one purpose for one stream; agreeing twice changes nothing.

    Raises:
        NotAllowed: if somebody else tries.
        NotKnown: for a stream or purpose that is unknown or, by the site's policy, not offered.
    """
    _check(person, stream, purpose, by)
    if not (is_offered(stream) and is_used(purpose)):
        raise NotKnown("This place does not offer that.")
    Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
    found = {"person": person, "stream": stream, "purpose": purpose, "withdrawn_at": None}
    try:
        with transaction.atomic():
            grant, made = Grant.objects.get_or_create(
                **found, defaults={"text_version": texts().version, "given_at": now}
            )
    except IntegrityError:
        grant, made = Grant.objects.get(**found), False
    if made:
        _tell("consent.given", person, stream, purpose, by, now)
    return grant


@transaction.atomic
def withdraw(person: Person, stream: str, purpose: str, *, by: Person, now: datetime) -> None:
    """Take an agreement back; once this commits, nobody's next read sees the stream.

    Raises:
        NotAllowed: if somebody else tries.
        NotKnown: for an unknown stream or purpose.
    """
    _check(person, stream, purpose, by)
    Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
    ended = Grant.objects.filter(
        person=person, stream=stream, purpose=purpose, withdrawn_at=None
    ).update(withdrawn_at=now)
    if ended:
        _tell("consent.withdrawn", person, stream, purpose, by, now)


def _tell(kind: str, person: Person, stream: str, purpose: str, by: Person, now: datetime) -> None:
    resource = f"{stream} for {purpose}"
    audit.record(kind, by=by, now=now, subject=person.id, resource=resource)
    events.tell(kind, person=person, stream=stream, purpose=purpose, now=now)
    events.publish("consent", topics_about(person.id), now=now, person=person.id)


@transaction.atomic
def open_urgently(clinician: Person, person: Person, reason: str, *, now: datetime) -> UrgentAccess:
    """Open the record of somebody outside the own teams for an hour, with a reason.

    The person sees it under "Who opened my record" at once; a supervisor reviews it.

    Raises:
        NotAllowed: for anybody who is not a clinician, or without a reason of ten letters.
    """
    if not clinician.is_clinical:
        raise NotAllowed("Only clinicians can open a record in an emergency.")
    if len(reason.strip()) < 10:
        raise NotAllowed("Say in a sentence why this cannot wait for the person's own team.")
    access = UrgentAccess.objects.create(
        person=person,
        clinician=clinician,
        reason=reason.strip(),
        opened_at=now,
        ends_at=now + URGENT_ACCESS_LASTS,
    )
    audit.record("record.opened_urgently", by=clinician, now=now, subject=person.id)
    events.publish("urgent_access", topics_about(person.id), now=now, person=person.id)
    return access


@transaction.atomic
def note_search(clinician: Person, *, now: datetime) -> None:
    """Note that somebody looked for a record by an address that nobody here has."""
    audit.record("record.searched_for", by=clinician, now=now)


@transaction.atomic
def note_export(person: Person, *, now: datetime) -> None:
    """Note that a person took their whole record along."""
    audit.record("record.exported", by=person, now=now, subject=person.id)


@transaction.atomic
def review_urgent_access(access: UrgentAccess, *, by: Person, now: datetime) -> None:
    """A supervisor has looked at an urgent access.

    Raises:
        NotAllowed: for anybody else, and for the clinician who opened it.
    """
    if by.role != "supervisor" or by.pk == access.clinician_id:
        raise NotAllowed("Another supervisor has to review this.")
    reviewed = UrgentAccess.objects.filter(id=access.id, reviewed_at=None).update(
        reviewed_at=now, reviewed_by=by
    )
    if reviewed:
        audit.record("urgent_access.reviewed", by=by, now=now, subject=access.person_id)
