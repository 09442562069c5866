"""Gadgetbridge: the SQLite database it exports, alone or in its zip; a table a family of watches.

Every minute of a `..._ACTIVITY_SAMPLE` table gives steps, pulse and movement. Where nothing was
measured it says 0, 255 or -1 for the pulse and -1 for the others; such minutes give no sample.
Times are seconds since 1970 UTC (of some newer tables milliseconds) without an offset, so days are
those of the person's own zone. Names were seen in several projects, not in an export of ours
(check), as were the codes for "not worn".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from ..outside import Outside
from ..plausible import SetAside
from ..reading import Batch, Format, Quarantined, Setting
from . import databases
from .databases import Database, number, quoted
from .frames import in_zone, sift, since_epoch

SOURCE = "gadgetbridge"
MINUTES = "_ACTIVITY_SAMPLE"
EPOCH_S = 60
NOT_MEASURED = {"STEPS": (-1.0,), "HEART_RATE": (0.0, 255.0, -1.0), "RAW_INTENSITY": (-1.0,)}
# Kinds of minute in which the band lay somewhere or was charging (check).
NOT_WORN = {
    "MI_BAND_ACTIVITY_SAMPLE": (3.0, 6.0),
    "HUAMI_EXTENDED_ACTIVITY_SAMPLE": (115.0, 118.0),
}
# Tables with one value a row beside the minutes (check): stream, its column, the table's column.
VALUES = {
    "HUAMI_HEART_RATE_RESTING_SAMPLE": ("resting_heart_rate", "bpm", "HEART_RATE"),
    "HUAMI_SPO2_SAMPLE": ("spo2", "percent", "SPO2"),
    "HUAMI_SLEEP_RESPIRATORY_RATE_SAMPLE": ("respiration", "per_minute", "RATE"),
}
# No date in seconds is as large before the year 5000, none in milliseconds as small after 1973.
MILLISECONDS_FROM = 1e11
ASKED = ("TIMESTAMP", "DEVICE_ID", "STEPS", "HEART_RATE", "RAW_INTENSITY", "RAW_KIND")


def read(path: Path, setting: Setting) -> Iterator[Batch | Quarantined]:
    """Read every table of minutes and the few others that are known."""
    at_opening = SetAside(path.name)
    with databases.opened(path, _wanted, at_opening) as database:
        yield from at_opening.take()
        devices = _devices(database)
        tables = sorted(name for name in database.tables if name.endswith(MINUTES))
        tables += [name for name in VALUES if name in database.tables]
        for position, table in enumerate(tables, start=1):
            aside = SetAside(f"{path.name}: {table[:80]}")
            yield from _table(database, table, devices, setting, aside)
            yield from aside.take()
            setting.progress(position / len(tables))


def _table(
    database: Database, table: str, devices: dict[int, str], setting: Setting, aside: SetAside
) -> Iterator[Batch]:
    columns = database.columns(table)
    asked = [*ASKED[:2], VALUES[table][2]] if table in VALUES else list(ASKED)
    needed = {"TIMESTAMP", asked[2]} if table in VALUES else {"TIMESTAMP"}
    if not needed <= columns:
        return
    select = ", ".join(number(name) if name in columns else "NULL" for name in asked)
    types = dict.fromkeys(asked, pl.Float64) | {"DEVICE_ID": pl.Int64}
    for rows in database.frames(f"SELECT {select} FROM {quoted(table)}", types, aside):  # noqa: S608 - quoted
        frame = _timed(rows, devices, setting)
        if table in VALUES:
            stream, column, own = VALUES[table]
            renamed = frame.rename({own: column})
            yield from sift(stream, renamed, setting.latest, aside)
        else:
            yield from _minutes(table, frame, setting, aside)


def _timed(rows: pl.DataFrame, devices: dict[int, str], setting: Setting) -> pl.DataFrame:
    """Rows with their moment, offset, source and device."""
    stamp = pl.col("TIMESTAMP")
    seconds = pl.when(stamp.abs() >= MILLISECONDS_FROM).then(stamp / 1000).otherwise(stamp)
    made_by = pl.col("DEVICE_ID").replace_strict(devices, default="", return_dtype=pl.String)
    return (
        rows.with_columns(
            seconds.alias("TIMESTAMP"),
            pl.lit(SOURCE).alias("source"),
            made_by.fill_null("").alias("device"),
        )
        .with_columns(since_epoch("TIMESTAMP", "s").alias("moment"))
        .with_columns(in_zone("moment", setting.zone))
    )


def _minutes(table: str, frame: pl.DataFrame, setting: Setting, aside: SetAside) -> Iterator[Batch]:
    """Steps, pulse and movement of every minute in which each was measured."""
    off = pl.Series(NOT_WORN.get(table, ()), dtype=pl.Float64)
    worn = ~pl.col("RAW_KIND").is_in(off.implode()).fill_null(value=False)
    steps = frame.filter(_measured("STEPS")).with_columns(
        (pl.col("ts") + pl.duration(seconds=EPOCH_S)).alias("end"), pl.col("STEPS").alias("n")
    )
    yield from sift("steps", steps, setting.latest, aside)
    pulse = frame.filter(_measured("HEART_RATE")).with_columns(pl.col("HEART_RATE").alias("bpm"))
    yield from sift("heart_rate", pulse, setting.latest, aside)
    moved = frame.filter(_measured("RAW_INTENSITY")).with_columns(
        pl.lit(EPOCH_S).alias("epoch_s"),
        pl.when(worn).then(pl.col("RAW_INTENSITY")).alias("counts"),
    )
    yield from sift("activity", moved, setting.latest, aside)


def _measured(column: str) -> pl.Expr:
    return pl.col(column).is_not_null() & ~pl.col(column).is_in(NOT_MEASURED[column])


def _devices(database: Database) -> dict[int, str]:
    """The devices by the name that they or their owner gave; their radio address stays out."""
    found = database.names("DEVICE", "_id", ("ALIAS", "NAME", "MODEL"))
    return {key: name or alias or model for key, (alias, name, model) in found.items()}


def _wanted(name: str) -> bool:
    return name.rpartition("/")[2].lower() in ("gadgetbridge", "gadgetbridge.db")


def _recognises(outside: Outside) -> bool:
    if databases.is_inside(outside, _wanted):
        return True
    tables = databases.tables_of(outside, _wanted)
    return "DEVICE" in tables and any(name.endswith(MINUTES) for name in tables)


FORMATS = (Format(SOURCE, "Gadgetbridge database (alone or in its zip)", _recognises, read),)
