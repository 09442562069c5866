"""Daily features as those who may know see them, and how complete they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.science.course.series import DailySeries
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.sensing.devices import device_of_now

from . import covered
from .daybook import unpacked
from .models import DailyFeature, DayRecord, Source, Status, Upload

STREAM = covered.WEARABLES


def features(actor: gate.Actor, purpose: str) -> QuerySet[DailyFeature]:
    """The daily features that an actor may read for a purpose."""
    return DailyFeature.objects.filter(covered.seen(actor, purpose))


def watched_since(day: date) -> set[UUID]:
    """Who has days since then on which changes are looked for."""
    rows = features(gate.MACHINE, "early_warning").filter(day__gte=day)
    return set(rows.values_list("person", flat=True).distinct())


def all_series(
    person: Person,
    days: int,
    today: date,
    *,
    actor: gate.Actor | None = None,
    purpose: str = gate.SELF,
) -> dict[str, DailySeries]:
    """Every feature of a person's last days, missing days as NaN; one query."""
    rows = _rows(person, days, today, actor or person, purpose)
    axis = np.arange(np.datetime64(today) - (days - 1), np.datetime64(today) + 1)
    return {feature: _series(axis, own) for feature, own in rows.items()}


@dataclass(frozen=True)
class Comparable:
    """Days of a feature that may be compared with one another.

    Attributes:
        since: the first day of the device of now after the last day of another one.
    """

    series: DailySeries
    since: date | None


def comparable(
    person: Person,
    days: int,
    today: date,
    *,
    actor: gate.Actor | None = None,
    purpose: str = gate.SELF,
    least_yield: Mapping[str, float] | None = None,
) -> dict[str, Comparable]:
    """Every feature of a person's last days, without what would only look like a change.

    Left out are days with less than a feature's `least_yield`, days by an older definition, and
    days of another device than the one of most of the last two weeks with data.
    """
    least = least_yield or {}
    axis = np.arange(np.datetime64(today) - (days - 1), np.datetime64(today) + 1)
    result = {}
    for feature, rows in _rows(person, days, today, actor or person, purpose).items():
        version = FEATURES[feature].version
        own = [
            row for row in rows if row.share >= least.get(feature, 0.0) and row.version == version
        ]
        device = device_of_now([row.device for row in own])
        kept = [row for row in own if row.device in ("", device)]
        others = [row.day for row in own if row.device not in ("", device)]
        after = [row.day for row in kept if others and row.day > max(others)]
        since = min(after, default=None)
        result[feature] = Comparable(_series(axis, kept), since)
    return result


class _Row(NamedTuple):
    day: date
    value: float
    share: float
    device: str
    version: str


def _rows(
    person: Person, days: int, today: date, actor: gate.Actor, purpose: str
) -> dict[str, list[_Row]]:
    """The days of each feature, oldest first."""
    found = features(actor, purpose).filter(
        person=person, day__gt=today - timedelta(days=days), day__lte=today
    )
    names = ("feature", "day", "value", "data_yield", "device", "definition_version")
    result: defaultdict[str, list[_Row]] = defaultdict(list)
    for feature, *row in found.order_by("day").values_list(*names):
        result[feature].append(_Row(*row))
    return dict(result)


def _series(axis: npt.NDArray[np.datetime64], rows: list[_Row]) -> DailySeries:
    values = np.full(len(axis), np.nan)
    for row in rows:
        values[int((np.datetime64(row.day) - axis[0]).astype(int))] = row.value
    return DailySeries(axis, values)


def yields(
    person: Person,
    days: int,
    today: date,
    *,
    actor: gate.Actor | None = None,
    purpose: str = gate.SELF,
) -> dict[date, float]:
    """For each of the last days, the best data yield of any feature; days without are absent."""
    best: dict[date, float] = {}
    for day, _, share in _shares(person, days, today, actor or person, purpose):
        best[day] = max(share, best.get(day, 0.0))
    return best


