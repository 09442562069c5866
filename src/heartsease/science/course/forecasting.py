"""How well the next answer is foreseen for people who were not learnt from.

People are divided into five parts; each part is forecast by what was learnt on the others. Beside
every figure stand the two simple forecasts that must be beaten: the last value carried forward, and
the person's own mean with an AR(1) around it. The program does not speak for a person and item
whose past forecasts were no better than the better of these two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ..intervals import ratio, resampled
from .forecast import (
    HISTORY,
    Diary,
    Forecaster,
    last_value,
    learn,
    own_mean_and_persistence,
    slots_of,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
PARTS = 5
LEAST_PERSONS = 10
LEAST_PROMPTS = 20
MOST_ITEMS = 60
COVERAGE = 0.8
PACE = 0.06
STARTS = (0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
LEAST_FORECASTS = 10


@dataclass(frozen=True)
class Foreseen:
    """One person's forecasts and what came; shape (prompts, items), NaN where nothing is scored.

    Attributes:
        error, last, ar: absolute errors of the model and of the two simple forecasts.
        covered: 1 where the 80 % interval held the answer, else 0.
        spoken: where the program would have spoken.
    """

    error: Floats
    last: Floats
    ar: Floats
    covered: Floats
    spoken: Bools


def evaluate_forecasts(prompts: pl.DataFrame, *, seed: int) -> dict[str, Any]:
    """Forecast everybody's next prompt, item by item.

    Args:
        prompts: person, time and one column an item, in order.
        seed: of the division of people.

    Returns:
        By item, and as "all" over all of them in standard deviations of each item: mae,
        mae_last_value, mae_ar_mean (where the program speaks), coverage_80, abstained, mae_all
        and its counterparts (everywhere), better_than_last and better_than_ar with intervals. Or
        `not_evaluated` with a reason.
    """
    items = [name for name in prompts.columns if name not in ("person", "time")][:MOST_ITEMS]
    diaries = [
        diary
        for own in prompts.partition_by("person", maintain_order=True)
        if len((diary := _diary(own, items)).values) >= LEAST_PROMPTS
    ]
    if len(diaries) < LEAST_PERSONS:
        return {
            "not_evaluated": f"{len(diaries)} people have {LEAST_PROMPTS} prompts or more; "
            f"{LEAST_PERSONS} are needed."
        }
    order = np.random.default_rng([seed, 5]).permutation(len(diaries))
    found: list[Foreseen] = []
    units = np.nanstd(np.concatenate([one.values for one in diaries]), axis=0)
    for part in range(PARTS):
        held = set(order[part::PARTS].tolist())
        others = [one for place, one in enumerate(diaries) if place not in held]
        forecaster = learn(others)
        width = _width(forecaster, others)
        found += [foresee(diaries[place], forecaster, width) for place in sorted(held)]
    result = {name: _figures(found, place, seed) for place, name in enumerate(items)}
    return {**result, "all": _over_all(found, units, seed)}


def _diary(own: pl.DataFrame, items: list[str]) -> Diary:
    values = own.select(items).to_numpy().astype(float)
    answered = np.isfinite(values).any(axis=1)
    hours = own["time"].dt.hour().to_numpy().astype(float)
    return Diary(values[answered], slots_of(hours)[answered])


def foresee(diary: Diary, forecaster: Forecaster, width: Floats) -> Foreseen:
    """Forecast each next prompt of one person, from what was known before it.

    The interval is the forecast give or take a width in the person's own spreads. The width begins
    with what held 80 % of other people's answers, and follows this person's: wider after a miss,
    narrower after a hit, so that in the long run 80 % are held (Gibbs & Candes 2021).

    Args:
        width: shape (items,).
    """
    after = np.vstack([diary.values[1:], np.full((1, diary.values.shape[1]), np.nan)])
    scored = np.isfinite(after) & np.isfinite(diary.values)
    scored[:HISTORY] = False
    value = forecaster.predict(diary)
    ar = own_mean_and_persistence(diary)
    rounded = np.round(ar / np.where(forecaster.step > 0, forecaster.step, 1)) * forecaster.step
    ar = np.where(forecaster.step > 0, rounded, ar)
    error, last, own = (
        np.where(scored, np.abs(one - after), np.nan) for one in (value, last_value(diary), ar)
    )
    scale = forecaster.past(diary).spread * forecaster.unit
    covered, wide = np.full(after.shape, np.nan), width.copy()
    for prompt in range(len(after)):
        inside = error[prompt] <= wide * scale[prompt]
        now = scored[prompt]
        covered[prompt, now] = inside[now]
        step = np.where(inside, -(1 - COVERAGE), COVERAGE) * PACE
        wide = np.where(now, np.maximum(wide * np.exp(step), 0.01), wide)
    return Foreseen(error, last, own, covered, _speaks(error, last, own) & scored)


def _speaks(error: Floats, last: Floats, ar: Floats) -> Bools:
    """Where past forecasts of the same item were better than the better simple forecast.

    Before ten forecasts it speaks, for there is nothing yet that tells against it.
    """
    times = np.cumsum(np.isfinite(error), axis=0)
    sums = [np.nancumsum(one, axis=0) for one in (error, last, ar)]
    before = [np.vstack([np.zeros((1, one.shape[1])), one[:-1]]) for one in (*sums, times)]
    better = before[0] <= np.minimum(before[1], before[2])
    return np.asarray(better | (before[3] < LEAST_FORECASTS))


def _width(forecaster: Forecaster, diaries: list[Diary]) -> Floats:
    """The first width of the intervals, in own spreads, shape (items,).

    On a coarse scale many errors are equal, and the width that holds 80 % at first holds more once
    it follows the person. So of several the one is taken with which, following each of these
    people, closest to 80 % were held.
    """
    away = []
    for diary in diaries:
        after = np.vstack([diary.values[1:], np.full((1, diary.values.shape[1]), np.nan)])
        scale = forecaster.past(diary).spread * forecaster.unit
        own = np.abs(forecaster.predict(diary) - after) / np.where(scale > 0, scale, np.nan)
        own[:HISTORY] = np.nan
        away.append(own)
    widths = np.nanquantile(np.concatenate(away), STARTS, axis=0)
    widths = np.where(np.isfinite(widths), np.maximum(widths, 0.01), 1.0)
    held = []
    for width in widths:
        covered = [foresee(diary, forecaster, width).covered for diary in diaries]
        held.append(np.nanmean(np.concatenate(covered), axis=0))
    best = np.argmin(np.abs(np.array(held) - COVERAGE), axis=0)
    return np.asarray(widths[best, np.arange(widths.shape[1])])


def _figures(found: list[Foreseen], item: int, seed: int) -> dict[str, Any]:
    """The figures of one item, in its own unit."""
    spoken = [one.spoken[:, item] for one in found]
    scored = [np.isfinite(one.error[:, item]) for one in found]
    result = _errors(found, spoken, item, None, seed)
    everywhere = _errors(found, scored, item, None, seed)
    result |= {f"{name}_all": everywhere[name] for name in ("mae", "mae_last_value", "mae_ar_mean")}
    return result | _abstained(spoken, scored)


def _over_all(found: list[Foreseen], units: Floats, seed: int) -> dict[str, Any]:
    """The figures of all items together, each in its own standard deviations."""
    spoken = [one.spoken for one in found]
    scored = [np.isfinite(one.error) for one in found]
    result = _errors(found, spoken, None, units, seed)
    everywhere = _errors(found, scored, None, units, seed)
    names = ("mae", "mae_last_value", "mae_ar_mean", "better_than_last", "better_than_ar")
    result |= {f"{name}_all": everywhere[name] for name in names}
    return result | _abstained(spoken, scored)


def _abstained(spoken: list[Bools], scored: list[Bools]) -> dict[str, Any]:
    total = sum(int(one.sum()) for one in scored)
    said = sum(int(one.sum()) for one in spoken)
    return {"forecasts": total, "abstained": 1 - said / total if total else None}


def _errors(
    found: list[Foreseen], where: list[Bools], item: int | None, units: Floats | None, seed: int
) -> dict[str, Any]:
    """Mean absolute errors over people's forecasts, gains over the simple ones, and coverage."""
    weights = resampled(len(found), seed)
    scale = units if units is not None else 1.0
    sums: dict[str, list[float]] = {"error": [], "last": [], "ar": [], "covered": []}
    count = []
    for one, used in zip(found, where, strict=True):
        pick = slice(None) if item is None else item
        for name, rows in sums.items():
            values = getattr(one, name)[:, pick]
            values = values if name == "covered" else values / scale
            rows.append(float(values[used].sum()))
        count.append(float(used.sum()))
    figures: dict[str, Any] = {}
    for name, key in (
        ("mae", "error"),
        ("mae_last_value", "last"),
        ("mae_ar_mean", "ar"),
        ("coverage_80", "covered"),
    ):
        figures[name], figures[f"{name}_ci"] = ratio(sums[key], count, weights)
    for name, key in (("better_than_last", "last"), ("better_than_ar", "ar")):
        share, interval = ratio(sums["error"], sums[key], weights)
        figures[name] = None if share is None else 1 - share
        figures[f"{name}_ci"] = None if interval is None else [1 - one for one in interval[::-1]]
    return figures
