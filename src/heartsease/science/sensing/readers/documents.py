"""JSON that is held whole, and tables read row by row: measured first, so that no file exhausts us.

Three bytes of JSON can become a hundred in memory, so what a document holds is counted before it is
opened. A row of a table ends where its quotes do, which may be never.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import IO, Any

import orjson

from ..reading import SensingError

# 25 MB of the apps that push hold 280,000 objects of 3 values; these limits bound the memory.
MOST_OBJECTS, MOST_VALUES = 400_000, 2_500_000
LONGEST_ROW = 1 << 16
MOST_COLUMNS = 500


class TooMuch(SensingError):
    """A document holds more than is held in memory at once."""


class RowTooLong(csv.Error):
    """A row, or the list of columns, is longer than that of any export."""


def whole(content: bytes) -> Any:
    """What a JSON document holds.

    Raises:
        TooMuch: beyond 400,000 objects and lists, or 2.5 million values.
        orjson.JSONDecodeError: if it is no JSON to its end.
    """
    objects = content.count(b"{") + content.count(b"[")
    if objects > MOST_OBJECTS or objects + content.count(b",") > MOST_VALUES:
        raise TooMuch(
            f"This JSON holds more than is read at once ({MOST_OBJECTS:,} entries). Nothing of it "
            "was read. Send it in several parts."
        )
    return orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))


class _Lines:
    """The lines of a text, counted since the last row ended."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.number = 0
        self.waiting = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_ROW)
        if not line:
            raise StopIteration
        self.number += 1
        self.waiting += len(line) if line.strip() else 0
        if self.waiting >= LONGEST_ROW:
            raise RowTooLong(f"Line {self.number} is too long to be a sample.")
        return line


def rows(
    binary: IO[bytes], encoding: str, errors: str = "strict"
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows of a table by the names in its first line, each with the number of its last line.

    Raises:
        RowTooLong: at a row beyond 64 kB, or if there are more than 500 columns.
        csv.Error, UnicodeDecodeError: where it is damaged.
    """
    text = io.TextIOWrapper(binary, encoding=encoding, errors=errors, newline="")
    lines = _Lines(text)
    table = csv.DictReader(lines)
    if len(table.fieldnames or ()) > MOST_COLUMNS:
        raise RowTooLong(f"The first line names more than {MOST_COLUMNS} columns.")
    lines.waiting = 0
    for row in table:
        lines.waiting = 0
        yield table.line_num, row
