"""Looking at one person's newest days, and keeping the alerts' clocks."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone

from heartsease.base import events
from heartsease.base.clock import every
from heartsease.base.policy import policy
from heartsease.base.tasks import job
from heartsease.capture.journal import queries as journal
from heartsease.capture.journal.models import CheckIn
from heartsease.capture.streams import queries as streams
from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.science.course.domains import shares
from heartsease.science.course.notice import Noticed, TooThin, Unchanged, notice
from heartsease.science.course.sentence import tell
from heartsease.science.course.series import DailySeries
from heartsease.science.sensing.catalogue import FEATURES

from . import actions
from .models import Alert, Kind, Outcome, Signal
from .queries import NOTICED, UNCHANGED, resting_ways
from .watched import Watched, plan

logger = logging.getLogger("heartsease.watch")
SILENT_DAYS = 14
# Who is looked at when a day is over: whoever sent something on it, wherever on earth they live.
LATELY = timedelta(days=2)


@dataclass(frozen=True)
class Available:
    """A watched way for which a person has data that may be looked at.

    Attributes:
        since: the first day of the present device where another one came before.
    """

    watched: Watched
    series: Mapping[str, DailySeries]
    since: date | None = None


@events.on("streams.changed")
def look_after_streams(*, person_id: UUID, days: list[date], now: datetime) -> None:
    """Have a worker look at a person whose daily features changed."""
    look.enqueue(str(person_id))


@events.on("streams.taken_back")
def look_after_taking_back(*, person: Person, now: datetime) -> None:
    """Have a worker look at what is left, and end what rested on the file alone."""
    look_without.enqueue(str(person.pk))


@events.on("journal.checked_in")
def look_after_check_in(*, checkin: CheckIn, now: datetime) -> None:
    """Have a worker look at a person who checked in."""
    look.enqueue(str(checkin.person_id))


@events.on("journal.undone")
def look_after_undo(*, person: Person, now: datetime) -> None:
    """Have a worker look again without what was taken back."""
    look.enqueue(str(person.pk))


@events.on("consent.given")
def look_after_consent(*, person: Person, stream: str, purpose: str, now: datetime) -> None:
    """Have a worker look at somebody who lets changes be looked for, or be told, again."""
    if purpose in {"keep", "early_warning", "care"}:
        look.enqueue(str(person.pk))


@every(hours=6)
def look_at_days_that_are_over(now: datetime) -> None:
    """Look again at whoever has an open signal or sent something lately.

    A day counts once it is over, and nothing may come at that moment.
    """
    told = Signal.objects.filter(ended_at=None).values_list("person", flat=True).distinct()
    lately = now.date() - LATELY
    people = {*told, *streams.watched_since(lately), *journal.watched_since(lately)}
    for person in sorted(people):
        look.enqueue(str(person))


@job()
def look(person_id: str) -> None:
    """Compare a person's newest days with their own usual; safe to run twice."""
    person = Person.objects.filter(pk=person_id, erased_at=None).first()
    if person is None:
        return
    if policy().allows("early_warning"):
        compare(person, now=timezone.now())
    else:
        actions.stop_looking(person, now=timezone.now())


@job()
def look_without(person_id: str) -> None:
    """Look again after a file was taken back; alerts that tell of nothing else end."""
    person = Person.objects.filter(pk=person_id, erased_at=None).first()
    if person is not None:
        now = timezone.now()
        told = set(Signal.objects.filter(person=person, ended_at=None).values_list("id", flat=True))
        if policy().allows("early_warning"):
            compare(person, now=now)
        actions.close_without_ground(person, told, now=now)


@transaction.atomic
def compare(person: Person, *, now: datetime) -> list[Signal]:
    """Look for a lasting change in every watched way; return the signals that are new.

    Whoever takes consent back or deletes data meanwhile waits a moment, or is waited for: nothing
    is said of days that were gone, and two looks at once say everything once.

    The site's budget of false alarms per person-month is divided by weight among the ways for which
    the person has any data, so that it holds for the person and not for each of them.
    """
    actions.queue(person.pk)
    found = available(person, person.local_day(now) - timedelta(days=1))
    _end_silent(person, found, now)
    if not found:
        actions.keep_verdicts(person, {}, now=now)
        return []
    ways = {one.watched.name: one.watched.way for one in found}
    budget = shares(ways, policy().false_alarms_per_person_month)
    told = {signal.feature for signal in Signal.objects.filter(person=person, ended_at=None)}
    fresh, verdicts = [], {}
    for one in found:
        name = one.watched.name
        is_open = name in told
        verdict = notice(one.series, one.watched.way, budget=budget[name], is_open=is_open)
        verdicts[name] = _word(verdict, one.since)
        signal = _keep(person, one, verdict, now)
        if signal is not None:
            fresh.append(signal)
    tell_team(person, now)
    actions.keep_verdicts(person, verdicts, now=now)
    if fresh:
        events.tell("watch.changed", person=person, signals=fresh, now=now)
    return fresh


