"""The changes that would have been noticed had somebody looked once a week.

Asking `course.change.detect` about every week of three years would take longer than reading the
export, because each answer calibrates a limit anew. So a cheap look, with a limit that is
calibrated twice a year, chooses the weeks at which the full question is asked. A change is reported
only where the full answer is a change.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..course.baseline import Baseline, fit
from ..course.calibration import limit
from ..course.change import BASELINE_DAYS_NEEDED, WATCHED_DAYS, Change, detect
from ..course.chart import alarms, ewma, turned
from ..course.series import DailySeries

LONGEST_DAYS = 3 * 365
STEP_DAYS = 7
HISTORY_DAYS = 120
SHORTEST_DAYS = 56
LOOKS_A_LIMIT = 26
SLACK = 0.95


def part(series: DailySeries, end: int) -> DailySeries:
    """The last 120 days up to a place."""
    start = max(end - HISTORY_DAYS, 0)
    return DailySeries(series.days[start:end], series.values[start:end])


def past_changes(series: DailySeries, direction: int, *, budget: float) -> list[Change]:
    """Each change of the last three years once, as it was when it was first noticed.

    Args:
        series: consecutive days.
        direction: 1 only rises matter, -1 only falls, 0 either.
        budget: false alarms per person-month.
    """
    begin = max(len(series.values) - LONGEST_DAYS, SHORTEST_DAYS)
    ends = list(range(begin, len(series.values) + 1, STEP_DAYS))
    changes: list[Change] = []
    was_on = False
    for end, suspect in zip(ends, _suspects(series, ends, direction, budget), strict=True):
        if suspect and not was_on:
            verdict = detect(part(series, end), direction=direction, budget_per_person_month=budget)
            if isinstance(verdict, Change):
                changes.append(verdict)
                was_on = True
        elif not suspect:
            was_on = False
    return changes


def _suspects(
    series: DailySeries, ends: list[int], direction: int, budget: float
) -> npt.NDArray[np.bool_]:
    """At which of these places an alarm may be on, by the cheap look."""
    suspect = np.zeros(len(ends), dtype=np.bool_)
    for first in range(0, len(ends), LOOKS_A_LIMIT):
        looks = []
        for place in range(first, min(first + LOOKS_A_LIMIT, len(ends))):
            seen = part(series, ends[place])
            usual = _usual(seen)
            if usual is not None:
                looks.append((place, usual, usual.residuals(seen.values, seen.weekdays)))
        if not looks:
            continue
        _, usual, residuals = looks[len(looks) // 2]
        held = limit(
            residuals[:-WATCHED_DAYS],
            direction=direction,
            budget_per_person_month=budget,
            phi=usual.phi,
        )
        rows = np.full((len(looks), HISTORY_DAYS), np.nan)
        for row, (_, _, residuals) in zip(rows, looks, strict=True):
            row[HISTORY_DAYS - len(residuals) :] = residuals
        on = alarms(turned(ewma(rows), direction), SLACK * held)[:, -1]
        suspect[[place for place, _, _ in looks]] = on
    return suspect


def _usual(seen: DailySeries) -> Baseline | None:
    """What was usual before the last four weeks, or None where too little is known."""
    before = seen.values[:-WATCHED_DAYS]
    if np.isfinite(before).sum() < BASELINE_DAYS_NEEDED:
        return None
    return fit(before, seen.weekdays[:-WATCHED_DAYS])
