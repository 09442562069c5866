"""Apple Health: how fast an export is read, and in how much memory.

    python bench/apple_health.py --measure [--megabytes 170] [--runs 3]
    python bench/apple_health.py --write export.xml --megabytes 2000

Writes a synthetic export (fixed seed; realistic mix of record types, phone and watch at once, sleep
stages, metadata children) and measures whole fresh processes: the reader alone, all of `heartsease
analyse`, and a plain lxml.etree.iterparse over the same file as the yardstick.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary)*)>
<!ATTLIST HealthData locale CDATA #REQUIRED>
]>
<HealthData locale="en_GB">
 <ExportDate value="2026-05-01 09:00:00 +0100"/>
"""
WATCH = (
    "&lt;&lt;HKDevice: 0x28{:07x}&gt;, name:Apple Watch, manufacturer:Apple Inc., "
    "model:Watch, hardware:Watch6,1, software:10.3&gt;"
)
OTHER = ("ActiveEnergyBurned", "BasalEnergyBurned", "DistanceWalkingRunning", "AppleExerciseTime")


def record(kind: str, source: str, device: str, unit: str, start, end, value, child="") -> str:
    """One record as Apple writes it."""
    form = "%Y-%m-%d %H:%M:%S +0100"
    tail = f">\n  {child}\n </Record>\n" if child else "/>\n"
    unit_words = f' unit="{unit}"' if unit else ""
    device_words = f' device="{device}"' if device else ""
    return (
        f' <Record type="{kind}" sourceName="{source}" sourceVersion="10.3"{device_words}'
        f'{unit_words} creationDate="{end:{form}}" startDate="{start:{form}}" '
        f'endDate="{end:{form}}" value="{value}"{tail}'
    )


def one_day(day: datetime, rng: random.Random) -> str:
    """A day: pulse every five minutes, steps of watch and phone, a night in stages, and the rest."""
    quantity = "HKQuantityTypeIdentifier"
    parts = []
    for number in range(288):
        at = day + timedelta(minutes=5 * number, seconds=rng.randrange(200))
        device = WATCH.format(rng.randrange(1 << 28))
        beat = int(rng.gauss(62 if number < 84 else 78, 6))
        child = '<MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="1"/>'
        parts.append(
            record(
                f"{quantity}HeartRate",
                "Anna&#8217;s Apple Watch",
                device,
                "count/min",
                at,
                at,
                beat,
                child,
            )
        )
        if 90 < number < 265:
            until = at + timedelta(minutes=4)
            for name, on in (("Anna&#8217;s Apple Watch", device), ("iPhone", "")):
                parts.append(
                    record(f"{quantity}StepCount", name, on, "count", at, until, rng.randrange(90))
                )
        for name in OTHER:
            parts.append(
                record(quantity + name, "iPhone", "", "kcal", at, at, round(rng.random() * 9, 4))
            )
    night = day - timedelta(minutes=int(rng.gauss(40, 25)))
    for _ in range(14):
        stage = rng.choice(["Core", "Core", "Deep", "REM"])
        until = night + timedelta(minutes=rng.randrange(15, 50))
        value = f"HKCategoryValueSleepAnalysisAsleep{stage}"
        parts.append(
            record(
                "HKCategoryTypeIdentifierSleepAnalysis",
                "Anna&#8217;s Apple Watch",
                WATCH.format(1),
                "",
                night,
                until,
                value,
            )
        )
        night = until
    noon = day + timedelta(hours=12)
    parts.append(
        record(
            f"{quantity}RestingHeartRate",
            "Anna&#8217;s Apple Watch",
            WATCH.format(1),
            "count/min",
            day,
            noon,
            int(rng.gauss(58, 2)),
        )
    )
    for hour in (2, 5, 14):
        at = day + timedelta(hours=hour)
        parts.append(
            record(
                f"{quantity}HeartRateVariabilitySDNN",
                "Anna&#8217;s Apple Watch",
                WATCH.format(1),
                "ms",
                at,
                at,
                round(rng.gauss(48, 9), 3),
            )
        )
    return "".join(parts)


def write(path: Path, megabytes: float) -> int:
    """Write an export of about this size; return its bytes."""
    rng = random.Random(20260501)
    zone = timezone(timedelta(hours=1))
    day = datetime(2026, 4, 30, tzinfo=zone)
    size = 0
    with path.open("w", encoding="utf-8") as file:
        size += file.write(HEAD)
        while size < megabytes * 1e6:
            size += file.write(one_day(day, rng))
            day -= timedelta(days=1)
            if day.year < 2001:
                day = datetime(2026, 4, 29, 0, 1, tzinfo=zone)
        file.write("</HealthData>\n")
    return path.stat().st_size


JOBS = {
    "lxml.iterparse": (
        "import lxml.etree as e\nfor _, x in e.iterparse(path, tag='Record'): x.clear()"
    ),
    "reader": (
        "from pathlib import Path\nfrom datetime import datetime, UTC\n"
        "from heartsease.science.sensing.reading import read\n"
        "for _ in read(Path(path), now=datetime(2026, 5, 2, tzinfo=UTC)): pass"
    ),
    "analyse": (
        "from pathlib import Path\nfrom datetime import datetime, UTC\nimport tempfile\n"
        "from heartsease.science.sensing.report import analyse\n"
        "with tempfile.TemporaryDirectory() as out:\n"
        "    analyse(Path(path), Path(out), now=datetime(2026, 5, 2, tzinfo=UTC))"
    ),
}


def run(job: str, path: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of one job in a fresh process."""
    code = (
        f"import resource\npath = {str(path)!r}\n{JOBS[job]}\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    cpu, memory = made.stdout.split()[-2:]
    return float(cpu), float(memory)


def measure(path: Path, runs: int) -> None:
    """Print each job's rate and memory, and its ratio to the yardstick."""
    size = path.stat().st_size / 1e6
    medians = {}
    for job in JOBS:
        found = [run(job, path) for _ in range(runs)]
        cpus = [cpu for cpu, _ in found]
        medians[job] = statistics.median(cpus)
        print(
            f"{job:15} {size:6.0f} MB  CPU {min(cpus):.2f} s (median {medians[job]:.2f})  "
            f"{size / medians[job]:6.1f} MB/s  peak {max(memory for _, memory in found):.0f} MB  "
            f"{medians['lxml.iterparse'] / medians[job]:.2f} x lxml.iterparse"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--megabytes", type=float, default=170)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    if asked.write:
        print(write(asked.write, asked.megabytes), "bytes")
    if asked.measure:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.xml"
            write(path, asked.megabytes)
            measure(path, asked.runs)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
