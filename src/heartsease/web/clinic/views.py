"""The caseload and one person's page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heartsease.base.errors import Missing
from heartsease.capture.journal import queries as journal
from heartsease.capture.measures import actions as measure_actions
from heartsease.capture.measures import queries as measures
from heartsease.care.plans import queries as plans
from heartsease.consent import actions as consent_actions
from heartsease.consent import gate
from heartsease.people.models import Person, Role
from heartsease.people.queries import named, patient_at
from heartsease.science import instruments
from heartsease.watch import actions as watch_actions
from heartsease.watch import queries as watch
from heartsease.watch.models import Alert
from heartsease.web.access import role_required
from heartsease.web.paper import pdf_of
from heartsease.web.request import SignedInRequest
from heartsease.web.week import last_whole_week, week, week_word

from . import caseload as cases
from . import course, fresh
from .levels import levels
from .moved import moved_since

MANY = 50
clinical = role_required(Role.CLINICIAN, Role.SUPERVISOR)


@clinical
@require_GET
def caseload(request: SignedInRequest) -> HttpResponse:
    """Who needs somebody first; or only those whom an open page has news of."""
    now, today = timezone.now(), timezone.localdate()
    filters = cases.Filters.of(request.GET.dict())
    if "person" in request.GET:
        found = fresh.rows(request.user, _asked(request), news=request.news_after, now=now)
        gate.note_listed(request.user, [one.row.person.pk for one in found], now=now)
        kept = [one.html for one in found if filters.keep(one.row, request.user, today)]
        return render(request, "clinic/some_rows.html", {"rows": kept})
    everybody = cases.rows(request.user, now, today)
    gate.note_listed(request.user, [row.person.pk for row in everybody], now=now)
    rows = [row for row in everybody if filters.keep(row, request.user, today)]
    context = {
        "rows": rows,
        "filters": filters,
        "total": len(everybody),
        "needing": sum(row.needs_somebody for row in everybody),
        "now": now,
        "today": today,
    }
    fragment = request.headers.get("HX-Request") or "fragment" in request.GET
    return render(request, "clinic/rows.html" if fragment else "clinic/caseload.html", context)


def _asked(request: SignedInRequest) -> list[UUID]:
    """The people whose rows a page asks for, who need not exist."""
    try:
        return [UUID(text) for text in request.GET.getlist("person")[:MANY]]
    except ValueError as wrong:
        raise Missing("There is nobody here by this address.") from wrong


@clinical
@require_GET
def peek(request: SignedInRequest, person: UUID) -> HttpResponse:
    """A look at one person beside the table; it is an opening of the record like any other."""
    found = gate.open_record(request.user, person, what="summary", now=timezone.now())
    return render(request, "clinic/peek.html", _summary(request.user, found))


def _summary(clinician: Person, person: Person) -> dict[str, object]:
    """What peek and page have in common."""
    today = timezone.localdate()
    alerts = watch.open_alerts(clinician, [person]).get(person.pk, [])
    signals = watch.open_signals(person, actor=clinician, purpose="care")
    proposals = plans.open_proposals(clinician, [person]).get(person.pk, [])
    return {
        "person": person,
        "alerts": alerts,
        "signals": signals,
        "proposals": proposals,
        "plan": plans.current_plan(person, actor=clinician),
        "brief": course.brief(
            clinician, person, alerts=alerts, signals=signals, proposals=proposals, today=today
        ),
        "shared": course.shared(clinician, person),
        "now": timezone.now(),
    }


@clinical
@require_GET
def person(request: SignedInRequest, person: UUID) -> HttpResponse:
    """One person's course: timeline, brief, alerts, proposal, plan."""
    found = gate.open_record(request.user, person, what="timeline", now=timezone.now())
    request.allows_style_attributes = True
    today = timezone.localdate()
    check_ins = journal.recent(found, 60, today, actor=request.user, purpose="care")
    context = {
        **_summary(request.user, found),
        "timeline": course.timeline(request.user, found, today),
        "ended": _ended(request.user, found),
        "urgent": _urgent(request.user, found),
        "table": course.table(request.user, found, today),
        "history": plans.history(found, actor=request.user),
        "decided": plans.decided(found, actor=request.user)[:5],
        "notes": [row for row in reversed(check_ins) if row.note][:5],
        "open_questionnaires": [
            (row, instruments.load(row.instrument))
            for row in measures.coming_shown(request.user, found)
        ],
        "asks": gate.allows(found, "keep", measure_actions.STREAM),
        "instruments": [instruments.load(key) for key in instruments.INSTRUMENTS],
    }
    return render(request, "clinic/person.html", context)


def _ended(clinician: Person, person: Person) -> list[Alert]:
    """Alerts that ended, with the names of who ended them."""
    found = watch.ended_alerts(clinician, person)
    named([one.acknowledged_by for one in found if one.acknowledged_by])
    return found


