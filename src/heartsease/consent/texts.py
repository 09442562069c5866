"""The streams and purposes that consent knows, and the versioned words for them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from heartsease.base.policy import policy


@dataclass(frozen=True)
class Wording:
    """The title and sentence of a stream or purpose.

    Attributes:
        feature: what the site's policy must allow for it to be there.
        purposes: of a stream, those that it can be used for; all if none is named.
        later: whether somebody new is asked for it below the others.
    """

    title: str
    sentence: str
    feature: str = ""
    purposes: tuple[str, ...] = ()
    later: bool = False


@dataclass(frozen=True)
class Texts:
    """One version of everything that people are asked."""

    version: str
    streams: dict[str, Wording]
    purposes: dict[str, Wording]


def is_offered(stream: str) -> bool:
    """Whether this site takes the stream in at all: its policy may switch the feature off."""
    feature = texts().streams[stream].feature
    return not feature or policy().allows(feature)


def can_serve(stream: str, purpose: str) -> bool:
    """Whether a stream can be used for a purpose at all."""
    named = texts().streams[stream].purposes
    return not named or purpose in named


def is_used(purpose: str) -> bool:
    """Whether this site uses anything for the purpose at all."""
    feature = texts().purposes[purpose].feature
    return not feature or policy().allows(feature)


@cache
def texts() -> Texts:
    """The version in force."""
    table = tomllib.loads((files(__package__) / "data" / "texts.toml").read_text("utf-8"))
    return Texts(
        version=table["version"],
        streams={
            key: Wording(
                row["title"],
                row["about"],
                row.get("feature", ""),
                tuple(row.get("purposes", ())),
                row.get("later", False),
            )
            for key, row in table["stream"].items()
        },
        purposes={
            key: Wording(row["title"], row["sentence"], row.get("feature", ""))
            for key, row in table["purpose"].items()
        },
    )
