"""Asking questions and keeping answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from heartsease.base import audit, events
from heartsease.base.errors import Conflict, Missing
from heartsease.consent import gate
from heartsease.consent.queries import topics_for
from heartsease.people.actions import NotAllowed
from heartsease.people.models import Person
from heartsease.science import instruments

from .models import Assignment, Response

STREAM = "questionnaires"
FIRST_QUESTIONNAIRE = "phq9"


class AlreadyAnswered(Conflict):
    """This questionnaire was answered, or taken back, before."""


class UnknownInstrument(Missing):
    """No questionnaire has this name."""


@transaction.atomic
def assign(
    person: Person,
    instrument: str,
    *,
    by: Person | gate.Machine,
    now: datetime,
    due: datetime,
    every_days: int | None = None,
) -> Assignment:
    """Ask a person to answer a questionnaire.

    While one is open that one is returned, due at the earlier of the two days.

    Raises:
        UnknownInstrument: if it is not in the library.
        NotAllowed: if somebody else asks who does not care for the person.
    """
    if isinstance(by, Person) and by.pk != person.pk and not gate.cares_for(by, person):
        raise NotAllowed("Only the person's own team can ask them something.")
    if instrument not in instruments.INSTRUMENTS:
        known = ", ".join(instruments.INSTRUMENTS)
        raise UnknownInstrument(f"No questionnaire is called {instrument!r}. Known: {known}.")
    assignment, is_new = Assignment.objects.get_or_create(
        person=person,
        instrument=instrument,
        closed_at=None,
        defaults={
            "every_days": every_days,
            "due": due,
            "opened_at": now,
            "opened_by": by if isinstance(by, Person) else None,
        },
    )
    if not is_new:
        return _sooner(assignment, due, every_days, by=by, now=now)
    audit.record("questionnaire.asked", by=by, now=now, subject=person.id, resource=instrument)
    events.publish("questionnaire", topics_for(person.id, STREAM), now=now, person=person.id)
    return assignment


def _sooner(
    assignment: Assignment, due: datetime, every_days: int | None, *, by: object, now: datetime
) -> Assignment:
    """Let a second request bring an open one forward, or make a series of it."""
    assignment.due = min(assignment.due, due)
    assignment.every_days = every_days or assignment.every_days
    assignment.save(update_fields=["due", "every_days"])
    person, asked = assignment.person_id, assignment.instrument
    audit.record("questionnaire.asked", by=by, now=now, subject=person, resource=asked)
    events.publish("questionnaire", topics_for(person, STREAM), now=now, person=person)
    return assignment


@transaction.atomic
def answer(
    assignment: Assignment, answers: Mapping[int, int | None], *, by: Person, now: datetime
) -> Response:
    """Keep a person's answers, score them, and wake the clinic if they call for it.

    1. Refuse an assignment that is closed or not theirs, and a stream they switched off.
    2. Store answers and score together; without enough answers the reason stands for the score.
    3. Leave a trace in the audit log.
    4. Tell the house within this transaction, so that danger and its alert are stored together.
    5. Open the next one of a series.

    Raises:
        NotAllowed: if somebody else answers.
        AlreadyAnswered: if it is closed; nothing is stored twice.
        NotConsented: if questionnaires are switched off.
        ImpossibleAnswer: for an item or value that the questionnaire does not have.
    """
    if by.pk != assignment.person_id:
        raise NotAllowed("Only the person who was asked can answer.")
    gate.require(by, STREAM)
    score = instruments.score(instruments.load(assignment.instrument), answers)
    if not _close(assignment, now):
        raise AlreadyAnswered("These answers were sent before. Nothing was changed.")
    response = record(
        by, assignment.instrument, answers, score=score, now=now, assignment=assignment
    )
    audit.record(
        "questionnaire.answered", by=by, now=now, subject=by.id, resource=assignment.instrument
    )
    events.tell("measures.answered", response=response, now=now)
    events.publish("response", topics_for(by.id, STREAM), now=now, person=by.id, id=response.id)
    if assignment.every_days:
        later = now + timedelta(days=assignment.every_days)
        assign(
            by,
            assignment.instrument,
            by=gate.MACHINE,
            now=now,
            due=later,
            every_days=assignment.every_days,
        )
    return response


def _close(assignment: Assignment, now: datetime) -> bool:
    """Close an assignment; false when it was closed by somebody quicker."""
    return Assignment.objects.filter(id=assignment.id, closed_at=None).update(closed_at=now) == 1


def record(
    person: Person,
    instrument: str,
    answers: Mapping[int, int | None],
    *,
    score: instruments.Score,
    now: datetime,
    assignment: Assignment | None = None,
    simulated: bool = False,
) -> Response:
    """Store scored answers; the caller has checked that it may."""
    return Response.objects.create(
        person=person,
        assignment=assignment,
        instrument=instrument,
        instrument_version=instruments.load(instrument).version,
        answers={str(number): value for number, value in answers.items()},
        total=score.total,
        band=score.band or "",
        prorated=score.prorated,
        reason=score.reason or "",
        safety=bool(score.safety),
        answered_at=now,
        simulated=simulated,
    )


@transaction.atomic
def take_back(assignment: Assignment, *, by: Person, now: datetime) -> None:
    """Close an unanswered questionnaire."""
    if _close(assignment, now):
        audit.record(
            "questionnaire.taken_back",
            by=by,
            now=now,
            subject=assignment.person_id,
            resource=assignment.instrument,
        )


@events.on("consent.given")
def offer_the_first(*, person: Person, stream: str, purpose: str, now: datetime) -> None:
    """Ask the first questionnaire of somebody who agrees to keep answers after their welcome.

    The welcome itself asks those who agree in it. Whoever was ever asked or has answered is not
    asked again by this.
    """
    if (stream, purpose) != (STREAM, "keep"):
        return
    if person.welcomed_at is None or person.welcomed_at >= now:
        return
    if Assignment.objects.filter(person=person).exists():
        return
    if not Response.objects.filter(person=person).exists():
        assign(person, FIRST_QUESTIONNAIRE, by=gate.MACHINE, now=now, due=now)


@events.on("person.erased")
def forget(*, person: Person, now: datetime) -> None:
    """Delete what an erased person answered."""
    Response.objects.filter(person=person).delete()
    Assignment.objects.filter(person=person).delete()
