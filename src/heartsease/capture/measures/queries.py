"""What a person is asked, and how their scores moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Max, QuerySet

from heartsease.consent import gate
from heartsease.people.models import Person

from .models import Assignment, Response

STREAM = "questionnaires"
GRACE = timedelta(days=2)


def due(person: Person, now: datetime) -> QuerySet[Assignment]:
    """The questionnaires to answer now, most urgent first; none while answers are not kept."""
    if not gate.allows(person, "keep", STREAM):
        return Assignment.objects.none()
    return Assignment.objects.filter(person=person, closed_at=None, due__lte=now).order_by("due")


def coming(person: Person) -> QuerySet[Assignment]:
    """All open questionnaires of a person."""
    return Assignment.objects.filter(person=person, closed_at=None).order_by("due")


def coming_shown(actor: gate.Actor, person: Person) -> QuerySet[Assignment]:
    """All open questionnaires of a person, where the actor may see the answers."""
    return coming(person).filter(person__in=gate.seen_by(actor, "care", STREAM))


def last_danger(person: Person, since: datetime) -> datetime | None:
    """When the person last gave an answer that calls for somebody to look, since a moment."""
    rows = Response.objects.filter(person=person, safety=True, answered_at__gt=since)
    return rows.order_by("-answered_at").values_list("answered_at", flat=True).first()


def own_assignment(person: Person, identifier: UUID) -> Assignment | None:
    """One assignment if it is the person's own."""
    return Assignment.objects.filter(person=person, id=identifier).first()


def own_response(person: Person, identifier: UUID) -> Response | None:
    """One response if it is the person's own."""
    return Response.objects.filter(person=person, id=identifier).first()


def responses(actor: gate.Actor, purpose: str) -> QuerySet[Response]:
    """The responses that an actor may read for a purpose."""
    return Response.objects.filter(person__in=gate.seen_by(actor, purpose, STREAM)).order_by(
        "answered_at"
    )


def course(
    person: Person, instrument: str, *, actor: gate.Actor | None = None, purpose: str = gate.SELF
) -> list[Response]:
    """A person's scored responses to one questionnaire, oldest first, as an actor may see them."""
    rows = responses(actor or person, purpose).filter(person=person, instrument=instrument)
    return [row for row in rows if row.total is not None]


def courses(
    actor: gate.Actor, people: Iterable[Person], instruments: Iterable[str], purpose: str = "care"
) -> dict[tuple[UUID, str], list[Response]]:
    """Scored responses of several persons in one query, by person and questionnaire."""
    found: defaultdict[tuple[UUID, str], list[Response]] = defaultdict(list)
    rows = responses(actor, purpose).filter(
        person__in=[person.pk for person in people],
        instrument__in=list(instruments),
        total__isnull=False,
    )
    for row in rows.defer("answers").select_related("person"):
        found[row.person_id, row.instrument].append(row)
    return dict(found)


def last_days(actor: gate.Actor, people: Iterable[Person]) -> dict[UUID, date]:
    """The local day of each person's last answer to any questionnaire."""
    people = list(people)
    rows = responses(actor, "care").filter(person__in=[person.pk for person in people])
    latest = dict(rows.order_by().values_list("person").annotate(last=Max("answered_at")))
    return {
        person.pk: person.local_day(latest[person.pk]) for person in people if person.pk in latest
    }


def overdue(
    actor: gate.Actor, people: Iterable[Person], now: datetime
) -> dict[UUID, list[Assignment]]:
    """Questionnaires two days past their day, by person, where the actor may see the answers."""
    found: defaultdict[UUID, list[Assignment]] = defaultdict(list)
    rows = Assignment.objects.filter(
        person__in=gate.seen_by(actor, "care", STREAM),
        person_id__in=[person.pk for person in people],
        closed_at=None,
        due__lt=now - GRACE,
    )
    for row in rows.order_by("due"):
        found[row.person_id].append(row)
    return dict(found)
