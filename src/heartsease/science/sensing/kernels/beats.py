"""The heart rate of each local day: at rest, by hour, at night."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
LOWEST_SHARE = 0.1
NIGHT_ENDS, DAY_BEGINS, DAY_ENDS = 6, 9, 21
# Columns of `of_days`.
SAMPLES, HOURS, LOWEST, NIGHT, NIGHT_HOURS, BY_DAY, DAY_HOURS = range(7)


@njit(cache=True)
def of_days(seconds: Integers, bpm: Floats) -> tuple[Integers, Floats]:
    """Figures of each local day with a sample, by the columns named above.

    Args:
        seconds: shape (n,), local seconds since 1970, sorted.
        bpm: shape (n,).

    Returns:
        Days shape (d,); figures shape (d, 7): samples, hours with one, mean of the lowest tenth of
        the samples, mean of the night's hourly means and how many hours, the same of the day.
    """
    count = 0
    for row in range(len(seconds)):
        count += row == 0 or seconds[row] // 86_400 != seconds[row - 1] // 86_400
    days, figures = np.empty(count, np.int64), np.full((count, 7), np.nan)
    count, row = 0, 0
    while row < len(seconds):
        day, start = seconds[row] // 86_400, row
        sums, times = np.zeros(24), np.zeros(24)
        while row < len(seconds) and seconds[row] // 86_400 == day:
            hour = seconds[row] % 86_400 // 3600
            sums[hour] += bpm[row]
            times[hour] += 1
            row += 1
        own = bpm[start:row]
        lowest = int(np.ceil(LOWEST_SHARE * len(own)))
        figures[count, SAMPLES], figures[count, HOURS] = len(own), (times > 0).sum()
        figures[count, LOWEST] = np.partition(own, lowest - 1)[:lowest].mean()
        for column, first, last in ((NIGHT, 0, NIGHT_ENDS), (BY_DAY, DAY_BEGINS, DAY_ENDS)):
            total, hours = 0.0, 0
            for hour in range(first, last):
                if times[hour]:
                    total += sums[hour] / times[hour]
                    hours += 1
            figures[count, column + 1] = hours
            if hours:
                figures[count, column] = total / hours
        days[count] = day
        count += 1
    return days, figures
