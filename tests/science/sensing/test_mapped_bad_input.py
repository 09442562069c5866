"""Bad tables: what can be read is read, the rest is set aside by its line, nobody is named."""

import csv
import io
import json
from datetime import timedelta

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.science.sensing.exports import NOW, zipped
from tests.science.sensing.mapped_exports import (
    EXPORTS,
    MS,
    NOON,
    NUMBER,
    OURA_NIGHT,
    RADAR_KEY,
    SECONDS,
    single,
    tables_of,
)

from heartsease.science.sensing.readers import (
    mapped,
    mapped_openings,
    mapped_tables,
    mapped_values,
)
from heartsease.science.sensing.reading import (
    Batch,
    SensingError,
    Setting,
    TornFile,
    look_at,
)

KEY = b"a key of the tests"
STEPS = RADAR_KEY + "value.timeInterval,value.steps\n"
PULSE = RADAR_KEY + "value.timeInterval,value.heartRate\n"
SCREEN = "timestamp,device_id,screen_status\n"


def reasons(aside):
    return [(one.line, one.reason, one.count) for one in aside]


def steps(*rows):
    return STEPS + "".join(f"p,u,s,{at},0,{lasts},{count}\n" for at, lasts, count in rows)


def test_impossible_steps_and_pulses_are_set_aside_and_never_zero(tmp_path):
    text = steps((SECONDS, 60, 12), (SECONDS, 60, -4), (SECONDS, -60, 5), (SECONDS, 1e30, 5))
    frames, aside = tables_of(single(tmp_path, "x.csv", text))
    assert frames["steps"]["n"].to_list() == [12]
    assert [(line, count) for line, _, count in reasons(aside)] == [(3, 1), (4, 1), (5, 1)]
    text = PULSE + "".join(f"p,u,s,{SECONDS},0,5,{bpm}\n" for bpm in (61, 0, 400, "", "fast"))
    frames, aside = tables_of(single(tmp_path, "y.csv", text))
    assert frames["heart_rate"]["bpm"].to_list() == [61.0]
    assert reasons(aside) == [
        (3, "heart_rate: 0 is outside 25 to 240 beats a minute", 1),
        (4, "heart_rate: 400 is outside 25 to 240 beats a minute", 1),
        (5, "heart_rate: no number where bpm should be", 2),
    ]


def test_clocks_that_jump_are_set_aside_and_days_told_twice_are_kept_for_merging(tmp_path):
    day = 86_400
    text = steps(
        (SECONDS, 60, 1),
        (SECONDS, 60, 1),
        (0, 60, 2),
        (SECONDS + 400 * day, 60, 3),
        ("1e300", 60, 4),
    )
    frames, aside = tables_of(single(tmp_path, "x.csv", text))
    assert frames["steps"]["n"].to_list() == [1, 1]
    assert reasons(aside) == [
        (4, "the date lies before the year 2000", 1),
        (5, "the date lies in the future", 1),
        (6, "a time that cannot be read", 1),
    ]


def test_a_unit_that_is_not_known_is_set_aside_by_its_name(tmp_path):
    events = [
        {"timestamp": MS, "sensor": "lamp.heart_rate", "data": {"value": 60, "units": unit}}
        for unit in ("bpm", "furlong", "Furlong")
    ]
    frames, aside = tables_of(single(tmp_path, "x.json", events))
    assert frames["heart_rate"]["bpm"].to_list() == [60.0]
    assert sum(one.count for one in aside) == 2
    assert all("furlong" in one.reason.lower() for one in aside)
    assert aside[0].line == 2


