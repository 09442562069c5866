"""Alerts and signals as those who may know see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from heartsease.capture.journal import queries as journal
from heartsease.capture.streams import queries as streams
from heartsease.consent import gate
from heartsease.consent.texts import texts
from heartsease.people.models import Person
from heartsease.science.course.change import usual_range
from heartsease.science.course.series import DailySeries

from .models import Alert, Kind, Signal


def alerts(actor: gate.Actor) -> QuerySet[Alert]:
    """The alerts an actor may see: of people they know, of streams that are shown to them.

    A safety alert stays visible when the stream is withdrawn, for somebody has to look after the
    person; its content does not (`may_read`).
    """
    visible = Q(kind=Kind.SAFETY, person__in=gate.known_to(actor))
    for stream in texts().streams:
        visible |= Q(stream=stream, person__in=gate.seen_by(actor, "care", stream))
    if isinstance(actor, Person) and actor.is_patient:
        return Alert.objects.none()
    return (
        Alert.objects.filter(visible)
        .select_related("person", "owner", "signal")
        .order_by("ended_at", "due_at")
    )


def may_read(actor: gate.Actor, alert: Alert) -> bool:
    """Whether an actor may read what an alert says, beyond that there is one."""
    return gate.seen_by(actor, "care", alert.stream).filter(pk=alert.person_id).exists()


def open_alerts(actor: gate.Actor, people: Iterable[Person]) -> dict[UUID, list[Alert]]:
    """Open alerts by person, safety first, then the one due soonest."""
    found: defaultdict[UUID, list[Alert]] = defaultdict(list)
    rows = alerts(actor).filter(ended_at=None, person__in=[person.pk for person in people])
    for alert in sorted(rows, key=lambda row: (row.kind != Kind.SAFETY, row.due_at)):
        found[alert.person_id].append(alert)
    return dict(found)


def find_alert(actor: gate.Actor, identifier: UUID) -> Alert | None:
    """One alert that the actor may see."""
    return alerts(actor).filter(id=identifier).first()


def signals(actor: gate.Actor, purpose: str = "care") -> QuerySet[Signal]:
    """The signals an actor may see for a purpose, newest first."""
    visible = Q(pk=None)
    for stream in texts().streams:
        visible |= Q(stream=stream, person__in=gate.seen_by(actor, purpose, stream))
    return Signal.objects.filter(visible).order_by("-noticed_at")


def open_signals(
    person: Person, *, actor: gate.Actor | None = None, purpose: str = gate.SELF
) -> list[Signal]:
    """A person's open signals, newest first."""
    return list(signals(actor or person, purpose).filter(person=person, ended_at=None))


def all_series(
    person: Person,
    days: int,
    today: date,
    *,
    actor: gate.Actor | None = None,
    purpose: str = gate.SELF,
) -> dict[str, DailySeries]:
    """Every daily series of a person that the actor may see, devices and check-ins together."""
    return {
        **streams.all_series(person, days, today, actor=actor, purpose=purpose),
        **journal.series(person, days, today, actor=actor, purpose=purpose),
    }


def usual_ranges(series: dict[str, DailySeries]) -> dict[str, tuple[float, float] | None]:
    """The person's own usual range of each series, where there is enough to say it."""
    return {feature: usual_range(found) for feature, found in series.items()}
