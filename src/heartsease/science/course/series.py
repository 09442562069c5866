"""A person's days as a row of numbers, missing days included as such."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class DailySeries:
    """One feature over consecutive days.

    Attributes:
        days: shape (n,), datetime64[D], consecutive.
        values: shape (n,), float64, in the feature's unit; NaN where there are no data.

    Raises:
        ValueError: if lengths differ or the days are not consecutive.
    """

    days: npt.NDArray[np.datetime64]
    values: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        """Refuse days that are not consecutive."""
        if self.days.shape != self.values.shape or self.days.ndim != 1:
            raise ValueError("A series needs one value a day.")
        if len(self.days) > 1 and (np.diff(self.days).astype(int) != 1).any():
            raise ValueError("The days of a series must follow one another; fill gaps with NaN.")

    @classmethod
    def of(cls, found: dict[date, float], first: date, last: date) -> DailySeries:
        """Make a series from `first` to `last` of the days that were found."""
        days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
        values = np.full(len(days), np.nan)
        for day, value in found.items():
            place = int((np.datetime64(day) - days[0]).astype(int)) if len(days) else -1
            if 0 <= place < len(days):
                values[place] = value
        return cls(days, values)

    def since_first_data(self) -> DailySeries:
        """The series without the days before its first value; itself if there is none."""
        there = np.flatnonzero(np.isfinite(self.values))
        if not len(there) or there[0] == 0:
            return self
        return DailySeries(self.days[there[0] :], self.values[there[0] :])

    @property
    def days_with_data(self) -> int:
        """On how many days there is a value."""
        return int(np.isfinite(self.values).sum())

    @property
    def weekdays(self) -> npt.NDArray[np.int64]:
        """Monday 0 to Sunday 6, shape (n,)."""
        return (self.days.astype("datetime64[D]").astype(np.int64) + 3) % 7


@dataclass(frozen=True)
class PersonDays:
    """One person's features over the same days.

    Attributes:
        days: shape (n,), datetime64[D], consecutive.
        values: per feature shape (n,), NaN where missing.
        directions: per feature 1 rises, -1 falls, 0 either.
    """

    days: npt.NDArray[np.datetime64]
    values: Mapping[str, npt.NDArray[np.float64]]
    directions: Mapping[str, int]
