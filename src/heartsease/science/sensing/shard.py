"""One stream of a cohort's shard: written and read person by person.

A file is read by its groups of rows, and only those of the person asked for, so a shard takes no
more memory than one of its groups does. What a group says once for all of its rows (whose they
are, which device) is known from its statistics and not read at all. Any Parquet file will do;
`Writer` makes those that are quickest to read.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .schema import DAILY, DAILY_SCHEMA, STREAMS

Value = str | int
Span = tuple[int, int]
PERSON = "pid"
SCHEMAS = {**STREAMS, DAILY: DAILY_SCHEMA}
TIMES = ("ts", "end")
# Names that repeat on every row: they are kept as numbers, which is most of the memory.
REPEATED = ("source", "device")


class Writer:
    """Writes one stream of a shard, one group of rows a person.

    Times are written as differences and measurements byte by byte, which takes half the room of
    the usual encodings and is read in a third of the time.
    """

    def __init__(self, path: Path, stream: str) -> None:
        self._schema = SCHEMAS[stream].insert(0, pa.field(PERSON, pa.string()))
        encodings = {one.name: _encoding(one) for one in self._schema}
        self._file = pq.ParquetWriter(
            path,
            self._schema,
            compression="lz4",
            use_dictionary=[name for name, own in encodings.items() if own is None],
            column_encoding={name: own for name, own in encodings.items() if own is not None},
        )

    def add(self, pid: str, table: pa.Table) -> None:
        """Put down the rows of the next person, in the stream's canonical schema."""
        named = table.add_column(0, PERSON, pa.repeat(pa.scalar(pid), table.num_rows))
        self._file.write_table(named.cast(self._schema), row_group_size=max(table.num_rows, 1))

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the file; before this it cannot be read."""
        self._file.close()


def _encoding(field: pa.Field) -> str | None:
    """How a column is best written; None for a dictionary of its values."""
    if field.name in TIMES:
        return "DELTA_BINARY_PACKED"
    return "BYTE_STREAM_SPLIT" if pa.types.is_floating(field.type) else None


class Stream:
    """The rows of one stream, people one after another.

    Args:
        path: a Parquet file with the stream's canonical columns and `pid`.
        stream: its name.

    Attributes:
        people: where each person's rows begin and how many there are.

    Raises:
        pa.ArrowException: if it is no such file, a column is missing, or the rows of a person do
            not stand together.
        OSError: if it cannot be read.
    """

    def __init__(self, path: Path, stream: str) -> None:
        self._schema = SCHEMAS[stream]
        meta = pq.read_metadata(path, memory_map=True)
        there = set(meta.schema.to_arrow_schema().names)
        absent = {PERSON, *self._schema.names} - there
        if absent:
            raise pa.ArrowInvalid(f"no column {', '.join(sorted(absent))}")
        named = [one for one in (PERSON, *REPEATED) if one in there]
        self._file = pq.ParquetFile(path, metadata=meta, memory_map=True, read_dictionary=named)
        groups = range(self._file.num_row_groups)
        self._counts = [self._file.metadata.row_group(one).num_rows for one in groups]
        self._starts = [0, *itertools.accumulate(self._counts)]
        # Statistics pass over values that are no number, so they say nothing for sure of floats.
        exact = [one.name for one in self._schema if _is_exact(one.type)]
        self._once = _said_once(self._file, [PERSON, *exact])
        self.people = self._people()
        self._held: tuple[Span, pa.Table] = ((0, 0), self._schema.empty_table())

    def of(self, pid: str) -> pa.Table:
        """The rows of one person, in the stream's canonical columns; names as dictionaries.

        Raises:
            pa.ArrowException, OSError: if these rows are torn.
        """
        start, count = self.people[pid]
        groups = self._groups(start, count)
        if self._held[0] != groups:
            self._held = (groups, self._read(groups))
        return self._held[1].slice(start - self._starts[groups[0]], count)

    def _groups(self, start: int, count: int) -> Span:
        """The groups that hold so many rows, from the first to before the last."""
        ends = self._starts[1:]
        first = int(np.searchsorted(ends, start, side="right"))
        return first, int(np.searchsorted(ends, start + count, side="left")) + 1

    def _read(self, groups: Span) -> pa.Table:
        names = [name for name in self._schema.names if name not in self._once]
        read = self._file.read_row_groups(list(range(*groups)), names, use_threads=False)
        read = read.unify_dictionaries().combine_chunks()
        columns = []
        for field in self._schema:
            if field.name in self._once:
                values, counts = self._once[field.name], self._counts
                columns.append(_repeated(values[slice(*groups)], counts[slice(*groups)], field))
            elif field.name in REPEATED or read[field.name].type == field.type:
                columns.append(read[field.name])
            else:
                columns.append(read[field.name].cast(field.type))
        return pa.table(dict(zip(self._schema.names, columns, strict=True)))

    def _people(self) -> dict[str, Span]:
        names: Sequence[Value]
        if PERSON in self._once:
            names, counts = self._once[PERSON], self._counts
        else:
            names, counts = _runs(self._file.read([PERSON], use_threads=False)[PERSON])
        found: dict[str, Span] = {}
        start, before = 0, None
        for pid, count in zip(map(str, names), counts, strict=True):
            if pid == before:
                found[pid] = (found[pid][0], found[pid][1] + count)
            elif pid in found:
                raise pa.ArrowInvalid("the rows of a person do not stand together")
            else:
                found[pid] = (start, count)
            start, before = start + count, pid
        return found


def _runs(column: pa.ChunkedArray) -> tuple[list[str], list[int]]:
    """Values one after another, each with how many times it stands in a row."""
    if not len(column):
        return [], []
    named = column.unify_dictionaries().combine_chunks()
    named = named.chunk(0) if isinstance(named, pa.ChunkedArray) else named
    if named.null_count:
        raise pa.ArrowInvalid("rows without a person")
    codes = named.indices.to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]]))
    names = named.dictionary.to_pylist()
    counts = np.diff(np.append(starts, len(codes)))
    return [names[codes[start]] for start in starts.tolist()], counts.tolist()


def _is_exact(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_string(kind)


def _said_once(file: pq.ParquetFile, names: Sequence[str]) -> dict[str, list[Value]]:
    """Columns of which each group of rows holds one value only, by its own statistics.

    A lowest value that is also the highest is exact: writers that cut long texts make the highest
    one larger.
    """
    meta = file.metadata
    places = {meta.schema.column(one).path: one for one in range(meta.num_columns)}
    found: dict[str, list[Value]] = {}
    for name in names:
        values = []
        for group in range(meta.num_row_groups):
            about = meta.row_group(group).column(places[name]).statistics
            known = about is not None and about.has_min_max and about.has_null_count
            if not known or about.null_count or about.min != about.max:
                break
            values.append(about.min)
        else:
            if values:
                found[name] = values
    return found


def _repeated(values: Sequence[Value], counts: Sequence[int], field: pa.Field) -> pa.Array:
    """A column of values that are each repeated so many times; texts as numbers."""
    texts = list(dict.fromkeys(values))
    if len(texts) == 1:
        length = sum(counts)
        # The next power of two, so that many lengths share one array.
        return _alike(texts[0], field, 1 << max(length - 1, 0).bit_length()).slice(0, length)
    if field.name not in REPEATED:
        kind = field.type
        return pa.array(np.repeat(np.array(values, kind.to_pandas_dtype()), counts), kind)
    codes = np.repeat(np.array([texts.index(one) for one in values], np.int32), counts)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(texts, pa.string()))


@functools.lru_cache(maxsize=64)
def _alike(value: Value, field: pa.Field, length: int) -> pa.Array:
    """One value so many times; the array is shared and, as all of Arrow's, never written to."""
    if field.name not in REPEATED:
        return pa.repeat(pa.scalar(value, field.type), length)
    codes = pa.array(np.zeros(length, np.int32))
    return pa.DictionaryArray.from_arrays(codes, pa.array([value], pa.string()))
