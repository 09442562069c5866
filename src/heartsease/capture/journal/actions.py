"""Checking in, taking it back, and speaking a voice diary."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from django.db import transaction

from heartsease.base import audit, events
from heartsease.base.errors import Unacceptable
from heartsease.consent import gate
from heartsease.consent.queries import topics_for
from heartsease.people.actions import NotAllowed
from heartsease.people.models import Person

from .models import CheckIn, VoiceDiary

STREAM = "journal"
VOICE = "voice"
RECORDING_BYTES = 40_000_000
UNDO_WITHIN = timedelta(minutes=10)
NOTE_LETTERS = 5_000


class ImpossibleCheckIn(Unacceptable):
    """A value outside 1 to 5, a note too long, or nothing at all."""


class ImpossibleRecording(Unacceptable):
    """A recording that cannot be turned into numbers; the sentence says why."""


@dataclass(frozen=True)
class CheckInValues:
    """What a person said: each 1 to 5 or none, words, and a note."""

    mood: int | None = None
    sleep_quality: int | None = None
    energy: int | None = None
    worry: int | None = None
    note: str = ""
    feelings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        for item in ITEMS:
            value = getattr(self, item)
            if value is not None and value not in range(1, 6):
                raise ImpossibleCheckIn(f"{item.replace('_', ' ')} goes from 1 to 5, not {value}.")
        if len(self.note) > NOTE_LETTERS:
            raise ImpossibleCheckIn(f"A note may have {NOTE_LETTERS} letters at most.")
        if not any(getattr(self, field.name) for field in fields(self)):
            raise ImpossibleCheckIn("Choose at least one answer, or write a note.")


ITEMS = ("mood", "sleep_quality", "energy", "worry")


@transaction.atomic
def check_in(
    person: Person, values: CheckInValues, *, now: datetime, origin: str = "person"
) -> CheckIn:
    """Keep how a person is, and let the rest of the house look at it.

    Raises:
        NotConsented: if check-ins are switched off.
    """
    gate.require(person, STREAM)
    kept = {key: value for key, value in asdict(values).items() if value and key != "note"}
    checkin = CheckIn.objects.create(
        person=person,
        at=now,
        day=now.astimezone(ZoneInfo(person.timezone)).date(),
        values=kept,
        note=values.note or None,
        origin=origin,
    )
    audit.record("check_in.kept", by=person, now=now, subject=person.id)
    events.tell("journal.checked_in", checkin=checkin, now=now)
    events.publish("checkin", topics_for(person.id, STREAM), now=now, person=person.id)
    return checkin


@transaction.atomic
def undo(checkin: CheckIn, *, by: Person, now: datetime) -> None:
    """Take a check-in back within ten minutes; its content goes.

    Raises:
        NotAllowed: if it is somebody else's, or older.
    """
    if by.pk != checkin.person_id:
        raise NotAllowed("Only the person themself can take this back.")
    if now - checkin.at > UNDO_WITHIN:
        raise NotAllowed("This was more than ten minutes ago. You can say how you are now instead.")
    CheckIn.objects.filter(id=checkin.id).delete()
    audit.record("check_in.undone", by=by, now=now, subject=by.id)
    events.tell("journal.undone", person=by, now=now)
    events.publish("checkin", topics_for(by.id, STREAM), now=now, person=by.id)


def speak(person: Person, recording: BinaryIO, *, now: datetime) -> VoiceDiary:
    """Turn a voice diary into numbers and keep these alone.

    1. Refuse where the person does not have them kept.
    2. Describe the sound in memory; the recording is neither written down nor sent on.
    3. Keep the numbers, and let the day's features be made of all diaries of that day.

    Args:
        recording: WAV.

    Raises:
        NotConsented: if voice diaries are switched off.
        ImpossibleRecording: with a sentence, where it cannot be read or is beyond 40 MB.
    """
    # What hears is loaded by whoever speaks: it takes a third of a server's memory.
    from heartsease.science.voice.prosody import describe
    from heartsease.science.voice.sound import UnusableSound, read_wav

    gate.require(person, VOICE)
    body = recording.read(RECORDING_BYTES + 1)
    if len(body) > RECORDING_BYTES:
        raise ImpossibleRecording("This recording is too large. Ten minutes are the most.")
    try:
        found = describe(read_wav(io.BytesIO(body)))
    except UnusableSound as error:
        raise ImpossibleRecording(str(error)) from error
    return _keep_diary(person, asdict(found), now)


def _refuse_if_deleted(person: Person, since: datetime) -> None:
    """Keep nothing of what a person deleted while it was being heard."""
    Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
    if audit.was_recorded(
        "data.deleted", by=person, subject=person.pk, resource=VOICE, since=since
    ):
        raise ImpossibleRecording(
            "You deleted your voice diaries while this was heard, so nothing of it was kept."
        )


@transaction.atomic
def _keep_diary(person: Person, values: dict[str, Any], now: datetime) -> VoiceDiary:
    from heartsease.science.voice.daily import daily
    from heartsease.science.voice.prosody import Prosody

    _refuse_if_deleted(person, now)
    gate.require(person, VOICE)
    day = person.local_day(now)
    diary = VoiceDiary.objects.create(person=person, at=now, day=day, values=values)
    own = VoiceDiary.objects.filter(person=person, day=day)
    frame = daily([(row.day, Prosody(**row.values)) for row in own])
    audit.record("voice_diary.kept", by=person, now=now, subject=person.id)
    events.tell("journal.spoke", person=person, features=frame, now=now)
    events.publish("checkin", topics_for(person.id, VOICE), now=now, person=person.id)
    return diary


@events.on("streams.deleted")
def forget_voice(*, person: Person, stream: str, now: datetime) -> None:
    """Delete what is kept of voice diaries with the numbers of the days made of them."""
    if stream == VOICE:
        VoiceDiary.objects.filter(person=person).delete()


@events.on("person.erased")
def forget(*, person: Person, now: datetime) -> None:
    """Delete what an erased person said."""
    CheckIn.objects.filter(person=person).delete()
    VoiceDiary.objects.filter(person=person).delete()
