"""The next day or week of one thing, from the person's own past alone, or why nothing is said.

Nothing is learnt on others and no weights ship, so it may be shown to anybody. It stands beside the
two simple ways of guessing that it must beat on this person's own past: the last value carried
forward, and the own mean with the usual pull back to it (AR(1)). Where it does not beat both, or
its interval has not held, it says so and shows no number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .baseline import fit
from .series import DailySeries

Floats = npt.NDArray[np.float64]
WINDOW_DAYS = 84
DAYS_NEEDED = 28
ORIGINS_NEEDED = 20
WEEK_DAYS, WEEK_VALUES = 7, 4
OLDEST_DAYS = 3
SMOOTH = 0.2
HELD, HELD_LOW, HELD_HIGH = 0.8, 0.7, 0.9


@dataclass(frozen=True)
class Ahead:
    """A forecast that has been better than both simple ones on this person's own past.

    Attributes:
        value: expected, in the feature's unit.
        low, high: 80 % interval, from the errors of the past.
        error, error_last, error_mean: mean absolute error of the forecast, of the last value and of
            mean and pull, on the same days of the past.
        held: share of those days that lay in their interval.
        days: number of those days.
    """

    value: float
    low: float
    high: float
    error: float
    error_last: float
    error_mean: float
    held: float
    days: int


@dataclass(frozen=True)
class NotAhead:
    """Why no number is shown, in words to the person."""

    reason: str


@dataclass(frozen=True)
class Guess:
    """What three ways of guessing say from one day, and what came."""

    forecast: float
    last: float
    mean: float
    truth: float


def next_day(series: DailySeries) -> Ahead | NotAhead:
    """The day after the last one.

    The forecast is the plain average of three: the own mean with its weekday, the smoothed last
    days with the weekday, and the mean with the pull of yesterday. Averages of forecasts with equal
    weights are hard to beat with few days (Clemen 1989, Int J Forecasting 5:559-583).

    Args:
        series: consecutive days up to today, NaN where missing.
    """
    return _ahead(series, 1)


def next_week(series: DailySeries) -> Ahead | NotAhead:
    """The mean of the seven days after the last one; a past week counts with four of its days."""
    return _ahead(series, WEEK_DAYS)


def _ahead(series: DailySeries, horizon: int) -> Ahead | NotAhead:
    """Guess at each day of the past what came, and let that decide whether to speak now."""
    values = series.values
    known = int(np.isfinite(values[-WINDOW_DAYS:]).sum())
    if known < DAYS_NEEDED:
        return NotAhead(f"Not enough days yet ({known} of {DAYS_NEEDED}).")
    silent = len(values) - 1 - int(np.flatnonzero(np.isfinite(values))[-1])
    if silent > OLDEST_DAYS:
        return NotAhead(f"The last {silent} days have no data.")
    past = list(guesses(series, horizon))
    now = _guess(series, len(values), horizon)
    if now is None:
        return NotAhead("Your days do not vary, so there is nothing to foresee.")
    if len(past) < ORIGINS_NEEDED:
        return NotAhead(f"Too few days to try it out on ({len(past)} of {ORIGINS_NEEDED}).")
    errors = np.array([abs(one.forecast - one.truth) for one in past])
    last = float(np.mean([abs(one.last - one.truth) for one in past]))
    mean = float(np.mean([abs(one.mean - one.truth) for one in past]))
    error = float(errors.mean())
    if error >= min(last, mean):
        return NotAhead(
            "On your own past it was no better than guessing that all stays as it is, or as usual."
        )
    held, tried = _held(errors)
    if tried and not HELD_LOW <= held <= HELD_HIGH:
        return NotAhead("On your own past its range did not hold often enough to be trusted.")
    reach = _reach(errors)
    return Ahead(
        now.forecast, now.forecast - reach, now.forecast + reach, error, last, mean, held, len(past)
    )


def guesses(series: DailySeries, horizon: int) -> Iterator[Guess]:
    """What would have been said at the end of each day of the last twelve weeks, and what came."""
    values = series.values
    for place in range(max(len(values) - WINDOW_DAYS, DAYS_NEEDED), len(values) - horizon + 1):
        coming = values[place : place + horizon]
        count = int(np.isfinite(coming).sum())
        if count < (1 if horizon == 1 else WEEK_VALUES):
            continue
        found = _guess(series, place, horizon)
        if found is not None:
            yield Guess(found.forecast, found.last, found.mean, float(np.nanmean(coming)))


def _guess(series: DailySeries, place: int, horizon: int) -> Guess | None:
    """The three ways of guessing from the days before a place; the truth is not known yet."""
    part = slice(max(place - WINDOW_DAYS, 0), place)
    seen, weekdays = series.values[part], series.weekdays[part]
    there = np.flatnonzero(np.isfinite(seen))
    if len(there) < DAYS_NEEDED // 2:
        return None
    usual = fit(seen, weekdays)
    if usual is None:
        return None
    first = int(weekdays[-1]) + 1
    coming = usual.weekday[(first + np.arange(horizon)) % 7]
    gaps = len(seen) - 1 - there
    smoothing = (1 - SMOOTH) ** gaps
    left = seen[there] - usual.centre - usual.weekday[weekdays[there]]
    smoothed = float((smoothing * left).sum() / smoothing.sum())
    pull = usual.phi ** (gaps[-1] + 1 + np.arange(horizon)) * left[-1]
    ahead = usual.centre + coming
    mean = float((ahead + pull).mean())
    forecast = float(np.mean([ahead.mean(), ahead.mean() + smoothed, mean]))
    last = float(np.mean(seen[there][-horizon:]))
    return Guess(forecast, last, mean, float("nan"))


def _reach(errors: Floats) -> float:
    """Half the width that holds 80 % of such errors, with the correction of conformal intervals."""
    share = min(HELD * (len(errors) + 1) / len(errors), 1.0)
    return float(np.quantile(errors, share, method="higher"))


def _held(errors: Floats) -> tuple[float, int]:
    """How often an error lay within the reach of the errors before it, from the tenth on."""
    tried = range(ORIGINS_NEEDED // 2, len(errors))
    inside = [errors[place] <= _reach(errors[:place]) for place in tried]
    return (float(np.mean(inside)), len(inside)) if inside else (0.0, 0)
