"""What a peer is given and gives back: Parquet in, one JSON line a value out."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

Made = Mapping[str, Mapping[str, Callable[[dict[str, pd.DataFrame]], list[tuple]]]]


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """The streams of one person by name, with the local clock as index `time`."""
    return {path.stem: frame(path) for path in sorted(folder.glob("*.parquet"))}


def frame(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    found = pq.read_table(path, columns=columns).to_pandas()
    clock = found["ts"].dt.tz_localize(None) + pd.to_timedelta(found["tz"].astype("int64"), "min")
    found.index = pd.DatetimeIndex(clock.astype("datetime64[ns]"), name="time")
    return found


def main(peer: str, values: Callable, jobs: Mapping[str, Callable[[Path], object]]) -> None:
    """`values FOLDER` prints what the peer makes of each input, `measure FOLDER JOB` CPU seconds.

    Args:
        values: name of the input, its streams, day looked at to rows of feature, value, call, note.
        jobs: by name, what reads a person's folder and makes features.
    """
    if sys.argv[1] == "values":
        for folder in sorted(Path(sys.argv[2]).iterdir()):
            about = json.loads((folder / "about.json").read_text("utf-8"))
            try:
                rows = values(about["name"], read(folder), pd.Timestamp(about["day"]))
            except Exception as problem:  # a peer that fails on an input is named, not fatal
                rows = [("", type(problem).__name__, str(problem)[:200], "")]
            for feature, value, call, note in rows:
                if not isinstance(value, str):
                    value = None if value is None or value != value else float(value)
                line = [peer, version(peer), about["name"], feature, value, note, call]
                print("VALUE " + json.dumps(line))
        return
    job = jobs[sys.argv[3]]
    job(Path(sys.argv[2]))  # once for what is loaded or compiled on first use
    spent = []
    for _ in range(3):
        begin = time.process_time()
        job(Path(sys.argv[2]))
        spent.append(time.process_time() - begin)
    print("SPENT " + json.dumps(min(spent)))
