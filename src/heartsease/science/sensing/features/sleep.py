"""Sleep: how long, when in the middle, and how regular.

The main sleep of a day is the episode with most sleep among those that end on that local day.
Parts of a night at most 90 minutes apart are one episode; naps stay out of duration and midsleep
but count for regularity, which looks at whole days. Durations are elapsed time, so the night in
which the clocks change is neither an hour longer nor shorter than it was; the clock is asked only
for the day and for the middle, by the offset at waking.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels import nights as kernel
from ..merging import ASLEEP, STAGED
from ..schema import STAGES

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

    @cached_property
    def day(self) -> date:
        """The local day of waking."""
        return EPOCH + timedelta(days=int(self._waking // DAY_MINUTES))

    @cached_property
    def midsleep_minutes(self) -> float:
        """The middle, in minutes after the midnight before waking; negative before it."""
        midnight = self._waking // DAY_MINUTES * DAY_MINUTES
        return (self.onset + self.offset) / 2 + self.east - midnight

    @property
    def _waking(self) -> float:
        return self.offset + self.east


def _rows(table: pa.Table) -> dict[str, Floats]:
    """Rows of each stage: start, end in minutes since 1970 UTC, offset; shape (n, 3), sorted."""
    start = table["ts"].cast(pa.int64()).to_numpy() / MINUTE
    end = table["end"].cast(pa.int64()).to_numpy() / MINUTE
    rows = np.column_stack([start, end, table["tz"].to_numpy().astype(np.float64)])
    named = table["stage"].combine_chunks().dictionary_encode()
    stages, names = named.indices.to_numpy(), named.dictionary.to_pylist()
    order = np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))
    order = order[rows[order, 1] > rows[order, 0]]
    rows, stages = rows[order], stages[order]
    place = {name: number for number, name in enumerate(names)}
    return {stage: rows[stages == place.get(stage, -1)] for stage in STAGES}


def _of(by_stage: Mapping[str, Floats], stages: tuple[str, ...]) -> Floats:
    """Rows of several stages together, sorted by start."""
    rows = np.concatenate([by_stage[stage] for stage in stages])
    return rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]


def episodes(table: pa.Table) -> list[Episode]:
    """Stretches at most 90 minutes apart, joined; those with less than an hour asleep left out."""
    rows = _rows(table)
    found: list[Episode] = []
    for first, last, east in kernel.united(_of(rows, ASLEEP)).tolist():
        if found and first - found[-1].offset <= GAP_MINUTES:
            before = found.pop()
            asleep = before.minutes_asleep + last - first
            found.append(Episode(before.onset, last, asleep, east))
        else:
            found.append(Episode(first, last, last - first, east))
    found = [one for one in found if one.minutes_asleep >= SHORTEST_MINUTES]
    if not found:
        return []
    spans = np.array([[one.onset, one.offset] for one in found])
    told = kernel.inside(spans, kernel.united(_of(rows, TOLD))) / (spans[:, 1] - spans[:, 0])
    by_stage = {
        stage: kernel.inside(spans, kernel.united(rows[stage]))
        for stage in ("awake", *STAGED)
        if len(rows[stage])
    }
    return [
        replace(
            one,
            told=min(float(told[place]), 1.0),
            stages={stage: float(minutes[place]) for stage, minutes in by_stage.items()},
        )
        for place, one in enumerate(found)
    ]


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
    for day, middles, weekend in _weeks(nights):
        free, work = middles[weekend], middles[~weekend]
        if len(free) and len(work) >= WORK_DAYS_NEEDED:
            result[day] = float(free.mean() - work.mean())
    return result


def variability(nights: Mapping[date, Episode]) -> dict[date, float]:
    """Standard deviation of the middle of sleep over seven nights, in minutes; with five."""
    return {
        day: float(middles.std(ddof=1))
        for day, middles, _ in _weeks(nights)
        if len(middles) >= NIGHTS_NEEDED
    }


def _weeks(
    nights: Mapping[date, Episode],
) -> Iterator[tuple[date, Floats, npt.NDArray[np.bool_]]]:
    """Of the seven days up to each day: the middles of sleep, and which are at a weekend."""
    days = sorted(nights)
    numbers = np.array([day.toordinal() for day in days])
    middles = np.array([nights[day].midsleep_minutes for day in days])
    weekend = (numbers + 6) % 7 >= SATURDAY
    starts = np.searchsorted(numbers, numbers - NIGHTS + 1)
    for place, day in enumerate(days):
        part = slice(int(starts[place]), place + 1)
        yield day, middles[part], weekend[part]


def regularity(table: pa.Table) -> dict[date, tuple[float, float]]:
    """Sleep regularity index of the seven days up to each day, and the share of days with data.

    `200 * P(same state at t and t - 24 h) - 100` over minutes of the clock, states asleep or awake
    (Phillips et al. 2017). Days run from noon to noon and are named after the day on which they
    end. A day without any sleep recorded is missing, and so are the pairs it would make.
    """
    rows = _of(_rows(table), ASLEEP)
    if not len(rows):
        return {}
    noon = DAY_MINUTES // 2
    clock = np.round(rows[:, :2] + rows[:, 2:])
    first = int((clock[:, 0].min() + noon) // DAY_MINUTES)
    days = int((clock[:, 1].max() - 1 + noon) // DAY_MINUTES) - first + 1
    minutes, there = kernel.by_noon(rows, first, max(days, 1))
    alike = kernel.alike(minutes, there)
    result = {}
    for place in np.flatnonzero(there).tolist():
        start = max(place - NIGHTS + 1, 0)
        pairs = alike[start + 1 : place + 1]
        pairs = pairs[np.isfinite(pairs)]
        seen = int(there[start : place + 1].sum())
        if seen >= NIGHTS_NEEDED and len(pairs) >= NIGHTS_NEEDED - 2:
            day = EPOCH + timedelta(days=first + place)
            result[day] = (200 * float(pairs.mean()) - 100, seen / NIGHTS)
    return result
