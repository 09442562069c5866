"""Alerts and signals as those who may know see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from uuid import UUID

import numpy as np
from django.db.models import Case, Q, QuerySet, When

from heartsease.capture.journal import queries as journal
from heartsease.capture.streams import queries as streams
from heartsease.consent import gate
from heartsease.consent.texts import texts
from heartsease.people.models import Person
from heartsease.science.course.series import DailySeries
from heartsease.science.course.usual import usual_range

from .coping import HELPED, Idea, choose
from .models import Alert, Kind, Looked, Outcome, Rest, Review, Signal, Tried
from .watched import plan


def alerts(actor: gate.Actor) -> QuerySet[Alert]:
    """The alerts an actor may see: of people they know, of streams that are shown to them.

    A safety alert stays visible when the stream is withdrawn, for somebody has to look after the
    person; its content does not: `is_readable` says which of the two.
    """
    readable = Q(pk=None)
    for stream in texts().streams:
        readable |= Q(stream=stream, person__in=gate.seen_by(actor, "care", stream))
    if isinstance(actor, Person) and actor.is_patient:
        return Alert.objects.none()
    safety = Q(kind=Kind.SAFETY, person__in=gate.known_to(actor))
    return (
        Alert.objects.annotate(is_readable=Case(When(readable, then=True), default=False))
        .filter(safety | Q(is_readable=True))
        .select_related("person", "owner")
        .prefetch_related("signals")
        .order_by("ended_at", "due_at")
    )


def open_alerts(actor: gate.Actor, people: Iterable[Person]) -> dict[UUID, list[Alert]]:
    """Open alerts by person: safety first, of these what nobody took, then what is due soonest."""
    found: defaultdict[UUID, list[Alert]] = defaultdict(list)
    rows = alerts(actor).filter(ended_at=None, person__in=[person.pk for person in people])
    for alert in sorted(rows, key=_urgency):
        found[alert.person_id].append(alert)
    return dict(found)


def _urgency(alert: Alert) -> tuple[bool, bool, datetime]:
    return alert.kind != Kind.SAFETY, alert.acknowledged_at is not None, alert.due_at


def ended_alerts(actor: gate.Actor, person: Person, limit: int = 5) -> list[Alert]:
    """A person's alerts that ended, newest first: what was done is for whoever comes next."""
    rows = alerts(actor).filter(person=person).exclude(ended_at=None)
    return list(rows.select_related("acknowledged_by").order_by("-ended_at")[:limit])


def own_last_seen_to(person: Person) -> datetime | None:
    """When the team last noted that it looked after a safety alert of the person's own."""
    rows = Alert.objects.filter(person=person, kind=Kind.SAFETY).exclude(ended_at=None)
    return rows.order_by("-ended_at").values_list("ended_at", flat=True).first()


def find_alert(actor: gate.Actor, identifier: UUID) -> Alert | None:
    """One alert that the actor may see."""
    return alerts(actor).filter(id=identifier).first()


def own_open_safety(person: Person) -> datetime | None:
    """Since when the person's team has been asked to look after them; none while no alert is open.

    Nothing of what the alert says is given out.
    """
    rows = Alert.objects.filter(person=person, kind=Kind.SAFETY, ended_at=None).exclude(owner=None)
    return rows.order_by("-opened_at").values_list("opened_at", flat=True).first()


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


@dataclass(frozen=True)
class Told:
    """A change as the person is told of it, and one thing they may try.

    Attributes:
        helped: whether the idea helped them before, by their own word.
        tried_all: whether there were ideas, and none of them helped.
    """

    signal: Signal
    idea: Idea | None
    helped: bool
    tried_all: bool = False


