"""Choose four people of LifeSnaps by stated criteria and write the demo's slice.

    python bench/make_lifesnaps_slice.py daily_fitbit_sema.csv.gz

Criteria, over people with at least 80 days up to the last one with sleep (each cut to at most 120
days):
- changing: `course.change.detect` finds a change in steps (falling), minutes asleep (either way),
  resting pulse (rising) or RMSSD (falling) on the last day of the slice, at a budget of 0.02 false
  alarms a month; among all such days the one on which most features changed, then the largest.
- missing: the smallest share of days with sleep, above a fifth.
- stable: no change on the last day, at least 20 of the last 28 days with sleep, the highest share
  of days with sleep, steps and mood words.
- improving: as stable, among the others, the largest rise of derived mood from first to last third.
"""

from __future__ import annotations

import gzip
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from heartsease.science.course.change import Change, DailySeries, detect
from heartsease.science.simulate.lifesnaps import mood_of

DIRECTIONS = {
    "minutes_asleep": 0,
    "steps": -1,
    "resting_heart_rate_bpm": 1,
    "hrv_rmssd_ms": -1,
}
COLUMNS = {
    "minutesAsleep": "minutes_asleep",
    "steps": "steps",
    "resting_hr": "resting_heart_rate_bpm",
    "rmssd": "hrv_rmssd_ms",
}
WORDS = ("ALERT", "HAPPY", "NEUTRAL", "RESTED/RELAXED", "SAD", "TENSE/ANXIOUS", "TIRED")
DAYS = 120
OUT = Path(__file__).parents[1] / "src/heartsease/science/simulate/data/lifesnaps_slice.csv.gz"


def table(path: Path) -> pl.DataFrame:
    """One row a person and day, in our names; a day's 0 steps or 0 minutes asleep is missing."""
    raw = pl.read_csv(path, infer_schema_length=0)
    chosen = pl.concat_list(
        [
            pl.when(pl.col(word).cast(pl.Float64, strict=False) > 0).then(pl.lit(word))
            for word in WORDS
        ]
    ).list.drop_nulls()
    frame = raw.select(
        pl.col("id").alias("person"),
        pl.col("date").str.slice(0, 10).str.to_date().alias("day"),
        *(pl.col(old).cast(pl.Float64, strict=False).alias(new) for old, new in COLUMNS.items()),
        pl.when(chosen.list.len() > 0).then(chosen.list.join("|")).alias("words"),
    )
    return frame.with_columns(
        pl.when(pl.col(name) > 0).then(pl.col(name)).alias(name) for name in DIRECTIONS
    ).unique(["person", "day"], keep="first", maintain_order=True)


def series(own: pl.DataFrame, name: str, last: int, axis: np.ndarray) -> DailySeries:
    """One feature up to a place of the axis, at most 120 days."""
    values = np.full(len(axis), np.nan)
    places = (own["day"].to_numpy().astype("datetime64[D]") - axis[0]).astype(int)
    values[places] = own[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    first = max(last - DAYS + 1, 0)
    return DailySeries(axis[first : last + 1], values[first : last + 1])


def changes(own: pl.DataFrame, last: int, axis: np.ndarray) -> list[Change]:
    found = []
    for name, direction in DIRECTIONS.items():
        verdict = detect(
            series(own, name, last, axis), direction=direction, budget_per_person_month=0.02
        )
        if isinstance(verdict, Change):
            found.append(verdict)
    return found


def main(path: Path) -> None:
    everybody = table(path)
    scored = []
    for (person,), own in everybody.partition_by("person", as_dict=True).items():
        own = own.sort("day")
        worn = own.drop_nulls("minutes_asleep")["day"].max()
        if worn is None:
            continue
        own = own.filter(pl.col("day") <= worn)
        axis = np.arange(own["day"].min(), own["day"].max() + np.timedelta64(1, "D"))
        axis = axis.astype("datetime64[D]")
        if len(axis) < 80:
            continue
        best = (0, 0.0, len(axis) - 1)
        for last in range(75, len(axis), 3):
            found = changes(own, last, axis)
            size = max((abs(one.size_sd) for one in found), default=0.0)
            best = max(best, (len(found), size, last))
        moods = [mood_of(tuple(text.split("|"))) for text in own["words"].drop_nulls()]
        third = max(len(moods) // 3, 1)
        scored.append(
            {
                "person": person,
                "best": best,
                "axis": axis,
                "own": own,
                "yield": len(own.drop_nulls(["minutes_asleep", "steps", "words"])) / len(axis),
                "sleep_yield": len(own.drop_nulls("minutes_asleep")) / len(axis),
                "rise": np.mean(moods[-third:]) - np.mean(moods[:third]) if len(moods) > 20 else -9,
                "last": own.filter(pl.col("day") > worn - timedelta(days=28)),
                "steady": not changes(own, len(axis) - 1, axis),
            }
        )
    changing = max(
        scored, key=lambda row: (row["best"][0], row["sleep_yield"] > 0.6, row["best"][1])
    )
    rest = [row for row in scored if row is not changing]
    missing = min(
        (row for row in rest if row["sleep_yield"] > 0.2), key=lambda row: row["sleep_yield"]
    )
    rest = [row for row in rest if row is not missing]
    worn_lately = [row for row in rest if len(row["last"].drop_nulls("minutes_asleep")) >= 20]
    stable = max((row for row in worn_lately if row["steady"]), key=lambda row: row["yield"])
    rest = [row for row in worn_lately if row is not stable and row["yield"] > 0.25]
    improving = max(rest, key=lambda row: row["rise"])
    parts = []
    chosen = {"a": stable, "b": improving, "c": changing, "d": missing}
    for key, row in chosen.items():
        last = row["best"][2] if row is changing else len(row["axis"]) - 1
        days = row["axis"][max(last - DAYS + 1, 0) : last + 1]
        own = row["own"].filter(
            pl.col("day").is_between(days[0].astype(object), days[-1].astype(object))
        )
        parts.append(own.with_columns(pl.lit(key).alias("person")))
        print(
            key,
            row["person"],
            len(own),
            "days",
            row["best"],
            round(row["yield"], 2),
            round(row["sleep_yield"], 2),
            round(float(row["rise"]), 2),
        )
    frame = (
        pl.concat(parts)
        .select("person", "day", *DIRECTIONS, "words")
        .with_columns(pl.col(name).round(1) for name in DIRECTIONS)
    )
    OUT.write_bytes(gzip.compress(frame.write_csv().encode(), 9, mtime=0))
    print(OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
