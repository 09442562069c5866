"""The rows of a CSV or JSON as frames of text, some 50,000 at a time, whatever state it is in.

Every frame has the column `line` (of a JSON the element's number) and every column that a mapping
looks at, empty where the file has none. Damaged lines are set aside one by one; where a file or
zip breaks off, everything before that place has been handed out.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

import orjson
import polars as pl

from ..outside import SEPARATORS, as_text
from ..plausible import SetAside
from .inside import DAMAGED, Member
from .json_elements import elements
from .mapping import Table

DETECTED_BYTES = 1 << 16
LONGEST_LINE = 1 << 22
# Text in lists takes more room than canonical samples, so half as many as a batch of those.
BATCH_ROWS = 50_000
BATCH_CHARACTERS = 1 << 25
MOST_LINES_QUOTED = 50
MOST_DEPTH = 8
UNCLOSED = "a quotation mark that is never closed"
TOO_LONG = "a line that is too long to be a sample"
ENDS_HERE = "the file ends in the middle of this line"
ARCHIVE_DAMAGED = "the archive is damaged from here on; what came before was read"
NOT_CSV = "a line that is not CSV"
Lines = Iterator[tuple[int, str]]
Told = Callable[[int], None]


def missing_in(head: bytes, table: Table) -> tuple[str, ...]:
    """The columns that a file's first bytes lack to be a table; none if it is that table."""
    lines = iter(encoding_text(head).lstrip("\ufeff").splitlines())
    first = next(lines, "")
    if table.first_line:
        if not table.first_line.search(first):
            return table.columns
        first = next(lines, "")
    names = set(names_in(first, table)[0])
    return tuple(name for name in table.columns if name not in names)


def names_in(line: str, table: Table) -> tuple[list[str], str]:
    """The names in a line of column names, lower case, without the table's prefix; separator."""
    separator = max(SEPARATORS, key=line.count)
    try:
        row = next(csv.reader([line.strip("\r\n")], delimiter=separator), [])
    except csv.Error:
        return [], separator
    prefix = table.prefix.lower()
    return [name.strip().lower().removeprefix(prefix) for name in row], separator


