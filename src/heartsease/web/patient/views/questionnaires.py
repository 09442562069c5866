"""A questionnaire, and what its answers mean."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from heartsease.base.policy import policy
from heartsease.capture.measures import actions, queries
from heartsease.capture.measures.models import Assignment, Response
from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.people.queries import teams_caring_for
from heartsease.science import instruments
from heartsease.web import charts
from heartsease.web.access import role_required
from heartsease.web.request import SignedInRequest

from .. import sentences
from ..forms import answers_from
from ..help import help_lines


@role_required("patient")
@require_http_methods(["GET", "POST"])
def questionnaire(request: SignedInRequest, assignment: UUID) -> HttpResponse:
    """Show the questions, or take the answers; gaps are sent only when the person says so."""
    row = queries.own_assignment(request.user, assignment)
    if row is None:
        raise Http404
    instrument = instruments.load(row.instrument)
    numbers = [item.number for item in instrument.items]
    if request.method == "GET":
        if row.closed_at is not None:
            response = getattr(row, "response", None)
            return (
                redirect("patient:result", response.id) if response else redirect("patient:today")
            )
        stashed = request.stashed_post
        answers = answers_from(stashed or {}, numbers)
        return _ask(request, row, instrument, answers, kept=bool(stashed))
    answers = answers_from(request.POST, numbers)
    missing = [number for number in numbers if answers[number] is None]
    if missing and "gaps" not in request.POST:
        return _ask(request, row, instrument, answers, missing=missing, status=422)
    try:
        response = actions.answer(row, answers, by=request.user, now=timezone.now())
    except actions.AlreadyAnswered:
        row.refresh_from_db()
        return redirect("patient:questionnaire", row.id)
    except gate.NotConsented as error:
        return _ask(request, row, instrument, answers, refused=str(error), status=403)
    return redirect("patient:result", response.id)


def _ask(
    request: SignedInRequest,
    row: Assignment,
    instrument: instruments.Instrument,
    answers: dict[int, int | None],
    *,
    missing: list[int] | None = None,
    kept: bool = False,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """Draw the questions with what was answered so far."""
    items = [
        {"item": item, "answer": answers[item.number], "missing": item.number in (missing or ())}
        for item in instrument.items
    ]
    context = {
        "assignment": row,
        "instrument": instrument,
        "items": items,
        "missing": missing,
        "kept": kept,
        "refused": refused,
        "reading_hours": policy().reading_hours,
        "shared": _is_shared(request.user),
        "danger": any((answers[number] or 0) > 0 for number in instrument.safety_items),
    }
    if context["danger"]:
        context |= help_lines(request.user.country)
    return render(request, "patient/questionnaire.html", context, status=status)


@role_required("patient")
@require_GET
def result(request: SignedInRequest, response: UUID) -> HttpResponse:
    """Show what the answers mean, help first where it is called for."""
    row = queries.own_response(request.user, response)
    if row is None:
        raise Http404
    instrument = instruments.load(row.instrument)
    context = {
        "response": row,
        "instrument": instrument,
        "band": instrument.band_of(row.total) if row.total is not None else None,
        "change": _change(request.user, row, instrument),
        "is_first": queries.course(request.user, row.instrument)[:1] == [row],
        "answers": _in_words(row, instrument),
        "told": row.alerts.exclude(owner=None).exists(),
        "chart": course_chart(request.user, row.instrument),
        "reading_hours": policy().reading_hours,
        "shared": _is_shared(request.user),
        "no_team": not teams_caring_for(request.user.pk).exists(),
    }
    return render(request, "patient/result.html", context | help_lines(request.user.country))


def _in_words(row: Response, instrument: instruments.Instrument) -> list[tuple[str, str]]:
    """Each question with the answer that was given; empty where it was left out."""
    words = {option.value: option.label for option in instrument.options}
    given = {item.number: row.answers.get(str(item.number)) for item in instrument.items}
    return [(item.text, words.get(given[item.number], "")) for item in instrument.items]


def _is_shared(person: Person) -> bool:
    """Whether there is a team, and it may read the answers."""
    return gate.allows(person, "care", actions.STREAM) and teams_caring_for(person.pk).exists()


def _change(person: Person, row: Response, instrument: instruments.Instrument) -> str:
    """How the score moved since the one before, in words; empty when there is none before."""
    if row.total is None:
        return ""
    before = [
        earlier
        for earlier in queries.course(person, row.instrument)
        if earlier.answered_at < row.answered_at
    ]
    threshold = instrument.reliable_change
    if not before or not threshold:
        return ""
    return sentences.score_change(
        before[-1].total or 0.0, row.total, float(threshold), lower_is_better=True
    )


def course_chart(person: Person, instrument_id: str) -> charts.Chart | None:
    """The scores of one questionnaire so far; one score alone makes no chart."""
    rows = queries.course(person, instrument_id)[-12:]
    if len(rows) < 2:
        return None
    instrument = instruments.load(instrument_id)
    points: list[tuple[Any, float]] = [
        (timezone.localtime(row.answered_at).date(), row.total or 0.0) for row in rows
    ]
    return charts.score_chart(
        instrument_id,
        points,
        title=f"{instrument.title} scores",
        summary="",
        highest=instrument.highest,
    )
