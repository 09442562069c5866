"""Data that stopped coming: told apart from a change, against the person's own gaps.

Missing days are never a zero. That they are missing can matter by itself: people who use a tracker
less, or leave it, are not like those who go on, so silence is said as such and never filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

LEAST_DAYS = 7
HISTORY_DAYS = 84
REGULAR_SHARE = 0.3
REGULAR_DAYS = 14


@dataclass(frozen=True)
class Silence:
    """Nothing has come for longer than is usual for this person.

    Attributes:
        last: the last day with data.
        days: how many days are missing since.
        longest_before: the longest gap of the twelve weeks before that day.
    """

    last: date
    days: int
    longest_before: int


def silence(days: npt.NDArray[np.datetime64], there: npt.NDArray[np.bool_]) -> Silence | None:
    """Say whether data stopped coming; None where they come, or never came regularly.

    The gap up to the last day has to last a week and be longer than any of the twelve weeks before
    it, of which at least three in ten days, and fourteen, had data. So whoever wears a watch at
    weekends only is not told each Friday that it is missed.

    Args:
        days: shape (n,), datetime64[D], consecutive, up to today.
        there: shape (n,), whether a day has any data.

    >>> days = np.arange(np.datetime64("2026-03-01"), np.datetime64("2026-05-01"))
    >>> there = np.ones(len(days), dtype=bool)
    >>> there[-9:] = False
    >>> silence(days, there)
    Silence(last=datetime.date(2026, 4, 21), days=9, longest_before=0)
    """
    places = np.flatnonzero(there)
    if not len(places):
        return None
    last = int(places[-1])
    gap = len(there) - 1 - last
    begin = max(last + 1 - HISTORY_DAYS, int(places[0]))
    before = there[begin : last + 1]
    if before.sum() < REGULAR_DAYS or before.mean() < REGULAR_SHARE or gap < LEAST_DAYS:
        return None
    longest = int(np.diff(np.flatnonzero(before), prepend=0).max(initial=1)) - 1
    if gap <= longest:
        return None
    return Silence(days[last].astype(object), gap, max(longest, 0))
