"""Exports that mapping files describe: each recognised as its own, and read to canonical rows."""

import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.science.sensing.exports import apple, pulse, zipped
from tests.science.sensing.mapped_exports import (
    BERLIN,
    EXPORTS,
    NOON,
    OURA_NIGHT,
    single,
    tables_of,
)

from heartsease.science.sensing.readers import mapped, mapping
from heartsease.science.sensing.readers.registry import FORMATS
from heartsease.science.sensing.reading import Setting, look_at


@pytest.mark.parametrize("kind", ["zip", "folder"])
@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_is_recognised_by_its_own_format_alone_and_read(tmp_path, name, kind):
    path = tmp_path / "export"
    if kind == "zip":
        zipped(path, EXPORTS[name])
    else:
        for file, content in EXPORTS[name].items():
            (path / file).parent.mkdir(parents=True, exist_ok=True)
            single(path, file, content)
    known = [one.name for one in mapped.FORMATS if one.recognises(look_at(path))]
    assert known == [name]
    frames, aside = tables_of(path)
    assert frames
    assert {one.reason for one in aside} <= {mapped.IN_DETAIL}
    for frame in frames.values():
        assert set(frame["source"]) == {name}


@pytest.mark.parametrize("name", EXPORTS)
def test_no_other_format_claims_these_exports_nor_they_others(tmp_path, name):
    ours = {one.name for one in mapped.FORMATS}
    # The plain forms are asked last, and take any JSON.
    others = [one for one in FORMATS if one.name not in ours and not one.name.startswith("plain")]
    paths = [zipped(tmp_path / "x.zip", EXPORTS[name])]
    for number, content in enumerate(EXPORTS[name].values()):
        paths.append(single(tmp_path, f"{number}", content))
    for path in paths:
        assert [one.name for one in others if one.recognises(look_at(path))] == []


def test_files_of_other_formats_are_left_to_them(tmp_path):
    texts = {
        "apple.xml": apple(pulse("2026-05-03 08:00:00 +0200", 61)),
        "plain.csv": "time,stream,value\n2026-05-04T08:00:00+02:00,heart_rate,61\n",
        "plain.json": '[{"time": "2026-05-04T08:00:00+02:00", "stream": "steps", "value": 4}]',
        "omh.json": '[{"heart_rate": {"value": 70}, "effective_time_frame": {}}]',
        "timeline.json": '{"semanticSegments": [], "timestamp": 1}',
        "table.csv": "timestamp,value\n1,2\n",
        "start.csv": "start,duration,value\n2026-05-03T14:00:00+02:00,60,70\n",
    }
    paths = [single(tmp_path, name, text) for name, text in texts.items()]
    inside = {f"Takeout/Fitbit/{name}": [] for name in ("steps-2026-05-03.json", "sleep-1.json")}
    inside["Takeout/Fitbit/heart_rate_2026-05-03.csv"] = "timestamp,beats per minute\n"
    paths.append(zipped(tmp_path / "fitbit.zip", inside))
    for path in paths:
        assert [one.name for one in mapped.FORMATS if one.recognises(look_at(path))] == [], path


@pytest.mark.parametrize(
    ("name", "file"),
    [
        (name, file)
        for name, files in EXPORTS.items()
        for file in files
        if name not in ("withings", "polar")
    ],
)
def test_a_single_file_is_known_by_its_columns_whatever_it_is_called(tmp_path, name, file):
    path = single(tmp_path, "upload", EXPORTS[name][file])
    assert [one.name for one in mapped.FORMATS if one.recognises(look_at(path))] == [name]


