"""Apple Health: how fast an export is read, and in how much memory.

    python -m bench.apple_health --measure [--megabytes 170] [--runs 3]
    python -m bench.apple_health --write export.xml --megabytes 2000

Writes a synthetic export (fixed seed; realistic mix of record types, phone and watch at once, sleep
stages, metadata children) and measures whole fresh processes: the reader alone, all of `heartsease
analyse`, an upload from the file to the stored features (SQLite in a fresh folder, set-up not
counted), and a plain lxml.etree.iterparse over the same file as the yardstick.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
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


def record(
    kind: str,
    source: str,
    device: str,
    unit: str,
    start: datetime,
    end: datetime,
    value: object,
    child: str = "",
) -> str:
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
    """A day: pulse every five minutes, steps of two devices, a night in stages, and the rest."""
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


READ = """
from heartsease.science.sensing.reading import read
for _ in read(Path(path), now=now): pass
"""
ANALYSE = """
from heartsease.science.sensing.report import analyse
with tempfile.TemporaryDirectory() as out:
    analyse(Path(path), Path(out), now=now)
"""
UPLOAD = """
import os
folder = tempfile.TemporaryDirectory()
os.environ.update(HEARTSEASE_DATA=folder.name, DJANGO_SETTINGS_MODULE="heartsease.site.settings")
os.environ.pop("DATABASE_URL", None)
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.utils import timezone
from heartsease.base.tasks import run_all
from heartsease.capture.streams import actions
from heartsease.consent import actions as consent
from heartsease.people import actions as people
from heartsease.people.models import Role
person = people.register("a@example.org", "A", Role.PATIENT, now=timezone.now())
consent.give(person, "wearables", "keep", by=person, now=timezone.now())
begin = time.process_time()
with open(path, "rb") as file:
    row = actions.upload(person, file, "export.xml", by=person, now=timezone.now())
run_all()
row.refresh_from_db()
assert row.status == "done", row.message
"""
YARDSTICK = """
import lxml.etree
for _, found in lxml.etree.iterparse(path, tag="Record"): found.clear()
"""
JOBS = {"lxml.iterparse": YARDSTICK, "reader": READ, "analyse": ANALYSE, "upload": UPLOAD}
FRAME = """
import resource, tempfile, time
from datetime import datetime, UTC
from pathlib import Path
path, begin, now = {path!r}, 0.0, datetime(2026, 5, 2, tzinfo=UTC)
{job}
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
cpu = sum(one.ru_utime + one.ru_stime for one in used)
print(cpu - begin, max(one.ru_maxrss for one in used) / 1024)
"""


def run(job: str, path: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of one job in a fresh process."""
    code = FRAME.format(path=str(path), job=JOBS[job])
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    cpu, memory = made.stdout.split()[-2:]
    return float(cpu), float(memory)


def measure(path: Path, runs: int) -> None:
    """Print each job's rate and memory, and its ratio to the yardstick."""
    size = path.stat().st_size / 1e6
    medians: dict[str, float] = {}
    for job in JOBS:
        found = [run(job, path) for _ in range(runs)]
        cpus = [cpu for cpu, _ in found]
        medians[job] = statistics.median(cpus)
        print(
            f"{job:15} {size:6.0f} MB  CPU {min(cpus):.2f} s (median {medians[job]:.2f})  "
            f"{size / medians[job]:6.1f} MB/s  peak {max(memory for _, memory in found):.0f} MB  "
            f"{medians['lxml.iterparse'] / medians[job]:.2f} x lxml.iterparse",
            flush=True,
        )


def main(argv: Sequence[str] | None = None) -> None:
    """Write an export, measure one, or both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", type=Path)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--megabytes", type=float, default=170)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args(argv)
    if asked.write:
        print(write(asked.write, asked.megabytes), "bytes")
    if asked.measure or not asked.write:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.xml"
            write(path, asked.megabytes)
            measure(path, asked.runs)


if __name__ == "__main__":
    main()
