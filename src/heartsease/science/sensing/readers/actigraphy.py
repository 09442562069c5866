"""Actigraphs: the files of five makers, each epoch one row of the activity stream.

1. Actiwatch AWD: seven lines of header (name, date, time, epoch in quarters of a minute, ...), then
   one count a line. Philips Respironics RPX: the "Actiware Export File", in English.
2. Daqtometer DQT, Condor ActTrust (the report as txt; counts are PIM), Tempatilumi.

Counts are the maker's own and mean nothing beside another maker's. They are empty where the file
says that the device was not worn. Names of persons in the headers are not read. Times are those of
the device's clock: in UTC where the file says so, else by the person's own zone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import IO

import polars as pl

from ..outside import HEAD_BYTES, Outside
from ..plausible import SetAside
from ..reading import Batch, Format, Quarantined, Setting
from . import actigraphy_headers as headers
from .actigraphy_headers import Lines, Table
from .columns import BATCH_ROWS
from .frames import clock, in_zone, sift

SOURCE = "actigraphy"
LONGEST_LINE = 1 << 16
NOT_WORN = ("", "nan")
FIRST_ROWS = 200
AWD = re.compile(
    r"[^\n]*\n\s*\d{1,2}-[A-Za-z]{3}-\d{4}\s*\n\s*\d{1,2}:\d{2}[^\n]*\n\s*\d{1,2}[A-Z]?\s*\n"
)
Row = tuple[int, str, str | None]


def read(path: Path, setting: Setting, kind: str) -> Iterator[Batch | Quarantined]:
    """Read a file of one of the makers.

    Raises:
        TornFile: if it ends before the first epoch, or its header makes no sense.
    """
    aside, size = SetAside(path.name), max(path.stat().st_size, 1)
    with path.open("rb") as binary:
        lines = _lines(binary)
        table = headers.READERS[kind](lines)
        for rows in _chunks(lines, table, aside):
            frame = pl.DataFrame(
                rows, schema={"line": pl.Int64, "at": pl.String, "said": pl.String}, orient="row"
            )
            if table.epoch_s is None:
                table = table.with_epoch(_usual_step(frame, table))
            samples = _samples(frame, table, setting, aside)
            yield from sift("activity", samples, setting.latest, aside)
            setting.progress(min(binary.tell() / size, 1.0))
    yield from aside.take()


def _lines(binary: IO[bytes]) -> Lines:
    """Lines with their numbers, whatever the encoding; one too long to be a row is cut."""
    head = binary.read(HEAD_BYTES)
    binary.seek(0)
    encoding = "utf-8-sig"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif "\ufffd" in head.decode("utf-8", errors="replace")[:-4]:
        encoding = "cp1252"
    text = io.TextIOWrapper(binary, encoding=encoding, errors="replace", newline=None)
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        yield number, line.rstrip("\r\n")
    text.detach()


def _chunks(lines: Lines, table: Table, aside: SetAside) -> Iterator[list[Row]]:
    """Rows of line, time as written and counts (None while not worn), in lots."""
    rows: list[Row] = []
    counted = 0
    for number, line in lines:
        if not line.strip():
            continue
        cells = table.cells(line)
        if len(cells) <= table.last_column:
            aside.add(number, "a row that is too short")
            continue
        at = str(counted) if table.start else " ".join(cells[one] for one in table.time)
        counted += 1
        is_off = table.off is not None and len(cells) > table.off
        worn = not (is_off and cells[table.off or 0].lower() in table.off_words)
        rows.append((number, at, cells[table.counts] if worn else None))
        if len(rows) >= BATCH_ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _clock(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The time on the device's clock, as written or counted from the start."""
    if table.start:
        at = pl.lit(table.start) + pl.duration(
            milliseconds=pl.col("at").cast(pl.Int64) * round((table.epoch_s or 0) * 1000)
        )
    else:
        at = pl.col("at").str.to_datetime(table.format, time_unit="us", strict=False)
    return frame.with_columns(at.cast(pl.Datetime("us")).alias("clock"))