def _word(verdict: Noticed | Unchanged | TooThin, since: date | None) -> str:
    if not isinstance(verdict, TooThin):
        return NOTICED if isinstance(verdict, Noticed) else UNCHANGED
    if since is None:
        return verdict.reason
    return f"A new device since {since.day} {since:%B}; its days make a usual of their own. " + (
        verdict.reason
    )


def _end_silent(person: Person, found: list[Available], now: datetime) -> None:
    """End signals of which nothing has come for two weeks: it is not known any more.

    That data stopped is said beside it (the clinic's brief), and is no change back either.
    """
    heard = {
        one.watched.name
        for one in found
        if any(np.isfinite(own.values[-SILENT_DAYS:]).any() for own in one.series.values())
    }
    for signal in Signal.objects.filter(person=person, ended_at=None).exclude(feature__in=heard):
        actions.end_signal(signal, now=now)


def available(person: Person, last: date) -> list[Available]:
    """The watched ways that the person lets the program look at, with the series that have data.

    Args:
        last: the last day that is over. Half a night is no short one, and a day is not quiet
            because it has only begun, so the day that is on is not looked at.
    """
    watch = plan()
    actor, purpose = gate.MACHINE, "early_warning"
    of_devices = streams.comparable(
        person, watch.days, last, actor=actor, purpose=purpose, least_yield=watch.least_yield
    )
    series = {
        **{name: one.series for name, one in of_devices.items()},
        **journal.series(person, watch.days, last, actor=actor, purpose=purpose),
    }
    own = {name: one for name, one in series.items() if one.days_with_data > 0}
    result: list[Available] = []
    for watched in watch.ways:
        there = {name: own[name] for name in watched.way.signs if name in own}
        if there:
            since = [of_devices[name].since for name in there if name in of_devices]
            new = max((day for day in since if day is not None), default=None)
            result.append(Available(watched, there, new))
    return result


def _keep(
    person: Person, one: Available, verdict: Noticed | Unchanged | TooThin, now: datetime
) -> Signal | None:
    """Open, refresh or end the signal of one way; return it only if it is new.

    With a new device it is not known any more whether a change goes on.
    """
    watched = one.watched
    if isinstance(verdict, Noticed):
        signal, is_new = actions.keep_signal(
            person,
            stream=watched.stream,
            domain=watched.domain,
            feature=watched.name,
            facts=facts_of(watched, verdict),
            now=now,
        )
        return signal if is_new else None
    if isinstance(verdict, Unchanged) or one.since is not None:
        for signal in Signal.objects.filter(person=person, feature=watched.name, ended_at=None):
            actions.end_signal(signal, now=now, is_over=isinstance(verdict, Unchanged))
    return None


def facts_of(watched: Watched, found: Noticed) -> dict[str, Any]:
    """Everything a page needs to say about a change."""
    words = watched.way.words
    return {
        **asdict(found),
        "label": f"{words[0].upper()}{words[1:]}",
        "direction": watched.direction,
        "sentence": tell(found, words, _named),
        "would_not_fire_if": (
            "It would not have been reported if the smoothed distance from the usual had stayed "
            f"below {found.limit:.2f} standard deviations; it reached {found.reached:.2f}."
        ),
    }


def _named(feature: str) -> tuple[str, str]:
    return FEATURES[feature].label, FEATURES[feature].unit


def tell_team(person: Person, now: datetime) -> None:
    """Tell the team of changes that are on and that no alert has told, where they may see them.

    An alert quotes one stream only, so that withdrawing that stream closes all it says; a change
    that goes on is told again once the stream is shown again. Ways of changing that a supervisor
    lets rest are told on pages alone until they wake.
    """
    resting = resting_ways(now)
    told = Alert.objects.exclude(outcome=Outcome.WITHDRAWN)
    untold = Signal.objects.filter(person=person, ended_at=None).exclude(alerts__in=told)
    by_stream: defaultdict[str, list[Signal]] = defaultdict(list)
    for signal in untold.order_by("feature"):
        if signal.way not in resting:
            by_stream[signal.stream].append(signal)
    for stream, own in by_stream.items():
        if not gate.allows(person, "care", stream):
            continue
        open_one = Alert.objects.filter(
            person=person, kind=Kind.CHANGE, stream=stream, ended_at=None
        ).first()
        if open_one is not None and actions.add_to_alert(open_one, own, now=now):
            continue
        title, reason = actions.words_of(own)
        actions.open_alert(
            person, Kind.CHANGE, stream=stream, title=title, reason=reason, signals=own, now=now
        )


@every(hours=1)
def retire_untaken_alerts(now: datetime) -> None:
    """Let alerts about changes end that nobody took."""
    actions.retire_untaken(now)


@every(minutes=1)
def escalate_late_alerts(now: datetime) -> None:
    """Give alerts that nobody took in time to a supervisor."""
    actions.escalate(now)
