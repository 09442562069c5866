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
    days, first, place = np.unique(seconds // 86_400, return_index=True, return_inverse=True)
    figures = np.full((len(days), 7), np.nan)
    ends = np.append(first[1:], len(seconds))
    for day, (start, stop) in enumerate(zip(first.tolist(), ends.tolist(), strict=True)):
        lowest = int(np.ceil(LOWEST_SHARE * (stop - start)))
        figures[day, LOWEST] = np.partition(bpm[start:stop], lowest - 1)[:lowest].mean()
    slot = place * 24 + seconds % 86_400 // 3600
    size = len(days) * 24
    times = np.bincount(slot, minlength=size).reshape(-1, 24)
    sums = np.bincount(slot, weights=bpm, minlength=size).reshape(-1, 24)
    means = np.divide(sums, times, out=np.zeros_like(sums), where=times > 0)
    figures[:, SAMPLES], figures[:, HOURS] = times.sum(axis=1), (times > 0).sum(axis=1)
    for column, begin, end in ((NIGHT, 0, NIGHT_ENDS), (BY_DAY, DAY_BEGINS, DAY_ENDS)):
        hours = (times[:, begin:end] > 0).sum(axis=1)
        total = means[:, begin:end].sum(axis=1)
        figures[:, column + 1] = hours
        figures[hours > 0, column] = total[hours > 0] / hours[hours > 0]
    return days, figures
