"""What the rows of Fitbit's files mean: times, values, stages.

Intraday rows are in UTC. Sleep, resting heart rate, heart rate variability and totals of a day
carry the time of the person's clock without an offset. The zone of the person makes true moments
and local days of both; without it tz is 0 and days are as they are written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..plausible import quoted, wrong_time, wrong_value
from .columns import Gatherer, micros
from .fitbit_days import LIGHTLY, VERY, Days

STAGE_OF = {
    "wake": "awake",
    "awake": "awake",
    "restless": "awake",
    "light": "light",
    "deep": "deep",
    "rem": "rem",
    "asleep": "asleep",
}
SOURCE = "Fitbit"
MINUTE = timedelta(minutes=1)
LONGEST_NAME = 80


class Refused(ValueError):
    """Why one entry is set aside."""


class Adder:
    """Checks a sample, or a day's total, and adds it, or says why not."""

    def __init__(
        self, gatherer: Gatherer, latest: datetime, zone: ZoneInfo | None, days: Days | None = None
    ) -> None:
        self.gatherer, self.latest, self.zone = gatherer, latest, zone
        self.days = days or Days()

    def __call__(
        self,
        stream: str,
        start: datetime,
        end: datetime,
        value: float | str,
        device: str = SOURCE,
    ) -> None:
        """Add one sample; times are moments in UTC."""
        wrong = wrong_time(stream, start, end, self.latest)
        if wrong is None and not isinstance(value, str):
            wrong = wrong_value(stream, value)
        if wrong is not None:
            raise Refused(wrong)
        clock = start.astimezone(self.zone) if self.zone else start
        offset = clock.utcoffset()
        east = int(offset.total_seconds() // 60) if offset else 0
        self.gatherer.add(stream, micros(start), micros(end), east, value, SOURCE, device)
        if stream == "steps":
            self.days.walked(clock)

    def moment(self, clock: datetime, *, after: datetime | None = None) -> datetime:
        """The moment at which the person's clock showed a time.

        An hour that the clock shows twice in autumn is the second where the first would lie
        before `after`.
        """
        if self.zone is None:
            return clock.replace(tzinfo=UTC)
        found = clock.replace(tzinfo=self.zone).astimezone(UTC)
        if after is not None and found < after:
            found = clock.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        return found


def written(text: str) -> datetime:
    """A time as Fitbit writes it, without an offset.

    >>> written("05/24/21 08:01:00").isoformat()
    '2021-05-24T08:01:00'
    """
    if "/" not in text:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    month, day, rest = text.split("/")
    year, _, clock = rest.partition(" ")
    hour, minute, second = clock.split(":") if clock else ("0", "0", "0")
    full_year = int(year) + (2000 if len(year) == 2 else 0)
    return datetime(full_year, int(month), int(day), int(hour), int(minute), int(second))  # noqa: DTZ001


def _steps(row: dict[str, Any], add: Adder) -> None:
    start = written(row["dateTime"]).replace(tzinfo=UTC)
    _counted(start, float(row["value"]), SOURCE, add)


def _counted(start: datetime, count: float, device: str, add: Adder) -> None:
    """Fitbit writes 0 for every minute, worn or not, so a 0 says nothing."""
    if count != 0:
        add("steps", start, start + MINUTE, count, device)


def _lightly_active(row: dict[str, Any], add: Adder) -> None:
    _total(LIGHTLY, row, add)


def _very_active(row: dict[str, Any], add: Adder) -> None:
    _total(VERY, row, add)


def _total(feature: str, row: dict[str, Any], add: Adder) -> None:
    """Minutes of a whole day, whose date is that of the person's clock."""
    start = add.moment(written(row["dateTime"]))
    wrong = wrong_time("steps", start, start + MINUTE, add.latest)
    if wrong is not None:
        raise Refused(wrong)
    try:
        add.days.add(feature, written(row["dateTime"]).date(), float(row["value"]))
    except ValueError as error:
        raise Refused(str(error)) from error


def _heart_rate(row: dict[str, Any], add: Adder) -> None:
    """A pulse of which Fitbit says that it trusts it not at all (confidence 0) was not measured.

    It writes such rows, often of 70, while the watch lies on a table.
    """
    start = written(row["dateTime"]).replace(tzinfo=UTC)
    value = row["value"]
    if value.get("confidence") not in (0, "0"):
        add("heart_rate", start, start, float(value["bpm"]))


def _resting(row: dict[str, Any], add: Adder) -> None:
    """Fitbit writes 0 for a day it could not measure: that is missing, not a pulse."""
    value = float((row.get("value") or {}).get("value") or 0)
    if value:
        start = add.moment(written(row["dateTime"]))
        add("resting_heart_rate", start, start, value)


def _hrv(row: dict[str, Any], add: Adder) -> None:
    start = add.moment(written(row["timestamp"]))
    add("hrv_rmssd", start, start, float(row["rmssd"]))


def _sleep(row: dict[str, Any], add: Adder) -> None:
    entries = row["levels"]["data"]
    if not entries:
        raise Refused("a sleep without stages")
    unknown = next((one["level"] for one in entries if one["level"] not in STAGE_OF), None)
    if unknown is not None:
        raise Refused(f"no sleep stage is called {quoted(unknown)}")
    end: datetime | None = None
    for entry in entries:
        start = add.moment(written(entry["dateTime"]), after=end)
        end = start + timedelta(seconds=float(entry["seconds"]))
        add("sleep", start, end, STAGE_OF[entry["level"]])


def _instant(row: dict[str, Any]) -> datetime:
    """The moment of a row of the newer tables, whose times end in Z."""
    found = datetime.fromisoformat(str(row["timestamp"]).strip())
    return found.replace(tzinfo=found.tzinfo or UTC)


def _device(row: dict[str, Any]) -> str:
    return str(row.get("data source") or SOURCE)[:LONGEST_NAME]


def _steps_table(row: dict[str, Any], add: Adder) -> None:
    _counted(_instant(row), float(row["steps"]), _device(row), add)


def _heart_rate_table(row: dict[str, Any], add: Adder) -> None:
    start = _instant(row)
    add("heart_rate", start, start, float(row["beats per minute"]), _device(row))


def _resting_table(row: dict[str, Any], add: Adder) -> None:
    """The date is that of the day, whatever hour stands with it."""
    start = add.moment(written(str(row["timestamp"])[:10]))
    value = float(row["beats per minute"])
    if value:
        add("resting_heart_rate", start, start, value, _device(row))


READERS: dict[str, Callable[[dict[str, Any], Adder], None]] = {
    "steps": _steps,
    "heart_rate": _heart_rate,
    "resting_heart_rate": _resting,
    "hrv": _hrv,
    "lightly_active": _lightly_active,
    "very_active": _very_active,
    "sleep": _sleep,
    "steps_table": _steps_table,
    "heart_rate_table": _heart_rate_table,
    "resting_table": _resting_table,
}