def test_beiwe_gives_places_screen_battery_calls_and_texts(tmp_path):
    frames, aside = tables_of(zipped(tmp_path / "x", EXPORTS["beiwe"]), zone=BERLIN)
    assert aside == []
    assert frames["gps"].row(0, named=True) | {"device": ""} == {
        "ts": NOON,
        "tz": 120,
        "source": "beiwe",
        "device": "",
        "quality": 1,
        "lat": 52.5,
        "lon": 13.4,
        "accuracy_m": 12.5,
        "speed_mps": None,
    }
    assert frames["screen"]["status"].to_list() == [2, 3]
    assert frames["heartbeat"]["battery_percent"].round(3).to_list() == [81.0, 80.0, 79.0]
    assert frames["comm"]["kind"].to_list() == ["call", "text"]
    assert frames["comm"]["direction"].to_list() == [2, 1]
    assert frames["comm"]["seconds"].to_list() == [61, None]


def test_aware_codes_apps_and_positions(tmp_path):
    frames, aside = tables_of(zipped(tmp_path / "x", EXPORTS["aware"]))
    assert aside == []
    assert frames["comm"]["direction"].to_list() == [3]
    assert frames["screen"]["status"].to_list() == [3, 0]
    assert frames["heartbeat"]["battery_percent"].to_list() == [77.0]
    assert frames["gps"]["speed_mps"].to_list() == [1.5]
    uses = frames["app_use"]
    assert uses["category"].to_list() == ["messaging", "other", "browser"]
    lasted = (uses["end"] - uses["ts"]).dt.total_seconds().to_list()
    assert lasted == [60, 1800, 0]
    assert "secret" not in str(uses.to_dicts()).lower()


def test_aware_sample_files_of_niimpy_are_read_as_far_as_they_are_of_one_person(shared):
    folder = shared / "wearable_formats"
    for name, stream in (("Calls", "comm"), ("Messages", "comm"), ("Screen", "screen")):
        path = folder / f"multiuser_Aware{name}.csv"
        rows = pl.read_csv(path)
        frames, aside = tables_of(path)
        of_first = rows.filter(pl.col("user") == rows["user"][0])
        assert frames[stream].height == of_first.height
        assert [one.reason for one in aside] == [mapped.OTHER_PERSON]
        assert aside[0].count == rows.height - of_first.height
        seconds = (frames[stream]["ts"].dt.epoch("ms") / 1000).to_list()
        assert seconds == pytest.approx(of_first["time"].to_list())


def test_mindlamp_events_become_streams_by_their_sensor(tmp_path):
    frames, aside = tables_of(zipped(tmp_path / "x", EXPORTS["mindlamp"]))
    assert aside == []
    assert set(frames) == {
        *("gps", "steps", "sleep", "screen", "heartbeat", "comm", "heart_rate"),
    }
    assert frames["steps"]["n"].to_list() == [40]
    assert frames["steps"]["end"].to_list() == [NOON + timedelta(minutes=1)]
    assert frames["sleep"]["stage"].to_list() == ["asleep"]
    assert frames["heartbeat"]["battery_percent"].to_list() == pytest.approx([68.0])
    assert frames["comm"]["direction"].to_list() == [2, 1]
    assert frames["heart_rate"]["bpm"].to_list() == pytest.approx([72.0])


def test_mindlamp_as_the_server_answers(tmp_path):
    events = json.loads(EXPORTS["mindlamp"]["events.json"])
    frames, _ = tables_of(single(tmp_path, "answer.json", {"data": events}))
    assert frames["gps"].height == 1