def test_a_running_total_of_steps_without_a_duration_is_no_step_count(tmp_path):
    events = [{"timestamp": MS, "sensor": "lamp.steps", "data": {"value": 9000}}]
    frames, aside = tables_of(single(tmp_path, "x.json", events))
    assert frames == {}
    assert reasons(aside) == [(1, "an end that cannot be read", 1)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(tmp_path, encoding, separator):
    text = "timestamp,device_id,screen_status\n" + f"{MS},Gerät,1\n" * 3
    path = tmp_path / "x.csv"
    path.write_bytes(text.replace(",", separator).encode(encoding))
    if encoding == "utf-16-le":
        # Without a mark it cannot be told from noise by its first bytes alone, but in a folder
        # its name helps.
        folder = tmp_path / "export"
        folder.mkdir()
        path = path.rename(folder / "screen.csv").parent
    frames, aside = tables_of(path)
    assert aside == []
    assert frames["screen"]["status"].to_list() == [1, 1, 1]
    assert set(frames["screen"]["device"]) == {"Gerät"}


def test_decimal_commas_are_read_where_semicolons_part_the_columns(tmp_path):
    header = "timestamp;UTC time;latitude;longitude;altitude;accuracy\n"
    path = single(tmp_path, "x.csv", header + f"{MS};x;52,5;-13,25;30,0;4,5\n")
    frames, _ = tables_of(path)
    assert frames["gps"].select("lat", "lon", "accuracy_m").row(0) == (52.5, -13.25, 4.5)


def test_a_broken_quotation_mark_costs_its_line_alone(tmp_path):
    note = "timestamp,device_id,screen_status,note\n"
    text = note + f'{MS},d,1,"two\nlines"\n{MS},d,3,"open\n' + f"{MS},d,2,\n" * 60
    frames, aside = tables_of(single(tmp_path, "x.csv", text))
    assert reasons(aside) == [(4, mapped_tables.UNCLOSED, 1)]
    assert frames["screen"]["status"].to_list() == [1] + [2] * 60


def test_a_line_that_ends_too_early_is_not_read_as_if_it_were_whole(tmp_path):
    path = single(tmp_path, "x.csv", steps((SECONDS, 60, 12)) + f"p,u,s,{SECONDS},0,6")
    frames, aside = tables_of(path)
    assert frames["steps"].height == 1
    assert reasons(aside) == [(3, mapped_tables.ENDS_HERE, 1)]


def test_a_torn_json_is_read_up_to_where_it_breaks(tmp_path):
    events = json.loads(EXPORTS["mindlamp"]["events.json"])[:1] * 3
    path = tmp_path / "x.json"
    path.write_text(json.dumps(events)[:-20])
    frames, aside = tables_of(path)
    assert frames["gps"].height == 2
    assert aside[0].line == 3


def test_a_damaged_member_of_a_zip_leaves_the_others(tmp_path):
    rows = "".join(f"{MS + at},d1,{at % 4}\n" for at in range(20_000))
    path = zipped(tmp_path / "x.zip", {"screen.csv": SCREEN + rows, "battery.csv": (
        f"timestamp,device_id,battery_level\n{MS},d1,50\n"
    )})  # fmt: skip
    content = bytearray(path.read_bytes())
    at = content.index(b"screen.csv") + 6000
    content[at : at + 40] = b"\xff" * 40
    path.write_bytes(bytes(content))
    frames, aside = tables_of(path)
    assert frames["heartbeat"].height == 1
    assert {one.file for one in aside} == {"screen.csv"}


def test_tables_without_a_row_are_torn_and_foreign_columns_are_named(tmp_path):
    with pytest.raises(TornFile):
        tables_of(single(tmp_path, "x.csv", SCREEN))
    files = {"screen.csv": SCREEN + f"{MS},d,1\n", "calls.csv": "zeit,wer\n1,2\n"}
    frames, aside = tables_of(zipped(tmp_path / "y.zip", files))
    assert frames["screen"].height == 1
    assert [(one.file, one.reason) for one in aside] == [("calls.csv", mapped.OTHER_COLUMNS)]


def test_damaged_lists_cost_their_row_alone(tmp_path):
    nights = [
        OURA_NIGHT | {"heart_rate": {"items": "?"}},
        OURA_NIGHT | {"sleep_phase_5_min": "19"},
        OURA_NIGHT | {"sleep_phase_5_min": None, "heart_rate": None, "bedtime_end": "soon"},
    ]
    frames, aside = tables_of(single(tmp_path, "x.json", {"sleep": nights}))
    assert frames["sleep"].height == 5
    assert (1, mapped_openings.CANNOT_OPEN, 1) in reasons(aside)
    assert any(line == 2 and "no known stage" in why for line, why, _ in reasons(aside))


@pytest.mark.parametrize("name", ["beiwe", "aware", "mindlamp", "radar"])
def test_a_contact_is_never_in_clear_and_always_the_same_hash(tmp_path, name):
    path = zipped(tmp_path / "x.zip", EXPORTS[name])
    (known,) = (one for one in mapped.FORMATS if one.recognises(look_at(path)))
    whole = []
    for piece in known.read(path, Setting(NOW + timedelta(days=1), contact_key=KEY)):
        whole.append(str(piece.table.to_pydict()) if isinstance(piece, Batch) else str(piece))
        if isinstance(piece, Batch) and piece.stream == "comm":
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, piece.table.schema) as writer:
                writer.write_table(piece.table)
            for part in (b"5550123", NUMBER.encode()):
                assert part not in sink.getvalue().to_pybytes()
            assert set(piece.table["contact"].to_pylist()) == {mapped_values.contact(NUMBER, KEY)}
    assert "5550123" not in "".join(whole)


def test_a_contact_is_one_person_however_the_number_is_written_under_one_key_alone():
    first = mapped_values.contact("+49 170 5550123", KEY)
    assert first == mapped_values.contact("+49-170-555 0123", KEY)
    assert first != mapped_values.contact("+49 170 5550124", KEY)
    assert first != mapped_values.contact("+49 170 5550123", b"another key")
    assert len(first) == 16
    assert mapped_values.contact(None, KEY) is None
    assert mapped_values.contact(" ", KEY) is None
    assert Setting(NOW).contact_key != Setting(NOW).contact_key


def test_a_calls_table_with_damaged_rows_names_no_contact_in_what_is_set_aside(tmp_path):
    text = "timestamp,device_id,call_type,call_duration,trace\n"
    text += f"soon,d,1,5,{NUMBER}\n{MS},d,{NUMBER},5,{NUMBER}\n{MS},d,1,{NUMBER},{NUMBER}\n"
    frames, aside = tables_of(single(tmp_path, "x.csv", text))
    assert frames["comm"]["seconds"].to_list() == [None]
    assert "5550123" not in str(aside) + str(frames["comm"].to_dicts())


