"""Whether a person has changed in one way, what moved, since when, and on how much that rests.

The days of the features that move together are one number (`index`), and its chart is walked with
the limits in use (`walk`). What is told of it names the features that moved, in their own units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from .dating import Sums, first_day, middle, nearly
from .domains import Way
from .series import DailySeries
from .usual import (
    BASELINE_DAYS_NEEDED,
    RECENT_DAYS,
    RECENT_DAYS_NEEDED,
    WATCHED_DAYS,
    usual_days,
)
from .walk import Look, look, walk

Floats = npt.NDArray[np.float64]
MOVED = 0.3


@dataclass(frozen=True)
class Moved:
    """One feature's part in a change.

    Attributes:
        before, after: the usual and the days since, in the feature's unit.
        size_sd: after minus before in the person's own day-to-day spreads.
    """

    feature: str
    before: float
    after: float
    size_sd: float
    days_with_data: int

    @property
    def size(self) -> float:
        """After minus before, in the feature's unit."""
        return self.after - self.before


@dataclass(frozen=True)
class Noticed:
    """A change that is on.

    Attributes:
        since: the most likely first day.
        earliest, latest: the first and last day that fit nearly as well (`dating.nearly`).
        noticed: the day on which the chart passed its limit.
        moved: what moved in the stated way by more than .3 spreads, most first; never empty.
        days_with_data, days_in_window: days since the first one, with any of the features.
        reached, limit: the chart's highest value since and its limit, in its standard deviations.
        budget: false alarms per person-month that this way was given.
    """

    since: date
    earliest: date
    latest: date
    noticed: date
    moved: tuple[Moved, ...]
    days_with_data: int
    days_in_window: int
    reached: float
    limit: float
    budget: float


@dataclass(frozen=True)
class Unchanged:
    """No change of this kind is on, as far as the data allow to say."""

    days_with_data: int


@dataclass(frozen=True)
class TooThin:
    """Too few days to say anything; missing days are never a change."""

    days_with_data: int
    days_needed: int
    reason: str


def notice(
    series: Mapping[str, DailySeries],
    way: Way,
    *,
    budget: float,
    is_open: bool = False,
) -> Noticed | Unchanged | TooThin:
    """Say whether a person has changed in one way by the last day.

    1. Say nothing where the usual is not known or too few of the last days have data.
    2. Walk the chart through the last four weeks; see whether an alarm is on at the end.
    3. Date its beginning by the mean shift of the index that explains the days best.
    4. Say of each feature how far its days since lie from its own usual.

    Args:
        series: by feature, over the same consecutive days up to today.
        way: which features, in which directions, with which margin on the limits.
        budget: of false alarms per person-month for this way alone.
        is_open: whether this change was told before and has not ended.

    Raises:
        ValueError: if the series do not cover the same days, or the budget is not above 0.

    >>> rng = np.random.default_rng(1)
    >>> days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-06-01"))
    >>> asleep, efficiency = rng.normal(420, 30, len(days)), rng.normal(0.9, 0.03, len(days))
    >>> asleep[-16:] -= 45
    >>> efficiency[-16:] -= 0.045
    >>> own = {"minutes_asleep": DailySeries(days, asleep),
    ...        "sleep_efficiency": DailySeries(days, efficiency)}
    >>> less = Way("less sleep", {"minutes_asleep": -1, "sleep_efficiency": -1}, 1.0)
    >>> found = notice(own, less, budget=0.1)
    >>> found.since, [one.feature for one in found.moved]
    (datetime.date(2026, 5, 16), ['minutes_asleep', 'sleep_efficiency'])
    """
    if budget <= 0:
        raise ValueError("A budget of false alarms must be above 0.")
    own = {name: series[name] for name in way.signs if name in series}
    if len({(one.days[0], len(one.days)) for one in own.values() if len(one.days)}) > 1:
        raise ValueError("The series of one way must cover the same days.")
    values = {name: one.values for name, one in own.items() if one.days_with_data}
    if not values:
        return TooThin(0, BASELINE_DAYS_NEEDED + RECENT_DAYS_NEEDED, "No day has data.")
    any_day = next(iter(own.values()))
    there = np.any([np.isfinite(one) for one in values.values()], axis=0)
    seen = _look(values, way, any_day.weekdays, there)
    recent = int(there[-RECENT_DAYS:].sum())
    if seen is None or recent < RECENT_DAYS_NEEDED:
        return _too_thin(there, any_day.weekdays, seen is None, recent)
    places = range(max(len(there) - WATCHED_DAYS, 0), len(there))
    walked = walk(values, way.signs, any_day.weekdays, (budget,), places=places)
    on = walked.is_on(budget, way.margin, is_open=is_open)
    if not on[-1]:
        return Unchanged(int(there.sum()))
    off = np.flatnonzero(~on[places.start :])
    noticed = places.start + (int(off[-1]) + 1 if len(off) else 0)
    limit = float(walked.limits[budget][-1]) * way.margin
    ahead = len(there) - len(seen.residuals)
    since = first_day(seen.residuals, noticed - ahead, 1) + ahead
    if since < ahead:
        return Unchanged(int(there.sum()))
    moved = _moved(own, way, seen, since)
    if not moved:
        return Unchanged(int(there.sum()))
    variance = (1 + seen.phi) / (1 - seen.phi)
    first, last = nearly(Sums(seen.residuals), 0, since - ahead, len(seen.residuals), variance)
    return Noticed(
        since=any_day.days[since].astype(object),
        earliest=any_day.days[first + ahead].astype(object),
        latest=any_day.days[last + ahead].astype(object),
        noticed=any_day.days[noticed].astype(object),
        moved=moved,
        days_with_data=int(there[since:].sum()),
        days_in_window=len(there) - since,
        reached=float(np.nanmax(seen.chart[max(noticed - ahead, 0) :])),
        limit=limit,
        budget=budget,
    )


