"""A folder of many people's exports, one file or sub-folder a person."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from .reading import Batch, SensingError, TornFile, format_of, read
from .spool import Spool

SKIPPED = ("SOURCE.txt", "README.md")
MOST_BYTES = 4 * 10**9


def exports(data: Path) -> list[Path]:
    """The exports in a place: itself if it is one, else whatever it holds."""
    if data.is_file():
        return [data]
    try:
        format_of(data)
    except SensingError:
        return [one for one in sorted(data.iterdir()) if one.name not in SKIPPED]
    return [data]


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
                aside[f"{piece.file}: {piece.reason}"] += piece.count
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
