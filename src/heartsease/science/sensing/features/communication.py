"""Communication: how much, with how many, how evenly, and whether it goes both ways; never what."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels import circle as kernel
from ..merging import is_one_value
from ..schema import COMM_KINDS
from .local_time import local_seconds, waking_share

COLUMNS = (
    "calls",
    "call_minutes",
    "missed_call_share",
    "texts",
    "contacts",
    "contact_entropy",
    "reciprocity",
)
# Which column tells how much of its day, or of its week, was told.
YIELDS = {"data_yield": COLUMNS[:4], "week_yield": COLUMNS[4:]}
# How long after a call or text its source is held to tell of them still.
TOLD_DAYS = 28
DAY_S, WEEK_DAYS = 86_400, 7
Days = npt.NDArray[np.int64]


def communication(table: pa.Table, others: Iterable[pa.Table] = ()) -> pl.DataFrame:
    """One row a local day that is known: day, data_yield, week_yield and `COLUMNS`.

    Known are days with a call or text, and days without one on which the source that tells of them
    told anything else of the phone: those have 0 of both. Whether it told of calls at all is known
    for 28 days after one. A day of which nothing was told is missing.

    Contacts, their entropy and reciprocity look at the seven days up to the day: a day alone has
    too few. Reciprocity is the share of contacts with something in both directions. The missed
    share is that of calls that came in.

    The yield is the share of 16 waking hours between the first and the last thing that the source
    told of the phone (`waking_share`), for a log that breaks off at noon has half the calls; that
    of a week is the mean of its seven days.

    Args:
        table: the stream `comm`.
        others: other streams of phones.
    """
    local = local_seconds(table)
    days = local // DAY_S
    order = np.argsort(days, kind="stable")
    kinds = _numbers(table["kind"], COMM_KINDS)
    known = table["contact"].combine_chunks().dictionary_encode()
    empty = known.dictionary.index("").as_py()
    contacts = known.indices.fill_null(-1).to_numpy().astype(np.int64)
    contacts[contacts == empty] = -1
    seconds = table["seconds"].to_numpy(zero_copy_only=False).astype(np.float64)
    told = _told(table, local, others)
    found = _known(np.unique(days), told[:, 0])
    shares = _shares(found, told)
    figures = kernel.of_days(
        found,
        days[order],
        kinds[order],
        table["direction"].to_numpy().astype(np.int64)[order],
        contacts[order],
        seconds[order],
    )
    return pl.DataFrame(
        {
            "day": pl.Series(found.astype(np.int32)).cast(pl.Date),
            "data_yield": shares,
            "week_yield": _of_weeks(found, shares),
            **{name: figures[:, place] for place, name in enumerate(COLUMNS)},
        }
    )


def _told(table: pa.Table, local: Days, others: Iterable[pa.Table]) -> Days:
    """When the sources of calls and texts told anything: day, first and last hour, shape (k, 3).

    A day may have several rows.

    Args:
        local: shape (n,), the local second of each row of the table.
    """
    sources = _names(table["source"])
    parts = [_hours(local)]
    for other in others:
        own = local_seconds(other)
        names = _names(other["source"])
        if len(names) > 1:
            # Rows of several apps: those of other apps say nothing of the one that tells of calls.
            own = own[
                pc.is_in(other["source"].cast(pa.string()), pa.array(sorted(sources))).to_numpy()
            ]
        elif names != names & sources:
            continue
        parts.append(_hours(own))
    return np.concatenate(parts)


def _hours(seconds: Days) -> Days:
    """Of each day its number, and its first and last hour with a row, shape (d, 3)."""
    if (seconds[1:] < seconds[:-1]).any():
        seconds = np.sort(seconds)
    if not len(seconds):
        return np.empty((0, 3), np.int64)
    days = np.arange(seconds[0] // DAY_S, seconds[-1] // DAY_S + 1)
    edges = np.searchsorted(seconds, np.append(days, days[-1] + 1) * DAY_S)
    there = np.flatnonzero(edges[1:] > edges[:-1])
    first, last = seconds[edges[there]], seconds[edges[there + 1] - 1]
    return np.column_stack([days[there], first // 3600 % 24, last // 3600 % 24])


def _known(of_calls: Days, told: Days) -> Days:
    """Days of calls or texts, and those that anything was told of at most 28 days after one."""
    alive = np.unique(told)
    before = np.searchsorted(of_calls, alive, side="right") - 1
    alive, before = alive[before >= 0], before[before >= 0]
    return alive[alive - of_calls[before] <= TOLD_DAYS]


def _shares(days: Days, told: Days) -> npt.NDArray[np.float64]:
    """The share of each day's waking hours between the first and last thing told, shape (d,)."""
    # One place more, for what was told on days that are not known.
    first, last = np.full(len(days) + 1, 24), np.full(len(days) + 1, -1)
    place = np.searchsorted(days, told[:, 0])
    place[np.append(days, -1)[place] != told[:, 0]] = len(days)
    np.minimum.at(first, place, told[:, 1])
    np.maximum.at(last, place, told[:, 2])
    return waking_share(first[:-1], last[:-1])


def _of_weeks(days: Days, shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Means of the shares of the seven days up to each day, shape (d,); what is missing is 0."""
    summed = np.append(0.0, np.cumsum(shares))
    since = np.searchsorted(days, days - (WEEK_DAYS - 1))
    return np.clip((summed[1:] - summed[since]) / WEEK_DAYS, 0.0, 1.0)


def _names(column: pa.ChunkedArray) -> set[str]:
    if len(column) and is_one_value(column):
        return {str(column[0].as_py())}
    return {str(one) for one in pc.unique(column).to_pylist()}


def _numbers(column: pa.ChunkedArray, words: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Each word as its place among all of them."""
    return pc.index_in(column, value_set=pa.array(words)).to_numpy().astype(np.int64)