def encoding_of(head: bytes) -> str:
    """The encoding that the first bytes of a text speak for: UTF-8 or 16, else Latin-1."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[start::2].count(0) > len(head) // 4:
            return encoding
    try:
        head[: max(len(head) - 3, 0)].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The end of what was looked at may lie within a letter; anything earlier is no UTF-8.
        return "utf-8-sig" if error.start >= len(head) - 6 else "latin-1"
    return "utf-8-sig"


def encoding_text(head: bytes) -> str:
    """First bytes as text, for looking at only."""
    encoding = encoding_of(head)
    return as_text(head) if encoding == "utf-16" else head.decode(encoding, errors="replace")


def csv_frames(member: Member, table: Table, aside: SetAside, told: Told) -> Iterator[pl.DataFrame]:
    """The rows of a CSV; a column `comma` tells whether its numbers have decimal commas.

    `told` is called with the number of bytes that were read so far.
    """
    with member.open() as file:
        encoding = encoding_of(_first_bytes(file))
    with member.open() as file:
        # Held by name: a wrapper that nobody holds closes the file below it.
        text = io.TextIOWrapper(file, encoding, errors="replace")
        lines = _lines(text, aside)
        try:
            for _ in range(2 if table.first_line else 1):
                _, header = next(lines)
        except StopIteration:
            return
        names, separator = names_in(header.lstrip("\ufeff"), table)
        # What a frame is made of is let go before the frame is handed out.
        while (frame := _next_frame(lines, separator, names, table, aside)) is not None:
            told(file.tell())
            yield frame


def _next_frame(
    lines: Lines, separator: str, names: Sequence[str], table: Table, aside: SetAside
) -> pl.DataFrame | None:
    """The next lines as a frame; None behind the last."""
    block = _block(lines)
    if not block:
        return None
    rows = list(_rows(block, separator, aside))
    whole = block[-1][1].endswith("\n")
    if rows and not whole and len(rows[-1][1]) < len(names):
        aside.add(rows.pop()[0], ENDS_HERE)
    frame = _frame(rows, names, table.needed)
    return frame.with_columns(pl.lit(separator == ";").alias("comma"))


def _first_bytes(file: IO[bytes]) -> bytes:
    try:
        return file.read(DETECTED_BYTES)
    except DAMAGED:
        return b""


def _lines(text: io.TextIOWrapper, aside: SetAside) -> Lines:
    """The lines that are not blank, with their numbers."""
    number, too_long = 0, False
    while True:
        try:
            line = text.readline(LONGEST_LINE)
        except DAMAGED:
            aside.add(number + 1, ARCHIVE_DAMAGED)
            return
        if not line:
            return
        ended = line.endswith("\n")
        if too_long or (len(line) >= LONGEST_LINE and not ended):
            if not too_long:
                aside.add(number + 1, TOO_LONG)
            too_long = not ended
            number += ended
            continue
        number += 1
        if line.strip():
            yield number, line


def _block(lines: Lines) -> list[tuple[int, str]]:
    """The next lines, as many as make a batch or fill the room for one."""
    block, room = [], BATCH_CHARACTERS
    for number, line in lines:
        block.append((number, line))
        room -= len(line)
        if len(block) >= BATCH_ROWS or room <= 0:
            break
    return block


def _rows(
    block: Sequence[tuple[int, str]], separator: str, aside: SetAside
) -> Iterator[tuple[int, list[str]]]:
    """The fields of every line; a field in quotes may go on over some of the next lines."""
    if not any('"' in line or len(line) > csv.field_size_limit() for _, line in block):
        plain = csv.reader((line for _, line in block), delimiter=separator)
        yield from zip((number for number, _ in block), plain, strict=True)
        return
    at = 0
    while at < len(block):
        number, line = block[at]
        at += 1
        if line.count('"') % 2:
            taken = _closing(line, block[at : at + MOST_LINES_QUOTED])
            if taken is None:
                aside.add(number, UNCLOSED)
                continue
            line += "".join(text for _, text in block[at : at + taken])
            at += taken
        try:
            row = next(csv.reader(io.StringIO(line), delimiter=separator), None)
        except csv.Error:
            aside.add(number, NOT_CSV)
            continue
        if row is not None:
            yield number, row


def _closing(line: str, following: Sequence[tuple[int, str]]) -> int | None:
    """How many of the following lines belong to this one until its quotes are closed."""
    quotes = line.count('"')
    for taken, (_, text) in enumerate(following, start=1):
        quotes += text.count('"')
        if quotes % 2 == 0:
            return taken
    return None


def _frame(
    rows: Sequence[tuple[int, list[str]]], names: Sequence[str], needed: Sequence[str]
) -> pl.DataFrame:
    """The needed columns of rows as text; what is blank or absent is empty."""
    made: dict[str, pl.Series] = {"line": pl.Series([number for number, _ in rows], dtype=pl.Int64)}
    for name in needed:
        at = names.index(name) if name in names else None
        cells = [
            None if at is None or at >= len(row) else row[at].strip() or None for _, row in rows
        ]
        made[name] = pl.Series(cells, dtype=pl.String)
    return pl.DataFrame(made)


def json_frames(
    file: IO[bytes], table: Table, aside: SetAside, told: Told
) -> Iterator[pl.DataFrame]:
    """The rows of a JSON: elements of the table's lists, or of lists within them.

    `told` is called with the number of bytes that were read so far.
    """
    lines: list[int] = []
    cells: dict[str, list[str | None]] = {name: [] for name in table.needed}
    top: dict[str, Any] = {}
    room = BATCH_CHARACTERS
    for key, number, element in elements(file, aside):
        if number == 0 and key == "":
            top = {}
            continue
        if number == 0 and not isinstance(element, dict):
            top[key] = element
        if key not in (table.list or ()):
            continue
        for row in _within(element, table.within, [top]):
            lines.append(number or 1)
            for name, column in cells.items():
                column.append(_cell(row, name))
                room -= len(column[-1] or "")
            if len(lines) >= BATCH_ROWS or room <= 0:
                told(file.tell())
                yield _of_cells(lines, cells)
                room = BATCH_CHARACTERS
                lines.clear()
                for column in cells.values():
                    column.clear()
    yield _of_cells(lines, cells)


def _of_cells(lines: list[int], cells: dict[str, list[str | None]]) -> pl.DataFrame:
    made = {name: pl.Series(column, dtype=pl.String) for name, column in cells.items()}
    lined = pl.Series(lines, dtype=pl.Int64)
    return pl.DataFrame({"line": lined, **made}).with_columns(pl.lit(False).alias("comma"))


def _within(element: Any, path: Sequence[str], above: list[Any]) -> Iterator[list[Any]]:
    """The rows in an element, each with what stands above it, innermost first."""
    if not path:
        yield [element, *above]
        return
    below = _walk(element, path[0])
    for one in below if isinstance(below, list) else ():
        yield from _within(one, path[1:], [element, *above])


def _walk(value: Any, name: str) -> Any:
    """What a dotted name leads to, or None."""
    if isinstance(value, dict) and name in value:
        return value[name]
    for part in name.split(".", MOST_DEPTH):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def _cell(row: list[Any], name: str) -> str | None:
    """A value as text as a CSV would hold it, lists and objects as JSON."""
    for level in row:
        value = _walk(level, name)
        if value is None or value == "":
            continue
        if isinstance(value, str):
            return value.encode("utf-8", "replace").decode("utf-8").strip() or None
        try:
            return orjson.dumps(value).decode()
        except (TypeError, ValueError, RecursionError):
            return None
    return None


class _Files(SetAside):
    """What is set aside of rows of several files: each is told under the file it stands in."""

    def __init__(self, asides: Sequence[SetAside], ends: Sequence[int]) -> None:
        super().__init__("")
        self._asides = asides
        self._ends = ends

    def add(self, line: int | None, reason: str, count: int = 1) -> None:
        """Set rows aside by the line that the first has among all; errors as `SetAside.add`."""
        at = bisect_left(self._ends, line or 0)
        before = self._ends[at - 1] if at else 0
        self._asides[at].add(None if line is None else line - before, reason, count)


def together(
    frames: Iterator[tuple[SetAside, pl.DataFrame]],
) -> Iterator[tuple[SetAside, pl.DataFrame]]:
    """Frames of one table, small ones put together: a phone writes one file an hour.

    Args:
        frames: each with what takes the rows of its file that are set aside. Lines are numbered
            anew, and told again as those of the file.
    """
    waiting: list[tuple[SetAside, pl.DataFrame]] = []
    share = 0.0
    for aside, frame in frames:
        own = max(frame.height / BATCH_ROWS, frame.estimated_size() / BATCH_CHARACTERS)
        if waiting and share + own > 1:
            yield _joined(waiting)
            waiting, share = [], 0.0
        if own >= 1:
            yield aside, frame
        elif frame.height:
            waiting.append((aside, frame))
            share += own
    if waiting:
        yield _joined(waiting)


def _joined(parts: Sequence[tuple[SetAside, pl.DataFrame]]) -> tuple[SetAside, pl.DataFrame]:
    if len(parts) == 1:
        return parts[0]
    ends: list[int] = []
    numbered = []
    for _, frame in parts:
        before = ends[-1] if ends else 0
        numbered.append(frame.with_columns(pl.col("line") + before))
        ends.append(before + int(frame["line"][-1]))
    return _Files([aside for aside, _ in parts], ends), pl.concat(numbered)
