"""Communication: how much, with how many, how evenly, and whether it goes both ways; never what."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from ..schema import DIRECTIONS
from .local_time import local_day

DAYS = 7
COLUMNS = (
    "calls",
    "call_minutes",
    "missed_call_share",
    "texts",
    "contacts",
    "contact_entropy",
    "reciprocity",
)
INCOMING, OUTGOING, MISSED = (DIRECTIONS[name] for name in ("incoming", "outgoing", "missed"))


def communication(table: pa.Table) -> pl.DataFrame:
    """One row a local day with a call or text: day, data_yield (1) and `COLUMNS`.

    Contacts, their entropy and reciprocity look at the seven days up to the day: a day alone has
    too few. Reciprocity is the share of contacts with something in both directions. The missed
    share is that of calls that came in.

    Args:
        table: the stream `comm`.
    """
    frame = pl.DataFrame(pl.from_arrow(table)).with_columns(local_day())
    call, text = pl.col("kind") == "call", pl.col("kind") == "text"
    missed = call & (pl.col("direction") == MISSED)
    inward = call & pl.col("direction").is_in([INCOMING, MISSED])
    days = (
        frame.group_by("day")
        .agg(
            pl.lit(1.0).alias("data_yield"),
            (call & ~missed).sum().cast(pl.Float64).alias("calls"),
            (pl.col("seconds").filter(call).sum() / 60).alias("call_minutes"),
            pl.when(inward.any()).then(missed.sum() / inward.sum()).alias("missed_call_share"),
            text.sum().cast(pl.Float64).alias("texts"),
        )
        .sort("day")
    )
    return days.join(_circle(frame), on="day", how="left")


def _circle(frame: pl.DataFrame) -> pl.DataFrame:
    """Contacts of the last seven days: how many, entropy of how often (nats), reciprocity."""
    known = frame.filter(pl.col("contact").is_not_null() & (pl.col("contact") != ""))
    each = known.group_by("day", "contact").agg(
        pl.len().alias("times"),
        pl.col("direction").is_in([INCOMING, MISSED]).any().alias("in"),
        (pl.col("direction") == OUTGOING).any().alias("out"),
    )
    later = pl.int_ranges(0, DAYS).alias("ahead")
    share = pl.col("times") / pl.col("times").sum()
    return (
        each.with_columns(later)
        .explode("ahead")
        .with_columns(pl.col("day") + pl.duration(days=pl.col("ahead")))
        .group_by("day", "contact")
        .agg(pl.col("times").sum(), pl.col("in").any(), pl.col("out").any())
        .group_by("day")
        .agg(
            pl.len().cast(pl.Float64).alias("contacts"),
            (-(share * share.log()).sum()).clip(lower_bound=0.0).alias("contact_entropy"),
            (pl.col("in") & pl.col("out")).mean().alias("reciprocity"),
        )
    )
