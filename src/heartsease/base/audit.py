"""The audit log: every write and every look at a record, chained so that tampering shows.

Each link's digest covers its content and the digest before it; the head carries a keyed hash
made with the site key. Whoever changes, removes or reorders a link breaks the chain; whoever
cuts its end, or recomputes it, would need the site key as well (after RFC 9162's idea of a
signed head). Links hold pseudonyms of the person concerned, so erasure does not break them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, transaction

from . import crypto
from .keys import pseudonym
from .models import AuditEntry, AuditHead

if TYPE_CHECKING:
    from django.db.models import QuerySet

START = "0" * 64
SYSTEM = "system"


@dataclass(frozen=True)
class Fault:
    """Where the chain is broken, and how."""

    number: int
    reason: str


def actor_name(actor: object) -> str:
    """Name an actor for the log: staff by identifier, a patient by pseudonym, or the machine.

    A patient's identifier beside the pseudonym of the same person would undo the pseudonym.
    """
    identifier = getattr(actor, "pk", None)
    if identifier is None:
        return SYSTEM
    return pseudonym(identifier) if getattr(actor, "is_patient", False) else str(identifier)


def staff_among(entries: Iterable[AuditEntry]) -> set[UUID]:
    """The members of staff who acted in these entries."""
    return {UUID(entry.actor) for entry in entries if len(entry.actor) == 36}


def record(
    action: str,
    *,
    by: object,
    now: datetime,
    subject: UUID | None = None,
    purpose: str = "",
    resource: str = "",
) -> AuditEntry:
    """Add a link to the chain, in the transaction of what it tells of."""
    (entry,) = record_each(
        action, by=by, now=now, subjects=[subject], purpose=purpose, resource=resource
    )
    return entry


@transaction.atomic
def record_each(
    action: str,
    *,
    by: object,
    now: datetime,
    subjects: Sequence[UUID | None],
    purpose: str = "",
    resource: str = "",
) -> list[AuditEntry]:
    """Add a link to the chain for each of these people, with one lock and two writes.

    1. Lock the head, so that links have one order.
    2. Store each link with the digest of the one before.
    3. Move the head and authenticate it with the site key.
    """
    if not subjects:
        return []
    head = AuditHead.objects.select_for_update().get_or_create(id=1)[0]
    entries = []
    for subject in subjects:
        entry = AuditEntry(
            number=head.number + 1,
            at=now,
            actor=actor_name(by),
            action=action,
            purpose=purpose,
            subject=pseudonym(subject) if subject else "",
            resource=resource[:120],
            previous=head.digest or START,
        )
        entry.digest = digest_of(entry)
        head.number, head.digest = entry.number, entry.digest
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries)
    head.seal = _head_seal(head)
    head.save()
    return entries


def digest_of(entry: AuditEntry) -> str:
    """Return the SHA-256 of a link's canonical JSON, the digest before it included."""
    content = {
        "number": entry.number,
        "at": int(entry.at.timestamp() * 1_000_000),
        "actor": entry.actor,
        "action": entry.action,
        "purpose": entry.purpose,
        "subject": entry.subject,
        "resource": entry.resource,
        "previous": entry.previous,
    }
    return crypto.digest(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))


def _head_seal(head: AuditHead) -> str:
    key = crypto.derived(settings.SITE_KEY, "audit head")
    return crypto.keyed_hash(key, f"{head.number}|{head.digest}")


def faults() -> Iterator[Fault]:
    """Walk the chain up to its head as it stands now, and name every place that does not hold."""
    previous, expected = START, 1
    head = AuditHead.objects.filter(id=1).first()
    written = AuditEntry.objects.order_by("number")
    if head is not None:
        written = written.filter(number__lte=head.number)
    for entry in written.iterator(2_000):
        if entry.number != expected:
            yield Fault(expected, f"Link {expected} is missing.")
        elif entry.previous != previous:
            yield Fault(entry.number, "The link does not follow from the one before it.")
        if entry.digest != digest_of(entry):
            yield Fault(entry.number, "The link was changed after it was written.")
        previous, expected = entry.digest, entry.number + 1
    if head is None:
        if expected > 1:
            yield Fault(expected, "The head of the chain is missing.")
        return
    if not crypto.same(head.seal, _head_seal(head)):
        yield Fault(head.number, "The head of the chain was forged.")
    if (head.number, head.digest) != (expected - 1, previous):
        yield Fault(expected, f"The chain was cut: the head stands at {head.number}.")
    now = AuditHead.objects.filter(id=1).first()
    if now is not None and AuditEntry.objects.filter(number__gt=now.number).exists():
        yield Fault(now.number + 1, "There are links beyond the head.")


def newest_first() -> QuerySet[AuditEntry]:
    """All links, the newest first."""
    return AuditEntry.objects.order_by("-number")


def about(person: UUID) -> QuerySet[AuditEntry]:
    """All links that concern one person, newest first."""
    return AuditEntry.objects.filter(subject=pseudonym(person)).order_by("-number")


def was_recorded(action: str, *, by: object, subject: UUID, resource: str, since: datetime) -> bool:
    """Whether the same actor did the same to the same person after a moment."""
    return AuditEntry.objects.filter(
        subject=pseudonym(subject),
        actor=actor_name(by),
        action=action,
        resource=resource[:120],
        at__gt=since,
    ).exists()


def subjects_noted(action: str, *, by: object, among: Iterable[UUID], since: datetime) -> set[UUID]:
    """Those of these people about whom the same actor's same deed was noted since a moment."""
    named = {pseudonym(person): person for person in among}
    rows = AuditEntry.objects.filter(
        subject__in=list(named), actor=actor_name(by), action=action, at__gte=since
    )
    return {named[subject] for subject in rows.values_list("subject", flat=True)}


def in_order() -> None:
    """Take the one lock that gives links and events their order, until the transaction ends."""
    if connection.vendor == "postgresql":
        AuditHead.objects.select_for_update().get_or_create(id=1)
