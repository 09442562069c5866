"""One thing somebody may try at once, chosen by what helped this person before."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

HELPED, DID_NOT, ANOTHER = "helped", "did_not", "another"
VERDICTS = frozenset({HELPED, DID_NOT, ANOTHER})
ORDER = {HELPED: 0, None: 1, ANOTHER: 2}


@dataclass(frozen=True)
class Idea:
    """Something to try, in words to the person, and where it comes from."""

    key: str
    text: str
    source: str


@cache
def ideas() -> Mapping[str, tuple[Idea, ...]]:
    """All ideas by way of changing, such as "sleep.less"."""
    table = tomllib.loads((files(__package__) / "data" / "coping.toml").read_text("utf-8"))
    return {way: tuple(Idea(**row) for row in rows) for way, rows in table["way"].items()}


def choose(way: str, said: Sequence[tuple[str, str]]) -> Idea | None:
    """The idea to show now; None for a way without any, and where none of them helped.

    What helped comes first, then what was not shown yet, then what was passed over; among equals
    what was answered longest ago. What did not help is not offered again.

    Args:
        way: domain and way, such as "sleep.less".
        said: what the person said of ideas, oldest first: key and "helped", "did_not", "another".

    >>> choose("sleep.less", [("same_time", "did_not")]).key
    'quiet_hour'
    >>> choose("sleep.less", [("slow_breath", "helped")]).key
    'slow_breath'
    """
    last = {key: (verdict, place) for place, (key, verdict) in enumerate(said)}

    def order(idea: Idea) -> tuple[int, int]:
        verdict, place = last.get(idea.key, (None, -1))
        return ORDER[verdict], place

    left = [one for one in ideas().get(way, ()) if last.get(one.key, ("",))[0] != DID_NOT]
    return min(left, key=order, default=None)
