"""Numbers of a person's days in their own words: what it is, what is usual, what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from heartsease.science.course.ahead import Ahead, NotAhead
from heartsease.science.course.usual import USUAL_DAYS_NEEDED
from heartsease.science.sensing.catalogue import FEATURES

from .wordings import WORDINGS as WORDINGS
from .wordings import Wording

RECENT_DAYS = 7
YIELD_DAYS = 14
NEEDED_RECENT = 3


def seen(values: Sequence[float | None]) -> list[float]:
    """The values that are there.

    >>> seen([1.0, None, float("nan"), 2.0])
    [1.0, 2.0]
    """
    return [value for value in values if value is not None and not math.isnan(value)]


def yield_words(values: Sequence[float | None], feature: str, partly: int = 0) -> str:
    """How many of the last days have data.

    Args:
        values: by day, those of days partly recorded left out.
        partly: how many of the last days were partly recorded.

    >>> yield_words([1.0] * 11 + [None] * 3, "steps"), yield_words([1.0] + [None] * 13, "steps")
    ('11 of 14 days have data', '1 of 14 days has data')
    >>> yield_words([1.0] * 11 + [None] * 3, "steps", partly=2)
    '11 of 14 days have data; 2 more were recorded in part and do not count'
    """
    last = values[-YIELD_DAYS:]
    count_seen = len(seen(last))
    verb = "has" if count_seen == 1 else "have"
    said = f"{count_seen} of {len(last)} {WORDINGS[feature].days} {verb} data"
    if not partly:
        return said
    more = (
        "1 more was recorded in part and does"
        if partly == 1
        else (f"{partly} more were recorded in part and do")
    )
    return f"{said}; {more} not count"


def day_words(day: date) -> str:
    """A day with its year, as people write it.

    >>> day_words(date(2026, 5, 3))
    '3 May 2026'
    """
    return f"{day.day} {day:%B %Y}"


def too_thin(days: int, last: date) -> str:
    """Say that samples came, but on no day enough for a number.

    >>> too_thin(1, date(2026, 5, 3))
    'Data came for 1 day, 3 May 2026, but too few for a number of the day.'
    """
    if days == 1:
        return f"Data came for 1 day, {day_words(last)}, but too few for a number of the day."
    return (
        f"Data came for {days} days, the last on {day_words(last)}, "
        "but on none of them enough for a number of the day."
    )


def long_ago(last: date) -> str:
    """Say that there are numbers, but none of the months that the page shows.

    >>> long_ago(date(2025, 1, 3))
    'Nothing from the last months. The last day with data is 3 January 2025.'
    """
    return f"Nothing from the last months. The last day with data is {day_words(last)}."


def standing(
    feature: str, values: Sequence[float | None], usual: tuple[float, float] | None
) -> str:
    """Say how the last week stands against the person's own usual, or that it is too early.

    >>> standing("minutes_asleep", [420.0] * 20, (420.0, 480.0))
    'In the last 7 days you slept 7 h a night on average. Most of your nights are 7 h to 8 h.'
    >>> standing("steps", [None] * 13 + [900.0], None)
    'Not enough days yet (1 of 14). We will say more when we can.'
    """
    wording = WORDINGS[feature]
    recent = seen(values[-RECENT_DAYS:])
    if not seen(values):
        return f"No {wording.days} yet."
    if usual is None:
        return _before_usual(wording, recent, len(seen(values)))
    low, high = usual
    said_range = wording.span(low, high)
    if len(recent) < NEEDED_RECENT:
        last = "none" if not recent else f"{len(recent)}"
        return (
            f"Your usual is {said_range}. Of the last {RECENT_DAYS} {wording.days}, {last} "
            f"{'has' if len(recent) == 1 else 'have'} data, too few to say more."
        )
    mean = sum(recent) / len(recent)
    # A mean inside the range of single days says nothing of a change; a signal may stand beside.
    place = f"Most of your {wording.days} are {said_range}"
    if not low <= mean <= high:
        side = "below" if mean < low else "above"
        place = f"That is {side} most of your {wording.days}, {said_range}"
    return f"{_last_week(wording, recent)} {place}."


def _before_usual(wording: Wording, recent: Sequence[float], known: int) -> str:
    """What can be said while there are too few days to know what is usual.

    >>> _before_usual(WORDINGS["steps"], [900.0, 1100.0, 1000.0], 9)
    'In the last 7 days you took 1,000 steps a day on average. Not enough days yet to know your \
usual (9 of 14).'
    """
    known = min(known, USUAL_DAYS_NEEDED)
    so_far = f"({known} of {USUAL_DAYS_NEEDED})"
    if len(recent) < NEEDED_RECENT:
        return f"Not enough {wording.days} yet {so_far}. We will say more when we can."
    soon = f"Not enough {wording.days} yet to know your usual {so_far}."
    return f"{_last_week(wording, recent)} {soon}"


def _last_week(wording: Wording, recent: Sequence[float]) -> str:
    average = "" if wording.is_scale else " on average"
    said = wording.sentence.format(value=wording.say(sum(recent) / len(recent)))
    return f"In the last {RECENT_DAYS} days {said}{average}."


def mood_week(values: Sequence[float | None]) -> str:
    """One sentence about the mood of the last seven days, or that they are too few.

    >>> mood_week([2.0, 2.0, 3.0])
    'Your mood was mostly low, from 3 of the last 7 days.'
    >>> mood_week([1.0])
    'Only 1 of the last 7 days has a mood. That is too few to say how the week was.'
    """
    there = seen(values[-RECENT_DAYS:])
    if not there:
        return f"Nothing from the last {RECENT_DAYS} days yet."
    of = f"{len(there)} of the last {RECENT_DAYS} days"
    if len(there) < NEEDED_RECENT:
        verb = "has" if len(there) == 1 else "have"
        return f"Only {of} {verb} a mood. That is too few to say how the week was."
    return f"Your mood was mostly {WORDINGS['mood'].say(sum(there) / len(there))}, from {of}."


def greeting(hour: int) -> str:
    """Greet by the hour of the person's own day.

    >>> greeting(3), greeting(8), greeting(14), greeting(21)
    ('Hello', 'Good morning', 'Good afternoon', 'Good evening')
    """
    if hour < 5:
        return "Hello"
    if hour < 12:
        return "Good morning"
    return "Good afternoon" if hour < 18 else "Good evening"


def score_change(before: float, after: float, threshold: float, *, lower_is_better: bool) -> str:
    """Say how a score moved and whether chance alone would explain it.

    >>> score_change(17, 13, 6, lower_is_better=True)
    'Your score went from 17 to 13. A change of less than 6 can be chance.'
    """
    if before == after:
        return f"Your score is {after:g}, the same as last time."
    moved = f"Your score went from {before:g} to {after:g}."
    if abs(after - before) < threshold:
        return f"{moved} A change of less than {threshold:g} can be chance."
    easier = (after < before) == lower_is_better
    word = "easier" if easier else "harder"
    return (
        f"{moved} A change of {threshold:g} or more is unlikely to be chance, "
        f"so this points to things being {word} than before."
    )


def look_ahead(
    feature: str, found: Ahead | NotAhead, *, span: str = "Tomorrow", is_changing: bool = False
) -> str:
    """What comes in words beside what it rests on, or why nothing is said.

    Args:
        span: what is looked ahead at.
        is_changing: whether a change of this is on, so that the past says little.

    >>> found = Ahead(410.0, 360.0, 460.0, 35.0, 48.0, 40.0, 0.78, 50, 0.04)
    >>> look_ahead("minutes_asleep", found)[:57]
    'Tomorrow, from your own nights: 6 h to 7 h 40 min. Such a'
    >>> look_ahead("steps", NotAhead("The last 5 days have no data."))
    'No look ahead. The last 5 days have no data.'
    """
    wording = WORDINGS[feature]
    if is_changing:
        return "No look ahead. Something is changing, so the days before say little of the next."
    if isinstance(found, NotAhead):
        return f"No look ahead. {found.reason}"
    known = FEATURES[feature]
    reach = wording.span(max(found.low, known.lowest), min(found.high, known.highest))
    as_it_is, as_usual = (
        round((1 - found.error / other) * 100) for other in (found.error_last, found.error_mean)
    )
    return (
        f"{span}, from your own {wording.days}: {reach}. Such a range held {found.held:.0%} of the "
        f"time, tried on {found.days} of your {wording.days}; off by {as_it_is} % less than "
        f"guessing that all stays as it is, and {as_usual} % less than guessing your usual."
    )
