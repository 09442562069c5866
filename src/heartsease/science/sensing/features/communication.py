"""Communication: how much, with how many, how evenly, and whether it goes both ways; never what."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels import circle as kernel
from ..schema import COMM_KINDS
from .local_time import local_seconds

COLUMNS = (
    "calls",
    "call_minutes",
    "missed_call_share",
    "texts",
    "contacts",
    "contact_entropy",
    "reciprocity",
)
# How long after a call or text its source is held to tell of them still.
TOLD_DAYS = 28
Days = npt.NDArray[np.int64]


def communication(table: pa.Table, others: Iterable[pa.Table] = ()) -> pl.DataFrame:
    """One row a local day that is known: day, data_yield (1) and `COLUMNS`.

    Known are days with a call or text, and days without one on which the source that tells of them
    told anything else of the phone: those have 0 of both. Whether it told of calls at all is known
    for 28 days after one. A day of which nothing was told is missing.

    Contacts, their entropy and reciprocity look at the seven days up to the day: a day alone has
    too few. Reciprocity is the share of contacts with something in both directions. The missed
    share is that of calls that came in.

    Args:
        table: the stream `comm`.
        others: other streams of phones.
    """
    days = local_seconds(table) // 86_400
    order = np.argsort(days, kind="stable")
    kinds = _numbers(table["kind"], COMM_KINDS)
    known = table["contact"].combine_chunks().dictionary_encode()
    empty = known.dictionary.index("").as_py()
    contacts = known.indices.fill_null(-1).to_numpy().astype(np.int64)
    contacts[contacts == empty] = -1
    seconds = table["seconds"].to_numpy(zero_copy_only=False).astype(np.float64)
    found = np.union1d(days, _alive(table, days, others))
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
            "data_yield": np.ones(len(found)),
            **{name: figures[:, place] for place, name in enumerate(COLUMNS)},
        }
    )


def _alive(table: pa.Table, days: Days, others: Iterable[pa.Table]) -> Days:
    """Days on which a source of calls and texts told anything else, at most 28 after one of them.

    Args:
        days: shape (n,), the local day of each row of the table.
    """
    sources = _names(table["source"])
    told, parts = np.unique(days), [np.empty(0, np.int64)]
    for other in others:
        own = local_seconds(other) // 86_400
        names = _names(other["source"])
        if len(names) > 1:
            # Rows of several apps: those of other apps say nothing of the one that tells of calls.
            own = own[
                pc.is_in(other["source"].cast(pa.string()), pa.array(sorted(sources))).to_numpy()
            ]
        elif names != names & sources:
            continue
        parts.append(own[np.flatnonzero(np.diff(own, prepend=-1))])
    alive = np.unique(np.concatenate(parts))
    before = np.searchsorted(told, alive, side="right") - 1
    return alive[(before >= 0) & (alive - told[np.maximum(before, 0)] <= TOLD_DAYS)]


def _names(column: pa.ChunkedArray) -> set[str]:
    return {str(one) for one in pc.unique(column).to_pylist()}


def _numbers(column: pa.ChunkedArray, words: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Each word as its place among all of them."""
    return pc.index_in(column, value_set=pa.array(words)).to_numpy().astype(np.int64)
