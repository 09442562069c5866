"""Apple Health: export.zip or export.xml, streamed; flat memory whatever its size.

The export is one flat list of `<Record .../>` elements. Only five types matter here, so the text is
searched for their start tags instead of being parsed as a tree, which is several times faster:

1. Text is taken in blocks that end before a "<", so that no tag is cut.
2. Comments and character data are blanked: what looks like a record there is none.
3. A pattern in Apple's order of attributes finds the records of the five types.
4. Where a record of the block does not fit (another order of attributes, other quotes, a damaged
   record), every start tag of the block is read attribute by attribute, and what cannot be read is
   set aside with its line.

Entities are never expanded; a file that declares any is refused. Times carry their offset.
"""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from ..outside import Outside
from ..plausible import SetAside
from ..reading import Batch, Dangerous, Format, Progress, Quarantined, TornFile
from . import apple_records, archive

BLOCK_BYTES = 6 << 20
LONGEST_TAG_BYTES = 1 << 20
HEAD_BYTES = 4096
MOST_CANDIDATES = 20
ENCODINGS = frozenset({"utf-8", "ascii", "utf-16", "utf-16-le", "utf-16-be", "iso8859-1", "cp1252"})
KINDS: tuple[bytes, ...] = tuple(kind.encode() for kind in apple_records.STREAM_OF)
_ANY_KIND = b"|".join(KINDS)
START = b'<Record type="'
# The kind is found even where the rest is not as expected; then the last groups are empty.
IN_ORDER = re.compile(
    START + rb"(" + _ANY_KIND + rb')"(?: sourceName="([^"]*+)"'
    rb'(?: sourceVersion="[^"]*+")?(?: device="([^"]*+)")?(?: unit="([^"]*+)")?'
    rb'(?: creationDate="[^"]*+")? startDate="([^"]++)" endDate="([^"]++)"'
    rb' value="([^"]++)"\s*/?>)?'
)
ANY_ORDER = re.compile(rb"<Record\s((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)(>?)")
ATTRIBUTE = re.compile(rb"([A-Za-z]+)\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')")
OF_A_KIND = re.compile(rb"[\"'](?:" + _ANY_KIND + rb")[\"']")
OPENING = re.compile(rb"<!--|<!\[CDATA\[")
CLOSING = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
END = b"</HealthData>"
_BLANK = bytes(10 if byte == 10 else 32 for byte in range(256))
Row = Sequence[bytes]


def member_of(file: zipfile.ZipFile) -> zipfile.ZipInfo | None:
    """The export's own file in a zip: export.xml, or in other languages by its first bytes."""
    found = [info for info in file.infolist() if info.filename.lower().endswith(".xml")]
    found.sort(key=lambda info: (not _is_export(info), len(info.filename)))
    for info in found[:MOST_CANDIDATES]:
        if _is_export(info):
            return info
        try:
            with file.open(info) as member:
                if b"<!DOCTYPE HealthData" in member.read(HEAD_BYTES):
                    return info
        except (*archive.DAMAGED, RuntimeError):
            continue
    return None


def _is_export(info: zipfile.ZipInfo) -> bool:
    return info.filename.lower().rpartition("/")[2] == "export.xml"


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], int]]:
    """The XML as a stream, straight from the zip where it is in one, and its size in bytes.

    Raises:
        Dangerous, TornFile: as `archive.check`.
    """
    with path.open("rb") as head:
        is_zip = head.read(2) == b"PK"
    if not is_zip:
        with path.open("rb") as file:
            yield file, path.stat().st_size
        return
    with archive.opened(path) as whole:
        info = member_of(whole)
        if info is None:
            raise TornFile("The zip holds no export.xml.")
        archive.check(path, [info])
        try:
            member = whole.open(info)
        except archive.DAMAGED as error:
            raise TornFile(
                "The zip is damaged where the export begins, so nothing was read. "
                "Please send it again."
            ) from error
        with member:
            yield member, info.file_size


def read(path: Path, latest: datetime, progress: Progress) -> Iterator[Batch | Quarantined]:
    """Read an export in blocks."""
    with opened(path) as (file, size):
        aside = SetAside("export.xml")
        line, done = 1, 0
        try:
            for block in _without_comments(_blocks(file)):
                rows = _records(block, line, aside)
                yield from apple_records.batches(rows, block, line, latest, aside)
                line += block.count(b"\n")
                done += len(block)
                progress(min(done / max(size, 1), 1.0))
        except archive.DAMAGED:
            aside.add(line, "the zip is damaged from here on; what came before was read")
        except _Cut as cut:
            aside.add(line, str(cut))
    yield from aside.take()


