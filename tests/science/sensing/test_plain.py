"""The plain form: what docs/sensing.md promises, and what bad rows get."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.science.sensing.exports import NOW, gathered

from heartsease.science.sensing.readers import plain
from heartsease.science.sensing.reading import SensingError, TornFile, UnknownFormat
from heartsease.science.sensing.schema import STREAMS

SAMPLES = """time,stream,value,unit,end,stage,source,device
2026-05-01T08:00:00+02:00,steps,120,count,2026-05-01T08:10:00+02:00,,app,phone
2026-05-01T08:00:00+02:00,heart_rate,61,bpm,,,app,band
2026-05-01T08:00:00Z,hrv_rmssd,0.042,s,,,,
2026-05-01T08:00:00Z,hrv_sdnn,51,ms,,,,
2026-04-30T23:30:00-05:00,sleep,,,2026-05-01T06:30:00-05:00,deep,,
2026-05-01T08:00:00Z,heartbeat,3,%,,,,band
"""
DAYS = "day,feature,value,data_yield\n2026-05-01,mood,4,\n2026-05-01,steps,5000,0.5\n"


def written(folder, text, name="data.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def reasons(aside):
    return {piece.reason: (piece.line, piece.count) for piece in aside}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_of_samples_is_read_with_units_and_offsets(tmp_path, encoding):
    found, aside = gathered(written(tmp_path, SAMPLES, encoding=encoding))
    assert aside == []
    assert set(found) == {"steps", "heart_rate", "hrv_rmssd", "hrv_sdnn", "sleep", "heartbeat"}
    assert found["heartbeat"]["battery_percent"].to_list() == [3]
    row = found["steps"].row(0, named=True)
    assert (row["tz"], row["n"], row["device"]) == (120, 120, "phone")
    assert row["ts"] == datetime(2026, 5, 1, 6, tzinfo=UTC)
    assert found["hrv_rmssd"]["ms"].to_list() == [42]
    assert found["hrv_sdnn"]["ms"].to_list() == [51]
    assert found["sleep"].row(0, named=True)["tz"] == -300


def test_ready_daily_features_are_read_with_their_yield(tmp_path):
    found, aside = gathered(written(tmp_path, DAYS))
    assert aside == []
    assert found["daily"].rows() == [
        (date(2026, 5, 1), "mood", 4.0, 1.0),
        (date(2026, 5, 1), "steps", 5000.0, 0.5),
    ]


def test_of_two_values_for_one_day_the_later_row_counts(tmp_path):
    found, _ = gathered(written(tmp_path, DAYS + "2026-05-01,mood,2,\n"))
    assert found["daily"].filter(feature="mood")["value"].to_list() == [2.0]


@pytest.mark.parametrize("wrapped", [True, False])
def test_json_says_the_same_as_csv(tmp_path, wrapped):
    rows = [
        {"time": "2026-05-01T08:00:00Z", "stream": "heart_rate", "value": 61},
        {"day": "2026-05-01", "feature": "mood", "value": 4},
    ]
    text = json.dumps({"samples": rows} if wrapped else rows)
    found, aside = gathered(written(tmp_path, text, "data.json"))
    assert (found["heart_rate"]["bpm"].to_list(), found["daily"].height, aside) == ([61], 1, [])


def test_each_bad_row_is_set_aside_with_file_line_and_reason(tmp_path):
    at = "2026-05-01T08:00:00Z"
    text = "time,stream,value,unit,end\n" + "\n".join(
        [
            f"{at},heart_rate,60,furlong,",
            f"{at},heart_rate,900,,",
            f"{at},heart_rate,sixty,,",
            f"{at},heart_rate,inf,,",
            f"{at},love,60,,",
            f"{at},steps,60,,",
            f"{at},steps,60,,2026-05-03T08:00:00Z",
            f"{at},sleep,snoring,,2026-05-01T09:00:00Z",
            "2026-05-01T08:00:00,heart_rate,60,,",
            "2031-05-01T08:00:00Z,heart_rate,60,,",
            f"{at},steps,60,,2031-05-01T08:00:00Z",
            "yesterday,heart_rate,60,,",
            f"{at},heart_rate,60,,",
        ]
    )
    found, aside = gathered(written(tmp_path, text))
    assert found["heart_rate"]["bpm"].to_list() == [60]
    assert reasons(aside) == {
        "heart_rate: the unit 'furlong' is not known (known: bpm, count/min)": (2, 1),
        "heart_rate: 900 is outside 25 to 240 beats a minute": (3, 1),
        "'sixty' is not a number": (4, 1),
        "'inf' is not a number": (5, 1),
        "no stream is called 'love'": (6, 1),
        "steps needs an end": (7, 1),
        "a step count over more than a day": (8, 1),
        "no sleep stage is called 'snoring'": (9, 1),
        "a time without its offset from UTC, such as +02:00": (10, 1),
        "the date lies in the future": (11, 2),
        "'yesterday' is not a time such as 2026-05-04T23:10:00+02:00": (13, 1),
    }
    assert {piece.file for piece in aside} == {"data.csv"}


def test_bad_daily_rows_are_set_aside(tmp_path):
    text = "day,feature,value,data_yield\n" + "\n".join(
        [
            "2026-05-01,joy,4,",
            "2031-05-01,mood,4,",
            "1999-05-01,mood,4,",
            "May,mood,4,",
            "2026-05-01,mood,9,",
            "2026-05-01,mood,4,2",
        ]
    )
    found, aside = gathered(written(tmp_path, text))
    assert found == {}
    assert [piece.line for piece in aside] == [2, 3, 4, 5, 6, 7]


def test_rmssd_and_sdnn_never_become_one_another(tmp_path):
    found, _ = gathered(written(tmp_path, SAMPLES))
    assert found["hrv_rmssd"].height == found["hrv_sdnn"].height == 1


def test_a_day_total_of_steps_is_a_sample_like_any_other(tmp_path):
    text = "time,end,stream,value\n2026-05-01T00:00Z,2026-05-02T00:00Z,steps,15250\n"
    found, aside = gathered(written(tmp_path, text))
    assert (found["steps"]["n"].to_list(), aside) == ([15250], [])


def test_a_torn_json_is_refused_and_says_that_nothing_was_read(tmp_path):
    with pytest.raises(TornFile, match="Nothing was read"):
        gathered(written(tmp_path, '[{"time": "2026-05-01T08:00:00Z", "str'))


def test_a_json_of_another_shape_is_refused(tmp_path):
    with pytest.raises(UnknownFormat, match="list of samples"):
        gathered(written(tmp_path, '{"time": 3}'))


def test_json_as_deep_as_a_well_is_refused_not_followed(tmp_path):
    with pytest.raises(TornFile):
        gathered(written(tmp_path, "[" * 100_000))


def test_a_large_json_is_refused_and_csv_is_offered(tmp_path, monkeypatch):
    monkeypatch.setattr(plain, "JSON_BYTES", 1_000_000)
    with pytest.raises(UnknownFormat, match=r"1 MB at most\. Use CSV"):
        gathered(written(tmp_path, "[" + " " * 1_000_001 + "]"))


def test_a_line_that_never_ends_does_not_fill_the_memory(tmp_path):
    with pytest.raises(TornFile, match="Line 3 is too long"):
        gathered(
            written(
                tmp_path, SAMPLES.split("\n2026-04")[0].rsplit("\n", 3)[0] + "\n" + "9" * 200_000
            )
        )


def test_the_last_line_of_a_torn_csv_is_set_aside_and_the_rest_is_read(tmp_path):
    found, aside = gathered(written(tmp_path, SAMPLES[:250]))
    assert found["steps"].height == 1
    assert sum(piece.count for piece in aside) == 1


def test_batches_are_handed_out_before_all_is_read(tmp_path, monkeypatch):
    from heartsease.science.sensing.readers import columns
    from heartsease.science.sensing.reading import Batch, read

    monkeypatch.setattr(columns, "BATCH_ROWS", 2000)
    # Every cell holds a line break, so that line numbers are never a round number of rows.
    lines = [f'2026-05-01T08:00:00Z,heart_rate,{60 + n % 9},"a\nb"' for n in range(9_000)]
    path = written(tmp_path, "time,stream,value,device\n" + "\n".join(lines))
    sizes = [piece.table.num_rows for piece in read(path, now=NOW) if isinstance(piece, Batch)]
    assert sum(sizes) == 9_000
    assert max(sizes) <= 3000


CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat()),
    st.sampled_from([*STREAMS, "mood", "deep", "ms", "bpm", "0001-01-01T00:00:00+23:59"]),
    st.lists(st.integers(), max_size=2),
)
KEYS = ("time", "end", "stream", "value", "unit", "stage", "source", "device", "day", "feature")


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.one_of(CELL, st.dictionaries(st.sampled_from(KEYS), CELL)), max_size=6))
def test_whatever_a_json_holds_is_read_or_set_aside_never_lost(tmp_path, rows):
    path = tmp_path / "fuzz.json"
    path.write_bytes(json.dumps(rows).encode())
    try:
        found, aside = gathered(path)
    except SensingError:
        return
    read = sum(frame.height for frame in found.values())
    assert read + sum(piece.count for piece in aside) == len(rows)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=400))
def test_whatever_bytes_follow_a_header_nothing_breaks(tmp_path, body):
    path = tmp_path / "fuzz.csv"
    path.write_bytes(b"time,stream,value,end\n" + body)
    try:
        gathered(path)
    except SensingError as error:
        assert str(error)
