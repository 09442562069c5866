"""What has moved since the plan in force began, beside drift and noise; for whoever may see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from heartsease.capture.measures import queries as measures
from heartsease.people.models import Person
from heartsease.science import instruments
from heartsease.science.course.response import NotSaid, Response, response_to
from heartsease.watch import queries as watch

BACK_DAYS = 120
LEAST_DAYS = 14
# In a clinician's words; mood and the like as the person answers them, 1 to 5.
SERIES = {
    "mood": "Mood (1-5)",
    "sleep_quality": "Sleep as felt (1-5)",
    "worry": "Worry (1-5)",
    "energy": "Energy (1-5)",
    "minutes_asleep": "Time asleep",
    "steps": "Steps",
}
QUESTIONNAIRES = ("phq9", "gad7")
UNITS = {"minutes_asleep": "min", "steps": "a day"}


@dataclass(frozen=True)
class Moved:
    """One measure since a day: its shift in words, or why nothing is said."""

    title: str
    shift: str
    verdict: str
    rests_on: str


@dataclass(frozen=True)
class Measure:
    """One measure's values on days, and how they are called."""

    title: str
    unit: str
    days: npt.NDArray[np.datetime64]
    values: npt.NDArray[np.float64]
    what: str


def moved_since(clinician: Person, person: Person, on: date, today: date) -> list[Moved]:
    """Every measure that the clinician may see, since a day that is two weeks past at least.

    The intervals hold for all of them together.
    """
    if today - on < timedelta(days=LEAST_DAYS):
        return []
    measured = [*_scores(clinician, person), *_days(clinician, person, on, today)]
    return [
        _told(one, response_to(one.days, one.values, on, together=len(measured)))
        for one in measured
    ]


def _scores(clinician: Person, person: Person) -> Iterator[Measure]:
    for key in QUESTIONNAIRES:
        rows = measures.course(person, key, actor=clinician, purpose="care")
        found = {person.local_day(row.answered_at): row.points for row in rows}
        if len(found) > 1:
            days = np.array(sorted(found), dtype="datetime64[D]")
            values = np.array([found[day] for day in sorted(found)], dtype=np.float64)
            yield Measure(instruments.load(key).title, "", days, values, "scores")


def _days(clinician: Person, person: Person, on: date, today: date) -> Iterator[Measure]:
    """Days that are over and may be compared with one another."""
    back = (today - on).days + BACK_DAYS
    last = today - timedelta(days=1)
    series = watch.comparable_series(person, back, last, actor=clinician, purpose="care")
    for name, title in SERIES.items():
        if name in series and series[name].days_with_data > 1:
            yield Measure(
                title, UNITS.get(name, ""), series[name].days, series[name].values, "days"
            )


def _told(one: Measure, found: Response | NotSaid) -> Moved:
    if isinstance(found, NotSaid):
        return Moved(one.title, "", "not enough to say", found.reason)
    digits = ".0f" if max(abs(found.low), abs(found.high)) >= 20 else ".1f"
    low, high = f"{found.low:+{digits}}", f"{found.high:+{digits}}"
    shift = f"{found.effect:+{digits}} {one.unit} [{low}, {high}]".replace("  ", " ")
    verdict = "clear of drift" if found.is_clear else "not clear of drift"
    return Moved(
        one.title, shift, verdict, f"{found.before} {one.what} before, {found.after} since"
    )
