"""Apple's records as canonical samples: times, units, stages and devices, a block at a time."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from datetime import datetime

import polars as pl
import pyarrow as pa

from ..plausible import EARLIEST, LONGEST_SLEEP_HOURS, RANGES, SetAside
from ..reading import Batch
from ..schema import STREAMS, VALUE_COLUMN

QUANTITY = "HKQuantityTypeIdentifier"
STREAM_OF = {
    f"{QUANTITY}StepCount": "steps",
    f"{QUANTITY}HeartRate": "heart_rate",
    f"{QUANTITY}RestingHeartRate": "resting_heart_rate",
    f"{QUANTITY}HeartRateVariabilitySDNN": "hrv_sdnn",
    "HKCategoryTypeIdentifierSleepAnalysis": "sleep",
}
STAGE_OF = {
    "HKCategoryValueSleepAnalysisInBed": "in_bed",
    "HKCategoryValueSleepAnalysisAwake": "awake",
    "HKCategoryValueSleepAnalysisAsleep": "asleep",
    "HKCategoryValueSleepAnalysisAsleepUnspecified": "asleep",
    "HKCategoryValueSleepAnalysisAsleepCore": "light",
    "HKCategoryValueSleepAnalysisAsleepDeep": "deep",
    "HKCategoryValueSleepAnalysisAsleepREM": "rem",
}
FACTOR_OF = {
    ("steps", "count"): 1.0,
    ("heart_rate", "count/min"): 1.0,
    ("heart_rate", "count/s"): 60.0,
    ("resting_heart_rate", "count/min"): 1.0,
    ("resting_heart_rate", "count/s"): 60.0,
    ("hrv_sdnn", "ms"): 1.0,
    ("hrv_sdnn", "s"): 1000.0,
}
COLUMNS = ("type", "source", "device", "unit", "start", "end", "value")
DEVICE_NAME = r"name:([^,&>]+)"
TIME = "%Y-%m-%d %H:%M:%S %z"


def batches(
    rows: Sequence[Sequence[bytes]],
    block: bytes,
    line: int,
    latest: datetime,
    aside: SetAside,
) -> Iterator[Batch]:
    """Turn a block's records into batches; what cannot be is set aside with its line.

    Args:
        rows: type, source, device, unit, start, end and value of each record.
        block: the text they were found in, to find a line again.
        line: number of the block's first line.
        latest: samples after this moment are set aside.
        aside: takes what cannot be.
    """
    if not rows:
        return
    columns = zip(*rows, strict=True)
    frame = pl.DataFrame(
        {
            name: pl.Series(list(column), dtype=pl.Binary).cast(pl.String, strict=False)
            for name, column in zip(COLUMNS, columns, strict=True)
        }
    )
    frame = _judged(_canonical(frame), latest)
    for reason, place in _wrong(frame):
        aside.add(_line_of(block, line, rows[place]), reason)
    good = frame.filter(pl.col("wrong").is_null())
    for (stream,), part in good.partition_by("stream", as_dict=True).items():
        yield Batch(stream, _table(stream, part))


def _canonical(frame: pl.DataFrame) -> pl.DataFrame:
    """Add stream, times in UTC, offset, number, stage, device."""
    factors = pl.DataFrame(
        [(stream, unit, factor) for (stream, unit), factor in FACTOR_OF.items()],
        schema={"stream": pl.String, "unit": pl.String, "factor": pl.Float64},
        orient="row",
    )
    offset = pl.col("start").str.slice(20, 5)
    minutes = offset.str.slice(1, 2).cast(pl.Int32, strict=False) * 60 + offset.str.slice(
        3, 2
    ).cast(pl.Int32, strict=False)
    return (
        frame.with_columns(
            pl.col("type").replace_strict(STREAM_OF).alias("stream"),
            pl.col("start").str.to_datetime(TIME, strict=False, time_unit="us").alias("ts"),
            pl.col("end").str.to_datetime(TIME, strict=False, time_unit="us").alias("until"),
            (pl.when(offset.str.starts_with("-")).then(-minutes).otherwise(minutes))
            .cast(pl.Int16, strict=False)
            .alias("tz"),
            pl.col("value").replace_strict(STAGE_OF, default=None).alias("stage"),
            pl.col("device").str.extract(DEVICE_NAME).fill_null("").alias("device"),
            pl.int_range(pl.len()).alias("place"),
        )
        .join(factors, on=["stream", "unit"], how="left", maintain_order="left")
        .with_columns(
            (pl.col("value").cast(pl.Float64, strict=False) * pl.col("factor")).alias("number")
        )
    )


def _judged(frame: pl.DataFrame, latest: datetime) -> pl.DataFrame:
    """Add why a record cannot be, or null."""
    is_sleep = pl.col("stream") == "sleep"
    wrong = (
        pl.when(pl.col("ts").is_null() | pl.col("until").is_null() | pl.col("tz").is_null())
        .then(pl.lit("a time that cannot be read"))
        .when(pl.col("ts") > latest)
        .then(pl.lit("the date lies in the future"))
        .when(pl.col("ts") < EARLIEST)
        .then(pl.lit("the date lies before the year 2000"))
        .when(pl.col("until") < pl.col("ts"))
        .then(pl.lit("the end lies before the start"))
        .when(is_sleep & pl.col("stage").is_null())
        .then(pl.format("no sleep stage is called {}", pl.col("value")))
        .when(is_sleep & (pl.col("until") - pl.col("ts") > pl.duration(hours=LONGEST_SLEEP_HOURS)))
        .then(pl.lit("a sleep longer than a day"))
        .when(~is_sleep & pl.col("factor").is_null())
        .then(pl.format("{}: the unit '{}' is not known", pl.col("stream"), pl.col("unit")))
        .when(~is_sleep & pl.col("number").is_null())
        .then(pl.format("{}: '{}' is not a number", pl.col("stream"), pl.col("value")))
    )
    for stream, (low, high, unit) in RANGES.items():
        outside = (pl.col("stream") == stream) & ~pl.col("number").is_between(low, high)
        wrong = wrong.when(outside).then(
            pl.lit(f"{stream}: a value outside {low:g} to {high:g} {unit}")
        )
    return frame.with_columns(wrong.otherwise(None).alias("wrong"))


def _wrong(frame: pl.DataFrame) -> list[tuple[str, int]]:
    bad = frame.filter(pl.col("wrong").is_not_null())
    return list(zip(bad["wrong"].to_list(), bad["place"].to_list(), strict=True))


def _line_of(block: bytes, line: int, row: Sequence[bytes]) -> int:
    """The line of a record, found again by its type and start."""
    at = block.find(b'startDate="' + row[4] + b'" endDate="' + row[5] + b'" value="' + row[6])
    return line + block.count(b"\n", 0, max(at, 0))


def _table(stream: str, part: pl.DataFrame) -> pa.Table:
    known = {name: html.unescape(name) for name in part["source"].unique().to_list()}
    made = part.select(
        pl.col("ts").dt.convert_time_zone("UTC"),
        "tz",
        pl.col("source").replace_strict(known, return_dtype=pl.String),
        "device",
        pl.lit(1, dtype=pl.Int8).alias("quality"),
        pl.col("until").dt.convert_time_zone("UTC").alias("end"),
        "stage",
        pl.col("number"),
    )
    if stream != "sleep":
        made = made.rename({"number": VALUE_COLUMN[stream]})
    schema = STREAMS[stream]
    return made.select(schema.names).to_arrow().cast(schema, safe=False)
