"""Sleep: how long, when in the middle, and how regular.

The main sleep of a day is the episode with most sleep among those that end on that local day.
Parts of a night at most 90 minutes apart are one episode; naps stay out of duration and midsleep
but count for regularity, which looks at whole days. Durations are elapsed time, so the night in
which the clocks change is neither an hour longer nor shorter than it was; the clock is asked only
for the day and for the middle, by the offset at waking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from ..merging import ASLEEP, STAGED

Floats = npt.NDArray[np.float64]
MINUTE = 60_000_000
DAY_MINUTES = 1440
GAP_MINUTES = 90
SHORTEST_MINUTES = 60
NIGHTS = 7
NIGHTS_NEEDED = 5
SATURDAY = 5
WORK_DAYS_NEEDED = 3
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
        stages: minutes of each stage in between that the device told of.
    """

    onset: float
    offset: float
    minutes_asleep: float
    east: float
    told: float = 1.0
    stages: Mapping[str, float] = field(default_factory=dict)

    @property
    def minutes_awake(self) -> float:
        """Minutes told as awake between falling asleep and waking."""
        return self.stages.get("awake", 0.0)

    @property
    def efficiency(self) -> float | None:
        """Minutes asleep over those told between falling asleep and waking; None if none awake.

        A device that tells only sleep knows nothing of being awake, so it gives none.
        """
        whole = self.minutes_asleep + self.minutes_awake
        return self.minutes_asleep / whole if "awake" in self.stages else None

    def share(self, stage: str) -> float | None:
        """The share of sleep in one stage; None where the device tells none."""
        staged = sum(self.stages.get(name, 0.0) for name in STAGED)
        return self.stages.get(stage, 0.0) / staged if staged else None

    @property
    def onset_minutes(self) -> float:
        """Falling asleep, in minutes after the midnight before waking; negative before it."""
        return self.onset + self.east - self._waking // DAY_MINUTES * DAY_MINUTES

    @property
    def offset_minutes(self) -> float:
        """Waking, in minutes after midnight."""
        return self._waking % DAY_MINUTES

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
    by_stage = {stage: _united(_rows(table, (stage,))) for stage in ("awake", *STAGED)}
    return [
        _with_stages(one, told, by_stage) for one in found if one.minutes_asleep >= SHORTEST_MINUTES
    ]


def _with_stages(one: Episode, told: Floats, by_stage: Mapping[str, Floats]) -> Episode:
    """The episode with the share of its time for which a state is known, and its stages."""
    share = _inside(one, told) / (one.offset - one.onset)
    stages = {stage: _inside(one, rows) for stage, rows in by_stage.items() if len(rows)}
    return replace(one, told=min(share, 1.0), stages=stages)


def _inside(one: Episode, rows: Floats) -> float:
    """Minutes of sorted stretches that lie between falling asleep and waking."""
    first = np.searchsorted(rows[:, 1], one.onset, side="right")
    last = np.searchsorted(rows[:, 0], one.offset, side="left")
    inside = np.clip(rows[first:last, :2], one.onset, one.offset)
    return float((inside[:, 1] - inside[:, 0]).sum())


def main_sleeps(table: pa.Table) -> dict[date, Episode]:
    """The main sleep of each waking day; of two alike the earlier."""
    best: dict[date, Episode] = {}
    for one in episodes(table):
        if one.day not in best or one.minutes_asleep > best[one.day].minutes_asleep:
            best[one.day] = one
    return best


def jetlag(nights: Mapping[date, Episode]) -> dict[date, float]:
    """How much later the middle of sleep lies on free days than on others, in minutes.

    Over the seven days up to each day: the mean middle of Saturday and Sunday less that of the
    other days (Wittmann et al. 2006), with one of the first and three of the second. Whether
    somebody works at weekends is not known.
    """
    result = {}
    for day in sorted(nights):
        window = _week(nights, day)
        free = [one.midsleep_minutes for one in window if one.day.weekday() >= SATURDAY]
        work = [one.midsleep_minutes for one in window if one.day.weekday() < SATURDAY]
        if free and len(work) >= WORK_DAYS_NEEDED:
            result[day] = float(np.mean(free) - np.mean(work))
    return result


def variability(nights: Mapping[date, Episode]) -> dict[date, float]:
    """Standard deviation of the middle of sleep over seven nights, in minutes; with five."""
    result = {}
    for day in sorted(nights):
        middles = [one.midsleep_minutes for one in _week(nights, day)]
        if len(middles) >= NIGHTS_NEEDED:
            result[day] = float(np.std(middles, ddof=1))
    return result


def _week(nights: Mapping[date, Episode], day: date) -> list[Episode]:
    """The main sleeps of the seven days up to a day."""
    days = (day - timedelta(days=back) for back in range(NIGHTS))
    return [nights[one] for one in days if one in nights]


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
