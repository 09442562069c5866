"""What a person will say next, learnt from how other people's answers move.

One person's few weeks are too short to learn how one answer follows another, but people resemble
each other in that. So the person brings their own mean and their last answers, and a linear model
of the next distance from that mean, learnt on other people, brings the rest. It minimises absolute
errors, because answers are skewed and a median is what is asked for (Koenker & Bassett 1978; by
reweighted least squares, Schlossmacher 1973).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
HISTORY = 10
PAIRS_NEEDED = 8
MEMORY = 0.3
PENALTY = 30.0
ROUNDS = 10
SMALLEST_ERROR = 0.05
FEW_LEVELS = 11
HOURS_A_SLOT = 3
PRIOR_PROMPTS = 5.0


@dataclass(frozen=True)
class Diary:
    """One person's prompts in order.

    Attributes:
        values: shape (prompts, items), NaN where an item was not answered.
        slots: shape (prompts,), part of the day 0 to 7; 0 throughout if no hours are known.
    """

    values: Floats
    slots: Integers


@dataclass(frozen=True)
class Past:
    """What is known after each prompt, in standard deviations of each item; shape (prompts, items).

    Attributes:
        last: the newest answer, older ones carried forward.
        mean: the person's own mean so far.
        times: how many answers that mean rests on.
        level: exponentially weighted mean.
        spread: mean absolute distance from the own mean so far, drawn towards that of all people.
    """

    last: Floats
    mean: Floats
    times: Floats
    level: Floats
    spread: Floats


@dataclass(frozen=True)
class Forecaster:
    """How answers move, as learnt from some people.

    Attributes:
        unit: shape (items,), standard deviation of each item over all people.
        typical: shape (items,), mean of each item over all people, in those units.
        usual_spread: shape (items,), mean absolute distance from the own mean, in those units.
        lowest, highest, step: shape (items,); step is 0 for items on a fine scale.
        slopes: shape (items, terms).
    """

    unit: Floats
    typical: Floats
    usual_spread: Floats
    lowest: Floats
    highest: Floats
    step: Floats
    slopes: Floats

    def past(self, diary: Diary) -> Past:
        """What is known after each prompt."""
        return _past(diary.values / self.unit, self.usual_spread)

    def predict(self, diary: Diary) -> Floats:
        """The next answer as seen after each prompt, shape (prompts, items); NaN where unknown.

        The last row looks beyond the diary, at the part of the day that its prompt had.
        """
        past = self.past(diary)
        slots = np.append(diary.slots[1:], diary.slots[-1:])
        result = np.empty_like(past.last)
        for item in range(len(self.unit)):
            terms = _terms(past, slots, item, float(self.typical[item]))
            result[:, item] = past.mean[:, item] + terms @ self.slopes[item]
        result = np.clip(result * self.unit, self.lowest, self.highest)
        rounded = np.round(result / np.where(self.step > 0, self.step, 1.0)) * self.step
        return np.where(self.step > 0, rounded, result)


def learn(diaries: Sequence[Diary]) -> Forecaster:
    """Learn how answers move from people's diaries.

    Raises:
        ValueError: if no diary has more than eleven prompts.
    """
    everything = np.concatenate([diary.values for diary in diaries])
    unit = np.nanstd(everything, axis=0)
    unit = np.where(unit > 0, unit, 1.0)
    usual = _typical_distance(diaries)
    items = len(unit)
    found = Forecaster(
        unit=unit,
        typical=np.nanmean(everything, axis=0) / unit,
        usual_spread=usual / unit,
        lowest=np.nanmin(everything, axis=0),
        highest=np.nanmax(everything, axis=0),
        step=np.array([_step(everything[:, item]) for item in range(items)]),
        slopes=np.zeros((items, 0)),
    )
    pasts = [found.past(diary) for diary in diaries]
    slopes = []
    for item in range(items):
        terms, targets = [], []
        for diary, past in zip(diaries, pasts, strict=True):
            slots = np.append(diary.slots[1:], diary.slots[-1:])
            after = np.append(diary.values[1:, item], np.nan) / unit[item] - past.mean[:, item]
            used = np.isfinite(after) & (np.arange(len(after)) >= HISTORY)
            used &= np.isfinite(diary.values[:, item])
            terms.append(_terms(past, slots, item, float(found.typical[item]))[used])
            targets.append(after[used])
        slopes.append(_least_absolute(np.concatenate(terms), np.concatenate(targets)))
    return Forecaster(**{**found.__dict__, "slopes": np.array(slopes)})


def _typical_distance(diaries: Sequence[Diary]) -> Floats:
    """The mean absolute distance of answers from the own mean, over all people, shape (items,)."""
    total, times = 0.0, 0.0
    for diary in diaries:
        there = np.isfinite(diary.values)
        count = there.sum(axis=0)
        mean = np.nansum(diary.values, axis=0) / np.maximum(count, 1)
        total = total + np.where(there, np.abs(diary.values - mean), 0.0).sum(axis=0)
        times = times + count
    return np.asarray(total / np.maximum(times, 1))


def last_value(diary: Diary) -> Floats:
    """The newest answer carried forward, shape (prompts, items)."""
    return _carried(diary.values)


def own_mean_and_persistence(diary: Diary) -> Floats:
    """The person's mean so far and an AR(1) around it, shape (prompts, items).

    The persistence is the least-squares slope of neighbouring distances from that mean, and 0
    before eight pairs of them.
    """
    values = diary.values
    mean, _ = _running_mean(values)
    last = _carried(values)
    result = mean.copy()
    for prompt in range(len(values)):
        distance = values[: prompt + 1] - mean[prompt]
        first, second = distance[:-1], distance[1:]
        both = np.isfinite(first) & np.isfinite(second)
        product = np.where(both, first * second, 0.0).sum(axis=0)
        square = np.where(both, first**2, 0.0).sum(axis=0)
        slope = np.where(
            (both.sum(axis=0) >= PAIRS_NEEDED) & (square > 0),
            product / np.where(square > 0, square, 1.0),
            0.0,
        )
        result[prompt] = mean[prompt] + np.clip(slope, -0.95, 0.95) * (last[prompt] - mean[prompt])
    return result


def slots_of(hours: Floats) -> Integers:
    """Parts of the day of three hours each, 0 to 7."""
    return np.asarray(np.clip(hours // HOURS_A_SLOT, 0, 7), dtype=np.int64)


def _past(values: Floats, usual_spread: Floats) -> Past:
    mean, times = _running_mean(values)
    last = _carried(values)
    level = np.full_like(values, np.nan)
    now = np.full(values.shape[1], np.nan)
    for prompt, row in enumerate(values):
        there = np.isfinite(row)
        moved = np.where(np.isfinite(now), now + MEMORY * (row - now), row)
        now = np.where(there, moved, now)
        level[prompt] = now
    distance = np.abs(np.where(np.isfinite(values), values - mean, np.nan))
    total = np.nancumsum(distance, axis=0) + PRIOR_PROMPTS * usual_spread
    return Past(last, mean, times, level, total / (times + PRIOR_PROMPTS))


def _running_mean(values: Floats) -> tuple[Floats, Floats]:
    times = np.cumsum(np.isfinite(values), axis=0).astype(float)
    total = np.nancumsum(values, axis=0)
    return np.where(times > 0, total / np.maximum(times, 1), np.nan), times


def _carried(values: Floats) -> Floats:
    """Each missing answer replaced by the newest one before it."""
    there = np.isfinite(values)
    place = np.maximum.accumulate(np.where(there, np.arange(len(values))[:, None], -1), axis=0)
    filled = np.take_along_axis(values, np.maximum(place, 0), axis=0)
    return np.where(place >= 0, filled, np.nan)


def _terms(past: Past, slots: Integers, item: int, typical: float) -> Floats:
    """What the next distance of an item from the own mean is explained by, shape (prompts, terms).

    A constant; the last three distances and the level of the item itself; how far the own mean is
    from that of all people, and how little it rests on; the last distance and the level of every
    other item; the part of the day.
    """
    distance = np.nan_to_num(past.last - past.mean)
    level = np.nan_to_num(past.level - past.mean)
    own = distance[:, item]
    before = np.concatenate([[0.0], own[:-1]])
    earlier = np.concatenate([[0.0, 0.0], own[:-2]])[: len(own)]
    away = np.nan_to_num(past.mean[:, item] - typical)
    others = np.delete(np.arange(distance.shape[1]), item)
    return np.column_stack(
        [
            np.ones(len(own)),
            own,
            before,
            earlier,
            level[:, item],
            away,
            away / np.sqrt(np.maximum(past.times[:, item], 1.0)),
            distance[:, others],
            level[:, others],
            np.eye(8)[slots],
        ]
    )


def _least_absolute(terms: Floats, targets: Floats) -> Floats:
    """Slopes with the least sum of absolute errors and a quadratic penalty, shape (terms,)."""
    penalty = PENALTY * np.eye(terms.shape[1])
    penalty[0, 0] = 1e-6
    if not len(targets):
        return np.zeros(terms.shape[1])
    weights = np.ones(len(targets))
    for _ in range(ROUNDS):
        weighted = terms.T * weights
        slopes = np.linalg.solve(weighted @ terms + penalty, weighted @ targets)
        weights = 1 / np.maximum(np.abs(targets - terms @ slopes), SMALLEST_ERROR)
        weights /= weights.mean()
    return np.asarray(slopes)


def _step(values: Floats) -> float:
    """The distance between the levels of a coarse scale, 0 for a fine one."""
    levels = np.unique(values[np.isfinite(values)])
    if not 2 <= len(levels) <= FEW_LEVELS:
        return 0.0
    steps = np.diff(levels)
    return (
        float(steps.min())
        if np.allclose(steps / steps.min(), np.round(steps / steps.min()))
        else 0.0
    )
