"""Choose three people of LifeSnaps by stated criteria and write the demo's slice.

    python bench/make_lifesnaps_slice.py daily_fitbit_sema.csv.gz

Each person's days are cut to at most 160 up to one of their own days (never the last recorded one,
which is seldom whole). The demo lets the last day be a Sunday, so the program is asked what it
would say on the seven mornings after that (as in `watch.tasks.compare`: a budget of 0.1 false
alarms a person-month divided among the ways of changing with data). Criteria, in this order:

- stable: at least 20 of the last 28 days with sleep and with steps, 5 of the last 14 with mood
  words, and no change on any morning; of those the highest share of days with data (in tenths),
  then the longest.
- improving: as stable, of the others the largest rise of derived mood from first to last third,
  with at least seven mood days in each.
- missing: fewer than 4 of the last 10 days with sleep, a fifth of all days with some, no change in
  anything; of those the most mood words.
"""

from __future__ import annotations

import gzip
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from heartsease.science.course.domains import domains, shares
from heartsease.science.course.notice import Noticed, notice
from heartsease.science.course.series import DailySeries
from heartsease.science.simulate.lifesnaps import mood_of

COLUMNS = {
    "minutesAsleep": "minutes_asleep",
    "minutesAwake": "minutes_awake_at_night",
    "steps": "steps",
    "resting_hr": "resting_heart_rate_bpm",
    "rmssd": "hrv_rmssd_ms",
}
NAMES = (*COLUMNS.values(), "mood")
WORDS = ("ALERT", "HAPPY", "NEUTRAL", "RESTED/RELAXED", "SAD", "TENSE/ANXIOUS", "TIRED")
DAYS, BUDGET, SUNDAY = 160, 0.1, np.datetime64("2026-11-22")
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
    mood = pl.col("words").map_elements(
        lambda text: mood_of(tuple(text.split("|"))), return_dtype=pl.Int64
    )
    return frame.with_columns(
        *(pl.when(pl.col(name) > 0).then(pl.col(name)).alias(name) for name in COLUMNS.values()),
        mood.alias("mood"),
    ).unique(["person", "day"], keep="first", maintain_order=True)


@dataclass(frozen=True)
class Cut:
    """One person's days up to one of them, and what the program says on the mornings after."""

    person: str
    last: int
    values: dict[str, np.ndarray] = field(repr=False)

    def share(self, name: str, days: int) -> float:
        """How many of the last days have data."""
        return float(np.isfinite(self.values[name][-days:]).mean())

    @property
    def has_data(self) -> bool:
        """Enough of the last weeks to say something."""
        worn = min(self.share("minutes_asleep", 28), self.share("steps", 28))
        return worn >= 20 / 28 and self.share("mood", 14) >= 5 / 14

    @property
    def is_thin(self) -> bool:
        """Too little sleep lately to say anything, though there was some before."""
        lately = self.share("minutes_asleep", 10)
        return lately < 0.4 and self.share("minutes_asleep", DAYS) > 0.2

    def verdicts(self, morning: int) -> dict[str, object]:
        """What is said by way of changing, so many days after the last one, which is a Sunday."""
        there = {name: row for name, row in self.values.items() if np.isfinite(row).any()}
        days = np.arange(SUNDAY + morning - DAYS + 1, SUNDAY + morning + 1)
        series = {}
        for name, row in there.items():
            padded = np.full(DAYS, np.nan)
            tail = np.append(row, np.full(morning, np.nan))[-DAYS:]
            padded[-len(tail) :] = tail
            series[name] = DailySeries(days, padded)
        ways = {
            f"{domain.name}.{name}": way
            for domain in domains().known.values()
            for name, way in domain.ways.items()
            if way.features_in(there)
        }
        own = shares(ways, BUDGET)
        return {name: notice(series, way, budget=own[name]) for name, way in ways.items()}

    def is_quiet(self) -> bool:
        """Whether nothing is noticed on any of the seven mornings."""
        return not any(
            isinstance(one, Noticed)
            for morning in range(1, 8)
            for one in self.verdicts(morning).values()
        )

    @property
    def completeness(self) -> float:
        """The share of days with sleep or with mood words, whichever is smaller, in tenths."""
        return round(min(self.share("minutes_asleep", DAYS), self.share("mood", DAYS)), 1)

    @property
    def rise(self) -> float:
        """Derived mood of the last third of the days less that of the first."""
        third = len(self.values["mood"]) // 3
        first, last = self.values["mood"][:third], self.values["mood"][-third:]
        if min(np.isfinite(first).sum(), np.isfinite(last).sum()) < 7:
            return float("-inf")
        return float(np.nanmean(last) - np.nanmean(first))


def cuts(everybody: pl.DataFrame) -> list[Cut]:
    """Every person, cut at each of their days after the 75th."""
    found = []
    for (person,), own in everybody.partition_by("person", as_dict=True).items():
        own = own.sort("day")
        worn = own.drop_nulls("minutes_asleep")["day"].max()
        if worn is None:
            continue
        axis = np.arange(own["day"].min(), np.datetime64(worn), dtype="datetime64[D]")
        places = (own["day"].to_numpy().astype("datetime64[D]") - axis[0]).astype(int)
        here = (places >= 0) & (places < len(axis))
        columns = {}
        for name in NAMES:
            columns[name] = np.full(len(axis), np.nan)
            column = own[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
            columns[name][places[here]] = column[here]
        for last in range(75, len(axis)):
            first = max(last - DAYS + 1, 0)
            values = {name: column[first : last + 1] for name, column in columns.items()}
            one = Cut(str(person), last, values)
            if one.has_data or one.is_thin:
                found.append(one)
    return found


def choose(found: list[Cut]) -> dict[str, Cut]:
    """The three, nobody twice."""
    taken: set[str] = set()

    def best(candidates: list[Cut], key) -> Cut:
        for one in sorted(candidates, key=key, reverse=True):
            if one.person not in taken and one.is_quiet():
                taken.add(one.person)
                return one
        raise SystemExit("Nobody fits the criteria.")

    with_data = [row for row in found if row.has_data]
    thin = [row for row in found if row.is_thin]
    return {
        "a": best(with_data, lambda row: (row.completeness, row.last)),
        "b": best(with_data, lambda row: row.rise),
        "c": best(thin, lambda row: row.share("mood", DAYS)),
    }


def main(path: Path) -> None:
    """Choose, print why, and write."""
    everybody = table(path)
    parts = []
    for key, row in choose(cuts(everybody)).items():
        own = everybody.filter(pl.col("person") == row.person).sort("day")
        last = own["day"].min() + np.timedelta64(row.last, "D").astype(object)
        first = last - np.timedelta64(len(row.values["mood"]) - 1, "D").astype(object)
        own = own.filter(pl.col("day").is_between(first, last))
        parts.append(own.with_columns(pl.lit(key).alias("person")))
        print(
            f"{key}: {len(own)} days, sleep {row.share('minutes_asleep', DAYS):.0%}, "
            f"mood {row.share('mood', DAYS):.0%}, "
            f"mood rose {row.rise:.2f}"
        )
    chosen = pl.concat(parts).select("person", "day", *COLUMNS.values(), "words")
    frame = chosen.with_columns(pl.col(name).round(1) for name in COLUMNS.values())
    OUT.write_bytes(gzip.compress(frame.write_csv().encode(), 9, mtime=0))
    print(OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
