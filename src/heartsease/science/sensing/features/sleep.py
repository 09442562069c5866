"""Sleep: how long, when in the middle, and how regular.

The main sleep of a day is the episode with most sleep among those that end on that local day.
Parts of a night at most 90 minutes apart are one episode; naps stay out of duration and midsleep
but count for regularity, which looks at whole days. Durations are elapsed time, so the night in
which the clocks change is neither an hour longer nor shorter than it was; the clock is asked only
for the day and for the middle, by the offset at waking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels import nights as kernel
from ..merging import ASLEEP, STAGED
from ..schema import STAGES

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.int32]
Stages = Mapping[str, Floats]
MINUTE = 60_000_000
DAY_MINUTES = 1440
GAP_MINUTES = 90
SHORTEST_MINUTES = 60
NIGHTS = 7
NIGHTS_NEEDED = 5
SATURDAY = 5
WORK_DAYS_NEEDED = 3
TOLD = (*ASLEEP, "awake")
# What is known of a night that broke off (`broken_off`), too.
OF_ONSET = frozenset({"sleep_onset_minutes"})


@dataclass(frozen=True)
class Nights:
    """Stretches of sleep, one a row; each array has shape (n,).

    Attributes:
        onset, offset: first and last minute asleep, in minutes since 1970 UTC.
        minutes_asleep: elapsed minutes asleep in between.
        east: minutes east of UTC at waking.
        told: share of the time from onset to offset for which the device told a state.
        stages: minutes of each stage in between; only stages that the device ever tells.
    """

    onset: Floats
    offset: Floats
    minutes_asleep: Floats
    east: Floats
    told: Floats
    stages: Mapping[str, Floats]

    @property
    def days(self) -> Days:
        """The local day of waking, as days since 1970."""
        return np.asarray(self._waking // DAY_MINUTES, dtype=np.int32)

    @property
    def ends_us(self) -> npt.NDArray[np.int64]:
        """The last moments asleep, in microseconds since 1970 UTC."""
        return np.rint(self.offset * MINUTE).astype(np.int64)

    @property
    def midsleep_minutes(self) -> Floats:
        """The middle, in minutes after the midnight before waking; negative before it."""
        return np.asarray((self.onset + self.offset) / 2 + self.east - self._midnight)

    @property
    def _waking(self) -> Floats:
        return np.asarray(self.offset + self.east)

    @property
    def _midnight(self) -> Floats:
        return np.asarray(self._waking // DAY_MINUTES * DAY_MINUTES)

    def figures(self) -> dict[str, Floats]:
        """The features of one night by name, NaN where the device does not tell them.

        Efficiency is minutes asleep over those told between falling asleep and waking. A device
        that tells only sleep knows nothing of being awake, so it gives none, and without stages
        there are no shares of them.
        """
        found = {
            "minutes_asleep": self.minutes_asleep,
            "midsleep_minutes": self.midsleep_minutes,
            "sleep_onset_minutes": self.onset + self.east - self._midnight,
            "sleep_offset_minutes": self._waking % DAY_MINUTES,
        }
        if "awake" in self.stages:
            awake = self.stages["awake"]
            found["minutes_awake_at_night"] = awake
            found["sleep_efficiency"] = self.minutes_asleep / (self.minutes_asleep + awake)
        staged = [self.stages[name] for name in STAGED if name in self.stages]
        whole = np.sum(staged, axis=0) if staged else np.zeros(len(self.onset))
        for feature, stage in (("deep_sleep_share", "deep"), ("rem_sleep_share", "rem")):
            own = self.stages.get(stage, np.zeros(len(self.onset)))
            found[feature] = np.divide(own, whole, out=np.full(len(own), np.nan), where=whole > 0)
        return found

    def only(self, rows: npt.NDArray[np.int64]) -> Nights:
        """Some of them, in the order given."""
        return Nights(
            self.onset[rows],
            self.offset[rows],
            self.minutes_asleep[rows],
            self.east[rows],
            self.told[rows],
            {stage: minutes[rows] for stage, minutes in self.stages.items()},
        )


def by_stage(table: pa.Table) -> Stages:
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


def _of(rows: Stages, stages: tuple[str, ...]) -> Floats:
    """Rows of several stages together, sorted by start."""
    together = np.concatenate([rows[stage] for stage in stages])
    return together[np.lexsort((together[:, 2], together[:, 1], together[:, 0]))]


def episodes(rows: Stages) -> Nights:
    """Stretches at most 90 minutes apart, joined; those with less than an hour asleep left out."""
    asleep = kernel.united(_of(rows, ASLEEP))
    if not len(asleep):
        none = np.empty(0)
        return Nights(none, none, none, none, none, {})
    first = np.flatnonzero(np.concatenate([[True], asleep[1:, 0] - asleep[:-1, 1] > GAP_MINUTES]))
    last = np.append(first[1:], len(asleep)) - 1
    minutes = np.add.reduceat(asleep[:, 1] - asleep[:, 0], first)
    long = minutes >= SHORTEST_MINUTES
    first, last, minutes = first[long], last[long], minutes[long]
    spans = np.column_stack([asleep[first, 0], asleep[last, 1]])
    told = kernel.inside(spans, kernel.united(_of(rows, TOLD))) / (spans[:, 1] - spans[:, 0])
    stages = {
        stage: kernel.inside(spans, kernel.united(rows[stage]))
        for stage in ("awake", *STAGED)
        if len(rows[stage])
    }
    east = asleep[last, 2]
    return Nights(spans[:, 0], spans[:, 1], minutes, east, np.minimum(told, 1.0), stages)


def main_sleeps(rows: Stages) -> Nights:
    """The main sleep of each waking day, by day; of two alike the earlier."""
    found = episodes(rows)
    order = np.lexsort((np.arange(len(found.onset)), -found.minutes_asleep, found.days))
    days = found.days[order]
    return found.only(order[np.concatenate([[True], days[1:] != days[:-1]])[: len(order)]])


def jetlag(nights: Nights) -> Floats:
    """How much later the middle of sleep lies on free days than on others, in minutes, shape (n,).

    Over the seven days up to each day: the mean middle of Saturday and Sunday less that of the
    other days (Wittmann et al. 2006), with one of the first and three of the second; else NaN.
    Whether somebody works at weekends is not known.
    """
    middles, weekend = _weeks(nights)
    free, work = np.where(weekend, middles, np.nan), np.where(weekend, np.nan, middles)
    enough = np.isfinite(free).any(axis=1) & (np.isfinite(work).sum(axis=1) >= WORK_DAYS_NEEDED)
    return np.where(enough, _mean(free) - _mean(work), np.nan)


def variability(nights: Nights) -> Floats:
    """Standard deviation of the middle of sleep over seven nights, in minutes; NaN below five."""
    middles, _ = _weeks(nights)
    count = np.isfinite(middles).sum(axis=1)
    apart = np.nan_to_num(middles - _mean(middles)[:, None])
    spread = np.sqrt((apart**2).sum(axis=1) / np.maximum(count - 1, 1))
    return np.where(count >= NIGHTS_NEEDED, spread, np.nan)


def _weeks(nights: Nights) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Of the seven days up to each day: the middles of sleep and which are at a weekend, (n, 7).

    Nights that lie further back are NaN.
    """
    days, middles = nights.days.astype(np.int64), nights.midsleep_minutes
    places = np.arange(len(days))[:, None] - np.arange(NIGHTS)[::-1]
    there = (places >= 0) & (days[np.maximum(places, 0)] > days[:, None] - NIGHTS)
    found = np.where(there, middles[np.maximum(places, 0)], np.nan)
    return found, (days[np.maximum(places, 0)] + 3) % 7 >= SATURDAY


