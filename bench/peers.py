"""What other programs make of the same samples, and what it costs them beside us.

    python -m bench.peers [--folder FOLDER] [--days 90] [--write]

Makes a virtual environment for each of niimpy, beiwe-forest, pyActigraphy and
scikit-digital-health (or reuses those in FOLDER), hands the inputs of the conformance table over as
Parquet, prints each value, then the CPU seconds a participant-day of one synthetic person, as
ratios. A peer that does not install is named. With --write the values are kept in
bench/peers/values.txt; the page is then renewed by HEARTSEASE_WRITE_DOCS=1 (see docs). Nothing of a
peer enters our own environment.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tests.science.sensing.conformance import CASES, INPUTS, MONDAY

from bench.make_cohort import person, tables
from heartsease.science.sensing import cohort
from heartsease.science.sensing.daily import daily_features
from heartsease.science.sensing.shard import PERSON, Stream, Writer

HERE = Path(__file__).with_suffix("")
SCRIPTS = {
    "niimpy": "run_niimpy.py",
    "beiwe-forest": "run_forest.py",
    "pyActigraphy": "run_pyactigraphy.py",
    "scikit-digital-health": "run_skdh.py",
}
STREAM = {"gps": "gps", "screen": "screen", "calls": "comm", "rhythm": "activity"}
# What is compared: the peer, its job, ours, in words.
COMPARED = (
    ("niimpy", "gps", "gps", "places of a day: distance and significant places | all 12 features"),
    ("niimpy", "screen", "screen", "screen: count and duration | all 5 features"),
    ("niimpy", "calls", "calls", "calls: count and duration | all 7 features"),
    ("pyActigraphy", "rhythm once", "rhythm", "IS, IV, L5, M10, RA once | all 9 features a day"),
    ("pyActigraphy", "rhythm daily", "rhythm", "IS, IV a week, RA a day | all 9 features a day"),
)


def python_of(peer: str, folder: Path) -> Path | None:
    """The interpreter of a peer's environment, made if it is not there; None if it fails."""
    place = folder / f"environment-{peer}"
    python = place / "bin" / "python"
    if (place / "ready").exists():
        return python
    uv = shutil.which("uv")
    if uv:
        steps = [[uv, "venv", "-q", "--python", sys.executable, "--clear", str(place)]]
        install = [uv, "pip", "install", "-q", "--python", str(python)]
    else:
        steps = [[sys.executable, "-m", "venv", "--clear", str(place)]]
        install = [str(python), "-m", "pip", "install", "-q"]
    steps.append([*install, "-r", str(HERE / f"{peer}.txt")])
    bare = HERE / f"{peer}-bare.txt"
    if bare.exists():
        steps.append([*install, "--no-deps", "-r", str(bare)])
    for step in steps:
        made = subprocess.run(step, capture_output=True, text=True, check=False)
        if made.returncode:
            said = (made.stderr or made.stdout).strip().splitlines()[-1:]
            print(f"{peer}: does not install: {' '.join(said)}", flush=True)
            return None
    (place / "ready").touch()
    return python


def hand_over(folder: Path) -> None:
    """Write each input as Parquet, with its name and the day that is looked at."""
    for number, (name, one) in enumerate(INPUTS.items()):
        place = folder / f"{number:02d}"
        place.mkdir(parents=True)
        for stream, table in one.build().items():
            pq.write_table(table, place / f"{stream}.parquet")
        about = {"name": name, "day": str(MONDAY + timedelta(days=one.day))}
        (place / "about.json").write_text(json.dumps(about), "utf-8")


def lines(python: Path, peer: str, *words: str) -> Iterator[str]:
    """What a peer's script prints; what it complains of is told where it fails."""
    command = [str(python), "-W", "ignore", str(HERE / SCRIPTS[peer]), *words]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        said = made.stderr.strip().splitlines()[-1:]
        print(f"{peer}: {' '.join(words[:1])} failed: {' '.join(said)}", flush=True)
    yield from made.stdout.splitlines()


