"""Whether a person's days have left their own usual, since when and by how much.

The usual is learnt on twelve whole weeks that end at least 28 days ago; alarms may begin on the
days since. So a change of the last weeks does not become its own usual. The chart itself runs
through all days, so that it does not begin anew, and get a new chance, each time the window moves
on. The approach follows evidence that charts on day averages, with a person's own calibrated limit,
do best for one person's data (Schat et al. 2021, 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from .baseline import ROUNDING, Baseline, fit
from .calibration import LIMITS
from .calibration import limit as calibrated
from .chart import LARGEST_DAY, WEIGHT, ewma, onset, turned
from .series import DailySeries

Floats = npt.NDArray[np.float64]
WATCHED_DAYS = 28
BASELINE_WEEKS = 12
BASELINE_DAYS_NEEDED = 28
RECENT_DAYS = 10
RECENT_DAYS_NEEDED = 4
LOOK_BACK_DAYS = 14
USUAL_DAYS_NEEDED = 14


@dataclass(frozen=True)
class Change:
    """A lasting change.

    Attributes:
        since: the most likely first day of the change.
        noticed: the day on which the chart passed its limit.
        direction: 1 up, -1 down.
        before, after, size: in the feature's unit; size is after minus before.
        size_sd: size in the person's own day-to-day spreads.
        limit: the calibrated limit, in standard deviations of the chart.
        budget: false alarms per person-month that the limit was calibrated to.
        would_not_fire_if: what would have to differ.
    """

    since: date
    noticed: date
    direction: int
    before: float
    after: float
    size: float
    size_sd: float
    days_with_data: int
    days_in_window: int
    limit: float
    budget: float
    would_not_fire_if: str


@dataclass(frozen=True)
class Steady:
    """Within the own usual, as far as the data allow to say."""

    usual_low: float
    usual_high: float
    days_with_data: int


@dataclass(frozen=True)
class TooThin:
    """Too few days to say anything; missing days are never a change."""

    days_with_data: int
    days_needed: int
    reason: str


def detect(
    series: DailySeries,
    *,
    direction: int,
    budget_per_person_month: float = 0.1,
    seed: int = 0,
) -> Change | Steady | TooThin:
    """Say whether the series has left the person's usual by its last day.

    1. Learn the usual on the twelve whole weeks (fewer at the beginning) that end at least 28
       days ago, at least 28 of their days with data; days before the first one with data are no
       missing days.
    2. Say nothing unless at least 4 of the last 10 days have data.
    3. Calibrate the chart's limit to the budget on the person's own residuals.
    4. A change is on when the chart has passed the limit and not come back to half of it. Below
       half of the lowest limit no alarm can be on, and calibration is spared.
    5. Date its beginning by the mean shift that explains the days best.

    Args:
        series: consecutive days up to today.
        direction: 1 only rises matter, -1 only falls, 0 either.
        budget_per_person_month: expected false alarms in 30.44 unchanged days.
        seed: of the calibration; the same data and seed give the same answer.

    Raises:
        ValueError: if the budget is not above 0.

    >>> rng = np.random.default_rng(1)
    >>> days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-05-01"))
    >>> values = rng.normal(420, 30, len(days))
    >>> values[-16:] -= 75
    >>> change = detect(DailySeries(days, values), direction=-1)
    >>> change.since, round(change.size, -1)
    (datetime.date(2026, 4, 16), -70.0)
    """
    if budget_per_person_month <= 0:
        raise ValueError("A budget of false alarms must be above 0.")
    series = series.since_first_data()
    values, known = series.values, _baseline_days(series)
    thin = _too_thin(series)
    if thin is not None:
        return thin
    usual = fit(values[known], series.weekdays[known])
    if usual is None:
        return _without_spread(series)
    residuals = usual.residuals(values, series.weekdays)
    drawn_in = usual.drawn_in(residuals)
    chart = ewma(drawn_in)
    low, high = usual_range(series) or (usual.centre, usual.centre)
    steady = Steady(low, high, series.days_with_data)
    if turned(chart, direction)[-1] < LIMITS[0] / 2:
        return steady
    limit = calibrated(
        drawn_in[known],
        direction=direction,
        budget_per_person_month=budget_per_person_month,
        phi=usual.phi,
        seed=seed,
    )
    began, way = _begun(chart, limit, direction)
    since = first_day(residuals, began, way) if began >= known.stop else -1
    if since < 0:
        return steady
    return _change(
        series, usual, residuals[since:], turned(chart, way)[began:], limit, budget_per_person_month
    )


def _change(
    series: DailySeries,
    usual: Baseline,
    since: Floats,
    alarmed: Floats,
    limit: float,
    budget: float,
) -> Change:
    """Put a change together.

    Args:
        since: residuals from the first changed day on.
        alarmed: the chart from the day on which it passed its limit, the change's direction up.
    """
    shift = middle(since)
    size = shift * usual.spread
    return Change(
        since=series.days[-len(since)].astype(object),
        noticed=series.days[-len(alarmed)].astype(object),
        direction=1 if shift > 0 else -1,
        before=usual.centre,
        after=usual.centre + size,
        size=size,
        size_sd=shift,
        days_with_data=int(np.isfinite(since).sum()),
        days_in_window=len(since),
        limit=limit,
        budget=budget,
        would_not_fire_if=_otherwise(usual, limit, float(alarmed.max())),
    )


def _baseline_days(series: DailySeries) -> slice:
    """The last twelve whole weeks that end on a Sunday before the watched days.

    All days from a Monday to a Sunday share them, so that the usual and the limit are learnt anew
    once a week and not each day: every new limit is a new chance for a false alarm.
    """
    monday = int(series.weekdays[-1]) if len(series.values) else 0
    end = max(len(series.values) - WATCHED_DAYS - monday, 0)
    return slice(max(end - BASELINE_WEEKS * 7, 0), end)


def _too_thin(series: DailySeries) -> TooThin | None:
    """Why nothing can be said, or None if there are days enough."""
    needed = BASELINE_DAYS_NEEDED + RECENT_DAYS_NEEDED
    known = int(np.isfinite(series.values[_baseline_days(series)]).sum())
    if known < BASELINE_DAYS_NEEDED:
        reason = f"{known} of {BASELINE_DAYS_NEEDED} days before the last four weeks have data."
        return TooThin(series.days_with_data, needed, reason)
    recent = int(np.isfinite(series.values[-RECENT_DAYS:]).sum())
    if recent < RECENT_DAYS_NEEDED:
        reason = f"{recent} of the last {RECENT_DAYS} days have data."
        return TooThin(series.days_with_data, needed, reason)
    return None


def _without_spread(series: DailySeries) -> Steady | TooThin:
    """A usual that never varied: steady while that lasts; how far is far is not known after it."""
    seen = series.values[np.isfinite(series.values)]
    if np.ptp(seen) <= ROUNDING * np.abs(seen).max():
        return Steady(float(seen[0]), float(seen[0]), len(seen))
    return TooThin(
        len(seen),
        BASELINE_DAYS_NEEDED + RECENT_DAYS_NEEDED,
        "All days before the last four weeks are the same, so how much is usual is not known.",
    )


def _begun(chart: Floats, limit: float, direction: int) -> tuple[int, int]:
    """On which day the alarm began that is on, and its direction; -1 if none is on."""
    ways = (direction,) if direction else (1, -1)
    return max((onset(turned(chart, way), limit), way) for way in ways)


def _otherwise(usual: Baseline, limit: float, reached: float) -> str:
    """What would have to differ, in the feature's unit."""
    unit = usual.spread * (WEIGHT / (2 - WEIGHT)) ** 0.5
    below, top = (
        f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
        for value in (limit * unit, reached * unit)
    )
    return (
        "It would not have been reported if the smoothed difference from the usual had stayed "
        f"below {below}; it reached {top}."
    )


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


def usual_range(series: DailySeries) -> tuple[float, float] | None:
    """The middle 80 % of the person's own days, or None with fewer than 14 of them.

    The last 28 days are left out once enough others are there, so that a change shows against it.
    """
    older = series.values[:-WATCHED_DAYS]
    older = older[np.isfinite(older)]
    if len(older) < USUAL_DAYS_NEEDED:
        older = series.values[np.isfinite(series.values)]
    if len(older) < USUAL_DAYS_NEEDED:
        return None
    low, high = np.quantile(older, [0.1, 0.9])
    return float(low), float(high)
