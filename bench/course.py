"""The charts on people who do not exist: false alarms, power and delay, beside a textbook chart.

    python -m bench.course [--quick] [--people 200] [--seed 20261125]

Every person is an AR(1) of persistence phi with a weekday pattern and 20 % of days missing. The
program's own chart is walked at the end of each day, as in use, one way of changing of one feature
with the whole budget, without margin and with those that ways of real features have. (a) counts
alarms of people who do not change, (b) adds 1 spread ramped over 14 days from day 120, (c) does
both with the textbook EWMA: weight .15, limit 2.7, centre and spread of 28 days, no weekdays, no
calibration.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from heartsease.science.course.calibration import MONTH_DAYS
from heartsease.science.course.chart import alarms, ewma
from heartsease.science.course.evaluation import RAMP_DAYS
from heartsease.science.course.walk import walk

BUDGETS = (0.025, 0.05, 0.1, 0.2)
MARGINS = (1.0, 1.1, 1.7)
DAYS = 240
CHANGE_DAY = 120
WITHIN = (14, 21, 30)
TEXTBOOK_LIMIT = 2.7
TEXTBOOK_DAYS = 28
ROWS = (("normal", 0.0), ("normal", 0.3), ("normal", 0.6), ("heavy", 0.3), ("skewed", 0.3))


@dataclass
class Count:
    """Alarms begun in so many months, and waits for alarms after an added change."""

    began: float = 0.0
    months: float = 0.0
    squares: float = 0.0
    people: int = 0
    at_once: int = 0
    waits: tuple[float, ...] = ()

    def add(self, began: int, months: float) -> None:
        self.began += began
        self.months += months
        self.squares += began**2
        self.people += 1

    @property
    def rate(self) -> float:
        return self.began / self.months

    @property
    def error(self) -> float:
        """Standard error of the rate; people are independent, a person's alarms are not."""
        return max(self.squares - self.began**2 / self.people, 1.0) ** 0.5 / self.months

    def found(self, days: int) -> float:
        return float(np.mean([wait <= days for wait in self.waits]))

    @property
    def delay(self) -> float:
        waits = [wait for wait in self.waits if wait <= max(WITHIN)]
        return float(np.mean(waits)) if waits else np.nan


def person(rng: np.random.Generator, shape: str, phi: float, days: int = DAYS) -> np.ndarray:
    """One unchanged person's days, spread 1 around weekdays, NaN where missing."""
    noise = rng.standard_normal(days + 50)
    if shape == "heavy":
        noise = rng.standard_t(4, days + 50) / 2**0.5
    values = noise.copy()
    for day in range(1, len(values)):
        values[day] = phi * values[day - 1] + (1 - phi**2) ** 0.5 * noise[day]
    values = values[50:]
    if shape == "skewed":
        values = (np.exp(0.6 * values) - np.exp(0.18)) / (np.exp(0.36) * np.expm1(0.36)) ** 0.5
    values = values + rng.normal(0, 0.5, 7)[np.arange(days) % 7]
    values[rng.random(days) < 0.2] = np.nan
    return values


def ramped(values: np.ndarray) -> np.ndarray:
    """The days with 1 spread more from CHANGE_DAY on, ramped over 14 days."""
    return values + np.clip((np.arange(len(values)) - CHANGE_DAY + 1) / RAMP_DAYS, 0, 1)


def textbook(values: np.ndarray, since: int) -> np.ndarray:
    """On which days from `since` on the textbook chart is beyond its limit and not back to half."""
    known = values[since - TEXTBOOK_DAYS : since]
    left = (values[since:] - np.nanmean(known)) / np.nanstd(known, ddof=1)
    return alarms(ewma(left), TEXTBOOK_LIMIT)


def beginnings(on: np.ndarray) -> int:
    return int(on[0]) + int((on[1:] & ~on[:-1]).sum())


def measure(
    shape: str, phi: float, people: int, seed: int
) -> tuple[dict[tuple[float, float], Count], Count]:
    """Walk through so many people; our counts by budget and margin, and the textbook's."""
    rng = np.random.default_rng([seed, int(phi * 10), len(shape)])
    ours = {(budget, margin): Count() for margin in MARGINS for budget in BUDGETS}
    book, weekdays, sign = Count(), np.arange(DAYS) % 7, {"feature": 1}
    places = range(CHANGE_DAY, CHANGE_DAY + max(WITHIN))
    for number in range(people):
        values = person(rng, shape, phi) * (-1) ** number
        quiet = walk({"feature": values}, sign, weekdays, BUDGETS)
        after = walk({"feature": ramped(values)}, sign, weekdays, BUDGETS, places=places)
        for (budget, margin), count in ours.items():
            began = quiet.began(budget, margin)
            count.add(len(began), float(quiet.judged.sum()) / MONTH_DAYS)
            count.at_once += sum(place == quiet.judged.argmax() for place in began)
            if not quiet.is_on(budget, margin)[CHANGE_DAY - 1]:
                found = after.began(budget, margin)
                count.waits += (found[0] - CHANGE_DAY + 1.0 if found else np.nan,)
        on = textbook(values, TEXTBOOK_DAYS)
        book.add(beginnings(on), len(on) / MONTH_DAYS)
        days = np.flatnonzero(textbook(ramped(values), CHANGE_DAY)[: max(WITHIN)])
        book.waits += (float(days[0]) + 1 if len(days) else np.nan,)
    return ours, book


def line(words: str, count: Count) -> str:
    shares = "  ".join(f"{count.found(days):4.0%}" for days in WITHIN)
    return (
        f"{words}  {count.rate:.3f} [{max(count.rate - 1.96 * count.error, 0):.3f}, "
        f"{count.rate + 1.96 * count.error:.3f}]  {{ratio:>9}}  {shares}  {count.delay:5.1f}"
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20 people a row, minutes")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261125)
    chosen = parser.parse_args(arguments)
    people = 20 if chosen.quick else chosen.people
    print(f"{people} people a row, {DAYS} days each, seed {chosen.seed}")
    print(
        "days        phi  margin budget   false alarms a month  to budget  14 d  21 d  30 d  delay"
    )
    for shape, phi in ROWS:
        ours, book = measure(shape, phi, people, chosen.seed)
        for (budget, margin), count in ours.items():
            words = f"{shape:<10} {phi:4.1f}  {margin:<6} {budget:<6}"
            print(line(words, count).format(ratio=f"{count.rate / budget:.2f}"), flush=True)
        plain = ours[0.1, 1.0]
        times = book.rate / plain.rate if plain.began else np.inf
        words = f"{shape:<10} {phi:4.1f}  textbook     "
        print(line(words, book).format(ratio=f"{times:.1f}x .1"))
        first = plain.at_once / max(plain.began, 1)
        print(f"{'':<15}of the alarms at .1, {first:.0%} came with the first verdict", flush=True)


if __name__ == "__main__":
    main()
