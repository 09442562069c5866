"""Reads the exports that mapping files describe: tables and JSON lists, one engine for all.

What a format looks like is data (`mapping`, `mappings/*.toml`). Here a file, folder or zip is
recognised by it, and every known table in it is read in batches (`mapped_tables`), turned into
samples (`mapped_values`) and judged (`frames.sift`). An export of several people is read as far as
it is of the first, for a person's chart may never hold another's days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import polars as pl

from ..outside import Outside
from ..plausible import SetAside
from ..reading import Batch, Format, Quarantined, Setting, TornFile
from .frames import sift
from .inside import DAMAGED, Member, beginnings, is_zip, members
from .mapped_openings import pieces
from .mapped_tables import (
    Told,
    csv_frames,
    encoding_text,
    json_frames,
    missing_in,
    together,
)
from .mapped_values import holds, samples
from .mapping import Layout, Table, layouts

LOOKED_AT_BYTES = 1 << 14
NOT_REAL = re.compile(r"(^|/)(__MACOSX/|\._)")
OTHER_PERSON = "a row of another person than the first in this export"
OTHER_COLUMNS = "the content is not what its name promises; the file was not read"
OTHER_SYSTEM = "the codes are those of another system and mean something else"
DAMAGED_HERE = "the archive is damaged here; the other files were read"
IN_DETAIL = "the same is told in more detail by other files of this export"
NOTHING = (
    "There is not one row in the tables of this export. Export it again and send the new file."
)


def recognises(layout: Layout, outside: Outside) -> bool:
    """Whether a file, or some file in a folder or zip, is a table of a layout."""
    if outside.is_single:
        name = outside.path.name
        return any(
            _is(table, outside.head)
            for table in layout.tables
            if not table.by_name or table.file.search(name)
        )
    for table in layout.tables:
        if any(_is(table, head) for head in beginnings(outside, partial(_wanted, (table,)))):
            return True
    return False


def _wanted(tables: tuple[Table, ...], name: str) -> bool:
    return any(table.file.search(name) for table in tables) and not NOT_REAL.search(name)


def _is(table: Table, head: bytes) -> bool:
    """Whether a file that begins so is a table of this kind."""
    if table.list is None:
        return not missing_in(head, table)
    text = encoding_text(head).lstrip("\ufeff \r\n\t")
    return text.startswith(("[", "{")) and all(word in text for word in table.words)


def _lacking(table: Table, head: bytes) -> str:
    """Why a file of the right name is not the table that it should be."""
    lacks = () if table.list is not None else missing_in(head, table)
    if not lacks or len(lacks) == len(table.columns):
        return OTHER_COLUMNS
    names = ", ".join(lacks)
    return f"the file was not read, for it has no column {names}"


def _is_foreign(frame: pl.DataFrame, table: Table) -> bool:
    """Whether some row holds a word that only another system writes."""
    tests = [holds(name, words) for name, words in table.foreign.items()]
    return bool(tests) and bool(frame.select(pl.any_horizontal(tests).any()).item())


def read(layout: Layout, path: Path, setting: Setting) -> Iterator[Batch | Quarantined]:
    """Read every known table of an export.

    Raises:
        TornFile: if there is no row in any of them.
        Dangerous: as `inside.members`.
    """
    reading = _Reading(layout, setting)
    any_row = False
    with members(path, partial(_wanted, layout.tables)) as found:
        files = reading.files(found, alone=not path.is_dir() and not is_zip(path))
        for _, run in groupby(files, key=lambda file: [table.name for table in file.tables]):
            for piece in reading.run(list(run)):
                any_row = True
                yield piece
    if not any_row:
        raise TornFile(NOTHING)


@dataclass(frozen=True)
class _File:
    """A file of an export: the tables that it holds, and the bytes of all files before it."""

    member: Member
    tables: list[Table]
    aside: SetAside
    before: int


class _Reading:
    """One export as it is read: whose it is, and how far."""

    def __init__(self, layout: Layout, setting: Setting) -> None:
        self.layout = layout
        self.setting = setting
        self.people: dict[tuple[str, ...], str] = {}
        self.foreign: set[str] = set()
        self.whole = 1

    def files(self, found: list[Member], *, alone: bool) -> list[_File]:
        """What the files of an export are; of those that are not read it is set aside why."""
        chosen = [(member, *self.tables_of(member, alone=alone)) for member in found]
        there = {table.name for _, tables, _ in chosen for table in tables}
        result, before = [], 0
        for member, tables, fault in chosen:
            file = _File(member, [], SetAside(member.name), before)
            file.tables.extend(table for table in tables if not there & set(table.unless))
            if not file.tables:
                file.aside.add(None, IN_DETAIL if tables else fault)
            result.append(file)
            before += member.size
        self.whole = max(before, 1)
        return result

    def tell(self, before: int, read_bytes: int) -> None:
        """Tell the share read, of which there were so many bytes before this file."""
        self.setting.progress(min((before + read_bytes) / self.whole, 1.0))

    def run(self, files: list[_File]) -> Iterator[Batch | Quarantined]:
        """Files after one another that hold the same tables."""
        for table in files[0].tables:
            for aside, frame in together(self._frames(files, table)):
                yield from self._batches(frame, table, aside)
        for file in files:
            yield from file.aside.take()
        self.tell(files[-1].before, files[-1].member.size)

    def tables_of(self, member: Member, *, alone: bool) -> tuple[list[Table], str]:
        """Which tables a file holds, or why it is none that can be read.

        A CSV is one table. A JSON may hold several lists, and each is a table of its own.
        """
        try:
            with member.open() as file:
                head = file.read(LOOKED_AT_BYTES)
        except DAMAGED:
            return [], DAMAGED_HERE
        fault = ""
        for table in self.layout.tables:
            named = table.file.search(member.name)
            if not named and (not alone or table.by_name):
                continue
            if not _is(table, head):
                fault = fault or _lacking(table, head)
                continue
            whose = (named.groupdict() if named else {}).get("person")
            if whose and whose != self.people.setdefault((), whose):
                return [], OTHER_PERSON
            return [table, *self._beside(table)], ""
        return [], fault or OTHER_COLUMNS

    def _beside(self, first: Table) -> list[Table]:
        """The other lists of a JSON that holds one: tables that look for files of the same name.

        They may begin far behind what was looked at, so their words are not asked for.
        """
        return [
            one
            for one in self.layout.tables
            if first.list and one.list and one is not first and one.file == first.file
        ]

    def _batches(self, frame: pl.DataFrame, table: Table, aside: SetAside) -> Iterator[Batch]:
        """The samples of a frame of text."""
        ours = self._of_one_person(frame, table, aside)
        if _is_foreign(ours, table):
            self.foreign.add(table.name)
        if table.name in self.foreign:
            if ours.height:
                aside.add(ours["line"][0], OTHER_SYSTEM, ours.height)
            return
        for stream in table.streams:
            for piece in pieces(ours, stream):
                made = samples(piece, stream, self.setting, aside)
                made = made.with_columns(pl.lit(self.layout.name).alias("source"))
                yield from sift(stream.stream, made, self.setting.latest, aside)

    def _frames(self, files: list[_File], table: Table) -> Iterator[tuple[SetAside, pl.DataFrame]]:
        for file in files:
            told = partial(self.tell, file.before)
            try:
                for frame in self._frames_of(file, table, told):
                    yield file.aside, frame
            except DAMAGED:
                file.aside.add(None, DAMAGED_HERE)

    def _frames_of(self, file: _File, table: Table, told: Told) -> Iterator[pl.DataFrame]:
        if table.list is None:
            yield from csv_frames(file.member, table, file.aside, told)
            return
        with file.member.open() as opened:
            yield from json_frames(opened, table, file.aside, told)

    def _of_one_person(self, frame: pl.DataFrame, table: Table, aside: SetAside) -> pl.DataFrame:
        """The rows of the person whose row came first; those of others are set aside."""
        if not table.person:
            return frame
        whose = pl.coalesce([pl.col(name) for name in table.person])
        told = frame.select(whose.drop_nulls().first()).item() if frame.height else None
        if told is not None:
            told = self.people.setdefault(table.person, str(told))
        others = frame.filter(whose.is_not_null() & (whose != pl.lit(told, pl.String)))
        if others.height:
            aside.add(others["line"][0], OTHER_PERSON, others.height)
            return frame.filter(whose.is_null() | (whose == pl.lit(told, pl.String)))
        return frame


FORMATS: tuple[Format, ...] = tuple(
    Format(
        layout.name,
        layout.title,
        partial(recognises, layout),
        partial(read, layout),
        frozenset(stream.stream for table in layout.tables for stream in table.streams),
    )
    for layout in layouts()
)
