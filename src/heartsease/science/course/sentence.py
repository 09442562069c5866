"""A change in plain words: what, by how much, since when, and on how many days that rests."""

from __future__ import annotations

from datetime import date

from .change import Change

CLOCK = "minutes after midnight"


def describe(change: Change, *, label: str, unit: str) -> str:
    """Say a change in a sentence that neither blames nor diagnoses.

    >>> began, noticed = date(2026, 5, 3), date(2026, 5, 12)
    >>> change = Change(began, noticed, -1, 8000, 5300, -2700, -1.1, 12, 14, 3.1, 0.1, "")
    >>> describe(change, label="Steps", unit="steps")
    'Steps: about 2,700 steps a day fewer since 3 May; 12 of 14 days have data.'
    """
    return f"{label}: {size_words(change, unit)} since {_day(change.since)}; {_data(change)}."


def size_words(change: Change, unit: str) -> str:
    """The size of a change in its own unit.

    >>> began, noticed = date(2026, 5, 3), date(2026, 5, 12)
    >>> change = Change(began, noticed, 1, 200, 270, 70, 1.2, 12, 14, 3.1, 0.1, "")
    >>> [size_words(change, unit) for unit in ("minutes after midnight", "min", "bpm")]
    ['about 1 h 10 min later', 'about 1 h 10 min longer', 'about 70 bpm higher']
    """
    size, up = abs(change.size), change.direction > 0
    if unit == CLOCK:
        return f"about {_minutes(size)} {'later' if up else 'earlier'}"
    if unit == "min":
        return f"about {_minutes(size)} {'longer' if up else 'shorter'}"
    if unit == "steps":
        rounded = round(size, -2) if size >= 1000 else round(size, -1)
        return f"about {rounded:,.0f} steps a day {'more' if up else 'fewer'}"
    word = "higher" if up else "lower"
    if unit == "1-5":
        return f"about {size:.1f} points {word} on a scale of 1 to 5"
    return f"about {size:{'.0f' if size >= 2 else '.1f'}} {unit} {word}"


def _minutes(minutes: float) -> str:
    rounded = max(round(minutes / 5) * 5, 5)
    hours, rest = divmod(rounded, 60)
    if not hours:
        return f"{rest} minutes"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"


def _data(change: Change) -> str:
    return f"{change.days_with_data} of {change.days_in_window} days have data"
