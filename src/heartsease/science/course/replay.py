"""A person's past walked through day by day, as the program would have seen it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .change import Change, Steady, detect
from .series import DailySeries

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
WINDOW_DAYS = 120
SILENT_DAYS = 14


@dataclass(frozen=True)
class Course:
    """One person's days.

    Attributes:
        days: shape (n,), datetime64[D], consecutive.
        values: per feature shape (n,), NaN where missing.
        directions: per feature 1 rises, -1 falls, 0 either.
    """

    days: npt.NDArray[np.datetime64]
    values: Mapping[str, Floats]
    directions: Mapping[str, int]

    @property
    def watched(self) -> npt.NDArray[np.int64]:
        """How many features have any data in the window that ends on each day, shape (n,)."""
        total = np.zeros(len(self.days), dtype=np.int64)
        for values in self.values.values():
            seen = np.concatenate([[0], np.cumsum(np.isfinite(values))])
            ends = np.arange(1, len(seen))
            total += seen[ends] > seen[np.maximum(ends - WINDOW_DAYS, 0)]
        return total


@dataclass(frozen=True)
class Replay:
    """What would have been said on each day.

    Attributes:
        judged: shape (n,), whether there were days enough to say anything.
        on: shape (n,), whether an alarm was open at the end of the day.
        began: places of the days on which an alarm opened, with its direction.
    """

    judged: Bools
    on: Bools
    began: tuple[tuple[int, int], ...]


def replay(
    course: Course, feature: str, budget: float, *, places: Iterable[int] | None = None
) -> Replay:
    """Ask `detect` about one feature at the end of each day, from what was known by then.

    1. The window is the last 120 days, and it moves on day by day.
    2. The budget is divided among the features with any data in the window.
    3. An alarm opens with a change and ends with a steady verdict. Too few days leave it as it is,
       until two weeks have passed without any: then it is not known any more.

    Args:
        course: the person's days.
        feature: which of the features.
        budget: false alarms per person-month, for all features together.
        places: days to ask about, rising and without holes; all days if not given.
    """
    values, watched = course.values[feature], course.watched
    judged, on = np.zeros((2, len(values)), dtype=bool)
    began = []
    is_open = False
    for place in range(len(values)) if places is None else places:
        window = slice(max(place + 1 - WINDOW_DAYS, 0), place + 1)
        verdict = detect(
            DailySeries(course.days[window], values[window]),
            direction=course.directions[feature],
            budget_per_person_month=budget / max(int(watched[place]), 1),
        )
        if isinstance(verdict, Change) and not is_open:
            began.append((place, verdict.direction))
        judged[place] = isinstance(verdict, Change | Steady)
        if judged[place]:
            is_open = isinstance(verdict, Change)
        if not np.isfinite(values[max(place + 1 - SILENT_DAYS, 0) : place + 1]).any():
            is_open = False
        on[place] = is_open
    return Replay(judged, on, tuple(began))
