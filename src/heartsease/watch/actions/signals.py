"""Keeping what changed in a person's days, and letting it end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from heartsease.base import audit, events
from heartsease.base.errors import Missing
from heartsease.consent import gate
from heartsease.consent.queries import topics_for
from heartsease.people.models import Person

from .. import coping
from ..models import Alert, Kind, Looked, Outcome, Review, Signal, Tried
from .alerts import close, close_what_is_over

# A young change's first day is found better with each day; later that day is out of sight.
DATED_AGAIN = timedelta(days=21)


class NoSuchIdea(Missing):
    """There is no such change of the person's own, or no such idea for it."""


@transaction.atomic
def say_of_idea(person: Person, signal_id: UUID, idea: str, verdict: str, *, now: datetime) -> None:
    """Keep what a person says of an idea that was shown to them; it decides what is shown next.

    Raises:
        NoSuchIdea: for somebody else's change, an unknown idea or verdict.
    """
    signal = Signal.objects.filter(id=signal_id, person=person).first()
    known = {one.key for one in coping.ideas().get(signal.way, ())} if signal else set()
    if signal is None or idea not in known or verdict not in coping.VERDICTS:
        raise NoSuchIdea("There is nothing here by this name.")
    Tried.objects.create(person=person, way=signal.way, idea=idea, verdict=verdict, at=now)
    audit.record("idea.answered", by=person, now=now, subject=person.id, resource=signal.way)
    events.publish("signal", [events.person_topic(person.pk)], now=now, person=person.pk)


@transaction.atomic
def keep_signal(
    person: Person, *, stream: str, domain: str, feature: str, facts: dict[str, Any], now: datetime
) -> tuple[Signal, bool]:
    """Keep a change as a signal; a change that goes on refreshes the open one."""
    there = Signal.objects.filter(person=person, feature=feature, ended_at=None).first()
    if there is not None:
        if now - there.noticed_at > DATED_AGAIN:
            facts["since"] = min(there.since, facts["since"])
        there.facts = {**facts, "noticed": there.facts.get("noticed", facts["noticed"])}
        there.direction, there.since = facts["direction"], facts["since"]
        there.save(update_fields=["facts", "direction", "since"])
        return there, False
    signal = Signal.objects.create(
        person=person,
        stream=stream,
        domain=domain,
        feature=feature,
        direction=facts["direction"],
        since=facts["since"],
        noticed_at=now,
        facts=facts,
    )
    _publish_signal(signal, "noticed", now)
    return signal, True


def _publish_signal(signal: Signal, what: str, now: datetime) -> None:
    person, feature = signal.person_id, signal.feature
    audit.record(f"signal.{what}", by=gate.MACHINE, now=now, subject=person, resource=feature)
    topics = topics_for(signal.person_id, signal.stream)
    events.publish("signal", topics, now=now, id=signal.id, person=signal.person_id)


@transaction.atomic
def end_signal(signal: Signal, *, now: datetime, is_over: bool = False) -> None:
    """End a signal.

    Args:
        is_over: whether the days are back to the usual; otherwise it only is not known any more.
    """
    if Signal.objects.filter(id=signal.id, ended_at=None).update(ended_at=now):
        _publish_signal(signal, "ended", now)
        if is_over:
            close_what_is_over(signal, now=now)


@events.on("consent.withdrawn")
def stop_watching(*, person: Person, stream: str, purpose: str, now: datetime) -> None:
    """End what rests on a stream that may not be used any more; safety alerts stay open."""
    if purpose in {"keep", "early_warning"}:
        for signal in Signal.objects.filter(person=person, stream=stream, ended_at=None):
            end_signal(signal, now=now)
    why = "The person no longer shares these data."
    if purpose == "early_warning":
        why = "The person no longer has these data watched."
    for alert in Alert.objects.filter(person=person, stream=stream, ended_at=None).exclude(
        kind=Kind.SAFETY
    ):
        close(alert, why, by=gate.MACHINE, now=now, outcome=Outcome.WITHDRAWN)
    Looked.objects.filter(person=person).delete()


@transaction.atomic
def keep_verdicts(person: Person, verdicts: dict[str, str], *, now: datetime) -> None:
    """Keep what the last look could say of each way; pages show it beside what changed.

    Args:
        verdicts: by watched way "noticed", "unchanged", or why nothing can be said.
    """
    Looked.objects.update_or_create(person=person, defaults={"at": now, "verdicts": verdicts})


@transaction.atomic
def stop_looking(person: Person, *, now: datetime) -> None:
    """End every change that is told of a person where the site's policy bars looking for any."""
    for signal in Signal.objects.filter(person=person, ended_at=None):
        end_signal(signal, now=now)
    for alert in Alert.objects.filter(person=person, kind=Kind.CHANGE, ended_at=None):
        close(alert, "This place no longer looks out for changes.", by=gate.MACHINE, now=now)
    Looked.objects.filter(person=person).delete()


@events.on("streams.deleted")
def forget_signals(*, person: Person, stream: str, now: datetime) -> None:
    """Delete what was read from data that are gone; that it was is in the log."""
    audit.record("alerts.deleted", by=person, now=now, subject=person.id, resource=stream)
    Alert.objects.filter(person=person, stream=stream).delete()
    Signal.objects.filter(person=person, stream=stream).delete()
    Looked.objects.filter(person=person).delete()


@events.on("person.erased")
def forget(*, person: Person, now: datetime) -> None:
    """Delete everything about an erased person."""
    Review.objects.filter(person=person).delete()
    Tried.objects.filter(person=person).delete()
    Looked.objects.filter(person=person).delete()
    Alert.objects.filter(person=person).delete()
    Signal.objects.filter(person=person).delete()
