"""Dating changes after the fact: how many there were, when, and which days fit nearly as well.

An alarm is late by design. Looking back with all days in hand dates a change better: the fewest
stretches of constant level that explain the days (PELT; Killick, Fearnhead & Eckley 2012, J Am Stat
Assoc 107:1590-1598), each change with the days that explain it nearly as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from .chart import LARGEST_DAY
from .series import DailySeries
from .usual import WATCHED_DAYS

Floats = npt.NDArray[np.float64]
SHORTEST_DAYS = 7
LOOK_BACK_DAYS = 14
LEAST_VALUES = 4
DAYS_NEEDED = 28
# Each change costs its level and its place: about three logarithms of the number of days.
PENALTY = 3.0
# Twice the log likelihood that days within a 95 % profile interval may lose (chi square, 1 df).
NEARLY = 3.84
HIGHEST_PHI = 0.8
NORMAL_MAD, REACH = 1.4826, 3.0


@dataclass(frozen=True)
class Stretch:
    """Days of one level.

    Attributes:
        level: mean of the days, in the feature's unit.
    """

    first: date
    last: date
    level: float
    days_with_data: int


@dataclass(frozen=True)
class Dated:
    """One change between two stretches.

    Attributes:
        on: the most likely first day of the new level.
        earliest, latest: the first and last day that fit nearly as well.
    """

    on: date
    earliest: date
    latest: date
    before: float
    after: float


@dataclass(frozen=True)
class Dating:
    """A past in stretches.

    Attributes:
        spread: standard deviation of days around their level, in the feature's unit.
        phi: correlation of a day with the day before.
    """

    stretches: tuple[Stretch, ...]
    changes: tuple[Dated, ...]
    spread: float
    phi: float


def date_changes(series: DailySeries) -> Dating | None:
    """Cut a past into stretches of constant level; None with fewer than 28 days, or no spread.

    1. Spread and persistence from differences of neighbouring days, which a few changes of level
       hardly touch.
    2. The cheapest cut: squares around each stretch's mean, and for each change three logarithms of
       the number of days, in variances widened by persistence ((1 + phi) / (1 - phi)).
    3. Of each change the days that could take its place within a 95 % profile interval.

    Args:
        series: consecutive days; missing ones cost nothing and are no level.

    >>> days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-04-01"))
    >>> values = np.random.default_rng(1).normal(420, 30, len(days))
    >>> values[60:] -= 70
    >>> found = date_changes(DailySeries(days, values))
    >>> [(one.earliest <= date(2026, 3, 2) <= one.latest) for one in found.changes]
    [True]
    """
    values = series.values
    if np.isfinite(values).sum() < DAYS_NEEDED:
        return None
    spread, phi = scale_of(values)
    if spread <= 0:
        return None
    variance = spread**2 * (1 + phi) / (1 - phi)
    sums = Sums(values)
    cuts = cheapest_cuts(sums, PENALTY * variance * np.log(int(sums.count[-1])))
    ends = [*cuts[1:], len(values)]
    stretches = tuple(
        Stretch(
            first=series.days[begin].astype(object),
            last=series.days[end - 1].astype(object),
            level=sums.mean(begin, end),
            days_with_data=int(sums.count[end] - sums.count[begin]),
        )
        for begin, end in zip(cuts, ends, strict=True)
    )
    changes = []
    for number, place in enumerate(cuts[1:], start=1):
        begin, end = cuts[number - 1], ends[number]
        low, high = nearly(sums, begin, place, end, variance)
        changes.append(
            Dated(
                on=series.days[place].astype(object),
                earliest=series.days[low].astype(object),
                latest=series.days[high].astype(object),
                before=stretches[number - 1].level,
                after=stretches[number].level,
            )
        )
    return Dating(stretches, tuple(changes), spread, phi)


class Sums:
    """Running sums, from which the cost of any stretch follows at once.

    Attributes:
        count: shape (n + 1,), values before each place.
    """

    def __init__(self, values: Floats) -> None:
        there = np.isfinite(values)
        # Around the middle, so that squares of large numbers do not drown small differences.
        filled = np.where(there, values - np.nanmedian(values), 0.0)
        self.middle = float(np.nanmedian(values))
        self.count = np.concatenate([[0], np.cumsum(there)]).astype(np.float64)
        self.total = np.concatenate([[0.0], np.cumsum(filled)])
        self.squares = np.concatenate([[0.0], np.cumsum(filled**2)])

    def cost(self, begin: npt.ArrayLike, end: npt.ArrayLike) -> Floats:
        """Squares around the mean of stretches from `begin` up to before `end`; 0 if empty."""
        begin, end = np.asarray(begin), np.asarray(end)
        count = self.count[end] - self.count[begin]
        total = self.total[end] - self.total[begin]
        squares = self.squares[end] - self.squares[begin]
        return np.asarray(squares - total**2 / np.maximum(count, 1.0))

    def is_enough(self, begin: npt.ArrayLike, end: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether stretches are long enough, with data enough, to have a level."""
        begin, end = np.asarray(begin), np.asarray(end)
        count = self.count[end] - self.count[begin]
        return np.asarray((end - begin >= SHORTEST_DAYS) & (count >= LEAST_VALUES))

    def mean(self, begin: int, end: int) -> float:
        """The level of a stretch."""
        count = self.count[end] - self.count[begin]
        return self.middle + float((self.total[end] - self.total[begin]) / count)


