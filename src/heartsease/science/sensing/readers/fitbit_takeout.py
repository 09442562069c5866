"""Fitbit in Google Takeout: a zip or a folder of many small JSON and CSV files.

Recognised by file name, wherever in the archive they lie ("Takeout/Fitbit/Global Export Data/",
"Takeout/Google Health/Physical Activity_GoogleData/", "MyFitbitData/..." and the like). What the
rows of each kind of file mean is in `fitbit_rows`. The time zone in the person's profile file is
used where there is one, else the one that is given.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import orjson

from ..plausible import SetAside
from ..reading import Batch, Format, Progress, Quarantined
from . import archive, documents
from .columns import Gatherer
from .fitbit_days import Days
from .fitbit_rows import READERS, Adder, Refused

KINDS = (
    ("sleep", re.compile(r"(^|/)sleep-[\d-]+\.json$")),
    ("steps", re.compile(r"(^|/)steps-[\d-]+\.json$")),
    ("resting_heart_rate", re.compile(r"(^|/)resting_heart_rate-[\d-]+\.json$")),
    ("heart_rate", re.compile(r"(^|/)heart_rate-[\d-]+\.json$")),
    ("lightly_active", re.compile(r"(^|/)lightly_active_minutes-[\d-]+\.json$")),
    ("very_active", re.compile(r"(^|/)very_active_minutes-[\d-]+\.json$")),
    ("hrv", re.compile(r"(^|/)Daily Heart Rate Variability Summary[^/]*\.csv$")),
    ("steps_table", re.compile(r"(^|/)steps_[\d-]+\.csv$")),
    ("heart_rate_table", re.compile(r"(^|/)heart_rate_[\d-]+\.csv$")),
    ("resting_table", re.compile(r"(^|/)daily_resting_heart_rate[\d_-]*\.csv$")),
)
PROFILE = re.compile(r"(^|/)Your Profile/Profile\.(csv|json)$")
LARGEST_FILE_BYTES = 32_000_000
# A month of minutes is 45,000 rows, a day of seconds 86,400.
MOST_ROWS = 500_000
TOO_MANY = "the file holds more than Fitbit writes into one; the others were read"
DAMAGED_FILE = (orjson.JSONDecodeError, UnicodeDecodeError, csv.Error)
Openers = Callable[[str], IO[bytes]]
Rows = Iterable[tuple[int, Any]]


def kind_of(name: str) -> str | None:
    """Which kind of file a name stands for, or None."""
    return next((kind for kind, pattern in KINDS if pattern.search(name)), None)


def _all_names(folder: Path) -> list[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(name.as_posix() for name in found)


def read(
    path: Path, latest: datetime, progress: Progress, zone: ZoneInfo | None = None
) -> Iterator[Batch | Quarantined]:
    """Read every known file of the archive; a damaged one is set aside, the others are read."""
    if path.is_dir():
        sizes = {name: (path / name).stat().st_size for name in _all_names(path)}
        yield from _read_all(sizes, lambda name: (path / name).open("rb"), latest, progress, zone)
        return
    with archive.opened(path) as whole:
        members = {
            info.filename: info for info in whole.infolist() if archive.is_file(info.filename)
        }
        known = {name: info for name, info in members.items() if kind_of(name) or _profile(name)}
        archive.check(path, known.values())
        sizes = {name: info.file_size for name, info in sorted(known.items())}
        yield from _read_all(sizes, lambda name: whole.open(known[name]), latest, progress, zone)


def _profile(name: str) -> bool:
    return PROFILE.search(name) is not None


def _read_all(
    sizes: dict[str, int],
    opened: Openers,
    latest: datetime,
    progress: Progress,
    zone: ZoneInfo | None,
) -> Iterator[Batch | Quarantined]:
    zone = _own_zone(sizes, opened) or zone
    gatherer, days = Gatherer(), Days()
    names = [name for name in sizes if kind_of(name)]
    for number, name in enumerate(names, start=1):
        aside = SetAside(name)
        if sizes[name] > LARGEST_FILE_BYTES:
            aside.add(None, "the file is larger than Fitbit writes them; the others were read")
        else:
            _read_file(name, opened, Adder(gatherer, latest, zone, days), aside)
        yield from gatherer.full()
        yield from aside.take()
        progress(number / len(names))
    yield from gatherer.rest()
    yield from days.batches()


def _own_zone(sizes: dict[str, int], opened: Openers) -> ZoneInfo | None:
    """The time zone of the profile file, if there is one that can be read."""
    for name in filter(_profile, sizes):
        if sizes[name] > LARGEST_FILE_BYTES:
            continue
        try:
            row: Any = next((row for _, row in _rows_of(name, opened)), None)
            return ZoneInfo(str(row["timezone"]).strip())
        except (*DAMAGED_FILE, *archive.DAMAGED, LookupError, TypeError, ValueError, OSError):
            continue
    return None


def _rows_of(name: str, opened: Openers) -> Rows:
    """The rows of a CSV, one by one, or the entries of a JSON, each with its number."""
    with opened(name) as file:
        if name.endswith(".csv"):
            yield from documents.rows(file, "utf-8-sig")
            return
        found = documents.whole(file.read())
    yield from enumerate(found if isinstance(found, list) else [found], start=1)


def _read_file(name: str, opened: Openers, add: Adder, aside: SetAside) -> None:
    """Read one file; what is wrong with it, or with a row of it, is set aside."""
    rows = iter(_rows_of(name, opened))
    try:
        _read_rows(islice(rows, MOST_ROWS), READERS[str(kind_of(name))], add, aside)
        if next(rows, None) is not None:
            aside.add(None, TOO_MANY)
    except documents.TooMuch:
        aside.add(None, TOO_MANY)
    except DAMAGED_FILE:
        aside.add(None, "the file is damaged or incomplete; the others were read")
    except archive.DAMAGED:
        aside.add(None, "the archive is damaged here; the other files were read")


def _read_rows(
    rows: Rows, reader: Callable[[dict[str, Any], Adder], None], add: Adder, aside: SetAside
) -> None:
    for line, row in rows:
        try:
            reader(row, add)
        except Refused as error:
            aside.add(line, str(error))
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
            aside.add(line, "an entry that cannot be read")


FORMATS = (
    Format(
        "fitbit_takeout",
        "Fitbit (Google Takeout, zip or folder)",
        lambda outside: any(kind_of(name) for name in outside.names),
        lambda path, setting: read(path, setting.latest, setting.progress, setting.zone),
    ),
)
