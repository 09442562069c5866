"""Stretches of time united and laid out by the clock: what nights are made of.

Written with whole arrays and without the compiler, as `beats`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
DAY = 1440


def united(rows: Floats) -> Floats:
    """Stretches apart from one another, each with the offset at its end.

    Args:
        rows: shape (n, 3), start, end and offset in minutes, sorted by start.

    >>> united(np.array([[0.0, 10, 60], [5, 20, 120], [30, 40, 60]])).tolist()
    [[0.0, 20.0, 120.0], [30.0, 40.0, 60.0]]
    """
    if not len(rows):
        return rows
    reached = np.maximum.accumulate(rows[:, 1])
    first = np.flatnonzero(np.concatenate([[True], rows[1:, 0] > reached[:-1]]))
    ends = np.maximum.reduceat(rows[:, 1], first)
    group = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(rows))))
    last = np.flatnonzero(rows[:, 1] == ends[group])
    _, once = np.unique(group[last], return_index=True)
    return np.column_stack([rows[first, 0], ends, rows[last[once], 2]])


def by_noon(rows: Floats, first: int, days: int) -> tuple[Booleans, Booleans]:
    """Local minutes inside any stretch, of days from noon to noon.

    Args:
        rows: shape (n, 3), start, end and offset in minutes.
        first: number of the day on which the first noon-to-noon day ends.
        days: how many days.

    Returns:
        Minutes shape (days, 1440); which days have any, shape (days,).
    """
    begin = first * DAY - DAY // 2
    clock = np.round(rows[:, :2] + rows[:, 2:]).astype(np.int64) - begin
    clock = np.clip(clock, 0, days * DAY)
    changes = np.bincount(clock[:, 0], minlength=days * DAY + 1)
    changes = changes - np.bincount(clock[:, 1], minlength=days * DAY + 1)
    minutes = (np.cumsum(changes[:-1]) > 0).reshape(days, DAY)
    return minutes, np.asarray(minutes.any(axis=1))


def alike(minutes: Booleans, there: Booleans) -> Floats:
    """The share of minutes in the same state as the day before, shape (days,); NaN without."""
    result = np.full(len(minutes), np.nan)
    both = there[1:] & there[:-1]
    result[1:][both] = (minutes[1:] == minutes[:-1]).mean(axis=1)[both]
    return result


def inside(spans: Floats, rows: Floats) -> Floats:
    """Minutes of stretches that lie inside each span, shape (spans,).

    Args:
        spans: shape (n, 2), start and end.
        rows: shape (m, 3), united stretches, sorted.

    >>> inside(np.array([[5.0, 35.0]]), np.array([[0.0, 10, 0], [30, 40, 0]])).tolist()
    [10.0]
    """
    if not len(rows):
        return np.zeros(len(spans))
    total = np.concatenate([[0.0], np.cumsum(rows[:, 1] - rows[:, 0])])

    def before(moments: Floats) -> Floats:
        """Minutes of stretches before each moment."""
        place = np.searchsorted(rows[:, 0], moments, side="right")
        ahead = np.maximum(rows[np.maximum(place - 1, 0), 1] - moments, 0.0)
        return np.asarray(total[place] - np.where(place > 0, ahead, 0.0))

    return before(spans[:, 1]) - before(spans[:, 0])
