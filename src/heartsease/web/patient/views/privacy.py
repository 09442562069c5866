"""Privacy: what a person agrees to, who opened their record, and taking everything along."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heartsease.consent import actions, queries
from heartsease.people import actions as people
from heartsease.people.models import Person
from heartsease.people.queries import team_lines
from heartsease.web.access import role_required
from heartsease.web.request import SignedInRequest

from ..record import whole_record

ERASE_WORD = "delete"
# Pages with buttons that give or pause one agreement; whoever uses one comes back to it.
HAVE_SWITCHES = {
    "patient:today",
    "patient:checkin",
    "patient:data",
    "patient:sources",
    "patient:voice",
}


def grouped_switches(person: Person) -> list[dict[str, Any]]:
    """A person's switches by stream; the first of each says whether the stream is kept at all."""
    groups: list[dict[str, Any]] = []
    for stream, found in groupby(queries.switches(person), key=lambda row: row.stream):
        rows = list(found)
        follows_later = bool(groups and groups[-1]["later"])
        groups.append(
            {
                "stream": stream,
                "switches": rows,
                "kept": rows[0].given,
                "later": rows[0].later,
                "follows_later": follows_later,
            }
        )
    return groups


@role_required("patient")
@require_GET
def privacy(request: SignedInRequest) -> HttpResponse:
    """Show every switch, and every look at the record."""
    groups = grouped_switches(request.user)
    context = {
        "streams": groups,
        "lets_in_more": any(
            row.given for group in groups if group["later"] for row in group["switches"]
        ),
        "openings": queries.openings(request.user),
        "listings": queries.listings(request.user, now=timezone.now()),
        "teams": team_lines(request.user.pk),
    }
    return render(request, "patient/privacy.html", context)


@role_required("patient")
@require_POST
def switch(request: SignedInRequest) -> HttpResponse:
    """Give or withdraw one agreement, in one tap."""
    stream, purpose = request.POST.get("stream", ""), request.POST.get("purpose", "")
    change = actions.give if request.POST.get("to") == "on" else actions.withdraw
    try:
        change(request.user, stream, purpose, by=request.user, now=timezone.now())
    except actions.NotKnown as error:
        raise Http404 from error
    if not request.htmx:
        messages.success(request, "Changed. It holds from this moment.")
        return redirect(_page_of_the_button(request))
    found = [group for group in grouped_switches(request.user) if group["stream"] == stream]
    if not found:
        raise Http404
    return render(request, "patient/parts/switches.html", {"group": found[0], "changed": purpose})


def _page_of_the_button(request: SignedInRequest) -> str:
    """Where the button stood, if that is one of the pages that have such buttons."""
    try:
        page = urlsplit(request.POST.get("back", ""))
        known = not page.netloc and resolve(page.path).view_name in HAVE_SWITCHES
    except (ValueError, Resolver404):
        known = False
    if not known:
        return reverse("patient:privacy")
    return page.path + (f"?{page.query}" if page.query else "")


@role_required("patient")
@require_GET
def export(request: SignedInRequest) -> HttpResponse:
    """Give a person everything that is kept about them, as a file that programs can read."""
    now = timezone.now()
    actions.note_export(request.user, now=now)
    answer = JsonResponse(whole_record(request.user, now), json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="my-record-{now:%Y-%m-%d}.json"'
    answer["Cache-Control"] = "no-store"
    return answer


@role_required("patient")
@require_http_methods(["GET", "POST"])
def erase(request: SignedInRequest) -> HttpResponse:
    """Delete the account and all it holds, after the person wrote one word."""
    if request.method == "GET":
        return render(request, "patient/erase.html", {"word": ERASE_WORD})
    if request.POST.get("word", "").strip().lower() != ERASE_WORD:
        context = {"word": ERASE_WORD, "wrong": True}
        return render(request, "patient/erase.html", context, status=422)
    person = request.user
    people.erase(person, by=person, now=timezone.now())
    logout(request)
    return render(request, "patient/erased.html")
