"""What is watched: ways of changing, each with the features of one agreement at a time."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from heartsease.capture.journal.actions import ITEMS
from heartsease.capture.journal.actions import STREAM as JOURNAL
from heartsease.capture.streams import covered
from heartsease.science.course.domains import Way, domains


@dataclass(frozen=True)
class Watched:
    """One watched way of changing.

    Attributes:
        name: as signals call it, such as "wearables.sleep.less".
        stream: the agreement that all of its features are covered by.
        way: the features, their directions and the margin of the limits.
    """

    name: str
    stream: str
    domain: str
    way: Way

    @property
    def kind(self) -> str:
        """Domain and way, such as "sleep.less", whatever agreement its features are of."""
        return self.name.partition(".")[2]

    @property
    def direction(self) -> int:
        """Whether the domain is called up or down: by the feature that is named first."""
        return next(iter(self.way.signs.values()))


@dataclass(frozen=True)
class Plan:
    """Everything that is watched.

    Attributes:
        days: how many days are looked at.
        least_yield: by feature, the data yield under which a day counts as missing.
    """

    days: int
    least_yield: Mapping[str, float]
    ways: tuple[Watched, ...]


def stream_of(feature: str) -> str:
    """The agreement that covers a feature, of devices or of check-ins.

    >>> stream_of("worry"), stream_of("steps")
    ('journal', 'wearables')
    """
    return JOURNAL if feature in ITEMS else covered.of_feature(feature)


def _ways() -> Iterator[Watched]:
    for domain, about in domains().known.items():
        for name, way in about.ways.items():
            known = [feature for feature in way.signs if _is_known(feature)]
            for stream in sorted({stream_of(feature) for feature in known}):
                signs = {one: way.signs[one] for one in known if stream_of(one) == stream}
                yield Watched(
                    f"{stream}.{domain}.{name}", stream, domain, replace(way, signs=signs)
                )


def _is_known(feature: str) -> bool:
    """Whether this program makes the feature; some stand in public tables alone."""
    from heartsease.science.sensing.catalogue import FEATURES

    return feature in FEATURES


@cache
def plan() -> Plan:
    """The data files, read once."""
    table = tomllib.loads((files(__package__) / "data" / "watched.toml").read_text("utf-8"))
    return Plan(
        days=table["days"],
        least_yield=domains().least_yield,
        ways=tuple(_ways()),
    )
