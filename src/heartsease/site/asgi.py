"""The server's entrance: Django behind a limit on what a stranger may send."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heartsease.site.settings")
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
# Files and pushes have limits of their own; forms are small.
LARGE = ("/my-data/uploads/", "/api/ingest/samples")
FORM_BYTES = 8_000_000

django = get_asgi_application()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Answer a request; a body larger than any form is not even put down on disk."""
    if scope["type"] != "http" or scope["path"] in LARGE:
        await django(scope, receive, send)
        return
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if not length.isdigit() or int(length) > FORM_BYTES:
        await _refuse(send)
        return
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return message if taken <= FORM_BYTES else {"type": "http.disconnect"}

    await django(scope, limited, send)


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    text = b"This is more than a form can hold. Nothing was kept."
    await send({"type": "http.response.body", "body": text})
