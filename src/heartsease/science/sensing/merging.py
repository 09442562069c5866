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

from .schema import STREAMS, empty

Integers = npt.NDArray[np.int64]
WORN = re.compile(r"watch|fitbit|garmin|oura|whoop|polar|withings|band|ring|sense|versa", re.I)
CARRIED = re.compile(r"phone|android|pixel|galaxy", re.I)
STAGED = ("light", "deep", "rem")
ASLEEP = ("light", "deep", "rem", "asleep")


def merge(tables: Sequence[pa.Table], stream: str) -> pa.Table:
    """Unite tables of one stream.

    1. A row that is there twice counts once.
    2. Steps: devices worn come before others and before those carried; of the rest the one with
       more steps. A row of a later device counts only where no earlier one has a row.
    3. Sleep: for each night (noon to noon) one device counts, one that tells stages before one that
       does not, then the one with more sleep.

    Args:
        tables: in the stream's canonical schema.
        stream: name of the stream.
    """
    if not tables:
        return empty(stream)
    frames = [pl.DataFrame(pl.from_arrow(table)) for table in tables]
    frame = pl.concat(frames, how="vertical_relaxed").unique(maintain_order=False)
    frame = frame.sort(frame.columns, nulls_last=True)
    if stream == "steps":
        frame = _one_device_at_a_time(frame)
    elif stream == "sleep":
        frame = _one_device_a_night(frame)
    return frame.to_arrow().cast(STREAMS[stream])


def _one_device_at_a_time(frame: pl.DataFrame) -> pl.DataFrame:
    """Steps: rows that overlap no row of a device that comes before."""
    if frame.is_empty():
        return frame
    who = pl.concat_str([pl.col("device"), pl.col("source")], separator="|", ignore_nulls=True)
    frame = frame.with_columns(who.alias("_who"), pl.int_range(pl.len()).alias("_row"))
    totals = frame.group_by("_who").agg(pl.col("n").sum())
    ranks = sorted((_rank(name), -total, name) for name, total in totals.iter_rows())
    kept: list[int] = []
    starts, ends = np.empty(0, np.int64), np.empty(0, np.int64)
    for *_, name in ranks:
        rows = frame.filter(pl.col("_who") == name).sort("ts", "n", descending=[False, True])
        first = rows["ts"].cast(pl.Int64).to_numpy()
        last = np.maximum(rows["end"].cast(pl.Int64).to_numpy(), first + 1)
        free = _free_of(first, last, starts, ends)
        free &= _not_overlapping(first, np.where(free, last, first))
        kept.extend(rows["_row"].to_numpy()[free].tolist())
        starts = np.concatenate([starts, first[free]])
        ends = np.concatenate([ends, last[free]])
        order = np.argsort(starts, kind="stable")
        starts, ends = starts[order], ends[order]
    chosen = frame.filter(pl.col("_row").is_in(kept))
    return chosen.drop("_who", "_row")


def _rank(name: str) -> int:
    """Worn before unknown before carried."""
    if WORN.search(name):
        return 0
    return 2 if CARRIED.search(name) else 1


def _free_of(first: Integers, last: Integers, starts: Integers, ends: Integers) -> npt.NDArray:
    """Which intervals overlap none of the sorted, separate intervals already there."""
    if not len(starts):
        return np.ones(len(first), dtype=bool)
    place = np.searchsorted(ends, first, side="right")
    there = place < len(starts)
    next_start = starts[np.minimum(place, len(starts) - 1)]
    return ~there | (next_start >= last)


def _not_overlapping(first: Integers, last: Integers) -> npt.NDArray[np.bool_]:
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
    if frame.is_empty():
        return frame
    local = pl.col("ts") + pl.duration(minutes=pl.col("tz").cast(pl.Int64))
    frame = frame.with_columns(
        (local + pl.duration(hours=12)).dt.date().alias("_night"),
        pl.concat_str([pl.col("device"), pl.col("source")], separator="|", ignore_nulls=True).alias(
            "_who"
        ),
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
    chosen = frame.join(best, on=["_night", "_who"], how="semi")
    return chosen.drop("_night", "_who")