def _usual_step(frame: pl.DataFrame, table: Table) -> float:
    """The usual time from one of the first rows to the next, in seconds; 0 if there is none."""
    steps = _clock(frame.head(FIRST_ROWS), table)["clock"].drop_nulls().diff().drop_nulls()
    seconds = steps.dt.total_seconds()
    usual = seconds.filter(seconds > 0).mode().sort()
    return float(usual[0]) if len(usual) else 0.0


def _samples(frame: pl.DataFrame, table: Table, setting: Setting, aside: SetAside) -> pl.DataFrame:
    """Rows as samples; counts that are no number are set aside here, for empty ones may be."""
    said = pl.col("said").str.strip_chars()
    frame = frame.with_columns(said.cast(pl.Float64, strict=False).fill_nan(None).alias("counts"))
    odd = said.is_not_null() & ~said.str.to_lowercase().is_in(NOT_WORN)
    # A number too large to be one becomes infinite, and would pass for a device not worn.
    odd &= pl.col("counts").is_null() | pl.col("counts").is_infinite()
    bad = frame.filter(odd)
    if bad.height:
        aside.add(bad["line"][0], "activity: no number where counts should be", bad.height)
    kept = _clock(frame.filter(~odd.fill_null(value=False)), table).with_columns(
        pl.lit(table.epoch_s).alias("epoch_s"),
        pl.lit(SOURCE).alias("source"),
        pl.lit(table.device).alias("device"),
    )
    return _timed(kept, table, setting)


def _timed(frame: pl.DataFrame, table: Table, setting: Setting) -> pl.DataFrame:
    """Moments and offsets, by what the file says of its clock.

    A clock that is counted from the start, or has a fixed offset, never follows daylight saving.
    """
    if table.start:
        first = pl.DataFrame({"clock": [table.start]}).with_columns(clock("clock", setting.zone))
        began = first["ts"][0]
        if began is None:
            return frame.with_columns(pl.lit(None, pl.Datetime("us", "UTC")).alias("ts"))
        shift = began - table.start.replace(tzinfo=UTC)
        moment = (pl.col("clock") + pl.lit(shift)).dt.replace_time_zone("UTC").alias("moment")
        return frame.with_columns(moment).with_columns(in_zone("moment", setting.zone))
    if table.minutes_east is None:
        return frame.with_columns(clock("clock", setting.zone))
    utc = pl.col("clock") - pl.duration(minutes=table.minutes_east)
    frame = frame.with_columns(utc.dt.replace_time_zone("UTC").alias("moment"))
    frame = frame.with_columns(in_zone("moment", setting.zone))
    if setting.zone is None:
        frame = frame.with_columns(pl.lit(table.minutes_east).alias("tz"))
    return frame


def _is_awd(outside: Outside) -> bool:
    return AWD.match(outside.text.replace("\r\n", "\n")) is not None


def _is_rpx(outside: Outside) -> bool:
    return "Actiware Export File" in outside.text[:200]


def _is_dqt(outside: Outside) -> bool:
    return outside.text.startswith("Start:") and "Binning mode:" in outside.text


def _is_acttrust(outside: Outside) -> bool:
    return "Condor Instruments Report" in outside.text[:200]


def _is_tempatilumi(outside: Outside) -> bool:
    return re.search(r"^\s*Data;\s*Hora;.*Atividade", outside.text, re.M) is not None


FORMATS = (
    Format("actiwatch_awd", "Actiwatch (AWD)", _is_awd, lambda p, s: read(p, s, "awd")),
    Format("respironics_rpx", "Actiware export (csv)", _is_rpx, lambda p, s: read(p, s, "rpx")),
    Format("daqtometer_dqt", "Daqtometer (csv)", _is_dqt, lambda p, s: read(p, s, "dqt")),
    Format("acttrust", "Condor ActTrust (txt)", _is_acttrust, lambda p, s: read(p, s, "acttrust")),
    Format(
        "tempatilumi",
        "Tempatilumi (txt)",
        _is_tempatilumi,
        lambda p, s: read(p, s, "tempatilumi"),
    ),
)
