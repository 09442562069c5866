"""Exports as devices write them, made up for tests."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from heartsease.science.sensing.reading import Batch, Quarantined, read
from heartsease.science.sensing.schema import STREAMS

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
QUANTITY = "HKQuantityTypeIdentifier"
SLEEP = "HKCategoryTypeIdentifierSleepAnalysis"
ASLEEP = "HKCategoryValueSleepAnalysisAsleep"
DOCTYPE = "<!DOCTYPE HealthData [\n<!ELEMENT HealthData (Record*)>\n]>\n"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def record(
    kind: str,
    start: str,
    end: str,
    value: object,
    *,
    unit: str = "count",
    source: str = "Watch",
    device: str = "",
    tail: str = "/>",
) -> str:
    """One record as Apple writes it."""
    name = kind if kind.startswith("HK") else QUANTITY + kind
    on = f' device="{device}"' if device else ""
    unit_words = f' unit="{unit}"' if unit else ""
    return (
        f' <Record type="{name}" sourceName="{source}" sourceVersion="10"{on}{unit_words}'
        f' creationDate="{end}" startDate="{start}" endDate="{end}" value="{value}"{tail}'
    )


def steps(start: str, end: str, count: object, **more: str) -> str:
    return record("StepCount", start, end, count, **more)


def pulse(at: str, beats: object, **more: str) -> str:
    return record("HeartRate", at, at, beats, **{"unit": "count/min", **more})


def sleep(start: str, end: str, stage: str = "Core", **more: str) -> str:
    value = stage if stage.startswith("HK") else ASLEEP + stage
    return record(SLEEP, start, end, value, **{"unit": "", **more})


def apple(*records: str, head: str = DECLARATION + DOCTYPE, end: str = "</HealthData>\n") -> str:
    """A whole export.xml."""
    body = "\n".join(records)
    return f'{head}<HealthData locale="en_GB">\n{body}\n{end}'


def apple_file(folder: Path, *records: str, **more: Any) -> Path:
    path = folder / "export.xml"
    path.write_text(apple(*records, **more), encoding="utf-8")
    return path


def zipped(path: Path, files: dict[str, object]) -> Path:
    """A zip of texts, bytes, or values that become JSON."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            is_plain = isinstance(content, str | bytes)
            archive.writestr(name, content if is_plain else json.dumps(content))
    return path


def gathered(path: Path, **more: Any) -> tuple[dict[str, pl.DataFrame], list[Quarantined]]:
    """Everything a file holds, by stream, and what was set aside."""
    tables: dict[str, list[pa.Table]] = {}
    aside = []
    for piece in read(path, now=more.pop("now", NOW), **more):
        if isinstance(piece, Batch):
            tables.setdefault(piece.stream, []).append(piece.table)
            if piece.stream in STREAMS:
                assert piece.table.schema == STREAMS[piece.stream]
        else:
            aside.append(piece)
    return {
        name: pl.DataFrame(pl.from_arrow(pa.concat_tables(parts))) for name, parts in tables.items()
    }, aside


def sleep_table(*rows: tuple[datetime, datetime, str, int], device: str = "Watch") -> pa.Table:
    """Sleep samples: start and end in UTC, stage, minutes east."""
    return _table(
        "sleep",
        [
            {"ts": start, "tz": east, "device": device, "end": end, "stage": stage}
            for start, end, stage, east in rows
        ],
    )


def steps_table(*rows: tuple[datetime, int, int], device: str = "Watch", east: int = 0) -> pa.Table:
    """Step samples: start in UTC, minutes long, count."""
    return _table(
        "steps",
        [
            {
                "ts": start,
                "tz": east,
                "device": device,
                "end": start + timedelta(minutes=minutes),
                "n": count,
            }
            for start, minutes, count in rows
        ],
    )


def value_table(
    stream: str, *rows: tuple[datetime, float], device: str = "Watch", east: int = 0
) -> pa.Table:
    """Samples of a stream with one value at one moment."""
    column = "ms" if stream.startswith("hrv") else "bpm"
    return _table(
        stream, [{"ts": at, "tz": east, "device": device, column: value} for at, value in rows]
    )


def _table(stream: str, rows: list[dict[str, object]]) -> pa.Table:
    filled = [{"source": "test", "quality": 1, **row} for row in rows]
    return pa.Table.from_pylist(filled, schema=STREAMS[stream])
