"""The voice diary: speak for a minute or two; numbers stay, the recording does not."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from heartsease.capture.journal import actions, queries
from heartsease.consent import gate
from heartsease.consent.texts import is_offered
from heartsease.web.access import role_required
from heartsease.web.request import SignedInRequest


class OnlyInMemory(MemoryFileUploadHandler):
    """Holds a recording in memory, however long, so that it never lies on a disk."""

    def handle_raw_input(self, *_: Any, **__: Any) -> None:
        """Be there for files of any size; the action refuses what is too large."""
        self.activated = True


@csrf_exempt  # Checked below, once it is settled where the recording goes.
@role_required("patient")
@require_http_methods(["GET", "POST"])
def diary(request: SignedInRequest) -> HttpResponse:
    """Record, or hand in a recording; say what became of it."""
    request.upload_handlers = [OnlyInMemory(request)]
    answer: HttpResponse = _diary(request)
    return answer


@csrf_protect
def _diary(request: SignedInRequest) -> HttpResponse:
    return _keep(request) if request.method == "POST" else _page(request)


def _keep(request: SignedInRequest) -> HttpResponse:
    file = request.FILES.get("recording")
    if file is None:
        return _page(request, "There is no recording in this. Nothing was kept.")
    try:
        kept = actions.speak(request.user, cast("BinaryIO", file), now=timezone.now())
    except (
        actions.ImpossibleRecording,
        gate.NotConsented,
        gate.NotOffered,
        RequestDataTooBig,
    ) as error:
        return _page(request, str(error))
    minutes, seconds = divmod(round(kept.values["seconds"]), 60)
    messages.success(
        request, f"Kept: numbers of {minutes} min {seconds} s. The recording is deleted."
    )
    return redirect("patient:voice")


def _page(request: SignedInRequest, wrong: str = "") -> HttpResponse:
    context = {
        "wrong": wrong,
        "offered": is_offered(actions.VOICE),
        "kept": gate.allows(request.user, "keep", actions.VOICE),
        "diaries": queries.own_voice_diaries(request.user),
    }
    return render(request, "patient/voice.html", context, status=422 if wrong else 200)
