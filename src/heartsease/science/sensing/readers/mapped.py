"""Reads the exports that mapping files describe: tables and JSON lists, one engine for all.

What a format looks like is data (`mapping`, `mappings/*.toml`). Here a file, folder or zip is
recognised by it, and every known table in it is read in batches (`mapped_tables`), turned into
samples (`mapped_values`) and judged (`frames.sift`). An export of several people is read as far as
it is of the first, for a person's chart may never hold another's days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from ..outside import Outside
from ..plausible import SetAside
from ..reading import Batch, Format, Quarantined, Setting, TornFile
from .frames import sift
from .inside import DAMAGED, Member, beginnings, is_zip, members
from .mapped_tables import csv_frames, encoding_text, header_of, json_frames
from .mapped_values import pieces, samples
from .mapping import Layout, Table, layouts

LOOKED_AT_BYTES = 1 << 14
NOT_REAL = re.compile(r"(^|/)(__MACOSX/|\._)")
OTHER_PERSON = "a row of another person than the first in this export"
OTHER_COLUMNS = "the columns are not those that are known; the file was not read"
DAMAGED_HERE = "the archive is damaged here; the other files were read"
IN_DETAIL = "the same is told in more detail by other files of this export"
NOTHING = (
    "There is not one row in the tables of this export. Export it again and send the new file."
)


def recognises(layout: Layout, outside: Outside) -> bool:
    """Whether a file, or some file in a folder or zip, is a table of a layout."""
    for table in layout.tables:
        if outside.is_single and table.by_name and not table.file.search(outside.path.name):
            continue
        if any(_is(table, head) for head in beginnings(outside, partial(_wanted, (table,)))):
            return True
    return False


def _wanted(tables: tuple[Table, ...], name: str) -> bool:
    return not NOT_REAL.search(name) and any(table.file.search(name) for table in tables)


def _is(table: Table, head: bytes) -> bool:
    """Whether a file that begins so is a table of this kind."""
    if table.list is None:
        return bool(header_of(head, table))
    text = encoding_text(head).lstrip("\ufeff \r\n\t")
    return text.startswith(("[", "{")) and all(word in text for word in table.words)


def read(layout: Layout, path: Path, setting: Setting) -> Iterator[Batch | Quarantined]:
    """Read every known table of an export.

    Raises:
        TornFile: if there is no row in any of them.
        Dangerous: as `inside.members`.
    """
    reading = _Reading(layout, setting)
    with members(path, partial(_wanted, layout.tables)) as found:
        alone = not path.is_dir() and not is_zip(path)
        chosen = [(member, *reading.table_of(member, alone=alone)) for member in found]
        whole = max(sum(member.size for member in found), 1)
        there = {table.name for _, table, _ in chosen if table}
        before, any_row = 0, False
        for member, table, fault in chosen:
            aside = SetAside(member.name)
            if table and there & set(table.unless):
                table, fault = None, IN_DETAIL
            if table is None:
                aside.add(None, fault)
            else:
                told = partial(reading.tell, before, whole)
                for batch in reading.batches(member, table, aside, told):
                    any_row = True
                    yield batch
            for piece in aside.take():
                any_row = True
                yield piece
            before += member.size
            setting.progress(min(before / whole, 1.0))
    if not any_row:
        raise TornFile(NOTHING)


class _Reading:
    """One export as it is read: whose it is, and how far."""

    def __init__(self, layout: Layout, setting: Setting) -> None:
        self.layout = layout
        self.setting = setting
        self.people: dict[tuple[str, ...], str] = {}

    def tell(self, before: int, whole: int, read_bytes: int) -> None:
        """Tell the share read, of which there were so many bytes before this file."""
        self.setting.progress(min((before + read_bytes) / whole, 1.0))

    def table_of(self, member: Member, *, alone: bool) -> tuple[Table | None, str]:
        """Which table a file is, or why it is none that can be read."""
        try:
            with member.open() as file:
                head = file.read(LOOKED_AT_BYTES)
        except DAMAGED:
            return None, DAMAGED_HERE
        for table in self.layout.tables:
            named = table.file.search(member.name)
            if (named or (alone and not table.by_name)) and _is(table, head):
                whose = (named.groupdict() if named else {}).get("person")
                if whose and whose != self.people.setdefault((), whose):
                    return None, OTHER_PERSON
                return table, ""
        return None, OTHER_COLUMNS

    def batches(self, member: Member, table: Table, aside: SetAside, told: Any) -> Iterator[Batch]:
        """The samples of one file."""
        for frame in self._frames(member, table, aside, told):
            ours = self._of_one_person(frame, table, aside)
            for stream in table.streams:
                for piece in pieces(ours, stream):
                    made = samples(piece, stream, self.setting, aside)
                    made = made.with_columns(pl.lit(self.layout.name).alias("source"))
                    yield from sift(stream.stream, made, self.setting.latest, aside)

    def _frames(
        self, member: Member, table: Table, aside: SetAside, told: Any
    ) -> Iterator[pl.DataFrame]:
        try:
            if table.list is None:
                yield from csv_frames(member, table, aside, told)
                return
            with member.open() as file:
                yield from json_frames(file, table, aside)
        except DAMAGED:
            aside.add(None, DAMAGED_HERE)

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
