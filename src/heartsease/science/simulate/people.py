"""People who do not exist: one story each, coherent over wearables, check-ins and questionnaires.

Everything made here is simulated and says so. Numbers are chosen to look like common courses;
nothing is fitted to anybody, and nothing measured on them may be claimed of real people.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from .. import instruments

Floats = npt.NDArray[np.float64]
CHANGED_DAYS = 16


class UnknownStory(ValueError):
    """No story has this name."""


@dataclass(frozen=True)
class SimulatedCheckIn:
    """One day's answers, 1 to 5 or none."""

    day: date
    mood: int | None
    sleep_quality: int | None
    energy: int | None
    worry: int | None
    note: str = ""


@dataclass(frozen=True)
class SimulatedAnswers:
    """Answers to a questionnaire, by item number."""

    day: date
    instrument: str
    answers: dict[int, int]


@dataclass(frozen=True)
class SimulatedPerson:
    """Somebody who does not exist.

    Attributes:
        features: columns day, feature, value, data_yield.
    """

    story: str
    simulated: Literal[True]
    features: pl.DataFrame
    checkins: tuple[SimulatedCheckIn, ...]
    answers: tuple[SimulatedAnswers, ...]


@cache
def stories() -> dict[str, Any]:
    """The stories' numbers, from the data file."""
    return tomllib.loads((files(__package__) / "data" / "stories.toml").read_text("utf-8"))


def simulate(story: str, *, days: int, end: date, seed: int) -> SimulatedPerson:
    """Make somebody with a story; the same seed makes the same days.

    Args:
        story: a name in data/stories.toml.
        days: how many days back from `end`, that day included.
        end: the last day.
        seed: of the random numbers.

    Raises:
        UnknownStory: naming the stories that are known.
    """
    table = stories()["story"]
    if story not in table:
        raise UnknownStory(f"No story is called {story!r}. Known: {', '.join(table)}.")
    plot = table[story]
    # One generator for each part, so that a change of one part leaves the others as they were.
    name = sum(story.encode())
    generators = [np.random.default_rng([seed, name, part]) for part in range(3)]
    axis = [end - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return SimulatedPerson(
        story=story,
        simulated=True,
        features=_features(plot, axis, generators[0]),
        checkins=_checkins(plot, axis, generators[1]),
        answers=_answers(plot, end, days, generators[2]),
    )


def _shift(plot: dict[str, Any], name: str, days: int) -> Floats:
    """How far a feature has moved, in spreads: nothing, then a ramp over four days, then all."""
    shift = np.zeros(days)
    size = plot.get("change", {}).get(name, 0.0)
    if size:
        ramp = np.clip((np.arange(CHANGED_DAYS) + 1) / 4, 0, 1) * size
        shift[-CHANGED_DAYS:] = ramp[-days:]
    trend = plot.get("trend", {}).get(name, 0.0)
    return shift + trend * np.linspace(0, 1, days)


def _persistent(days: int, phi: float, generator: np.random.Generator) -> Floats:
    noise = generator.standard_normal(days)
    for day in range(1, days):
        noise[day] = phi * noise[day - 1] + (1 - phi**2) ** 0.5 * noise[day]
    return noise


def _features(
    plot: dict[str, Any], axis: list[date], generator: np.random.Generator
) -> pl.DataFrame:
    rows: list[tuple[date, str, float, float]] = []
    weekend = np.array([day.weekday() >= 5 for day in axis])
    here = generator.random(len(axis)) >= plot["missing"]
    if plot.get("worn_days") is not None:
        here[: len(axis) - plot["worn_days"]] = False
    for name, row in stories()["feature"].items():
        noise = _persistent(len(axis), row["phi"], generator) + _shift(plot, name, len(axis))
        values = row["centre"] + row["spread"] * noise + row["weekend"] * weekend
        values = np.clip(values, row["lowest"], row["highest"])
        rows += [
            (day, name, round(float(value), 1), 1.0)
            for day, value, there in zip(axis, values, here, strict=True)
            if there
        ]
    return pl.DataFrame(
        rows,
        schema={
            "day": pl.Date,
            "feature": pl.String,
            "value": pl.Float64,
            "data_yield": pl.Float64,
        },
        orient="row",
    )


def _checkins(
    plot: dict[str, Any], axis: list[date], generator: np.random.Generator
) -> tuple[SimulatedCheckIn, ...]:
    share = plot["checks_in"]
    notes = dict(enumerate(plot.get("notes", []), start=1))
    made = []
    scales: dict[str, Floats] = {}
    for item, centre in plot["checkin"].items():
        noise = 0.7 * _persistent(len(axis), 0.4, generator)
        scales[item] = centre + noise + _shift(plot, item, len(axis))
    first = len(axis) - plot.get("checkin_days", len(axis))
    for place, day in enumerate(axis):
        if place < first or (generator.random() >= share and place != len(axis) - 1):
            continue
        values = {item: int(np.clip(round(row[place]), 1, 5)) for item, row in scales.items()}
        note = notes.get(len(axis) - place, "")
        made.append(SimulatedCheckIn(day=day, **values, note=note))
    return tuple(made)


def _answers(
    plot: dict[str, Any], end: date, days: int, generator: np.random.Generator
) -> tuple[SimulatedAnswers, ...]:
    made = []
    for instrument, points in plot["scores"].items():
        for days_ago, total in points:
            if days_ago < days:
                day = end - timedelta(days=days_ago)
                item_nine = plot.get("item_nine", 0) if days_ago == 0 else 0
                answers = answers_for(instrument, total, generator, item_nine=item_nine)
                made.append(SimulatedAnswers(day, instrument, answers))
    return tuple(sorted(made, key=lambda row: (row.day, row.instrument)))


def answers_for(
    instrument: str, total: int, generator: np.random.Generator, *, item_nine: int = 0
) -> dict[int, int]:
    """Answers that sum to a total; safety items stay at `item_nine`.

    Raises:
        ValueError: if the other items cannot reach the total.
    """
    tool = instruments.load(instrument)
    highest = max(option.value for option in tool.options)
    answers = {item.number: 0 for item in tool.items}
    for number in tool.safety_items:
        answers[number] = item_nine
    free = [number for number in answers if number not in tool.safety_items]
    left = total - sum(answers.values())
    if not 0 <= left <= highest * len(free):
        raise ValueError(f"{tool.title} cannot be {total} here.")
    while left:
        number = int(generator.choice([one for one in free if answers[one] < highest]))
        answers[number] += 1
        left -= 1
    return answers
