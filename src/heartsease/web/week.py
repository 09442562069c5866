"""One week of a person in words and seven columns: for a page, for paper, for a visit.

The person sees their own week; a clinician sees of it what the person shows them, by the same gate
as everywhere. What is missing is said; nothing is counted against anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from heartsease.capture.measures import queries as measures
from heartsease.care.plans import queries as plans
from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.science import instruments
from heartsease.science.course.series import DailySeries
from heartsease.watch import queries as watch
from heartsease.watch.models import Signal

from .patient.sentences import NEEDED_RECENT, seen
from .patient.wordings import WORDINGS, Wording

HISTORY_DAYS = 120
PARTLY = "partly recorded"
WEEKS_NEEDED = 4
SHOWN = (
    "mood",
    "sleep_quality",
    "minutes_asleep",
    "midsleep_minutes",
    "steps",
    "resting_heart_rate_bpm",
    "home_stay_share",
    "screen_minutes",
    "contacts",
)


@dataclass(frozen=True)
class Line:
    """One thing over the week.

    Attributes:
        cells: seven values as words, Monday first; empty where there are no data. One of a day
            that was partly recorded says so.
        unit: of the cells, where the title does not say it.
    """

    title: str
    sentence: str
    cells: tuple[str, ...]
    days: tuple[date, ...]
    unit: str = ""
    today: date = date.max

    @property
    def by_day(self) -> tuple[tuple[date, str, bool], ...]:
        """Each day with its value in words, and whether it is still to come."""
        return tuple(
            (day, cell, day > self.today) for day, cell in zip(self.days, self.cells, strict=True)
        )


@dataclass(frozen=True)
class Week:
    """What a week was like.

    Attributes:
        monday: its first day.
        changes: what the program noticed and still holds, as sentences.
        steps: what became of the steps of the plan; none without a plan.
        scores: questionnaires answered in the week.
        is_own: whether the person reads it; a clinician is not called "you".
    """

    monday: date
    lines: tuple[Line, ...]
    changes: tuple[str, ...]
    steps: tuple[str, ...]
    scores: tuple[str, ...]
    is_own: bool = True

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=6)

    @property
    def days(self) -> tuple[date, ...]:
        """Monday to Sunday."""
        return _days(self.monday)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known of it."""
        return not (self.lines or self.changes or self.steps or self.scores)


def _days(monday: date) -> tuple[date, ...]:
    return tuple(monday + timedelta(days=place) for place in range(7))


def last_whole_week(today: date) -> date:
    """The Monday of the last week that is over.

    >>> last_whole_week(date(2026, 11, 25))
    datetime.date(2026, 11, 16)
    """
    return today - timedelta(days=today.weekday() + 7)


def week(person: Person, monday: date, today: date, *, actor: Person | None = None) -> Week:
    """Put a person's week together, as far as the actor may see it.

    Args:
        monday: the first day.
        today: where the person lives; days after it are empty.
        actor: a clinician; without one it is the person's own view.
    """
    purpose = gate.SELF if actor is None else "care"
    who = actor or person
    back = (today - monday).days
    days = HISTORY_DAYS + back + 1
    series = watch.all_series(person, days, today, actor=who, purpose=purpose)
    partly = watch.partly_recorded(person, days, today, actor=who, purpose=purpose)
    return Week(
        monday=monday,
        lines=tuple(_lines(series, partly, monday, today, is_own=actor is None)),
        changes=tuple(
            _change(signal, monday, today)
            for signal in watch.open_signals(person, actor=who, purpose=purpose)
            if signal.since <= monday + timedelta(days=6)
        ),
        steps=tuple(_steps(person, monday, actor)),
        scores=tuple(_scores(person, monday, actor)),
        is_own=actor is None,
    )


def _change(signal: Signal, monday: date, today: date) -> str:
    """What was noticed; of a week that is over without what rests on the days after it."""
    if today <= monday + timedelta(days=6):
        return signal.sentence
    label = str(signal.facts["label"])
    return f"{label[0].upper()}{label[1:]} since {_day(signal.since)}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"


