"""Communication: how much, with how many, how evenly, and whether it goes both ways; never what."""

from __future__ import annotations

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


def communication(table: pa.Table) -> pl.DataFrame:
    """One row a local day with a call or text: day, data_yield (1) and `COLUMNS`.

    Contacts, their entropy and reciprocity look at the seven days up to the day: a day alone has
    too few. Reciprocity is the share of contacts with something in both directions. The missed
    share is that of calls that came in.

    Args:
        table: the stream `comm`.
    """
    days = local_seconds(table) // 86_400
    order = np.argsort(days, kind="stable")
    kinds = _numbers(table["kind"], COMM_KINDS)
    known = table["contact"].combine_chunks().dictionary_encode()
    empty = known.dictionary.index("").as_py()
    contacts = known.indices.fill_null(-1).to_numpy().astype(np.int64)
    contacts[contacts == empty] = -1
    seconds = table["seconds"].to_numpy(zero_copy_only=False).astype(np.float64)
    found, figures = kernel.of_days(
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


def _numbers(column: pa.ChunkedArray, words: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Each word as its place among all of them."""
    return pc.index_in(column, value_set=pa.array(words)).to_numpy().astype(np.int64)
