"""One place where errors of the house become an answer: a status, a sentence, a way on."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from heartsease.base.errors import HouseError
from heartsease.science.instruments import ImpossibleAnswer


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
        """Let the request through; errors come back by `process_exception`."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer with the error's own sentence."""
        status = status_of(error)
        if status is None:
            return None
        twice = "This was sent twice, or somebody was quicker. Nothing was stored twice."
        return page(request, status, twice if isinstance(error, IntegrityError) else str(error))


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
