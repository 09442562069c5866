"""Reading an uploaded file in a worker: samples by day, features, and word to the house."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from heartsease.base import audit, events
from heartsease.base.clock import every
from heartsease.base.policy import policy
from heartsease.base.tasks import job
from heartsease.consent import gate
from heartsease.people.queries import topics_about
from heartsease.science.sensing.reading import Batch, Quarantined, SensingError, read, sniff

from . import daybook
from .models import DayRecord, Quarantine, Status, Upload

logger = logging.getLogger("heartsease.streams")
DAILY = "daily"


def where(upload: Upload) -> Path:
    """Where the file of an upload lies until it is read."""
    return Path(settings.FILE_UPLOAD_TEMP_DIR) / f"{upload.id}.upload"


def fail(upload_id: object, message: str, *, now: datetime) -> None:
    """Say why a file could not be read; what was stored before stays."""
    changed = Upload.objects.filter(id=upload_id).update(
        status=Status.FAILED, message=message[:300], finished_at=now
    )
    if changed:
        row = Upload.objects.get(id=upload_id)
        events.publish(
            "upload", topics_about(row.person_id), now=now, person=row.person_id, id=row.id
        )


@job(attempts=3)
def read_upload(upload_id: str) -> None:
    """Read one uploaded file; running twice gives the same result as once."""
    row = Upload.objects.select_related("person").filter(id=upload_id).first()
    if row is None or row.status == Status.DONE:
        return
    path = where(row)
    if not path.exists():
        fail(row.id, "The file is not here any more. Please send it again.", now=timezone.now())
        return
    try:
        _read(row, path)
    except SensingError as error:
        fail(row.id, str(error), now=timezone.now())
    except gate.NotConsented as error:
        fail(row.id, str(error), now=timezone.now())
    path.unlink(missing_ok=True)


def _read(row: Upload, path: Path) -> None:
    """Read the file piece by piece, then store everything in one transaction."""
    now = timezone.now()
    kind = sniff(path)
    Upload.objects.filter(id=row.id).update(status=Status.READING, format=kind)
    set_aside: list[Quarantined] = []

    def batches() -> Iterator[tuple[str, pa.Table]]:
        for piece in read(path, now=now, progress=_progress(row)):
            if isinstance(piece, Batch):
                yield piece.stream, piece.table
            else:
                set_aside.append(piece)

    sampled: list[tuple[str, pa.Table]] = []
    ready_made: list[pa.Table] = []
    for stream, table in batches():
        if stream == DAILY:
            ready_made.append(table)
        else:
            sampled.append((stream, table))
    days = daybook.by_day(sampled)
    with transaction.atomic():
        gate.require(row.person, "wearables")
        changed = daybook.store(row.person_id, days, ready_made)
        _set_aside(row, set_aside)
        _finish(row, changed, set_aside, now)


def _progress(row: Upload):
    """A function that notes how far the reading is, at most twice a second."""
    last = time.monotonic()

    def note(share: float) -> None:
        nonlocal last
        if time.monotonic() - last < 0.5:
            return
        last = time.monotonic()
        Upload.objects.filter(id=row.id).update(progress=min(0.99, share))
        events.publish(
            "upload",
            [events.person_topic(row.person_id)],
            now=timezone.now(),
            person=row.person_id,
            id=row.id,
        )

    return note


def _set_aside(row: Upload, pieces: list[Quarantined]) -> None:
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


def _finish(row: Upload, changed: set[date], set_aside: list[Quarantined], now: datetime) -> None:
    """Close the upload and tell the house which days are new."""
    if changed:
        message = f"{len(changed)} days are new or have changed."
    else:
        message = "Everything in this file was here before. Nothing changed."
    Upload.objects.filter(id=row.id).update(
        status=Status.DONE,
        progress=1.0,
        message=message,
        finished_at=now,
        report={
            "days_changed": len(changed),
            "first": str(min(changed)) if changed else None,
            "last": str(max(changed)) if changed else None,
            "set_aside": sum(piece.count for piece in set_aside),
        },
    )
    audit.record(
        "data.stored", by=gate.MACHINE, now=now, subject=row.person_id, resource="wearables"
    )
    if changed:
        events.tell("streams.changed", person_id=row.person_id, days=sorted(changed), now=now)
    events.publish("upload", topics_about(row.person_id), now=now, person=row.person_id, id=row.id)


@every(hours=24)
def forget_old_samples(now: datetime) -> None:
    """Delete samples older than the site keeps them; their daily features stay."""
    oldest = (now - timedelta(days=policy().raw_days_kept)).date()
    DayRecord.objects.filter(day__lt=oldest).delete()
