"""Where data come from: a file sent, a device connected, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heartsease.capture.streams import accepted, actions, covered, queries
from heartsease.capture.streams.pushers import PUSHERS, code
from heartsease.consent import gate
from heartsease.consent.texts import texts
from heartsease.people.models import Person
from heartsease.web.access import role_required
from heartsease.web.request import SignedInRequest

from .. import once
from ..forms import ConnectForm, UploadForm
from ..stopped import stopped

CHANGES = {
    "pause": (actions.pause, "Paused. Nothing from it is stored until you go on."),
    "resume": (actions.resume, "It may send again."),
    "disconnect": (actions.disconnect, "Disconnected. What it sent before is still here."),
}
BUSY = {"waiting", "reading"}
CALENDAR_DAYS, HALF = 35, 0.5
CALENDAR = (
    ("sleep", "Sleep"),
    ("activity", "Steps"),
    ("heart", "Heart"),
    ("rhythm", "Rest and activity"),
    ("mobility", "Places"),
    ("phone", "Phone use"),
    ("communication", "Calls and messages"),
    ("keyboard", "Typing"),
)


@dataclass(frozen=True)
class Line:
    """One domain over the last weeks: a level a day, and the same in words."""

    title: str
    levels: tuple[str, ...]
    words: str


def _calendar(person: Person, today: date) -> list[Line]:
    """What came in day by day: none, some (less than half the day), or most of it."""
    found = queries.own_yields(person, CALENDAR_DAYS, today)
    days = [today - timedelta(days=back) for back in reversed(range(CALENDAR_DAYS))]
    lines = []
    for domain, title in CALENDAR:
        shares = [found.get(domain, {}).get(day, 0.0) for day in days]
        there = [day for day, share in zip(days, shares, strict=True) if share > 0]
        if there:
            last = f"{there[-1].day} {there[-1]:%B}"
            words = f"{len(there)} of the last {CALENDAR_DAYS} days have data, last {last}."
            levels = ("none" if not one else "some" if one < HALF else "most" for one in shares)
            lines.append(Line(title, tuple(levels), words))
    return lines


def _context(request: SignedInRequest, **more: Any) -> dict[str, Any]:
    uploads = queries.own_uploads(request.user)
    return {
        "uploads": uploads,
        "pushes": queries.own_pushes(request.user),
        "busy": any(upload.status in BUSY for upload in uploads),
        "sources": queries.own_sources(request.user),
        "calendar": _calendar(request.user, timezone.localdate()),
        "calendar_days": CALENDAR_DAYS,
        "stopped": stopped(request.user, timezone.localdate()),
        "formats": {"names": accepted.names(), "titles": accepted.titles()},
        "kept": bool(covered.kept(request.user)),
        "left_out": [texts().streams[one].title for one in _left_out(request.user)],
        "upload_form": UploadForm(),
        "connect_form": ConnectForm(),
        **more,
    }


def _left_out(person: Person) -> list[str]:
    """What is asked for here and the person has not switched on, in the order of the texts."""
    off = covered.offered() - covered.kept(person) - {"voice"}
    return [stream for stream in texts().streams if stream in off]


@role_required("patient")
@require_GET
def sources(request: SignedInRequest) -> HttpResponse:
    """Show what is connected and what was sent."""
    return render(request, "patient/sources.html", _context(request))


@role_required("patient")
@require_GET
def uploads(request: SignedInRequest) -> HttpResponse:
    """The list of files alone, for a page that waits for one of them."""
    return render(request, "patient/parts/uploads.html", _context(request))


@role_required("patient")
@require_POST
def upload(request: SignedInRequest) -> HttpResponse:
    """Take one file in; it is read by a worker."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _again(request, upload_form=form)
    file = form.cleaned_data["file"]
    try:
        actions.upload(request.user, file, file.name, by=request.user, now=timezone.now())
    except (actions.FileTooLarge, gate.NotConsented, gate.NotOffered, RequestDataTooBig) as error:
        form.add_error("file", str(error))
        return _again(request, upload_form=form)
    if request.htmx:
        return render(request, "patient/parts/uploads.html", _context(request))
    messages.success(request, "The file has arrived. It is being read now.")
    return redirect("patient:sources")


@role_required("patient")
@require_http_methods(["GET", "POST"])
def take_back(request: SignedInRequest, upload: UUID) -> HttpResponse:
    """Take one of the person's own files back, after asking once."""
    row = get_object_or_404(queries.own_files(request.user), id=upload)
    if request.method == "GET":
        context = {"upload": row, "unread": row.status in BUSY}
        return render(request, "patient/take_back.html", context)
    actions.take_back(row, by=request.user, now=timezone.now())
    messages.success(request, "Taken back. Nothing that came with this file alone is here now.")
    return redirect("patient:sources")


def _again(request: SignedInRequest, **more: Any) -> HttpResponse:
    """Show the page with what was wrong; a script that sent a file is given the sentence alone."""
    form = more.get("upload_form")
    if request.htmx and form is not None:
        said = " ".join(error for errors in form.errors.values() for error in errors)
        return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")
    return render(request, "patient/sources.html", _context(request, **more), status=422)


@role_required("patient")
@require_POST
def connect(request: SignedInRequest) -> HttpResponse:
    """Connect a device; its key waits for the page that shows it once."""
    form = ConnectForm(request.POST)
    if not form.is_valid():
        return _again(request, connect_form=form)
    try:
        source, token = actions.connect(
            request.user,
            form.cleaned_data["label"],
            by=request.user,
            now=timezone.now(),
            kind=form.cleaned_data["app"],
        )
    except (gate.NotConsented, gate.NotOffered) as error:
        form.add_error("label", str(error))
        return _again(request, connect_form=form)
    once.keep(request, source.pk, token)
    return redirect("patient:key")


@role_required("patient")
@require_GET
def key(request: SignedInRequest) -> HttpResponse:
    """Show the key of a device that was just connected, this once."""
    found = once.take(request)
    source = queries.own_sources(request.user).filter(id=found[0]).first() if found else None
    if found is None or source is None:
        messages.info(
            request,
            "A key is shown only once. If you have not copied it, disconnect the device and "
            "connect it again.",
        )
        return redirect("patient:sources")
    token = found[1]
    pusher = PUSHERS[source.kind]
    place = f"{request.scheme}://{request.get_host()}"
    scanned = pusher.scanned(place, token)
    context = {
        "source": source,
        "token": token,
        "pusher": pusher,
        "place": place + pusher.path,
        "address": pusher.address(place, token),
        "link": scanned if pusher.link else "",
        "code": mark_safe(code(scanned)),  # noqa: S308 -- drawn by a library from bytes
    }
    answer = render(request, "patient/token.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@role_required("patient")
@require_http_methods(["GET", "POST"])
def change(request: SignedInRequest, source: UUID, change: str) -> HttpResponse:
    """Pause, resume or disconnect one of the person's own sources; asks before the last."""
    if change not in CHANGES:
        raise Http404
    row = get_object_or_404(queries.own_sources(request.user), id=source)
    if request.method == "GET":
        if change == "disconnect":
            return render(request, "patient/disconnect.html", {"source": row})
        return redirect("patient:sources")
    act, said = CHANGES[change]
    act(row, by=request.user, now=timezone.now())
    messages.success(request, said)
    return redirect("patient:sources")
