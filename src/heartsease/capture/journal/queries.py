"""How a person said they were, as those who may know see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.science.course.series import DailySeries

from .actions import ITEMS, STREAM
from .models import CheckIn, VoiceDiary


def check_ins(actor: gate.Actor, purpose: str) -> QuerySet[CheckIn]:
    """The check-ins that an actor may read for a purpose, oldest first."""
    return CheckIn.objects.filter(person__in=gate.seen_by(actor, purpose, STREAM)).order_by("at")


def watched_since(day: date) -> set[UUID]:
    """Who has days since then on which changes are looked for."""
    rows = check_ins(gate.MACHINE, "early_warning").filter(day__gte=day)
    return set(rows.values_list("person", flat=True).distinct())


def own(person: Person, identifier: UUID) -> CheckIn | None:
    """One check-in if it is the person's own."""
    return CheckIn.objects.filter(person=person, id=identifier).first()


def recent(
    person: Person,
    days: int,
    today: date,
    *,
    actor: gate.Actor | None = None,
    purpose: str = gate.SELF,
) -> list[CheckIn]:
    """A person's check-ins of the last days, oldest first."""
    first = today - timedelta(days=days - 1)
    rows = check_ins(actor or person, purpose).filter(person=person, day__gte=first)
    return list(rows)


def series(
    person: Person,
    days: int,
    today: date,
    *,
    actor: gate.Actor | None = None,
    purpose: str = gate.SELF,
) -> dict[str, DailySeries]:
    """The mean of each item by day, missing days as NaN."""
    axis = np.arange(np.datetime64(today) - (days - 1), np.datetime64(today) + 1)
    sums: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for checkin in recent(person, days, today, actor=actor, purpose=purpose):
        place = int((np.datetime64(checkin.day) - axis[0]).astype(int))
        for item in ITEMS:
            value = checkin.value(item)
            if value is not None and 0 <= place < days:
                sums[item, place].append(value)
    result = {}
    for item in ITEMS:
        values = np.full(days, np.nan)
        for (name, place), found in sums.items():
            if name == item:
                values[place] = sum(found) / len(found)
        result[item] = DailySeries(days=axis, values=values)
    return result


def last_day(actor: gate.Actor, people: Iterable[Person]) -> dict[UUID, date]:
    """The last day on which each of these persons checked in."""
    rows = check_ins(actor, "care").filter(person__in=[person.pk for person in people])
    return {row["person"]: row["day"] for row in rows.order_by("day").values("person", "day")}


def own_voice_diaries(person: Person, limit: int | None = 10) -> list[VoiceDiary]:
    """A person's last voice diaries, newest first."""
    return list(VoiceDiary.objects.filter(person=person).order_by("-at")[:limit])
