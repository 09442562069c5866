"""A folder of many people's exports, one file or sub-folder a person."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from .outside import Outside, readable
from .reading import Batch, Format, SensingError, TornFile, format_of, read
from .spool import Spool

SKIPPED = ("SOURCE.txt", "README.md")
MOST_BYTES = 4 * 10**9
ANY_JSON = "plain_json"
NUMBERS = re.compile(r"\d+")


def exports(data: Path) -> list[Path]:
    """The exports in a place: itself if it is one person's, else whatever it holds.

    A folder may be recognised by a few files of one person beside whole exports of others. It is
    one person's only if nothing else in it is an export, and no two sub-folders are built alike.
    """
    if data.is_file():
        return [data]
    entries = [one for one in sorted(data.iterdir()) if one.name not in SKIPPED]
    try:
        form = format_of(data)
    except SensingError:
        return entries
    own = [_is_part(form, data, one) for one in entries]
    others = any(_is_export(one) for one, part in zip(entries, own, strict=True) if not part)
    parts = [one for one, part in zip(entries, own, strict=True) if part and one.is_dir()]
    built = Counter(name for one in parts for name in _built(one))
    return entries if others or any(count > 1 for count in built.values()) else [data]


def _is_part(form: Format, data: Path, entry: Path) -> bool:
    """Whether a format knows an entry of a folder as a part of that folder."""
    return form.recognises(Outside(data, names=tuple(_names(entry, data))))


def _is_export(entry: Path) -> bool:
    """Whether an entry is an export by itself; JSON of any kind does not count as one."""
    if entry.suffix == ".gz":
        return True
    try:
        return format_of(entry).name != ANY_JSON
    except (SensingError, OSError):
        return False


def _built(folder: Path) -> set[str]:
    """The names in a folder without their numbers, as far as they say anything."""
    names = (NUMBERS.sub("", name) for name in _names(folder, folder))
    return {name for name in names if re.search("[a-z]", name.rpartition(".")[0], re.I)}


def _names(entry: Path, within: Path) -> list[str]:
    files = [one for one in entry.rglob("*") if one.is_file()] if entry.is_dir() else [entry]
    return sorted(one.relative_to(within).as_posix() for one in files)


def set_aside_as(path: Path, error: Exception) -> str:
    """How it is said that an export was set aside: its name, and what was wrong."""
    said = str(error) if isinstance(error, SensingError) else f"{type(error).__name__}: {error}"
    return readable(f"{path.name}: {said}")


def spooled(
    path: Path,
    folder: Path,
    aside: Counter[str],
    *,
    now: datetime,
    zone: ZoneInfo | None = None,
) -> Spool:
    """One export read and put down in a folder; entries set aside are counted with the reason.

    Raises:
        SensingError: if it cannot be read.
    """
    spool = Spool(folder)
    try:
        for piece in read(_unpacked(path, folder), now=now, zone=zone):
            if isinstance(piece, Batch):
                spool.add(piece)
            else:
                aside[readable(f"{piece.file}: {piece.reason}")] += piece.count
    finally:
        spool.close()
    return spool


def _unpacked(path: Path, folder: Path) -> Path:
    """A file that was packed by gzip, unpacked; any other as it is.

    Raises:
        TornFile: if it is damaged, or larger than any export.
    """
    if path.suffix != ".gz":
        return path
    plain = folder / path.stem
    try:
        with gzip.open(path) as packed, plain.open("wb") as target:
            while chunk := packed.read(1 << 20):
                target.write(chunk)
                if target.tell() > MOST_BYTES:
                    raise TornFile(f"{path.name} grows beyond {MOST_BYTES // 10**9} GB.")
    except (OSError, EOFError) as error:
        raise TornFile(f"{path.name} is damaged: {error}.") from error
    return plain
