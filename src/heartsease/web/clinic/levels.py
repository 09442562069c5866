"""The last year in stretches of one level, looking back with all days in hand; for a clinician."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format

from heartsease.people.models import Person
from heartsease.science.course.dating import Dating, date_changes
from heartsease.science.course.onset import Onset, last_onset
from heartsease.science.course.sentence import value_words
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.watch import queries as watch

YEAR = 365
MEASURES = (
    "mood",
    "sleep_quality",
    "minutes_asleep",
    "midsleep_minutes",
    "steps",
    "screen_minutes",
)


@dataclass(frozen=True)
class Levels:
    """One measure's stretches in words, oldest first, and when the present one began."""

    title: str
    stretches: tuple[str, ...]
    present: str


def levels(clinician: Person, person: Person, today: date) -> list[Levels]:
    """Every measure with days enough that the clinician may see, by days that are over."""
    last = today - timedelta(days=1)
    series = watch.comparable_series(person, YEAR, last, actor=clinician, purpose="care")
    result = []
    for name in MEASURES:
        own = series[name].since_first_data() if name in series else None
        found = date_changes(own) if own is not None else None
        if own is None or found is None:
            continue
        onset = last_onset(own) if found.changes else None
        known = FEATURES[name]
        result.append(Levels(known.label, _stretches(found, known.unit), _present(onset)))
    return result


def _stretches(found: Dating, unit: str) -> tuple[str, ...]:
    said = []
    for place, stretch in enumerate(found.stretches):
        level = value_words(stretch.level, unit)
        if place == 0:
            said.append(f"{level} from {_day(stretch.first)}")
            continue
        change = found.changes[place - 1]
        nearly = (
            f" ({_day(change.earliest)} to {_day(change.latest)} fit as well)"
            if change.earliest != change.latest
            else ""
        )
        said.append(f"{level} from {_day(change.on)}{nearly}")
    return tuple(said)


def _present(onset: Onset | None) -> str:
    if onset is None:
        return "one level"
    return (
        f"most likely since {_day(onset.likely)}; 80 %: "
        f"{_day(onset.earliest)} to {_day(onset.latest)}"
    )


def _day(day: date) -> str:
    return date_format(day, "j M Y")
