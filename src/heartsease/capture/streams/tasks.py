"""Reading an uploaded file in a worker: samples by day, features, and word to the house."""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from heartsease.base import audit, crypto, events, keys
from heartsease.base.clock import every
from heartsease.base.policy import policy
from heartsease.base.tasks import job
from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.science.sensing.reading import (
    Batch,
    Quarantined,
    SensingError,
    UnknownFormat,
    Unread,
    read,
    sniff,
)
from heartsease.science.sensing.spool import Spool

from . import accepted, apart, covered, outcome
from . import renewal as renewal  # its work is found here
from .draft import Draft, Overtaken
from .models import Upload
from .origins import OTHER
from .outcome import OPEN

logger = logging.getLogger("heartsease.streams")
TRIES = 3
TURNS = 3
READING_SHARE = 0.8
SECONDS_BETWEEN_NOTES = 0.5
GIVEN_UP_AFTER = timedelta(days=3)
PUSH_LINES_KEPT = timedelta(days=7)
ORPHANED_AFTER = timedelta(hours=6)
Note = Callable[[float], None]


class NothingUsable(SensingError):
    """Nothing of the file could be used; the sentence says why."""


class DeletedMeanwhile(SensingError):
    """The person deleted such data after they had sent this."""


class Vanished(Exception):
    """The upload was deleted or finished while it was read; there is nothing left to do."""


def where(upload: Upload) -> Path:
    """Where the file of an upload lies until it is read."""
    return Path(settings.FILE_UPLOAD_TEMP_DIR) / f"{upload.id}.upload"


def workplace(upload: Upload) -> Path:
    """The folder in which a worker puts down what it reads, for this program's eyes only."""
    return where(upload).with_suffix(".spool")


def tidy(upload: Upload) -> None:
    """Remove the file of an upload and whatever was put down of it."""
    shutil.rmtree(workplace(upload), ignore_errors=True)
    with contextlib.suppress(OSError):
        where(upload).unlink(missing_ok=True)


@job(attempts=TRIES)
def read_upload(upload_id: str) -> None:
    """Read one uploaded file; running twice gives the same result as once.

    A file that brings the worker down three times is given up with a sentence, whatever the way. A
    large one is read in a process of its own (`apart`).
    """
    row = Upload.objects.select_related("person").filter(id=upload_id).first()
    if row is None or row.status not in OPEN:
        return
    tries = int(row.report.get("tries", 0)) + 1
    outcome.tried(row, tries)
    try:
        if tries > TRIES:
            raise SensingError("Reading it broke off several times. Nothing of it was stored.")
        if not where(row).exists():
            raise SensingError("The file is not here any more. Please send it again.")
        if apart.is_large(where(row)):
            apart.read(upload_id)
        else:
            read_here(row)
    except SensingError as error:
        outcome.fail(row, str(error), now=timezone.now())
    except Exception:
        if tries < TRIES:
            raise
        tidy(row)
        sentence = "Something went wrong on our side. Nothing of it was stored."
        outcome.fail(row, sentence, now=timezone.now())
        raise
    tidy(row)


def read_here(row: Upload) -> None:
    """Read an upload in this process and write what became of it; its file stays."""
    set_aside: list[Quarantined] = []
    try:
        _read(row, set_aside)
    except (SensingError, gate.NotConsented, gate.NotOffered) as error:
        if isinstance(error, Unread):
            logger.error("A reader failed", exc_info=error.__cause__)
        outcome.fail(row, str(error), now=timezone.now(), set_aside=tuple(set_aside))
    except Vanished:
        pass


def _read(row: Upload, set_aside: list[Quarantined]) -> None:
    """Read the file piece by piece, work out what changes, and store it all in one transaction."""
    now = timezone.now()
    form = _form(where(row))
    outcome.begun(row, form)
    note = _notes(row)
    with _spool(row) as spool:
        taken, left_out = _put_down(row, spool, set_aside, now)
        set_aside += [
            Quarantined(row.filename, None, accepted.left_out_because(agreement), count)
            for agreement, count in sorted(left_out.items())
        ]
        if not spool.counts.keys() - ({covered.ALIVE} if left_out else set()):
            raise NothingUsable(_why(set_aside, left_out, form))

        def draft() -> Draft:
            oldest = covered.oldest(row.person_id, now)
            made = Draft(
                row.person_id,
                spool,
                oldest=oldest,
                agreements=taken,
                bringer=str(row.id) if row.source_id is None else OTHER,
            )
            made.unite()
            for share in made.make_features():
                note(READING_SHARE + share * (1 - READING_SHARE))
            return made

        _store_in_turn(row, draft, set_aside, now)


def _put_down(
    row: Upload, spool: Spool, set_aside: list[Quarantined], now: datetime
) -> tuple[frozenset[str], Counter[str]]:
    """Put down what the person lets in; give those agreements, and the rows left out by agreement.

    Contacts are known again over all that one person sends, and by nobody else.
    """
    path, note = where(row), _notes(row)
    kept = covered.kept(row.person)
    taken: set[str] = set()
    left_out: Counter[str] = Counter()
    for piece in read(
        path,
        now=now,
        progress=lambda share: note(share * READING_SHARE),
        zone=_zone(row),
        contact_key=crypto.derived(keys.key_of(row.person_id), "contacts"),
    ):
        if isinstance(piece, Batch):
            for agreement, part in covered.parts(piece):
                if agreement in kept:
                    taken.add(agreement)
                    spool.add(part)
                else:
                    left_out[agreement] += part.table.num_rows
        else:
            own = piece.file == path.name
            set_aside.append(replace(piece, file=row.filename) if own else piece)
    spool.close()
    return frozenset(taken), left_out


