"""Dating, response to treatment and the look ahead: how right, how wide, how dear.

    python -m bench.looking_back [--quick] [--days days.csv]

On simulated AR(1) days: how many changes are cut where there is none, how far off the day of a
change of 1 and 2 spreads is (PELT), how often its range and the set of days holding 80 % (Bayesian
online) contain it; what the 95 % interval of a shift covers where the level drifts. With `--days`
(columns person, time and a column a feature, as from `bench/lifesnaps_days.py`): the look ahead as
in use, against the last value and mean with pull, on the last 40 days of everybody. Cost of each.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from heartsease.science.course import ahead
from heartsease.science.course.ahead import Ahead
from heartsease.science.course.dating import date_changes
from heartsease.science.course.onset import last_onset
from heartsease.science.course.response import Response, response_to
from heartsease.science.course.series import DailySeries
from heartsease.science.intervals import ratio, resampled

FIRST, DAYS = np.datetime64("2026-01-01"), 150
NEAR_DAYS = 30


def persistent(phi: float, seed: int, days: int = DAYS) -> np.ndarray:
    """AR(1) of variance 1."""
    noise = np.random.default_rng(seed).standard_normal(days)
    for day in range(1, days):
        noise[day] = phi * noise[day - 1] + (1 - phi**2) ** 0.5 * noise[day]
    return noise


def series(values: np.ndarray) -> DailySeries:
    return DailySeries(FIRST + np.arange(len(values)), values)


def cost(job: Callable[[], object], count: int = 20) -> float:
    """Milliseconds of CPU a call."""
    begun = time.process_time()
    for _ in range(count):
        job()
    return (time.process_time() - begun) / count * 1000


def dating(people: int) -> None:
    """Print how well changes are dated."""
    for phi in (0.0, 0.3, 0.6):
        quiet = [date_changes(series(persistent(phi, seed))) for seed in range(people)]
        false = np.mean([len(one.changes) for one in quiet if one])
        print(f"phi {phi}: {false:.3f} changes cut in {DAYS} days without any")
        for size in (1, 2):
            _dated(phi, size, people)
    values = series(persistent(0.3, 1, 210))
    print(
        f"cost of 210 days: PELT {cost(lambda: date_changes(values)):.1f} ms, Bayesian online "
        f"{cost(lambda: last_onset(values)):.1f} ms"
    )


def _dated(phi: float, size: float, people: int) -> None:
    errors, ranges, held, widths = [], [], [], []
    for seed in range(people):
        place = int(np.random.default_rng([seed, 2]).integers(50, 120))
        values = persistent(phi, seed)
        values[place:] += size
        true = (FIRST + place).astype(object)
        found = date_changes(series(values))
        near = (
            [one for one in found.changes if found and abs((one.on - true).days) <= NEAR_DAYS]
            if found
            else []
        )
        if near:
            best = min(near, key=lambda one: abs((one.on - true).days))
            errors.append(abs((best.on - true).days))
            ranges.append(best.earliest <= true <= best.latest)
        onset = last_onset(series(values))
        if onset:
            held.append(onset.earliest <= true <= onset.latest)
            widths.append(onset.width_days)
    print(
        f"  {size} spread: PELT finds {len(errors) / people:.0%}, off by {np.median(errors):.0f} d "
        f"(median), its range holds {np.mean(ranges):.0%}; 80 % set holds {np.mean(held):.0%}, "
        f"{np.median(widths):.0f} d wide (median)"
    )


def response(people: int) -> None:
    """Print what the interval of a shift of 1 covers, by drift and length."""
    for drift in (0.0, 0.01, 0.1, 0.5):
        said = []
        for count in (8, 12, 60, 150):
            inside, clear = [], []
            for seed in range(people):
                rng = np.random.default_rng(seed)
                level = np.cumsum(rng.normal(0, drift**0.5, count))
                values = level + rng.normal(0, 1, count) + (np.arange(count) >= count // 2)
                days = FIRST + np.arange(count)
                found = response_to(days, values, days[count // 2].astype(object))
                if isinstance(found, Response):
                    inside.append(found.low <= 1 <= found.high)
                    clear.append(found.low > 0)
            said.append(f"n {count}: {np.mean(inside):.0%} (clear {np.mean(clear):.0%})")
        print(f"drift {drift} a day: the 95 % interval holds " + ", ".join(said))
    days, values = FIRST + np.arange(150), persistent(0.3, 1)
    on = days[75].astype(object)
    print(f"cost of 150 days: {cost(lambda: response_to(days, values, on)):.1f} ms")


def luck(people: int) -> None:
    """Print how often the look ahead speaks of days without any memory."""
    days = [np.random.default_rng([seed, 7]).normal(0, 1, 112) for seed in range(people)]
    spoke = np.mean([isinstance(ahead.next_day(series(one)), Ahead) for one in days])
    print(f"days without memory: the look ahead speaks of {spoke:.1%} of {people} people")


def looking_ahead(path: Path) -> None:
    """Print the look ahead on real days, as in use, with intervals from resampled persons."""
    table = pl.read_csv(path, try_parse_dates=True)
    for horizon, name in ((1, "day"), (7, "week")):
        for column in table.columns[2:]:
            asked, errors = 0, []
            for own in table.partition_by("person"):
                found = own.select("time", column).drop_nulls()
                if found.height >= 50:
                    rows = dict(found.iter_rows())
                    tried, spoken = _tried(DailySeries.of(rows, min(rows), max(rows)), horizon)
                    asked += tried
                    errors.append(np.array(spoken).reshape(-1, 4))
            spoken = sum(len(one) for one in errors)
            if not spoken:
                print(f"next {name}, {column}: never speaks ({asked} days)")
                continue
            own, last, mean, inside = np.array([one.sum(axis=0) for one in errors]).T
            counts = np.array([float(len(one)) for one in errors])
            weights = resampled(len(errors), 0)
            print(
                f"next {name}, {column}: speaks on {spoken / asked:.0%} of {asked} days "
                f"({int((counts > 0).sum())} people), error {_spared(own, last, weights)} below "
                f"the last value, {_spared(own, mean, weights)} below mean and pull; 80 % range "
                f"holds {_share(inside, counts, weights)}"
            )


def _spared(own: np.ndarray, other: np.ndarray, weights: np.ndarray) -> str:
    share, (low, high) = ratio(own, other, weights)
    return f"{1 - share:.0%} [{1 - high:.0%}, {1 - low:.0%}]"


def _share(part: np.ndarray, whole: np.ndarray, weights: np.ndarray) -> str:
    share, (low, high) = ratio(part, whole, weights)
    return f"{share:.0%} [{low:.0%}, {high:.0%}]"


def _tried(whole: DailySeries, horizon: int) -> tuple[int, list[tuple[float, ...]]]:
    """How often it was asked on one person's last 40 days, and its errors where it spoke."""
    asked, errors = 0, []
    for place in range(max(len(whole.values) - 40, 60), len(whole.values) - horizon + 1):
        coming = whole.values[place : place + horizon]
        if np.isfinite(coming).sum() < (1 if horizon == 1 else ahead.WEEK_VALUES):
            continue
        asked += 1
        part = DailySeries(whole.days[:place], whole.values[:place])
        found = ahead.next_day(part) if horizon == 1 else ahead.next_week(part)
        simple = ahead._guess(part, place, horizon)
        if isinstance(found, Ahead) and simple is not None:
            truth = float(np.nanmean(coming))
            errors.append(
                (
                    abs(found.value - truth),
                    abs(simple.last - truth),
                    abs(simple.mean - truth),
                    float(found.low <= truth <= found.high),
                )
            )
    return asked, errors


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--days", type=Path)
    chosen = parser.parse_args(arguments)
    people = 40 if chosen.quick else 200
    dating(people)
    response(people)
    luck(people)
    if chosen.days:
        looking_ahead(chosen.days)


if __name__ == "__main__":
    main()
