"""Whole tables of samples judged at once: what readers of tables hand in, kept or set aside.

A reader makes a Polars frame with the columns of a stream and a column `line`, however untidy its
values; `sift` keeps what can be and says of the rest where it stands and why. `clock` turns times
as people write them into UTC and an offset.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from ..plausible import COLUMN_RANGES, EARLIEST, LONGEST, RANGES, TOO_LONG, SetAside
from ..reading import Batch
from ..schema import COMM_KINDS, COMMON, END, INTERVALS, OPTIONAL, STAGES, STREAMS, VALUE_COLUMN

MOMENT = pl.Datetime("us", "UTC")
DEFAULTS = {"tz": 0, "source": "", "device": "", "quality": 1}
WORDS = {"stage": STAGES, "kind": COMM_KINDS}
LONGEST_WORD = 80


def sift(stream: str, frame: pl.DataFrame, latest: datetime, aside: SetAside) -> Iterator[Batch]:
    """Keep the rows of a frame that can be samples, as one batch or none; set the others aside.

    1. A row without a time, from before the year 2000 or from the future is set aside.
    2. So is an interval that ends before it starts or lasts longer than a day.
    3. So is a value that is missing, no number or not plausible, and a word that is not known.
       Columns that may be empty (`schema.OPTIONAL`) become empty instead where they are absent.

    Args:
        stream: name of the stream.
        frame: columns of the stream and `line` (1-based, or null); `ts` and `end` as Datetime in
            UTC or null, values as numbers or text. `tz`, `source`, `device` and `quality` may be
            absent: 0, "", "" and 1.
        latest: later samples are set aside.
        aside: takes what is set aside.

    Raises:
        ValueError: if a column that the stream needs is absent.
    """
    names = STREAMS[stream].names
    absent = set(names) - set(frame.columns) - DEFAULTS.keys() - OPTIONAL
    if absent:
        raise ValueError(f"A frame of {stream} needs {', '.join(sorted(absent))}.")
    if frame.is_empty():
        return
    more = [pl.lit(value).alias(name) for name, value in DEFAULTS.items()]
    more += [pl.lit(None).alias(name) for name in names if name in OPTIONAL]
    more += [pl.lit(None, pl.Int64).alias("line")]
    frame = frame.with_columns(one for one in more if one.meta.output_name() not in frame.columns)
    typed = frame.with_columns(_typed(stream, frame))
    judged = typed.with_columns(_fault(stream, latest).alias("fault"))
    bad = judged.filter(pl.col("fault").is_not_null())
    for fault, line, count in (
        bad.group_by("fault", maintain_order=True)
        .agg(pl.col("line").first(), pl.len().alias("count"))
        .iter_rows()
    ):
        aside.add(line, fault, count)
    good = judged.filter(pl.col("fault").is_null())
    if good.height:
        yield Batch(stream, good.select(names).to_arrow().cast(STREAMS[stream]))


def _typed(stream: str, frame: pl.DataFrame) -> list[pl.Expr]:
    """Values as numbers and words as text; what cannot be one becomes empty."""
    common = {name for name, _ in COMMON} | {END[0]}
    result = [
        pl.col("ts").cast(MOMENT),
        pl.col("source", "device").cast(pl.String).fill_null("").str.head(LONGEST_WORD),
        pl.col("tz").cast(pl.Int16, strict=False).fill_null(0),
        pl.col("quality").cast(pl.Int8, strict=False).fill_null(0),
    ]
    if stream in INTERVALS:
        result.append(pl.col("end").cast(MOMENT))
    for field in STREAMS[stream]:
        if field.name in common:
            continue
        if str(field.type) in ("string", "bool"):
            kind = pl.Boolean if str(field.type) == "bool" else pl.String
            result.append(pl.col(field.name).cast(kind, strict=False))
            continue
        number = pl.col(field.name).cast(pl.Float64, strict=False)
        number = pl.when(number.is_finite()).then(number)
        result.append(number.round() if str(field.type).startswith("int") else number)
    return result


def _fault(stream: str, latest: datetime) -> pl.Expr:
    """The first reason why a row cannot be a sample, or null."""
    tests: list[tuple[pl.Expr, str | pl.Expr]] = [
        (pl.col("ts").is_null(), "a time that cannot be read"),
        (pl.col("ts") > latest, "the date lies in the future"),
        (pl.col("ts") < EARLIEST, "the date lies before the year 2000"),
    ]
    if stream in INTERVALS:
        tests += [
            (pl.col("end").is_null(), "an end that cannot be read"),
            (pl.col("end") > latest, "the date lies in the future"),
            (pl.col("end") < pl.col("ts"), "the end lies before the start"),
            (pl.col("end") - pl.col("ts") > LONGEST, TOO_LONG[stream]),
        ]
    ranges = dict(COLUMN_RANGES.get(stream, {}))
    if stream in VALUE_COLUMN:
        ranges[VALUE_COLUMN[stream]] = RANGES[stream]
    for name, (low, high, unit) in ranges.items():
        if name not in OPTIONAL:
            tests.append((pl.col(name).is_null(), f"{stream}: no number where {name} should be"))
        wrong = ~pl.col(name).is_between(low, high)
        said = pl.format(f"{stream}: {{}} is outside {low:g} to {high:g} {unit}", _short(name))
        tests.append((wrong, said))
    for name in STREAMS[stream].names:
        if name in WORDS:
            known = pl.col(name).is_in(WORDS[name]).fill_null(value=False)
            word = pl.col(name).fill_null("nothing").str.head(LONGEST_WORD)
            tests.append((~known, pl.format(f"{stream}: {{}} is no known {name}", word)))
        elif (
            name not in OPTIONAL
            and name not in ranges
            and name in ("category", "backspace", "bout")
        ):
            tests.append((pl.col(name).is_null(), f"{stream}: no {name}"))
    fault = pl.lit(None, pl.String)
    for test, reason in reversed(tests):
        said = pl.lit(reason) if isinstance(reason, str) else reason
        fault = pl.when(test).then(said).otherwise(fault)
    return fault


def _short(name: str) -> pl.Expr:
    """A number as it is said in a reason, without needless decimals."""
    text = pl.col(name).round(2).cast(pl.String)
    return text.str.strip_suffix(".0")


def clock(column: str, zone: ZoneInfo | None) -> list[pl.Expr]:
    """Naive local times as `ts` and `tz`, by the rules of a zone.

    Of an hour that the clock shows twice the first is taken; a time that the clock never showed
    becomes null. Without a zone the times are taken for UTC.

    Args:
        column: name of a Datetime column without a zone.
        zone: where the clock hung.
    """
    if zone is None:
        return [
            pl.col(column).dt.replace_time_zone("UTC").cast(MOMENT).alias("ts"),
            pl.lit(0).alias("tz"),
        ]
    there = pl.col(column).dt.replace_time_zone(zone.key, ambiguous="earliest", non_existent="null")
    return [
        there.dt.convert_time_zone("UTC").cast(MOMENT).alias("ts"),
        offset_of(there).alias("tz"),
    ]


def in_zone(column: str, zone: ZoneInfo | None) -> list[pl.Expr]:
    """Moments in UTC as `ts`, and the offset that the clocks of a zone then had as `tz`.

    Args:
        column: name of a Datetime column in UTC.
        zone: where the person was; without one the offset is 0.
    """
    moment = pl.col(column).cast(MOMENT)
    if zone is None:
        return [moment.alias("ts"), pl.lit(0).alias("tz")]
    return [moment.alias("ts"), offset_of(moment.dt.convert_time_zone(zone.key)).alias("tz")]


def offset_of(there: pl.Expr) -> pl.Expr:
    """Minutes east of UTC of a Datetime expression with a zone."""
    return (there.dt.base_utc_offset() + there.dt.dst_offset()).dt.total_minutes().cast(pl.Int16)


def since_epoch(column: str, unit: str) -> pl.Expr:
    """Numbers since 1970 as moments in UTC; what is no number or beyond any calendar is null.

    Args:
        column: name of a column of numbers or of text.
        unit: "s", "ms", "us" or "ns".
    """
    micros = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}[unit]
    number = pl.col(column).cast(pl.Float64, strict=False) * micros
    safe = pl.when(number.is_between(-6.2e16, 2.5e17)).then(number)
    return safe.round().cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def iso(column: str) -> list[pl.Expr]:
    """ISO 8601 texts with their offset as `ts` and `tz`; "Z" is 0, and no offset gives null.

    Args:
        column: name of a column of text such as "2026-05-04T23:10:00.000+02:00".
    """
    text = pl.col(column).cast(pl.String).str.strip_chars().str.replace(r"[zZ]$", "+00:00")
    text = text.str.replace(r"^(\d{4}-\d{2}-\d{2}) ", "${1}T").str.replace(
        r" ?([+-]\d{2}):?(\d{2})$", "${1}:${2}"
    )
    moment = text.str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False
    )
    sign = pl.when(text.str.slice(-6, 1) == "-").then(-1).otherwise(1)
    hours, minutes = text.str.slice(-5, 2), text.str.slice(-2, 2)
    offset = sign * (hours.cast(pl.Int16, strict=False) * 60 + minutes.cast(pl.Int16, strict=False))
    return [moment.alias("ts"), pl.when(moment.is_not_null()).then(offset).alias("tz")]
