"""Thinking a plan over when something new is known, and measuring what decisions did."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from django.utils import timezone

from heartsease.base import events
from heartsease.base.clock import every
from heartsease.base.policy import policy
from heartsease.base.tasks import job
from heartsease.capture.measures import actions as measures
from heartsease.capture.measures.models import Response
from heartsease.capture.measures.queries import responses
from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.science.treatment.effect import effect_of
from heartsease.science.treatment.stepped_care import (
    ObservedChange,
    ScorePoint,
    Situation,
    suggest,
)
from heartsease.watch.models import Alert, Kind, Signal
from heartsease.watch.queries import open_signals

from . import actions
from .models import CarePlan, Proposal, Status

ASK_DAYS_BEFORE = 4
WAIT_DAYS_AFTER = 14


@events.on("measures.answered")
def after_answers(*, response: Response, now: datetime) -> None:
    """A new score may call for another plan."""
    reconsider.enqueue(str(response.person_id))


@events.on("watch.changed")
def after_signal(*, person: Person, signals: list[Signal], now: datetime) -> None:
    """A lasting change may call for another plan."""
    reconsider.enqueue(str(person.pk))


@events.on("alert.ended")
def after_alert(*, alert: Alert, now: datetime) -> None:
    """What had to wait for somebody to look may be planned now."""
    reconsider.enqueue(str(alert.person_id))


@events.on("consent.given")
def after_consent(*, person: Person, stream: str, purpose: str, now: datetime) -> None:
    """What rested on an agreement that was withdrawn may be said again once it is given again."""
    reconsider.enqueue(str(person.pk))


@every(hours=24)
def reconsider_everybody(now: datetime) -> None:
    """Weeks pass without an answer too: think over whoever lets the team see their scores."""
    for person in gate.seen_by(gate.MACHINE, "care", "questionnaires").values_list("pk", flat=True):
        reconsider.enqueue(str(person))


@job()
def reconsider(person_id: str) -> None:
    """Think one person's plan over; safe to run twice."""
    person = Person.objects.filter(pk=person_id, erased_at=None).first()
    if person is not None and policy().allows("plan_proposals"):
        think_over(person, now=timezone.now())


def think_over(person: Person, *, now: datetime) -> list[Proposal]:
    """Apply the stepped-care rules to what the team may know; return the proposals made.

    Open proposals whose rule does not fire any more end, the others are brought up to date.
    """
    if not gate.allows(person, "care", "questionnaires"):
        return []
    suggestions = suggest(situation_of(person, now))
    actions.let_pass(person, [one.rule for one in suggestions], now=now)
    made = (actions.propose(person, suggestion, now=now) for suggestion in suggestions)
    return [proposal for proposal in made if proposal is not None]


def situation_of(person: Person, now: datetime) -> Situation:
    """Gather what the rules look at, through the gate."""
    today = person.local_day(now)
    rows = responses(gate.MACHINE, "care").filter(
        person=person, total__isnull=False, answered_at__lte=now
    )
    first = CarePlan.objects.filter(person=person, step__gt=0).order_by("version").first()
    current = CarePlan.objects.filter(person=person, ended_at=None).first()
    return Situation(
        now=today,
        scores=tuple(
            ScorePoint(row.instrument, person.local_day(row.answered_at), row.points)
            for row in rows
        ),
        treatment_started=person.local_day(first.in_force_from) if first else None,
        step=current.step if current else 0,
        open_safety_alert=Alert.objects.filter(
            person=person, kind=Kind.SAFETY, ended_at=None
        ).exists(),
        changes=tuple(
            ObservedChange(signal.feature, signal.since, signal.sentence, signal.stream)
            for signal in open_signals(person, actor=gate.MACHINE, purpose="care")
        ),
    )


@every(hours=1)
def expire_proposals(now: datetime) -> None:
    """Let proposals end that nobody decided."""
    actions.expire(now)


@every(hours=1)
def measure_effects(now: datetime) -> None:
    """Measure what decisions did, when their day has come.

    A few days before that day the questionnaire is asked for, so that there is something to
    measure with.
    """
    decided = Proposal.objects.filter(
        status__in=[Status.ACCEPTED, Status.CHANGED], effect_at=None
    ).select_related("person")
    soon = now.date() + timedelta(days=ASK_DAYS_BEFORE + 1)
    for proposal in decided.filter(effect_due__lte=soon):
        due = proposal.effect_due or now.date()
        left = (due - proposal.person.local_day(now)).days
        if left <= ASK_DAYS_BEFORE:
            _ask(proposal, now)
        if left <= 0:
            measure(proposal, now)


def _ask(proposal: Proposal, now: datetime) -> None:
    """Ask for the questionnaire that the effect is measured with, unless it was just answered."""
    instrument = proposal.content["effect_measure"]
    lately = responses(gate.MACHINE, "care").filter(
        person=proposal.person,
        instrument=instrument,
        answered_at__gte=now - timedelta(days=7),
        answered_at__gt=proposal.decided_at,
    )
    if not lately.exists() and gate.allows(proposal.person, "care", "questionnaires"):
        measures.assign(proposal.person, instrument, by=gate.MACHINE, now=now, due=now)


def measure(proposal: Proposal, now: datetime) -> None:
    """Compare the scores before and after a decision.

    It waits for the answer that was asked for; after two weeks it takes what there is near the due
    day, or says that nothing is known.
    """
    person, due, decided_at = proposal.person, proposal.effect_due, proposal.decided_at
    if due is None or decided_at is None:
        return
    rows = responses(gate.MACHINE, "care").filter(
        person=person, instrument=proposal.content["effect_measure"], total__isnull=False
    )
    points = tuple(
        ScorePoint(row.instrument, person.local_day(row.answered_at), row.points) for row in rows
    )
    asked = due - timedelta(days=ASK_DAYS_BEFORE)
    over = (person.local_day(now) - due).days > WAIT_DAYS_AFTER
    if not over and not any(point.day >= asked for point in points):
        return
    effect = effect_of(
        points,
        instrument=proposal.content["effect_measure"],
        decided=person.local_day(decided_at),
        due=due,
    )
    if effect.known or over:
        actions.keep_effect(proposal, asdict(effect), now=now)
