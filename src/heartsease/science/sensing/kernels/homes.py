"""Where somebody spends their nights, told for each day from the week up to it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
NIGHT_ENDS_S = 6 * 3600
HOME_DAYS = 7
# How long the last fix of all speaks for.
LAST_STAY_S = 60.0
FEW = 32


@njit(cache=True)
def homes(
    seconds: Integers, lat: Floats, lon: Floats, where: Integers, days: Integers, longest: int
) -> Floats:
    """The middle of the place with most time from midnight to six, shape (d, 2).

    Over the seven nights up to each day; NaN without a stay; of two places alike the one with the
    lower number. Fixes one after another in one place are one run, so that a night at home is one
    entry.

    Args:
        seconds: shape (n,), local seconds, sorted.
        where: shape (n,), places numbered from 1, 0 on the move.
        days: shape (d,), local days asked for, rising.
        longest: seconds that a fix speaks for at most.
    """
    night = np.flatnonzero(((seconds % 86_400) < NIGHT_ENDS_S) & (where > 0))
    count = len(night)
    stay, begins = np.empty(count), np.empty(count + 1, np.int64)
    runs = 0
    for place in range(count):
        row = night[place]
        if place + 1 < count:
            stay[place] = min(max(seconds[night[place + 1]] - seconds[row], 0), longest)
        else:
            stay[place] = LAST_STAY_S
        before = night[place - 1] if place else -1
        if (
            place == 0
            or where[row] != where[before]
            or seconds[row] // 86_400 != seconds[before] // 86_400
        ):
            begins[runs] = place
            runs += 1
    begins[runs] = count
    cell, total, day_of = np.empty(runs, np.int64), np.empty(runs), np.empty(runs, np.int64)
    for run in range(runs):
        cell[run] = where[night[begins[run]]]
        total[run] = stay[begins[run] : begins[run + 1]].sum()
        day_of[run] = seconds[night[begins[run]]] // 86_400
    result = np.full((len(days), 2), np.nan)
    for day in range(len(days)):
        first = np.searchsorted(day_of, days[day] - HOME_DAYS + 1)
        last = np.searchsorted(day_of, days[day] + 1)
        if last <= first:
            continue
        own = total[first:last].copy()
        # The last fix of the week speaks for a minute: what comes after it is another week's.
        own[-1] += LAST_STAY_S - stay[begins[last] - 1]
        best = _best(cell[first:last], own)
        for run in range(first, last):
            if cell[run] == best:
                result[day, 0], result[day, 1] = lat[night[begins[run]]], lon[night[begins[run]]]
                break
    return result


@njit(cache=True)
def by_cell(cells: Integers, times: Floats) -> tuple[Integers, Floats]:
    """Different cells and the time in each, shape (k,) both, in no order that matters.

    A day or a week knows few cells, and finding one among few is quicker than sorting; beyond that
    they are sorted.
    """
    found, total, count = np.empty(FEW, np.int64), np.zeros(FEW), 0
    last = 0
    for row in range(len(cells)):
        if count == 0 or found[last] != cells[row]:
            last = 0
            while last < count and found[last] != cells[row]:
                last += 1
            if last == count:
                if count == FEW:
                    return _sorted_by_cell(cells, times)
                found[count] = cells[row]
                count += 1
        total[last] += times[row]
    return found[:count], total[:count]


@njit(cache=True)
def _sorted_by_cell(cells: Integers, times: Floats) -> tuple[Integers, Floats]:
    order = np.argsort(cells, kind="mergesort")
    found, total, count = np.empty(len(cells), np.int64), np.zeros(len(cells)), 0
    for row in order:
        if count == 0 or found[count - 1] != cells[row]:
            found[count] = cells[row]
            count += 1
        total[count - 1] += times[row]
    return found[:count], total[:count]


@njit(cache=True)
def _best(cells: Integers, times: Floats) -> np.int64:
    """The cell with most time; of two alike the lower number."""
    found, total = by_cell(cells, times)
    best = 0
    for one in range(1, len(found)):
        more = total[one] > total[best]
        if more or (total[one] == total[best] and found[one] < found[best]):
            best = one
    return found[best]
