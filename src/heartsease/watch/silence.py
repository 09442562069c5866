"""What stopped coming, since when, and why as far as that is known: a channel of its own.

"The phone stopped sending" is not "they switched it off", and neither says how somebody is. The
reasons come from agreements, sources, the device's own signs of life, and from what else still
comes; where none of them explains it, that is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

from heartsease.capture.journal import queries as journal
from heartsease.capture.streams import covered
from heartsease.capture.streams import queries as streams
from heartsease.consent import gate
from heartsease.consent import queries as consent
from heartsease.people.models import Person
from heartsease.science.course.silence import Silence, silence
from heartsease.science.sensing.catalogue import FEATURES

Reason = Literal[
    "switched_off",
    "paused",
    "disconnected",
    "files",
    "battery",
    "not_worn",
    "sends_on",
    "silent",
    "not_known",
]
DAYS = 120
LOW_BATTERY = 5.0
NEAR = timedelta(days=2)
CHECK_INS = "check_ins"
TITLES = {
    "sleep": "sleep",
    "activity": "steps",
    "heart": "pulse",
    "rhythm": "movement",
    "mobility": "places",
    "phone": "phone use",
    "keyboard": "typing",
    "communication": "calls and messages",
    "voice": "voice diary",
    CHECK_INS: "check-ins",
}


@dataclass(frozen=True)
class Silent:
    """Something of a person that stopped coming.

    Attributes:
        domains: what it is, in the words of `TITLES`, all with the same last day and reason.
        on: the day that the reason names, where it names one.
    """

    domains: tuple[str, ...]
    stream: str
    found: Silence
    reason: Reason
    on: date | None = None

    @property
    def what(self) -> str:
        """What stopped, as words.

        >>> Silent(("sleep", "heart"), "wearables", Silence(date(2026, 5, 1), 9, 1), "silent").what
        'sleep and pulse'
        """
        named = [TITLES[domain] for domain in self.domains]
        return named[0] if len(named) == 1 else ", ".join(named[:-1]) + " and " + named[-1]


def silences(
    person: Person, today: date, *, actor: gate.Actor | None = None, purpose: str = gate.SELF
) -> list[Silent]:
    """Everything of a person that stopped coming, as far as the actor may see it.

    A stream that the person switched off is named with its day; nothing more of it is said.
    """
    axis = np.arange(np.datetime64(today) - (DAYS - 1), np.datetime64(today) + 1)
    there = _there(person, today, axis, actor, purpose)
    connection = streams.connection(person, actor=actor, purpose=purpose)
    result: dict[tuple[date, str, str], Silent] = {}
    for domain in (one for one in TITLES if one in there):
        found = silence(axis, there[domain])
        if found is None:
            continue
        stream = "journal" if domain == CHECK_INS else covered.OF_DOMAIN.get(domain, "wearables")
        reason, on = _reason(person, domain, stream, found, there, axis, connection)
        key = (found.last, stream, reason)
        before = result[key].domains if key in result else ()
        result[key] = Silent((*before, domain), stream, found, reason, on)
    return sorted(result.values(), key=lambda one: one.found.last)


def _there(
    person: Person,
    today: date,
    axis: np.ndarray,
    actor: gate.Actor | None,
    purpose: str,
) -> dict[str, np.ndarray]:
    """By domain, on which days there is anything."""
    series = streams.all_series(person, DAYS, today, actor=actor, purpose=purpose)
    result: dict[str, np.ndarray] = {}
    for feature, one in series.items():
        domain = FEATURES[feature].domain
        if domain not in TITLES:
            continue
        seen = np.isfinite(one.values)
        result[domain] = result[domain] | seen if domain in result else seen
    own = journal.series(person, DAYS, today, actor=actor, purpose=purpose)
    said = np.any([np.isfinite(one.values) for one in own.values()], axis=0)
    if said.any():
        result[CHECK_INS] = said
    return result


def _reason(
    person: Person,
    domain: str,
    stream: str,
    found: Silence,
    there: Mapping[str, np.ndarray],
    axis: np.ndarray,
    connection: streams.Connection,
) -> tuple[Reason, date | None]:
    """Why, by the first that applies: a choice of the person, the device, or not known."""
    off = consent.switched_off(person, stream)
    if off is not None and person.local_day(off) >= found.last - NEAR:
        return "switched_off", person.local_day(off)
    if domain == CHECK_INS:
        return "not_known", None
    if not connection.sources:
        return "files", found.last
    if connection.paused_at is not None:
        return "paused", person.local_day(connection.paused_at)
    if connection.ended_at is not None:
        return "disconnected", person.local_day(connection.ended_at)
    if connection.battery_day is not None and connection.battery_percent is not None:
        near = abs(connection.battery_day - found.last) <= NEAR
        if near and connection.battery_percent <= LOW_BATTERY:
            return "battery", connection.battery_day
    place = int((np.datetime64(found.last) - axis[0]).astype(int)) + 1
    others = [name for name, days in there.items() if name not in (domain, CHECK_INS)]
    if any(there[name][place + NEAR.days :].any() for name in others):
        return "not_worn", None
    seen = connection.last_seen_at
    if seen is None:
        return "not_known", None
    day = person.local_day(seen)
    return ("sends_on", day) if day > found.last + NEAR else ("silent", day)