def _urgent(clinician: Person, person: Person) -> datetime | None:
    """Until when the record is open in an emergency, for somebody outside the teams."""
    if gate.cares_for(clinician, person):
        return None
    return gate.urgent_until(clinician, person.pk, now=timezone.now())


@clinical
@require_GET
def timeline(request: SignedInRequest, person: UUID) -> JsonResponse:
    """The drawing's values alone, for a page that hears that something changed."""
    found = gate.open_record(request.user, person, what="timeline", now=timezone.now())
    return JsonResponse(course.timeline(request.user, found, timezone.localdate()))


@clinical
@require_POST
def reviewed(request: SignedInRequest, person: UUID) -> HttpResponse:
    """Put the review mark."""
    found = gate.known_person(request.user, person)
    try:
        watch_actions.mark_reviewed(found, by=request.user, now=timezone.now())
    except watch_actions.DangerWaits as waits:
        if request.headers.get("HX-Request"):
            return HttpResponse(str(waits), status=409, content_type="text/plain")
        messages.error(request, str(waits))
        return redirect("clinic:caseload")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    messages.success(request, "Marked as reviewed.")
    return redirect("clinic:caseload")


class AskForm(forms.Form):
    """Which questionnaire, and how often."""

    instrument = forms.ChoiceField(
        choices=lambda: [(key, instruments.load(key).title) for key in instruments.INSTRUMENTS]
    )
    every_days = forms.TypedChoiceField(
        choices=[("", "Once"), ("7", "Every week"), ("14", "Every two weeks")],
        coerce=int,
        empty_value=None,
        required=False,
    )


@clinical
@require_POST
def ask(request: SignedInRequest, person: UUID) -> HttpResponse:
    """Ask for a questionnaire, once or as a series."""
    found = gate.known_person(request.user, person)
    form = AskForm(request.POST)
    if form.is_valid():
        now = timezone.now()
        if not gate.allows(found, "keep", measure_actions.STREAM):
            messages.error(request, "The person has paused questionnaires. Nothing was sent.")
            return redirect("clinic:person", found.pk)
        measure_actions.assign(
            found,
            form.cleaned_data["instrument"],
            by=request.user,
            now=now,
            due=now,
            every_days=form.cleaned_data["every_days"],
        )
        messages.success(request, "Asked. It is on the person's first page now.")
    else:
        messages.error(request, "That questionnaire is not in the library. Nothing was sent.")
    return redirect("clinic:person", found.pk)


class UrgentForm(forms.Form):
    """Whose record, and why it cannot wait."""

    email = forms.EmailField(label="E-mail address of the person")
    reason = forms.CharField(
        label="Why can this not wait for their own team?",
        help_text="The person and a supervisor will read this.",
        min_length=10,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@clinical
@require_http_methods(["GET", "POST"])
def urgent(request: SignedInRequest) -> HttpResponse:
    """Open a record outside the own teams in an emergency, for an hour."""
    form = UrgentForm(request.POST or request.stashed_post or None)
    if request.method == "POST" and form.is_valid():
        found = patient_at(form.cleaned_data["email"])
        if found is None:
            consent_actions.note_search(request.user, now=timezone.now())
            form.add_error("email", "Nobody here has this address.")
        else:
            now = timezone.now()
            consent_actions.open_urgently(request.user, found, form.cleaned_data["reason"], now=now)
            ends = timezone.localtime(now + consent_actions.URGENT_ACCESS_LASTS)
            messages.info(request, f"Open until {ends:%H:%M}. The person can see this.")
            return redirect("clinic:person", found.pk)
    context = {"form": form}
    return render(request, "clinic/urgent.html", context, status=422 if form.errors else 200)


@clinical
@require_GET
def moved(request: SignedInRequest, person: UUID) -> HttpResponse:
    """What moved since the plan in force began; worked out when somebody asks."""
    now = timezone.now()
    found = gate.open_record(request.user, person, what="timeline", now=now)
    plan = plans.current_plan(found, actor=request.user)
    if plan is None:
        raise gate.NotFound("There is no plan of this person here.")
    began, today = found.local_day(plan.in_force_from), found.local_day(now)
    context = {
        "person": found,
        "plan": plan,
        "moved": moved_since(request.user, found, began, today),
        "levels": levels(request.user, found, today),
    }
    page = "clinic/moved_table.html" if request.htmx else "clinic/moved.html"
    return render(request, page, context)


@clinical
@require_GET
def week_on_paper(request: SignedInRequest, person: UUID) -> HttpResponse:
    """A person's last whole week as a PDF for a visit, as far as they show it; an opening too."""
    found = gate.open_record(request.user, person, what="week", now=timezone.now())
    today = found.local_day(timezone.now())
    made = week(found, last_whole_week(today), today, actor=request.user)
    answer = HttpResponse(pdf_of(made, found.name), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="week-{week_word(made.monday)}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer
