"""Health Connect's database: every known table is read, whatever is missing or damaged."""

import sqlite3
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.direct import by, reasons, recognised
from tests.science.sensing.exports import zipped

from heartsease.science.sensing.readers.health_connect import FILE, FORMATS
from heartsease.science.sensing.reading import Dangerous, SensingError, TornFile

NIGHT = int(datetime(2026, 5, 3, 22, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000
COMMON = "row_id INTEGER PRIMARY KEY, app_info_id INTEGER, device_info_id INTEGER"
INTERVAL = f"{COMMON}, start_time INTEGER, start_zone_offset INTEGER, end_time INTEGER"
INSTANT = f"{COMMON}, time INTEGER, zone_offset INTEGER"
TABLES = {
    "application_info_table": "row_id INTEGER PRIMARY KEY, package_name TEXT, app_name TEXT",
    "device_info_table": (
        "row_id INTEGER PRIMARY KEY, manufacturer TEXT, model TEXT, device_type INTEGER"
    ),
    "steps_record_table": f"{INTERVAL}, count INTEGER",
    "heart_rate_record_table": INTERVAL,
    "heart_rate_record_series_table": (
        "parent_key INTEGER, beats_per_minute INTEGER, epoch_millis INTEGER"
    ),
    "sleep_session_record_table": INTERVAL,
    "sleep_stages_table": (
        "parent_key INTEGER, stage_start_time INTEGER, stage_end_time INTEGER, stage_type INTEGER"
    ),
    "resting_heart_rate_record_table": f"{INSTANT}, beats_per_minute INTEGER",
    "heart_rate_variability_rmssd_record_table": f"{INSTANT}, heart_rate_variability_millis REAL",
    "oxygen_saturation_record_table": f"{INSTANT}, percentage REAL",
    "respiratory_rate_record_table": f"{INSTANT}, rate REAL",
}
BERLIN = 7200
ROWS = {
    "application_info_table": [(1, "org.example.watch", "Watch app")],
    "device_info_table": [(1, "Acme", "W1", 1), (2, None, None, 0)],
    "steps_record_table": [(1, 1, 1, NIGHT - HOUR, BERLIN, NIGHT, 800)],
    "heart_rate_record_table": [(7, 1, 2, NIGHT, BERLIN, NIGHT + HOUR)],
    "heart_rate_record_series_table": [(7, 61, NIGHT), (7, 62, NIGHT + 60_000), (8, 63, NIGHT)],
    "sleep_session_record_table": [
        (1, 1, 1, NIGHT, BERLIN, NIGHT + 7 * HOUR),
        (2, 1, 1, NIGHT - 24 * HOUR, BERLIN, NIGHT - 16 * HOUR),
    ],
    "sleep_stages_table": [
        (1, NIGHT, NIGHT + HOUR, 4),
        (1, NIGHT + HOUR, NIGHT + 2 * HOUR, 5),
        (1, NIGHT + 2 * HOUR, NIGHT + 3 * HOUR, 6),
        (1, NIGHT + 3 * HOUR, NIGHT + 4 * HOUR, 7),
        (None, NIGHT + 4 * HOUR, NIGHT + 5 * HOUR, 2),
    ],
    "resting_heart_rate_record_table": [(1, 1, 1, NIGHT, None, 55)],
    "heart_rate_variability_rmssd_record_table": [(1, 1, 1, NIGHT, BERLIN, 41.5)],
    "oxygen_saturation_record_table": [(1, 1, 1, NIGHT, BERLIN, 97.0)],
    "respiratory_rate_record_table": [(1, 1, 1, NIGHT, BERLIN, 14.5)],
}


def database(folder, rows=ROWS, tables=TABLES, name=FILE):
    path = folder / name
    connection = sqlite3.connect(path)
    for table, columns in tables.items():
        connection.execute(f"CREATE TABLE {table} ({columns})")
        for row in rows.get(table, ()):
            connection.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
    connection.commit()
    connection.close()
    return path


def test_every_stream_comes_with_its_offset_and_device(tmp_path):
    found, aside = by(FORMATS, database(tmp_path), zone="America/New_York")
    assert aside == []
    assert found["steps"].select("tz", "n", "device", "source").rows() == [
        (120, 800, "Acme W1 watch", "health_connect")
    ]
    assert found["heart_rate"].select("tz", "bpm", "device").rows() == [
        (120, 61.0, "Watch app"),
        (120, 62.0, "Watch app"),
        (-240, 63.0, ""),
    ]
    assert found["resting_heart_rate"].select("tz", "bpm").rows() == [(-240, 55.0)]
    assert found["hrv_rmssd"]["ms"].to_list() == [41.5]
    assert found["spo2"]["percent"].to_list() == [97.0]
    assert found["respiration"]["per_minute"].to_list() == [14.5]


def test_stages_are_told_and_a_night_without_any_is_sleep(tmp_path):
    found, _ = by(FORMATS, database(tmp_path))
    sleep = found["sleep"]
    assert sleep["stage"].to_list() == ["light", "deep", "rem", "awake", "asleep", "asleep"]
    assert sleep["ts"][5] == datetime(2026, 5, 2, 22, tzinfo=UTC)


def test_the_zip_is_read_as_the_database_is(tmp_path):
    inner = database(tmp_path)
    path = zipped(tmp_path / "Health Connect.zip", {FILE: inner.read_bytes()})
    found, aside = by(FORMATS, path)
    assert found["steps"].height == 1
    assert aside == []


def test_tables_and_columns_may_be_absent_or_empty(tmp_path):
    few = {"steps_record_table": "start_time INTEGER, end_time INTEGER, count INTEGER"}
    rows = {"steps_record_table": [(NIGHT - HOUR, NIGHT, 12)]}
    found, aside = by(FORMATS, database(tmp_path, rows, few), zone="Europe/Berlin")
    assert found["steps"].select("tz", "n").rows() == [(120, 12)]
    assert list(found) == ["steps"]
    assert aside == []
    assert by(FORMATS, database(tmp_path, {}, name="empty.db")) == ({}, [])


def test_what_cannot_be_is_set_aside_by_table_and_row(tmp_path):
    rows = {
        "steps_record_table": [
            (1, 1, 1, NIGHT - HOUR, BERLIN, NIGHT, -5),
            (2, 1, 1, NIGHT, BERLIN, NIGHT - HOUR, 5),
            (3, 1, 1, "soon", BERLIN, NIGHT, 5),
            (4, 1, 1, NIGHT - HOUR, 10**12, NIGHT, "many"),
        ],
        "heart_rate_record_series_table": [(7, 0, NIGHT), (7, 400, NIGHT), (7, 60, 2**62)],
        "sleep_stages_table": [(1, NIGHT, NIGHT + HOUR, 0)],
    }
    found, aside = by(FORMATS, database(tmp_path, rows))
    assert found == {}
    assert reasons(aside) == [
        (1, "steps: -5 is outside 0 to 100000 steps in one sample", 1),
        (2, "the end lies before the start", 1),
        (3, "a time that cannot be read", 1),
        (4, "steps: no number where n should be", 1),
        (1, "heart_rate: 0 is outside 25 to 240 beats a minute", 1),
        (2, "heart_rate: 400 is outside 25 to 240 beats a minute", 1),
        (3, "a time that cannot be read", 1),
        (1, "sleep: 0 is no known stage", 1),
    ]
    assert aside[0].file.endswith("steps_record_table")


def test_a_database_cut_short_is_read_as_far_as_it_goes(tmp_path):
    many = [(7, 60, NIGHT + n * 1000) for n in range(20_000)]
    path = database(tmp_path, {**ROWS, "heart_rate_record_series_table": many})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found, aside = by(FORMATS, path)
    assert found["steps"].height == 1
    assert any("damaged" in one.reason for one in aside)


def test_a_view_that_calls_itself_a_table_is_not_asked(tmp_path):
    path = database(tmp_path, {}, {"steps_record_table": TABLES["steps_record_table"]})
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE VIEW respiratory_rate_record_table AS WITH RECURSIVE n(time) AS"
            " (SELECT 1 UNION ALL SELECT time + 1 FROM n) SELECT time FROM n"
        )
    connection.close()
    assert by(FORMATS, path) == ({}, [])


def test_a_zip_that_grows_beyond_reason_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {FILE: b"SQLite format 3\x00" + bytes(50_000_000)})
    with pytest.raises(Dangerous):
        by(FORMATS, path)


