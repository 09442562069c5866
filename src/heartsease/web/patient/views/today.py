"""Today: how are you right now, and the one thing that is due next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from heartsease.base.policy import policy
from heartsease.capture.journal import actions as journal
from heartsease.capture.journal import queries as journal_queries
from heartsease.capture.measures import queries as measures
from heartsease.care.plans import queries as plans
from heartsease.consent import gate
from heartsease.consent import queries as consent
from heartsease.consent.texts import is_offered
from heartsease.people.models import Person
from heartsease.science import instruments
from heartsease.watch import queries as watch
from heartsease.web import charts
from heartsease.web.access import role_required
from heartsease.web.request import SignedInRequest

from .. import sentences
from ..forms import CheckInForm, MoodForm
from ..help import help_lines
from ..wordings import MOOD_WORDS

FACES = tuple((value, word.capitalize()) for value, word in enumerate(MOOD_WORDS, start=1))
DANGER_LASTS = timedelta(days=14)
OFF = "Check-ins are off, so nothing was stored. You can switch them on under Privacy."


@role_required("patient")
def today(request: SignedInRequest) -> HttpResponse:
    """Show the first page of the day; a new person is welcomed first."""
    person = request.user
    if person.welcomed_at is None:
        return redirect("patient:welcome")
    now = timezone.localtime()
    context = _faces(person, now) | {
        "greeting": sentences.greeting(now.hour),
        "now": now,
        "next": _next(person, now),
        "week": _week(person, now),
        "changes": watch.own_changes(person)[:1],
        "nothing_on": not any(
            row.given for row in consent.switches(person) if row.purpose == "keep"
        ),
        "team_told": watch.own_open_safety(person),
        "danger": measures.last_danger(person, now - DANGER_LASTS),
        "seen_to": watch.own_last_seen_to(person),
    }
    if context["team_told"] or context["danger"]:
        context |= help_lines(person.country) | {"reading_hours": policy().reading_hours}
    return render(request, "patient/today.html", context)


def _faces(person: Person, now: datetime, saved: Any = None) -> dict[str, Any]:
    """The five faces, and the check-in that can still be taken back."""
    rows = journal_queries.recent(person, 1, now.date())
    last = saved or (rows[-1] if rows else None)
    fresh = last is not None and now - last.at < journal.UNDO_WITHIN
    word = MOOD_WORDS[last.mood - 1] if last is not None and last.mood else None
    kept = gate.allows(person, "keep", journal.STREAM)
    return {
        "faces": FACES,
        "last": last,
        "fresh": fresh,
        "word": word,
        "kept": kept,
        "speaks": is_offered(journal.VOICE),
    }


def _next(person: Person, now: datetime) -> dict[str, Any] | None:
    """The one thing due next: a questionnaire first, then a step of the plan."""
    assignment = measures.due(person, now).first()
    if assignment is not None:
        return {
            "kind": "questionnaire",
            "assignment": assignment,
            "instrument": instruments.load(assignment.instrument),
        }
    plan = plans.current_plan(person)
    left = [step for step in plans.steps(plan, now.date()) if step.today is None] if plan else []
    return {"kind": "step", "step": left[0]} if left else None


def _week(person: Person, now: datetime) -> dict[str, Any]:
    """One sentence about the last seven days, with its shape."""
    mood = journal_queries.series(person, sentences.YIELD_DAYS, now.date())["mood"]
    values = [float(value) for value in mood.values]
    if not sentences.seen(values):
        sentence = "Your days will show here once you have told us how you are."
        if not gate.allows(person, "keep", journal.STREAM):
            sentence = "Nothing to show. Check-ins are off."
        return {"sentence": sentence, "spark": None}
    spark = None
    # A day or two have no shape; what would be drawn is a lone dash.
    if len(sentences.seen(values)) >= sentences.NEEDED_RECENT:
        spark = charts.sparkline(
            "mood", values, title="Mood, last 14 days", say=sentences.WORDINGS["mood"].say
        )
    return {"sentence": sentences.mood_week(values), "spark": spark}


@role_required("patient")
@require_http_methods(["GET", "POST"])
def mood(request: SignedInRequest) -> HttpResponse:
    """Keep one tap on a face."""
    if request.method == "GET":
        stashed = request.stashed_post
        if stashed:
            again = CheckInForm(initial={"mood": stashed.get("mood")})
            return render(request, "patient/checkin.html", {"form": again, "brought_back": True})
        return redirect("patient:today")
    form = MoodForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["mood"]:
        messages.error(request, "Choose one of the five faces. Nothing was stored.")
        return redirect("patient:today")
    try:
        saved = journal.check_in(
            request.user,
            journal.CheckInValues(mood=form.cleaned_data["mood"]),
            now=timezone.now(),
        )
    except gate.NotConsented:
        messages.warning(request, OFF)
        return _refresh(request)
    if not request.htmx:
        return redirect("patient:today")
    return render(
        request, "patient/parts/faces.html", _faces(request.user, timezone.localtime(), saved)
    )


def _refresh(request: SignedInRequest) -> HttpResponse:
    """Go to Today; a script's request is told to load the page."""
    if request.htmx:
        return HttpResponse(headers={"HX-Redirect": "/"})
    return redirect("patient:today")


@role_required("patient")
@require_POST
def undo(request: SignedInRequest, checkin: UUID) -> HttpResponse:
    """Take a check-in back."""
    row = journal_queries.own(request.user, checkin)
    if row is None:
        raise Http404
    journal.undo(row, by=request.user, now=timezone.now())
    if request.htmx:
        context = _faces(request.user, timezone.localtime()) | {"undone": True}
        return render(request, "patient/parts/faces.html", context)
    messages.success(request, "Taken back. Nothing of it was kept.")
    return redirect("patient:today")


@role_required("patient")
@require_http_methods(["GET", "POST"])
def checkin(request: SignedInRequest) -> HttpResponse:
    """Ask the four scales and a note, in a minute; while check-ins are off only say that."""
    kept = gate.allows(request.user, "keep", journal.STREAM)
    shared = gate.allows(request.user, "care", journal.STREAM)
    if request.method == "GET":
        stashed = request.stashed_post
        form = CheckInForm(initial=stashed.dict() if stashed else None)
        context = {
            "form": form,
            "brought_back": bool(stashed),
            "off": not kept,
            "shared": shared,
            "speaks": is_offered(journal.VOICE),
        }
        return render(request, "patient/checkin.html", context)
    form = CheckInForm(request.POST)
    if not form.is_valid():
        return render(request, "patient/checkin.html", {"form": form, "shared": shared}, status=422)
    try:
        journal.check_in(request.user, form.values(), now=timezone.now())
    except gate.NotConsented:
        form.add_error(None, OFF)
        context = {"form": form, "off": True}
        return render(request, "patient/checkin.html", context, status=403)
    said = "Saved. Thank you for taking the minute."
    messages.success(request, said, extra_tags="sent-check-in")
    return redirect("patient:today")
