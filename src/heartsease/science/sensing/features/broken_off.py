"""Nights that break off: a device fell silent while somebody slept, and nobody saw them wake.

The last record of sleep is then the end of the data and not of the night. Devices say so by what
else they tell: the pulse goes on after waking, steps begin, and a battery that is empty was nearly
so before. A device that tells nothing but sleep says nothing of it, and its nights count as they
are (decision 019).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ..merging import WHO, is_of_one_device

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
HOUR = 3_600_000_000
# A pulse is told all the time, while nobody takes a step who stays in bed.
QUIET, QUIET_WITHOUT_PULSE = 2 * HOUR, 4 * HOUR
# A device that is taken off, or dies, tells of the last minutes with some delay.
LATE = HOUR // 12
DAY = 24 * HOUR
EMPTY_PERCENT = 5.0
# What covers more than this was counted over hours and says nothing of a moment.
LONGEST_STEPS = 2 * HOUR
NEVER = 2**62


def broken_off(ends: Integers, sleep: pa.Table, others: Mapping[str, pa.Table]) -> Booleans:
    """Which nights ended because their device fell silent, shape (n,).

    A night breaks off where its device tells nothing for two hours after its last minute asleep,
    four if it told no pulse in the hour before, and is heard of again within a day and an hour
    before it tells of sleep again: a ring that measures at night alone is no watch without a
    battery. It also does where a battery of at most 5 percent is the last thing it told and
    nothing came for two hours.

    Args:
        ends: shape (n,), the last moments asleep in microseconds since 1970 UTC.
        sleep: the stream `sleep`.
        others: any of the streams `heart_rate`, `steps`, `heartbeat`; only rows of the same device
            and source count.
    """
    result = np.zeros(len(ends), np.bool_)
    if not any(table.num_rows for table in others.values()):
        return result
    told = {name: table for name, table in others.items() if table.num_rows}
    if all(_is_of(table, sleep) for table in told.values()):
        return _of_device(ends, sleep, told)
    for rows, own in _by_device(sleep, told):
        nights = np.flatnonzero(np.isin(ends, _micros(rows, "end")))
        result[nights] |= _of_device(ends[nights], rows, own)
    return result


def _of_device(ends: Integers, rows: pa.Table, others: Mapping[str, pa.Table]) -> Booleans:
    starts, stops = _sorted(_micros(rows, "ts")), _sorted(_micros(rows, "end"))
    pulse, steps = _starts(others, "heart_rate"), _starts(others, "steps")
    alive, battery = _batteries(others)
    going_on = np.searchsorted(starts, ends) > np.searchsorted(stops, ends, side="right")
    sleep_again = np.where(going_on, ends, _next(starts, ends - 1))
    heard = np.minimum(_next(pulse, ends + LATE), _next(alive, ends + LATE))
    heard = np.minimum(heard, _next(steps, ends))
    silent_for = np.minimum(heard, sleep_again) - ends
    has_pulse = _next(pulse, ends - HOUR) <= ends + LATE
    patience = np.where(has_pulse, QUIET, QUIET_WITHOUT_PULSE)
    worn_by_day = (heard <= ends + DAY) & (heard <= sleep_again - HOUR)
    last = np.searchsorted(alive, ends + LATE, side="right") - 1
    there = last >= 0
    last = np.maximum(last, 0)
    is_empty = there & (alive[last] >= ends - HOUR) & (battery[last] <= EMPTY_PERCENT)
    return (worn_by_day & (silent_for > patience)) | (is_empty & (silent_for > QUIET))


def _next(times: Integers, moments: Integers) -> Integers:
    """The first of the sorted times after each moment, shape of the moments."""
    if not len(times):
        return np.full(len(moments), NEVER)
    place = np.searchsorted(times, moments, side="right")
    return np.where(place < len(times), times[np.minimum(place, len(times) - 1)], NEVER)


def _starts(others: Mapping[str, pa.Table], stream: str) -> Integers:
    """When rows of a stream begin, sorted; of steps those that tell of a moment."""
    if stream not in others:
        return np.empty(0, np.int64)
    starts = _micros(others[stream], "ts")
    if stream == "steps":
        starts = starts[_micros(others[stream], "end") - starts <= LONGEST_STEPS]
    return _sorted(starts)


def _sorted(times: Integers) -> Integers:
    return times if (times[1:] >= times[:-1]).all() else np.sort(times)


def _batteries(others: Mapping[str, pa.Table]) -> tuple[Integers, npt.NDArray[np.float64]]:
    """Signs of life, sorted, and how full the battery was at each; one at least, long ago."""
    if "heartbeat" not in others:
        return np.array([-NEVER]), np.array([100.0])
    table = others["heartbeat"]
    at = _micros(table, "ts")
    full = table["battery_percent"].to_numpy(zero_copy_only=False).astype(np.float64)
    order = np.argsort(at, kind="stable")
    return np.append(-NEVER, at[order]), np.append(100.0, full[order])


def _micros(table: pa.Table, column: str) -> Integers:
    return np.asarray(table[column].cast(pa.int64()).to_numpy())


def _by_device(
    sleep: pa.Table, others: Mapping[str, pa.Table]
) -> Iterator[tuple[pa.Table, dict[str, pa.Table]]]:
    """The rows of each device that tells of sleep, and what else it tells."""
    tables = {"sleep": sleep, **others}
    names = {name: _names(one) for name, one in tables.items()}
    for who in pc.unique(names["sleep"]).to_pylist():
        own = {name: one.filter(pc.equal(names[name], who)) for name, one in tables.items()}
        yield own.pop("sleep"), own


def _is_of(table: pa.Table, other: pa.Table) -> bool:
    """Whether all rows are of the one device that wrote the other table, too."""
    return all(is_of_one_device(one) for one in (table, other)) and all(
        table[name][0].as_py() == other[name][0].as_py() for name in ("device", "source")
    )


def _names(table: pa.Table) -> pa.Array:
    """Device and source of each row as one text, shape (n,)."""
    frame = pl.DataFrame(pl.from_arrow(table.select(["device", "source"])))
    return frame.select(WHO.cast(pl.String).alias("who"))["who"].to_arrow().cast(pa.string())