def test_other_databases_are_not_taken_for_it(tmp_path):
    assert recognised(FORMATS, database(tmp_path, {}, {"notes": "a TEXT"})) is None


@settings(max_examples=25)
@given(at=st.integers(100, 20_000), noise=st.binary(min_size=1, max_size=200))
def test_whatever_is_inside_nothing_but_a_sentence_comes_out(tmp_path_factory, at, noise):
    folder = tmp_path_factory.mktemp("any")
    content = bytearray(database(folder).read_bytes())
    content[at : at + len(noise)] = noise
    for bad in (bytes(content), b"SQLite format 3\x00" + noise):
        path = zipped(folder / "bad.zip", {FILE: bad})
        try:
            by(FORMATS, path)
        except SensingError as error:
            assert str(error).endswith(".")


def test_a_database_of_which_nothing_can_be_read_is_torn(tmp_path):
    path = zipped(tmp_path / "bad.zip", {FILE: b"SQLite format 3\x00" + b"x" * 5000})
    with pytest.raises(TornFile):
        by(FORMATS, path)


def test_a_key_that_is_there_many_times_multiplies_nothing(tmp_path):
    tables = {
        **TABLES,
        "heart_rate_record_table": INTERVAL.replace(" INTEGER PRIMARY KEY", ""),
    }
    rows = dict(ROWS)
    keys = [7, "7", "07", 7.0, 7, b"7"] * 50
    rows["heart_rate_record_table"] = [(key, 1, 2, NIGHT, BERLIN, NIGHT + HOUR) for key in keys]
    found, _ = by(FORMATS, database(tmp_path, rows, tables))
    assert found["heart_rate"]["bpm"].to_list() == [61, 62, 63]


def test_no_more_rows_come_than_the_file_has_room_for(tmp_path, monkeypatch):
    monkeypatch.setattr("heartsease.science.sensing.readers.databases.LEAST_ROW_BYTES", 10**9)
    found, aside = by(FORMATS, database(tmp_path))
    assert found["steps"].height == 1
    assert any("room" in piece.reason for piece in aside)
