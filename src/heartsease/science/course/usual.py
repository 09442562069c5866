"""Which of a person's days are their usual, and its range: one answer for charts, pages and mails.

The usual rests on the twelve whole weeks that end three weeks before the week at hand, so that a
change has three weeks to show before its own days become part of what is usual. All days from a
Monday to a Sunday share one: every new usual is a new chance for a false alarm.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .series import DailySeries

Weekdays = npt.NDArray[np.int64]
BASELINE_WEEKS = 12
BASELINE_DAYS_NEEDED = 28
GAP_DAYS = 21
WATCHED_DAYS = 28
RECENT_DAYS = 10
RECENT_DAYS_NEEDED = 4
USUAL_DAYS_NEEDED = 14


def usual_days(place: int, weekdays: Weekdays, first: int = 0) -> range:
    """The days on which the usual of a day's week rests; empty where there are none yet.

    Args:
        place: of the day.
        weekdays: shape (n,), Monday 0.
        first: the first day with any data.
    """
    monday = place - int(weekdays[place])
    end = max(monday + 1 - GAP_DAYS, 0)
    return range(min(max(end - BASELINE_WEEKS * 7, first), end), end)


def usual_range(series: DailySeries) -> tuple[float, float] | None:
    """The middle 80 % of the person's usual days, or None with fewer than 14 of them.

    While the usual days are fewer than 14, all days up to now are taken.

    Args:
        series: consecutive days up to now.
    """
    there = np.isfinite(series.values)
    if not there.any():
        return None
    days = usual_days(len(there) - 1, series.weekdays, int(there.argmax()))
    own = series.values[days.start : days.stop]
    own = own[np.isfinite(own)]
    if len(own) < USUAL_DAYS_NEEDED:
        own = series.values[there]
    if len(own) < USUAL_DAYS_NEEDED:
        return None
    low, high = np.quantile(own, [0.1, 0.9])
    return float(low), float(high)
