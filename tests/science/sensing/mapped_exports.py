"""Small exports of every mapped format, made by hand after what their makers tell of them."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
from tests.science.sensing.exports import NOW

from heartsease.science.sensing.readers import mapped
from heartsease.science.sensing.reading import Batch, Setting, look_at
from heartsease.science.sensing.schema import STREAMS

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
MS = int(NOON.timestamp() * 1000)
SECONDS = MS // 1000
NUMBER = "+49 170 5550123"
WHOOP_CYCLES = (
    "Cycle start time,Cycle end time,Cycle timezone,Recovery score %,Resting heart rate (bpm),"
    "Heart rate variability (ms),Skin temp (celsius),Blood oxygen %,Day Strain,Sleep onset,"
    "Wake onset,Respiratory rate (rpm)\n"
    "2026-05-02 23:10:00,,UTC-04:00,54,56,34,34.4,95.1,,2026-05-02 23:20:00,"
    "2026-05-03 07:04:43,18\n"
    "2026-05-03 22:10:00,,UTC-04:00,,,,,,,,,\n"
)
WHOOP_SLEEPS = (
    "Cycle start time,Cycle end time,Cycle timezone,Sleep onset,Wake onset,Asleep duration (min),"
    "Nap\n2026-05-02 23:10:00,,UTC-04:00,2026-05-02 23:20:00,2026-05-03 07:00:00,400,false\n"
)
SAMSUNG_PULSE = (
    "com.samsung.shealth.tracker.heart_rate,6310004,4\n"
    "source,com.samsung.health.heart_rate.start_time,com.samsung.health.heart_rate.heart_rate,"
    "com.samsung.health.heart_rate.time_offset,com.samsung.health.heart_rate.deviceuuid\n"
    ",2026-05-03 12:00:00.000,72.0,UTC-0330,watch1,\n"
)
SAMSUNG_STAGES = (
    "com.samsung.health.sleep_stage,7006011,7\n"
    "create_sh_ver,start_time,sleep_id,time_offset,end_time,stage,deviceuuid\n"
    ",2026-05-02 22:00:00.000,a,UTC+0200,2026-05-02 22:30:00.000,40002,w,\n"
    ",2026-05-02 22:30:00.000,a,UTC+0200,2026-05-02 23:00:00.000,40003,w,\n"
    ",2026-05-02 23:00:00.000,a,UTC+0200,2026-05-02 23:10:00.000,40001,w,\n"
)
RADAR_KEY = "key.projectId,key.userId,key.sourceId,value.time,value.timeReceived,"
OURA_NIGHT = {
    "bedtime_start": "2026-05-02T23:00:00+02:00",
    "bedtime_end": "2026-05-02T23:17:00+02:00",
    "sleep_phase_5_min": "4213",
    "average_hrv": 41,
    "average_breath": 14.5,
    "lowest_heart_rate": 52,
    "type": "long_sleep",
    "heart_rate": {
        "interval": 300.0,
        "items": [61.0, None, 59.0],
        "timestamp": "2026-05-02T23:00:00.000+02:00",
    },
}
# The formats, each as one export of several files: name in the zip, and content.
EXPORTS = {
    "beiwe": {
        "abc123/gps/2026-05-03 12_00_00.csv": "timestamp,UTC time,latitude,longitude,altitude,"
        f"accuracy\n{MS},2026-05-03T12:00:00.000,52.5,13.4,30,12.5\n",
        "abc123/power_state/2026-05-03 12_00_00.csv": "timestamp,UTC time,event,level\n"
        f"{MS},2026-05-03T12:00:00.000,Locked,0.81\n{MS + 5000},x,Unlocked,0.8\n"
        f"{MS + 9000},x,Battery level,0.79\n",
        "abc123/calls/2026-05-03 12_00_00.csv": "timestamp,UTC time,hashed phone number,call type,"
        f"duration in seconds\n{MS},x,{NUMBER},Outgoing Call,61\n",
        "abc123/texts/2026-05-03 12_00_00.csv": "timestamp,UTC time,hashed phone number,"
        f"sent vs received,message length,time sent\n{MS},x,{NUMBER},received SMS,30,{MS}\n",
    },
    "aware": {
        "calls.csv": "_id,timestamp,device_id,call_type,call_duration,trace\n"
        f"1,{MS}.0,d1,3,0,{NUMBER}\n",
        "screen.csv": f"_id,timestamp,device_id,screen_status\n1,{MS},d1,3\n2,{MS + 1000},d1,0\n",
        "battery.csv": f"_id,timestamp,device_id,battery_status,battery_level\n1,{MS},d1,3,77\n",
        "locations.csv": "_id,timestamp,device_id,double_latitude,double_longitude,double_speed,"
        f"accuracy\n1,{MS},d1,52.5,13.4,1.5,20\n",
        "applications_foreground.csv": "_id,timestamp,device_id,package_name,application_name\n"
        f"1,{MS},d1,com.whatsapp,WhatsApp\n2,{MS + 60_000},d1,org.secret.app,Secret\n"
        f"3,{MS + 99_000_000},d1,com.android.chrome,Chrome\n",
    },
    "mindlamp": {
        "events.json": json.dumps(
            [
                {"timestamp": MS, "sensor": sensor, "data": data}
                for sensor, data in (
                    ("lamp.gps", {"latitude": 52.5, "longitude": 13.4, "accuracy": 9}),
                    ("lamp.steps", {"value": 40, "units": "count", "duration": 60_000}),
                    ("lamp.sleep", {"value": 1, "representation": "in_sleep", "duration": 600_000}),
                    ("lamp.screen_state", {"screen_state": 3, "battery_level": 0.68}),
                    ("lamp.calls", {"call_type": 2, "call_trace": NUMBER, "call_duration": 23}),
                    ("lamp.sms", {"type": 1, "trace": NUMBER}),
                    ("lamp.heart_rate", {"value": 1.2, "units": "count/s"}),
                    ("lamp.accelerometer", {"x": 0.1}),
                )
            ]
        )
    },
    "radar": {
        "p/u1/android_phone_call/1.csv": RADAR_KEY + "value.duration,value.target,value.type\n"
        f"p,u1,s1,{SECONDS}.5,{SECONDS},61.0,{NUMBER},INCOMING\n",
        "p/u1/android_phone_battery_level/1.csv": RADAR_KEY + "value.batteryLevel\n"
        f"p,u1,s1,{SECONDS},{SECONDS},0.5\n",
        "p/u1/android_phone_user_interaction/1.csv": RADAR_KEY + "value.interactionState\n"
        f"p,u1,s1,1.777809600E9,{SECONDS},UNLOCKED\np,u1,s1,{SECONDS + 9},0,STANDBY\n",
        "p/u1/connect_fitbit_intraday_steps/1.csv": RADAR_KEY + "value.timeInterval,value.steps\n"
        f"p,u1,s1,{SECONDS},{SECONDS},60,17\n",
        "p/u1/connect_fitbit_sleep_stages/1.csv": "key.projectId,key.userId,key.sourceId,"
        "value.dateTime,value.duration,value.level\np,u1,s1,2026-05-03T01:00:30.000,300,REM\n",
    },
    "oura": {
        "App Data/heartrate.csv": "timestamp;bpm;source\n2026-05-03T12:00:00Z;61,5;rest\n",
        "App Data/sleepmodel.csv": ";".join(OURA_NIGHT)
        + "\n"
        + ";".join(
            '"' + json.dumps(value).replace('"', '""') + '"'
            if isinstance(value, dict)
            else str(value)
            for value in OURA_NIGHT.values()
        )
        + "\n",
        "App Data/dailyactivity.csv": "day;steps;timestamp\n"
        "2026-05-02;8123;2026-05-02T04:00:00.000+02:00\n",
    },
    "withings": {
        "raw_tracker_steps.csv": "start,duration,value\n"
        '2026-05-03T14:00:00+02:00,"[60,120]","[20,31]"\n2026-05-03T14:05:00+02:00,[60],[9]\n',
        "raw_hr_hr.csv": "start,duration,value\n2026-05-03T14:00:00+02:00,[60],[71]\n",
        "raw_tracker_sleep-state.csv": "start,duration,value\n"
        '2026-05-03T01:00:00+02:00,"[300,60]","[2,0]"\n',
        "sleep.csv": "from,to,light (s),deep (s),rem (s),awake (s)\n"
        "2026-05-03T01:00:00+02:00,2026-05-03T07:00:00+02:00,1,2,3,4\n",
    },
    "polar": {
        "activity-2026-05-03-aa.json": {
            "exportVersion": "1",
            "date": "2026-05-03",
            "samples": {"steps": [{"localTime": "14:00:00.000", "value": 20}], "mets": []},
        },
        "247ohr_1_05-aa.json": {
            "deviceDays": [
                {
                    "date": "2026-05-03",
                    "deviceId": "H10",
                    "samples": [{"heartRate": 58, "secondsFromDayStart": 50_400}],
                }
            ]
        },
        "sleep_result_1-aa.json": [
            {
                "night": "2026-05-03",
                "sleepResult": {
                    "hypnogram": {
                        "sleepStart": "2026-05-02T23:00:00.000+02:00",
                        "sleepEnd": "2026-05-03T00:00:00.000+02:00",
                        "sleepStateChanges": [
                            {"offsetFromStart": "PT0S", "state": "NONREM2"},
                            {"offsetFromStart": "PT30M", "state": "NONREM3"},
                            {"offsetFromStart": "PT1H", "state": "WAKE"},
                        ],
                    }
                },
            }
        ],
        "nightly_recovery_1-aa.json": [{"night": "2026-05-03", "meanNightlyRecoveryRmssd": 44}],
    },
    "samsung_health": {
        "samsunghealth_x/com.samsung.shealth.tracker.heart_rate.2026.csv": SAMSUNG_PULSE,
        "samsunghealth_x/com.samsung.health.sleep_stage.2026.csv": SAMSUNG_STAGES,
        "samsunghealth_x/com.samsung.shealth.step_daily_trend.2026.csv": (
            "com.samsung.shealth.step_daily_trend,6,3\ncount,day_time,source_type\n"
            "8123,1777680000000,-2,\n5000,1777680000000,0,\n"
        ),
    },
    "whoop": {"physiological_cycles.csv": WHOOP_CYCLES, "sleeps.csv": WHOOP_SLEEPS},
}


def tables_of(path, zone=None, now=NOW):
    """Tables by stream and what was set aside, by the one format that knows the file."""
    (known,) = (one for one in mapped.FORMATS if one.recognises(look_at(path)))
    tables, aside = {}, []
    for piece in known.read(path, Setting(now + timedelta(days=1), zone)):
        if isinstance(piece, Batch):
            assert piece.table.schema == STREAMS[piece.stream]
            tables.setdefault(piece.stream, []).append(piece.table)
        else:
            aside.append(piece)
    frames = {
        name: pl.DataFrame(pl.from_arrow(pa.concat_tables(parts))) for name, parts in tables.items()
    }
    return frames, aside


def single(folder, name, content):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path
