"""One way of changing, walked through a person's days: the chart and its limits as in use.

The usual is learnt anew each Monday on the twelve whole weeks that end three weeks before, the
chart runs on through the days since, and a limit is found for every budget asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .baseline import fit
from .calibration import limit
from .chart import ewma
from .index import Index, index
from .usual import BASELINE_DAYS_NEEDED, RECENT_DAYS, RECENT_DAYS_NEEDED, usual_days

Floats = npt.NDArray[np.float64]
Weekdays = npt.NDArray[np.int64]
SILENT_DAYS = 14


@dataclass(frozen=True)
class Walk:
    """What the chart showed on each day.

    Attributes:
        chart: shape (n,), in its standard deviations, the way of changing up; NaN where too few
            days had data to say anything.
        limits: by budget shape (n,), without margin.
        heard: shape (n,), whether any feature had data in the two weeks up to the day.
        first: place of the first day that was looked at.
    """

    chart: Floats
    limits: Mapping[float, Floats]
    heard: npt.NDArray[np.bool_]
    first: int = 0

    @property
    def judged(self) -> npt.NDArray[np.bool_]:
        """On which days anything could be said, shape (n,)."""
        return np.isfinite(self.chart)

    def is_on(
        self, budget: float, margin: float, *, is_open: bool = False
    ) -> npt.NDArray[np.bool_]:
        """On which days an alarm is open, shape (n,).

        An alarm opens beyond the limit times the margin and ends back within half of it, or when
        nothing was heard for two weeks; days of which nothing can be said leave it as it is.

        Args:
            is_open: whether one is open before the first day that was looked at.
        """
        found = np.zeros(len(self.chart), dtype=np.bool_)
        ratio = self.chart / (self.limits[budget] * margin)
        for place in range(self.first, len(ratio)):
            if ratio[place] > 1:
                is_open = True
            elif ratio[place] < 0.5 or not self.heard[place]:
                is_open = False
            found[place] = is_open
        return found

    def began(self, budget: float, margin: float, *, is_open: bool = False) -> list[int]:
        """Places of the days on which an alarm opened; see `is_on`."""
        found = self.is_on(budget, margin, is_open=is_open)
        before = np.concatenate([[False], found])[:-1]
        before[self.first : self.first + 1] = is_open
        return [int(place) for place in np.flatnonzero(found & ~before)]


def walk(
    values: Mapping[str, Floats],
    signs: Mapping[str, int],
    weekdays: Weekdays,
    budgets: Sequence[float],
    *,
    places: range | None = None,
) -> Walk:
    """Look at one way of changing at the end of each day, from what was known by then.

    Args:
        values: by feature shape (n,), NaN where missing.
        signs: by feature 1 or -1.
        weekdays: shape (n,), Monday 0.
        budgets: false alarms per person-month that limits are wanted for.
        places: days to look at; all of them if not given. The others stay NaN.
    """
    own = {feature: values[feature] for feature in signs if feature in values}
    count = len(weekdays)
    there = np.zeros(count, dtype=bool)
    for one in own.values():
        there |= np.isfinite(one)
    chart, limits = np.full(count, np.nan), {one: np.full(count, np.nan) for one in budgets}
    wanted = places if places is not None else range(count)
    first = int(there.argmax()) if there.any() else count
    for week in weeks(wanted, weekdays):
        days = usual_days(week.start, weekdays, first)
        part = slice(days.start, week.stop)
        stretch = {feature: one[part] for feature, one in own.items()}
        seen = look(stretch, signs, weekdays[part], len(days))
        if seen is None:
            continue
        chart[week.start : week.stop] = seen.chart[week.start - days.start :]
        for budget in budgets:
            limits[budget][week.start : week.stop] = seen.limit(budget)
    recent = _count(there, RECENT_DAYS) >= RECENT_DAYS_NEEDED
    chart[~recent] = np.nan
    return Walk(chart, limits, _count(there, SILENT_DAYS) > 0, wanted.start)


@dataclass(frozen=True)
class Look:
    """One way of changing, looked at with one usual: from its first known day to the last day.

    Attributes:
        index: the features put together.
        residuals: shape (n,), distances of the index from its own usual in spreads, drawn in.
        chart: shape (n,), the smoothed distances in standard deviations of the chart.
        known: on how many of the first days the usual rests.
        phi: persistence of the index from day to day.
    """

    index: Index
    residuals: Floats
    chart: Floats
    known: int
    phi: float

    def limit(self, budget: float) -> float:
        """The limit for a budget of false alarms per person-month, without margin."""
        return limit(
            self.residuals[: self.known],
            budget_per_person_month=budget,
            phi=self.phi,
        )


def look(
    values: Mapping[str, Floats], signs: Mapping[str, int], weekdays: Weekdays, known: int
) -> Look | None:
    """Look at a stretch of days whose usual is learnt on the first `known`; None if that fails."""
    days = slice(0, known)
    if known < BASELINE_DAYS_NEEDED:
        return None
    made = index(values, signs, weekdays, days, days_needed=BASELINE_DAYS_NEEDED)
    if made is None or np.isfinite(made.values[days]).sum() < BASELINE_DAYS_NEEDED:
        return None
    usual = fit(made.values[days], weekdays[days])
    if usual is None:
        return None
    residuals = usual.drawn_in(usual.residuals(made.values, weekdays))
    return Look(made, residuals, ewma(residuals), known, usual.phi)


def weeks(places: range, weekdays: Weekdays) -> list[range]:
    """The places in parts that each lie between a Monday and the Sunday after it."""
    parts, start = [], places.start
    for place in range(places.start + 1, places.stop):
        if weekdays[place] == 0:
            parts.append(range(start, place))
            start = place
    if places.stop > places.start:
        parts.append(range(start, places.stop))
    return parts


def _count(there: npt.NDArray[np.bool_], days: int) -> npt.NDArray[np.int64]:
    """On how many of the last days up to each day there was anything, shape (n,)."""
    total = np.concatenate([[0], np.cumsum(there)])
    ends = np.arange(1, len(total))
    return np.asarray(total[ends] - total[np.maximum(ends - days, 0)])
