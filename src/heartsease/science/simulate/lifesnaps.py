"""Real days of three people from LifeSnaps, for demonstrations (see data/LIFESNAPS.md).

De-identified by their authors (Yfantidou et al. 2022, Scientific Data 9:663, CC BY 4.0). Dates are
shifted so that the last one is `end`; weekdays are not kept.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import polars as pl

FEATURES = (
    "minutes_asleep",
    "minutes_awake_at_night",
    "steps",
    "resting_heart_rate_bpm",
    "hrv_rmssd_ms",
)


@dataclass(frozen=True)
class MoodDay:
    """The words a person chose on a day, and a mood from 1 to 5 derived from them."""

    day: date
    mood: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class LifeSnapsPerson:
    """One real person's days.

    Attributes:
        role: why they were chosen: stable, improving or missing.
        features: columns day, feature, value, data_yield.
        moods: derived, not measured: see data/lifesnaps.toml.
    """

    key: str
    role: str
    features: pl.DataFrame
    moods: tuple[MoodDay, ...]


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "data" / "lifesnaps.toml").read_text("utf-8"))


@cache
def _slice() -> pl.DataFrame:
    body = (files(__package__) / "data" / "lifesnaps_slice.csv.gz").read_bytes()
    return pl.read_csv(BytesIO(body), try_parse_dates=True)


def mood_of(words: tuple[str, ...]) -> int | None:
    """The mean of the words' values, rounded half up; None without a known word.

    >>> mood_of(("HAPPY", "TIRED"))
    4
    """
    values = [_rules()["mood"][word] for word in words if word in _rules()["mood"]]
    return int(sum(values) / len(values) + 0.5) if values else None


def people(*, end: date) -> tuple[LifeSnapsPerson, ...]:
    """The three people, their days shifted to end on `end`."""
    result = []
    for key, role in _rules()["role"].items():
        own = _slice().filter(pl.col("person") == key)
        last = own["day"].max()
        assert isinstance(last, date)
        own = own.with_columns(pl.col("day") + (end - last))
        features = own.unpivot(
            on=list(FEATURES), index="day", variable_name="feature", value_name="value"
        ).drop_nulls("value")
        moods = [
            MoodDay(day, mood, tuple(words.split("|")))
            for day, words in own.select("day", "words").drop_nulls().iter_rows()
            if (mood := mood_of(tuple(words.split("|")))) is not None
        ]
        result.append(
            LifeSnapsPerson(
                key,
                role,
                features.select(
                    "day",
                    "feature",
                    pl.col("value").cast(pl.Float64),
                    pl.lit(1.0).alias("data_yield"),
                ),
                tuple(moods),
            )
        )
    return tuple(result)
