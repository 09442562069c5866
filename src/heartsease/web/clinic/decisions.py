"""Alerts, proposals and plans: where a person decides."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heartsease.base.errors import HouseError
from heartsease.care.plans import actions as plan_actions
from heartsease.care.plans import queries as plans
from heartsease.care.plans.models import Proposal
from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.people.queries import clinicians_of, named
from heartsease.watch import actions as watch_actions
from heartsease.watch import queries as watch
from heartsease.watch.models import Alert, Kind, Outcome
from heartsease.web.request import SignedInRequest

from .views import clinical

SAID = {one.value: one for one in (Outcome.ACTED, Outcome.NOTHING)}


def _alert(clinician: Person, identifier: UUID) -> Alert:
    found = watch.find_alert(clinician, identifier)
    if found is None:
        raise gate.NotFound("There is no such alert among your people.")
    return found


def _proposal(clinician: Person, identifier: UUID) -> Proposal:
    found = plans.find_proposal(clinician, identifier)
    if found is None:
        raise gate.NotFound("There is no such proposal among your people.")
    return found


def _danger(clinician: Person, person: Person) -> list[Alert]:
    """The safety alerts about a person that are open."""
    found = watch.open_alerts(clinician, [person]).get(person.pk, [])
    return [one for one in found if one.kind == Kind.SAFETY]


def _say_what_stays_open(request: SignedInRequest, person: Person) -> None:
    """A decision ends no alert: say so while one is open."""
    still = len(watch.open_alerts(request.user, [person]).get(person.pk, []))
    if still:
        alerts = "An alert is" if still == 1 else f"{still} alerts are"
        messages.info(request, f"{alerts} still open. End it when what it asks for is done.")


@clinical
@require_GET
def alert(request: SignedInRequest, alert: UUID) -> HttpResponse:
    """One alert: what, why, whose, until when."""
    return _alert_page(request, _alert(request.user, alert))


def _alert_page(request: SignedInRequest, found: Alert, wrong: str = "") -> HttpResponse:
    """The page of an alert, with what was written and what is wrong with it, if anything is."""
    person = gate.open_record(request.user, found.person_id, what="alert", now=timezone.now())
    there = named(clinicians_of(person.pk))
    colleagues = [one for one in there if one.pk not in {request.user.pk, found.owner_id}]
    context = {
        "alert": found,
        "person": person,
        "colleagues": colleagues,
        "draft": request.POST if wrong else request.stashed_post,
        "wrong": wrong,
        "cares": gate.cares_for(request.user, person),
        "others": [
            one
            for one in watch.open_alerts(request.user, [person]).get(person.pk, [])
            if one.pk != found.pk
        ],
        "proposals": plans.open_proposals(request.user, [person]).get(person.pk, []),
        "outcomes": [(one.value, one.label) for one in SAID.values()],
        "now": timezone.now(),
    }
    return render(request, "clinic/alert.html", context, status=422 if wrong else 200)


@clinical
@require_POST
def take(request: SignedInRequest, alert: UUID) -> HttpResponse:
    """I have this."""
    found = _alert(request.user, alert)
    if watch_actions.acknowledge(found, by=request.user, now=timezone.now()):
        messages.success(request, "This alert is yours now.")
    elif found.ended_at is not None:
        messages.info(request, "This alert has ended.")
    else:
        messages.info(request, "Somebody else took it a moment before.")
    return redirect("clinic:alert", found.pk)


@clinical
@require_POST
def close(request: SignedInRequest, alert: UUID) -> HttpResponse:
    """End an alert with what was done."""
    found = _alert(request.user, alert)
    reason, said = request.POST.get("reason", ""), request.POST.get("outcome", "")
    outcome = SAID.get(said)
    try:
        watch_actions.close(found, reason, by=request.user, now=timezone.now(), outcome=outcome)
    except watch_actions.NotSaid as error:
        return _alert_page(request, found, str(error))
    messages.success(request, "Ended. What you wrote is in the record.")
    return redirect("clinic:person", found.person_id)


@clinical
@require_POST
def hand_over(request: SignedInRequest, alert: UUID) -> HttpResponse:
    """Give an alert to a colleague of the person's teams."""
    found = _alert(request.user, alert)
    to = next(
        (one for one in clinicians_of(found.person_id) if str(one.pk) == request.POST.get("to")),
        None,
    )
    if to is None:
        raise gate.NotFound("There is no such colleague in this person's teams.")
    watch_actions.hand_over(found, to, by=request.user, now=timezone.now())
    messages.success(request, f"Handed over to {to.name}. The clock goes on.")
    return redirect("clinic:caseload")


@clinical
@require_GET
def proposal(request: SignedInRequest, proposal: UUID) -> HttpResponse:
    """One proposal: first the clinician's own choice, then the options side by side."""
    return _proposal_page(request, _proposal(request.user, proposal))