def test_rows_of_another_person_are_set_aside_across_files(tmp_path):
    files = {}
    for person in ("anna", "bert"):
        files[f"{person}/gps/1.csv"] = (
            f"timestamp,UTC time,latitude,longitude,altitude,accuracy\n{MS},x,52.5,13.4,1,1\n"
        )
    frames, aside = tables_of(zipped(tmp_path / "x.zip", files))
    assert frames["gps"].height == 1
    assert [(one.file, one.reason) for one in aside] == [("bert/gps/1.csv", mapped.OTHER_PERSON)]


def test_a_large_table_is_read_in_several_batches_and_tells_how_far_it_is(tmp_path):
    rows = "".join(f"{MS + at * 1000},d1,{at % 4}\n" for at in range(-200_000, 0))
    path = single(tmp_path, "x.csv", SCREEN + rows)
    (known,) = (one for one in mapped.FORMATS if one.recognises(look_at(path)))
    told = []
    setting = Setting(NOW + timedelta(days=1), progress=told.append)
    batches = [one for one in known.read(path, setting) if isinstance(one, Batch)]
    assert [one.table.num_rows for one in batches] == [50_000] * 4
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] == 1.0


def test_nights_that_open_into_more_than_fits_are_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(mapped_openings, "OPENED_AT_ONCE", 10)
    nights = [OURA_NIGHT | {"heart_rate": None} for _ in range(50)]
    frames, aside = tables_of(single(tmp_path, "x.json", {"sleep": nights}))
    assert (frames["sleep"].height, aside) == (200, [])
    endless = OURA_NIGHT | {"sleep_phase_5_min": "1" * 50_000}
    frames, aside = tables_of(single(tmp_path, "y.json", {"sleep": [endless, OURA_NIGHT]}))
    assert (1, mapped_openings.CANNOT_OPEN, 1) in reasons(aside)
    assert frames["sleep"]["stage"].to_list() == ["awake", "light", "deep", "rem"]


def test_a_zip_without_known_tables_is_not_ours(tmp_path):
    path = zipped(tmp_path / "x.zip", {"screen.csv": "a,b\n1,2\n", "__MACOSX/._calls.csv": "x"})
    assert [one for one in mapped.FORMATS if one.recognises(look_at(path))] == []


HEADERS = [
    (name, content.splitlines()[:-1] or [content])
    for files in EXPORTS.values()
    for name, content in files.items()
    if isinstance(content, str) and name.endswith(".csv")
]
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "[1,2", "[1,2]", '{"interval":1}', "nan", "-inf", "1e999", "9" * 30]),
    st.sampled_from(["9999-12-31T23:59:59Z", "0001-01-01", "2026-05-03 99:99:99", "UTC+99:99"]),
    st.integers(-(10**20), 10**20).map(str),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_text_in_any_cell_raises_anything_but_a_sensing_error(tmp_path, data):
    file, lines = data.draw(st.sampled_from(HEADERS))
    width = max(len(next(csv.reader([line]))) for line in lines)
    rows = data.draw(st.lists(st.lists(CELLS, max_size=width + 1), max_size=4))
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    raw = data.draw(st.booleans())
    tail = "\n".join(",".join(row) for row in rows) if raw else made.getvalue()
    header = lines[: 2 if lines[0].startswith("com.samsung") else 1]
    path = tmp_path / file.rpartition("/")[2]
    path.write_text("\n".join(header) + "\n" + tail, "utf-8", "replace")
    zone = data.draw(st.sampled_from([None, "Europe/Berlin", "America/St_Johns"]))
    _read_all(path, zone)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CELLS, inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=JSON, second=JSON, third=JSON, place=st.integers(0, 3))
def test_no_value_in_any_json_raises_anything_but_a_sensing_error(
    tmp_path, first, second, third, place
):
    hypnogram = {"sleepStart": first, "sleepEnd": second, "sleepStateChanges": third}
    content = (
        [{"timestamp": first, "sensor": "lamp.gps", "data": second}, third],
        {"sleep": [{"bedtime_start": first, "sleep_phase_5_min": second, "heart_rate": third}]},
        [{"night": first, "sleepResult": {"hypnogram": hypnogram}}, second],
        {"deviceDays": [{"date": first, "samples": [second, {"heartRate": third}]}, third]},
    )[place]
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content), "utf-8", "replace")
    _read_all(path, "Europe/Berlin")


def _read_all(path, zone):
    from zoneinfo import ZoneInfo

    setting = Setting(NOW + timedelta(days=1), ZoneInfo(zone) if zone else None)
    for one in mapped.FORMATS:
        if one.recognises(look_at(path)):
            try:
                for piece in one.read(path, setting):
                    if isinstance(piece, Batch):
                        times = pl.Series(piece.table["ts"].to_pylist())
                        assert times.max() <= NOON + timedelta(days=3)
            except SensingError:
                pass
