"""Fitbit in Google Takeout: a zip or a folder of many small JSON and CSV files.

Recognised by file name, wherever in the archive they lie ("Takeout/Fitbit/Global Export Data/",
"Takeout/Google Health/Physical Activity_GoogleData/", "MyFitbitData/..." and the like). What the
rows of each kind of file mean is in `fitbit_rows`. The time zone in the person's profile file is
used where there is one, else the one that is given.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from ..plausible import SetAside
from ..reading import Batch, Format, Progress, Quarantined
from . import archive
from .columns import Gatherer
from .fitbit_rows import READERS, Adder, Refused

KINDS = (
    ("sleep", re.compile(r"(^|/)sleep-[\d-]+\.json$")),
    ("steps", re.compile(r"(^|/)steps-[\d-]+\.json$")),
    ("resting_heart_rate", re.compile(r"(^|/)resting_heart_rate-[\d-]+\.json$")),
    ("heart_rate", re.compile(r"(^|/)heart_rate-[\d-]+\.json$")),
    ("hrv", re.compile(r"(^|/)Daily Heart Rate Variability Summary[^/]*\.csv$")),
    ("steps_table", re.compile(r"(^|/)steps_[\d-]+\.csv$")),
    ("heart_rate_table", re.compile(r"(^|/)heart_rate_[\d-]+\.csv$")),
    ("resting_table", re.compile(r"(^|/)daily_resting_heart_rate[\d_-]*\.csv$")),
)
PROFILE = re.compile(r"(^|/)Your Profile/Profile\.(csv|json)$")
LARGEST_FILE_BYTES = 32_000_000
DAMAGED_FILE = (orjson.JSONDecodeError, UnicodeDecodeError, csv.Error)
Contents = Callable[[str], bytes]


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
        yield from _read_all(sizes, lambda name: (path / name).read_bytes(), latest, progress, zone)
        return
    with archive.opened(path) as whole:
        members = {
            info.filename: info for info in whole.infolist() if archive.is_file(info.filename)
        }
        known = {name: info for name, info in members.items() if kind_of(name) or _profile(name)}
        archive.check(path, known.values())
        sizes = {name: info.file_size for name, info in sorted(known.items())}
        yield from _read_all(sizes, lambda name: whole.read(known[name]), latest, progress, zone)


def _profile(name: str) -> bool:
    return PROFILE.search(name) is not None


def _read_all(
    sizes: dict[str, int],
    content_of: Contents,
    latest: datetime,
    progress: Progress,
    zone: ZoneInfo | None,
) -> Iterator[Batch | Quarantined]:
    zone = _own_zone(sizes, content_of) or zone
    gatherer = Gatherer()
    names = [name for name in sizes if kind_of(name)]
    for number, name in enumerate(names, start=1):
        aside = SetAside(name)
        if sizes[name] > LARGEST_FILE_BYTES:
            aside.add(None, "the file is larger than Fitbit writes them; the others were read")
        else:
            _read_file(name, content_of, Adder(gatherer, latest, zone), aside)
        yield from gatherer.full()
        yield from aside.take()
        progress(number / len(names))
    yield from gatherer.rest()


def _own_zone(sizes: dict[str, int], content_of: Contents) -> ZoneInfo | None:
    """The time zone of the profile file, if there is one that can be read."""
    for name in filter(_profile, sizes):
        if sizes[name] > LARGEST_FILE_BYTES:
            continue
        try:
            rows = _rows_of(name, content_of(name))
            row = rows[0] if isinstance(rows, list) else rows
            return ZoneInfo(str(row["timezone"]).strip())
        except (*DAMAGED_FILE, *archive.DAMAGED, LookupError, TypeError, ValueError, OSError):
            continue
    return None


def _rows_of(name: str, content: bytes) -> Any:
    """The rows of a CSV or what a JSON holds."""
    if name.endswith(".csv"):
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    return orjson.loads(content)


def _read_file(name: str, content_of: Contents, add: Adder, aside: SetAside) -> None:
    """Read one file; what is wrong with it, or with a row of it, is set aside."""
    try:
        rows = _rows_of(name, content_of(name))
    except DAMAGED_FILE:
        aside.add(None, "the file is damaged or incomplete; the others were read")
        return
    except archive.DAMAGED:
        aside.add(None, "the archive is damaged here; the other files were read")
        return
    if not isinstance(rows, list):
        aside.add(1, "the file is not a list")
        return
    reader = READERS[str(kind_of(name))]
    for line, row in enumerate(rows, start=2 if name.endswith(".csv") else 1):
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
