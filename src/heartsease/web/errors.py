"""One place where errors of the house become an answer: a status, a sentence, a way on."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from heartsease.base.errors import HouseError
from heartsease.science.instruments import ImpossibleAnswer

API = "/api/"
REFUSALS = {
    400: "What was sent cannot be read.",
    403: "This is not allowed.",
    404: "There is nothing here by this address.",
    413: "This is more than is taken in at once. Nothing was kept.",
}


def status_of(error: Exception) -> int | None:
    """The HTTP status of an error that a person can be told; none for any other."""
    if isinstance(error, HouseError):
        return error.status
    if isinstance(error, IntegrityError):
        return 409
    return 422 if isinstance(error, ImpossibleAnswer) else None


class ErrorPages:
    """Turn errors of the house into pages with the right status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through; errors come back by `process_exception`.

        Programs are answered in JSON, whoever refused them.
        """
        answer = self.get_response(request)
        if request.path.startswith(API) and answer.status_code >= 400:
            return _for_programs(answer)
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer with the error's own sentence."""
        status = status_of(error)
        if status is None:
            return None
        twice = "This was sent twice, or somebody was quicker. Nothing was stored twice."
        return page(request, status, twice if isinstance(error, IntegrityError) else str(error))


def _for_programs(answer: HttpResponse) -> HttpResponse:
    """The same refusal as a JSON object with a sentence, where it is not one already."""
    if answer.get("Content-Type", "").startswith("application/json"):
        return answer
    said = REFUSALS.get(answer.status_code, "That did not work. Nothing was stored.")
    if answer.status_code == 405:
        said = f"This address takes {answer.get('Allow', 'other methods')} only."
    told = JsonResponse({"detail": said}, status=answer.status_code)
    for name, value in answer.items():
        if name not in {"Content-Type", "Content-Length"}:
            told[name] = value
    return told


def page(request: HttpRequest, status: int, sentence: str = "") -> HttpResponse:
    """An error page: what happened, that nothing was lost, what to do."""
    return render(request, "error.html", {"status": status, "sentence": sentence}, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for 404."""
    return page(request, 404, "There is nothing here by this address.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for 403."""
    return page(request, 403, "This page is not yours to open.")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for 400."""
    return page(request, 400, "The page could not read what was sent.")


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for 500; leans on nothing that may have failed."""
    return render(None, "error_plain.html", {"status": 500}, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form that was open too long."""
    return page(
        request,
        403,
        "This form was open for too long. Go back, reload the page, and send it again.",
    )
