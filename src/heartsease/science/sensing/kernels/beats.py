"""The heart rate of each local day: at rest, by hour, at night.

Written with whole arrays and without the compiler, whose loading costs more memory than a watch's
export does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
LOWEST_SHARE = 0.1
NIGHT_ENDS, DAY_BEGINS, DAY_ENDS = 6, 9, 21
# Columns of `of_days`.
SAMPLES, HOURS, LOWEST, NIGHT, NIGHT_HOURS, BY_DAY, DAY_HOURS = range(7)


def of_days(seconds: Integers, bpm: Floats) -> tuple[Integers, Floats]:
    """Figures of each local day with a sample, by the columns named above.

    Args:
        seconds: shape (n,), local seconds since 1970, sorted.
        bpm: shape (n,).

    Returns:
        Days shape (d,); figures shape (d, 7): samples, hours with one, mean of the lowest tenth of
        the samples, mean of the night's hourly means and how many hours, the same of the day.
    """
    if not len(seconds):
        return np.empty(0, np.int64), np.empty((0, 7))
    # The samples are sorted, so hours and days are stretches of them.
    hour_of = seconds // 3600
    starts = np.concatenate([[0], np.flatnonzero(hour_of[1:] != hour_of[:-1]) + 1])
    times = np.diff(np.append(starts, len(seconds)))
    hours = hour_of[starts]
    means = np.add.reduceat(bpm, starts) / times
    day_of = hours // 24
    first = np.concatenate([[0], np.flatnonzero(day_of[1:] != day_of[:-1]) + 1])
    days = day_of[first]
    figures = np.full((len(days), 7), np.nan)
    figures[:, SAMPLES] = np.add.reduceat(times, first)
    figures[:, HOURS] = np.diff(np.append(first, len(hours)))
    begins, ends = starts[first], np.append(starts[first[1:]], len(seconds))
    for day, (start, stop) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        lowest = int(np.ceil(LOWEST_SHARE * (stop - start)))
        figures[day, LOWEST] = np.partition(bpm[start:stop], lowest - 1)[:lowest].mean()
    clock = hours - day_of * 24
    for column, begin, end in ((NIGHT, 0, NIGHT_ENDS), (BY_DAY, DAY_BEGINS, DAY_ENDS)):
        inside = (clock >= begin) & (clock < end)
        seen = np.add.reduceat(inside.astype(np.int64), first)
        total = np.add.reduceat(np.where(inside, means, 0.0), first)
        figures[:, column + 1] = seen
        figures[seen > 0, column] = total[seen > 0] / seen[seen > 0]
    return days, figures
