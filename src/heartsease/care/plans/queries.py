"""Plans and proposals as those who may know see them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from uuid import UUID

from django.db.models import Q, QuerySet

from heartsease.consent import gate
from heartsease.consent.texts import texts
from heartsease.people.models import Person

from .models import Activity, ActivityLog, CarePlan, Proposal, Status


@dataclass(frozen=True)
class Step:
    """One activity of the plan in force and what was said about it today."""

    activity: Activity
    today: ActivityLog | None
    times_done: int


def plans(actor: gate.Actor) -> QuerySet[CarePlan]:
    """The plans an actor may see: a plan belongs to the care relation itself."""
    return CarePlan.objects.filter(person__in=gate.known_to(actor))


def proposals(actor: gate.Actor) -> QuerySet[Proposal]:
    """The proposals an actor may see: those all of whose streams are shown to them."""
    purpose = gate.SELF if isinstance(actor, Person) and actor.is_patient else "care"
    rows = Proposal.objects.filter(person__in=gate.known_to(actor))
    for stream in texts().streams:
        shown = Q(person__in=gate.seen_by(actor, purpose, stream))
        rows = rows.filter(shown | ~Q(streams__contains=stream))
    return rows.select_related("person", "decided_by")


def current_plan(person: Person, *, actor: gate.Actor | None = None) -> CarePlan | None:
    """The plan in force."""
    rows = plans(actor or person).filter(person=person, ended_at=None)
    return rows.prefetch_related("activities").select_related("decided_by").first()


def history(person: Person, *, actor: gate.Actor | None = None) -> list[CarePlan]:
    """All versions of a person's plan, newest first."""
    rows = plans(actor or person).filter(person=person)
    return list(
        rows.prefetch_related("activities").select_related("decided_by").order_by("-version")
    )


def steps(plan: CarePlan, today: date) -> list[Step]:
    """The activities of a plan with what the person said about them."""
    result = []
    for activity in plan.activities.prefetch_related("log"):
        log = list(activity.log.all())
        result.append(
            Step(
                activity=activity,
                today=next((entry for entry in log if entry.day == today), None),
                times_done=sum(entry.done for entry in log),
            )
        )
    return result


def own_activity(person: Person, identifier: UUID) -> Activity | None:
    """One activity of the person's own plan in force."""
    return (
        Activity.objects.filter(id=identifier, person=person, plan__ended_at=None)
        .select_related("plan")
        .first()
    )


def find_proposal(actor: gate.Actor, identifier: UUID) -> Proposal | None:
    """One proposal that the actor may see."""
    return proposals(actor).filter(id=identifier).first()


def open_proposals(actor: gate.Actor, people: Iterable[Person]) -> dict[UUID, list[Proposal]]:
    """Proposals that wait for a decision, by person."""
    found: defaultdict[UUID, list[Proposal]] = defaultdict(list)
    rows = proposals(actor).filter(status=Status.OPEN, person__in=[person.pk for person in people])
    for proposal in rows.order_by("made_at"):
        found[proposal.person_id].append(proposal)
    return dict(found)


def decided(person: Person, *, actor: gate.Actor | None = None) -> list[Proposal]:
    """Proposals about a person that somebody decided, newest first."""
    rows = proposals(actor or person).filter(person=person).exclude(status=Status.OPEN)
    return list(rows.exclude(status=Status.EXPIRED).order_by("-decided_at"))


def first_days(actor: gate.Actor, people: Iterable[Person]) -> dict[UUID, datetime]:
    """When the first plan of treatment of each of these persons came into force."""
    rows = plans(actor).filter(step__gt=0, person__in=[person.pk for person in people])
    return {plan.person_id: plan.in_force_from for plan in rows.order_by("-version")}


@dataclass(frozen=True)
class LoopFigures:
    """How far the loop gets, over the whole place; no person shows."""

    made: int
    waiting: int
    accepted: int
    changed: int
    declined: int
    expired: int
    measured: int
    better: int
    days_to_decision: float | None


def loop_figures() -> LoopFigures:
    """Count proposals, decisions and measured effects."""
    count = Counter(Proposal.objects.values_list("status", flat=True))
    measured = Proposal.objects.exclude(effect_at=None)
    waits = [
        (decided - made).total_seconds() / 86_400
        for made, decided in Proposal.objects.exclude(decided_at=None).values_list(
            "made_at", "decided_at"
        )
        if decided is not None
    ]
    return LoopFigures(
        made=sum(count.values()),
        waiting=count[Status.OPEN],
        accepted=count[Status.ACCEPTED],
        changed=count[Status.CHANGED],
        declined=count[Status.DECLINED],
        expired=count[Status.EXPIRED],
        measured=measured.count(),
        better=measured.filter(effect_verdict="improved").count(),
        days_to_decision=median(waits) if waits else None,
    )
