"""Samples of a file put down on disk by stream, and given back a stretch of days at a time.

So a file of any size is read once and worked on in the same memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from .daily import SCHEMA
from .features.local_time import local_day
from .reading import Batch
from .schema import DAILY, OFFSET, STREAMS

ROWS_AT_ONCE = 60_000
MOST_ROWS_AT_ONCE = 600_000
ROWS_A_GROUP = 20_000
DAY = timedelta(days=1)


class Spool:
    """Samples on disk by stream, and how many there are on each day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: dict[str, int] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._waiting: defaultdict[str, list[pa.Table]] = defaultdict(list)
        self._daily: list[pl.DataFrame] = []
        self._days: Counter[date] = Counter()

    def add(self, batch: Batch) -> None:
        """Put a batch down."""
        table = batch.table
        self.counts[batch.stream] = self.counts.get(batch.stream, 0) + table.num_rows
        if batch.stream == DAILY:
            self._daily.append(pl.DataFrame(pl.from_arrow(table)))
            return
        waiting = self._waiting[batch.stream]
        waiting.append(table)
        if sum(part.num_rows for part in waiting) >= ROWS_A_GROUP:
            self._write(batch.stream)

    def _write(self, stream: str) -> None:
        """Write what waits as one group of rows; few groups are quick to look through."""
        table = pa.concat_tables(self._waiting.pop(stream))
        if stream not in self._writers:
            path = self.folder / f"{stream}.parquet"
            self._writers[stream] = pq.ParquetWriter(path, table.schema, compression="lz4")
        self._writers[stream].write_table(table)
        days = pl.DataFrame(pl.from_arrow(table.select(["ts", OFFSET]))).select(local_day())
        self._days.update(dict(days.group_by("day").len().iter_rows()))

    def close(self) -> None:
        """End writing; reading may begin."""
        for stream in list(self._waiting):
            self._write(stream)
        for writer in self._writers.values():
            writer.close()

    def ready_made(self) -> pl.DataFrame:
        """Daily features that the file brought along, one row a day and feature."""
        parts = [pl.DataFrame(schema=SCHEMA), *(one.select(*SCHEMA) for one in self._daily)]
        return pl.concat(parts)

    def stretches(self) -> Iterator[tuple[date, date]]:
        """First and last days of stretches that hold about as many rows as fit in memory.

        Whole months, as far as a month fits.
        """
        first, last, rows = None, None, 0
        for begin, end, count in self._portions():
            if first is not None and last is not None and rows + count > ROWS_AT_ONCE:
                yield first, last
                first, rows = None, 0
            first, last = first or begin, end
            rows += count
        if first is not None and last is not None:
            yield first, last

    def _portions(self) -> Iterator[tuple[date, date, int]]:
        """Months with first day, last day and rows; of those with too many rows the days."""
        for month, days in groupby(sorted(self._days), key=lambda day: day.replace(day=1)):
            counts = {day: self._days[day] for day in days}
            whole = sum(counts.values())
            if whole <= MOST_ROWS_AT_ONCE:
                yield month, (month + 31 * DAY).replace(day=1) - DAY, whole
            else:
                yield from ((day, day, count) for day, count in counts.items())

    def between(
        self, first: date, last: date, streams: Iterable[str] = tuple(STREAMS)
    ) -> dict[str, pl.DataFrame]:
        """The samples of these streams whose local day lies from `first` to `last`."""
        earliest = datetime.combine(first - DAY, time(), tzinfo=UTC)
        latest = datetime.combine(last + 2 * DAY, time(), tzinfo=UTC)
        found = {}
        for stream in self._writers.keys() & set(streams):
            rows = (
                pl.scan_parquet(self.folder / f"{stream}.parquet")
                .filter(pl.col("ts").is_between(earliest, latest))
                .filter(local_day().is_between(first, last))
                .collect(engine="streaming")
            )
            if rows.height:
                found[stream] = rows
        return found