def _shares(
    person: Person, days: int, today: date, actor: gate.Actor, purpose: str
) -> Iterable[tuple[date, str, float]]:
    """Day, feature and data yield of the last days."""
    rows = features(actor, purpose).filter(
        person=person, day__gt=today - timedelta(days=days), day__lte=today
    )
    return rows.values_list("day", "feature", "data_yield")


def own_yields(person: Person, days: int, today: date) -> dict[str, dict[date, float]]:
    """By domain, for each of the last days the best data yield of its features, 0 to 1."""
    best: dict[str, dict[date, float]] = {}
    for day, feature, share in _shares(person, days, today, person, gate.SELF):
        if feature in FEATURES:
            found = best.setdefault(FEATURES[feature].domain, {})
            found[day] = max(share, found.get(day, 0.0))
    return best


def last_days(actor: gate.Actor, people: Iterable[Person]) -> dict[tuple[UUID, str], date]:
    """The last day with data of each feature of each of these persons."""
    rows = features(actor, "care").filter(person__in=[person.pk for person in people])
    latest = rows.values_list("person", "feature").annotate(last=Max("day"))
    return {(person, feature): day for person, feature, day in latest}


@dataclass(frozen=True)
class Samples:
    """What came in of one stream: on how many days, and the last of them."""

    days: int
    last: date


def own_samples(person: Person) -> dict[str, Samples]:
    """What is stored of a person's samples by stream, whether or not a day's number came of it."""
    rows = DayRecord.objects.filter(person__in=gate.seen_by(person, gate.SELF, STREAM))
    counted = rows.filter(person=person).values_list("stream")
    return {
        stream: Samples(days, last)
        for stream, days, last in counted.annotate(Count("day"), Max("day"))
    }


def own_last_days(person: Person) -> dict[str, date]:
    """The last day on which a person has a value of each feature, however long ago."""
    rows = features(person, gate.SELF).filter(person=person).values_list("feature")
    return dict(rows.annotate(Max("day")))


def own_senders(person: Person) -> list[Source]:
    """The sources, ended ones too, of which something that they sent was read; newest first."""
    rows = Source.objects.filter(person=person, uploads__status=Status.DONE).distinct()
    return list(rows.order_by("-connected_at"))


@dataclass(frozen=True)
class ReadFiles:
    """The files, not pushes, that a person sent and that were read: the newest, how many more."""

    newest: list[Upload]
    more: int


def own_read_files(person: Person, limit: int = 3) -> ReadFiles:
    """The files that a person's data come from, newest first."""
    rows = own_files(person).filter(status=Status.DONE)
    newest = list(rows.order_by("-finished_at", "-received_at")[:limit])
    return ReadFiles(newest, rows.count() - len(newest))


def source_of(token_hash: str) -> Source | None:
    """The source that a token belongs to, unless it was ended or its person's account was."""
    rows = Source.objects.select_related("person").filter(token_hash=token_hash, ended_at=None)
    return rows.filter(person__is_active=True).first()


def waiting(person: Person) -> tuple[int, int]:
    """How many of a person's files wait to be read or are being read, and their bytes."""
    rows = Upload.objects.filter(person=person, status__in=(Status.WAITING, Status.READING))
    found = rows.aggregate(files=Count("id"), held=Sum("size_bytes"))
    return found["files"], found["held"] or 0


def own_sources(person: Person) -> QuerySet[Source]:
    """A person's connected sources, newest first."""
    return Source.objects.filter(person=person, ended_at=None).order_by("-connected_at")


def own_files(person: Person) -> QuerySet[Upload]:
    """The files, not pushes, that a person sent."""
    return Upload.objects.filter(person=person, source=None)


def own_uploads(person: Person, limit: int = 10) -> list[Upload]:
    """The last files of a person with what was set aside, newest first."""
    rows = own_files(person).prefetch_related("quarantined")
    return list(rows.order_by("-received_at")[:limit])


