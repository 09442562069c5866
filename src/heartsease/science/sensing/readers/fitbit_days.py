"""Minutes of activity that Fitbit sums up itself, one number a day.

A day's total does not tell how long the watch was worn, and a day on which it was not has 0 of
everything. So a day without lightly active minutes is missing, and how much of a day was recorded
is told by the steps of the same export.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import numpy as np
import pyarrow as pa

from ..catalogue import FEATURES
from ..features.local_time import waking_share
from ..reading import Batch
from ..schema import DAILY, DAILY_SCHEMA

LIGHTLY, VERY = "minutes_lightly_active", "minutes_very_active"


class Days:
    """Totals by day and feature, and the first and last hour with a step of each day."""

    def __init__(self) -> None:
        self._totals: dict[str, dict[date, float]] = {LIGHTLY: {}, VERY: {}}
        self._hours: dict[date, tuple[int, int]] = {}

    def add(self, feature: str, day: date, minutes: float) -> None:
        """Note a total; of two for one day the later row counts.

        Raises:
            ValueError: if a day does not have as many minutes.
        """
        known = FEATURES[feature]
        if not known.lowest <= minutes <= known.highest:
            raise ValueError(f"{minutes:g} is no number of minutes of a day")
        self._totals[feature][day] = minutes

    def walked(self, clock: datetime) -> None:
        """Note that there were steps at a time of the person's clock."""
        first, last = self._hours.get(clock.date(), (clock.hour, clock.hour))
        self._hours[clock.date()] = min(first, clock.hour), max(last, clock.hour)

    def batches(self) -> Iterator[Batch]:
        """The days on which the watch was worn, where there are any."""
        worn = {day for day, minutes in self._totals[LIGHTLY].items() if minutes > 0}
        rows = [
            (day, feature, minutes, self._share(day))
            for feature, own in self._totals.items()
            for day, minutes in sorted(own.items())
            if day in worn
        ]
        if rows:
            columns = [pa.array(column) for column in zip(*rows, strict=True)]
            yield Batch(DAILY, pa.table(columns, names=DAILY_SCHEMA.names).cast(DAILY_SCHEMA))

    def _share(self, day: date) -> float:
        """How much of a day its steps tell of; all of it in an export without steps."""
        if not self._hours:
            return 1.0
        first, last = self._hours.get(day, (0, 0))
        return float(waking_share(np.array([first]), np.array([last]))[0])