def test_radar_topics(tmp_path):
    frames, aside = tables_of(zipped(tmp_path / "x", EXPORTS["radar"]), zone=BERLIN)
    assert aside == []
    assert frames["comm"]["ts"].to_list() == [NOON + timedelta(milliseconds=500)]
    assert frames["heartbeat"]["battery_percent"].to_list() == [50.0]
    assert frames["screen"]["status"].to_list() == [3, 0]
    assert frames["screen"]["ts"][0] == NOON
    assert frames["steps"].select("n", "device").row(0) == (17, "s1")
    asleep = frames["sleep"].row(0, named=True)
    assert asleep["ts"] == datetime(2026, 5, 2, 23, 0, 30, tzinfo=UTC)
    assert (asleep["stage"], asleep["tz"]) == ("rem", 120)


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_oura_nights_open_into_phases_and_pulse(tmp_path, kind):
    if kind == "csv":
        path = zipped(tmp_path / "x", EXPORTS["oura"])
    else:
        path = single(tmp_path, "oura.json", {"sleep": [OURA_NIGHT], "email": "x"})
    frames, aside = tables_of(path)
    assert aside == []
    start = datetime(2026, 5, 2, 21, tzinfo=UTC)
    night = frames["sleep"]
    assert night["stage"].to_list() == ["awake", "light", "deep", "rem"]
    assert night["ts"].to_list() == [start + timedelta(minutes=5 * at) for at in range(4)]
    assert night["end"][-1] == start + timedelta(minutes=17)
    assert set(night["tz"]) == {120}
    assert frames["hrv_rmssd"]["ms"].to_list() == [41.0]
    assert frames["resting_heart_rate"]["bpm"].to_list() == [52.0]
    assert frames["respiration"]["per_minute"].to_list() == [14.5]
    pulses = frames["heart_rate"].filter(pl.col("ts") < NOON).select("ts", "bpm").rows()
    assert pulses == [(start, 61.0), (start + timedelta(minutes=10), 59.0)]
    if kind == "csv":
        assert frames["heart_rate"].filter(pl.col("ts") == NOON)["bpm"].to_list() == [61.5]
        assert frames["steps"].select("n", "tz").row(0) == (8123, 120)


def test_withings_lists_follow_one_another_and_sums_give_way_to_stages(tmp_path):
    frames, aside = tables_of(zipped(tmp_path / "x", EXPORTS["withings"]))
    assert [(one.file, one.reason) for one in aside] == [("sleep.csv", mapped.IN_DETAIL)]
    steps = frames["steps"]
    assert steps["n"].to_list() == [20, 31, 9]
    assert steps["ts"].to_list() == [NOON, NOON + timedelta(minutes=1), NOON + timedelta(minutes=5)]
    assert steps["end"][1] == NOON + timedelta(minutes=3)
    assert frames["heart_rate"]["bpm"].to_list() == [71.0]
    assert frames["sleep"]["stage"].to_list() == ["deep", "awake"]
    alone = {"sleep.csv": EXPORTS["withings"]["sleep.csv"]}
    frames, _ = tables_of(zipped(tmp_path / "y", alone))
    assert frames["sleep"].select("stage", "quality", "tz").row(0) == ("asleep", 2, 120)


def test_polar_clocks_are_of_the_wall_and_states_last_until_the_next(tmp_path):
    frames, aside = tables_of(zipped(tmp_path / "x", EXPORTS["polar"]), zone=BERLIN)
    assert aside == []
    assert frames["steps"].select("ts", "tz", "n").row(0) == (NOON, 120, 20)
    assert frames["heart_rate"].select("ts", "device", "bpm").row(0) == (NOON, "H10", 58.0)
    night = frames["sleep"]
    assert night["stage"].to_list() == ["light", "deep"]
    assert night["end"][-1] == datetime(2026, 5, 2, 22, tzinfo=UTC)
    assert frames["hrv_rmssd"]["ms"].to_list() == [44.0]


def test_samsung_times_are_greenwich_and_the_offset_stands_beside(tmp_path):
    frames, aside = tables_of(zipped(tmp_path / "x", EXPORTS["samsung_health"]))
    assert aside == []
    pulse_row = frames["heart_rate"].select("ts", "tz", "device", "bpm").row(0)
    assert pulse_row == (NOON, -210, "watch1", 72.0)
    assert frames["sleep"]["stage"].to_list() == ["light", "deep", "awake"]
    assert set(frames["sleep"]["tz"]) == {120}
    assert frames["steps"]["n"].to_list() == [8123]
    assert frames["steps"]["ts"][0] == datetime(2026, 5, 2, tzinfo=UTC)