class _Cut(Exception):
    """The text ends, or goes wrong, in the middle."""


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """The text in blocks that end just before a "<"; the first one is checked for entities."""
    rest, first, closed = b"", True, False
    for piece in _in_utf8(file):
        rest += piece
        if first:
            if b"<HealthData" not in rest and len(rest) < LONGEST_TAG_BYTES:
                continue
            rest, first = _without_declarations(rest), False
        cut = rest.rfind(b"<")
        if cut > 0:
            yield rest[:cut]
            closed = closed or END in rest[max(cut - HEAD_BYTES, 0) : cut]
            rest = rest[cut:]
        if len(rest) > LONGEST_TAG_BYTES + BLOCK_BYTES:
            raise _Cut("a tag that never ends; what came before was read")
    if first:
        rest = _without_declarations(rest)
    yield rest[: rest.rfind(b">") + 1]
    if not closed and END not in rest:
        raise _Cut("the file ends in the middle; what came before was read")


def _in_utf8(file: IO[bytes]) -> Iterator[bytes]:
    """Pieces of the text in UTF-8, whatever the file's encoding.

    Raises:
        TornFile: if it names an encoding in which no export is written.
    """
    head = file.read(BLOCK_BYTES)
    declared = re.search(rb"encoding=[\"']([A-Za-z0-9._-]+)[\"']", head[:200])
    name = "utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    if declared and name == "utf-8":
        name = declared[1].decode()
    try:
        name = codecs.lookup(name).name
    except LookupError:
        name = f"{name} (unknown)"
    if name not in ENCODINGS:
        raise TornFile(
            f"The file says it is written in {name!r}; exports are written in UTF-8. "
            "Nothing was read."
        )
    same = name in {"utf-8", "ascii"}
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    while head:
        yield head if same else decoder.decode(head).encode()
        head = file.read(BLOCK_BYTES)


def _without_declarations(text: bytes) -> bytes:
    """The text with everything before its first element blanked, lines kept.

    Raises:
        Dangerous: if it declares entities, as no export of Apple's does.
    """
    start = text.find(b"<HealthData")
    head = text if start < 0 else text[:start]
    if b"<!ENTITY" in head:
        raise Dangerous(
            "This XML declares entities, which an Apple Health export never does. It was not read."
        )
    return head.translate(_BLANK) + text[len(head) :]


def _without_comments(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks with comments and character data blanked, lines kept; they may span blocks."""
    closing = b""
    for block in blocks:
        if not closing and b"!" not in block:
            yield block
            continue
        parts, at = [], 0
        while at < len(block):
            if closing:
                end = block.find(closing, at)
                until = len(block) if end < 0 else end + len(closing)
                parts.append(block[at:until].translate(_BLANK))
                closing, at = (closing if end < 0 else b""), until
            else:
                found = OPENING.search(block, at)
                until = len(block) if found is None else found.end()
                parts.append(block[at : until if found is None else found.start()])
                if found is not None:
                    parts.append(b" " * len(found[0]))
                    closing = CLOSING[found[0]]
                at = until
        yield b"".join(parts)


def _records(block: bytes, line: int, aside: SetAside) -> list[Row]:
    """The records of the five types in a block: type, source, device, unit, start, end, value."""
    rows: list[Row] = IN_ORDER.findall(block)
    if block.count(b"<Record") == block.count(START) and all(row[-1] for row in rows):
        return rows
    return list(_one_by_one(block, line, aside))


def _one_by_one(block: bytes, line: int, aside: SetAside) -> Iterator[Row]:
    """The records of a block, attribute by attribute, in whatever order and quotes."""
    needed = (b"startDate", b"endDate", b"value")
    for tag in ANY_ORDER.finditer(block):
        if not OF_A_KIND.search(tag[1]):
            continue
        found = {key: first or second for key, first, second in ATTRIBUTE.findall(tag[1])}
        if tag[2] and found.get(b"type") not in KINDS:
            continue
        if tag[2] and all(name in found for name in needed):
            yield [
                found.get(name, b"")
                for name in (b"type", b"sourceName", b"device", b"unit", *needed)
            ]
        else:
            aside.add(line + block.count(b"\n", 0, tag.start()), "a record that cannot be read")


def _recognises(outside: Outside) -> bool:
    if outside.is_single:
        return "<HealthData" in outside.text or "<!DOCTYPE HealthData" in outside.text
    if not outside.head.startswith(b"PK"):
        return False
    with archive.opened(outside.path) as file:
        return member_of(file) is not None


FORMATS = (
    Format(
        "apple_health",
        "Apple Health (export.zip or export.xml)",
        _recognises,
        lambda path, setting: read(path, setting.latest, setting.progress),
    ),
)
