"""Taking data in, connecting, pausing and deleting."""

from __future__ import annotations

import contextlib
import io
import os
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import orjson
import polars as pl
from django.conf import settings
from django.db import transaction

from heartsease.base import audit, crypto, events
from heartsease.base.errors import Forbidden, Missing, TooLarge, TooOften, Unacceptable
from heartsease.consent.queries import topics_for
from heartsease.people.actions import NotAllowed
from heartsease.people.models import Person

from . import covered, draft, outcome, tasks
from .daybook import keep_features
from .draft import Overtaken
from .models import DailyFeature, DayRecord, Source, Upload
from .queries import waiting
from .tasks import TURNS, tidy, where

STREAM = covered.WEARABLES
CHUNK_BYTES = 1 << 20
PUSH_BYTES = 25_000_000
MESSAGE_BYTES = 64_000
# A phone that was away for a day sends some hundred positions at once.
MOST_WAITING, PUSHES_WAITING_BYTES = 500, 250_000_000


class FileTooLarge(TooLarge):
    """The file is beyond what this place takes in at once."""


class TooManyWaiting(TooOften):
    """So much of this person waits to be read that no more is taken in until it was."""


class Unreadable(Unacceptable):
    """What was sent cannot be read here."""


class SourcePaused(Forbidden):
    """The person paused this source, or ended it."""


def upload(
    person: Person,
    file: BinaryIO,
    filename: str,
    *,
    by: Person,
    now: datetime,
    source: Source | None = None,
    most_bytes: int | None = None,
) -> Upload:
    """Take a file in and have a worker read it.

    1. Refuse where the person agrees to nothing of what devices send, or too much of them waits.
    2. Write the file down first; a row without its file never exists.
    3. Enqueue the reading in the transaction of the row.

    Raises:
        NotAllowed: if the file is for somebody else.
        NotConsented: if all that devices send is switched off.
        FileTooLarge: beyond `most_bytes`, by default the limit of the site; nothing is kept.
        TooManyWaiting: if the worker has to catch up first; nothing is kept.
    """
    if by.pk != person.pk:
        raise NotAllowed("Only the person themself can hand in their data.")
    covered.require_some(person)
    _must_have_room(person, settings.MAX_UPLOAD_BYTES if source is None else PUSHES_WAITING_BYTES)
    row = Upload(person=person, source=source, received_at=now, size_bytes=0)
    row.filename = Path(filename).name[:200] or "data"
    path = where(row)
    try:
        row.size_bytes = _write_down(file, path, most_bytes or settings.MAX_UPLOAD_BYTES)
        with transaction.atomic():
            covered.require_some(person)
            row.save(force_insert=True)
            outcome.leave_trace("data.received", row, by=by, now=now)
            tasks.read_upload.enqueue(str(row.id))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return row


def _must_have_room(person: Person, most_bytes: int) -> None:
    """Take nothing in from somebody of whom so much waits that reading cannot follow."""
    files, held = waiting(person)
    if files >= MOST_WAITING or held >= most_bytes:
        raise TooManyWaiting(
            f"{files} files with {held / 1e6:,.0f} MB wait to be read already. Nothing was kept. "
            "Send it again later."
        )


def _write_down(file: BinaryIO, path: Path, most_bytes: int) -> int:
    """Copy a file to where only this program reads it; say how many bytes."""
    size = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        while chunk := file.read(CHUNK_BYTES):
            size += len(chunk)
            if size > most_bytes:
                raise FileTooLarge(
                    f"This is more than {most_bytes / 1e6:,.0f} MB, the most that is taken in at "
                    "once. Nothing was kept."
                )
            target.write(chunk)
    return size


def take_back(row: Upload, *, by: Person, now: datetime) -> None:
    """Take a file back with everything that it alone brought, read or not.

    What another file or a device brought too stays. Numbers of days whose samples are not kept any
    more go if nothing but this file had a part in them.

    1. Work out beside the database what the days are without it.
    2. Store that with the line about the file gone; begin anew where somebody was quicker.

    Raises:
        NotAllowed: if somebody else tries, or for what a device pushed.
        Missing: if it was taken back already.
    """
    if by.pk != row.person_id or row.source_id is not None:
        raise NotAllowed("Only the person themself can take back a file that they sent.")
    for turn in range(1, TURNS + 1):
        with contextlib.suppress(Overtaken), draft.workplace() as spool:
            oldest = covered.oldest(row.person_id, now)
            if turn < TURNS:
                _store_without(row, draft.without(row, spool, oldest), by, now)
                return
            with transaction.atomic():
                _hold(row)
                _store_without(row, draft.without(row, spool, oldest), by, now)


def _hold(row: Upload) -> None:
    """Whatever changes one person's days queues here; a file that is gone is said to be."""
    Person.objects.select_for_update(no_key=True).filter(pk=row.person_id).first()
    if not Upload.objects.filter(id=row.id).exists():
        raise Missing("This file was taken back already.")


@transaction.atomic
def _store_without(row: Upload, made: draft.Draft, by: Person, now: datetime) -> None:
    _hold(row)
    changed = made.write_without(str(row.id), draft.other_files(row))
    topics = max((topics_for(row.person_id, one) for one in covered.AGREEMENTS), key=len)
    identifier = row.id
    Upload.objects.filter(id=identifier).delete()
    tidy(row)
    audit.record("data.taken_back", by=by, now=now, subject=row.person_id, resource=STREAM)
    events.tell("streams.taken_back", person=row.person, now=now)
    if changed:
        events.tell("streams.changed", person_id=row.person_id, days=sorted(changed), now=now)
    events.publish("upload", topics, now=now, person=row.person_id, id=identifier)


