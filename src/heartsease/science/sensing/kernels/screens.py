"""When a phone was in use, from its screen going on and off."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
OFF, ON, LOCKED, UNLOCKED = 0, 1, 2, 3
LONGEST_USE_S = 4 * 3600
NIGHT_ENDS_S = 5 * 3600
# Columns of `of_days`.
UNLOCKS, MINUTES, NIGHT, FIRST, LAST, HOURS = range(6)


@njit(cache=True)
def of_days(seconds: Integers, status: Integers) -> tuple[Integers, Floats]:
    """Use of each local day: its number, and figures by the columns named above.

    A use lasts from the screen going on (or being unlocked) to it going off (or being locked). One
    longer than four hours is an end that was never told, and counts for nothing. A use over
    midnight is divided. Unlocks are counted on days on which a phone tells them, else the screen
    going on.

    Args:
        seconds: shape (n,), local seconds since 1970, sorted.
        status: shape (n,), 0 off, 1 on, 2 locked, 3 unlocked.

    Returns:
        Days shape (d,), figures shape (d, 6): unlocks, minutes of use, minutes of use from midnight
        to five, first and last unlock in minutes after midnight, hours of the day with an event.
    """
    if len(seconds) == 0:
        return np.empty(0, np.int64), np.empty((0, 6))
    begin, end = seconds[0] // 86_400, seconds[-1] // 86_400
    figures = np.zeros((end - begin + 1, 6))
    figures[:, FIRST:HOURS] = np.nan
    seen = np.zeros((end - begin + 1, 24))
    tells_unlocks = np.zeros(len(figures), np.bool_)
    for row in range(len(seconds)):
        if status[row] == UNLOCKED:
            tells_unlocks[seconds[row] // 86_400 - begin] = True
    since, unlocked = np.int64(-1), False
    for row in range(len(seconds)):
        day, clock = seconds[row] // 86_400 - begin, seconds[row] % 86_400
        seen[day, clock // 3600] = 1
        if status[row] == (UNLOCKED if tells_unlocks[day] else ON):
            figures[day, UNLOCKS] += 1
            if np.isnan(figures[day, FIRST]):
                figures[day, FIRST] = clock / 60
            figures[day, LAST] = clock / 60
        if status[row] in (ON, UNLOCKED):
            # A screen that goes on was off before, and one unlock ends where the next begins.
            if since < 0 or status[row] == ON or unlocked:
                since = seconds[row]
            unlocked = status[row] == UNLOCKED
        elif since >= 0:
            if seconds[row] - since <= LONGEST_USE_S:
                _add(figures, begin, since, seconds[row])  # type: ignore[arg-type]
            since = np.int64(-1)
    for day in range(len(figures)):
        figures[day, HOURS] = seen[day].sum()
    return np.arange(begin, end + 1), figures


@njit(cache=True)
def _add(figures: Floats, begin: int, start: int, stop: int) -> None:
    """Add one use to the days and nights that it touches."""
    for day in range(start // 86_400, stop // 86_400 + 1):
        midnight = day * 86_400
        first, last = max(start, midnight), min(stop, midnight + 86_400)
        if last > first:
            figures[day - begin, MINUTES] += (last - first) / 60
            night = min(last, midnight + NIGHT_ENDS_S) - first
            figures[day - begin, NIGHT] += max(night, 0) / 60
