"""Reading a person's export, whatever it is: recognised by content, in pieces, nothing lost.

A reader yields batches of canonical samples and, beside them, what it set aside and why. Rows that
cannot be are never counted as zero and never stop the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

Progress = Callable[[float], None]
HEAD_BYTES = 4096
ACCEPTED = (
    "Apple Health (export.zip or export.xml), Fitbit (Google Takeout, zip or folder), "
    "or the plain CSV or JSON described in docs/sensing.md"
)


class SensingError(ValueError):
    """A file cannot be read; the sentence says why and what is accepted."""


class UnknownFormat(SensingError):
    """The file is none of the formats that are read."""


class TornFile(SensingError):
    """The file is damaged before anything could be read."""


class Dangerous(SensingError):
    """The file is built to exhaust the reader."""


@dataclass(frozen=True)
class Batch:
    """Samples of one stream, in its canonical schema."""

    stream: str
    table: pa.Table


@dataclass(frozen=True)
class Quarantined:
    """Rows set aside: where the first of them stands, why, and how many."""

    file: str
    line: int | None
    reason: str
    count: int = 1


Reader = Callable[[Path, datetime, Progress], Iterator[Batch | Quarantined]]


def sniff(path: Path) -> str:
    """Say which format a file or folder is, by its content.

    Raises:
        UnknownFormat: naming what is accepted.
        TornFile: if it is empty or its zip directory is damaged.
        Dangerous: if it is a zip that lists more files than any real export.
    """
    if path.is_dir():
        from .readers import fitbit_takeout

        if fitbit_takeout.names_in_folder(path):
            return "fitbit_takeout"
        raise UnknownFormat(f"This folder holds no export that is known. Accepted: {ACCEPTED}.")
    if not path.exists():
        raise UnknownFormat(f"There is no file {path.name}.")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip(b"\x00 \r\n\t"):
        raise TornFile("The file is empty. Export it again and send the new file.")
    if head.startswith(b"PK"):
        return _sniff_zip(path)
    text = _text(head).lstrip("\ufeff \r\n\t")
    if text.startswith("<"):
        if "<HealthData" in text or "<!DOCTYPE HealthData" in text:
            return "apple_health"
        raise UnknownFormat(f"This XML is not an Apple Health export. Accepted: {ACCEPTED}.")
    if text.startswith(("[", "{")):
        return "plain_json"
    first = text.splitlines()[0].lower() if text.splitlines() else ""
    columns = {column.strip().strip('"') for column in first.split(",")}
    if {"time", "stream"} <= columns or {"day", "feature", "value"} <= columns:
        return "plain_csv"
    raise UnknownFormat(f"This file is of no known form. Accepted: {ACCEPTED}.")


def _text(head: bytes) -> str:
    """The beginning of a file as text, for looking at only."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    return head.decode("utf-8", errors="replace")


def _sniff_zip(path: Path) -> str:
    from .readers import apple_health, archive, fitbit_takeout

    with archive.opened(path) as file:
        if apple_health.member_of(file) is not None:
            return "apple_health"
        if any(fitbit_takeout.kind_of(name) for name in file.namelist()):
            return "fitbit_takeout"
    raise UnknownFormat(f"This zip holds no export that is known. Accepted: {ACCEPTED}.")


def read(
    path: Path,
    *,
    now: datetime,
    progress: Progress | None = None,
    zone: ZoneInfo | None = None,
) -> Iterator[Batch | Quarantined]:
    """Read a file piece by piece.

    Args:
        path: a file or folder of a known format.
        now: samples more than a day after this moment are set aside.
        progress: is called with the share read, 0 to 1.
        zone: where the person lives, for exports whose times carry no offset (Fitbit's). An
            export that names a zone itself is believed first; without either, days are UTC days.

    Raises:
        SensingError: if nothing can be read at all.
    """
    from .readers import apple_health, fitbit_takeout, plain

    readers: dict[str, Reader] = {
        "apple_health": apple_health.read,
        "fitbit_takeout": partial(fitbit_takeout.read, zone=zone),
        "plain_csv": plain.read_csv,
        "plain_json": plain.read_json,
    }
    kind = sniff(path)
    latest = now + timedelta(days=1)
    yield from readers[kind](path, latest, progress or (lambda share: None))
    if progress is not None:
        progress(1.0)
