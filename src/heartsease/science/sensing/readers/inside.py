"""The files that matter inside a folder or a zip, or a single file: opened alike, with care."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..outside import Outside
from . import archive

# Whatever reading a damaged member raises; a wrong password is a RuntimeError.
DAMAGED = (*archive.DAMAGED, RuntimeError)
MOST_LOOKED_AT = 20
COPY_BYTES = 1 << 20


@dataclass(frozen=True)
class Member:
    """One file: its name inside, its size in bytes, and how to open it."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]


@contextmanager
def members(path: Path, wanted: Callable[[str], bool]) -> Iterator[list[Member]]:
    """The files whose name is wanted, in order of their names; of a single file itself.

    Raises:
        Dangerous, TornFile: as `archive.opened` and `archive.check`.
    """
    if path.is_dir():
        found = sorted(
            (one.relative_to(path).as_posix(), one) for one in path.rglob("*") if one.is_file()
        )
        yield [_of_disk(name, one) for name, one in found if wanted(name)]
    elif is_zip(path):
        with archive.opened(path) as whole:
            infos = [
                one
                for one in whole.infolist()
                if archive.is_file(one.filename) and wanted(one.filename)
            ]
            archive.check(path, infos)
            yield [
                Member(info.filename, info.file_size, lambda info=info: whole.open(info))  # type: ignore[misc]
                for info in sorted(infos, key=lambda info: info.filename)
            ]
    else:
        yield [_of_disk(path.name, path)]


def _of_disk(name: str, path: Path) -> Member:
    return Member(name, path.stat().st_size, lambda: path.open("rb"))


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does."""
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def copy_of(member: Member, to: Path) -> bool:
    """Write a file out, as far as it can be read; whether that was to its end."""
    with to.open("wb") as file:
        try:
            with member.open() as source:
                shutil.copyfileobj(source, file, COPY_BYTES)
        except DAMAGED:
            return False
    return True


def beginnings(outside: Outside, wanted: Callable[[str], bool]) -> Iterator[bytes]:
    """The first bytes of the files that matter, for recognising them; damaged ones left out."""
    if outside.is_single:
        yield outside.head
        return
    for name in [name for name in outside.names if wanted(name)][:MOST_LOOKED_AT]:
        try:
            yield outside.beginning(name)
        except (*DAMAGED, KeyError):
            continue
