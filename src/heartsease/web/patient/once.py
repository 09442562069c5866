"""The key of a new device on its way to the one page that shows it: sealed, and taken once.

A page that is the answer to a form makes another device when it is reloaded; one that is opened by
its address does not.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from heartsease.base import crypto
from heartsease.web.request import SignedInRequest

NEW_KEY = "new_device_key"


def keep(request: SignedInRequest, source: UUID, token: str) -> None:
    """Keep a key, sealed, until its page is opened."""
    sealed = crypto.seal(_site_key(), token.encode(), _place(request, str(source)))
    request.session[NEW_KEY] = {"source": str(source), "token": sealed.hex()}


def take(request: SignedInRequest) -> tuple[UUID, str] | None:
    """The device and its key; nothing where the page was opened before."""
    found = request.session.pop(NEW_KEY, None)
    if found is None:
        return None
    sealed = bytes.fromhex(found["token"])
    try:
        token = crypto.unseal(_site_key(), sealed, _place(request, found["source"]))
    except crypto.CannotOpen:
        return None
    return UUID(found["source"]), token.decode()


def _place(request: SignedInRequest, source: str) -> bytes:
    return f"{request.user.pk}|{source}".encode()


def _site_key() -> bytes:
    return crypto.derived(settings.SITE_KEY, "keys shown once")
