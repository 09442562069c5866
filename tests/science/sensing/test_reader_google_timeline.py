"""Location timelines: paths, stays and ways become places with a time; the rest is set aside."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.direct import by, reasons, recognised
from tests.science.sensing.exports import zipped

from heartsease.science.sensing.readers.google_timeline import FORMATS
from heartsease.science.sensing.reading import SensingError

PATH = {
    "startTime": "2026-05-03T10:00:00.000+02:00",
    "endTime": "2026-05-03T12:00:00.000+02:00",
    "timelinePath": [
        {"point": "48.1°, 11.5°", "time": "2026-05-03T10:05:00.000+02:00"},
        {"point": "geo:48.2,11.6", "durationMinutesOffsetFromStartTime": "30"},
    ],
}
STAY = {
    "startTime": "2026-05-03T12:00:00.000+02:00",
    "endTime": "2026-05-03T12:25:00.000+02:00",
    "visit": {"topCandidate": {"placeLocation": {"latLng": "48.3°, 11.7°"}}},
}
WAY = {
    "startTime": "2026-05-03T13:00:00.000+02:00",
    "endTime": "2026-05-03T13:30:00.000+02:00",
    "activity": {"start": {"latLng": "48.3°, 11.7°"}, "end": "geo:48.4,11.8"},
}


def written(folder, content, name="Timeline.json"):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


def test_a_timeline_of_android_gives_paths_stays_and_ways(tmp_path):
    found, aside = by(FORMATS, written(tmp_path, {"semanticSegments": [PATH, STAY, WAY]}))
    gps = found["gps"]
    assert aside == []
    assert gps["lat"].to_list() == [48.1, 48.2, 48.3, 48.3, 48.3, 48.3, 48.4 - 0.1, 48.4]
    assert gps["tz"].unique().to_list() == [120]
    assert gps["ts"][0] == datetime(2026, 5, 3, 8, 5, tzinfo=UTC)
    assert gps["ts"][1] == datetime(2026, 5, 3, 8, 30, tzinfo=UTC)


def test_a_stay_is_a_place_every_ten_minutes_marked_as_not_measured(tmp_path):
    found, _ = by(FORMATS, written(tmp_path, {"semanticSegments": [STAY]}))
    minutes = [moment.minute for moment in found["gps"]["ts"]]
    assert minutes == [0, 10, 20, 25]
    assert found["gps"]["quality"].unique().to_list() == [3]


def test_a_history_of_ios_is_a_list(tmp_path):
    found, aside = by(FORMATS, written(tmp_path, [PATH, STAY], "location-history.json"))
    assert found["gps"].height == 6
    assert aside == []


def test_raw_signals_carry_their_accuracy(tmp_path):
    signal = {
        "position": {
            "LatLng": "48.1°, 11.5°",
            "accuracyMeters": 13,
            "timestamp": "2026-05-03T10:05:00.000+02:00",
            "speedMetersPerSecond": 1.5,
        }
    }
    content = {"rawSignals": [signal, {"wifiScan": {}}], "userLocationProfile": {"a": 1}}
    found, aside = by(FORMATS, written(tmp_path, content))
    assert found["gps"]["accuracy_m"].to_list() == [13]
    assert found["gps"]["speed_mps"].to_list() == [1.5]
    assert aside == []


def test_records_of_takeout_are_read_from_the_zip_in_the_persons_zone(tmp_path):
    records = [
        {
            "latitudeE7": 481000000,
            "longitudeE7": 4294967296 - 50000000,
            "timestampMs": "1777809600000",
            "accuracy": 20,
            "deviceTag": 7,
        },
        {"latitudeE7": 481000000, "longitudeE7": 1, "timestamp": "2026-05-03T12:00:00.5Z"},
    ]
    name = "Takeout/Location History (Timeline)/Records.json"
    path = zipped(tmp_path / "takeout.zip", {name: {"locations": records}})
    found, aside = by(FORMATS, path, zone="Europe/Berlin")
    assert aside == []
    gps = found["gps"]
    assert gps["lon"].to_list() == [-5.0, 1e-7]
    assert gps["ts"][0] == datetime(2026, 5, 3, 12, tzinfo=UTC)
    assert gps["tz"].to_list() == [120, 120]


def test_what_cannot_be_is_set_aside_with_its_number(tmp_path):
    segments = [
        PATH,
        {**STAY, "endTime": "2026-05-01T12:00:00+02:00"},
        {**WAY, "startTime": "soon", "endTime": "2031-05-03T13:30:00+02:00"},
        {**PATH, "timelinePath": [{"point": "geo:98,11", "time": PATH["startTime"]}, "x"]},
        {**STAY, "visit": {**STAY["visit"], "hierarchyLevel": 1}},
        "nothing",
        {**STAY, "endTime": "2027-05-03T12:25:00.000+02:00"},
    ]
    found, aside = by(FORMATS, written(tmp_path, {"semanticSegments": segments}))
    assert found["gps"].height == 2
    places = {(line, count) for line, _, count in reasons(aside)}
    assert places == {(n, 1) for n in (2, 3, 4, 5, 6, 7)}
    assert len(aside) == 8


def test_a_file_that_ends_in_the_middle_is_read_up_to_there(tmp_path):
    whole = json.dumps({"semanticSegments": [PATH, STAY]})
    found, aside = by(FORMATS, written(tmp_path, whole[: whole.index("visit")]))
    assert found["gps"].height == 2
    assert [one.line for one in aside] == [2]


def test_utf_16_is_read(tmp_path):
    path = tmp_path / "t.json"
    path.write_bytes(json.dumps({"semanticSegments": [PATH]}).encode("utf-16"))
    assert by(FORMATS, path)[0]["gps"].height == 2


@pytest.mark.parametrize(
    "content", ['[{"time": "2026-05-04", "stream": "steps"}]', '{"samples": []}', "a,b\n1,2", "[]"]
)
def test_other_files_are_not_taken_for_a_timeline(tmp_path, content):
    assert recognised(FORMATS, written(tmp_path, content)) is None


@settings(max_examples=25)
@given(rest=st.binary(max_size=300), deep=st.booleans())
def test_whatever_follows_nothing_but_a_sentence_comes_out(tmp_path_factory, rest, deep):
    path = tmp_path_factory.mktemp("any") / "t.json"
    path.write_bytes(b'{"semanticSegments": [' + (b"[" * 100_000 if deep else rest))
    try:
        by(FORMATS, path)
    except SensingError as error:
        assert str(error).endswith(".")
