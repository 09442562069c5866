"""Checking in, and taking it back."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from heartsease.base import audit, events
from heartsease.base.errors import Unacceptable
from heartsease.consent import gate
from heartsease.consent.queries import topics_for
from heartsease.people.actions import NotAllowed
from heartsease.people.models import Person

from .models import CheckIn

STREAM = "journal"
UNDO_WITHIN = timedelta(minutes=10)
NOTE_LETTERS = 5_000


class ImpossibleCheckIn(Unacceptable):
    """A value outside 1 to 5, a note too long, or nothing at all."""


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


@events.on("person.erased")
def forget(*, person: Person, now: datetime) -> None:
    """Delete what an erased person said."""
    CheckIn.objects.filter(person=person).delete()
