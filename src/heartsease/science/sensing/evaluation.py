"""What the readers and features make of given exports: how many days, how complete, what was lost.

Every file or folder in the given place is one person's export in any format that is read; a cohort
(`sensing.cohort`) is worked on shard by shard instead.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..errors import CannotEvaluate
from ..intervals import mean_interval
from . import cohort
from .exports import exports, set_aside_as, spooled
from .outside import readable
from .report import features_of
from .shard import PERSON


def evaluate_sensing(data: Path) -> dict[str, Any]:
    """Figures by the names of the design's table.

    Args:
        data: a folder of exports, one file or sub-folder a person, or of shards; or one export.

    Raises:
        CannotEvaluate: if nothing in it could be read.
    """
    begun = time.perf_counter()
    if not data.exists():
        raise CannotEvaluate(f"There is nothing at {data}.")
    aside: Counter[str] = Counter()
    if data.is_dir() and any(data.glob("shard-*")):
        people = dict(_of_cohort(data, aside))
    else:
        people = dict(_of_exports(data, aside))
    if not people:
        reasons = "; ".join(list(aside)[:3])
        raise CannotEvaluate(f"Nothing in {data.name} could be read. {reasons}")
    frame = pl.concat(
        [own.with_columns(pl.lit(name).alias("person")) for name, own in people.items()]
    )
    return {
        "persons": len(people),
        "days": frame.select(pl.struct("person", "day").n_unique()).item(),
        "features": _figures(frame),
        **_yield(frame),
        "quarantined": sum(aside.values()),
        "quarantined_by_reason": dict(aside.most_common(20)),
        "seconds": time.perf_counter() - begun,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _of_cohort(data: Path, aside: Counter[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    for shard in sorted(path for path in data.glob("shard-*") if path.is_dir()):
        try:
            made, lost = cohort.features_of(shard)
        except cohort.CannotRun as error:
            aside[str(error)] += 1
            continue
        aside.update(lost["reason"].to_list())
        for (pid,), own in made.partition_by(PERSON, as_dict=True).items():
            yield str(pid), own.drop(PERSON)


def _of_exports(data: Path, aside: Counter[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """One person's features after another; what cannot be read is counted with its reason."""
    for path in exports(data):
        with tempfile.TemporaryDirectory() as folder:
            try:
                spool = spooled(path, Path(folder), aside, now=datetime.now(UTC))
                made, _ = features_of(spool)
            except Exception as error:  # One export never stops the others.
                aside[set_aside_as(path, error)] += 1
                continue
        if not made.is_empty():
            yield readable(path.name), made


def _figures(frame: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Of each feature: days with it, people, mean and spread, and its mean data yield."""
    rows = (
        frame.group_by("feature")
        .agg(
            pl.len().alias("days"),
            pl.col("person").n_unique().alias("persons"),
            pl.col("value").mean().alias("mean"),
            pl.col("value").std().alias("sd"),
            pl.col("data_yield").mean().alias("data_yield"),
        )
        .sort("feature")
    )
    return {
        row["feature"]: {k: v for k, v in row.items() if k != "feature"} for row in rows.to_dicts()
    }


def _yield(frame: pl.DataFrame) -> dict[str, Any]:
    """The mean over people of the share of their days that have a feature with full data."""
    best = frame.group_by("person", "day").agg(pl.col("data_yield").max())
    spans = best.group_by("person").agg(
        pl.col("data_yield").sum().alias("sum"),
        ((pl.col("day").max() - pl.col("day").min()).dt.total_days() + 1).alias("span"),
    )
    shares = (spans["sum"] / spans["span"]).to_numpy().astype(np.float64)
    return {"yield": float(shares.mean()), "yield_ci": mean_interval(shares)}
