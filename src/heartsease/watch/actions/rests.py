"""Letting a kind of alert rest: a supervisor's decision, for a while, and kept in the log."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from heartsease.base import audit
from heartsease.base.errors import Missing
from heartsease.people.actions import NotAllowed
from heartsease.people.models import Person, Role

from ..models import Rest
from ..watched import plan

RESTS_FOR = timedelta(days=90)


class NoSuchWay(Missing):
    """No such way of changing is watched."""


@transaction.atomic
def let_rest(way: str, *, by: Person, now: datetime) -> None:
    """Raise no alerts about a way of changing for 90 days; it is still told on pages.

    Raises:
        NotAllowed: for anybody but a supervisor.
        NoSuchWay: if nothing of this name is watched.
    """
    _must_supervise(by)
    if way not in {one.kind for one in plan().ways}:
        raise NoSuchWay("No such change is watched.")
    Rest.objects.update_or_create(way=way, defaults={"by": by, "at": now, "until": now + RESTS_FOR})
    audit.record("alerts.rest", by=by, now=now, resource=way)


@transaction.atomic
def wake(way: str, *, by: Person, now: datetime) -> None:
    """Raise alerts about a way of changing again, also about changes noticed meanwhile.

    Raises:
        NotAllowed: for anybody but a supervisor.
    """
    _must_supervise(by)
    if Rest.objects.filter(way=way).delete()[0]:
        audit.record("alerts.woken", by=by, now=now, resource=way)


def _must_supervise(by: Person) -> None:
    if by.role != Role.SUPERVISOR:
        raise NotAllowed("Only a supervisor can decide that.")
