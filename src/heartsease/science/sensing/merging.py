"""Samples of several devices made one: nothing counted twice, the rule the same in any order.

The result is always a selection of the rows that went in, so merging again changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from .features.local_time import local, local_day
from .schema import OFFSET, STREAMS, empty

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
# Short words stand alone: a husband's phone is no band, and monitoring is no ring.
WORN = re.compile(
    r"watch|fitbit|garmin|oura|whoop|polar|withings|versa"
    r"|(?<![a-z])(?:smart)?(?:band|ring|sense)(?![a-z])",
    re.I,
)
CARRIED = re.compile(r"phone|android|pixel|galaxy", re.I)
STAGED = ("light", "deep", "rem")
ASLEEP = ("light", "deep", "rem", "asleep")
# A day is an hour shorter in spring.
MICROS_OF_A_DAYS_SUM = 23 * 3_600_000_000 - 1_000_000
# Streams whose figures would be wrong if two devices were added up, or averaged.
ONE_DEVICE = frozenset({"activity", "gps", "hrv_rmssd", "hrv_sdnn", "resting_heart_rate", "screen"})
WHO = pl.concat_str([pl.col("device"), pl.col("source")], separator="|", ignore_nulls=True)


def merge(tables: Sequence[pa.Table], stream: str) -> pa.Table:
    """Unite tables of one stream.

    1. A sample that is there twice counts once (`distinct`).
    2. Steps: the sum of a day that a device tells counts unless its own shorter rows say more, for
       it may have been told before the day was over. On each day devices worn come before others
       and before those carried; of equals the one with more steps that day. A row of a later device
       counts only where no earlier one has a row.
    3. Sleep: for each night (noon to noon) one device counts, one that tells stages before one that
       does not, then the one with more sleep.
    4. Movement, places, screens, and what devices sum up of the heart: on each local day the device
       with most samples.

    Args:
        tables: in the stream's canonical schema.
        stream: name of the stream.
    """
    if not tables:
        return empty(stream)
    if len(tables) == 1 and _is_in_order_of_one_device(tables[0]):
        return tables[0]
    frames = [pl.DataFrame(pl.from_arrow(table.cast(STREAMS[stream]))) for table in tables]
    frame = distinct(pl.concat(frames, how="vertical_relaxed"))
    if frame.is_empty():
        return empty(stream)
    if stream == "steps":
        frame = frame.filter(_counting_steps(frame))
    elif stream == "sleep":
        frame = _one_device_a_night(frame)
    elif stream in ONE_DEVICE:
        frame = _one_device_a_day(frame)
    return frame.to_arrow().cast(STREAMS[stream])


def _is_in_order_of_one_device(table: pa.Table) -> bool:
    """Whether one device wrote the rows one after another, so that there is nothing to resolve."""
    starts = table["ts"].cast(pa.int64()).to_numpy()
    if not len(starts) or (starts[1:] <= starts[:-1]).any():
        return False
    if "end" in table.column_names:
        ends = table["end"].cast(pa.int64()).to_numpy()
        if (starts[1:] < ends[:-1]).any() or (ends <= starts).any():
            return False
    return is_of_one_device(table)


def is_of_one_device(table: pa.Table) -> bool:
    """Whether every row is of the same device and source."""
    return all(is_one_value(table[name]) for name in ("device", "source"))


def is_one_value(column: pa.ChunkedArray) -> bool:
    """Whether every row says the same, in text or as a number of a dictionary."""
    if column.null_count or column.num_chunks != 1:
        return False
    chunk = column.chunk(0)
    if isinstance(chunk, pa.DictionaryArray) and len(chunk.dictionary) == 1:
        return True
    values = chunk.indices if isinstance(chunk, pa.DictionaryArray) else chunk
    return bool(pc.all(pc.equal(values, values[0])).as_py())


def distinct(frame: pl.DataFrame) -> pl.DataFrame:
    """Each sample once, in one fixed order; one that is there with two offsets keeps the smaller.

    The same sample comes with another offset when an export is made in another time zone.
    """
    same = [name for name in frame.columns if name != OFFSET]
    return frame.sort(frame.columns, nulls_last=True).unique(
        same, keep="first", maintain_order=True
    )


def _counting_steps(frame: pl.DataFrame) -> pl.Series:
    """Steps: which rows overlap no row of a device that comes before, day by day.

    A row that reaches past midnight counts for the day on which it begins, and its time is taken
    on the next.
    """
    named = frame.select(
        local_day(),
        WHO.alias("who"),
        pl.col("n").cast(pl.Int64),
        pl.col("ts").cast(pl.Int64).alias("first"),
        pl.max_horizontal(pl.col("end").cast(pl.Int64), pl.col("ts").cast(pl.Int64) + 1).alias(
            "last"
        ),
        pl.int_range(pl.len()).alias("row"),
    )
    totals = named.group_by("day", "who").agg(pl.col("n").sum().alias("total"))
    ranks = {who: _rank(who) for who in named["who"].unique().to_list()}
    groups = (
        named.join(totals, on=["day", "who"])
        .with_columns(pl.col("who").replace_strict(ranks, return_dtype=pl.Int8).alias("rank"))
        .sort("day", "rank", "total", "who", "first", "n", "last", descending=_more_steps_first())
    )
    kept = np.zeros(frame.height, dtype=np.bool_)
    starts, ends = np.empty(0, np.int64), np.empty(0, np.int64)
    for rows in groups.partition_by("day", maintain_order=True):
        late = ends > rows["first"].to_numpy().min()
        starts, ends = starts[late], ends[late]
        for one in rows.partition_by("who", maintain_order=True):
            first, last = one["first"].to_numpy(), one["last"].to_numpy()
            free = _free_of(first, last, starts, ends)
            free &= _not_outdone(first, last, one["n"].to_numpy(), free)
            free &= _not_overlapping(first, np.where(free, last, first))
            kept[one["row"].to_numpy()[free]] = True
            starts = np.concatenate([starts, first[free]])
            ends = np.concatenate([ends, last[free]])
            order = np.argsort(starts, kind="stable")
            starts, ends = starts[order], ends[order]
    return pl.Series(kept)


def _more_steps_first() -> list[bool]:
    """Sorting by day, rank, total, who, first, n, last: more steps first, else in order."""
    return [False, False, True, False, False, True, False]


def _rank(name: str) -> int:
    """Worn before unknown before carried."""
    if WORN.search(name):
        return 0
    return 2 if CARRIED.search(name) else 1


def _free_of(first: Integers, last: Integers, starts: Integers, ends: Integers) -> Booleans:
    """Which intervals overlap none of the sorted, separate intervals already there."""
    if not len(starts):
        return np.ones(len(first), dtype=np.bool_)
    place = np.searchsorted(ends, first, side="right")
    there = place < len(starts)
    next_start = starts[np.minimum(place, len(starts) - 1)]
    return np.asarray(~there | (next_start >= last))


def _not_outdone(first: Integers, last: Integers, n: Integers, free: Booleans) -> Booleans:
    """All rows of a device and day but sums of the day that its shorter rows surpass."""
    whole = np.asarray(last - first >= MICROS_OF_A_DAYS_SUM)
    sums, parts = free & whole, free & ~whole
    if not sums.any() or not parts.any():
        return np.ones(len(first), dtype=np.bool_)
    parts &= _not_overlapping(first, np.where(parts, last, first))
    return np.asarray(~whole | (n[parts].sum() <= n[sums].max()))


def _not_overlapping(first: Integers, last: Integers) -> Booleans:
    """Of intervals sorted by start, those that begin after every one taken before has ended.

    An interval with no length was ruled out before and is left out here.
    """
    taken = np.asarray(last > first)
    own_first, own_last = first[taken], last[taken]
    if (own_first[1:] >= own_last[:-1]).all():
        return taken
    end = -(2**62)
    for place in np.flatnonzero(taken):
        if first[place] >= end:
            end = last[place]
        else:
            taken[place] = False
    return taken


def _one_device_a_night(frame: pl.DataFrame) -> pl.DataFrame:
    """Sleep: the rows of the best device of each night."""
    frame = frame.with_columns(
        (local() + pl.duration(hours=12)).dt.date().alias("_night"), WHO.alias("_who")
    )
    asleep = (pl.col("end") - pl.col("ts")).dt.total_seconds().filter(pl.col("stage").is_in(ASLEEP))
    best = (
        frame.group_by("_night", "_who")
        .agg(
            pl.col("stage").is_in(STAGED).any().alias("_staged"),
            asleep.sum().alias("_seconds"),
        )
        .sort(["_night", "_staged", "_seconds", "_who"], descending=[False, True, True, False])
        .unique("_night", keep="first", maintain_order=True)
        .select("_night", "_who")
    )
    chosen = frame.join(best, on=["_night", "_who"], how="semi", maintain_order="left")
    return chosen.drop("_night", "_who")


def _one_device_a_day(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of the device with most samples on each local day; of equals the first by name."""
    frame = frame.with_columns(local_day().alias("_day"), WHO.alias("_who"))
    best = (
        frame.group_by("_day", "_who")
        .agg(pl.len().alias("_samples"))
        .sort(["_day", "_samples", "_who"], descending=[False, True, False])
        .unique("_day", keep="first", maintain_order=True)
        .select("_day", "_who")
    )
    chosen = frame.join(best, on=["_day", "_who"], how="semi", maintain_order="left")
    return chosen.drop("_day", "_who")
