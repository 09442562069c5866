"""Stretches of time united and laid out by the clock: what nights are made of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
DAY = 1440


@njit(cache=True)
def united(rows: Floats) -> Floats:
    """Stretches apart from one another, each with the offset at its end.

    Args:
        rows: shape (n, 3), start, end and offset in minutes, sorted by start.
    """
    result, count = np.empty_like(rows), 0
    for row in range(len(rows)):
        if count and rows[row, 0] <= result[count - 1, 1]:
            if rows[row, 1] > result[count - 1, 1]:
                result[count - 1, 1:] = rows[row, 1:]
        else:
            result[count] = rows[row]
            count += 1
    return result[:count]


@njit(cache=True)
def by_noon(rows: Floats, first: int, days: int) -> tuple[Booleans, Booleans]:
    """Local minutes inside any stretch, of days from noon to noon.

    Args:
        rows: shape (n, 3), start, end and offset in minutes.
        first: number of the day on which the first noon-to-noon day ends.
        days: how many days.

    Returns:
        Minutes shape (days, 1440); which days have any, shape (days,).
    """
    minutes, there = np.zeros((days, DAY), np.bool_), np.zeros(days, np.bool_)
    noon = DAY // 2
    for row in range(len(rows)):
        start = np.int64(np.round(rows[row, 0] + rows[row, 2]))
        stop = np.int64(np.round(rows[row, 1] + rows[row, 2]))
        for minute in range(start, stop):
            day = (minute + noon) // DAY - first
            if 0 <= day < days:
                minutes[day, (minute + noon) % DAY] = True
                there[day] = True
    return minutes, there


@njit(cache=True)
def alike(minutes: Booleans, there: Booleans) -> Floats:
    """The share of minutes in the same state as the day before, shape (days,); NaN without."""
    result = np.full(len(minutes), np.nan)
    for day in range(1, len(minutes)):
        if there[day] and there[day - 1]:
            same = 0
            for minute in range(DAY):
                same += minutes[day, minute] == minutes[day - 1, minute]
            result[day] = same / DAY
    return result


@njit(cache=True)
def inside(spans: Floats, rows: Floats) -> Floats:
    """Minutes of stretches that lie inside each span, shape (spans,).

    Args:
        spans: shape (n, 2), start and end, sorted and apart.
        rows: shape (m, 3), united stretches, sorted.
    """
    result, first = np.zeros(len(spans)), 0
    for span in range(len(spans)):
        start, stop = spans[span, 0], spans[span, 1]
        while first < len(rows) and rows[first, 1] <= start:
            first += 1
        row = first
        while row < len(rows) and rows[row, 0] < stop:
            result[span] += min(rows[row, 1], stop) - max(rows[row, 0], start)
            row += 1
    return result
