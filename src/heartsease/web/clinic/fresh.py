"""Rows that many open pages ask for at the same moment, worked out once.

An alert reaches every open caseload of a team, and each asks for the same row. What stands in it
depends on the person's care and consent alone, never on who of the team looks, so the first page
pays for all. A row is shared only under the number of the newest event: whatever changes it, a
withdrawal included, leaves an event and with it a new number.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from heartsease.consent import gate
from heartsease.people.models import Person

from . import caseload

SHARED_SECONDS = 2.0


@dataclass(frozen=True)
class Shown:
    """One row and how it stands in the page."""

    row: caseload.Row
    html: SafeString


class Shared:
    """Answers that are the same for everybody who asks under one key, for two seconds."""

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[float, Shown | None]] = {}
        self._turn = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Shown | None]) -> Shown | None:
        """What somebody made of this key a moment ago, or what `make` gives; one at a time."""
        with self._turn:
            now = monotonic()
            self._made = {
                name: made for name, made in self._made.items() if now - made[0] < SHARED_SECONDS
            }
            if key not in self._made:
                self._made[key] = (now, make())
            return self._made[key][1]


_shared = Shared()


def rows(clinician: Person, people: Iterable[UUID], *, news: int, now: datetime) -> list[Shown]:
    """The rows of those of these people whom the clinician knows, by need.

    Args:
        news: number of the newest event before anything was read.
    """
    today = timezone.localdate(now)
    zone = timezone.get_current_timezone_name()

    def row_of(person: UUID) -> Shown | None:
        for row in caseload.rows(clinician, now, today, only=[person]):
            return Shown(row, render_to_string("clinic/row.html", {"row": row}))
        return None

    known = gate.known_to(clinician).filter(pk__in=list(people)).values_list("pk", flat=True)
    found = [_shared.get((person, news, zone), partial(row_of, person)) for person in known]
    return sorted((one for one in found if one), key=lambda one: one.row.rank)