@dataclass(frozen=True)
class Pushes:
    """What one device pushed on one day.

    Attributes:
        times: how often it sent.
        refused: how often nothing of it was taken.
        reasons: why, each once, the latest first.
    """

    label: str
    day: date
    times: int
    last_at: datetime
    refused: int
    reasons: tuple[str, ...]


REASONS_LOOKED_AT, REASONS_SHOWN = 40, 3


def own_pushes(person: Person, limit: int = 7) -> list[Pushes]:
    """What a person's devices pushed, a line a day and device, newest first."""
    pushed = Upload.objects.filter(person=person).exclude(source=None)
    grouped = pushed.annotate(day=TruncDate("received_at")).values("source", "day")
    failed = Count("id", filter=Q(status=Status.FAILED))
    days = grouped.annotate(times=Count("id"), last=Max("received_at"), failed=failed)
    sources = {row.id: row.label for row in Source.objects.filter(person=person)}
    return [
        Pushes(
            label=sources[one["source"]],
            day=one["day"],
            times=one["times"],
            last_at=one["last"],
            refused=one["failed"],
            reasons=_reasons(pushed, one) if one["failed"] else (),
        )
        for one in days.order_by("-last")[:limit]
    ]


def _reasons(pushed: QuerySet[Upload], one: Mapping[str, Any]) -> tuple[str, ...]:
    """Why pushes of a device on a day were not taken."""
    rows = pushed.filter(
        source=one["source"], received_at__date=one["day"], status=Status.FAILED
    ).order_by("-received_at")[:REASONS_LOOKED_AT]
    return tuple(dict.fromkeys(row.message or "" for row in rows))[:REASONS_SHOWN]


@dataclass(frozen=True)
class Connection:
    """How a person's devices send, and when they last gave a sign of life.

    Attributes:
        sources: how many push sources there were ever.
        paused_at: since when all that are still connected are paused.
        ended_at: when the last one was disconnected, if none is connected.
        battery_day, battery_percent: of the last heartbeat.
    """

    sources: int = 0
    last_seen_at: datetime | None = None
    paused_at: datetime | None = None
    ended_at: datetime | None = None
    battery_day: date | None = None
    battery_percent: float | None = None


def connection(
    person: Person, *, actor: gate.Actor | None = None, purpose: str = gate.SELF
) -> Connection:
    """How a person's devices send, as far as the actor may see anything they sent.

    The battery is told by samples of their own, which have to be seen; what is no device's (a voice
    diary) shows nothing of one.
    """
    shown = {
        one
        for one in covered.AGREEMENTS
        if covered.samples_of(one)
        and gate.seen_by(actor or person, purpose, one).filter(pk=person.pk).exists()
    }
    rows = list(Source.objects.filter(person=person))
    if not rows or not shown:
        return Connection()
    going = [row for row in rows if row.ended_at is None]
    paused = [row.paused_at for row in going if row.paused_at is not None]
    day, percent = None, None
    if covered.of_samples(covered.ALIVE) in shown:
        day, percent = _last_beat(person)
    return Connection(
        sources=len(rows),
        last_seen_at=max((row.last_seen_at for row in rows if row.last_seen_at), default=None),
        paused_at=max(paused) if going and len(paused) == len(going) else None,
        ended_at=None if going else max(row.ended_at for row in rows if row.ended_at),
        battery_day=day,
        battery_percent=percent,
    )


def _last_beat(person: Person) -> tuple[date | None, float | None]:
    """The day of the last heartbeat and its battery level, where there is one and it says one."""
    beats = DayRecord.objects.filter(person=person, stream=covered.ALIVE)
    row = beats.order_by("-day").first()
    if row is None:
        return None, None
    levels = unpacked(row.body).sort_by("ts")["battery_percent"].drop_null()
    return row.day, float(levels[-1].as_py()) if len(levels) else None
