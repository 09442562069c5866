"""Fitbit in Google Takeout: a zip or a folder of many small JSON and CSV files.

Recognised by file name, wherever in the archive they lie ("Takeout/Fitbit/Global Export Data/",
"MyFitbitData/.../Physical Activity/" and the like):
sleep-*.json, steps-*.json, heart_rate-*.json, resting_heart_rate-*.json, and
"Daily Heart Rate Variability Summary - *.csv" (RMSSD). Fitbit writes the sleep files in local time
and the intraday files in UTC, neither with an offset; offsets are not known, so tz is 0 and steps
and pulse fall on the UTC day. That is said in docs/sensing.md.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from ..plausible import SetAside, wrong_time, wrong_value
from ..reading import Batch, Dangerous, Progress, Quarantined
from .columns import Gatherer

KINDS = (
    ("sleep", re.compile(r"(^|/)sleep-[\d-]+\.json$")),
    ("steps", re.compile(r"(^|/)steps-[\d-]+\.json$")),
    ("resting_heart_rate", re.compile(r"(^|/)resting_heart_rate-[\d-]+\.json$")),
    ("heart_rate", re.compile(r"(^|/)heart_rate-[\d-]+\.json$")),
    ("hrv", re.compile(r"(^|/)Daily Heart Rate Variability Summary[^/]*\.csv$")),
)
STAGE_OF = {
    "wake": "awake",
    "awake": "awake",
    "restless": "awake",
    "light": "light",
    "deep": "deep",
    "rem": "rem",
    "asleep": "asleep",
}
LARGEST_FILE_BYTES = 100_000_000
HIGHEST_RATIO = 400
SOURCE = "Fitbit"


class Refused(ValueError):
    """Why one entry is set aside."""


def kind_of(name: str) -> str | None:
    """Which kind of file a name stands for, or None."""
    return next((kind for kind, pattern in KINDS if pattern.search(name)), None)


def names_in_folder(folder: Path) -> list[str]:
    """The files of a folder, at any depth, that are read."""
    found = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if kind_of(name))


def read(path: Path, latest: datetime, progress: Progress) -> Iterator[Batch | Quarantined]:
    """Read every known file of the archive; a damaged one is set aside, the others are read."""
    if path.is_dir():
        names = names_in_folder(path)
        yield from _read_all(names, lambda name: (path / name).read_bytes(), latest, progress)
        return
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if kind_of(name))
        yield from _read_all(names, lambda name: _member(archive, name), latest, progress)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    info = archive.getinfo(name)
    too_large = info.file_size > LARGEST_FILE_BYTES
    if too_large or info.file_size > HIGHEST_RATIO * max(info.compress_size, 1):
        raise Dangerous(f"{name} grows more than a real export can. The archive was not read.")
    return archive.read(info)


def _read_all(
    names: list[str], content_of: Callable[[str], bytes], latest: datetime, progress: Progress
) -> Iterator[Batch | Quarantined]:
    gatherer = Gatherer()
    for number, name in enumerate(names, start=1):
        aside = SetAside(name)
        try:
            _read_file(name, content_of(name), latest, gatherer, aside)
        except (orjson.JSONDecodeError, UnicodeDecodeError, csv.Error):
            aside.add(None, "the file is damaged or incomplete; the others were read")
        except (zipfile.BadZipFile, zlib.error, EOFError):
            aside.add(None, "the archive is damaged here; the other files were read")
        yield from gatherer.full()
        yield from aside.take()
        progress(number / len(names))
    yield from gatherer.rest()


def _read_file(
    name: str, content: bytes, latest: datetime, gatherer: Gatherer, aside: SetAside
) -> None:
    kind = kind_of(name)
    add = Adder(gatherer, latest)
    if kind == "hrv":
        rows: Any = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    else:
        rows = orjson.loads(content)
        if not isinstance(rows, list):
            aside.add(1, "the file is not a list")
            return
    for line, row in enumerate(rows, start=2 if kind == "hrv" else 1):
        try:
            READERS[str(kind)](row, add)
        except Refused as error:
            aside.add(line, str(error))
        except (KeyError, TypeError, ValueError, AttributeError):
            aside.add(line, "an entry that cannot be read")


class Adder:
    """Checks a sample and adds it, or says why not."""

    def __init__(self, gatherer: Gatherer, latest: datetime) -> None:
        self.gatherer, self.latest = gatherer, latest

    def __call__(self, stream: str, start: datetime, end: datetime, value: float | str) -> None:
        """Add one sample."""
        wrong = wrong_time(start, end, self.latest)
        if wrong is None and not isinstance(value, str):
            wrong = wrong_value(stream, value)
        if wrong is not None:
            raise Refused(wrong)
        first, last = (int(moment.timestamp() * 1_000_000) for moment in (start, end))
        self.gatherer.add(stream, first, last, 0, value, SOURCE, SOURCE)


def _moment(text: str) -> datetime:
    """A time of an intraday file, "05/24/21 08:01:00"; of four-digit years too."""
    for form in ("%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _steps(row: dict[str, Any], add: Adder) -> None:
    start = _moment(row["dateTime"])
    count = float(row["value"])
    if count != 0:
        add("steps", start, start + timedelta(minutes=1), count)


def _heart_rate(row: dict[str, Any], add: Adder) -> None:
    start = _moment(row["dateTime"])
    add("heart_rate", start, start, float(row["value"]["bpm"]))


def _resting(row: dict[str, Any], add: Adder) -> None:
    """Fitbit writes 0 for a day it could not measure: that is missing, not a pulse."""
    value = float((row.get("value") or {}).get("value") or 0)
    if value:
        start = _moment(row["dateTime"])
        add("resting_heart_rate", start, start, value)


def _hrv(row: dict[str, Any], add: Adder) -> None:
    start = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
    add("hrv_rmssd", start, start, float(row["rmssd"]))


def _sleep(row: dict[str, Any], add: Adder) -> None:
    entries = row["levels"]["data"]
    if not entries:
        raise Refused("a sleep without stages")
    for entry in entries:
        level = str(entry["level"])
        if level not in STAGE_OF:
            raise Refused(f"no sleep stage is called {level!r}")
        start = datetime.fromisoformat(entry["dateTime"]).replace(tzinfo=UTC)
        add("sleep", start, start + timedelta(seconds=float(entry["seconds"])), STAGE_OF[level])


READERS: dict[str, Callable[[dict[str, Any], Adder], None]] = {
    "steps": _steps,
    "heart_rate": _heart_rate,
    "resting_heart_rate": _resting,
    "hrv": _hrv,
    "sleep": _sleep,
}