def _store_in_turn(
    row: Upload, draft: Callable[[], Draft], set_aside: list[Quarantined], now: datetime
) -> None:
    """Store a draft made beforehand; after some turns lost to others, make it while they wait."""
    for _ in range(TURNS):
        with contextlib.suppress(Overtaken):
            return _store(row, draft(), set_aside, now)
    with transaction.atomic():
        _hold(row)
        return _store(row, draft(), set_aside, now)


def _hold(row: Upload) -> None:
    """Uploads of one person queue here until the transaction ends.

    Raises:
        Vanished: if the upload was deleted or finished meanwhile.
    """
    Person.objects.select_for_update(no_key=True).filter(pk=row.person_id).first()
    still = Upload.objects.select_for_update(no_key=True).filter(id=row.id, status__in=OPEN)
    if still.first() is None:
        raise Vanished


@contextlib.contextmanager
def _spool(row: Upload) -> Iterator[Spool]:
    """A fresh folder to put samples down in; what a dead worker left there is removed first."""
    folder = workplace(row)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield Spool(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _zone(row: Upload) -> ZoneInfo | None:
    """Where the person lives, as far as that is known."""
    try:
        return ZoneInfo(row.person.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _form(path: Path) -> str:
    """The name of a file's format.

    Raises:
        UnknownFormat: naming what is taken in here.
    """
    try:
        return sniff(path)
    except UnknownFormat as error:
        raise accepted.unknown_form(error) from error


def _why(set_aside: list[Quarantined], left_out: Mapping[str, int], form: str) -> str:
    """Why nothing was left, with the reason that most rows share."""
    if 2 * sum(left_out.values()) > sum(piece.count for piece in set_aside):
        return accepted.nothing_taken(left_out)
    if not set_aside:
        return accepted.nothing_known(form)
    most = max(set_aside, key=lambda piece: piece.count)
    return f"Nothing in it could be used: {most.reason}."


@transaction.atomic
def _store(row: Upload, draft: Draft, set_aside: list[Quarantined], now: datetime) -> None:
    """Store what an upload changes, all or nothing.

    1. Queue, so that none overwrites what another has just stored.
    2. Store nothing without the consent that it was read under.
    3. Write days, features and what was set aside, close the upload, and tell the house.

    Raises:
        Vanished, Overtaken, NotConsented, DeletedMeanwhile: nothing is stored then.
    """
    _hold(row)
    for agreement in sorted(draft.agreements):
        gate.require(row.person, agreement)
        if audit.was_recorded(
            "data.deleted",
            by=row.person,
            subject=row.person_id,
            resource=agreement,
            since=row.received_at,
        ):
            raise DeletedMeanwhile(
                "You deleted data of this kind while this was read, so nothing of it was stored."
            )
    changed = draft.write()
    outcome.finish(row, changed, set_aside, now)


def _notes(row: Upload) -> Note:
    """A function that notes how far the reading is, at most twice a second."""
    last = time.monotonic()

    def note(share: float) -> None:
        nonlocal last
        if time.monotonic() - last < SECONDS_BETWEEN_NOTES:
            return
        last = time.monotonic()
        outcome.reached(row, share, timezone.now())

    return note


@every(hours=24)
def forget_old_samples(now: datetime) -> None:
    """Delete samples older than the site keeps them; their daily features stay."""
    outcome.forget_samples((now - timedelta(days=policy().raw_days_kept)).date(), now)
    outcome.forget_positions((now - timedelta(days=policy().position_days_kept)).date(), now)


@every(hours=24)
def forget_old_pushes(now: datetime) -> None:
    """Delete the lines about pushes of more than a week ago."""
    outcome.forget_pushes(now - PUSH_LINES_KEPT)


@events.on("consent.withdrawn")
def forget_positions(*, person: Person, stream: str, purpose: str, now: datetime) -> None:
    """Delete older positions of somebody who does not have them kept any more."""
    if (stream, purpose) == (covered.POSITIONS, "keep"):
        before = covered.oldest(person, now)[covered.POSITION_SAMPLES]
        outcome.forget_positions(before, now, of=person)


@every(hours=1)
def sweep(now: datetime) -> None:
    """Remove files that a crash left behind, and give up uploads that nobody could read.

    A file whose upload still waits is left alone for three days; any other for six hours.
    """
    for row in Upload.objects.filter(status__in=OPEN, received_at__lt=now - GIVEN_UP_AFTER):
        tidy(row)
        outcome.fail(row, "It could not be read in time. Please send it again.", now=now)
    open_rows = Upload.objects.filter(status__in=OPEN)
    waiting = {str(key) for key in open_rows.values_list("id", flat=True)}
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir():
        with contextlib.suppress(OSError):
            age = now.timestamp() - path.stat().st_mtime
            name, _, ending = path.name.partition(".")
            if ending.partition(".")[0] not in {"upload", "spool"} or name in waiting:
                continue
            if age > ORPHANED_AFTER.total_seconds():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
