"""What became of an upload: begun, how far, finished or failed, and what was set aside.

Written by the job that reads it (`tasks`), beside the samples themselves (`draft`, `daybook`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from heartsease.base import audit, events
from heartsease.consent import gate
from heartsease.consent.queries import topics_for
from heartsease.people.models import Person
from heartsease.science.sensing.reading import Quarantined

from . import covered
from .models import DayRecord, Quarantine, Status, Upload
from .queries import STREAM

OPEN = (Status.WAITING, Status.READING)
PUSHED = f"{STREAM}, pushed"


def leave_trace(action: str, row: Upload, *, by: object, now: datetime) -> None:
    """Note in the audit log what was done with a file; for what devices push, once an hour.

    A phone may push every few minutes; a link for each would bury everything else.
    """
    resource = STREAM
    if row.source_id is not None:
        resource = PUSHED
        before = now.replace(minute=0, second=0, microsecond=0) - timedelta(microseconds=1)
        if audit.was_recorded(
            action, by=by, subject=row.person_id, resource=resource, since=before
        ):
            return
    audit.record(action, by=by, now=now, subject=row.person_id, resource=resource)


def tried(row: Upload, tries: int) -> None:
    """Note before reading begins how often that was tried, for the worker may not survive it."""
    Upload.objects.filter(id=row.id).update(report={"tries": tries})


def begun(row: Upload, form: str) -> None:
    """Note that a file is being read, and as what."""
    Upload.objects.filter(id=row.id).update(status=Status.READING, format=form)


def reached(row: Upload, share: float, now: datetime) -> None:
    """Note how far the reading is, 0 to 1, and let the person's own pages know."""
    Upload.objects.filter(id=row.id).update(progress=min(0.99, share))
    topics = [events.person_topic(row.person_id)]
    events.publish("upload", topics, now=now, person=row.person_id, id=row.id)


@transaction.atomic
def fail(
    row: Upload, message: str, *, now: datetime, set_aside: tuple[Quarantined, ...] = ()
) -> None:
    """Say why a file could not be read; what was stored before stays."""
    changed = Upload.objects.filter(id=row.id, status__in=OPEN).update(
        status=Status.FAILED,
        finished_at=now,
        report={"days_changed": 0, "set_aside": sum(piece.count for piece in set_aside)},
    )
    if changed:
        _say(row, message)
        _set_aside(row, set_aside)
        leave_trace("data.not_read", row, by=gate.MACHINE, now=now)
        _tell(row, now)


def finish(row: Upload, changed: set[date], set_aside: list[Quarantined], now: datetime) -> None:
    """Close the upload, keep what was set aside, and tell the house which days are new."""
    _set_aside(row, set_aside)
    if changed:
        days = (
            "1 day is new or has" if len(changed) == 1 else f"{len(changed)} days are new or have"
        )
        message = f"{days} changed."
    else:
        message = "Everything in this file was here before. Nothing changed."
    Upload.objects.filter(id=row.id).update(
        status=Status.DONE,
        progress=1.0,
        finished_at=now,
        report={
            "days_changed": len(changed),
            "first": str(min(changed)) if changed else None,
            "last": str(max(changed)) if changed else None,
            "set_aside": sum(piece.count for piece in set_aside),
        },
    )
    _say(row, message)
    leave_trace("data.stored", row, by=gate.MACHINE, now=now)
    if changed:
        events.tell("streams.changed", person_id=row.person_id, days=sorted(changed), now=now)
    _tell(row, now)


@transaction.atomic
def forget_samples(oldest: date, now: datetime) -> None:
    """Delete samples of days before the oldest that are kept; say of whom in the log."""
    old = DayRecord.objects.filter(day__lt=oldest)
    people = sorted(set(old.values_list("person", flat=True)))
    old.delete()
    audit.record_each("samples.forgotten", by=gate.MACHINE, now=now, subjects=people)


@transaction.atomic
def forget_positions(oldest: date, now: datetime, *, of: Person | None = None) -> None:
    """Delete positions before the oldest day that everybody's are kept, but of those who have them.

    Args:
        of: whose alone.
    """
    keeping = gate.seen_by(gate.MACHINE, "keep", covered.POSITIONS)
    old = DayRecord.objects.filter(stream=covered.POSITION_SAMPLES, day__lt=oldest)
    old = old.exclude(person__in=keeping)
    if of is not None:
        old = old.filter(person=of)
    people = sorted(set(old.values_list("person", flat=True)))
    old.delete()
    audit.record_each("positions.forgotten", by=gate.MACHINE, now=now, subjects=people)


@transaction.atomic
def forget_pushes(before: datetime) -> None:
    """Delete the lines about what devices pushed long ago, but the last of each device.

    A phone that tells where it is sends hundreds a day; what came of them is in the days.
    """
    pushed = Upload.objects.exclude(source=None)
    last = (
        pushed.filter(source=OuterRef("source"), status=Status.DONE)
        .order_by("-received_at")
        .values("id")[:1]
    )
    old = pushed.filter(received_at__lt=before, status__in=(Status.DONE, Status.FAILED))
    # A device that never succeeded has no last one, and nothing is equal to none in SQL.
    gone = old.annotate(last=Subquery(last)).filter(Q(last=None) | ~Q(last=F("id")))
    Upload.objects.filter(id__in=list(gone.values_list("id", flat=True))).delete()


def _say(row: Upload, message: str) -> None:
    """Keep the sentence about an upload, sealed, for it may quote what stood in the file."""
    row.message = message[:600]
    row.save(update_fields=["message"])


def _tell(row: Upload, now: datetime) -> None:
    """Let the pages know that something became of an upload."""
    events.publish("upload", _topics(row.person_id), now=now, person=row.person_id, id=row.id)


def _topics(person: UUID) -> list[str]:
    """Who may hear that days are new: the team, where any of it is shown to them."""
    return max((topics_for(person, one) for one in covered.AGREEMENTS), key=len)


def _set_aside(row: Upload, pieces: Sequence[Quarantined]) -> None:
    Quarantine.objects.filter(upload=row).delete()
    Quarantine.objects.bulk_create(
        Quarantine(
            upload=row,
            file=piece.file[-200:],
            line=piece.line,
            reason=piece.reason[:300],
            count=piece.count,
        )
        for piece in pieces
    )
