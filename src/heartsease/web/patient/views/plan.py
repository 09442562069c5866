"""My plan: what is worked on, this week's steps, what may come next, and who decided what."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from heartsease.capture.measures import queries as measures
from heartsease.care.plans import actions, queries
from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.people.queries import teams_caring_for
from heartsease.web.access import role_required
from heartsease.web.request import SignedInRequest

from ..forms import StepForm

REASONS = (
    "I had no time",
    "I did not feel able to",
    "It did not fit today",
    "I forgot",
    "It does not help me",
)


@role_required("patient")
@require_GET
def plan(request: SignedInRequest) -> HttpResponse:
    """Show the plan in force, what may follow, and every version before."""
    person = request.user
    today = timezone.localdate()
    current = queries.current_plan(person)
    context = {
        "plan": current,
        "has_team": teams_caring_for(person.pk).exists(),
        "preparing": "" if current else _preparing(person),
        "steps": queries.steps(current, today) if current else [],
        "proposals": queries.open_proposals(person, [person]).get(person.pk, []),
        "effects": [row for row in queries.decided(person) if row.effect],
        "waiting": [row for row in queries.decided(person) if row.plan_id and not row.effect][:1],
        "history": queries.history(person),
        "reasons_given": [row for row in queries.decided(person) if row.decision_reason][:5],
        "skipping": request.GET.get("skip", ""),
        "reasons": REASONS,
    }
    return render(request, "patient/plan.html", context)


def _preparing(person: Person) -> str:
    """What helps the team to prepare a first plan, as things stand; empty where nothing is known.

    Answers help only where the team may see them.
    """
    if not gate.allows(person, "keep", measures.STREAM):
        return "Questionnaires are off here. A plan can be made without them."
    if not gate.allows(person, "care", measures.STREAM):
        return "Your team does not see your answers. A plan can be made without them."
    if measures.responses(person, gate.SELF).filter(person=person).exists():
        return "Your answers help them to prepare."
    if measures.due(person, timezone.now()).exists():
        return "The first questionnaire helps them to prepare. It is on Today."
    return ""


@role_required("patient")
@require_http_methods(["GET", "POST"])
def log(request: SignedInRequest, activity: UUID) -> HttpResponse:
    """Note that a step was done or left out; a skip may say why, and need not."""
    row = queries.own_activity(request.user, activity)
    if row is None:
        raise Http404
    if request.method == "GET":
        return redirect("patient:plan")
    form = StepForm(request.POST)
    if not form.is_valid():
        messages.error(request, "That could not be noted. Choose Done or Skip once more.")
        return redirect("patient:plan")
    actions.log_activity(
        row,
        timezone.localdate(),
        form.cleaned_data["done"],
        form.cleaned_data["reason"],
        by=request.user,
        now=timezone.now(),
    )
    if not request.htmx:
        messages.success(request, "Noted.")
        return redirect("patient:plan")
    found = [
        step for step in queries.steps(row.plan, timezone.localdate()) if step.activity.id == row.id
    ]
    context = {"step": found[0], "reasons": REASONS, "noted": True}
    return render(request, "patient/parts/step.html", context)