@transaction.atomic
def connect(
    person: Person, label: str, *, by: Person, now: datetime, kind: str = "push"
) -> tuple[Source, str]:
    """Make a source that may push data, and its token; the token is shown this once.

    Args:
        kind: the app that sends, a key of `pushers.PUSHERS`.

    Raises:
        NotAllowed: if somebody else tries.
        NotConsented: if wearable data are switched off.
    """
    if by.pk != person.pk:
        raise NotAllowed("Only the person themself can connect a source.")
    covered.require_some(person)
    token = crypto.new_token()
    source = Source.objects.create(
        person=person,
        kind=kind,
        label=label.strip()[:80] or "My device",
        token_hash=token_hash(token),
        connected_at=now,
    )
    audit.record("source.connected", by=by, now=now, subject=person.id)
    return source, token


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return crypto.keyed_hash(crypto.derived(settings.SITE_KEY, "source tokens"), token)


def push(source: Source, body: BinaryIO, *, now: datetime) -> Upload:
    """Take in what a source pushes.

    Raises:
        SourcePaused: if the person paused or ended it.
        NotConsented: if wearable data are switched off.
        FileTooLarge: beyond 25 MB; nothing is kept.
        TooManyWaiting: as `upload`.
    """
    if source.paused_at is not None or source.ended_at is not None:
        raise SourcePaused("This source is paused. Nothing was stored.")
    row = upload(
        source.person,
        body,
        "push",
        by=source.person,
        now=now,
        source=source,
        most_bytes=PUSH_BYTES,
    )
    Source.objects.filter(id=source.id).update(last_seen_at=now)
    return row


def push_position(source: Source, message: bytes, *, now: datetime) -> Upload | None:
    """Take in one message of a phone that tells where it is; None where it holds no position.

    Raises:
        SourcePaused, NotConsented: as `push`.
        FileTooLarge: beyond 64 kB, which no such message has.
        Unreadable: if the app encrypted it with a key that only it knows.
    """
    if len(message) > MESSAGE_BYTES:
        raise FileTooLarge("This is more than one position. Nothing was kept.")
    kind = _kind(message)
    if kind == "encrypted":
        raise Unreadable(
            "The app encrypts with a secret of its own. Remove the secret key in its settings; "
            "the connection itself is encrypted. Nothing was kept."
        )
    return push(source, io.BytesIO(message), now=now) if kind == "location" else None


def _kind(message: bytes) -> str:
    """What an OwnTracks message says it is; empty where it says nothing."""
    try:
        found = orjson.loads(message)
    except orjson.JSONDecodeError:
        return ""
    return str(found.get("_type", "")) if isinstance(found, dict) else ""


@transaction.atomic
def pause(source: Source, *, by: Person, now: datetime) -> None:
    """Let a source send nothing for the time being."""
    _change(source, by, now, "source.paused", paused_at=now)


@transaction.atomic
def resume(source: Source, *, by: Person, now: datetime) -> None:
    """Let a paused source send again."""
    _change(source, by, now, "source.resumed", paused_at=None)


@transaction.atomic
def disconnect(source: Source, *, by: Person, now: datetime) -> None:
    """End a source; its token opens nothing any more, its data stay."""
    _change(source, by, now, "source.ended", ended_at=now)


def _change(source: Source, by: Person, now: datetime, action: str, **values: object) -> None:
    if by.pk != source.person_id:
        raise NotAllowed("Only the person themself can change a source.")
    Source.objects.filter(id=source.id).update(**values)
    audit.record(action, by=by, now=now, subject=source.person_id)


@transaction.atomic
def delete_data(
    person: Person,
    *,
    by: Person,
    now: datetime,
    agreements: frozenset[str] = frozenset(covered.AGREEMENTS),
) -> None:
    """Delete what a person's devices sent: everything, files too, or what some agreements cover.

    Raises:
        NotAllowed: if somebody else tries.
    """
    if by.pk != person.pk:
        raise NotAllowed("Only the person themself can delete their data.")
    Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
    topics = max((topics_for(person.id, one) for one in covered.AGREEMENTS), key=len)
    if agreements == frozenset(covered.AGREEMENTS):
        _forget_rows(person)
    for agreement in sorted(agreements):
        samples, features = covered.samples_of(agreement), covered.features_of(agreement)
        DayRecord.objects.filter(person=person, stream__in=samples).delete()
        DailyFeature.objects.filter(person=person, feature__in=features).delete()
        audit.record("data.deleted", by=by, now=now, subject=person.id, resource=agreement)
        events.tell("streams.deleted", person=person, stream=agreement, now=now)
    events.publish("upload", topics, now=now, person=person.id)


@events.on("journal.spoke")
def keep_voice(*, person: Person, features: pl.DataFrame, now: datetime) -> None:
    """Keep the day's numbers of voice diaries beside those of devices."""
    changed = keep_features(person.pk, features, source="voice")
    if changed:
        events.tell("streams.changed", person_id=person.pk, days=sorted(changed), now=now)


def _forget_rows(person: Person) -> None:
    for row in Upload.objects.filter(person=person):
        tidy(row)
    Upload.objects.filter(person=person).delete()
    DayRecord.objects.filter(person=person).delete()
    DailyFeature.objects.filter(person=person).delete()


@events.on("person.erased")
def forget(*, person: Person, now: datetime) -> None:
    """Delete what an erased person's devices sent."""
    _forget_rows(person)
    Source.objects.filter(person=person).delete()
