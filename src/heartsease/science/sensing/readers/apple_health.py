"""Apple Health: export.zip or export.xml, streamed; flat memory whatever its size.

The export is one flat list of `<Record .../>` elements. Only five types matter here, so the text is
searched for their start tags instead of being parsed as a tree, which is several times faster:

1. Text is taken in blocks that end before a "<", so that no tag is cut.
2. A pattern in Apple's order of attributes finds the records of the five types.
3. The block's records of these types are counted too; where the counts differ (another order of
   attributes, a damaged record), every start tag of the block is read attribute by attribute, and
   what cannot be read is set aside with its line.

Entities are never expanded; a file that declares any is refused. Times carry their offset.
"""

from __future__ import annotations

import codecs
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from ..plausible import SetAside
from ..reading import Batch, Dangerous, Progress, Quarantined, TornFile
from . import apple_records

BLOCK_BYTES = 8 << 20
LONGEST_TAG_BYTES = 1 << 20
HIGHEST_RATIO = 400
KINDS = (
    b"HKQuantityTypeIdentifierStepCount",
    b"HKQuantityTypeIdentifierHeartRate",
    b"HKQuantityTypeIdentifierRestingHeartRate",
    b"HKQuantityTypeIdentifierHeartRateVariabilitySDNN",
    b"HKCategoryTypeIdentifierSleepAnalysis",
)
_ANY_KIND = b"|".join(sorted(KINDS, key=len, reverse=True))
IN_ORDER = re.compile(
    rb'<Record type="(' + _ANY_KIND + rb')" sourceName="([^"<]*)"'
    rb'(?: sourceVersion="[^"<]*")?(?: device="([^"<]*)")?(?: unit="([^"<]*)")?'
    rb'(?: creationDate="[^"<]*")? startDate="([^"<]*)" endDate="([^"<]*)" value="([^"<]*)"\s*/?>'
)
COUNTED = re.compile(rb'type="(?:' + _ANY_KIND + rb')"')
START_TAG = re.compile(rb"<Record\b[^<]*")
ATTRIBUTE = re.compile(rb"([A-Za-z]+)\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')")
MEMBER = re.compile(
    r"(^|/)(apple_health_export/)?(export|exportaci.n|exporter|Exportieren)\.xml$", re.I
)
Row = Sequence[bytes]


def member_of(names: Iterable[str]) -> str | None:
    """The export's own file among a zip's names, or None."""
    found = [name for name in names if MEMBER.search(name)]
    return min(found, key=len) if found else None


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], int]]:
    """The XML as a stream, straight from the zip where it is in one, and its size in bytes.

    Raises:
        Dangerous: if the zip claims to grow more than 400-fold, as no export of a watch does.
    """
    with path.open("rb") as head:
        is_zip = head.read(2) == b"PK"
    if not is_zip:
        with path.open("rb") as file:
            yield file, path.stat().st_size
        return
    with zipfile.ZipFile(path) as archive:
        name = member_of(archive.namelist())
        if name is None:
            raise TornFile("The zip holds no export.xml.")
        info = archive.getinfo(name)
        if info.file_size > HIGHEST_RATIO * max(info.compress_size, 1):
            raise Dangerous(
                "This zip grows more than a real export can. It was not read, to protect the server."
            )
        with archive.open(info) as member:
            yield member, info.file_size


def read(path: Path, latest: datetime, progress: Progress) -> Iterator[Batch | Quarantined]:
    """Read an export in blocks."""
    with opened(path) as (file, size):
        name = "export.xml"
        aside = SetAside(name)
        line, done = 1, 0
        try:
            for block in _blocks(file):
                rows = _records(block, line, aside)
                yield from apple_records.batches(rows, block, line, latest, aside)
                line += block.count(b"\n")
                done += len(block)
                progress(min(done / max(size, 1), 1.0))
        except (zlib.error, zipfile.BadZipFile, EOFError):
            aside.add(line, "the zip is damaged from here on; what came before was read")
        except _Cut as cut:
            aside.add(line + cut.lines, str(cut))
    yield from aside.take()


class _Cut(Exception):
    """The text ends, or goes wrong, in the middle."""

    def __init__(self, reason: str, lines: int) -> None:
        super().__init__(reason)
        self.lines = lines


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """The text in blocks that end just before a "<"; the first one is checked for entities."""
    rest, first = b"", True
    for piece in _in_utf8(file):
        rest += piece
        if first:
            if b"<HealthData" not in rest and len(rest) < LONGEST_TAG_BYTES:
                continue
            rest, first = _without_declarations(rest), False
        cut = rest.rfind(b"<")
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
        if len(rest) > LONGEST_TAG_BYTES + BLOCK_BYTES:
            raise _Cut("a tag that never ends; what came before was read", 0)
    if first:
        rest = _without_declarations(rest)
    if rest.rstrip().endswith(b"</HealthData>"):
        yield rest
        return
    raise _Cut("the file ends in the middle; what came before was read", rest.count(b"\n"))


def _in_utf8(file: IO[bytes]) -> Iterator[bytes]:
    """Pieces of the text in UTF-8, whatever the file's encoding."""
    head = file.read(BLOCK_BYTES)
    declared = re.search(rb"encoding=[\"']([A-Za-z0-9._-]+)[\"']", head[:200])
    name = "utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    if declared and name == "utf-8":
        name = declared[1].decode()
    try:
        same = codecs.lookup(name).name in {"utf-8", "ascii"}
    except LookupError as error:
        raise TornFile(f"The file says it is written in {name!r}, which is not known.") from error
    decode = codecs.getincrementaldecoder(name)(errors="replace")
    while head:
        yield head if same else decode.decode(head).encode()
        head = file.read(BLOCK_BYTES)


def _without_declarations(text: bytes) -> bytes:
    """The text with its document type declaration blanked, lines kept.

    Raises:
        Dangerous: if it declares entities, as no export of Apple's does.
    """
    start = text.find(b"<HealthData")
    head = text if start < 0 else text[:start]
    if b"<!ENTITY" in head:
        raise Dangerous(
            "This XML declares entities, which an Apple Health export never does. It was not read."
        )
    return re.sub(rb"[^\n]", b" ", head) + text[len(head) :]


def _records(block: bytes, line: int, aside: SetAside) -> list[Row]:
    """The records of the five types in a block: type, source, device, unit, start, end, value."""
    rows: list[Row] = IN_ORDER.findall(block)
    if len(rows) == sum(block.count(b'type="' + kind + b'"') for kind in KINDS):
        return rows
    rows = []
    for tag in START_TAG.finditer(block):
        if not COUNTED.search(tag[0]):
            continue
        found = {key: first or second for key, first, second in ATTRIBUTE.findall(tag[0])}
        if all(name in found for name in (b"type", b"startDate", b"endDate", b"value")):
            rows.append(
                [
                    found[b"type"],
                    found.get(b"sourceName", b""),
                    found.get(b"device", b""),
                    found.get(b"unit", b""),
                    found[b"startDate"],
                    found[b"endDate"],
                    found[b"value"],
                ]
            )
        else:
            aside.add(line + block.count(b"\n", 0, tag.start()), "a record that cannot be read")
    return rows
