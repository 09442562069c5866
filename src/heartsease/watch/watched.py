"""Which features are watched, and in which direction a change matters."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Watched:
    """One watched feature: its stream, the direction that matters, and a suggestion.

    Attributes:
        least_yield: days with a smaller data yield count as missing.
        whole_days: today, which is not over, counts as missing.
    """

    feature: str
    stream: str
    direction: int
    suggestion: str
    least_yield: float = 0.0
    whole_days: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything that is watched, and how many days make a usual."""

    baseline_days: int
    features: tuple[Watched, ...]


@cache
def plan() -> Plan:
    """The data file, read once."""
    table = tomllib.loads((files(__package__) / "data" / "watched.toml").read_text("utf-8"))
    return Plan(
        baseline_days=table["baseline_days"],
        features=tuple(Watched(feature=name, **row) for name, row in table["feature"].items()),
    )
