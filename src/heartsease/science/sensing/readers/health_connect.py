"""Health Connect of Android: the export, a zip with one SQLite database, or the database itself.

Times are milliseconds since 1970 UTC, each with the offset of the place in seconds. Names of tables
and columns follow the module's source in AOSP (HealthFitness, Android 15 to 17), not an export of
ours (check); whatever a version does not have is as if it were empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from ..outside import Outside
from ..plausible import SetAside
from ..reading import Batch, Format, Quarantined, Setting
from . import databases
from .databases import Database, number, quoted
from .frames import offset_of, sift, since_epoch

SOURCE = "health_connect"
FILE = "health_connect_export.db"
STAGE_OF = {1: "awake", 2: "asleep", 3: "awake", 4: "light", 5: "deep", 6: "rem", 7: "awake"}
# Kinds of device after androidx.health.connect.client Device.TYPE_* (check).
KINDS = {1: "watch", 2: "phone", 3: "scale", 4: "ring", 5: "headset", 6: "band", 7: "chest strap"}
SECONDS_OF_A_DAY = 86_400


@dataclass(frozen=True)
class Kept:
    """Where a stream is kept: its table, and the columns for times, offset and value.

    Attributes:
        child: a table whose rows belong to rows of `table` by `parent_key`; times and value are
            its columns then, and offset, app and device those of the parent.
    """

    stream: str
    table: str
    value: str
    start: str = "time"
    end: str = ""
    offset: str = "zone_offset"
    child: str = ""


SLEEP = Kept(
    "sleep",
    "sleep_session_record_table",
    "stage_type",
    "stage_start_time",
    "stage_end_time",
    "start_zone_offset",
    child="sleep_stages_table",
)
KEPT = (
    Kept("steps", "steps_record_table", "count", "start_time", "end_time", "start_zone_offset"),
    Kept(
        "heart_rate",
        "heart_rate_record_table",
        "beats_per_minute",
        "epoch_millis",
        offset="start_zone_offset",
        child="heart_rate_record_series_table",
    ),
    SLEEP,
    Kept("resting_heart_rate", "resting_heart_rate_record_table", "beats_per_minute"),
    Kept("hrv_rmssd", "heart_rate_variability_rmssd_record_table", "heart_rate_variability_millis"),
    Kept("spo2", "oxygen_saturation_record_table", "percentage"),
    Kept("respiration", "respiratory_rate_record_table", "rate"),
)
COLUMN = {
    "steps": "n",
    "sleep": "stage",
    "spo2": "percent",
    "respiration": "per_minute",
    "hrv_rmssd": "ms",
}
TYPES = {
    "start": pl.Float64,
    "until": pl.Float64,
    "seconds_east": pl.Float64,
    "value": pl.Float64,
    "app": pl.Int64,
    "made_by": pl.Int64,
}


def read(path: Path, setting: Setting) -> Iterator[Batch | Quarantined]:
    """Read every table that is known and there; the others are left alone."""
    found_at_opening = SetAside(FILE)
    with databases.opened(path, _wanted, found_at_opening) as database:
        yield from found_at_opening.take()
        apps, devices = _apps(database), _devices(database)
        for position, kept in enumerate(KEPT, start=1):
            aside = SetAside(f"{FILE}: {kept.child or kept.table}")
            for frame in database.frames(_query(database, kept), TYPES, aside):
                named = _named(frame, apps, devices)
                yield from sift(
                    kept.stream, _samples(kept, named, setting.zone), setting.latest, aside
                )
            yield from aside.take()
            setting.progress(position / (len(KEPT) + 1))
        yield from _sessions_without_stages(database, apps, devices, setting)


def _query(database: Database, kept: Kept, extra: str = "") -> str:
    """A query for start, end, offset, value, app and device; what is not there is NULL.

    Without the table it asks for nothing.
    """
    own = database.columns(kept.child or kept.table)
    parents = database.columns(kept.table)
    if kept.start not in own:
        return "SELECT NULL, NULL, NULL, NULL, NULL, NULL WHERE 0"
    child, parent = ("s", "p") if kept.child else ("p", "p")
    joined = kept.child and {"row_id"} <= parents and {"parent_key"} <= own
    of_parent = parents if joined or not kept.child else frozenset()
    asked = [
        _column(child, kept.start, own),
        _column(child, kept.end or kept.start, own),
        _column(parent, kept.offset, of_parent),
        _column(child, kept.value, own),
        _column(parent, "app_info_id", of_parent),
        _column(parent, "device_info_id", of_parent),
    ]
    tables = f"{quoted(kept.child or kept.table)} AS {child}"
    if joined:
        tables += f" LEFT JOIN ({_once(kept, parents)}) AS p"
        tables += f" ON p.one = {_whole_key('s.parent_key')}"
    return f"SELECT {', '.join(asked)} FROM {tables} {extra}"  # noqa: S608 - names of ours only


def _once(kept: Kept, there: frozenset[str]) -> str:
    """A query for the parents, each once: were a key there twice, each child would be too."""
    wanted = {kept.offset, "app_info_id", "device_info_id"} & there
    columns = ", ".join([f"{_whole_key('row_id')} AS one", *map(quoted, sorted(wanted))])
    return f"SELECT {columns} FROM {quoted(kept.table)} GROUP BY one"  # noqa: S608 - names of ours only


def _whole_key(column: str) -> str:
    """A key as a number, so that what is equal in a join is equal in a group."""
    return f"CAST({column} AS INTEGER)"


def _column(table: str, name: str, there: frozenset[str]) -> str:
    return number(f"{table}.{quoted(name)}") if name in there else "NULL"


def _samples(kept: Kept, frame: pl.DataFrame, zone: ZoneInfo | None) -> pl.DataFrame:
    """Rows of a query as samples of a stream."""
    value: pl.Expr = pl.col("value")
    if kept.stream == "sleep":
        whole = pl.col("value").cast(pl.Int64, strict=False)
        known = whole.replace_strict(STAGE_OF, default=None, return_dtype=pl.String)
        value = known.fill_null(pl.format("{}", whole))
    return frame.with_columns(
        since_epoch("start", "ms").alias("ts"),
        since_epoch("until", "ms").alias("end"),
        value.alias(COLUMN.get(kept.stream, "bpm")),
    ).with_columns(_offset(zone))


def _offset(zone: ZoneInfo | None) -> pl.Expr:
    """Minutes east as recorded; where nothing was, what the clocks of the zone showed."""
    own = pl.when(pl.col("seconds_east").abs() < SECONDS_OF_A_DAY).then(
        (pl.col("seconds_east") / 60).round().cast(pl.Int16)
    )
    if zone is None:
        return own.fill_null(0).alias("tz")
    there = offset_of(pl.col("ts").dt.convert_time_zone(zone.key))
    return own.fill_null(there).fill_null(0).alias("tz")


def _sessions_without_stages(
    database: Database, apps: dict[int, str], devices: dict[int, str], setting: Setting
) -> Iterator[Batch | Quarantined]:
    """Nights of which only start and end are known: asleep from one to the other."""
    kept = Kept("sleep", SLEEP.table, "", "start_time", "end_time", "start_zone_offset")
    aside = SetAside(f"{FILE}: {kept.table}")
    extra = ""
    if "parent_key" in database.columns(SLEEP.child) and "row_id" in database.columns(SLEEP.table):
        told = f"SELECT parent_key FROM {SLEEP.child} WHERE parent_key IS NOT NULL"  # noqa: S608 - names of ours
        extra = f"WHERE p.row_id NOT IN ({told})"
    for frame in database.frames(_query(database, kept, extra), TYPES, aside):
        named = _named(frame, apps, devices).with_columns(pl.lit(2.0).alias("value"))
        yield from sift("sleep", _samples(kept, named, setting.zone), setting.latest, aside)
    yield from aside.take()


def _apps(database: Database) -> dict[int, str]:
    found = database.names("application_info_table", "row_id", ("app_name", "package_name"))
    return {key: name or package for key, (name, package) in found.items()}


def _devices(database: Database) -> dict[int, str]:
    """Devices by key: maker, model and, for who is worn and who is not, the kind."""
    found = database.names("device_info_table", "row_id", ("manufacturer", "model", "device_type"))
    return {
        key: " ".join(filter(None, (maker, model, KINDS.get(_whole(kind), ""))))
        for key, (maker, model, kind) in found.items()
    }


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _named(frame: pl.DataFrame, apps: dict[int, str], devices: dict[int, str]) -> pl.DataFrame:
    """Names instead of keys; a device without a name is called by its app."""
    app = pl.col("app").replace_strict(apps, default="", return_dtype=pl.String)
    made_by = pl.col("made_by").replace_strict(devices, default="", return_dtype=pl.String)
    return frame.with_columns(
        pl.lit(SOURCE).alias("source"),
        pl.when(made_by != "").then(made_by).otherwise(app).fill_null("").alias("device"),
    )


def _wanted(name: str) -> bool:
    return name.rpartition("/")[2] == FILE


def _recognises(outside: Outside) -> bool:
    if databases.is_inside(outside, _wanted):
        return True
    tables = databases.tables_of(outside, _wanted)
    return any(kept.table in tables for kept in KEPT)


FORMATS = (Format(SOURCE, "Health Connect export (zip or database)", _recognises, read),)