def _mean(rows: Floats) -> Floats:
    """Means of rows over what is there, NaN for rows without anything, shape (n,)."""
    count = np.isfinite(rows).sum(axis=1)
    total = np.nansum(rows, axis=1)
    return np.divide(total, count, out=np.full(len(rows), np.nan), where=count > 0)


def regularity(rows: Stages, broken: Nights | None = None) -> tuple[Days, Floats, Floats]:
    """Sleep regularity index of the seven days up to each day, and the share of days with data.

    `200 * P(same state at t and t - 24 h) - 100` over minutes of the clock, states asleep or awake
    (Phillips et al. 2017). Days run from noon to noon and are named after the day on which they
    end. A day without any sleep recorded is missing, and so are the pairs it would make.

    Args:
        broken: nights of which the end is not known; their days are missing, too.

    Returns:
        days since 1970, indices and shares of those days that have enough, shape (d,) each.
    """
    asleep = _of(rows, ASLEEP)
    if not len(asleep):
        return np.empty(0, np.int32), np.empty(0), np.empty(0)
    noon = DAY_MINUTES // 2
    clock = np.round(asleep[:, :2] + asleep[:, 2:])
    first = int((clock[:, 0].min() + noon) // DAY_MINUTES)
    days = int((clock[:, 1].max() - 1 + noon) // DAY_MINUTES) - first + 1
    minutes, there = kernel.by_noon(asleep, first, max(days, 1))
    if broken is not None and len(broken.offset):
        clock_at_end = np.round(broken.offset + broken.east).astype(np.int64)
        there[(clock_at_end - 1 + noon) // DAY_MINUTES - first] = False
    places = np.arange(len(there))[:, None] - np.arange(NIGHTS)[::-1]
    inside = places >= 0
    seen = (there[np.maximum(places, 0)] & inside).sum(axis=1)
    # The first day of a week has no day before it within the week.
    pairs = np.where(inside, kernel.alike(minutes, there)[np.maximum(places, 0)], np.nan)[:, 1:]
    pairs[~inside[:, :-1]] = np.nan
    count = np.isfinite(pairs).sum(axis=1)
    enough = there & (seen >= NIGHTS_NEEDED) & (count >= NIGHTS_NEEDED - 2)
    kept = np.flatnonzero(enough)
    index = 200 * _mean(pairs[kept]) - 100
    return (first + kept).astype(np.int32), index, seen[kept] / NIGHTS
