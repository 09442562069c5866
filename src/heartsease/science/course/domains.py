"""Which features move together, in which ways, and how wide their limits are (`domains.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Signs = Mapping[str, int]
Name = TypeVar("Name", str, tuple[str, str])


@dataclass(frozen=True)
class Way:
    """One way in which features change together.

    Attributes:
        words: how it is called.
        signs: by feature 1 where it rises and -1 where it falls.
        margin: factor on the limit that a person's own days give.
        weight: how much of a budget of false alarms it gets, beside the other ways.
    """

    words: str
    signs: Signs
    margin: float
    weight: float = 1.0

    def features_in(self, values: Mapping[str, npt.NDArray[np.float64]]) -> list[str]:
        """The features of this way that have any data."""
        return [name for name in self.signs if name in values and np.isfinite(values[name]).any()]


@dataclass(frozen=True)
class Domain:
    """Features that belong together, and the ways in which they change."""

    name: str
    title: str
    ways: Mapping[str, Way]

    @property
    def features(self) -> frozenset[str]:
        """Every feature that any way looks at."""
        return frozenset(feature for way in self.ways.values() for feature in way.signs)


@dataclass(frozen=True)
class Domains:
    """All domains, and what holds for more than one.

    Attributes:
        known: by name.
        names: how public data sets call the features, by their names in lower case.
        default_margin: of what is unknown.
        least_yield: by feature, the data yield under which a day counts as missing.
    """

    known: Mapping[str, Domain]
    names: Mapping[str, str]
    default_margin: float
    least_yield: Mapping[str, float]

    def standard_name(self, column: str) -> str:
        """The name of a feature as this program calls it."""
        lower = column.strip().lower()
        return self.names.get(lower, lower)

    def of(self, features: Iterable[str]) -> dict[str, Domain]:
        """The domains that these features touch; each unknown feature is one of its own."""
        named = set(features)
        found = {name: one for name, one in self.known.items() if one.features & named}
        unknown = named - {feature for one in found.values() for feature in one.features}
        return found | {feature: alone(feature, self.default_margin) for feature in sorted(unknown)}


def alone(feature: str, margin: float, direction: int = 0) -> Domain:
    """A domain of one feature, watched in one direction or in both."""
    ways = {"up": 1, "down": -1}
    kept = {
        name: Way(f"{feature} {name}", {feature: sign}, margin)
        for name, sign in ways.items()
        if direction in (0, sign)
    }
    return Domain(feature, feature, kept)


def shares(ways: Mapping[Name, Way], budget: float) -> dict[Name, float]:
    """A person's budget of false alarms divided among the ways that are watched, by weight.

    >>> shares({"a": Way("", {}, 1.0, 3.0), "b": Way("", {}, 1.0)}, 0.5)
    {'a': 0.375, 'b': 0.125}
    """
    total = sum(way.weight for way in ways.values())
    return {name: budget * way.weight / total for name, way in ways.items()}


@cache
def domains() -> Domains:
    """The data file, read and checked once.

    Raises:
        ValueError: if a sign is not 1 or -1, or a margin or weight is not above 0.
    """
    table = tomllib.loads((files(__package__) / "data" / "domains.toml").read_text("utf-8"))
    names, default = table.pop("names"), table.pop("default_margin")
    least_yield = table.pop("least_yield")
    known = {}
    for name, row in table.items():
        ways = {
            way: Way(
                about["words"],
                dict(about["signs"]),
                about.get("margin", default),
                about.get("weight", 1.0),
            )
            for way, about in row["ways"].items()
        }
        known[name] = Domain(name, row["title"], ways)
        for way, about in ways.items():
            if min(about.margin, about.weight) <= 0 or any(
                sign not in (-1, 1) for sign in about.signs.values()
            ):
                raise ValueError(
                    f"domains.toml: {name}, {way}: a sign, the margin or the weight is wrong."
                )
    return Domains(known, names, default, least_yield)
