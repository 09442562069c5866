"""Push by devices: one token per source; what is sent is recognised by its content."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI, Schema, Status
from ninja.errors import AuthenticationError
from ninja.security import APIKeyQuery, HttpBasicAuth, HttpBearer

from heartsease.base.errors import HouseError
from heartsease.capture.streams import actions, queries
from heartsease.capture.streams.models import Source

api = NinjaAPI(title="Heartsease ingest", version="1", urls_namespace="ingest")


@api.exception_handler(HouseError)
def refuse(request: HttpRequest, error: HouseError) -> HttpResponse:
    """Answer with the error's own sentence."""
    return api.create_response(request, {"detail": str(error)}, status=error.status)


@api.exception_handler(AuthenticationError)
def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Say what a missing or wrong key means, in the form of every other refusal."""
    sentence = "No device is connected with this key. Nothing was stored."
    return api.create_response(request, {"detail": sentence}, status=401)


def _source(token: str) -> Source | None:
    """Find the source by the keyed hash of its token."""
    return queries.source_of(actions.token_hash(token))


class SourceToken(HttpBearer):
    """The token that a person was shown once when they connected the source."""

    def authenticate(self, request: HttpRequest, token: str) -> Source | None:
        """Find whose token this is."""
        return _source(token)


class SourceKey(APIKeyQuery):
    """The same token in the address, for apps that can be told an address and nothing more."""

    param_name = "key"

    def authenticate(self, request: HttpRequest, key: str | None) -> Source | None:
        """Find whose token this is."""
        return _source(key) if key else None


class SourceLogin(HttpBasicAuth):
    """The token as the password, whatever the name, for apps that know a login and nothing more."""

    def authenticate(self, request: HttpRequest, username: str, password: str) -> Source | None:
        """Find whose token this is."""
        return _source(password)


class Received(Schema):
    """What was taken in; reading happens in a worker."""

    upload: str
    bytes: int


class Refused(Schema):
    """Why nothing was stored."""

    detail: str


@api.post(
    "samples",
    auth=[SourceToken(), SourceKey()],
    response={202: Received, 403: Refused, 413: Refused, 429: Refused},
)
def samples(request: HttpRequest) -> Status[dict[str, object]]:
    """Take in samples in the plain form or as a known app pushes them (docs/sensing.md)."""
    source: Source = request.auth  # type: ignore[attr-defined]
    body = cast("BinaryIO", request)  # It reads like a file, so no body is held in memory.
    row = actions.push(source, body, now=timezone.now())
    return Status(202, {"upload": str(row.id), "bytes": row.size_bytes})


@api.post(
    "owntracks",
    auth=[SourceLogin(), SourceKey()],
    response={200: list[str], 403: Refused, 413: Refused, 422: Refused, 429: Refused},
)
def owntracks(request: HttpRequest) -> Status[list[str]]:
    """Take in one message as OwnTracks sends it and answer as it expects: with an empty list.

    Messages that hold no position (a waypoint, a goodbye, nothing at all) are passed over.

    Raises:
        Unreadable: for a message that the app encrypted.
    """
    source: Source = request.auth  # type: ignore[attr-defined]
    actions.push_position(source, request.read(actions.MESSAGE_BYTES + 1), now=timezone.now())
    return Status(200, [])
