"""My week: the last whole week, or another one, as a page and as a PDF."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from heartsease.people import actions as people
from heartsease.web.access import role_required
from heartsease.web.paper import pdf_of
from heartsease.web.request import SignedInRequest
from heartsease.web.week import Week, asked_week, last_whole_week, week, week_word

WEEK = timedelta(days=7)


def _asked(request: SignedInRequest) -> Week:
    """The week that the address asks for, the last whole one if it asks for none.

    Raises:
        Http404: for a week that does not exist or has not begun.
    """
    today = timezone.localdate()
    word = request.GET.get("week", "")
    monday = asked_week(word, today) if word else last_whole_week(today)
    if monday is None:
        raise Http404
    return week(request.user, monday, today)


@role_required("patient")
@require_GET
def my_week(request: SignedInRequest) -> HttpResponse:
    """Show a week."""
    found = _asked(request)
    later = found.monday + WEEK
    context = {
        "week": found,
        "word": week_word(found.monday),
        "before": week_word(found.monday - WEEK),
        "after": week_word(later) if later <= timezone.localdate() else "",
    }
    return render(request, "patient/week.html", context)


@role_required("patient")
@require_GET
def my_week_on_paper(request: SignedInRequest) -> HttpResponse:
    """The same as a PDF to keep or to take along."""
    found = _asked(request)
    answer = HttpResponse(pdf_of(found, request.user.name), content_type="application/pdf")
    name = f"my-week-{week_word(found.monday)}.pdf"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@role_required("patient")
@require_POST
def mail(request: SignedInRequest) -> HttpResponse:
    """Switch the weekly mail on or off."""
    wanted = request.POST.get("to") == "on"
    people.want_weekly_mail(request.user, wanted, by=request.user, now=timezone.now())
    said = "You get a short mail each Monday." if wanted else "You get no weekly mail any more."
    messages.success(request, said)
    return redirect("patient:my_week")
