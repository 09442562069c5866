"""The lanes of a timeline: which features are drawn, by which name, and on which axis.

Every feature that is watched has a lane. Those that a clinician reads first, and those in which a
change is open, are drawn at once; the others when they are asked for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cache

from heartsease.science.sensing.catalogue import FEATURES, Feature
from heartsease.watch.watched import plan
from heartsease.web.patient.wordings import WORDINGS

FIRST = (
    "mood",
    "worry",
    "energy",
    "sleep_quality",
    "minutes_asleep",
    "midsleep_minutes",
    "steps",
    "resting_heart_rate_bpm",
    "hrv_rmssd_ms",
    "hrv_sdnn_ms",
)
FROM_ZERO = frozenset({"steps", "calls", "texts", "places", "km"})
MINUTES, CLOCK, SHARE, SCALE = "min", "minutes after midnight", "share", "1-5"


@dataclass(frozen=True)
class Lane:
    """One feature on the time axis.

    Attributes:
        low, high: ends of the axis where it has any.
        write: how values are read: "clock", "hours" (of minutes), "percent" (of a share) or "".
        at_once: whether it is drawn without being asked for.
    """

    key: str
    title: str
    low: float | None
    high: float | None
    write: str
    at_once: bool


@cache
def watched() -> tuple[str, ...]:
    """Every feature that is watched, those that are read first before the others."""
    named = [feature for one in plan().ways for feature in one.way.signs]
    return tuple(dict.fromkeys([*FIRST, *named]))


def lanes(there: Collection[str], changed: Collection[str]) -> list[dict[str, object]]:
    """The lanes of the features that there are.

    Args:
        there: the features with data that are shown to the clinician.
        changed: those in which a change is open.

    >>> [one["title"] for one in lanes(["minutes_asleep", "sleep_efficiency", "mood"], [])]
    ['Mood (1-5)', 'Time asleep (h)', 'Sleep efficiency (%)']
    >>> [one["at_once"] for one in lanes(["steps", "calls", "texts"], ["texts"])]
    [True, False, True]
    """
    return [
        asdict(_lane(FEATURES[key], key in FIRST or key in changed))
        for key in watched()
        if key in there
    ]


def _lane(feature: Feature, at_once: bool) -> Lane:
    unit, write = {
        MINUTES: ("h", "hours"),
        CLOCK: ("", "clock"),
        SHARE: ("%", "percent"),
    }.get(feature.unit, (feature.unit, ""))
    spoken = WORDINGS.get(feature.name)
    label = spoken.title if spoken and feature.unit == SCALE else feature.label
    title = f"{label} ({unit})" if unit and unit != label.lower() else label
    if feature.unit == SCALE:
        return Lane(feature.name, title, 1, 5, write, at_once)
    low = 0 if write == "hours" or unit in FROM_ZERO else None
    return Lane(feature.name, title, low, None, write, at_once)