def _lines(
    series: Mapping[str, DailySeries],
    partly: Mapping[str, set[date]],
    monday: date,
    today: date,
    *,
    is_own: bool,
) -> list[Line]:
    """Each thing that the week has data of; days partly recorded are shown and not counted."""
    gone = min((today - monday).days + 1, 7)
    result = []
    for name in SHOWN:
        if name not in series:
            continue
        found = series[name]
        first = len(found.values) - 1 - (today - monday).days
        values = _of_week(found.values, first)
        if not seen(values):
            continue
        whole = watch.without(found, partly.get(name, set())).values
        wording = WORDINGS[name]
        result.append(
            Line(
                wording.title,
                _sentence(wording, _of_week(whole, first), whole[:first], gone, is_own=is_own),
                tuple(
                    _cell(wording, value, is_whole=counted == value)
                    for value, counted in zip(values, _of_week(whole, first), strict=True)
                ),
                _days(monday),
                wording.unit if wording.unit != wording.title.lower() else "",
                today,
            )
        )
    return result


def _of_week(values: np.ndarray, first: int) -> list[float]:
    """Seven values from a place on, NaN where there are none."""
    places = range(first, first + 7)
    return [float(values[one]) if 0 <= one < len(values) else float("nan") for one in places]


def _cell(wording: Wording, value: float, *, is_whole: bool) -> str:
    if np.isnan(value):
        return ""
    number = wording.number(value)
    return number if is_whole else f"{number} ({PARTLY})"


def _sentence(
    wording: Wording, values: list[float], before: np.ndarray, gone: int, *, is_own: bool
) -> str:
    """The week in words beside the middle 80 % of the weeks before, where that is known.

    Args:
        values, before: days partly recorded left out.
        gone: how many of its days have been; the others are not counted as missing.
    """
    there = seen(values)
    of = f"{len(there)} of {gone} {wording.days}" + (" so far" if gone < 7 else "")
    if len(there) < NEEDED_RECENT:
        return f"{of} with enough data, too few to say how the week was."
    value = wording.say(sum(there) / len(there))
    if is_own:
        said = wording.sentence.format(value=value) + ("" if wording.is_scale else " on average")
    else:
        said = f"mostly {value}" if wording.is_scale else f"mean {value}"
    usual = _usual(wording, before)
    more = f" Most weeks before: {usual}." if usual else ""
    return f"{said[0].upper()}{said[1:]}, from {of}.{more}"


def _usual(wording: Wording, before: np.ndarray) -> str:
    """The middle 80 % of the means of the weeks before; nothing with fewer than four of them."""
    weeks = [
        float(np.nanmean(part))
        for part in np.array_split(before, max(len(before) // 7, 1))
        if np.isfinite(part).sum() >= NEEDED_RECENT
    ]
    if len(weeks) < WEEKS_NEEDED:
        return ""
    low, high = (float(one) for one in np.quantile(weeks, [0.1, 0.9]))
    return wording.span(low, high)


def _steps(person: Person, monday: date, actor: Person | None) -> list[str]:
    plan = plans.current_plan(person, actor=actor)
    if plan is None:
        return []
    result = []
    for activity in plan.activities.all():
        own = [one for one in activity.log.all() if monday <= one.day <= monday + timedelta(days=6)]
        done = sum(one.done for one in own)
        times = "not noted" if not own else f"done on {done} day{'s' if done != 1 else ''}"
        result.append(f"{activity.text}: {times}")
    return result


def _scores(person: Person, monday: date, actor: Person | None) -> list[str]:
    result = []
    purpose = gate.SELF if actor is None else "care"
    rows = measures.responses(actor or person, purpose).filter(person=person)
    for row in rows.order_by("answered_at"):
        day = person.local_day(row.answered_at)
        if monday <= day <= monday + timedelta(days=6):
            instrument = instruments.load(row.instrument)
            highest = f" of {instrument.highest:g}"
            total = "no score" if row.total is None else f"{row.total:g}{highest}"
            band = f": {row.band}" if row.band else ""
            result.append(f"{instrument.title}: {total}, {_day(day)}{band}")
    return result


def asked_week(word: str, today: date) -> date | None:
    """The Monday of a week as the address names it ("2026-W47"); None if it is none, or to come.

    >>> asked_week("2026-W47", date(2026, 11, 25)), asked_week("soon", date(2026, 11, 25))
    (datetime.date(2026, 11, 16), None)
    """
    try:
        monday = date.fromisoformat(f"{word}-1")
    except ValueError:
        return None
    return monday if date(2000, 1, 1) <= monday <= today else None


def week_word(monday: date) -> str:
    """The week's name for an address.

    >>> week_word(date(2026, 11, 16))
    '2026-W47'
    """
    return f"{monday:%G-W%V}"
