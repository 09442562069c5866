"""Danger that somebody tells of: an explicit rule opens a safety alert, never a model."""

from __future__ import annotations

from datetime import datetime, timedelta

from heartsease.base import events
from heartsease.capture.measures.models import Response
from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.science import instruments

from ..models import Kind
from .alerts import open_alert

SHARED_LATE = timedelta(days=14)


@events.on("measures.answered")
def look_for_danger(*, response: Response, now: datetime) -> None:
    """Open a safety alert when a safety item was answered above its threshold.

    This is an explicit rule (PHQ-9 item 9 above 0), never a model's judgement. It runs in the
    transaction that stores the answers. Where the person does not show their answers to the team
    nobody can be told, and the page says so to the person. Where the team is empty the alert waits
    without an owner for whoever comes first.
    """
    person = response.person
    if not response.safety or not gate.allows(person, "care", "questionnaires"):
        return
    instrument = instruments.load(response.instrument)
    said = [
        f"{instrument.title}, item {number}: "
        f"{instrument.options[value].label if value < len(instrument.options) else value}"
        for number in instrument.safety_items
        if (value := response.answers.get(str(number)))
    ]
    open_alert(
        person,
        Kind.SAFETY,
        stream="questionnaires",
        title="Thoughts of self-harm reported",
        reason=". ".join(said) + ".",
        response=response,
        now=now,
    )


@events.on("consent.given")
def look_for_danger_again(*, person: Person, stream: str, purpose: str, now: datetime) -> None:
    """Open the alert that an answer called for when nobody could be told, once somebody can.

    A page tells whoever says such a thing that they can share it; doing so must have an effect.
    """
    if stream != "questionnaires" or purpose not in {"keep", "care"}:
        return
    last = (
        Response.objects.filter(
            person=person, safety=True, answered_at__gt=now - SHARED_LATE, alerts=None
        )
        .order_by("-answered_at")
        .first()
    )
    if last is not None:
        look_for_danger(response=last, now=now)
