"""What the charts, and signs of slowing down, showed before events that a table states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .domains import Way
from .series import DailySeries
from .slowing import LABEL, slowing
from .table import Table

if TYPE_CHECKING:
    from .evaluation import Case, Key

LOOK_BACK_DAYS = 120
LIKELY = 0.05


def before_events(
    table: Table, own: Sequence[Case], ways: Mapping[Key, Way], budget: float, *, within: int
) -> dict[str, Any]:
    """How many of the events that the table states had an alarm in the days up to them.

    Beside it stands how many would have had one by chance: an event of each person on any of the
    days on which something could be said. Events of days on which nothing could be said count for
    neither.

    Args:
        own: everybody of whom something could be said.
        within: days up to an event.
    """
    leads: list[int] = []
    by_chance = 0.0
    silent = 0
    for one in own:
        judged = np.any([walked.judged for walked in one.walks.values()], axis=0)
        began = np.zeros(len(judged), dtype=np.bool_)
        for key, walked in one.walks.items():
            began[walked.began(budget, ways[key].margin)] = True
        total = np.concatenate([[0], np.cumsum(began)])
        ends = np.arange(1, len(total))
        warned = total[ends] > total[np.maximum(ends - within - 1, 0)]
        for place in table.events.get(one.person, ()):
            if not judged[place]:
                silent += 1
                continue
            by_chance += float(warned[judged].mean())
            before = np.flatnonzero(began[max(place - within, 0) : place + 1])
            leads.append(min(place, within) - int(before[0]) if len(before) else -1)
    found = [lead for lead in leads if lead >= 0]
    return {
        "count": sum(len(places) for places in table.events.values()),
        "judged": len(leads),
        "warned": len(found),
        "warned_by_chance": by_chance,
        "median_lead_days": float(np.median(found)) if found else None,
        "slowing": slowing_before(table),
    }


def slowing_before(table: Table) -> dict[str, Any]:
    """EXPLORATORY: how often autocorrelation or variance rose before an event beyond chance.

    Of series in which nothing rises one in twenty does so by chance, for each of the two signs.
    """
    tried, autocorrelation, variance = 0, 0, 0
    for person, places in table.events.items():
        course = table.courses[person]
        for place in places:
            part = slice(max(place - LOOK_BACK_DAYS, 0), place)
            for values in course.values.values():
                found = slowing(DailySeries(course.days[part], values[part]))
                if found is None:
                    continue
                tried += 1
                autocorrelation += found.p_autocorrelation < LIKELY
                variance += found.p_variance < LIKELY
    return {
        "label": LABEL,
        "series_before_events": tried,
        "autocorrelation_rose": autocorrelation,
        "variance_rose": variance,
        "either_by_chance": LIKELY * tried,
    }
