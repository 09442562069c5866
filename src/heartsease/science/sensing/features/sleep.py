"""Sleep: how long, when in the middle, and how regular.

The main sleep of a day is the episode with most sleep among those that end on that local day.
Parts of a night at most 90 minutes apart are one episode; naps stay out of duration and midsleep
but count for regularity, which looks at whole days. Durations are elapsed time, so the night in
which the clocks change is neither an hour longer nor shorter than it was; the clock is asked only
for the day and for the middle, by the offset at waking.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from ..merging import ASLEEP

Floats = npt.NDArray[np.float64]
MINUTE = 60_000_000
DAY_MINUTES = 1440
GAP_MINUTES = 90
SHORTEST_MINUTES = 60
NIGHTS = 7
NIGHTS_NEEDED = 5
EPOCH = date(1970, 1, 1)
TOLD = (*ASLEEP, "awake")


@dataclass(frozen=True)
class Episode:
    """A stretch of sleep.

    Attributes:
        onset, offset: first and last minute asleep, in minutes since 1970 UTC.
        minutes_asleep: elapsed minutes asleep in between.
        east: minutes east of UTC at waking.
        told: share of the time from onset to offset for which the device told a state.
    """

    onset: float
    offset: float
    minutes_asleep: float
    east: float
    told: float = 1.0

    @property
    def day(self) -> date:
        """The local day of waking."""
        return EPOCH + timedelta(days=int(self._waking // DAY_MINUTES))

    @property
    def midsleep_minutes(self) -> float:
        """The middle, in minutes after the midnight before waking; negative before it."""
        midnight = self._waking // DAY_MINUTES * DAY_MINUTES
        return (self.onset + self.offset) / 2 + self.east - midnight

    @property
    def _waking(self) -> float:
        return self.offset + self.east


def _rows(table: pa.Table, stages: tuple[str, ...]) -> Floats:
    """Rows of these stages: start, end in minutes since 1970 UTC, offset; shape (n, 3), sorted."""
    frame = pl.DataFrame(pl.from_arrow(table)).filter(
        pl.col("stage").is_in(stages) & (pl.col("end") > pl.col("ts"))
    )
    return (
        frame.sort("ts", "end", "tz")
        .select(
            pl.col("ts").cast(pl.Int64) / MINUTE,
            pl.col("end").cast(pl.Int64) / MINUTE,
            pl.col("tz").cast(pl.Float64),
        )
        .to_numpy()
    )


def _united(rows: Floats) -> Floats:
    """Stretches apart from one another, each with the offset at its end; shape (n, 3)."""
    united: list[list[float]] = []
    for first, last, east in rows.tolist():
        if united and first <= united[-1][1]:
            if last > united[-1][1]:
                united[-1][1:] = [last, east]
        else:
            united.append([first, last, east])
    return np.array(united).reshape(-1, 3)


def episodes(table: pa.Table) -> list[Episode]:
    """Stretches at most 90 minutes apart, joined; those with less than an hour asleep left out."""
    found: list[Episode] = []
    for first, last, east in _united(_rows(table, ASLEEP)).tolist():
        if found and first - found[-1].offset <= GAP_MINUTES:
            before = found.pop()
            asleep = before.minutes_asleep + last - first
            found.append(Episode(before.onset, last, asleep, east))
        else:
            found.append(Episode(first, last, last - first, east))
    told = _united(_rows(table, TOLD))
    return [_with_share(one, told) for one in found if one.minutes_asleep >= SHORTEST_MINUTES]


def _with_share(one: Episode, told: Floats) -> Episode:
    """The episode with the share of its time for which a state is known; `told` is sorted."""
    first = np.searchsorted(told[:, 1], one.onset, side="right")
    last = np.searchsorted(told[:, 0], one.offset, side="left")
    inside = np.clip(told[first:last, :2], one.onset, one.offset)
    share = float((inside[:, 1] - inside[:, 0]).sum()) / (one.offset - one.onset)
    return Episode(one.onset, one.offset, one.minutes_asleep, one.east, min(share, 1.0))


def main_sleeps(table: pa.Table) -> dict[date, Episode]:
    """The main sleep of each waking day; of two alike the earlier."""
    best: dict[date, Episode] = {}
    for one in episodes(table):
        if one.day not in best or one.minutes_asleep > best[one.day].minutes_asleep:
            best[one.day] = one
    return best


def regularity(table: pa.Table) -> dict[date, tuple[float, float]]:
    """Sleep regularity index of the seven days up to each day, and the share of days with data.

    `200 * P(same state at t and t - 24 h) - 100` over minutes of the clock, states asleep or awake
    (Phillips et al. 2017). Days run from noon to noon and are named after the day on which they
    end. A day without any sleep recorded is missing, and so are the pairs it would make.
    """
    states = _states(_rows(table, ASLEEP))
    result = {}
    for last in sorted(states):
        window = [states.get(last - back) for back in range(NIGHTS)]
        there = sum(one is not None for one in window)
        pairs = [
            float((one == other).mean())
            for one, other in pairwise(window)
            if one is not None and other is not None
        ]
        if there >= NIGHTS_NEEDED and len(pairs) >= NIGHTS_NEEDED - 2:
            day = EPOCH + timedelta(days=last)
            result[day] = (200 * float(np.mean(pairs)) - 100, there / NIGHTS)
    return result


def _states(rows: Floats) -> dict[int, npt.NDArray[np.bool_]]:
    """Local minutes asleep of each noon-to-noon day with any, by number of the day it ends on."""
    states: dict[int, npt.NDArray[np.bool_]] = {}
    noon = DAY_MINUTES // 2
    clock = np.round(rows[:, :2] + rows[:, 2:]).astype(np.int64)
    for first, last in clock[clock[:, 1] > clock[:, 0]].tolist():
        for number in range((first + noon) // DAY_MINUTES, (last - 1 + noon) // DAY_MINUTES + 1):
            begin = number * DAY_MINUTES - noon
            row = states.setdefault(number, np.zeros(DAY_MINUTES, dtype=np.bool_))
            row[max(first - begin, 0) : min(last - begin, DAY_MINUTES)] = True
    return states
