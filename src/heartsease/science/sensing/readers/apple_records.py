"""Apple's records as canonical samples: times, units, stages and devices, a block at a time."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import polars as pl
import pyarrow as pa

from ..plausible import EARLIEST, LONGEST, RANGES, TOO_LONG, WORD_CHARACTERS, SetAside
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
TAG = re.compile(rb"<Record\b[^<]*")
# Longer than any name; a reference to a character may have any number of digits.
LONGEST_NAME = 1000
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
        {name: _text(column) for name, column in zip(COLUMNS, columns, strict=True)}
    )
    frame, bad = _judged(_canonical(frame), latest)
    for reason, place, count in bad.iter_rows():
        first = aside.is_first(reason)
        at = line + _lines_before(block, rows[place]) if first else None
        aside.add(at, reason, count)
    for (stream,), part in frame.partition_by("stream", as_dict=True).items():
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


def _judged(frame: pl.DataFrame, latest: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records that can be; and why the others cannot: reason, first place, how many."""
    faults = _faults(latest)
    which: pl.Expr = pl.lit(None, dtype=pl.Int32)
    for number, (condition, _) in reversed(list(enumerate(faults))):
        which = pl.when(condition).then(pl.lit(number, dtype=pl.Int32)).otherwise(which)
    frame = frame.with_columns(which.alias("which"))
    reason: pl.Expr = pl.lit(None, dtype=pl.String)
    for number, (_, words) in enumerate(faults):
        reason = pl.when(pl.col("which") == number).then(words).otherwise(reason)
    bad = (
        frame.filter(pl.col("which").is_not_null())
        .group_by(reason.alias("reason"), maintain_order=True)
        .agg(pl.col("place").first(), pl.len().alias("count"))
    )
    return frame.filter(pl.col("which").is_null()), bad


def _faults(latest: datetime) -> list[tuple[pl.Expr, pl.Expr]]:
    """What may be wrong with a record, and the words for it; the first that holds counts."""
    is_sleep = pl.col("stream") == "sleep"
    value, unit_word = (pl.col(name).str.slice(0, WORD_CHARACTERS) for name in ("value", "unit"))
    long = (pl.col("until") - pl.col("ts")) > LONGEST
    unread = pl.col("ts").is_null() | pl.col("until").is_null() | pl.col("tz").is_null()
    return [
        (unread, pl.lit("a time that cannot be read")),
        (
            (pl.col("ts") > latest) | (pl.col("until") > latest),
            pl.lit("the date lies in the future"),
        ),
        (pl.col("ts") < EARLIEST, pl.lit("the date lies before the year 2000")),
        (pl.col("until") < pl.col("ts"), pl.lit("the end lies before the start")),
        (
            is_sleep & pl.col("stage").is_null(),
            pl.format("no sleep stage is called '{}'", value),
        ),
        (
            ~is_sleep & pl.col("factor").is_null(),
            pl.format("{}: the unit '{}' is not known", pl.col("stream"), unit_word),
        ),
        (
            ~is_sleep & pl.col("number").is_null(),
            pl.format("{}: '{}' is not a number", pl.col("stream"), value),
        ),
        *(
            ((pl.col("stream") == stream) & long, pl.lit(words))
            for stream, words in TOO_LONG.items()
        ),
        *(
            (
                (pl.col("stream") == stream) & ~pl.col("number").is_between(low, high),
                pl.lit(f"{stream}: a value outside {low:g} to {high:g} {unit}"),
            )
            for stream, (low, high, unit) in RANGES.items()
        ),
    ]


def _text(column: Sequence[bytes]) -> pl.Series:
    """A column of bytes as text; bytes that are none are replaced."""
    try:
        return pl.Series(list(column), dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.ComputeError:
        return pl.Series([item.decode(errors="replace") for item in column], dtype=pl.String)


def _lines_before(block: bytes, row: Sequence[bytes]) -> int:
    """How many lines of the block come before a record, found again by everything it says."""
    for tag in TAG.finditer(block):
        if all(part in tag[0] for part in row):
            return block.count(b"\n", 0, tag.start())
    return 0


def _table(stream: str, part: pl.DataFrame) -> pa.Table:
    known = {name: html.unescape(name[:LONGEST_NAME]) for name in part["source"].unique().to_list()}
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
    if stream == "steps":
        made = made.with_columns(pl.col("number").round())
    if stream != "sleep":
        made = made.rename({"number": VALUE_COLUMN[stream]})
    schema = STREAMS[stream]
    return made.select(schema.names).to_arrow().cast(schema, safe=False)
