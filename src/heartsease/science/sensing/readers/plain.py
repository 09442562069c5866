"""The plain form: a CSV or JSON that anybody can write.

Samples, one a row: time, stream, value, and as needed end, unit, stage, source, device. Times are
ISO 8601 with an offset ("2026-05-04T23:10:00+02:00"). Streams and units: steps (count),
heart_rate and resting_heart_rate (bpm), hrv_rmssd and hrv_sdnn (ms or s), sleep (stage instead of
value: in_bed, awake, light, deep, rem, asleep).
Ready daily features, one a row: day, feature, value, and data_yield (0 to 1) if known.
JSON is a list of the same rows, or {"samples": [...]}.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from ..catalogue import FEATURES
from ..outside import Outside
from ..plausible import EARLIEST, SetAside, quoted, wrong_time, wrong_value
from ..reading import Batch, Format, Progress, Quarantined, TornFile, UnknownFormat
from ..schema import DAILY, DAILY_SCHEMA, INTERVALS, STAGES
from . import documents
from .columns import Gatherer, micros

FACTORS = {
    "steps": {"": 1.0, "count": 1.0, "steps": 1.0},
    "heart_rate": {"": 1.0, "bpm": 1.0, "count/min": 1.0},
    "resting_heart_rate": {"": 1.0, "bpm": 1.0, "count/min": 1.0},
    "hrv_rmssd": {"": 1.0, "ms": 1.0, "s": 1000.0},
    "hrv_sdnn": {"": 1.0, "ms": 1.0, "s": 1000.0},
    "rr_interval": {"": 1.0, "ms": 1.0, "s": 1000.0},
    "respiration": {"": 1.0, "per_minute": 1.0, "count/min": 1.0},
    "spo2": {"": 1.0, "percent": 1.0, "%": 1.0},
    "heartbeat": {"": 1.0, "percent": 1.0, "%": 1.0},
}
JSON_BYTES = 25_000_000
ROWS_BETWEEN = 1000
LONGEST_NAME = 80
Rows = Iterable[tuple[int, Mapping[str, Any]]]


class Refused(ValueError):
    """Why one row is set aside."""


def read_csv(path: Path, latest: datetime, progress: Progress) -> Iterator[Batch | Quarantined]:
    """Read the CSV form, line by line."""
    size = max(path.stat().st_size, 1)
    with path.open("rb") as binary:
        encoding = "utf-16" if binary.read(2) in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
        binary.seek(0)

        def rows() -> Rows:
            line = 0
            try:
                for line, row in documents.rows(binary, encoding, errors="replace"):
                    if line % ROWS_BETWEEN == 0:
                        progress(min(binary.tell() / size, 1.0))
                    yield line, {str(key).strip().lower(): row[key] for key in row}
            except documents.RowTooLong as error:
                raise TornFile(f"{error} Nothing was read.") from error
            except csv.Error as error:
                raise TornFile(f"Line {line + 1} is not CSV: {error}. Nothing was read.") from error

        yield from _read_rows(rows(), path.name, latest)


def read_json(path: Path, latest: datetime, progress: Progress) -> Iterator[Batch | Quarantined]:
    """Read the JSON form; item numbers stand for lines."""
    if path.stat().st_size > JSON_BYTES:
        raise UnknownFormat(
            f"A JSON file may have {JSON_BYTES // 1_000_000} MB at most. Use CSV for more, which "
            "may be of any size. Nothing was read."
        )
    try:
        content = documents.whole(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise TornFile(f"The JSON is damaged or incomplete: {error}. Nothing was read.") from error
    items = content.get("samples") if isinstance(content, dict) else content
    if not isinstance(items, list):
        raise UnknownFormat('The JSON must be a list of samples, or {"samples": [...]}.')
    numbered = ((number, item) for number, item in enumerate(items, start=1))
    yield from _read_rows(numbered, path.name, latest)


def _read_rows(rows: Rows, file: str, latest: datetime) -> Iterator[Batch | Quarantined]:
    """Turn rows of either kind into batches."""
    gatherer, aside = Gatherer(), SetAside(file)
    daily: dict[tuple[date, str], tuple[float, float]] = {}
    for number, (line, row) in enumerate(rows, start=1):
        try:
            if not isinstance(row, Mapping):
                raise Refused("this is not a sample")
            if "feature" in row:
                _daily(row, latest, daily)
            else:
                _sample(row, latest, gatherer)
        except Refused as error:
            aside.add(line, str(error))
        if number % ROWS_BETWEEN == 0:
            yield from gatherer.full()
    yield from gatherer.rest()
    if daily:
        columns = zip(*((*day, *value) for day, value in daily.items()), strict=True)
        table = pa.table([pa.array(column) for column in columns], names=DAILY_SCHEMA.names)
        yield Batch(DAILY, table.cast(DAILY_SCHEMA))
    yield from aside.take()


def _sample(row: Mapping[str, Any], latest: datetime, gatherer: Gatherer) -> None:
    stream = str(row.get("stream") or "").strip()
    if stream not in (*FACTORS, "sleep"):
        raise Refused(f"no stream is called {quoted(stream)}")
    start = _moment(row.get("time"))
    end = _moment(row.get("end")) if row.get("end") else start
    if stream in INTERVALS and not row.get("end"):
        raise Refused(f"{stream} needs an end")
    wrong = wrong_time(stream, start, end, latest)
    value: float | str = ""
    if wrong is None and stream == "sleep":
        value = str(row.get("stage") or row.get("value") or "").strip()
        wrong = None if value in STAGES else f"no sleep stage is called {quoted(value)}"
    elif wrong is None:
        value = _number(row.get("value")) * _factor(stream, row.get("unit"))
        wrong = wrong_value(stream, value)
    if wrong is not None:
        raise Refused(wrong)
    offset = start.utcoffset()
    gatherer.add(
        stream,
        micros(start),
        micros(end),
        int(offset.total_seconds() // 60) if offset else 0,
        value,
        str(row.get("source") or "plain")[:LONGEST_NAME],
        str(row.get("device") or "")[:LONGEST_NAME],
    )


def _daily(
    row: Mapping[str, Any], latest: datetime, daily: dict[tuple[date, str], tuple[float, float]]
) -> None:
    """Add a ready daily value; of two for one day the later row counts."""
    name = str(row.get("feature") or "").strip()
    if name not in FEATURES:
        raise Refused(f"no feature is called {quoted(name)}")
    try:
        day = date.fromisoformat(str(row.get("day") or "").strip())
    except ValueError as error:
        raise Refused(f"{quoted(row.get('day'))} is not a day such as 2026-05-04") from error
    if day > latest.date():
        raise Refused("the date lies in the future")
    if day < EARLIEST.date():
        raise Refused("the date lies before the year 2000")
    value = _number(row.get("value"))
    feature = FEATURES[name]
    if not feature.lowest <= value <= feature.highest:
        raise Refused(
            f"{name}: {value:g} is outside {feature.lowest:g} to {feature.highest:g} {feature.unit}"
        )
    share = _number(row["data_yield"]) if row.get("data_yield") not in (None, "") else 1.0
    if not 0 <= share <= 1:
        raise Refused(f"data_yield: {share:g} is outside 0 to 1")
    daily[day, name] = value, share


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text).strip())
    except ValueError as error:
        raise Refused(f"{quoted(text)} is not a time such as 2026-05-04T23:10:00+02:00") from error
    if moment.tzinfo is None:
        raise Refused("a time without its offset from UTC, such as +02:00")
    return moment


def _number(value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise Refused(f"{quoted(value)} is not a number")
    return number


def _factor(stream: str, unit: Any) -> float:
    factors = FACTORS[stream]
    word = str(unit or "").strip()
    if word not in factors:
        known = ", ".join(name for name in factors if name)
        raise Refused(f"{stream}: the unit {quoted(word)} is not known (known: {known})")
    return factors[word]


def _is_plain_csv(outside: Outside) -> bool:
    columns = set(outside.columns)
    return {"time", "stream"} <= columns or {"day", "feature", "value"} <= columns


FORMATS = (
    Format(
        "plain_csv",
        "plain CSV (docs/sensing.md)",
        _is_plain_csv,
        lambda path, setting: read_csv(path, setting.latest, setting.progress),
    ),
    Format(
        "plain_json",
        "or plain JSON (docs/sensing.md)",
        lambda outside: outside.text.startswith(("[", "{")),
        lambda path, setting: read_json(path, setting.latest, setting.progress),
    ),
)
