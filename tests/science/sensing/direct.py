"""Reading a file by the formats of one module alone, whatever else is registered."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
from tests.science.sensing.exports import NOW

from heartsease.science.sensing.reading import (
    Batch,
    Format,
    Quarantined,
    Setting,
    UnknownFormat,
    look_at,
)
from heartsease.science.sensing.schema import STREAMS

Found = tuple[dict[str, pl.DataFrame], list[Quarantined]]


def recognised(formats: tuple[Format, ...], path: Path) -> Format | None:
    outside = look_at(path)
    return next((one for one in formats if one.recognises(outside)), None)


def by(
    formats: tuple[Format, ...], path: Path, zone: str | None = None, now: datetime = NOW
) -> Found:
    """Every stream a file holds, in the canonical schema, and what was set aside."""
    one = recognised(formats, path)
    if one is None:
        raise UnknownFormat(f"{path.name} is not recognised.")
    tables: dict[str, list[pa.Table]] = {}
    aside = []
    setting = Setting(now + timedelta(days=1), ZoneInfo(zone) if zone else None)
    for piece in one.read(path, setting):
        if isinstance(piece, Batch):
            assert piece.table.schema == STREAMS[piece.stream]
            tables.setdefault(piece.stream, []).append(piece.table)
        else:
            aside.append(piece)
    return {
        name: pl.DataFrame(pl.from_arrow(pa.concat_tables(parts))) for name, parts in tables.items()
    }, aside


def reasons(aside: list[Quarantined]) -> list[tuple[int | None, str, int]]:
    return [(one.line, one.reason, one.count) for one in aside]
