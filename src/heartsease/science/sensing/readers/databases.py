"""An SQLite database that somebody sent, opened so that it can be read and do nothing else.

1. One in a zip is copied to a temporary folder first, after `archive.check`.
2. It is opened read-only and as unchanging: no journal is played back, nothing is written beside.
3. Only ordinary tables count. A view or a virtual table that calls itself by a known name could
   run for ever; it is as if it were not there.
4. A query gives no more rows than the file has room for; pages that are told of many times over
   would make it go on for ever.
5. Columns are asked for by name and only where they exist, and each value by its type, so text
   where a number should be is empty and judged later.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from ..outside import Outside
from ..plausible import SetAside
from ..reading import TornFile
from . import inside
from .columns import BATCH_ROWS

MAGIC = b"SQLite format 3\x00"
LARGEST_VALUE_BYTES = 10_000_000
LONGEST_WORD = 80
STEPS_BETWEEN_LOOKS, MOST_LOOKS = 1_000_000, 20_000
ROW = "row"
MOST_NAMES = 100_000
# A row has two bytes of place, two of length and number, and one for each column.
LEAST_ROW_BYTES = 6
CUT = "the database is damaged from here on; the rest was read"
# Names and messages that are no text make the module fail with the second of these.
DAMAGED = (sqlite3.Error, UnicodeError, OverflowError)


class Database:
    """The ordinary tables of a database and their columns."""

    def __init__(self, connection: sqlite3.Connection, most_rows: int) -> None:
        self._connection = connection
        self._most_rows = most_rows
        listed = connection.execute(
            "SELECT name FROM sqlite_master"
            " WHERE type = 'table' AND upper(sql) LIKE 'CREATE TABLE%'"
        )
        self.tables = frozenset(str(name) for (name,) in listed.fetchmany(MOST_NAMES))

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table; none where there is no such table."""
        if table not in self.tables:
            return frozenset()
        try:
            found = self._connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
            return frozenset(str(name) for (name,) in found.fetchmany(MOST_NAMES))
        except DAMAGED:
            return frozenset()

    def frames(self, select: str, types: dict[str, Any], aside: SetAside) -> Iterator[pl.DataFrame]:
        """What a query gives, in frames with a running number `line`.

        Args:
            select: a query whose columns are those of `types`, in order.
            types: column names and their Polars types.
            aside: takes the place from which the database is damaged.
        """
        number = 0
        try:
            cursor = self._connection.execute(select)
            while rows := cursor.fetchmany(BATCH_ROWS):
                frame = pl.DataFrame(rows, schema=types, orient="row", strict=False)
                lines = pl.int_range(number + 1, number + 1 + len(rows), eager=True)
                number += len(rows)
                yield frame.with_columns(lines.alias("line"))
                if number > self._most_rows:
                    aside.add(number + 1, "more rows than the file has room for; it is damaged")
                    return
        except DAMAGED:
            aside.add(number + 1, CUT)

    def names(self, table: str, key: str, parts: Iterable[str]) -> dict[int, tuple[str, ...]]:
        """A small table of names, by its key; columns that are absent give ""."""
        columns = self.columns(table)
        if key not in columns:
            return {}
        asked = ", ".join(word(part) if part in columns else "''" for part in parts)
        try:
            rows = self._connection.execute(f"SELECT {number(key)}, {asked} FROM {quoted(table)}")  # noqa: S608 - names of ours
            return {row[0]: row[1:] for row in rows.fetchmany(MOST_NAMES) if row[0] is not None}
        except DAMAGED:
            return {}


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it.

    >>> quoted('steps"; DROP')
    '"steps""; DROP"'
    """
    return '"' + name.replace('"', '""') + '"'


def number(column: str) -> str:
    """SQL for a column as a number, or NULL where it holds anything else."""
    name = column if "." in column else quoted(column)
    return f"CASE WHEN typeof({name}) IN ('integer', 'real') THEN {name} END"


def word(column: str) -> str:
    """SQL for the beginning of a column as text, "" where it is empty."""
    return f"coalesce(CAST(substr({quoted(column)}, 1, {LONGEST_WORD}) AS TEXT), '')"


@contextmanager
def opened(path: Path, wanted: Callable[[str], bool], aside: SetAside) -> Iterator[Database]:
    """The database in a file, or the first wanted one in a folder or zip.

    Raises:
        TornFile: if nothing of it can be read.
        Dangerous: as `archive.check`.
    """
    with inside.members(path, wanted) as found:
        if not found:
            raise TornFile("There is no database in it.")
        if path.is_dir() or not inside.is_zip(path):
            with _connected(path / found[0].name if path.is_dir() else path, aside) as database:
                yield database
            return
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "export.db"
            if not inside.copy_of(found[0], copy):
                aside.add(None, "the zip is damaged; what could be taken out of it was read")
            with _connected(copy, aside) as database:
                yield database


@contextmanager
def _connected(path: Path, aside: SetAside) -> Iterator[Database]:
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    looks = 0

    def look() -> bool:
        nonlocal looks
        looks += 1
        return looks > MOST_LOOKS

    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE_BYTES)
        connection.text_factory = lambda text: text.decode(errors="replace")
        connection.set_progress_handler(look, STEPS_BETWEEN_LOOKS)
        try:
            for setting in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
                connection.execute(f"PRAGMA {setting}")
            database = _listed(connection, path.stat().st_size // LEAST_ROW_BYTES, aside)
        except DAMAGED as error:
            raise TornFile(
                "The database is damaged or incomplete, so nothing was read. Please export it "
                "again."
            ) from error
        yield database


def _listed(connection: sqlite3.Connection, most_rows: int, aside: SetAside) -> Database:
    """The database; one that ends too early is asked for what it still has.

    Without the second setting SQLite refuses a file shorter than its first page says.
    """
    try:
        return Database(connection, most_rows)
    except DAMAGED:
        connection.execute("PRAGMA writable_schema = ON")
        database = Database(connection, most_rows)
        aside.add(None, "the database is damaged or ends too early; what it still has was read")
        return database


def tables_of(outside: Outside, wanted: Callable[[str], bool]) -> frozenset[str]:
    """The tables of a single database, for recognising it; empty if it is none or damaged."""
    if not outside.is_single or not outside.head.startswith(MAGIC):
        return frozenset()
    try:
        with opened(outside.path, wanted, SetAside("")) as database:
            return database.tables
    except TornFile:
        return frozenset()


def is_inside(outside: Outside, wanted: Callable[[str], bool]) -> bool:
    """Whether a folder or zip holds a database of a wanted name."""
    if outside.is_single:
        return False
    return any(head.startswith(MAGIC) for head in inside.beginnings(outside, wanted))