def values(pythons: dict[str, Path], inputs: Path) -> list[list]:
    """Values of the cases: peer, version, input, feature ("" for all), value, note, call."""
    found, asked = [], {(one.sample, one.feature) for one in CASES}
    for peer, python in pythons.items():
        for line in lines(python, peer, "values", str(inputs)):
            if line.startswith("VALUE "):
                row = json.loads(line.removeprefix("VALUE "))
                if not row[3] or (row[2], row[3]) in asked:
                    found.append(row)
    return found


def reading(folder: Path, job: str) -> Callable[[], pa.Table]:
    stream = STREAM[job]
    return lambda: Stream(folder / f"{stream}.parquet", stream).of("p")


def ours(folder: Path, job: str) -> Callable[[], object]:
    """Our features of one stream, the Parquet read included."""
    read = reading(folder, job)
    return lambda: daily_features({STREAM[job]: read()})


def spent(job: Callable[[], object], runs: int = 5) -> float:
    """The least CPU seconds of several runs, after one that loads and compiles."""
    job()
    found = []
    for _ in range(runs):
        begin = time.process_time()
        job()
        found.append(time.process_time() - begin)
    return min(found)


def measure(pythons: dict[str, Path], folder: Path, days: int) -> None:
    """Print what a participant-day costs each, one after the other in this run."""
    folder.mkdir()
    for stream, table in tables("p", person(1, days)).items():
        with Writer(folder / f"{stream}.parquet", stream) as writer:  # both sides read this file
            writer.add("p", table.drop_columns(PERSON))
    print(f"\nCPU a participant-day, one synthetic person of {days} days, Parquet read included")
    cohort.keep_freed_memory()  # as the workers of a cohort do
    blocks: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for peer, job, own, words in COMPARED:
        if peer not in pythons:
            print(f"{words}: {peer} is missing")
            continue
        told = [
            float(line.removeprefix("SPENT "))
            for line in lines(pythons[peer], peer, "measure", str(folder), job)
            if line.startswith("SPENT ")
        ]
        mine, read = spent(ours(folder, own)), spent(reading(folder, own))
        if told:
            blocks[peer, own].append(min(told))
        for theirs in told:
            print(
                f"{peer:14} {theirs / days * 1000:9.3f} ms  ours {mine / days * 1000:7.4f} ms  "
                f"({read / mine:3.0%} of it reading)  {theirs / mine:7.1f} x  ({words})",
                flush=True,
            )

    for (peer, own), parts in blocks.items():
        if len(parts) > 1:
            mine = spent(ours(folder, own))
            print(
                f"{peer:14} {sum(parts) / days * 1000:9.3f} ms  ours {mine / days * 1000:7.4f} ms  "
                f"{sum(parts) / mine:7.1f} x  ({own}: all of its jobs together, which ours does at "
                "once)"
            )


def main(argv: list[str] | None = None) -> None:
    """Install what installs, print values, then costs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, help="where environments are made or reused")
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--write", action="store_true", help="keep the values for the page")
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (asked.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        inputs = Path(temporary) / "inputs"
        hand_over(inputs)
        made = {peer: python_of(peer, folder) for peer in SCRIPTS}
        pythons = {peer: python for peer, python in made.items() if python}
        found = values(pythons, inputs)
        rows = ["\t".join("" if one is None else str(one) for one in row) for row in found]
        print("\n".join(rows))
        if asked.write and len(pythons) == len(SCRIPTS):
            head = "# Written by python -m bench.peers --write: peer, version, input, feature, "
            text = "\n".join([head + "value, note, call", *rows])
            (HERE / "values.txt").write_text(text + "\n", "utf-8")
        elif asked.write:
            print("Not kept: a peer is missing.")
        measure(pythons, Path(temporary) / "person", asked.days)


if __name__ == "__main__":
    main()
