"""Text of an export's rows as canonical samples: times, ends, units, codes, and who it was with.

`samples` takes a frame of text and a mapping's stream and gives what `frames.sift` judges. Nothing
here raises over what a cell holds: what cannot be read becomes empty, and is set aside there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from zoneinfo import ZoneInfo

import polars as pl

from ..plausible import SetAside, quoted
from ..reading import Setting
from . import frames
from .mapped_openings import opened
from .mapping import SECONDS, SKIP, Stream, Value
from .rows import MOST_MINUTES_OFF

CONTACT_BYTES = 8
MOST_SECONDS = 1e9
NAIVE = r"^\d{4}-\d{2}-\d{2}( \d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?$"
# "UTCZ" is what becomes of "UTC" before an offset that is written "Z".
GREENWICH = ("Z", "UTC", "GMT", "UTCZ")
OFFSET = r"([+-]\d{2}):?(\d{2})$"
TEXT = pl.String


def samples(frame: pl.DataFrame, stream: Stream, setting: Setting, aside: SetAside) -> pl.DataFrame:
    """The rows of a frame of text that are of a stream, as `frames.sift` takes them.

    1. Where a row lasts until the next one, times come first, in order: any next row of the device
       ends it. (The last row of a frame has no next, and so no length.)
    2. Rows of other streams are left out, and rows that hold several opened.
    3. Values are made, and times where they are not there yet.
    """
    zone = setting.zone
    if stream.until_next_s is not None:
        frame = _timed(frame, stream, zone)
    for column, words in stream.where.items():
        frame = frame.filter(holds(column, words))
    if stream.opens:
        frame = opened(frame, stream.opens, aside)
    for name, value in stream.values.items():
        frame = _of_this_stream(frame, value)
        frame = _in_known_units(frame, stream.stream, value, aside)
        made = _made(value, setting.contact_key)
        frame = frame.with_columns(made.alias(f"made.{name}"))
    if stream.until_next_s is None:
        frame = _timed(frame, stream, zone)
    kept = ["line", "ts", "tz", *(["end"] if "end" in frame.columns else [])]
    device = pl.col(stream.device) if stream.device else pl.lit("")
    return frame.select(
        *kept,
        device.alias("device"),
        pl.lit(stream.quality).alias("quality"),
        *(pl.col(f"made.{name}").alias(name) for name in stream.values),
    )


def holds(column: str, words: tuple[str, ...]) -> pl.Expr:
    """Whether a column holds one of some words; "" is an empty cell."""
    told = _word(pl.col(column)).fill_null("")
    return told.is_in([word.lower() for word in words])


def _word(text: pl.Expr) -> pl.Expr:
    """A word or code as it is compared: lower case, and 1.0 is 1."""
    return text.str.strip_chars().str.to_lowercase().str.replace(r"^(-?\d+)\.0+$", "${1}")


def _first(columns: tuple[str, ...]) -> pl.Expr:
    """The first of several columns that is filled."""
    return pl.coalesce([pl.col(name) for name in columns])


def _told(value: Value) -> pl.Expr:
    """The text of a value; empty where a word says that it is not known."""
    text = _first(value.column)
    if not value.missing:
        return text
    unknown = _word(text).is_in([word.lower() for word in value.missing])
    return pl.when(~unknown).then(text)


def _of_this_stream(frame: pl.DataFrame, value: Value) -> pl.DataFrame:
    """Without the rows that a value says are none of this stream."""
    if value.empty == SKIP:
        frame = frame.filter(_told(value).is_not_null())
    if value.others == SKIP:
        known = _word(_told(value)).is_in(list(value.codes))
        frame = frame.filter(known.fill_null(value=False))
    return frame


def _in_known_units(
    frame: pl.DataFrame, stream: str, value: Value, aside: SetAside
) -> pl.DataFrame:
    """Without the rows whose unit is not known; these are set aside. No unit is the usual one."""
    if not value.unit:
        return frame
    named = _first(value.unit)
    unit = _word(named)
    wrong = unit.is_not_null() & ~unit.is_in([one.lower() for one in value.factors])
    bad = frame.filter(wrong).group_by(named.alias("unit"), maintain_order=True)
    for word, line, count in bad.agg(pl.col("line").first(), pl.len().alias("count")).iter_rows():
        aside.add(line, f"{stream}: the unit {quoted(word)} is not known", count)
    return frame.filter(~wrong)


def _made(value: Value, contact_key: bytes) -> pl.Expr:
    """A canonical column from the export's text."""
    if value.constant is not None:
        return pl.lit(value.constant)
    text = _told(value)
    if value.hashed:
        return text.map_elements(partial(contact, key=contact_key), return_dtype=TEXT)
    if value.codes:
        words = {code: str(canonical) for code, canonical in value.codes.items()}
        return _word(text).replace_strict(words, default=value.default, return_dtype=TEXT)
    if value.factor == 1.0 and not value.unit:
        return _decimal(text)
    factor: pl.Expr = pl.lit(value.factor)
    if value.unit:
        factors = {unit.lower(): by for unit, by in value.factors.items()}
        known = _word(_first(value.unit)).replace_strict(
            factors, default=None, return_dtype=pl.Float64
        )
        factor = factor * known.fill_null(1.0)
    return _decimal(text).cast(pl.Float64, strict=False) * factor


