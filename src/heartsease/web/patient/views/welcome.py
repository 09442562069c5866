"""Welcome: what this is and is not, what a person agrees to, and the first questions."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from heartsease.base.policy import policy
from heartsease.capture.measures import actions as measures
from heartsease.capture.measures import queries as measure_queries
from heartsease.consent import actions, gate, queries
from heartsease.people import actions as people
from heartsease.people.models import Person
from heartsease.people.queries import team_lines
from heartsease.science import instruments
from heartsease.web.access import role_required
from heartsease.web.request import SignedInRequest

from .contact import ReachForm, reach_form
from .privacy import grouped_switches

STEPS = ("1", "2", "3", "4")


@role_required("patient")
@require_http_methods(["GET", "POST"])
def welcome(request: SignedInRequest) -> HttpResponse:
    """Take a new person through four short steps; each can be come back to."""
    step = request.GET.get("step", "1")
    step = step if step in STEPS else "1"
    form = reach_form(request) if step == "3" else None
    if request.method == "POST" and (form is None or form.keep(request.user)):
        return _go_on(request, step)
    return _show(request, step, form)


def _show(request: SignedInRequest, step: str, form: ReachForm | None) -> HttpResponse:
    """One step as a page."""
    person = request.user
    teams = team_lines(person.pk)
    context: dict[str, object] = {
        "form": form,
        "teams": teams,
        "somebody": any(members for _, members in teams),
        "step": int(step),
        "streams": grouped_switches(person),
        "reading_hours": policy().reading_hours,
        "keeps": gate.allows(person, "keep", measures.STREAM),
    }
    assignment = measure_queries.coming(person).first()
    if assignment is not None:
        context |= {
            "assignment": assignment,
            "instrument": instruments.load(assignment.instrument),
        }
    status = 422 if form is not None and form.errors else 200
    return render(request, "patient/welcome.html", context, status=status)


def _go_on(request: SignedInRequest, step: str) -> HttpResponse:
    """Keep what this step asked for and go to the next."""
    person = request.user
    now = timezone.now()
    if step == "2":
        _keep_choices(request, person)
        people.welcome(person, now=now)
        if gate.allows(person, "keep", measures.STREAM):
            measures.assign(person, measures.FIRST_QUESTIONNAIRE, by=person, now=now, due=now)
    if step == "4":
        people.welcome(person, now=now)
        return redirect("patient:today")
    return redirect(f"{reverse('patient:welcome')}?step={int(step) + 1}")


def _keep_choices(request: SignedInRequest, person: Person) -> None:
    """Give what is ticked and withdraw what is not, what is not offered any more included."""
    for stream, purpose in queries.not_offered(person):
        actions.withdraw(person, stream, purpose, by=person, now=timezone.now())
    ticked = set(request.POST.getlist("agree"))
    for row in queries.switches(person):
        wanted = f"{row.stream}:{row.purpose}" in ticked
        if wanted != row.given:
            change = actions.give if wanted else actions.withdraw
            change(person, row.stream, row.purpose, by=person, now=timezone.now())
