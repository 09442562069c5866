"""What the makers of mapped formats say of their codes, units and clocks, held against the maps."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.science.sensing.exports import zipped
from tests.science.sensing.mapped_exports import (
    BERLIN,
    EXPORTS,
    MS,
    NOON,
    OURA_NIGHT,
    RADAR_KEY,
    SECONDS,
    single,
    tables_of,
)

from heartsease.science.sensing.readers import mapped, mapping

# Tables of which `EXPORTS` has no example.
FURTHER = {
    "radar": {
        "u/android_phone_usage_event/1.csv": RADAR_KEY
        + "value.packageName,value.categoryName,value.eventType\n"
        + f"p,u1,s1,{SECONDS},0,com.whatsapp,,FOREGROUND\n"
        + f"p,u1,s1,{SECONDS + 30},0,com.whatsapp,,BACKGROUND\n",
        "u/android_phone_relative_location/1.csv": RADAR_KEY
        + "value.provider,value.latitude,value.longitude,value.accuracy,value.speed\n"
        + f"p,u1,s1,{SECONDS},0,GPS,1.5,-2.5,10,1\n",
        "u/connect_fitbit_intraday_heart_rate/1.csv": RADAR_KEY
        + f"value.timeInterval,value.heartRate\np,u1,s1,{SECONDS},0,5,61\n",
        "u/connect_fitbit_intraday_heart_rate_variability/1.csv": RADAR_KEY
        + f"value.dailyRmssd,value.coverage\np,u1,s1,{SECONDS},0,41.5,0.9\n",
        "u/connect_fitbit_resting_heart_rate/1.csv": "key.projectId,key.userId,key.sourceId,"
        "value.date,value.timeReceived,value.restingHeartRate\np,u1,s1,2026-05-03,0,58\n",
        "u/connect_fitbit_intraday_spo2/1.csv": RADAR_KEY
        + f"value.timeInterval,value.spo2\np,u1,s1,{SECONDS},0,60,96.5\n",
        "u/connect_fitbit_sleep_classic/1.csv": "key.projectId,key.userId,key.sourceId,"
        "value.dateTime,value.duration,value.level\np,u1,s1,2026-05-03T01:00:00,60,RESTLESS\n",
    },
    "samsung_health": {
        "com.samsung.shealth.tracker.oxygen_saturation.1.csv": "com.samsung.shealth.tracker."
        "oxygen_saturation,1,1\ncom.samsung.health.oxygen_saturation.start_time,com.samsung.health."
        "oxygen_saturation.spo2,com.samsung.health.oxygen_saturation.time_offset\n"
        "2026-05-03 12:00:00.000,97.0,UTC+0200,\n",
        "com.samsung.shealth.tracker.pedometer_step_count.1.csv": "com.samsung.shealth.tracker."
        "pedometer_step_count,1,1\ncom.samsung.health.step_count.start_time,com.samsung.health."
        "step_count.end_time,com.samsung.health.step_count.count,com.samsung.health.step_count."
        "time_offset\n2026-05-03 12:00:00.000,2026-05-03 12:01:00.000,17,UTC+0200,\n",
    },
    "withings": {
        name: f"start,duration,value\n2026-05-03T01:00:00+02:00,[60],[{value}]\n"
        for name, value in (
            ("raw_spo2_auto_spo2.csv", 97),
            ("raw_bed_respiratory-rate.csv", 14),
            ("raw_sleep-monitor_sleep-state.csv", 1),
        )
    },
    "mindlamp": {
        "more.json": [
            {"timestamp": MS, "sensor": f"lamp.{sensor}", "data": {"value": value, "unit": unit}}
            for sensor, value, unit in (
                ("heartratevariability_sdnn", 0.05, "s"),
                ("respiratory_rate", 15, "count/min"),
                ("heart_rate", 1.1, "count/s"),
            )
        ]
    },
}


def further(folder, name):
    return tables_of(zipped(folder / "further.zip", FURTHER[name]), zone=BERLIN)


@pytest.mark.parametrize("known", mapped.FORMATS, ids=lambda one: one.name)
def test_every_stream_that_a_format_promises_is_read_from_its_examples(tmp_path, known):
    found = set()
    for number, files in enumerate((EXPORTS, FURTHER)):
        if known.name in files:
            frames, _ = tables_of(zipped(tmp_path / f"{number}", files[known.name]))
            found |= frames.keys()
    assert found == known.streams


def test_no_column_that_may_hold_words_of_a_message_is_ever_looked_at():
    told = {"text", "body", "message", "content", "before_text", "current_text", "application_name"}
    for layout in mapping.layouts():
        for table in layout.tables:
            looked_at = {name.rpartition(".")[2].lower() for name in table.needed}
            assert not looked_at & told, table.name
            for stream in table.streams:
                hashed = [
                    value.hashed for name, value in stream.values.items() if name == "contact"
                ]
                assert all(hashed), table.name


def test_the_two_measures_of_variability_are_never_mixed():
    other = {"hrv_rmssd": "sdnn", "hrv_sdnn": "rmssd"}
    for layout in mapping.layouts():
        for table in layout.tables:
            for stream in table.streams:
                if stream.stream in other:
                    looked_at = str((table.name, sorted(stream.columns), stream.where)).lower()
                    assert other[stream.stream] not in looked_at
    assert [one.name for one in mapped.FORMATS if "hrv_sdnn" in one.streams] == ["mindlamp"]


def test_oura_what_a_person_took_back_is_no_sleep_and_a_night_counts_for_its_morning(tmp_path):
    nights = [
        OURA_NIGHT,
        OURA_NIGHT | {"type": "rest", "average_hrv": 99},
        OURA_NIGHT | {"type": "deleted", "average_hrv": 98},
        OURA_NIGHT | {"type": "late_nap", "average_hrv": 30},
    ]
    frames, aside = tables_of(single(tmp_path, "oura.json", {"sleep": nights}))
    assert aside == []
    assert frames["sleep"].height == 8
    assert frames["hrv_rmssd"]["ms"].to_list() == [41.0, 30.0]
    assert frames["resting_heart_rate"]["bpm"].to_list() == [52.0]
    woke = datetime.fromisoformat(OURA_NIGHT["bedtime_end"])
    for name in ("hrv_rmssd", "resting_heart_rate", "respiration"):
        assert set(frames[name]["ts"]) == {woke}


def test_oura_lists_of_one_json_are_all_read_and_old_names_too(tmp_path):
    night = {
        "bedtime_start": "2020-05-02T23:00:00+02:00",
        "bedtime_end": "2020-05-02T23:10:00+02:00",
        "is_longest": 1,
        "hypnogram_5min": "42",
        "rmssd": 38,
        "hr_lowest": 51,
        "breath_average": 14.1,
    }
    day = {"day_start": "2020-05-02T04:00:00+02:00", "steps": 7000, "inactivity_alerts": 1}
    pulse = {"timestamp": "2020-05-02T10:00:00+00:00", "bpm": 70, "source": "awake"}
    content = {"activity": [day], "readiness": [{}], "sleep": [night], "heartrate": [pulse]}
    frames, aside = tables_of(single(tmp_path, "x", content))
    assert aside == []
    assert frames["sleep"]["stage"].to_list() == ["awake", "light"]
    assert frames["hrv_rmssd"]["ms"].to_list() == [38.0]
    assert frames["resting_heart_rate"]["bpm"].to_list() == [51.0]
    assert frames["steps"].select("n", "tz").row(0) == (7000, 120)
    assert frames["heart_rate"]["bpm"].to_list() == [70.0]
    frames, aside = tables_of(single(tmp_path, "answer", {"data": [OURA_NIGHT]}))
    assert (frames["sleep"].height, aside) == (4, [])


def test_mindlamp_numbers_of_the_screen_are_its_own_and_words_come_first(tmp_path):
    states = [
        {"value": 0, "representation": "screen_on"},
        {"value": 1, "representation": "screen_off"},
        {"screen_state": 0},
        {"screen_state": 1},
        {"value": 2},
        {"value": 3},
        {"value": 0, "valueString": "Screen On"},
        {"value": 4, "representation": "battery_charging"},
        {"state": 0},  # of an older app, on or off as the phone likes
    ]
    events = [
        {"timestamp": MS + at, "sensor": "lamp.device_state", "data": data}
        for at, data in enumerate(states)
    ]
    frames, aside = tables_of(single(tmp_path, "x.json", events))
    assert aside == []
    assert frames["screen"]["status"].to_list() == [1, 0, 1, 0, 2, 3, 1]


def test_mindlamp_units_are_named_and_metres_are_no_steps(tmp_path):
    frames, aside = further(tmp_path, "mindlamp")
    assert aside == []
    assert frames["hrv_sdnn"]["ms"].to_list() == [50.0]
    assert frames["heart_rate"]["bpm"].to_list() == pytest.approx([66.0])
    data = {"value": 900, "duration": 60_000, "unit": "count"}
    events = [
        {"timestamp": MS, "sensor": "lamp.steps", "data": data | {"type": kind}}
        for kind in ("step_count", "distance", "speed")
    ]
    events.append({"timestamp": MS, "sensor": "lamp.gps", "data": {
        "latitude": 52.5, "longitude": 13.4, "accuracy": 0.0}})  # fmt: skip
    frames, aside = tables_of(single(tmp_path, "y.json", events))
    assert (frames["steps"]["n"].to_list(), aside) == ([900], [])
    assert frames["gps"]["accuracy_m"].to_list() == [None]


def test_aware_calls_of_an_iphone_are_not_read_as_those_of_android(tmp_path):
    rows = "".join(f"{MS + at},d1,{kind},0,x\n" for at, kind in enumerate((1, 2, 4, 3, 2, 4)))
    files = {
        "calls.csv": "timestamp,device_id,call_type,call_duration,trace\n" + rows,
        "screen.csv": f"timestamp,device_id,screen_status\n{MS},d1,1\n",
    }
    frames, aside = tables_of(zipped(tmp_path / "x.zip", files))
    assert set(frames) == {"screen"}
    assert [(one.file, one.reason, one.count) for one in aside] == [
        ("calls.csv", mapped.OTHER_SYSTEM, 6)
    ]


def test_what_a_phone_does_not_know_is_empty_and_costs_no_row(tmp_path):
    text = "timestamp,device_id,double_latitude,double_longitude,double_speed,accuracy\n"
    path = single(tmp_path, "x.csv", text + f"{MS},d1,52.5,13.4,-1.0,20\n")
    frames, aside = tables_of(path)
    assert (frames["gps"]["speed_mps"].to_list(), aside) == ([None], [])
    path = single(tmp_path, "y.csv", f"timestamp,UTC time,event,level\n{MS},x,Locked,-1\n")
    frames, aside = tables_of(path)
    assert (frames["heartbeat"]["battery_percent"].to_list(), aside) == ([None], [])


def test_an_app_lasts_until_the_next_on_the_same_phone_in_whatever_order_rows_stand(tmp_path):
    rows = (
        (60, "d1", "org.x"),
        (0, "d1", "com.whatsapp"),
        (20, "d2", "org.y"),
        (90, "d1", "org.z"),
    )
    text = "timestamp,user,device_id,package_name\n"
    text += "".join(f"{MS + at * 1000},u,{device},{app}\n" for at, device, app in rows)
    frames, aside = tables_of(single(tmp_path, "x.csv", text))
    assert aside == []
    uses = frames["app_use"].sort("ts")
    lasted = (uses["end"] - uses["ts"]).dt.total_seconds().to_list()
    assert list(zip(uses["category"], uses["device"], lasted, strict=True)) == [
        ("messaging", "d1", 60),
        ("other", "d2", 0),
        ("other", "d1", 30),
        ("other", "d1", 0),
    ]


def test_withings_older_mat_tells_sleep_and_no_stage(tmp_path):
    frames, aside = further(tmp_path, "withings")
    assert aside == []
    assert frames["sleep"]["stage"].to_list() == ["asleep"]
    assert frames["spo2"]["percent"].to_list() == [97.0]
    assert frames["respiration"].select("per_minute", "quality").row(0) == (14.0, 2)


def test_radar_topics_of_a_fitbit(tmp_path):
    frames, aside = further(tmp_path, "radar")
    assert aside == []
    assert frames["hrv_rmssd"].select("ts", "ms").row(0) == (NOON, 41.5)
    assert frames["spo2"]["percent"].to_list() == [96.5]
    rest = frames["resting_heart_rate"].row(0, named=True)
    assert (rest["ts"], rest["tz"]) == (datetime(2026, 5, 2, 22, tzinfo=UTC), 120)
    assert frames["sleep"]["stage"].to_list() == ["awake"]
    assert frames["gps"]["quality"].to_list() == [2]
    use = frames["app_use"].row(0, named=True)
    assert (use["category"], use["end"] - use["ts"]) == ("messaging", timedelta(seconds=30))


def test_samsung_sums_of_days_give_way_to_counts_and_columns_may_bear_their_table(tmp_path):
    files = FURTHER["samsung_health"] | EXPORTS["samsung_health"]
    frames, aside = tables_of(zipped(tmp_path / "x.zip", files))
    assert [one.reason for one in aside] == [mapped.IN_DETAIL]
    assert frames["steps"].select("ts", "tz", "n").rows() == [(NOON, 120, 17)]
    assert frames["spo2"]["percent"].to_list() == [97.0]
    text = (
        "com.samsung.health.sleep_stage,1,1\ncom.samsung.health.sleep_stage.start_time,"
        "com.samsung.health.sleep_stage.end_time,com.samsung.health.sleep_stage.stage\n"
        "2026-05-02 22:00:00.000,2026-05-02 22:30:00.000,40004,\n"
    )
    frames, _ = tables_of(single(tmp_path, "y.csv", text))
    assert frames["sleep"]["stage"].to_list() == ["rem"]


def test_whoop_greenwich_is_written_in_its_own_way_and_each_cycle_has_its_offset(tmp_path):
    header = EXPORTS["whoop"]["sleeps.csv"].splitlines()[0]
    text = header + "\n"
    for offset in ("UTCZ", "UTC+01:00", "UTC+02:00"):
        text += f"2026-03-28 23:00:00,,{offset},2026-03-28 23:30:00,2026-03-29 07:00:00,400,false\n"
    frames, aside = tables_of(single(tmp_path, "x.csv", text), zone=BERLIN)
    assert aside == []
    assert frames["sleep"]["tz"].to_list() == [0, 60, 120]
    first, second, third = frames["sleep"]["ts"]
    assert (first - second, second - third) == (timedelta(hours=1), timedelta(hours=1))


def test_the_autumn_night_of_a_wall_clock_and_of_offsets(tmp_path):
    day = {"exportVersion": "1", "date": "2026-10-25"}
    steps = [{"localTime": f"0{hour}:30:00.000", "value": hour} for hour in (1, 2, 3)]
    content = day | {"samples": {"steps": steps}}
    path = single(tmp_path, "activity-2026-10-25-x.json", content)
    now = NOON + timedelta(days=200)
    frames, aside = tables_of(path, zone=BERLIN, now=now)
    assert (frames["steps"]["tz"].to_list(), aside) == ([120, 120, 60], [])
    first, second, third = frames["steps"]["ts"]
    # Half past two is shown twice, and the first is taken; two hours later it is half past three.
    assert (second - first, third - second) == (timedelta(hours=1), timedelta(hours=2))
    text = "timestamp;bpm;source\n2026-10-25T02:30:00+02:00;60;x\n2026-10-25T02:30:00+01:00;61;x\n"
    frames, _ = tables_of(single(tmp_path, "y.csv", text), now=now)
    assert frames["heart_rate"]["tz"].to_list() == [120, 60]
    assert frames["heart_rate"]["ts"][1] - frames["heart_rate"]["ts"][0] == timedelta(hours=1)


def test_polar_states_behind_the_end_are_none(tmp_path):
    (night,) = EXPORTS["polar"]["sleep_result_1-aa.json"]
    night = json.loads(json.dumps(night))
    hypnogram = night["sleepResult"]["hypnogram"]
    hypnogram["sleepStateChanges"].append({"offsetFromStart": "PT1H5M", "state": "REM"})
    frames, aside = tables_of(zipped(tmp_path / "x", {"sleep_result_1.json": [night]}))
    assert aside == []
    assert frames["sleep"]["stage"].to_list() == ["light", "deep"]