def _decimal(text: pl.Expr) -> pl.Expr:
    """Text with a decimal point, where the table writes a comma for it."""
    point = text.str.replace(r"^(-?\d+),(\d+)$", "${1}.${2}")
    return pl.when(pl.col("comma")).then(point).otherwise(text)


def contact(name: str | None, key: bytes) -> str | None:
    """A keyed hash of a number or name, the same for every way of writing it; never in clear.

    >>> contact("+49 170 123", b"key") == contact("+49-170-123", b"key"), contact("Ann", b"key")
    (True, '90c5ac5e0dede1bc')
    """
    plain = re.sub(r"[\s\-()/.]", "", name or "").lower()
    if not plain:
        return None
    return blake2b(plain.encode(), digest_size=CONTACT_BYTES, key=key).hexdigest()


def _timed(frame: pl.DataFrame, stream: Stream, zone: ZoneInfo | None) -> pl.DataFrame:
    """Rows with `ts` and `tz`, and with `end` where the stream has one."""
    if stream.end:
        ends = _moments(frame, replace(stream, plus_clock="", plus_seconds=""), stream.end, zone)
        frame = frame.with_columns(ends["ts"].alias("end"))
    frame = _moments(frame, stream, stream.time, zone)
    if stream.duration:
        lasts = _seconds(pl.col(stream.duration)) * SECONDS[stream.duration_unit]
        frame = frame.with_columns((pl.col("ts") + _span(lasts)).alias("end"))
    elif stream.lasts_s is not None:
        frame = frame.with_columns((pl.col("ts") + _span(pl.lit(stream.lasts_s))).alias("end"))
    elif stream.until_next_s is not None:
        frame = frame.sort("ts", nulls_last=True, maintain_order=True)
        latest = pl.col("ts") + _span(pl.lit(stream.until_next_s))
        following = pl.col("ts").shift(-1)
        if stream.device:
            following = following.over(stream.device)
        until = (
            pl.when(following.is_null()).then("ts").otherwise(pl.min_horizontal(following, latest))
        )
        frame = frame.with_columns(until.alias("end"))
    if stream.opens and stream.opens.until:
        frame = _not_beyond(frame, stream, stream.opens.until, zone)
    return frame


def _not_beyond(
    frame: pl.DataFrame, stream: Stream, column: str, zone: ZoneInfo | None
) -> pl.DataFrame:
    """Parts of a whole that ends there: the last one has that end, and none reaches beyond it."""
    whole = replace(stream, plus_clock="", plus_seconds="")
    until = _moments(frame, whole, (column,), zone)["ts"]
    frame = frame.with_columns(until.alias("until"))
    ends = pl.min_horizontal("end", "until")
    frame = frame.with_columns(
        pl.when(pl.col("until").is_null()).then(pl.col("end")).otherwise(ends).alias("end")
    )
    after = (pl.col("ts") >= pl.col("until")).fill_null(value=False)
    return frame.filter(~after)


def _moments(
    frame: pl.DataFrame, stream: Stream, columns: tuple[str, ...], zone: ZoneInfo | None
) -> pl.DataFrame:
    """The frame with times of any kind as `ts` and `tz`."""
    written = _first(columns)
    if stream.plus_clock:
        written = written.str.head(10) + pl.lit(" ") + pl.col(stream.plus_clock)
    frame = frame.with_columns(written.alias("written"))
    shift = _span(_seconds(pl.col(stream.plus_seconds))) if stream.plus_seconds else None
    kind = stream.kind
    if kind == "iso":
        frame = _iso(frame, stream, zone)
        return frame if shift is None else frame.with_columns(pl.col("ts") + shift)
    if kind in ("clock", "clock_ms", "utc"):
        read = _naive("written") if kind != "clock_ms" else _epoch("written", "ms")
        at = read if shift is None else read + shift
        frame = frame.with_columns(at.alias("naive"))
        return frame.with_columns(_placed(stream, zone, utc=kind == "utc"))
    moment = frames.since_epoch("written", kind)
    frame = frame.with_columns((moment if shift is None else moment + shift).alias("moment"))
    return _with_offset(frame.with_columns(frames.in_zone("moment", zone)), stream)


