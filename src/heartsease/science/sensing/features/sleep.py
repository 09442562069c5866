"""Sleep: how long, when in the middle, and how regular.

The main sleep of a day is the episode with most sleep among those that end on that local day.
Parts of a night less than 90 minutes apart are one episode; naps stay out of duration and midsleep
but count for regularity, which looks at whole days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from ..merging import ASLEEP

Integers = npt.NDArray[np.int64]
MINUTE = 60_000_000
DAY_MINUTES = 1440
GAP_MINUTES = 90
SHORTEST_MINUTES = 60
NIGHTS = 7
NIGHTS_NEEDED = 5
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Episode:
    """A stretch of sleep in local minutes since 1970: first asleep, last asleep, minutes asleep."""

    onset: float
    offset: float
    minutes_asleep: float

    @property
    def day(self) -> date:
        """The local day of waking."""
        return EPOCH + timedelta(days=int(self.offset // DAY_MINUTES))

    @property
    def midsleep_minutes(self) -> float:
        """The middle, in minutes after the midnight before waking; negative before it."""
        midnight = self.offset // DAY_MINUTES * DAY_MINUTES
        return (self.onset + self.offset) / 2 - midnight


def intervals(table: pa.Table) -> npt.NDArray[np.float64]:
    """Stretches asleep in local minutes since 1970, shape (n, 2), sorted and apart."""
    frame = pl.DataFrame(pl.from_arrow(table)).filter(pl.col("stage").is_in(ASLEEP)).sort("ts")
    if frame.is_empty():
        return np.empty((0, 2))
    offset = frame["tz"].cast(pl.Int64).to_numpy()
    start = frame["ts"].cast(pl.Int64).to_numpy() / MINUTE + offset
    end = frame["end"].cast(pl.Int64).to_numpy() / MINUTE + offset
    united: list[list[float]] = []
    for first, last in sorted(zip(start.tolist(), end.tolist(), strict=True)):
        if united and first <= united[-1][1]:
            united[-1][1] = max(united[-1][1], last)
        elif last > first:
            united.append([first, last])
    return np.array(united) if united else np.empty((0, 2))


def episodes(asleep: npt.NDArray[np.float64]) -> list[Episode]:
    """Stretches less than 90 minutes apart, joined; shorter than an hour of sleep left out."""
    found: list[Episode] = []
    for first, last in asleep:
        if found and first - found[-1].offset <= GAP_MINUTES:
            before = found.pop()
            found.append(Episode(before.onset, last, before.minutes_asleep + last - first))
        else:
            found.append(Episode(first, last, last - first))
    return [one for one in found if one.minutes_asleep >= SHORTEST_MINUTES]


def main_sleeps(table: pa.Table) -> dict[date, Episode]:
    """The main sleep of each waking day."""
    best: dict[date, Episode] = {}
    for one in episodes(intervals(table)):
        if one.day not in best or one.minutes_asleep > best[one.day].minutes_asleep:
            best[one.day] = one
    return best


def regularity(table: pa.Table) -> dict[date, tuple[float, float]]:
    """Sleep regularity index of the seven days up to each day, and the share of days with data.

    `200 * P(same state at t and t - 24 h) - 100` over minutes, states asleep or awake (Phillips et
    al. 2017). Days run from noon to noon and are named after the day on which they end. A day
    without any sleep recorded is missing, and so are the pairs it would make.
    """
    asleep = intervals(table)
    if not len(asleep):
        return {}
    states = _states(asleep)
    result = {}
    for last in sorted(states):
        window = [states.get(last - back) for back in range(NIGHTS)]
        there = sum(one is not None for one in window)
        pairs = [
            float((one == other).mean())
            for one, other in zip(window, window[1:], strict=False)
            if one is not None and other is not None
        ]
        if there >= NIGHTS_NEEDED and len(pairs) >= NIGHTS_NEEDED - 2:
            day = EPOCH + timedelta(days=last)
            result[day] = (200 * float(np.mean(pairs)) - 100, there / NIGHTS)
    return result


def _states(asleep: npt.NDArray[np.float64]) -> dict[int, npt.NDArray[np.bool_]]:
    """Minutes asleep of each noon-to-noon day with any, by number of the day on which it ends."""
    states: dict[int, npt.NDArray[np.bool_]] = {}
    noon = DAY_MINUTES // 2
    for first, last in np.round(asleep).astype(np.int64):
        for number in range((first + noon) // DAY_MINUTES, (last - 1 + noon) // DAY_MINUTES + 1):
            begin = number * DAY_MINUTES - noon
            row = states.setdefault(number, np.zeros(DAY_MINUTES, dtype=np.bool_))
            row[max(first - begin, 0) : min(last - begin, DAY_MINUTES)] = True
    return states