def own_changes(person: Person) -> list[Told]:
    """A person's open changes, newest first, each with the idea that fits by what helped before."""
    said: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    rows = Tried.objects.filter(person=person).order_by("at")
    for way, idea, verdict in rows.values_list("way", "idea", "verdict"):
        said[way].append((idea, verdict))
    result = []
    for signal in open_signals(person):
        own = said[signal.way]
        chosen = choose(signal.way, own)
        last = dict(own).get(chosen.key) if chosen else None
        result.append(Told(signal, chosen, last == HELPED, tried_all=bool(own) and not chosen))
    return result


def own_tried(person: Person) -> QuerySet[Tried]:
    """What a person said of ideas, oldest first."""
    return Tried.objects.filter(person=person).order_by("at")


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


def comparable_series(
    person: Person,
    days: int,
    today: date,
    *,
    actor: gate.Actor | None = None,
    purpose: str = gate.SELF,
) -> dict[str, DailySeries]:
    """Like `all_series`, without days that would only look like a change, as of another device."""
    of_devices = streams.comparable(
        person, days, today, actor=actor, purpose=purpose, least_yield=plan().least_yield
    )
    return {
        **{name: one.series for name, one in of_devices.items()},
        **journal.series(person, days, today, actor=actor, purpose=purpose),
    }


def partly_recorded(
    person: Person,
    days: int,
    today: date,
    *,
    actor: gate.Actor | None = None,
    purpose: str = gate.SELF,
) -> dict[str, set[date]]:
    """By feature the days of which less was recorded than changes are looked for on."""
    least = plan().least_yield
    rows = streams.features(actor or person, purpose).filter(
        person=person, day__gt=today - timedelta(days=days), feature__in=list(least)
    )
    found: dict[str, set[date]] = {}
    for feature, day, share in rows.values_list("feature", "day", "data_yield"):
        if share < least[feature]:
            found.setdefault(feature, set()).add(day)
    return found


def without(series: DailySeries, days: set[date]) -> DailySeries:
    """A series in which these days are missing."""
    gone = np.isin(series.days, np.array(sorted(days), series.days.dtype))
    return DailySeries(series.days, np.where(gone, np.nan, series.values))


def usual_ranges(
    person: Person,
    days: int,
    today: date,
    *,
    actor: gate.Actor | None = None,
    purpose: str = gate.SELF,
) -> dict[str, tuple[float, float] | None]:
    """The person's own usual range of each series, where there is enough to say it."""
    found = comparable_series(person, days, today, actor=actor, purpose=purpose)
    return {feature: usual_range(own) for feature, own in found.items()}


def last_reviews(actor: gate.Actor, people: Iterable[Person]) -> dict[UUID, Review]:
    """The newest review mark of each of these persons."""
    rows = Review.objects.filter(
        person__in=gate.known_to(actor), person_id__in=[person.pk for person in people]
    )
    return {row.person_id: row for row in rows.select_related("by").order_by("at")}


def signals_of(actor: gate.Actor, people: Iterable[Person]) -> dict[UUID, list[Signal]]:
    """Open signals by person, as an actor may see them for care."""
    found: defaultdict[UUID, list[Signal]] = defaultdict(list)
    rows = signals(actor).filter(ended_at=None, person__in=[person.pk for person in people])
    for signal in rows:
        found[signal.person_id].append(signal)
    return dict(found)


NOTICED, UNCHANGED = "noticed", "unchanged"


def verdicts_of(actor: gate.Actor, people: Iterable[Person]) -> dict[UUID, dict[str, list[str]]]:
    """What the last look could say, by person and domain, of streams the actor may see for care.

    Each is "noticed", "unchanged", or a sentence on why nothing can be said.
    """
    keys = [person.pk for person in people]
    shown = {
        stream: set(
            gate.seen_by(actor, "care", stream).filter(pk__in=keys).values_list("pk", flat=True)
        )
        for stream in {one.stream for one in plan().ways}
    }
    ways = {one.name: one for one in plan().ways}
    found: dict[UUID, dict[str, list[str]]] = {}
    for looked in Looked.objects.filter(person__in=keys):
        own: defaultdict[str, list[str]] = defaultdict(list)
        for name, verdict in looked.verdicts.items():
            way = ways.get(name)
            if way is not None and looked.person_id in shown[way.stream]:
                own[way.domain].append(verdict)
        found[looked.person_id] = dict(own)
    return found


