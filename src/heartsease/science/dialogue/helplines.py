"""Where to find a human voice at once: emergency numbers and crisis lines by country, as data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Line:
    """One service that answers: how to reach it, when, and where that was published."""

    name: str
    hours: str
    source: str
    call: str = ""
    text: str = ""
    text_word: str = ""
    chat: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Country:
    """The emergency number of a country and its crisis lines, most general first."""

    code: str
    name: str
    emergency: str
    lines: tuple[Line, ...]


class NoSuchCountry(KeyError):
    """No crisis lines are on file for this country."""


@cache
def countries() -> dict[str, Country]:
    """All countries on file, by ISO 3166 code, in the order of the file.

    >>> countries()["GB"].lines[0].call
    '116 123'
    """
    table = tomllib.loads((files(__package__) / "data" / "helplines.toml").read_text("utf-8"))
    return {
        code: Country(
            code=code,
            name=row["name"],
            emergency=row["emergency"],
            lines=tuple(
                Line(**{**line, "languages": tuple(line.get("languages", ()))})
                for line in row["lines"]
            ),
        )
        for code, row in table["country"].items()
    }


def directory() -> Line:
    """The international directory, for anywhere else."""
    table = tomllib.loads((files(__package__) / "data" / "helplines.toml").read_text("utf-8"))
    return Line(**table["directory"])


def of(country: str) -> Country:
    """Return a country's lines.

    Raises:
        NoSuchCountry: if none are on file; show `directory()` then.
    """
    try:
        return countries()[country.upper()]
    except KeyError as error:
        raise NoSuchCountry(f"No crisis lines are on file for {country!r}.") from error
