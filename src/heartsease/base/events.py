"""News: a row for whoever listens on a page, and a call to whoever listens in the house.

A lower part never imports a higher one; it says what happened. Parts above subscribe with
`on(kind)` and run inside the same transaction, so an answer that needs an alert is never stored
without it. The row is read by the pages' event stream (`web.stream`). Events carry identifiers
only; whoever gets one asks for the content through the gate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from . import audit
from .models import Event

Listener = Callable[..., None]
_listeners: defaultdict[str, list[Listener]] = defaultdict(list)
KEEP = timedelta(days=2)


def on(kind: str) -> Callable[[Listener], Listener]:
    """Subscribe a function of an upper part to news from below."""

    def subscribe(listener: Listener) -> Listener:
        if listener not in _listeners[kind]:
            _listeners[kind].append(listener)
        return listener

    return subscribe


@transaction.atomic
def tell(kind: str, *, now: datetime, **facts: Any) -> None:
    """Tell the parts of the house, at once and in this transaction; one failure undoes all."""
    for listener in _listeners[kind]:
        listener(now=now, **facts)


@transaction.atomic
def publish(kind: str, topics: Iterable[str], *, now: datetime, **data: Any) -> None:
    """Leave a row for pages that listen to these topics.

    The audit lock is taken first: rows then become visible in the order of their numbers, and a
    reader that remembers the last number it saw misses none.
    """
    audit.in_order()
    plain = {name: str(value) for name, value in data.items()}
    Event.objects.bulk_create(
        [Event(at=now, topic=topic, kind=kind, data=plain) for topic in dict.fromkeys(topics)]
    )


def person_topic(person: UUID) -> str:
    """The topic of one person's own pages."""
    return f"person:{person}"


def team_topic(team: UUID) -> str:
    """The topic of a team's pages."""
    return f"team:{team}"


def after(number: int, topics: Iterable[str], limit: int = 500) -> list[Event]:
    """Events of these topics later than a number, oldest first."""
    return list(Event.objects.filter(id__gt=number, topic__in=list(topics)).order_by("id")[:limit])


def later_than(number: int, at_most: int) -> list[Event]:
    """The events after a number, in their order."""
    return list(Event.objects.filter(id__gt=number).order_by("id")[:at_most])


def newest() -> int:
    """The number of the newest event, 0 before the first."""
    return Event.objects.order_by("-id").values_list("id", flat=True).first() or 0


def forget_old(now: datetime) -> int:
    """Delete events that no page can still ask for; say how many."""
    return Event.objects.filter(at__lt=now - KEEP).delete()[0]
