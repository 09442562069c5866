"""Gadgetbridge's database: minutes of steps, pulse and movement, in the person's own zone."""

import sqlite3
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.direct import by, reasons, recognised
from tests.science.sensing.exports import zipped

from heartsease.science.sensing.readers import health_connect
from heartsease.science.sensing.readers.gadgetbridge import FORMATS
from heartsease.science.sensing.reading import SensingError

NOON = int(datetime(2026, 5, 3, 12, tzinfo=UTC).timestamp())
HUAMI = "HUAMI_EXTENDED_ACTIVITY_SAMPLE"
SAMPLE = (
    "TIMESTAMP INTEGER, DEVICE_ID INTEGER, USER_ID INTEGER, RAW_INTENSITY INTEGER,"
    " STEPS INTEGER, RAW_KIND INTEGER, HEART_RATE INTEGER,"
    " PRIMARY KEY (TIMESTAMP, DEVICE_ID)"
)
DEVICE = "_id INTEGER PRIMARY KEY, NAME TEXT, MANUFACTURER TEXT, IDENTIFIER TEXT"
MINUTES = [
    (NOON, 1, 1, 20, 12, 1, 61),
    (NOON + 60, 1, 1, 0, 0, 115, 255),
    (NOON + 120, 1, 1, -1, -1, 1, 0),
]


def database(folder, tables, name="Gadgetbridge.db"):
    path = folder / name
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE TABLE DEVICE ({DEVICE})")
    connection.execute("INSERT INTO DEVICE VALUES (1, 'Amazfit Band 5', 'Huami', 'AA:BB')")
    for table, (columns, rows) in tables.items():
        connection.execute(f'CREATE TABLE "{table}" ({columns})')
        for row in rows:
            connection.execute(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(row))})', row)
    connection.commit()
    connection.close()
    return path


def test_minutes_give_steps_pulse_and_movement(tmp_path):
    path = database(tmp_path, {HUAMI: (SAMPLE + ") WITHOUT ROWID --", MINUTES)})
    found, aside = by(FORMATS, path, zone="Europe/Berlin")
    assert aside == []
    steps = found["steps"]
    assert steps["n"].to_list() == [12, 0]
    assert (steps["end"] - steps["ts"]).dt.total_seconds().to_list() == [60, 60]
    assert steps["tz"].to_list() == [120, 120]
    assert steps["device"].to_list() == ["Amazfit Band 5"] * 2
    assert found["heart_rate"]["bpm"].to_list() == [61]
    assert found["heart_rate"]["ts"].to_list() == [datetime(2026, 5, 3, 12, tzinfo=UTC)]


def test_movement_is_empty_while_the_band_was_not_worn(tmp_path):
    found, _ = by(FORMATS, database(tmp_path, {HUAMI: (SAMPLE, MINUTES)}))
    assert found["activity"].select("epoch_s", "counts").rows() == [(60, 20.0), (60, None)]


def test_other_tables_of_samples_are_read_and_milliseconds_told_from_seconds(tmp_path):
    tables = {
        "HUAMI_SPO2_SAMPLE": (
            "TIMESTAMP INTEGER, DEVICE_ID INTEGER, SPO2 INTEGER",
            [(NOON * 1000, 9, 97)],
        ),
        HUAMI: (SAMPLE, []),
    }
    found, aside = by(FORMATS, database(tmp_path, tables))
    assert found["spo2"].select("ts", "device", "percent").rows() == [
        (datetime(2026, 5, 3, 12, tzinfo=UTC), "", 97.0)
    ]
    assert aside == []


def test_the_zip_is_read_and_columns_may_be_absent(tmp_path):
    few = "TIMESTAMP INTEGER, DEVICE_ID INTEGER, STEPS INTEGER"
    inner = database(tmp_path, {"PEBBLE_ACTIVITY_SAMPLE": (few, [(NOON, 1, 5)])})
    path = zipped(tmp_path / "gb.zip", {"database/Gadgetbridge": inner.read_bytes()})
    found, aside = by(FORMATS, path)
    assert list(found) == ["steps"]
    assert aside == []


def test_what_cannot_be_is_set_aside_by_table_and_row(tmp_path):
    rows = [
        (NOON, 1, 1, 20, -7, 1, 10),
        (NOON + 60, 1, 1, 2e9, 5, 1, 250),
        (10**10, 1, 1, None, 5, 1, None),
        ("soon", 1, 1, None, 5, 1, None),
    ]
    found, aside = by(FORMATS, database(tmp_path, {HUAMI: (SAMPLE, rows)}))
    assert found["steps"].height == 1
    assert found["activity"].height == 1
    assert sorted(reasons(aside)) == [
        (1, "heart_rate: 10 is outside 25 to 240 beats a minute", 1),
        (1, "steps: -7 is outside 0 to 100000 steps in one sample", 1),
        (2, "activity: 2000000000 is outside 0 to 1e+06 counts", 1),
        (2, "heart_rate: 250 is outside 25 to 240 beats a minute", 1),
        (3, "the date lies in the future", 1),
        (4, "a time that cannot be read", 1),
    ]


@pytest.mark.parametrize("table", ["steps_record_table", "ACTIVITY"])
def test_other_databases_are_not_taken_for_it(tmp_path, table):
    path = database(tmp_path, {table: ("start_time INTEGER", [])}, "other.db")
    assert recognised(FORMATS, path) is None
    own = database(tmp_path, {HUAMI: (SAMPLE, [])})
    assert recognised(health_connect.FORMATS, own) is None


@settings(max_examples=20)
@given(at=st.integers(16, 16_000), noise=st.binary(min_size=1, max_size=200))
def test_whatever_is_inside_nothing_but_a_sentence_comes_out(tmp_path_factory, at, noise):
    folder = tmp_path_factory.mktemp("any")
    content = bytearray(database(folder, {HUAMI: (SAMPLE, MINUTES)}).read_bytes())
    content[at : at + len(noise)] = noise
    path = zipped(folder / "gb.zip", {"Gadgetbridge": bytes(content)})
    try:
        by(FORMATS, path)
    except SensingError as error:
        assert str(error).endswith(".")