def _proposal_page(request: SignedInRequest, found: Proposal, wrong: str = "") -> HttpResponse:
    """The page of a proposal, with what was written and what is wrong with it."""
    person = gate.open_record(request.user, found.person_id, what="proposal", now=timezone.now())
    context = {
        "proposal": found,
        "person": person,
        "plan": plans.current_plan(person, actor=request.user),
        "told": named(clinicians_of(person.pk)),
        "danger": _danger(request.user, person),
        "draft": request.POST if wrong else request.stashed_post,
        "wrong": wrong,
        "cares": gate.cares_for(request.user, person),
    }
    return render(request, "clinic/proposal.html", context, status=422 if wrong else 200)


@clinical
@require_POST
def own_choice(request: SignedInRequest, proposal: UUID) -> HttpResponse:
    """Keep what the clinician would do before anything is shown."""
    found = _proposal(request.user, proposal)
    text = request.POST.get("own_choice", "")
    try:
        plan_actions.record_own_choice(found, text, by=request.user, now=timezone.now())
    except plan_actions.NotReady as error:
        return _proposal_page(request, found, str(error))
    return redirect("clinic:proposal", found.pk)


@clinical
@require_http_methods(["GET", "POST"])
def decide(request: SignedInRequest, proposal: UUID) -> HttpResponse:
    """Accept, accept with changes, or decline."""
    found = _proposal(request.user, proposal)
    if request.method == "GET":
        return redirect("clinic:proposal", found.pk)
    try:
        said = _decide(request, found)
    except plan_actions.NotReady as error:
        return _proposal_page(request, found, str(error))
    messages.success(request, said)
    _say_what_stays_open(request, found.person)
    return redirect("clinic:person", found.person_id)


def _decide(request: SignedInRequest, found: Proposal) -> str:
    """Carry out what was decided, and say it."""
    now, reason = timezone.now(), request.POST.get("reason", "")
    if request.POST.get("decision") == "decline":
        plan_actions.decline(found, reason, by=request.user, now=now)
        return "Declined. The plan stays as it is."
    option = request.POST.get("option", "")
    written = request.POST.get(f"activities_{option}")
    plan_actions.accept(
        found,
        option,
        by=request.user,
        now=now,
        activities=written.splitlines() if written is not None else None,
        reason=reason,
    )
    return "The plan was changed. The person sees it now."


class PlanForm(forms.Form):
    """A plan in a few words; goals and steps a line each."""

    problem = forms.CharField(label="What is this about?", max_length=500)
    goals = forms.CharField(
        label="Goals, one a line", widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    activities = forms.CharField(
        label="This week's steps, one a line", widget=forms.Textarea(attrs={"rows": 3})
    )
    review_on = forms.DateField(
        label="Look at it together on", widget=forms.DateInput(attrs={"type": "date"})
    )
    step = forms.TypedChoiceField(
        label="Step of care",
        coerce=int,
        choices=[
            (1, "1 Self-help"),
            (2, "2 Low intensity"),
            (3, "3 High intensity"),
            (4, "4 Specialist"),
        ],
    )
    summary = forms.CharField(label="What changes, in a line", max_length=120)

    def clean_review_on(self) -> date:
        """A review lies ahead."""
        day: date = self.cleaned_data["review_on"]
        if day < timezone.localdate():
            raise forms.ValidationError("Choose a day from today on.")
        return day


@clinical
@require_http_methods(["GET", "POST"])
def plan(request: SignedInRequest, person: UUID) -> HttpResponse:
    """Write a plan by hand; the one before stays in the history."""
    found = gate.open_record(request.user, person, what="plan", now=timezone.now())
    before = plans.current_plan(found, actor=request.user)
    initial = {"review_on": timezone.localdate() + timedelta(days=28), "step": 1}
    if before:
        initial |= {
            "problem": before.problem,
            "goals": "\n".join(before.goals),
            "activities": "\n".join(one.text for one in before.activities.all()),
            "step": before.step,
        }
    form = PlanForm(request.POST or request.stashed_post or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            plan_actions.make_plan(
                found,
                problem=data["problem"],
                goals=lines(data["goals"]),
                activities=lines(data["activities"]),
                review_on=data["review_on"],
                by=request.user,
                now=timezone.now(),
                step=data["step"],
                summary=data["summary"],
            )
        except HouseError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The plan is in force. The person sees it now.")
            _say_what_stays_open(request, found)
            return redirect("clinic:person", found.pk)
    danger = _danger(request.user, found)
    context = {"form": form, "person": found, "before": before, "danger": danger}
    return render(request, "clinic/plan.html", context, status=422 if form.errors else 200)


def lines(text: str) -> list[str]:
    """The lines of a text that say something.

    >>> lines("one\\n\\n two ")
    ['one', 'two']
    """
    return [line.strip() for line in text.splitlines() if line.strip()]