def _iso(frame: pl.DataFrame, stream: Stream, zone: ZoneInfo | None) -> pl.DataFrame:
    """Times with their offset; "Z" says when and not where, and none at all is the wall's clock."""
    written = frame.select(pl.col("written").str.strip_chars())
    told = written.select(frames.iso("written"))
    here = told.select(frames.in_zone("ts", zone))["tz"]
    greenwich = written["written"].str.contains(r"[zZ]$").fill_null(value=False)
    clock = frame.with_columns(written["written"]).with_columns(_naive("written").alias("naive"))
    placed = clock.select(_placed(stream, zone, utc=False))
    both = told.with_columns(
        pl.when(greenwich).then(here).otherwise(pl.col("tz")).alias("tz"),
        placed["ts"].alias("clock"),
        placed["tz"].alias("clock_tz"),
    ).select(pl.coalesce("ts", "clock").alias("ts"), pl.coalesce("tz", "clock_tz").alias("tz"))
    return _with_offset(frame.with_columns(both.get_columns()), stream)


def _placed(stream: Stream, zone: ZoneInfo | None, *, utc: bool) -> list[pl.Expr]:
    """Times without an offset, by that of another column, else by the rules of the zone."""
    naive = pl.col("naive")
    moment = naive.dt.replace_time_zone("UTC").cast(frames.MOMENT)
    if utc:
        tz = pl.lit(0) if zone is None else frames.offset_of(moment.dt.convert_time_zone(zone.key))
        return [moment.alias("ts"), pl.coalesce(_offset(stream), tz).alias("tz")]
    ts, tz = frames.clock("naive", zone)
    if not stream.offset:
        return [ts, tz]
    offset = _offset(stream)
    at = moment - pl.duration(minutes=offset)
    return [pl.coalesce(at, ts).alias("ts"), pl.coalesce(offset, tz).alias("tz")]


def _with_offset(frame: pl.DataFrame, stream: Stream) -> pl.DataFrame:
    """The offset that another column tells, where it does."""
    if not stream.offset:
        return frame
    return frame.with_columns(pl.coalesce(_offset(stream), pl.col("tz")).alias("tz"))


def _offset(stream: Stream) -> pl.Expr:
    """Minutes east of UTC from the column that tells them; what no clock can show is empty."""
    if not stream.offset:
        return pl.lit(None, pl.Int64)
    text = pl.col(stream.offset).str.strip_chars()
    if stream.offset_unit:
        minutes = _seconds(text) * SECONDS[stream.offset_unit] / SECONDS["min"]
    else:
        hours = text.str.extract(OFFSET, 1).cast(pl.Int64, strict=False)
        rest = text.str.extract(OFFSET, 2).cast(pl.Int64, strict=False)
        west = text.str.extract(OFFSET, 1).str.starts_with("-")
        minutes = (hours.abs() * 60 + rest) * pl.when(west).then(-1).otherwise(1)
        greenwich = text.str.to_uppercase().is_in(GREENWICH)
        minutes = pl.when(greenwich).then(0).otherwise(minutes)
    sane = minutes.is_between(-MOST_MINUTES_OFF, MOST_MINUTES_OFF)
    return pl.when(sane).then(minutes).cast(pl.Int64)


def _naive(column: str) -> pl.Expr:
    """Text such as "2026-05-04 23:10:00.5", "2026-05-04T23:10" or "2026-05-04" as a Datetime."""
    text = pl.col(column).str.strip_chars().str.replace("T", " ", literal=True)
    text = pl.when(text.str.contains(NAIVE)).then(text)
    text = text.str.replace(r"^(\S{10})$", "${1} 00:00:00").str.replace(
        r"^(\S{10} \d{1,2}:\d{2})$", "${1}:00"
    )
    return text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)


def _epoch(column: str, unit: str) -> pl.Expr:
    return frames.since_epoch(column, unit).dt.replace_time_zone(None)


def _seconds(text: pl.Expr) -> pl.Expr:
    """A number of seconds, or of any other unit, that a calendar can bear."""
    made = text.cast(pl.Float64, strict=False)
    return pl.when(made.is_between(-MOST_SECONDS, MOST_SECONDS)).then(made)


def _span(seconds: pl.Expr) -> pl.Expr:
    return (seconds * 1e6).round().cast(pl.Int64).cast(pl.Duration("us"))