def cheapest_cuts(sums: Sums, penalty: float) -> list[int]:
    """First places of the stretches of the cheapest cut; PELT, which drops places that cannot win.

    Args:
        penalty: of each change, in squares.
    """
    length = len(sums.count) - 1
    best = np.full(length + 1, np.inf)
    best[0] = -penalty
    came_from = np.zeros(length + 1, dtype=np.int64)
    candidates, beaten_by = np.array([0]), np.array([-1])
    for end in range(1, length + 1):
        costs = best[candidates] + sums.cost(candidates, end)
        allowed = sums.is_enough(candidates, end)
        if allowed.any():
            chosen = int(np.argmin(np.where(allowed, costs, np.inf)))
            best[end] = costs[chosen] + penalty
            came_from[end] = candidates[chosen]
            # What is dearer than a stretch that ends here stays dearer than one that begins here,
            # from the day on which that one is long enough to be allowed.
            beaten_by = np.where((costs > best[end]) & (beaten_by < 0), end, beaten_by)
        stays = (beaten_by < 0) | ~sums.is_enough(np.maximum(beaten_by, 0), end)
        candidates, beaten_by = candidates[stays], beaten_by[stays]
        if np.isfinite(best[end]):
            candidates, beaten_by = np.append(candidates, end), np.append(beaten_by, -1)
    cuts, place = [], length
    if not np.isfinite(best[length]):
        return [0]
    while place > 0:
        place = int(came_from[place])
        cuts.append(place)
    return cuts[::-1]


def nearly(sums: Sums, begin: int, place: int, end: int, variance: float) -> tuple[int, int]:
    """The first and last place between two cuts at which a change fits nearly as well.

    Args:
        begin, end: where the stretch before begins and the one after ends.
        place: of the change.
        variance: of a day, widened by persistence.
    """
    places = np.arange(begin + 1, end)
    costs = sums.cost(begin, places) + sums.cost(places, end)
    here = float(sums.cost(begin, place) + sums.cost(place, end))
    enough = (sums.count[places] > sums.count[begin]) & (sums.count[end] > sums.count[places])
    near = places[(costs - here <= NEARLY * variance) & enough]
    return (int(near.min()), int(near.max())) if len(near) else (place, place)


def first_day(residuals: Floats, noticed: int, sign: int) -> int:
    """The most likely first day of a mean shift that was noticed on a day; -1 if none explains it.

    Among days up to the noticed one, and at most two weeks before the watched days, the one that
    explains most: the sum of squares saved by a shifted mean from there on (maximum likelihood
    for independent normal days with a known mean before). Only shifts in the direction of the
    alarm count, so that what is reported never contradicts it.

    Args:
        residuals: shape (n,), in spreads, NaN where missing.
        noticed: place of the day on which the chart passed its limit.
        sign: direction of the change.

    >>> first_day(np.array([0.0, 0.1, -0.1, 1.2, 0.9, 1.1]), noticed=5, sign=1)
    3
    """
    first = max(len(residuals) - WATCHED_DAYS - LOOK_BACK_DAYS, 0)
    best, explained = -1, 0.0
    for place in range(first, noticed + 1):
        if np.isnan(residuals[place]):
            continue
        window = residuals[place:]
        mean = middle(window)
        gain = np.isfinite(window).sum() * mean**2 if mean * sign > 0 else -1.0
        if gain > explained:
            best, explained = place, gain
    return best


def middle(window: Floats) -> float:
    """The mean of days drawn in to three spreads around their median; missing days left out."""
    seen = window[np.isfinite(window)]
    median = float(np.median(seen))
    return float(np.mean(np.clip(seen, median - LARGEST_DAY, median + LARGEST_DAY)))


def scale_of(values: Floats) -> tuple[float, float]:
    """Spread around a level and persistence, from differences over one day and over two.

    For an AR(1) the variances of these differences are 2 s2 (1 - phi) and 2 s2 (1 - phi2), so their
    ratio is 1 + phi. Drawn in, they are hardly touched by a few changes of level.
    """
    one, two = (_size(values[lag:] - values[:-lag]) for lag in (1, 2))
    if one <= 0:
        return 0.0, 0.0
    phi = float(np.clip((two / one) ** 2 - 1, 0.0, HIGHEST_PHI)) if two > 0 else 0.0
    return one / float(np.sqrt(2 * (1 - phi))), phi


def _size(differences: Floats) -> float:
    """Root mean square of differences drawn in to three robust spreads; 0 without any."""
    seen = differences[np.isfinite(differences)]
    if not len(seen):
        return 0.0
    reach = REACH * NORMAL_MAD * float(np.median(np.abs(seen)))
    drawn_in = np.clip(seen, -reach, reach) if reach > 0 else seen
    return float(np.sqrt(np.mean(drawn_in**2)))
