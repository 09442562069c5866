"""Messages that phones push: read to canonical rows by what their makers tell of them."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.exports import NOW

from heartsease.science.sensing.readers import pushed
from heartsease.science.sensing.readers.registry import FORMATS
from heartsease.science.sensing.reading import (
    Batch,
    SensingError,
    Setting,
    TornFile,
    UnknownFormat,
    look_at,
    read,
)

BERLIN = ZoneInfo("Europe/Berlin")
NAMES = ("health_auto_export", "sensor_logger", "open_wearables", "owntracks")


def metric(name, units, *data):
    return {"name": name, "units": units, "data": list(data)}


def auto_export(*metrics):
    return {"data": {"metrics": list(metrics), "workouts": []}}


def at(clock, **more):
    return {"date": f"2026-05-03 {clock} +0200", "source": "Watch", **more}


def logger(*readings):
    return {"messageId": 0, "sessionId": "s", "deviceId": "phone", "payload": list(readings)}


def reading(name, seconds, **values):
    return {"name": name, "time": 1_777_795_200_000_000_000 + seconds * 10**9, "values": values}


def wearables(kind, series, *samples):
    data = {"user_id": "u", "provider": "garmin", "series_type": series, "samples": list(samples)}
    return {"type": kind, "data": data}


def sample(clock, value, **more):
    return {"timestamp": f"2026-05-03T{clock}+02:00", "value": value, **more}


MESSAGES = {
    "health_auto_export": auto_export(metric("heart_rate", "count/min", at("08:00:00", Avg=61))),
    "sensor_logger": logger(reading("heartrate", 0, bpm=61)),
    "open_wearables": wearables("heart_rate.created", "heart_rate", sample("08:00:00", 61)),
    "owntracks": {"_type": "location", "lat": 51.5, "lon": -0.1, "tst": 1_777_795_200, "acc": 9},
}


def tables(folder, message, zone=BERLIN):
    path = folder / "push"
    path.write_text(json.dumps(message), "utf-8")
    frames, aside = {}, []
    for piece in read(path, now=NOW, zone=zone):
        if isinstance(piece, Batch):
            frames[piece.stream] = piece.table.to_pylist()
        else:
            aside.append(piece)
    return frames, aside


@pytest.mark.parametrize("name", NAMES)
def test_a_message_is_recognised_by_its_own_format_alone(tmp_path, name):
    path = tmp_path / "push"
    path.write_text(json.dumps(MESSAGES[name]), "utf-8")
    found = [one.name for one in FORMATS if one.recognises(look_at(path))]
    assert found == [name, "plain_json"]
    (known,) = (one for one in FORMATS if one.name == name)
    batches = [piece for piece in known.read(path, Setting(NOW)) if isinstance(piece, Batch)]
    assert batches
    assert {batch.stream for batch in batches} <= known.streams


def test_auto_export_quantities_keep_their_offset_and_their_unit(tmp_path):
    message = auto_export(
        metric("heart_rate", "count/min", at("08:00:00", Min=58, Avg=61.5, Max=70)),
        metric("heart_rate_variability", "ms", at("03:00:00", qty=44)),
        metric("resting_heart_rate", "count/min", at("12:00:00", qty=55)),
        metric("respiratory_rate", "count/min", at("04:00:00", qty=14)),
        metric("blood_oxygen_saturation", "%", at("04:00:00", qty=97)),
        metric("body_mass", "kg", at("07:00:00", qty=70)),
    )
    frames, aside = tables(tmp_path, message)
    (pulse,) = frames["heart_rate"]
    assert (pulse["ts"], pulse["tz"]) == (datetime(2026, 5, 3, 6, tzinfo=UTC), 120)
    assert (pulse["bpm"], pulse["source"], pulse["device"]) == (61.5, "health_auto_export", "Watch")
    values = {stream: rows[0].get("ms") or rows[0].get("bpm") for stream, rows in frames.items()}
    assert (values["hrv_sdnn"], values["resting_heart_rate"]) == (44, 55)
    assert set(frames) == {
        "heart_rate", "hrv_sdnn", "resting_heart_rate", "respiration", "spo2"
    }  # fmt: skip
    assert aside == []


def test_auto_export_steps_last_as_long_as_their_stretches(tmp_path):
    steps = [at(f"08:0{minute}:00", qty=10 + minute) for minute in (0, 1, 5)]
    frames, _ = tables(tmp_path, auto_export(metric("step_count", "count", *steps)))
    rows = frames["steps"]
    assert [row["n"] for row in rows] == [10, 11, 15]
    assert {row["end"] - row["ts"] for row in rows} == {timedelta(minutes=1)}


def test_auto_export_nights_by_stage_or_as_a_sum(tmp_path):
    part = {"startDate": "2026-05-03 01:00:00 +0200", "endDate": "2026-05-03 02:00:00 +0200"}
    night = {
        "date": "2026-05-03",
        "asleep": 6.5,
        "sleepStart": "2026-05-02 23:30:00 +0200",
        "sleepEnd": "2026-05-03 06:30:00 +0200",
        "inBedStart": "2026-05-02 23:00:00 +0200",
        "inBedEnd": "2026-05-03 07:00:00 +0200",
    }
    stages = [{**part, "value": word} for word in ("Core", "REM", "In Bed", "Dreaming")]
    frames, aside = tables(tmp_path, auto_export(metric("sleep_analysis", "hr", *stages)))
    assert [row["stage"] for row in frames["sleep"]] == ["light", "rem", "in_bed"]
    assert "no known stage" in aside[0].reason
    frames, _ = tables(tmp_path, auto_export(metric("sleep_analysis", "hr", night)))
    told = [(row["stage"], row["quality"]) for row in frames["sleep"]]
    assert sorted(told) == [("asleep", 2), ("in_bed", 2)]


def test_a_unit_that_is_not_known_is_named_and_nothing_is_counted(tmp_path):
    message = auto_export(metric("step_count", "furlong", at("08:00:00", qty=9)))
    frames, aside = tables(tmp_path, message)
    assert frames == {}
    assert aside[0].reason == "steps: the unit 'furlong' is not known"


def test_sensor_logger_counts_steps_between_readings_and_not_before_them(tmp_path):
    counts = [(0, 100), (10, 112), (20, 112), (30, 3), (40, 9), (9000, 90)]
    message = logger(*(reading("pedometer", second, steps=n) for second, n in counts))
    frames, _ = tables(tmp_path, message)
    assert [row["n"] for row in frames["steps"]] == [12, 6]


def test_sensor_logger_exports_write_numbers_as_text(tmp_path):
    rows = [
        {"sensor": "HeartRate", "time": "1777795200000000000", "seconds_elapsed": "0", "bpm": "61"},
        {
            "sensor": "Location",
            "time": "1777795201000000000",
            "seconds_elapsed": "1",
            "latitude": "51.5",
            "longitude": "-0.1",
            "speed": "-1",
            "horizontalAccuracy": "12",
        },
    ]
    frames, _ = tables(tmp_path, rows)
    assert frames["heart_rate"][0]["bpm"] == 61
    assert frames["heart_rate"][0]["tz"] == 120
    place = frames["gps"][0]
    assert (place["lat"], place["accuracy_m"], place["speed_mps"]) == (51.5, 12, None)


def test_open_wearables_sums_of_a_day_replace_its_stretches(tmp_path):
    source = {"source": {"provider": "garmin", "device": "Forerunner"}}
    parts = [sample("08:00:00", 100, **source), sample("08:15:00", 50, **source)]
    message = wearables("steps.created", "steps", *parts)
    frames, _ = tables(tmp_path, message)
    assert [row["n"] for row in frames["steps"]] == [100, 50]
    assert {row["end"] - row["ts"] for row in frames["steps"]} == {timedelta(minutes=15)}
    total = sample("20:00:00", 900, is_daily_total=True, **source)
    frames, _ = tables(tmp_path, wearables("steps.created", "steps", *parts, total))
    (row,) = frames["steps"]
    assert (row["n"], row["ts"]) == (900, datetime(2026, 5, 2, 22, tzinfo=UTC))


def test_open_wearables_keeps_the_two_variabilities_apart(tmp_path):
    message = wearables(
        "heart_rate_variability.created",
        "heart_rate_variability_rmssd",
        sample("03:00:00", 40, unit="ms", type="heart_rate_variability_rmssd"),
        sample("03:00:00", 60, unit="ms", type="heart_rate_variability_sdnn"),
    )
    frames, _ = tables(tmp_path, message)
    assert frames["hrv_rmssd"][0]["ms"] == 40
    assert frames["hrv_sdnn"][0]["ms"] == 60


def test_open_wearables_nights(tmp_path):
    night = {
        "user_id": "u",
        "start_time": "2026-05-02T22:15:00+02:00",
        "end_time": "2026-05-03T06:45:00+02:00",
        "source": {"provider": "oura", "device": "Ring"},
    }
    frames, _ = tables(tmp_path, {"type": "sleep.created", "data": night})
    assert [(row["stage"], row["quality"]) for row in frames["sleep"]] == [("asleep", 2)]
    part = {"stage": "deep", "start_time": night["start_time"], "end_time": night["end_time"]}
    told = {"type": "sleep.created", "data": {**night, "sleep_stage_intervals": [part]}}
    frames, _ = tables(tmp_path, told)
    assert [(row["stage"], row["device"]) for row in frames["sleep"]] == [("deep", "Ring")]


def test_owntracks_speed_is_in_metres_a_second_and_other_messages_hold_nothing(tmp_path):
    frames, _ = tables(tmp_path, {**MESSAGES["owntracks"], "vel": 36, "batt": 80})
    (place,) = frames["gps"]
    assert place["speed_mps"] == pytest.approx(10)
    assert frames["heartbeat"][0]["battery_percent"] == 80
    frames, aside = tables(tmp_path, {"_type": "lwt", "tst": 1})
    assert (frames, aside) == ({}, [])


def test_a_message_that_breaks_off_or_is_too_large_is_refused_whole(tmp_path, monkeypatch):
    path = tmp_path / "push"
    path.write_text(json.dumps(MESSAGES["owntracks"])[:-4])
    with pytest.raises(TornFile, match="breaks off"):
        list(read(path, now=NOW))
    path.write_text(json.dumps(MESSAGES["owntracks"]))
    monkeypatch.setattr(pushed, "MESSAGE_BYTES", 10)
    with pytest.raises(UnknownFormat, match="at most"):
        list(read(path, now=NOW))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(ANY, ANY, ANY)
def test_no_value_anywhere_in_a_message_raises_anything(tmp_path_factory, first, second, third):
    messages = (
        auto_export(
            {"name": "step_count", "units": first, "data": [{"date": second, "qty": third}]},
            {"name": "sleep_analysis", "data": [{"startDate": first, "value": "REM"}, third]},
            {"name": "heart_rate", "data": [{"date": "2026-05-03 08:00:00 +0200", "Avg": second}]},
        ),
        logger(
            {"name": "pedometer", "time": first, "values": second},
            reading("heartrate", 0, bpm=third),
        ),
        wearables("steps.created", "steps", {"timestamp": first, "value": second, "source": third}),
        {
            "type": "sleep.created",
            "data": {"user_id": first, "start_time": second, "source": third},
        },
        {"_type": "location", "lat": first, "lon": second, "tst": third},
    )
    path = tmp_path_factory.mktemp("any") / "push"
    for message in messages:
        path.write_text(json.dumps(message), "utf-8")
        try:
            list(read(path, now=NOW))
        except SensingError:
            continue


@pytest.mark.parametrize(
    ("begin", "count", "lasts"),
    [
        (["08:00:00"], 600, timedelta(hours=1)),
        (["08:00:00", "13:00:00"], 600, timedelta(hours=1)),
        (["08:07:00"], 60, timedelta(minutes=1)),
        (["00:00:00"], 400, timedelta(hours=1)),
        (["00:00:00"], 9_000, timedelta(days=1)),
    ],
)
def test_auto_export_counts_last_as_long_as_they_are_summed(tmp_path, begin, count, lasts):
    steps = [at(one, qty=count) for one in begin]
    frames, _ = tables(tmp_path, auto_export(metric("step_count", "count", *steps)))
    assert {row["end"] - row["ts"] for row in frames["steps"]} == {lasts}
