"""What has moved since the plan in force began, beside drift and noise; for whoever may see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from heartsease.capture.measures import queries as measures
from heartsease.people.models import Person
from heartsease.science import instruments
from heartsease.science.course.response import NotSaid, Response, response_to
from heartsease.watch import queries as watch
from heartsease.web.patient.sentences import WORDINGS

BACK_DAYS = 120
LEAST_DAYS = 14
SERIES = ("mood", "sleep_quality", "worry", "energy", "minutes_asleep", "steps")
QUESTIONNAIRES = ("phq9", "gad7")
UNITS = {"minutes_asleep": "min", "steps": "a day"}


@dataclass(frozen=True)
class Moved:
    """One measure since a day: its shift in words, or why nothing is said."""

    title: str
    shift: str
    verdict: str
    rests_on: str


def moved_since(clinician: Person, person: Person, on: date, today: date) -> list[Moved]:
    """Every measure that the clinician may see, since a day that is two weeks past at least."""
    if today - on < timedelta(days=LEAST_DAYS):
        return []
    return [*_scores(clinician, person, on), *_days(clinician, person, on, today)]


def _scores(clinician: Person, person: Person, on: date) -> Iterator[Moved]:
    for key in QUESTIONNAIRES:
        rows = measures.course(person, key, actor=clinician, purpose="care")
        found = {person.local_day(row.answered_at): row.points for row in rows}
        if len(found) > 1:
            days = np.array(sorted(found), dtype="datetime64[D]")
            values = np.array([found[day] for day in sorted(found)], dtype=np.float64)
            yield _told(instruments.load(key).title, "", response_to(days, values, on), "scores")


def _days(clinician: Person, person: Person, on: date, today: date) -> Iterator[Moved]:
    back = (today - on).days + BACK_DAYS
    series = watch.all_series(person, back, today, actor=clinician, purpose="care")
    for name in SERIES:
        if name in series and series[name].days_with_data > 1:
            found = response_to(series[name].days, series[name].values, on)
            yield _told(WORDINGS[name].title, UNITS.get(name, ""), found, "days")


def _told(title: str, unit: str, found: Response | NotSaid, what: str) -> Moved:
    if isinstance(found, NotSaid):
        return Moved(title, "", "not enough to say", found.reason)
    digits = ".0f" if max(abs(found.low), abs(found.high)) >= 20 else ".1f"
    low, high = f"{found.low:+{digits}}", f"{found.high:+{digits}}"
    shift = f"{found.effect:+{digits}} {unit} [{low}, {high}]".replace("  ", " ")
    verdict = "clear of drift" if found.is_clear else "not clear of drift"
    return Moved(title, shift, verdict, f"{found.before} {what} before, {found.after} since")
