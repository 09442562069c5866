"""How often the charts cry wolf, and how soon they see a change, on the days of a given table.

Every person's real days are walked through as in use. Alarms on the days as given bound the false
ones from above, because some changes are real. Then a change of known size is added to real days,
in all features of one way of changing at once.

How much wider than a person's own days suggest a limit has to be (the margin of a way) is not tuned
on the people whom it is reported on: people are halved at random, the margin is set on one half and
the figures are taken from the other, both ways round, in twenty different halvings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ..errors import CannotEvaluate
from .baseline import fit
from .calibration import MONTH_DAYS
from .domains import Signs, Way, shares
from .series import PersonDays
from .table import Table, read
from .walk import Walk, walk

Floats = npt.NDArray[np.float64]
Weekdays = npt.NDArray[np.int64]
Key = tuple[str, str]
Margins = Mapping[Key, float]
WITHIN_DAYS = (7, 14, 21, 30)
BUDGETS = (0.05, 0.1, 0.2)
RAMP_DAYS = 14
SIZE_SPREADS = 1.0
TRIALS = 3
SPREAD_DAYS = 84
LEAST_DAYS_AFTER = 15
HALVINGS = 20
LEAST_PERSONS, LEAST_MONTHS = 20, 15
HALF = 0.5
MARGINS = np.round(np.arange(0.6, 3.001, 0.05), 2)
NOTE = (
    "False alarms per person-month are counted on the days as given: an upper bound, because a "
    "real change counts as false. Added changes: 1 own spread, ramped over 14 days, in all "
    "features of a way of changing. With people enough the margin of the limits is set on half of "
    "them and reported on the others; otherwise the shipped margin is used. as_shipped: with the "
    "shipped margins for everybody, as in use; on the sets that they were taken from these figures "
    "are no test of them. Columns that are not known get their signs from these same days."
)


@dataclass(frozen=True)
class Trial:
    """One added change: in which way, and the chart's days from it on."""

    key: Key
    after: Walk


@dataclass(frozen=True)
class Case:
    """One person's days, walked through in every way for which there are data."""

    person: str
    walks: Mapping[Key, Walk]
    trials: tuple[Trial, ...]
    share: Mapping[Key, float]

    @property
    def months(self) -> float:
        """Person-months on which anything could be said."""
        judged = np.any([one.judged for one in self.walks.values()], axis=0)
        return float(judged.sum()) / MONTH_DAYS

    def alarms(self, key: Key, budget: float, margin: float) -> int:
        """How many alarms of one way began on the days as given."""
        return len(self.walks[key].began(budget, margin)) if key in self.walks else 0

    def allowed(self, key: Key, budget: float) -> float:
        """How many false alarms of one way its share of the budget allows."""
        if key not in self.walks:
            return 0.0
        months = float(self.walks[key].judged.sum()) / MONTH_DAYS
        return budget * self.share[key] * months


@dataclass
class Counts:
    """What is counted of each person, shape (persons,)."""

    months: Floats
    alarms: Floats
    tried: Floats
    found: dict[int, Floats]
    waited: Floats


