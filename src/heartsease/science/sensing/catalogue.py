"""The catalogue of daily features: name, unit, definition, source, version, plausible range."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Feature:
    """One daily feature.

    Attributes:
        data_yield: what its data yield, 0 to 1, says of a day.
        lowest, highest: values outside are not plausible.
    """

    name: str
    label: str
    unit: str
    domain: str
    definition: str
    source: str
    data_yield: str
    version: str
    lowest: float
    highest: float


def _read() -> dict[str, Feature]:
    table = tomllib.loads((files(__package__) / "data" / "catalogue.toml").read_text("utf-8"))
    return {name: Feature(name=name, **row) for name, row in table.items()}


FEATURES: dict[str, Feature] = _read()
