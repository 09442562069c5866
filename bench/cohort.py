"""All daily features of a cohort: CPU a participant-day, memory, and a million days by proportion.

    python -m bench.cohort [--persons 120] [--days 90] [--usual] [--json]

Two processes work on a cohort of `make_cohort` (reading Parquet included), a second cohort half as
large tells whether the cost grows with the number of people, and the two give the price of one more
day. Memory is the peak of one process, and of all of them together. `--usual` takes Parquet as
writers make it by themselves instead of as `heartsease cohort lay-out` does.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .make_cohort import make

PEOPLE_A_SHARD = 4
SAMPLED_EVERY_S = 0.05
WORK = """
import os, resource, sys, time
os.environ.setdefault("POLARS_MAX_THREADS", "1")  # as in the workers of `cohort.run`
from pathlib import Path
from heartsease.science.sensing import cohort
source, out = Path(sys.argv[1]), Path(sys.argv[2])
shards = sorted(source.glob("shard-*"))
cohort.features_of(shards[0])
begun = time.process_time()
for shard in shards:
    cohort.work_on(shard, out)
print(time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure(folder: Path, persons: int, days: int, *, usual: bool) -> dict[str, float]:
    """CPU seconds, wall seconds with two processes, and peak memory of one process in MB."""
    source = folder / f"cohort-{persons}"
    make(source, persons, days, max(persons // PEOPLE_A_SHARD, 1), usual=usual)
    alone = subprocess.run(
        [sys.executable, "-c", WORK, str(source), str(folder / "alone")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    begun = time.perf_counter()
    command = (
        "from pathlib import Path; import sys; from heartsease.science.sensing import cohort\n"
        "if __name__ == '__main__': cohort.run(Path(sys.argv[1]), Path(sys.argv[2]), workers=2)"
    )
    script = folder / "run.py"
    script.write_text(command)
    out = folder / f"two-{persons}"
    together = peak_of([sys.executable, str(script), str(source), str(out)])
    return {
        "together_mb": together,
        "cpu_s": float(alone[0]),
        "peak_mb": float(alone[1]),
        "wall_two_processes_s": time.perf_counter() - begun,
        "days": persons * days,
    }


def peak_of(command: list[str]) -> float:
    """Run a command; the most memory that it and its children held, in MB, what they share once.

    Sampled twenty times a second from the kernel's proportional set sizes (Linux).
    """
    running, peak = subprocess.Popen(command), 0
    while running.poll() is None:
        peak = max(peak, sum(_own_kb(one) for one in _family(running.pid)))
        time.sleep(SAMPLED_EVERY_S)
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command)
    return peak / 1024


def _family(pid: int) -> list[int]:
    found = [pid]
    with contextlib.suppress(OSError):
        for path in Path(f"/proc/{pid}/task").iterdir():
            for child in (path / "children").read_text().split():
                found += _family(int(child))
    return found


def _own_kb(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=120)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--usual", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        whole = measure(Path(folder), chosen.persons, chosen.days, usual=chosen.usual)
        half = measure(Path(folder), chosen.persons // 2, chosen.days, usual=chosen.usual)
    each = 1e6 * whole["cpu_s"] / whole["days"]
    each_half = 1e6 * half["cpu_s"] / half["days"]
    more = whole["days"] - half["days"]
    wall = (whole["wall_two_processes_s"] - half["wall_two_processes_s"]) / more
    result = {
        "participant_days": whole["days"],
        "cpu_us_a_day": each,
        "cpu_us_a_day_of_half_the_people": each_half,
        "linear_ratio": each / each_half,
        "peak_mb_of_a_process": whole["peak_mb"],
        "peak_mb_of_all_together": whole["together_mb"],
        "wall_s_two_processes": whole["wall_two_processes_s"],
        "a_million_days_wall_s": wall * 1e6,
        "own_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if chosen.json:
        print(json.dumps(result))
        return
    print(f"{whole['days']:,.0f} participant-days, all streams, Parquet read included:")
    print(f"  {each:.0f} us of CPU a day (half the people: {each_half:.0f} us)")
    print(
        f"  {whole['peak_mb']:.0f} MB at most in a process, {whole['together_mb']:.0f} MB in both "
        "and the one that started them, what they share counted once"
    )
    once = 1e6 * whole["wall_two_processes_s"] / whole["days"]
    print(
        f"  a million days in two processes: {once:.0f} s by proportion, start included; "
        f"{wall * 1e6:.0f} s by what the second half of the people took"
    )


if __name__ == "__main__":
    main()