WINDOW = timedelta(days=90)
SAID_NEEDED, ACTED_SHARE = 12, 0.1


@dataclass(frozen=True)
class Heeded:
    """What became of alerts about one way of changing in the last 90 days; no person shows.

    Attributes:
        said: those of which whoever ended them said whether anything was needed. That nobody took
            an alert says how much time there was, not whether it was worth any.
        rests_until: until when a supervisor lets such alerts rest.
    """

    way: str
    words: str
    opened: int
    said: int
    acted: int
    untaken: int
    rests_until: datetime | None

    @property
    def could_rest(self) -> bool:
        """Whether a supervisor may want to let them rest: often enough judged, hardly of use."""
        return self.said >= SAID_NEEDED and self.acted <= ACTED_SHARE * self.said


def heeded(now: datetime) -> list[Heeded]:
    """What became of alerts by way of changing, the most frequent first."""
    rows = Alert.objects.filter(kind=Kind.CHANGE, opened_at__gt=now - WINDOW)
    found: dict[str, dict[UUID, str]] = {way: {} for way in resting_ways(now)}
    for alert, feature, outcome in rows.exclude(signals=None).values_list(
        "id", "signals__feature", "outcome"
    ):
        found.setdefault(feature.partition(".")[2], {})[alert] = outcome
    words = {one.kind: one.way.words for one in plan().ways}
    rests = resting_ways(now)
    made = [_heeded(way, words.get(way, way), own, rests.get(way)) for way, own in found.items()]
    return sorted(made, key=lambda one: -one.opened)


def _heeded(way: str, words: str, own: dict[UUID, str], until: datetime | None) -> Heeded:
    outcomes = list(own.values())
    acted, nothing = outcomes.count(Outcome.ACTED), outcomes.count(Outcome.NOTHING)
    return Heeded(
        way=way,
        words=words,
        opened=len(outcomes),
        said=acted + nothing,
        acted=acted,
        untaken=outcomes.count(Outcome.RETIRED),
        rests_until=until,
    )


def resting_ways(now: datetime) -> dict[str, datetime]:
    """Ways of changing whose alerts a supervisor lets rest, and until when."""
    return dict(Rest.objects.filter(until__gt=now).values_list("way", "until"))


@dataclass(frozen=True)
class Burden:
    """What alerts ask of the clinicians, over the whole place; no person shows."""

    opened_30_days: int
    open_now: int
    past_due: int
    escalated_30_days: int
    hours_to_taken: float | None
    taken: int
    retired_30_days: int
    clinicians: int

    @property
    def per_clinician_week(self) -> float:
        """Alerts that reach one clinician in a week."""
        return self.opened_30_days / max(self.clinicians, 1) * 7 / 30


def burden(now: datetime) -> Burden:
    """Count alerts and how long they wait."""
    month = Alert.objects.filter(opened_at__gt=now - timedelta(days=30))
    waits = [
        (taken - opened).total_seconds() / 3600
        for opened, taken in month.exclude(first_taken_at=None).values_list(
            "opened_at", "first_taken_at"
        )
        if taken is not None
    ]
    open_now = Alert.objects.filter(ended_at=None)
    return Burden(
        opened_30_days=month.count(),
        open_now=open_now.count(),
        past_due=open_now.filter(acknowledged_at=None, due_at__lt=now).count(),
        escalated_30_days=month.exclude(first_escalated_at=None).count(),
        hours_to_taken=median(waits) if waits else None,
        taken=len(waits),
        retired_30_days=month.filter(outcome=Outcome.RETIRED).count(),
        clinicians=Person.objects.filter(
            role__in=["clinician", "supervisor"], is_active=True
        ).count(),
    )
