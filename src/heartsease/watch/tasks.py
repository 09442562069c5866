"""Looking at one person's newest days, and keeping the alerts' clocks."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import date, datetime
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
from heartsease.science.course.change import Change, Steady, TooThin, detect
from heartsease.science.course.sentence import describe
from heartsease.science.course.series import DailySeries
from heartsease.science.sensing.catalogue import FEATURES

from . import actions
from .models import Alert, Kind, Signal
from .watched import Watched, plan

logger = logging.getLogger("heartsease.watch")
SILENT_DAYS = 14


@events.on("streams.changed")
def look_after_streams(*, person_id: UUID, days: list[date], now: datetime) -> None:
    """Have a worker look at a person whose daily features changed."""
    look.enqueue(str(person_id))


@events.on("journal.checked_in")
def look_after_check_in(*, checkin: CheckIn, now: datetime) -> None:
    """Have a worker look at a person who checked in."""
    look.enqueue(str(checkin.person_id))


@events.on("journal.undone")
def look_after_undo(*, person: Person, now: datetime) -> None:
    """Have a worker look again without what was taken back."""
    look.enqueue(str(person.pk))


@every(hours=24)
def look_at_open_signals(now: datetime) -> None:
    """Look again at whoever has an open signal, also when nothing new comes."""
    people = Signal.objects.filter(ended_at=None).values_list("person", flat=True).distinct()
    for person in people:
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


def compare(person: Person, *, now: datetime) -> list[Signal]:
    """Look for a lasting change in every watched feature; return the signals that are new.

    The site's budget of false alarms per person-month is divided by the number of features
    that have enough data, so that it holds for the person and not for each feature.
    """
    today = person.local_day(now)
    found = available(person, today)
    _end_silent(person, found, now)
    if not found:
        return []
    budget = policy().false_alarms_per_person_month / len(found)
    fresh = []
    with transaction.atomic():
        for watched, series in found:
            verdict = detect(series, direction=watched.direction, budget_per_person_month=budget)
            signal = _keep(person, watched, verdict, now)
            if signal is not None:
                fresh.append(signal)
        if fresh:
            _alert(person, fresh, now)
            events.tell("watch.changed", person=person, signals=fresh, now=now)
    return fresh


def _end_silent(person: Person, found: list[tuple[Watched, DailySeries]], now: datetime) -> None:
    """End signals of features from which nothing has come for two weeks: it is not known any more.

    That data stopped is said beside it (the clinic's brief), and is no change back either.
    """
    heard = {
        watched.feature
        for watched, series in found
        if np.isfinite(series.values[-SILENT_DAYS:]).any()
    }
    for signal in Signal.objects.filter(person=person, ended_at=None).exclude(feature__in=heard):
        actions.end_signal(signal, now=now)


def available(person: Person, today: date) -> list[tuple[Watched, DailySeries]]:
    """The watched series that the person lets the program look at, where any day has data."""
    days = plan().baseline_days
    actor, purpose = gate.MACHINE, "early_warning"
    whole = {watched.feature for watched in plan().features if watched.whole_days}
    least = {watched.feature: watched.least_yield for watched in plan().features}
    series = {
        **streams.all_series(person, days, today, actor=actor, purpose=purpose, least_yield=least),
        **journal.series(person, days, today, actor=actor, purpose=purpose),
    }
    for feature in whole & series.keys():
        series[feature].values[-1] = np.nan
    return [
        (watched, series[watched.feature])
        for watched in plan().features
        if watched.feature in series and series[watched.feature].days_with_data > 0
    ]


def _keep(
    person: Person, watched: Watched, verdict: Change | Steady | TooThin, now: datetime
) -> Signal | None:
    """Open, refresh or end the signal of one feature; return it only if it is new."""
    if isinstance(verdict, Change):
        signal, is_new = actions.keep_signal(
            person,
            stream=watched.stream,
            domain=FEATURES[watched.feature].domain,
            feature=watched.feature,
            facts=facts_of(watched, verdict),
            now=now,
        )
        return signal if is_new else None
    if isinstance(verdict, Steady):
        for signal in Signal.objects.filter(person=person, feature=watched.feature, ended_at=None):
            actions.end_signal(signal, now=now)
    return None


def facts_of(watched: Watched, change: Change) -> dict[str, Any]:
    """Everything a page needs to say about a change."""
    feature = FEATURES[watched.feature]
    return {
        **asdict(change),
        "label": feature.label,
        "unit": feature.unit,
        "sentence": describe(change, label=feature.label, unit=feature.unit),
        "suggestion": watched.suggestion,
    }


def _alert(person: Person, fresh: list[Signal], now: datetime) -> None:
    """Tell the team once a stream for all that is new in it, where they may see that stream.

    An alert quotes one stream only, so that withdrawing that stream closes all it says.
    """
    for stream in sorted({signal.stream for signal in fresh}):
        if not gate.allows(person, "care", stream):
            continue
        own = [signal for signal in fresh if signal.stream == stream]
        open_one = Alert.objects.filter(
            person=person, kind=Kind.CHANGE, stream=stream, ended_at=None
        ).first()
        if open_one is not None and actions.add_to_alert(open_one, own, now=now):
            continue
        actions.open_alert(
            person,
            Kind.CHANGE,
            stream=stream,
            title="Changed: " + ", ".join(signal.facts["label"] for signal in own[:3]),
            reason=" ".join(signal.sentence for signal in own),
            signal=own[0],
            now=now,
        )


@every(minutes=1)
def escalate_late_alerts(now: datetime) -> None:
    """Give alerts that nobody took in time to a supervisor."""
    actions.escalate(now)
