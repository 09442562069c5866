"""Samples gathered in compact columns until there are enough for an Arrow table."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from ..reading import Batch
from ..schema import INTERVALS, STREAMS, VALUE_COLUMN

BATCH_ROWS = 100_000
STAGE = "stage"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


class Columns:
    """Rows of one stream; times in microseconds since 1970 UTC."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.start = array("q")
        self.end = array("q")
        self.offset = array("h")
        self.value = array("d")
        self.stage: list[str] = []
        self.source: list[str] = []
        self.device: list[str] = []

    def __len__(self) -> int:
        return len(self.start)

    def table(self) -> pa.Table:
        """The rows as a table in the canonical schema."""
        schema = STREAMS[self.stream]
        time = pa.timestamp("us", "UTC")
        made = {
            "ts": pa.array(np.frombuffer(self.start, np.int64), pa.int64()).cast(time),
            "tz": pa.array(np.frombuffer(self.offset, np.int16)),
            "source": pa.array(self.source, pa.string()),
            "device": pa.array(self.device, pa.string()),
            "quality": pa.array(np.ones(len(self), np.int8)),
        }
        if self.stream in INTERVALS:
            made["end"] = pa.array(np.frombuffer(self.end, np.int64), pa.int64()).cast(time)
        if self.stream == "sleep":
            made[STAGE] = pa.array(self.stage, pa.string())
        else:
            name = VALUE_COLUMN[self.stream]
            values = np.frombuffer(self.value, np.float64)
            values = np.rint(values) if self.stream == "steps" else values
            made[name] = pa.array(values).cast(schema.field(name).type, safe=False)
        return pa.table([made[field.name] for field in schema], schema=schema)


class Gatherer:
    """Columns of all streams; hands out a batch whenever one is full."""

    def __init__(self) -> None:
        self._columns = {stream: Columns(stream) for stream in (*VALUE_COLUMN, "sleep")}

    def add(
        self,
        stream: str,
        start: int,
        end: int,
        offset: int,
        value: float | str,
        source: str,
        device: str,
    ) -> None:
        """Add a sample; a stage's name for sleep, a number for the others."""
        rows = self._columns[stream]
        rows.start.append(start)
        rows.offset.append(offset)
        rows.source.append(source)
        rows.device.append(device)
        if isinstance(value, str):
            rows.stage.append(value)
        else:
            rows.value.append(value)
        if stream in INTERVALS:
            rows.end.append(end)

    def full(self) -> Iterator[Batch]:
        """Batches of streams that have gathered enough."""
        yield from self._take(BATCH_ROWS)

    def rest(self) -> Iterator[Batch]:
        """Whatever is left."""
        yield from self._take(1)

    def _take(self, at_least: int) -> Iterator[Batch]:
        for stream, rows in self._columns.items():
            if len(rows) >= at_least:
                self._columns[stream] = Columns(stream)
                yield Batch(stream, rows.table())
