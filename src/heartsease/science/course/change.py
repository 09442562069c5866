"""Whether a person's days have left their own usual, since when and by how much.

The usual is learnt on all days but the last 28; alarms may begin on those 28 days. So a change of
the last weeks does not become its own usual. The chart itself runs through all days, so that it
does not begin anew, and get a new chance, each time the window moves on by a day. The
approach follows evidence that charts on day averages, with a person's own calibrated limit,
do best for one person's data (Schat et al. 2021, 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from .baseline import Baseline, fit
from .calibration import limit as calibrated
from .chart import WEIGHT, ewma, onset, turned
from .series import DailySeries

Floats = npt.NDArray[np.float64]
WATCHED_DAYS = 28
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

    1. Learn the usual on all days but the last 28, at least 28 of them with data.
    2. Say nothing unless at least 4 of the last 10 days have data.
    3. Calibrate the chart's limit to the budget on the person's own residuals.
    4. A change is on when the chart has passed the limit and not come back to half of it.
    5. Date its beginning by the mean shift that explains the days best.

    Args:
        series: consecutive days up to today.
        direction: 1 only rises matter, -1 only falls, 0 either.
        budget_per_person_month: expected false alarms in 30.44 unchanged days.
        seed: of the calibration; the same data and seed give the same answer.

    >>> rng = np.random.default_rng(1)
    >>> days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-05-01"))
    >>> values = rng.normal(420, 30, len(days))
    >>> values[-16:] -= 75
    >>> change = detect(DailySeries(days, values), direction=-1)
    >>> change.since, round(change.size, -1)
    (datetime.date(2026, 4, 16), -80.0)
    """
    values, split = series.values, len(series.values) - WATCHED_DAYS
    known = int(np.isfinite(values[: max(split, 0)]).sum())
    if known < BASELINE_DAYS_NEEDED:
        return TooThin(
            series.days_with_data,
            BASELINE_DAYS_NEEDED + RECENT_DAYS_NEEDED,
            f"{known} of {BASELINE_DAYS_NEEDED} days before the last four weeks have data.",
        )
    recent = int(np.isfinite(values[-RECENT_DAYS:]).sum())
    if recent < RECENT_DAYS_NEEDED:
        return TooThin(
            series.days_with_data,
            BASELINE_DAYS_NEEDED + RECENT_DAYS_NEEDED,
            f"{recent} of the last {RECENT_DAYS} days have data.",
        )
    usual = fit(values[:split], series.weekdays[:split])
    if usual is None:
        constant = float(values[:split][np.isfinite(values[:split])][0])
        return Steady(constant, constant, series.days_with_data)
    residuals = usual.residuals(values, series.weekdays)
    limit = calibrated(
        residuals[:split],
        direction=direction,
        budget_per_person_month=budget_per_person_month,
        phi=usual.phi,
        seed=seed,
    )
    chart = ewma(residuals)
    began = onset(turned(chart, direction), limit)
    if began < split:
        low, high = usual_range(series) or (usual.centre, usual.centre)
        return Steady(low, high, series.days_with_data)
    return _change(series, usual, residuals, began, chart, limit, budget_per_person_month)


def _change(
    series: DailySeries,
    usual: Baseline,
    residuals: Floats,
    noticed: int,
    chart: Floats,
    limit: float,
    budget: float,
) -> Change:
    sign = 1 if chart[noticed] > 0 else -1
    since = first_day(residuals, noticed, sign)
    window = residuals[since:]
    shift = float(np.nanmean(window))
    size = shift * usual.spread
    unit = usual.spread * (WEIGHT / (2 - WEIGHT)) ** 0.5
    return Change(
        since=series.days[since].astype(object),
        noticed=series.days[noticed].astype(object),
        direction=sign,
        before=usual.centre,
        after=usual.centre + size,
        size=size,
        size_sd=shift,
        days_with_data=int(np.isfinite(window).sum()),
        days_in_window=len(window),
        limit=limit,
        budget=budget,
        would_not_fire_if=(
            f"It would not have been reported if the smoothed difference from the usual had stayed "
            f"below {limit * unit:.3g}; it is {abs(chart[-1]) * unit:.3g}."
        ),
    )


def first_day(residuals: Floats, noticed: int, sign: int) -> int:
    """The most likely first day of a mean shift that was noticed on a day.

    Among days up to the noticed one, and at most two weeks before the watched days, the one that
    explains most: the sum of squares saved by a shifted mean from there on (maximum likelihood
    for independent normal days with a known mean before).

    Args:
        residuals: shape (n,), in spreads, NaN where missing.
        noticed: place of the day on which the chart passed its limit.
        sign: direction of the change.
    """
    first = max(len(residuals) - WATCHED_DAYS - LOOK_BACK_DAYS, 0)
    best, explained = noticed, -1.0
    for place in range(first, noticed + 1):
        if np.isnan(residuals[place]):
            continue
        window = residuals[place:]
        seen = window[np.isfinite(window)]
        mean = float(seen.mean())
        gain = len(seen) * mean**2 if mean * sign > 0 else -1.0
        if gain > explained:
            best, explained = place, gain
    return best


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
