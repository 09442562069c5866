"""The changes of a past, as they would have been told: the charts in use, walked week by week."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from .calibration import LIMITS
from .domains import Way
from .notice import Noticed, notice
from .series import DailySeries
from .usual import BASELINE_WEEKS, GAP_DAYS, WATCHED_DAYS
from .walk import walk, weeks

LONGEST_DAYS = 3 * 365
# What a look at the last day rests on: the usual of its first watched day, in broken weeks.
LOOK_DAYS = WATCHED_DAYS + GAP_DAYS + BASELINE_WEEKS * 7 + 14
# A change is told of with what two weeks of it say.
SETTLED_DAYS = 14


@dataclass(frozen=True)
class Past:
    """A change of the past.

    Attributes:
        found: as it looked two weeks after it was noticed, or on its last day if that came first.
        until: the last day on which it was on; None where it still is.
    """

    found: Noticed
    until: date | None


def past_changes(series: Mapping[str, DailySeries], way: Way, *, budget: float) -> list[Past]:
    """Each change of one way in the last three years, once.

    Args:
        series: by feature, over the same consecutive days.
        way: which features, in which directions, with which margin on the limits.
        budget: false alarms per person-month for this way alone.
    """
    found = []
    count = max((len(one.days) for one in series.values()), default=0)
    for place, last in _alarms(series, way, budget):
        end = min(place + SETTLED_DAYS - 1, last) + 1
        part = {
            name: DailySeries(
                one.days[max(end - LOOK_DAYS, 0) : end], one.values[max(end - LOOK_DAYS, 0) : end]
            )
            for name, one in series.items()
        }
        verdict = notice(part, way, budget=budget, is_open=True)
        if isinstance(verdict, Noticed):
            days = next(iter(series.values())).days
            until = None if last == count - 1 else days[last].astype(object)
            found.append(Past(verdict, until))
    return found


def _alarms(
    series: Mapping[str, DailySeries], way: Way, budget: float
) -> Iterator[tuple[int, int]]:
    """First and last day of each alarm.

    A limit is sought only for weeks in which an alarm is open or could begin, for seeking it costs
    far more than the chart itself; no limit lies below the lowest one.
    """
    own = {name: one for name, one in series.items() if name in way.signs}
    if not own:
        return
    days = next(iter(own.values()))
    values, weekdays = {name: one.values for name, one in own.items()}, days.weekdays
    start = max(len(weekdays) - LONGEST_DAYS, 0)
    whole = walk(values, way.signs, weekdays, (), places=range(start, len(weekdays)))
    lowest, opened = float(LIMITS[0]) * way.margin, -1
    for week in weeks(range(start, len(weekdays)), weekdays):
        chart = whole.chart[week.start : week.stop]
        if opened < 0 and not np.nanmax(chart, initial=0.0) > lowest:
            continue
        looked = walk(values, way.signs, weekdays, (budget,), places=week)
        on = looked.is_on(budget, way.margin, is_open=opened >= 0)
        for place in week:
            if on[place] and opened < 0:
                opened = place
            elif not on[place] and opened >= 0:
                yield opened, place - 1
                opened = -1
    if opened >= 0:
        yield opened, len(weekdays) - 1
