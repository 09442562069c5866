"""Reading a person's export, whatever it is: recognised by content, in pieces, nothing lost.

A reader yields batches of canonical samples and, beside them, what it set aside and why. Rows that
cannot be are never counted as zero and never stop the rest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from .outside import HEAD_BYTES, Outside, readable

Progress = Callable[[float], None]


class SensingError(ValueError):
    """A file cannot be read; the sentence says why and what is accepted."""


class UnknownFormat(SensingError):
    """The file is none of the formats that are read."""


class TornFile(SensingError):
    """The file is damaged before anything could be read."""


class Unread(SensingError):
    """A reader failed at what is in the file; the cause tells where."""


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


@dataclass(frozen=True)
class Setting:
    """What a reader has to know beside the file.

    Attributes:
        latest: samples after this moment are set aside.
        zone: where the person lives, for exports whose times carry no offset; an export that names
            a zone itself is believed first, and without either days are UTC days.
        progress: is called with the share read, 0 to 1.
        contact_key: numbers and names of others become keyed hashes under it (64 bytes at most). A
            number has few enough digits to be tried out, so the key is made new for every reading
            unless somebody keeps one to know a contact again.
    """

    latest: datetime
    zone: ZoneInfo | None = None
    progress: Progress = lambda share: None
    contact_key: bytes = field(default_factory=lambda: os.urandom(32), repr=False)


Reader = Callable[[Path, Setting], Iterator[Batch | Quarantined]]


@dataclass(frozen=True)
class Format:
    """One format: how it is called, what it is recognised by, who reads it, and what may be in it.

    Attributes:
        streams: the streams that it can hold; empty where that is not known beforehand.
    """

    name: str
    title: str
    recognises: Callable[[Outside], bool]
    read: Reader
    streams: frozenset[str] = frozenset()


def look_at(path: Path) -> Outside:
    """See a file or folder from outside.

    Raises:
        UnknownFormat: if there is nothing by this name.
        TornFile: if it is empty or its zip directory is damaged.
        Dangerous: if it is a zip that lists more files than any real export.
    """
    if path.is_dir():
        found = (one.relative_to(path) for one in path.rglob("*") if one.is_file())
        return Outside(path, names=tuple(sorted(name.as_posix() for name in found)))
    if not path.exists():
        raise UnknownFormat(f"There is no file {readable(path.name)}.")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip(b"\x00 \r\n\t"):
        raise TornFile("The file is empty. Export it again and send the new file.")
    if not head.startswith(b"PK"):
        return Outside(path, head)
    from .readers import archive

    with archive.opened(path) as whole:
        names = (name for name in whole.namelist() if name and not name.endswith("/"))
        return Outside(path, head, tuple(names))


def format_of(path: Path) -> Format:
    """The format of a file or folder, by its content.

    Raises:
        UnknownFormat: naming what is accepted.
        TornFile: as `look_at`.
        Dangerous: as `look_at`.
    """
    from .readers.registry import FORMATS

    with closing(look_at(path)) as outside:
        for one in FORMATS:
            if one.recognises(outside):
                return one
    accepted = ", ".join(dict.fromkeys(one.title.partition(" (")[0] for one in FORMATS))
    kind = "folder" if path.is_dir() else "zip" if outside.head.startswith(b"PK") else "file"
    raise UnknownFormat(f"This {kind} is of no known form. Accepted: {accepted}.")


def sniff(path: Path) -> str:
    """The name of a file's format; errors as `format_of`."""
    return format_of(path).name


def read(
    path: Path,
    *,
    now: datetime,
    progress: Progress | None = None,
    zone: ZoneInfo | None = None,
    contact_key: bytes | None = None,
) -> Iterator[Batch | Quarantined]:
    """Read a file piece by piece; what is more than a device can measure on a day is set aside.

    Args:
        path: a file or folder of a known format.
        now: samples more than a day after this moment are set aside.
        progress: is called with the share read, 0 to 1.
        zone: where the person lives (`Setting.zone`).
        contact_key: kept by whoever has to know a contact again (`Setting.contact_key`).

    Raises:
        SensingError: if nothing can be read at all.
    """
    tell = progress or (lambda share: None)
    setting = Setting(now + timedelta(days=1), zone, tell)
    if contact_key is not None:
        setting = replace(setting, contact_key=contact_key)
    from .crowded import thinned

    form = format_of(path)
    try:
        yield from thinned(form.read(path, setting), path.name)
    except (SensingError, MemoryError, OSError):
        raise
    except Exception as error:
        raise Unread(
            f"Something in this file cannot be read as {form.title.partition(' (')[0]} "
            f"({type(error).__name__})."
        ) from error
    tell(1.0)