def evaluate_course(
    frame: pl.DataFrame,
    *,
    budget: float,
    directions: Mapping[str, int] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Report false alarms, the detection of added changes, and forecasts where there are prompts.

    Args:
        frame: long (person, day, feature, value) or wide (person, time, a column a feature).
        budget: false alarms per person-month, for everything that is watched of a person.
        directions: per feature of a long table; goes before its column.
        seed: of starting days, halvings and resampling.

    Raises:
        CannotEvaluate: if the table or the budget cannot be used.
    """
    from .before_events import before_events
    from .forecasting import evaluate_forecasts

    if not budget > 0:
        raise CannotEvaluate("A budget of false alarms must be above 0.")
    table = read(frame, directions)
    budgets = tuple(sorted({*BUDGETS, budget}))
    everybody = list(cases(table, budgets, seed))
    spoken = [one for one in everybody if one.months > 0]
    ways = {
        (domain, name): way
        for domain, about in table.domains.items()
        for name, way in about.ways.items()
    }
    result: dict[str, Any] = {
        "persons": len(table.courses),
        "silent": len(table.courses) - len(spoken),
        "days": sum(_days(course) for course in table.courses.values()),
        "budget": budget,
        **figures(spoken, ways, budget, seed),
        "by_budget": {
            str(one): without_intervals(figures(spoken, ways, one, seed)) for one in budgets
        },
        "as_shipped": figures(spoken, ways, budget, seed, as_shipped=True),
        "ways": _ways(spoken, ways, budget),
    }
    if any(table.events.values()):
        result["events"] = before_events(table, spoken, ways, budget, within=max(WITHIN_DAYS))
    if table.prompts is not None:
        result["forecast"] = evaluate_forecasts(table.prompts, seed=seed)
    return {**result, "note": NOTE}


def cases(table: Table, budgets: Sequence[float], seed: int) -> Iterator[Case]:
    """Everybody's days, walked through as given and with changes added.

    1. A person's budget is shared by weight by the ways of changing for which there are data.
    2. In each domain up to three days by seed, from which 30 are left and before which something
       could be said, begin an added change in the way with most features.
    """
    for number, (person, course) in enumerate(table.courses.items()):
        generator = np.random.default_rng([seed, number])
        open_to = {
            domain: {
                name: way for name, way in about.ways.items() if way.features_in(course.values)
            }
            for domain, about in table.domains.items()
        }
        share = shares(
            {(domain, name): way for domain, ways in open_to.items() for name, way in ways.items()},
            1.0,
        )
        walks: dict[Key, Walk] = {}
        trials: list[Trial] = []
        for domain, ways in open_to.items():
            for name, way in ways.items():
                own = {one * share[domain, name]: one for one in budgets}
                walks[domain, name] = _walked(course, way.signs, own)
            if ways:
                features = {name: len(way.features_in(course.values)) for name, way in ways.items()}
                most = [name for name in ways if features[name] == max(features.values())]
                chosen = most[int(generator.integers(len(most)))]
                key = domain, chosen
                own = {one * share[key]: one for one in budgets}
                trials += _trials(course, key, ways[chosen], walks[key], own, generator)
        if walks:
            yield Case(person, walks, tuple(trials), share)


def _walked(
    course: PersonDays, signs: Signs, shares: Mapping[float, float], places: range | None = None
) -> Walk:
    """A walk whose limits are named by the person's budget instead of the share of one way."""
    weekdays = (course.days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    walked = walk(course.values, signs, weekdays, tuple(shares), places=places)
    cut = slice(places.start, places.stop) if places is not None else slice(None)
    limits = {shares[own]: limit[cut] for own, limit in walked.limits.items()}
    return Walk(walked.chart[cut], limits, walked.heard[cut])


def _trials(
    course: PersonDays,
    key: Key,
    way: Way,
    walked: Walk,
    shares: Mapping[float, float],
    generator: np.random.Generator,
) -> Iterator[Trial]:
    """Changes added to one person's days in one way."""
    starts = _starts(course, way.signs, walked)
    for start in sorted(generator.permutation(starts)[:TRIALS].tolist()):
        places = range(start, start + max(WITHIN_DAYS))
        changed = with_change(course, way.signs, start)
        yield Trial(key, _walked(changed, way.signs, shares, places))


def _starts(course: PersonDays, signs: Signs, walked: Walk) -> npt.NDArray[np.int64]:
    """Days on which a change may be added.

    On the day before something could be said and no alarm can have been open (below half of the
    lowest limit), 30 days are left, and on half of them at least one feature has data.
    """
    count, longest = len(walked.chart), max(WITHIN_DAYS)
    places = np.arange(1, count - longest + 1)
    quiet = walked.chart < 0.5 * np.min(list(walked.limits.values()), axis=0)
    there = np.zeros(count, dtype=np.bool_)
    for feature in signs:
        if feature in course.values:
            there |= np.isfinite(course.values[feature])
    total = np.concatenate([[0], np.cumsum(there)])
    enough = total[places + longest] - total[places] >= LEAST_DAYS_AFTER
    return np.asarray(places[quiet[places - 1] & enough])


def with_change(
    course: PersonDays, signs: Signs, start: int, size: float = SIZE_SPREADS
) -> PersonDays:
    """The course with a lasting change of so many own spreads in each feature, ramped over 14 days.

    The spread is that of the twelve weeks before.
    """
    values = dict(course.values)
    before = slice(max(start - SPREAD_DAYS, 0), start)
    weekdays = (course.days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    ramp = np.minimum(np.arange(1, len(course.days) - start + 1) / RAMP_DAYS, 1.0)
    for feature, sign in signs.items():
        if feature not in values:
            continue
        usual = fit(values[feature][before], weekdays[before])
        changed = values[feature].copy()
        changed[start:] += sign * size * (usual.spread if usual is not None else 0.0) * ramp
        values[feature] = changed
    return PersonDays(course.days, values, course.directions)


def margin_for(own: Sequence[Case], key: Key, budget: float) -> float:
    """The smallest margin with which these people's alarms of one way hold its share.

    After N alarms in a stretch N + 1/2 are to be expected in the next one like it (the mean of a
    Poisson rate with Jeffreys' prior), so half an alarm is counted on top: without it the margin
    that just held on some people let through a third more on others.
    """
    allowed = sum(one.allowed(key, budget) for one in own)
    low, high = 0, len(MARGINS) - 1
    while low < high:
        middle = (low + high) // 2
        if sum(one.alarms(key, budget, float(MARGINS[middle])) for one in own) + HALF <= allowed:
            high = middle
        else:
            low = middle + 1
    return float(MARGINS[high])


def _is_enough(own: Sequence[Case], key: Key) -> bool:
    """Whether a way has people and months enough to set its margin on half of them."""
    months = [one.walks[key].judged.sum() / MONTH_DAYS for one in own if key in one.walks]
    return sum(month > 0 for month in months) >= LEAST_PERSONS and sum(months) >= LEAST_MONTHS


def figures(
    own: Sequence[Case],
    ways: Mapping[Key, Way],
    budget: float,
    seed: int,
    *,
    as_shipped: bool = False,
) -> dict[str, Any]:
    """All figures at one budget with 95 % intervals from resampled persons.

    Args:
        as_shipped: whether every margin is the shipped one.
    """
    from ..intervals import ratio, resampled

    counts = count(own, ways, budget, seed, as_shipped=as_shipped)
    weights = resampled(len(own), seed)
    rate = ratio(counts.alarms, counts.months, weights)
    shares = {days: ratio(found, counts.tried, weights) for days, found in counts.found.items()}
    delay = ratio(counts.waited, counts.found[max(WITHIN_DAYS)], weights)
    return {
        "person_months": float(counts.months.sum()),
        "false_alarms_per_person_month": rate[0],
        "false_alarms_per_person_month_ci": rate[1],
        "added_changes": int(counts.tried.sum()),
        "detected": {str(days): share for days, (share, _) in shares.items()},
        "detected_ci": {str(days): interval for days, (_, interval) in shares.items()},
        "delay_days": delay[0],
        "delay_days_ci": delay[1],
    }


def without_intervals(found: Mapping[str, Any]) -> dict[str, Any]:
    """Figures without their intervals."""
    return {name: value for name, value in found.items() if not name.endswith("_ci")}


def count(
    own: Sequence[Case],
    ways: Mapping[Key, Way],
    budget: float,
    seed: int,
    *,
    as_shipped: bool = False,
) -> Counts:
    """Alarms and waits of each person, with margins that were set without them where possible."""
    found = {days: np.zeros(len(own)) for days in WITHIN_DAYS}
    counts = Counts(
        months=np.array([one.months for one in own]),
        alarms=np.zeros(len(own)),
        tried=np.array([float(len(one.trials)) for one in own]),
        found=found,
        waited=np.zeros(len(own)),
    )
    for key, way in ways.items():
        margins = (
            np.full((1, len(own)), way.margin)
            if as_shipped
            else _margins(own, key, way, budget, seed)
        )
        for place, one in enumerate(own):
            if key not in one.walks:
                continue
            values, times = np.unique(margins[:, place], return_counts=True)
            for margin, share in zip(values, times / len(margins), strict=True):
                counts.alarms[place] += share * one.alarms(key, budget, float(margin))
                for trial in one.trials:
                    if trial.key == key:
                        _add(counts, place, trial, budget, float(margin), float(share))
    return counts


def _add(
    counts: Counts, place: int, trial: Trial, budget: float, margin: float, share: float
) -> None:
    """Count one added change with the weight of the halvings that gave this margin."""
    began = trial.after.began(budget, margin)
    if not began:
        return
    wait = began[0] + 1
    for days in WITHIN_DAYS:
        counts.found[days][place] += share * (wait <= days)
    counts.waited[place] += share * wait


def _margins(own: Sequence[Case], key: Key, way: Way, budget: float, seed: int) -> Floats:
    """The margin of each person in each halving, shape (halvings, persons)."""
    if not _is_enough(own, key):
        return np.full((1, len(own)), way.margin)
    result = np.empty((HALVINGS, len(own)))
    for number in range(HALVINGS):
        order = np.random.default_rng([seed, number, 2]).permutation(len(own))
        halves = order[: len(own) // 2], order[len(own) // 2 :]
        for one, other in (halves, halves[::-1]):
            result[number, other] = margin_for([own[place] for place in one], key, budget)
    return result


def _ways(own: Sequence[Case], ways: Mapping[Key, Way], budget: float) -> dict[str, Any]:
    """Of each way: the margin that holds the budget on all these people, and the shipped one."""
    result = {}
    for key, way in ways.items():
        months = sum(one.walks[key].judged.sum() for one in own if key in one.walks) / MONTH_DAYS
        if months > 0:
            result[f"{key[0]}: {way.words}"] = {
                "person_months": float(months),
                "margin": "other half of people" if _is_enough(own, key) else "shipped",
                "margin_here": margin_for(own, key, budget),
                "margin_shipped": way.margin,
            }
    return result


def _days(course: PersonDays) -> int:
    """Days on which any feature has a value."""
    there = [np.isfinite(values) for values in course.values.values()]
    return int(np.any(there, axis=0).sum()) if there else 0
