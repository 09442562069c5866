"""LifeSnaps' daily table in the wide form that `heartsease evaluate course` reads.

    python bench/lifesnaps_days.py path/to/daily_fitbit_sema.csv.gz OUT.csv [COLUMN ...]

Columns person, time and the named ones of the data set, by default all that the program watches. A
day's 0 steps, 0 minutes asleep or a pulse of 0 is a watch that was not worn, so it is missing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

NEVER_ZERO = ("minutesAsleep", "steps", "resting_hr", "nremhr", "rmssd")
WATCHED = ("minutesAsleep", "minutesAwake", "sleep_efficiency", "steps", "resting_hr", "rmssd")


def days(path: Path, columns: tuple[str, ...] = WATCHED) -> pl.DataFrame:
    """One row a person and day; a day with no steps was not worn, whatever else stands there."""
    raw = pl.read_csv(path, infer_schema_length=0)
    number = {name: pl.col(name).cast(pl.Float64, strict=False) for name in raw.columns}
    worn = number["steps"] > 0
    return raw.select(
        pl.col("id").alias("person"),
        pl.col("date").str.slice(0, 10).alias("time"),
        *(
            pl.when(number[name] > 0 if name in NEVER_ZERO else worn | pl.lit("sleep" in name))
            .then(number[name])
            .alias(name)
            for name in columns
        ),
    ).unique(["person", "time"], keep="first", maintain_order=True)


def main() -> None:
    source, target, *columns = sys.argv[1:]
    frame = days(Path(source), tuple(columns) or WATCHED)
    frame.write_csv(target)
    print(f"{frame['person'].n_unique()} people, {len(frame):,} days in {target}")


if __name__ == "__main__":
    main()