def test_whoop_times_are_of_the_wall_with_the_offset_beside(tmp_path):
    frames, aside = tables_of(zipped(tmp_path / "x", EXPORTS["whoop"]), zone=BERLIN)
    assert aside == []
    woke = datetime(2026, 5, 3, 11, 4, 43, tzinfo=UTC)
    assert frames["resting_heart_rate"].select("ts", "tz", "bpm").rows() == [(woke, -240, 56.0)]
    assert frames["hrv_rmssd"]["ms"].to_list() == [34.0]
    assert frames["spo2"]["percent"].to_list() == pytest.approx([95.1])
    asleep = frames["sleep"].row(0, named=True)
    assert asleep["ts"] == datetime(2026, 5, 3, 3, 20, tzinfo=UTC)
    assert asleep["end"] - asleep["ts"] == timedelta(hours=7, minutes=40)
    assert asleep["quality"] == 2


def test_the_night_in_which_clocks_change_is_as_long_as_it_was(tmp_path):
    rows = [
        "p,u1,s1,2026-03-29T01:59:00,60,LIGHT",
        "p,u1,s1,2026-03-29T02:30:00,60,DEEP",  # never shown in Berlin
        "p,u1,s1,2026-03-29T03:00:00,60,REM",
    ]
    header = "key.projectId,key.userId,key.sourceId,value.dateTime,value.duration,value.level\n"
    path = single(tmp_path, "x.csv", header + "\n".join(rows) + "\n")
    frames, aside = tables_of(path, zone=BERLIN)
    assert frames["sleep"]["tz"].to_list() == [60, 120]
    first, second = frames["sleep"]["ts"]
    assert second - first == timedelta(minutes=1)
    assert [(one.line, one.reason) for one in aside] == [(3, "a time that cannot be read")]


def test_each_mapping_names_its_source_and_how_certain_it_is():
    for layout in mapping.layouts():
        assert len(layout.source) > 20
        assert "(check)" in layout.certainty or "read from real" in layout.certainty
        for table in layout.tables:
            assert table.streams
    names = [layout.name for layout in mapping.layouts()]
    assert len(set(names)) == len(names) == 9


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('kind = "ms"', 'kind = "fortnight"'),
        ('stream = "gps"', 'stream = "dreams"'),
        ("lat = {", "latitude = {"),
        ('column = "latitude"', 'colunm = "latitude"'),
        ('name = "gps"', 'name = "gps"\nflie = "x"'),
        ('others = "skip"', 'others = "guess"'),
    ],
)
def test_a_slip_in_a_mapping_is_an_error_at_start(before, after):
    text = (mapping.FOLDER / "beiwe.toml").read_text()
    mapping.layout_of(tomllib.loads(text))
    assert before in text
    with pytest.raises((mapping.WrongMapping, KeyError, TypeError)):
        mapping.layout_of(tomllib.loads(text.replace(before, after, 1)))


def test_the_example_in_the_manual_is_a_mapping_that_reads(tmp_path):
    manual = Path(__file__).parents[3] / "docs" / "sensing.md"
    text = manual.read_text("utf-8").partition("```toml\n")[2].partition("```")[0]
    ring = mapping.layout_of(tomllib.loads(text))
    file = "fell asleep,woke up,zone,kind,hrv (s)\n"
    file += "2026-05-02 23:00:00,2026-05-03 07:00:00,UTC+02:00,night,0.041\n"
    setting = Setting(NOON + timedelta(days=1))
    path = single(tmp_path, "night.csv", file)
    assert mapped.recognises(ring, look_at(path))
    batches = {one.stream: one.table.to_pylist()[0] for one in mapped.read(ring, path, setting)}
    assert batches["hrv_rmssd"]["ms"] == pytest.approx(41.0)
    asleep = batches["sleep"]
    assert (asleep["stage"], asleep["tz"], asleep["source"]) == ("asleep", 120, "ring")
    assert asleep["end"] == datetime(2026, 5, 3, 5, tzinfo=UTC)
