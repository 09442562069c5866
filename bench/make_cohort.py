"""A cohort of people who do not exist, sharded by person, for measuring speed.

    python -m bench.make_cohort FOLDER [--persons 100] [--days 90] [--shards 4] [--usual]

Each person and day has 1,440 minutes of movement and of heart rate, about 245 fixes, 220 screen
events, 9 calls and texts, hourly steps and a night in stages. The traces are simple: they say
nothing about whether a feature is right, only how long it takes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from heartsease.science.sensing.schema import STREAMS
from heartsease.science.sensing.shard import PERSON, Writer

MINUTE = 60_000_000
DAY = 1440 * MINUTE
START = 1_767_225_600_000_000  # 1 January 2026
FIXES, SCREENS, CALLS = 245, 220, 9


def person(number: int, days: int) -> dict[str, dict[str, np.ndarray]]:
    """One person's samples by stream; times in microseconds UTC."""
    rng = np.random.default_rng(number)
    minutes = START + np.arange(days * 1440) * MINUTE
    clock = np.tile(np.arange(1440), days)
    awake = (clock > 420) & (clock < 1380)
    counts = np.where(awake, rng.gamma(1.2, 200, len(clock)), rng.gamma(0.3, 20, len(clock)))
    pulse = np.where(awake, 75, 55) + rng.normal(0, 5, len(clock))
    streams = {
        "activity": {"ts": minutes, "epoch_s": np.full(len(clock), 60), "counts": counts},
        "heart_rate": {"ts": minutes, "bpm": pulse},
        "gps": _fixes(rng, days),
        "screen": _screens(rng, days),
        "comm": _calls(rng, days),
    }
    hours = START + np.arange(days * 24) * 60 * MINUTE
    streams["steps"] = {
        "ts": hours,
        "end": hours + 60 * MINUTE,
        "n": rng.poisson(np.where((np.arange(days * 24) % 24) > 7, 500, 5)),
    }
    streams["sleep"] = _nights(rng, days)
    return streams


def _fixes(rng: np.random.Generator, days: int) -> dict[str, np.ndarray]:
    at = np.sort(rng.integers(0, days * DAY, FIXES * days)) + START
    clock = at // MINUTE % 1440
    places = np.array([[60.0, 24.0], [60.02, 24.03], [60.01, 24.05]])
    where = np.where((clock > 540) & (clock < 1020), 1, np.where(clock > 1140, 2, 0))
    where = np.where(clock > 1260, 0, where)
    spread = rng.normal(0, 2e-4, (len(at), 2))
    return {
        "ts": at,
        "lat": places[where, 0] + spread[:, 0],
        "lon": places[where, 1] + spread[:, 1],
        "accuracy_m": np.full(len(at), 20.0),
        "speed_mps": np.zeros(len(at)),
    }


def _screens(rng: np.random.Generator, days: int) -> dict[str, np.ndarray]:
    count = SCREENS // 2 * days
    on = np.sort(rng.integers(0, days * 960, count))
    on = on // 960 * DAY + (on % 960 + 430) * MINUTE + START + rng.integers(0, MINUTE, count)
    off = on + rng.integers(5_000_000, 120_000_000, count)
    at = np.concatenate([on, off])
    order = np.argsort(at, kind="stable")
    status = np.concatenate([np.full(count, 3), np.zeros(count, dtype=int)])
    return {"ts": at[order], "status": status[order]}


def _calls(rng: np.random.Generator, days: int) -> dict[str, np.ndarray]:
    count = CALLS * days
    return {
        "ts": np.sort(rng.integers(0, days * DAY, count)) + START,
        "kind": np.where(rng.random(count) < 0.4, "call", "text"),
        "direction": rng.integers(1, 4, count),
        "contact": np.array([f"c{one}" for one in rng.zipf(1.6, count) % 40]),
        "seconds": rng.integers(0, 900, count),
    }


def _nights(rng: np.random.Generator, days: int) -> dict[str, np.ndarray]:
    rows = []
    for day in range(1, days):
        at = START + day * DAY - 60 * MINUTE + int(rng.normal(0, 30)) * MINUTE
        for _ in range(5):
            for stage, minutes in (("light", 50), ("deep", 20), ("rem", 20), ("awake", 4)):
                rows.append((at, at + minutes * MINUTE, stage))
                at += minutes * MINUTE
    first, last, stage = zip(*rows, strict=True)
    return {"ts": np.array(first), "end": np.array(last), "stage": np.array(stage)}


def tables(pid: str, streams: dict[str, dict[str, np.ndarray]]) -> dict[str, pa.Table]:
    """One person's streams as canonical tables with their column pid in front."""
    result = {}
    for stream, columns in streams.items():
        count = len(columns["ts"])
        made = {"tz": np.full(count, 120), "quality": np.ones(count)}
        arrays = []
        for field in STREAMS[stream]:
            if field.name in ("source", "device"):
                arrays.append(pa.array(["made"] * count))
                continue
            values = pa.array(columns.get(field.name, made.get(field.name)))
            if pa.types.is_timestamp(field.type):
                values = values.cast(pa.int64())
            arrays.append(values.cast(field.type, safe=False))
        table = pa.table(arrays, schema=STREAMS[stream])
        result[stream] = table.add_column(0, PERSON, pa.array([pid] * count))
    return result


def make(folder: Path, persons: int, days: int, shards: int, *, usual: bool = False) -> None:
    """Write the cohort: one folder a shard, one file a stream, people one after another.

    Args:
        usual: in the encodings that writers of Parquet choose by themselves, not in ours.
    """
    for shard in range(shards):
        place = folder / f"shard-{shard:04d}"
        place.mkdir(parents=True, exist_ok=True)
        people = [(f"p{one:06d}", person(one, days)) for one in range(shard, persons, shards)]
        for stream in people[0][1] if people else ():
            path = place / f"{stream}.parquet"
            mine = [(pid, tables(pid, {stream: own[stream]})[stream]) for pid, own in people]
            if usual:
                with pq.ParquetWriter(path, mine[0][1].schema, compression="zstd") as writer:
                    for _, table in mine:
                        writer.write_table(table)
            else:
                with Writer(path, stream) as ours:
                    for pid, table in mine:
                        ours.add(pid, table.drop_columns(PERSON))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--persons", type=int, default=100)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--usual", action="store_true")
    chosen = parser.parse_args(arguments)
    make(chosen.folder, chosen.persons, chosen.days, chosen.shards, usual=chosen.usual)


if __name__ == "__main__":
    main()
