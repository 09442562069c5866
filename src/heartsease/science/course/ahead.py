"""The next day or week of one thing, from the person's own past alone, or why nothing is said.

Nothing is learnt on others and no weights ship, so it may be shown to anybody. It stands beside the
two simple ways of guessing that it must beat on this person's own past: the last value carried
forward, and the own mean with the usual pull back to it (AR(1)). Whoever tries three ways on eight
weeks finds the third the best by luck in one case of three; so it speaks only where resampled weeks
leave no doubt that it was better than both, and its range held, lately too. Otherwise it says so
and shows no number.
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
LATELY = 14
# Of so many weeks drawn again, in blocks that keep days together, this share may show no gain.
DRAWS, BLOCK_DAYS, LUCK = 500, 7, 0.05


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
        gain: share of the better simple guess's error that is spared for sure: the lower bound of a
            one-sided 95 % interval, from resampled weeks.
    """

    value: float
    low: float
    high: float
    error: float
    error_last: float
    error_mean: float
    held: float
    days: int
    gain: float = 0.0


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
    errors, last, mean = np.array(
        [[abs(guess - one.truth) for guess in (one.forecast, one.last, one.mean)] for one in past]
    ).T
    gain = min(_sure_gain(other, errors, 2 * horizon) for other in (last, mean))
    if gain <= 0:
        return NotAhead(
            "On your own past it was not clearly better than guessing that all stays as it is, or "
            "as usual."
        )
    inside = _held(errors)
    held = float(inside.mean()) if len(inside) else HELD
    if not HELD_LOW <= held <= HELD_HIGH or inside[-LATELY:].mean() < HELD_LOW:
        return NotAhead("On your own past its range did not hold often enough to be trusted.")
    reach = _reach(errors)
    return Ahead(
        value=now.forecast,
        low=now.forecast - reach,
        high=now.forecast + reach,
        error=float(errors.mean()),
        error_last=float(last.mean()),
        error_mean=float(mean.mean()),
        held=held,
        days=len(past),
        gain=gain,
    )


def _sure_gain(simple: Floats, errors: Floats, apart: int) -> float:
    """How much of a simple guess's error is spared, at least: a one-sided 95 % lower bound.

    Blocks of days are drawn again with replacement, for errors of days that follow one another go
    together (Kuensch 1989). The same past gives the same bound.

    Args:
        simple, errors: shape (n,), absolute errors of both on the same days.
        apart: over how many days errors go together at least.
    """
    spared = simple - errors
    if spared.mean() <= 0:
        return 0.0
    count, block = len(spared), min(max(BLOCK_DAYS, apart), len(spared))
    starts = np.random.default_rng(count).integers(0, count, (DRAWS, -(-count // block)))
    places = (starts[:, :, None] + np.arange(block)) % count
    drawn = spared[places.reshape(DRAWS, -1)[:, :count]].mean(axis=1)
    return float(np.quantile(drawn, LUCK) / simple.mean())


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


def _held(errors: Floats) -> npt.NDArray[np.bool_]:
    """Which errors lay within the reach of the errors before them, from the tenth on."""
    tried = range(ORIGINS_NEEDED // 2, len(errors))
    return np.array([errors[place] <= _reach(errors[:place]) for place in tried])
