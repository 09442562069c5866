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
# Unlocks are looked for from four to four: who is up past midnight has not got up yet.
TURN_S = 4 * 3600
# Columns of `of_days`.
UNLOCKS, MINUTES, NIGHT, FIRST, LAST, HOURS, WAKING_HOURS = range(7)


@njit(cache=True)
def of_days(seconds: Integers, status: Integers) -> tuple[Integers, Floats]:
    """Use of each local day: its number, and figures by the columns named above.

    A use lasts from the screen going on (or being unlocked) to it going off (or being locked). One
    longer than four hours is an end that was never told, and counts for nothing. A use over
    midnight is divided. Unlocks are counted on days on which a phone tells them, else the screen
    going on. The first and last one are those from four in the morning to four of the next.

    Args:
        seconds: shape (n,), local seconds since 1970, sorted.
        status: shape (n,), 0 off, 1 on, 2 locked, 3 unlocked.

    Returns:
        Days shape (d,), figures shape (d, 7): unlocks, minutes of use, minutes of use from midnight
        to five, first and last unlock in minutes after midnight (240 to 1,680), hours with an event
        from midnight to midnight and from four to four.
    """
    if len(seconds) == 0:
        return np.empty(0, np.int64), np.empty((0, 7))
    begin, end = (seconds[0] - TURN_S) // 86_400, seconds[-1] // 86_400
    figures = np.zeros((end - begin + 1, 7))
    figures[:, HOURS] = _hours(seconds, begin, len(figures), 0)
    figures[:, WAKING_HOURS] = _hours(seconds, begin, len(figures), TURN_S)
    _first_and_last(figures, seconds, status, begin)
    tells_unlocks = _tells_unlocks(seconds, status, begin, len(figures), 0)
    since, unlocked = np.int64(-1), False
    for row in range(len(seconds)):
        day = seconds[row] // 86_400 - begin
        figures[day, UNLOCKS] += status[row] == (UNLOCKED if tells_unlocks[day] else ON)
        if status[row] in (ON, UNLOCKED):
            # A screen that goes on was off before, and one unlock ends where the next begins.
            if since < 0 or status[row] == ON or unlocked:
                since = seconds[row]
            unlocked = status[row] == UNLOCKED
        elif since >= 0:
            if seconds[row] - since <= LONGEST_USE_S:
                _add(figures, begin, since, seconds[row])  # type: ignore[arg-type]
            since = np.int64(-1)
    return np.arange(begin, end + 1), figures


@njit(cache=True)
def _hours(seconds: Integers, begin: int, days: int, turn: int) -> Floats:
    """Hours with an event of days that begin `turn` seconds after midnight, shape (days,)."""
    result, before = np.zeros(days), np.int64(-1)
    for at in seconds:
        hour = (at - turn) // 3600
        result[hour // 24 - begin] += hour != before
        before = hour
    return result


@njit(cache=True)
def _tells_unlocks(
    seconds: Integers, status: Integers, begin: int, days: int, turn: int
) -> npt.NDArray[np.bool_]:
    """Whether a phone tells unlocks on each day, shape (days,)."""
    result = np.zeros(days, np.bool_)
    for row in range(len(seconds)):
        if status[row] == UNLOCKED:
            result[(seconds[row] - turn) // 86_400 - begin] = True
    return result


@njit(cache=True)
def _first_and_last(figures: Floats, seconds: Integers, status: Integers, begin: int) -> None:
    """Put down the first and last unlock from four to four, NaN on days without one."""
    figures[:, FIRST : LAST + 1] = np.nan
    tells_unlocks = _tells_unlocks(seconds, status, begin, len(figures), TURN_S)
    for row in range(len(seconds)):
        day = (seconds[row] - TURN_S) // 86_400 - begin
        if status[row] == (UNLOCKED if tells_unlocks[day] else ON):
            minute = seconds[row] / 60 - (begin + day) * 1440
            if np.isnan(figures[day, FIRST]):
                figures[day, FIRST] = minute
            figures[day, LAST] = minute


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
