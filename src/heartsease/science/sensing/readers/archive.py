"""A zip archive opened with care: nothing in it may exhaust the reader.

A zip says of itself how large it is, and it may lie. So sizes are compared with the bytes that are
really on disk, and the list of contents is measured before it is read.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..reading import Dangerous, TornFile

HIGHEST_RATIO = 400
LARGEST_DIRECTORY_BYTES = 16_000_000
MOST_MEMBERS = 100_000
MANY = "This zip lists more files than a real export holds. It was not read."
PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Whatever the standard reader raises where an archive is damaged.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    UnicodeDecodeError,
)
_LAST_BYTES = 65_557
_END, _END_BYTES = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_BYTES = b"PK\x06\x07", 20
_LONG, _LONG_BYTES = b"PK\x06\x06", 56


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip, once its list of contents is known to be of a size that can be read.

    Raises:
        TornFile: if the list of contents is damaged or missing.
        Dangerous: if it is larger than that of any real export.
    """
    if _directory_bytes(path) > LARGEST_DIRECTORY_BYTES:
        raise Dangerous(MANY)
    try:
        archive = zipfile.ZipFile(path)
    except (*DAMAGED, ValueError) as error:
        raise TornFile(
            "The zip file is damaged or incomplete, so nothing was read. Please send it again."
        ) from error
    with archive:
        if len(archive.filelist) > MOST_MEMBERS:
            raise Dangerous(MANY)
        yield archive


def is_file(name: str) -> bool:
    """Whether a name in a zip is that of a file; a damaged directory may hold empty ones."""
    return bool(name) and not name.endswith("/")


def check(path: Path, members: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse members that would grow beyond reason, or cannot be opened.

    Raises:
        Dangerous: if one, or all together, would grow more than 400-fold; real exports stay
            below 60-fold.
        TornFile: if one is locked with a password or packed in a way that is not read.
    """
    on_disk = max(path.stat().st_size, 1)
    whole = 0
    for info in members:
        whole += info.file_size
        if max(whole / on_disk, info.file_size / max(info.compress_size, 1)) > HIGHEST_RATIO:
            raise Dangerous(
                "This zip grows more than a real export can. It was not read, to protect the "
                "server."
            )
        if info.flag_bits & 0x1:
            raise TornFile("The zip is locked with a password. Please send it without one.")
        if info.compress_type not in PLAIN_METHODS:
            raise TornFile("The zip is packed in a way that is not read here. Please zip it anew.")


def _directory_bytes(path: Path) -> int:
    """The size of a zip's list of contents, as its last records say (APPNOTE 4.3.14 to 4.3.16).

    Readers differ in where they look for the long form of the record, so the larger one counts.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - _LAST_BYTES, 0))
        tail = file.read()
        plain_end = tail[-_END_BYTES:].startswith(_END)
        at = len(tail) - _END_BYTES if plain_end else tail.rfind(_END)
        if at < 0 or at + _END_BYTES > len(tail):
            return 0
        found = [struct.unpack_from("<L", tail, at + 12)[0]]
        locator = tail[max(at - _LOCATOR_BYTES, 0) : at]
        if len(locator) == _LOCATOR_BYTES and locator.startswith(_LOCATOR):
            before = size - len(tail) + at - _LOCATOR_BYTES - _LONG_BYTES
            named = struct.unpack_from("<Q", locator, 8)[0]
            for place in (max(before, 0), min(named, size)):
                file.seek(place)
                record = file.read(_LONG_BYTES)
                if len(record) == _LONG_BYTES and record.startswith(_LONG):
                    found.append(struct.unpack_from("<Q", record, 40)[0])
            if found[0] == 0xFFFFFFFF and len(found) > 1:
                found[0] = 0
    return int(max(found))
