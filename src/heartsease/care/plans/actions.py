"""Making plans and proposals, deciding about them, and noting what was done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta

import orjson
from django.db import IntegrityError, transaction

import heartsease
from heartsease.base import audit, events
from heartsease.base.errors import Conflict, Unacceptable
from heartsease.base.policy import policy
from heartsease.consent import gate
from heartsease.people.actions import NotAllowed
from heartsease.people.models import Person
from heartsease.people.queries import topics_about
from heartsease.science.treatment.stepped_care import GO_ON, SAFETY, Suggestion

from .models import Activity, ActivityLog, CarePlan, Proposal, Status


class AlreadyDecided(Conflict):
    """Somebody decided about this proposal before, or it expired."""


class NotReady(Unacceptable):
    """Something has to be said first."""


def _must_care(person: Person, clinician: Person) -> None:
    if not gate.cares_for(clinician, person):
        raise NotAllowed("Only a clinician who cares for this person can do that.")


@transaction.atomic
def make_plan(
    person: Person,
    *,
    problem: str,
    goals: Sequence[str],
    activities: Sequence[str],
    review_on: date,
    by: Person,
    now: datetime,
    step: int = 1,
    summary: str = "First plan",
) -> CarePlan:
    """Put a plan in force; the one before ends and stays in the history.

    Raises:
        NotAllowed: for anybody but a clinician who cares for the person.
    """
    _must_care(person, by)
    Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
    last = CarePlan.objects.select_for_update().filter(person=person).order_by("-version").first()
    CarePlan.objects.filter(person=person, ended_at=None).update(ended_at=now)
    plan = CarePlan.objects.create(
        person=person,
        version=last.version + 1 if last else 1,
        step=step,
        problem=problem,
        goals=list(goals),
        review_on=review_on,
        in_force_from=now,
        decided_by=by,
        summary_of_change=summary,
    )
    for order, text in enumerate(activities):
        Activity.objects.create(plan=plan, person=person, text=text, order=order)
    audit.record("plan.made", by=by, now=now, subject=person.id, resource=f"version {plan.version}")
    _publish("plan", person, plan.id, now)
    return plan


def _publish(kind: str, person: Person, identifier: object, now: datetime) -> None:
    events.publish(kind, topics_about(person.id), now=now, id=identifier, person=person.id)


@transaction.atomic
def propose(person: Person, suggestion: Suggestion, *, now: datetime) -> Proposal | None:
    """Keep a suggestion for a clinician to decide.

    One of this rule that is open is brought up to date, unless a clinician has begun to decide.
    None before the effect of a decision about the same rule could be known, for what a person
    decided is not asked again the next morning; a danger is always asked about again.
    """
    made_by = f"rules {heartsease.__version__}"
    same = Proposal.objects.filter(person=person, rule=suggestion.rule)
    open_one = same.select_for_update().filter(status=Status.OPEN).first()
    if open_one is not None:
        if open_one.own_choice is None and open_one.content != _plain(suggestion):
            open_one.content, open_one.streams = asdict(suggestion), " ".join(suggestion.streams)
            open_one.save(update_fields=["content", "streams"])
        return None
    decided_since = now - timedelta(days=suggestion.effect_after_days)
    if suggestion.rule != SAFETY and same.filter(decided_at__gt=decided_since).exists():
        return None
    try:
        with transaction.atomic():
            proposal = Proposal.objects.create(
                person=person,
                rule=suggestion.rule,
                streams=" ".join(suggestion.streams),
                content=asdict(suggestion),
                made_by_version=made_by,
                made_at=now,
                expires_at=now + timedelta(days=policy().proposal_expires_days),
            )
    except IntegrityError:
        return None
    audit.record(
        "proposal.made", by=gate.MACHINE, now=now, subject=person.id, resource=suggestion.rule
    )
    _publish("proposal", person, proposal.id, now)
    return proposal


def _plain(suggestion: Suggestion) -> object:
    """A suggestion as it comes back from the database."""
    return orjson.loads(orjson.dumps(asdict(suggestion)))


@transaction.atomic
def let_pass(person: Person, rules: Iterable[str], *, now: datetime) -> int:
    """End open proposals whose rule does not fire any more; say how many."""
    stale = Proposal.objects.filter(person=person, status=Status.OPEN).exclude(rule__in=list(rules))
    count = 0
    for proposal in stale:
        count += Proposal.objects.filter(id=proposal.id, status=Status.OPEN).update(
            status=Status.EXPIRED
        )
        audit.record("proposal.passed", by=gate.MACHINE, now=now, subject=person.id)
        _publish("proposal", person, proposal.id, now)
    return count


@transaction.atomic
def record_own_choice(proposal: Proposal, text: str, *, by: Person, now: datetime) -> None:
    """Keep what the clinician would do before the options are shown to them.

    Raises:
        NotAllowed: for anybody but a clinician who cares for the person.
        NotReady: if nothing is said.
        AlreadyDecided: if the proposal is not open any more.
    """
    _must_care(proposal.person, by)
    if not text.strip():
        raise NotReady("Write in a line what you would do. Then the options are shown.")
    row = _open_one(proposal)
    if row.own_choice is None:
        row.own_choice, row.own_choice_by, row.own_choice_at = text.strip(), by, now
        row.save(update_fields=["own_choice", "own_choice_by", "own_choice_at"])
        audit.record("proposal.own_choice", by=by, now=now, subject=row.person_id)
    proposal.refresh_from_db()


def _open_one(proposal: Proposal) -> Proposal:
    row = Proposal.objects.select_for_update().filter(id=proposal.id).first()
    if row is None or row.status != Status.OPEN:
        raise AlreadyDecided("This proposal was decided before. Nothing was changed.")
    return row


@transaction.atomic
def accept(
    proposal: Proposal,
    option: str,
    *,
    by: Person,
    now: datetime,
    activities: Iterable[str] | None = None,
    reason: str = "",
) -> CarePlan:
    """Accept an option, as it is or with other steps; the plan changes and the effect is due.

    1. The clinician's own choice must stand first (human judgement before the machine's).
    2. A new version of the plan holds the option's steps, or those the clinician wrote instead.
    3. The effect is measured after the days the rule names.

    Raises:
        NotAllowed: for anybody but a clinician who cares for the person.
        NotReady: if the own choice is missing, the option unknown, or a change has no reason.
        AlreadyDecided: if somebody was quicker; nothing is changed.
    """
    _must_care(proposal.person, by)
    row = _open_one(proposal)
    if row.own_choice is None:
        raise NotReady("Write first what you would do yourself.")
    chosen = next((one for one in row.options if one["key"] == option), None)
    if chosen is None:
        raise NotReady("Choose one of the options.")
    offered = list(chosen["activities"])
    steps = offered
    if activities is not None:
        steps = [text.strip() for text in activities if text.strip()]
    changed = steps != offered
    if changed and not reason.strip():
        raise NotReady(
            "You changed the steps. Say in a few words why, for the person and the team."
        )
    plan = _plan_after(row, chosen, steps, by, now)
    days = row.content["effect_after_days"]
    row.status = Status.CHANGED if changed else Status.ACCEPTED
    row.chosen_option, row.decided_by, row.decided_at = option, by, now
    row.decision_reason, row.plan = reason.strip() or None, plan
    row.effect_due = row.person.local_day(now) + timedelta(days=days)
    row.save()
    audit.record(f"proposal.{row.status}", by=by, now=now, subject=row.person_id, resource=row.rule)
    _publish("proposal", row.person, row.id, now)
    proposal.refresh_from_db()
    return plan


def _plan_after(
    proposal: Proposal, chosen: dict, steps: Sequence[str], by: Person, now: datetime
) -> CarePlan:
    """The next version of the plan: problem and goals go on, step and activities are new.

    A line that says to go on with the steps there are stands for those steps.

    What is done for safety comes beside the activities in force and begins no treatment: the step
    stays, 0 where there was no plan. No other decision leads a step down either.
    """
    before = CarePlan.objects.filter(person=proposal.person, ended_at=None).first()
    step = before.step if before else 0
    going_on = [one.text for one in before.activities.all()] if before else []
    if GO_ON in steps:
        place = list(steps).index(GO_ON)
        steps = [*steps[:place], *going_on, *steps[place + 1 :]]
        steps = list(dict.fromkeys(steps))
    if proposal.rule == SAFETY:
        steps = [*going_on, *(text for text in steps if text not in going_on)]
    else:
        step = max(step, chosen["step"])
    days = timedelta(days=proposal.content["effect_after_days"])
    return make_plan(
        proposal.person,
        problem=before.problem if before else proposal.content["problem"],
        goals=before.goals if before else [],
        activities=steps,
        review_on=proposal.person.local_day(now) + days,
        by=by,
        now=now,
        step=step,
        summary=chosen["label"],
    )


@transaction.atomic
def decline(proposal: Proposal, reason: str, *, by: Person, now: datetime) -> None:
    """Decline a proposal with a reason; the plan stays as it is.

    Raises:
        NotAllowed: for anybody but a clinician who cares for the person.
        NotReady: without a reason.
        AlreadyDecided: if somebody was quicker.
    """
    _must_care(proposal.person, by)
    if not reason.strip():
        raise NotReady("Say in a few words why not. It is never held against anybody.")
    row = _open_one(proposal)
    row.status, row.decided_by, row.decided_at = Status.DECLINED, by, now
    row.decision_reason = reason.strip()
    row.save()
    audit.record("proposal.declined", by=by, now=now, subject=row.person_id, resource=row.rule)
    _publish("proposal", row.person, row.id, now)
    proposal.refresh_from_db()


@transaction.atomic
def log_activity(
    activity: Activity, day: date, done: bool, reason: str = "", *, by: Person, now: datetime
) -> ActivityLog:
    """Note that a step was done or left out; saying it again replaces what was said.

    Raises:
        NotAllowed: if it is not the person's own step.
    """
    if by.pk != activity.person_id:
        raise NotAllowed("Only the person themself can say what they did.")
    Activity.objects.select_for_update(no_key=True).filter(pk=activity.pk).first()
    entry = ActivityLog.objects.filter(activity=activity, day=day).first() or ActivityLog(
        activity=activity, person=by, day=day
    )
    entry.done, entry.reason, entry.at = done, reason.strip() or None, now
    entry.save()
    audit.record("plan.step_noted", by=by, now=now, subject=by.id)
    _publish("plan", by, activity.plan_id, now)
    return entry


@transaction.atomic
def expire(now: datetime) -> int:
    """Let proposals end that nobody decided in time; say how many."""
    late = Proposal.objects.filter(status=Status.OPEN, expires_at__lt=now)
    for proposal in late:
        Proposal.objects.filter(id=proposal.id, status=Status.OPEN).update(status=Status.EXPIRED)
        audit.record("proposal.expired", by=gate.MACHINE, now=now, subject=proposal.person_id)
        _publish("proposal", proposal.person, proposal.id, now)
    return len(late)


@transaction.atomic
def keep_effect(proposal: Proposal, effect: dict, *, now: datetime) -> None:
    """Keep what followed from a decision; first word counts."""
    row = Proposal.objects.select_for_update().get(id=proposal.id)
    if row.effect_at is not None:
        return
    row.effect, row.effect_at = effect, now
    row.effect_verdict = effect.get("verdict") or ""
    row.save(update_fields=["effect", "effect_at", "effect_verdict"])
    audit.record("proposal.effect", by=gate.MACHINE, now=now, subject=row.person_id)
    _publish("plan", row.person, row.id, now)


@events.on("consent.withdrawn")
def let_go(*, person: Person, stream: str, purpose: str, now: datetime) -> None:
    """Let open proposals end that quote what the team may not see any more."""
    if purpose not in {"keep", "care"}:
        return
    quoting = Proposal.objects.filter(person=person, status=Status.OPEN, streams__contains=stream)
    for proposal in quoting:
        Proposal.objects.filter(id=proposal.id, status=Status.OPEN).update(status=Status.EXPIRED)
        audit.record("proposal.expired", by=gate.MACHINE, now=now, subject=person.id)


@events.on("streams.deleted")
def forget_quotes(*, person: Person, stream: str, now: datetime) -> None:
    """Delete proposals that quote deleted data; a decision stays, without what it quoted."""
    quoting = Proposal.objects.filter(person=person, streams__contains=stream)
    quoting.filter(decided_at=None).delete()
    for proposal in quoting:
        gone = "The data behind this were deleted by the person."
        proposal.content = {**proposal.content, "situation": gone, "reasons": []}
        proposal.save(update_fields=["content"])


@events.on("person.erased")
def forget(*, person: Person, now: datetime) -> None:
    """Delete the plans and proposals of an erased person."""
    Proposal.objects.filter(person=person).delete()
    CarePlan.objects.filter(person=person).delete()
