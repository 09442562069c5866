"""A change in plain words: what, by how much, since when, and on how many days that rests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from .notice import Moved, Noticed

CLOCK = "minutes after midnight"
MOST_PARTS = 3
FRACTIONS = ((0.25, "a quarter"), (1 / 3, "a third"), (0.5, "half"), (2 / 3, "two thirds"))
NEAR, COUNTED = 0.06, frozenset({"steps", "places", "unlocks", "calls", "texts", "people"})


def tell(found: Noticed, words: str, named: Callable[[str], tuple[str, str]]) -> str:
    """Say a change of several features that move together, most changed first, three at most.

    Args:
        words: what the change is called, such as "less or worse sleep".
        named: gives label and unit of a feature.

    >>> names = {"minutes_asleep": ("Time asleep", "min"), "steps": ("Steps", "steps"),
    ...          "sleep_efficiency": ("Efficiency", "share")}
    >>> asleep = Moved("minutes_asleep", 430, 360, -1.4, 13)
    >>> part = Moved("sleep_efficiency", 0.9, 0.85, -1, 13)
    >>> began, seen = date(2026, 5, 3), date(2026, 5, 12)
    >>> found = Noticed(began, began, began, seen, (asleep, part), 12, 14, 3.4, 3.1, 0.02)
    >>> tell(found, "less or worse sleep", names.__getitem__)
    'Less or worse sleep since 3 May: time asleep about 1 h 10 min shorter, efficiency about 5 \
points of 100 lower; 12 of 14 days have data.'
    >>> steps = (Moved("steps", 8000, 5300, -1.1, 12),)
    >>> found = Noticed(began, began, began, seen, steps, 12, 14, 3.4, 3.1, 0.1)
    >>> tell(found, "less movement", names.__getitem__)
    'Steps: about 2,700 steps a day fewer, down by a third, since 3 May; 12 of 14 days have data.'
    """
    of = f"{found.days_with_data} of {found.days_in_window} days have data"
    said = [(named(one.feature)[0], moved_words(one, named(one.feature)[1])) for one in found.moved]
    if len(said) == 1:
        (label, size), comma = said[0], ", down by" in said[0][1]
        return f"{label}: {size}{',' if comma else ''} since {_day(found.since)}; {of}."
    parts = ", ".join(f"{label[0].lower()}{label[1:]} {size}" for label, size in said[:MOST_PARTS])
    return f"{words[0].upper()}{words[1:]} since {_day(found.since)}: {parts}; {of}."


def moved_words(one: Moved, unit: str) -> str:
    """How far a feature has moved, in its own unit; a fall of a count also as a share of before.

    >>> moved_words(Moved("steps", 8000, 7000, -1.1, 12), "steps")
    'about 1,000 steps a day fewer'
    >>> one = Moved("", 200, 270, 1.2, 12)
    >>> [moved_words(one, unit) for unit in ("minutes after midnight", "min", "bpm")]
    ['about 1 h 10 min later', 'about 1 h 10 min longer', 'about 70 bpm higher']
    """
    said = _size(one.size, unit)
    fall = -one.size / one.before if one.before > 0 else 0.0
    near = [name for share, name in FRACTIONS if abs(fall - share) <= NEAR]
    return f"{said}, down by {near[0]}" if near and unit in COUNTED | {"km"} else said


def value_words(value: float, unit: str) -> str:
    """A value of a feature as people write it.

    >>> [value_words(one, unit) for one, unit in ((1500, CLOCK), (430, "min"), (0.9, "share"))]
    ['01:00', '7 h 10 min', '90 of 100']
    >>> value_words(8123.4, "steps"), value_words(3.25, "km"), value_words(4, "1-5")
    ('8,123 steps', '3.2 km', '4.0 of 5')
    """
    if unit == CLOCK:
        hours, minutes = divmod(round(value) % 1440, 60)
        return f"{hours:02d}:{minutes:02d}"
    if unit == "min":
        hours, minutes = divmod(round(value), 60)
        return f"{hours} h {minutes} min" if hours else f"{minutes} min"
    if unit == "share":
        return f"{value * 100:.0f} of 100"
    number = f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}"
    return f"{number} of 5" if unit == "1-5" else f"{number} {unit}"


def _size(signed: float, unit: str) -> str:
    size, up = abs(signed), signed > 0
    if unit == CLOCK:
        return f"about {_minutes(size)} {'later' if up else 'earlier'}"
    if unit == "min":
        return f"about {_minutes(size)} {'longer' if up else 'shorter'}"
    if unit == "steps":
        rounded = round(size, -2) if size >= 1000 else round(size, -1)
        return f"about {rounded:,.0f} steps a day {'more' if up else 'fewer'}"
    if unit in COUNTED:
        digits = ".0f" if size >= 2 else ".1f"
        return f"about {size:{digits}} {unit} {'more' if up else 'fewer'}"
    word = "higher" if up else "lower"
    if unit == "share":
        return f"about {size * 100:.0f} points of 100 {word}"
    if unit == "km":
        return f"about {size:.1f} km {'more' if up else 'less'}"
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
