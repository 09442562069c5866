"""News to open pages: one reader of the event table a process, any number of listeners.

Each page holds one server-sent-events connection. It resumes by Last-Event-ID, so a page that
was offline for a while gets what it missed. Events carry identifiers only; pages fetch content
through the gate.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
from django.contrib.sessions.models import Session
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from heartsease.base import events
from heartsease.base.models import Event
from heartsease.people.models import Person
from heartsease.people.queries import has_account, topics_of
from heartsease.web.access import lacks_second_factor

POLL_SECONDS = 0.15
HEARTBEAT_SECONDS = 15.0
TOPICS_SECONDS = 20.0
BACKLOG = 1_000


class Queue(asyncio.Queue[Event]):
    """What one page has not been sent yet; `is_behind` once something had to be left out."""

    is_behind = False

    def offer(self, event: Event) -> None:
        """Take an event, or note that the page is too far behind."""
        if self.full():
            self.is_behind = True
        else:
            self.put_nowait(event)


class Hub:
    """Reads new events once for all pages of this process and hands them to whoever listens."""

    def __init__(self) -> None:
        self._queues: set[Queue] = set()
        self._reader: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="events")
        self._last = 0
        self._joining = asyncio.Lock()

    async def ask(self, question: Callable[..., Any], *args: Any) -> Any:
        """Run a database question in this hub's own thread."""

        def run() -> Any:
            close_old_connections()
            try:
                return question(*args)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def join(self) -> Queue:
        """Begin to listen."""
        queue = Queue(BACKLOG)
        async with self._joining:
            if self._reader is None or self._reader.done():
                self._last = await self.ask(events.newest)
                self._reader = asyncio.create_task(self._read())
            self._queues.add(queue)
        return queue

    def leave(self, queue: Queue) -> None:
        """Stop listening."""
        self._queues.discard(queue)

    async def _read(self) -> None:
        while self._queues:
            with contextlib.suppress(Exception):
                for event in await self.ask(later_than, self._last):
                    self._last = event.id
                    for queue in list(self._queues):
                        queue.offer(event)
            await asyncio.sleep(POLL_SECONDS)


def later_than(number: int) -> list[Event]:
    """All events after a number, as many as can wait."""
    return events.later_than(number, BACKLOG)


_hubs: dict[int, Hub] = {}


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(id(asyncio.get_running_loop()), Hub())


async def stream(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The event stream of whoever is signed in."""
    reader = await request.auser()
    if not reader.is_authenticated or await hub().ask(lacks_second_factor, reader):
        return HttpResponse(status=403)
    sent = request.headers.get("Last-Event-ID", request.GET.get("after", ""))
    after = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else None
    answer = StreamingHttpResponse(
        _lines(reader, request.session.session_key, after), content_type="text/event-stream"
    )
    answer["X-Accel-Buffering"] = "no"
    return answer


def may_listen(reader: Person, session: str | None) -> bool:
    """Whether the reader still has an account and the session that the page began with."""
    here = has_account(reader.pk)
    lasting = Session.objects.filter(pk=session, expire_date__gt=timezone.now())
    return here and (session is None or lasting.exists())


async def _lines(reader: Person, session: str | None, after: int | None) -> AsyncIterator[bytes]:
    """What goes over the wire: first what was missed, then what happens.

    1. Listen before looking back, so that nothing falls between the two.
    2. Send what was missed since the last number the page saw.
    3. Send what comes, each number once, and a sign of life in between.
    4. End when the reader may no longer sign in, or fell too far behind to have missed nothing;
       a page that still may then asks again from the last number it saw.
    """
    here = hub()
    queue = await here.join()
    try:
        topics = set(await here.ask(topics_of, reader))
        looked = time.monotonic()
        number = after if after is not None else await here.ask(events.newest)
        yield f"retry: 1000\nid: {number}\n\n".encode()
        while missed := await here.ask(events.after, number, topics):
            for event in missed:
                number = event.id
                yield as_lines(event)
        while not queue.is_behind:
            try:
                event = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": here\n\n"
                event = None
            if time.monotonic() - looked > TOPICS_SECONDS:
                if not await here.ask(may_listen, reader, session):
                    return
                topics, looked = set(await here.ask(topics_of, reader)), time.monotonic()
            if event is not None and event.id > number and event.topic in topics:
                number = event.id
                yield as_lines(event)
    finally:
        here.leave(queue)


def as_lines(event: Event) -> bytes:
    """One event in the words of the protocol."""
    data = orjson.dumps({"kind": event.kind, **event.data}).decode()
    return f"id: {event.id}\nevent: {event.kind}\ndata: {data}\n\n".encode()
