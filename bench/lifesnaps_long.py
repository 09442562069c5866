"""LifeSnaps' daily table in the long form that `heartsease evaluate course` reads.

    python bench/lifesnaps_long.py path/to/daily_fitbit_sema.csv.gz lifesnaps.csv

Columns person, day, feature, value, and the direction in which the program watches each feature. A
day's 0 steps or 0 minutes asleep is a watch that was not worn, so it is missing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from heartsease.watch.watched import plan

COLUMNS = {
    "minutesAsleep": "minutes_asleep",
    "steps": "steps",
    "resting_hr": "resting_heart_rate_bpm",
    "rmssd": "hrv_rmssd_ms",
}


def long_form(path: Path) -> pl.DataFrame:
    """One row a person, day and feature with a value above 0."""
    directions = {watched.feature: watched.direction for watched in plan().features}
    raw = pl.read_csv(path, infer_schema_length=0)
    table = raw.select(
        pl.col("id").alias("person"),
        pl.col("date").str.slice(0, 10).alias("day"),
        *(pl.col(old).cast(pl.Float64, strict=False).alias(new) for old, new in COLUMNS.items()),
    ).unique(["person", "day"], keep="first", maintain_order=True)
    return (
        table.unpivot(
            on=list(COLUMNS.values()),
            index=["person", "day"],
            variable_name="feature",
            value_name="value",
        )
        .filter(pl.col("value") > 0)
        .with_columns(
            pl.col("feature").replace_strict(directions, return_dtype=pl.Int64).alias("direction")
        )
        .sort("person", "feature", "day")
    )


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    frame = long_form(source)
    frame.write_csv(target)
    print(f"{frame['person'].n_unique()} people, {len(frame):,} values in {target}")


if __name__ == "__main__":
    main()
