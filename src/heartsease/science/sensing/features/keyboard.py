"""Keyboard rhythm: how fast and how evenly somebody types and how often they take back; no text."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from .local_time import local_day

COLUMNS = (
    "key_latency_ms",
    "key_latency_iqr_ms",
    "backspace_share",
    "typing_bouts",
)
KEYS_NEEDED = 50
PAUSE_MS = 5000.0


def keyboard(table: pa.Table) -> pl.DataFrame:
    """One row a local day with 50 keys or more: day, data_yield (1) and `COLUMNS`.

    Pauses of five seconds and more are no typing and stay out of the latencies.

    Args:
        table: the stream `keyboard`.
    """
    typed = pl.col("latency_ms").filter(pl.col("latency_ms") < PAUSE_MS).cast(pl.Float64)
    return (
        pl.DataFrame(pl.from_arrow(table))
        .with_columns(local_day())
        .group_by("day")
        .agg(
            pl.lit(1.0).alias("data_yield"),
            typed.median().alias("key_latency_ms"),
            (typed.quantile(0.75, "linear") - typed.quantile(0.25, "linear")).alias(
                "key_latency_iqr_ms"
            ),
            pl.col("backspace").mean().alias("backspace_share"),
            pl.col("bout").n_unique().cast(pl.Float64).alias("typing_bouts"),
            pl.len().alias("keys"),
        )
        .filter(pl.col("keys") >= KEYS_NEEDED)
        .drop("keys")
        .sort("day")
    )