def _look(
    values: Mapping[str, Floats],
    way: Way,
    weekdays: npt.NDArray[np.int64],
    there: npt.NDArray[np.bool_],
) -> Look | None:
    """The last day's look: its usual and everything since, aligned to the end."""
    known = usual_days(len(weekdays) - 1, weekdays, int(there.argmax()))
    part = slice(known.start, len(weekdays))
    stretch = {name: one[part] for name, one in values.items()}
    return look(stretch, way.signs, weekdays[part], len(known))


def _moved(
    series: Mapping[str, DailySeries], way: Way, seen: Look, since: int
) -> tuple[Moved, ...]:
    """What lies far enough from its own usual in the stated way, most first.

    Days count in full, for a size is told in the feature's unit; in the chart they are drawn in.
    """
    result = []
    for feature, usual in seen.index.usual.items():
        days = series[feature]
        residuals = usual.residuals(days.values[since:], days.weekdays[since:])
        count = int(np.isfinite(residuals).sum())
        if not count:
            continue
        shift = middle(residuals)
        if shift * way.signs[feature] >= MOVED:
            after = usual.centre + shift * usual.spread
            result.append(Moved(feature, usual.centre, after, shift, count))
    return tuple(sorted(result, key=lambda one: -abs(one.size_sd)))


def _too_thin(
    there: npt.NDArray[np.bool_], weekdays: npt.NDArray[np.int64], no_usual: bool, recent: int
) -> TooThin:
    """Why nothing can be said."""
    needed = BASELINE_DAYS_NEEDED + RECENT_DAYS_NEEDED
    known = usual_days(len(there) - 1, weekdays, int(there.argmax()))
    before = int(there[known.start : known.stop].sum())
    if no_usual and before < BASELINE_DAYS_NEEDED:
        reason = f"{before} of {BASELINE_DAYS_NEEDED} days before the last three weeks have data."
    elif no_usual:
        reason = (
            "The days before the last three weeks do not vary, so how much is usual is not known."
        )
    else:
        reason = f"{recent} of the last {RECENT_DAYS} days have data."
    return TooThin(int(there.sum()), needed, reason)
