"""Fitbit in Google Takeout: layouts, local days by the person's zone, damage in one file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.exports import NOW, gathered, zipped

from heartsease.science.sensing.daily import daily_features
from heartsease.science.sensing.merging import merge
from heartsease.science.sensing.readers import archive, fitbit_rows, fitbit_takeout
from heartsease.science.sensing.reading import Dangerous

GLOBAL = "Takeout/Fitbit/Global Export Data/"
GOOGLE = "Takeout/Google Health/Physical Activity_GoogleData/"
VARIABILITY = "Takeout/Fitbit/Heart Rate Variability/"
NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")


def step(at, count):
    return {"dateTime": at, "value": str(count)}


def night(start, *stages):
    """Sleep stages one after the other: name and seconds."""
    at, data = datetime.fromisoformat(start), []
    for level, seconds in stages:
        data.append({"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.000", "level": level, "seconds": seconds})
        at += timedelta(seconds=seconds)
    return {"dateOfSleep": f"{at:%Y-%m-%d}", "type": "stages", "levels": {"data": data}}


def takeout(tmp_path, files):
    return zipped(tmp_path / "takeout.zip", files)


def features_of(path, zone=None):
    found, aside = gathered(path, zone=zone)
    assert aside == []
    streams = {name: merge([frame.to_arrow()], name) for name, frame in found.items()}
    return {(feature, day): value for day, feature, value, _ in daily_features(streams).iter_rows()}


def test_every_kind_of_file_is_read_wherever_it_lies(tmp_path):
    path = takeout(
        tmp_path,
        {
            GLOBAL + "steps-2026-04-01.json": [
                step("04/30/26 08:01:00", 40),
                step("04/30/26 08:02:00", 0),
            ],
            GLOBAL + "heart_rate-2026-04-30.json": [
                {"dateTime": "04/30/26 08:01:05", "value": {"bpm": 61, "confidence": 3}}
            ],
            GLOBAL + "resting_heart_rate-2026-01-01.json": [
                {"dateTime": "04/30/26 00:00:00", "value": {"date": "04/30/26", "value": 57.4}},
                {"dateTime": "04/29/26 00:00:00", "value": {"date": None, "value": 0.0}},
            ],
            VARIABILITY + "Daily Heart Rate Variability Summary - 2026-04.csv": (
                "timestamp,rmssd,nremhr,entropy\n2026-04-30T00:00:00,41.5,55,2.1\n"
            ),
            GLOBAL + "sleep-2026-04-30.json": [
                night(
                    "2026-04-29T23:10:30",
                    ("light", 3600),
                    ("deep", 1800),
                    ("wake", 300),
                    ("rem", 900),
                )
            ],
            "Takeout/Fitbit/Stress Score/Stress Score.csv": "no data",
        },
    )
    found, aside = gathered(path)
    assert aside == []
    assert found["steps"]["n"].to_list() == [40]
    assert found["heart_rate"]["bpm"].to_list() == [61]
    assert found["resting_heart_rate"]["bpm"].to_list() == pytest.approx([57.4])
    assert found["hrv_rmssd"]["ms"].to_list() == [41.5]
    assert found["sleep"]["stage"].to_list() == ["light", "deep", "awake", "rem"]
    assert "hrv_sdnn" not in found


def test_a_pulse_that_fitbit_does_not_trust_at_all_was_not_measured(tmp_path):
    """Confidence 0 is written while the watch lies on a table; 1 to 3 and none told are kept."""
    told = [{"bpm": 70, "confidence": 0}, {"bpm": 61, "confidence": 1}, {"bpm": 62}]
    rows = [{"dateTime": f"04/30/26 08:0{n}:05", "value": value} for n, value in enumerate(told)]
    found, aside = gathered(takeout(tmp_path, {GLOBAL + "heart_rate-2026-04-30.json": rows}))
    assert found["heart_rate"]["bpm"].to_list() == [61, 62]
    assert aside == []


def test_steps_late_in_the_evening_fall_on_the_persons_day_not_on_the_utc_day(tmp_path):
    path = takeout(tmp_path, {GLOBAL + "steps-2026-04-01.json": [step("04/30/26 02:30:00", 40)]})
    assert features_of(path, NEW_YORK) == {("steps", date(2026, 4, 29)): 40}
    assert features_of(path, BERLIN) == {("steps", date(2026, 4, 30)): 40}
    assert features_of(path) == {("steps", date(2026, 4, 30)): 40}


def test_sleep_is_placed_in_true_time_by_the_persons_zone(tmp_path):
    path = takeout(
        tmp_path,
        {GLOBAL + "sleep-2026-04-30.json": [night("2026-04-29T23:00:00", ("light", 28800))]},
    )
    row = gathered(path, zone=NEW_YORK)[0]["sleep"].row(0, named=True)
    assert row["ts"] == datetime(2026, 4, 30, 3, tzinfo=UTC)
    assert row["tz"] == -240
    for zone in (NEW_YORK, BERLIN, None):
        made = features_of(path, zone)
        assert made["minutes_asleep", date(2026, 4, 30)] == 480
        assert made["midsleep_minutes", date(2026, 4, 30)] == 180


def test_offsets_follow_the_change_of_clocks(tmp_path):
    rows = [step("03/28/26 12:00:00", 5), step("03/29/26 12:00:00", 6)]
    path = takeout(tmp_path, {GLOBAL + "steps-2026-03-01.json": rows})
    assert gathered(path, zone=BERLIN)[0]["steps"]["tz"].to_list() == [60, 120]


@pytest.mark.parametrize(
    ("start", "east"), [("2025-10-25T23:00:00", 120), ("2026-03-28T23:00:00", 60)]
)
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_was(tmp_path, start, east):
    """Fitbit's clock shows 02:00 to 03:00 twice in autumn and never in spring."""
    first = datetime.fromisoformat(start).replace(tzinfo=BERLIN).astimezone(UTC)
    data = [
        {
            "dateTime": f"{shown.astimezone(BERLIN):%Y-%m-%dT%H:%M:%S}.000",
            "level": "light",
            "seconds": 1800,
        }
        for shown in (first + timedelta(minutes=30 * n) for n in range(16))
    ]
    path = takeout(tmp_path, {GLOBAL + "sleep-2026-01-01.json": [{"levels": {"data": data}}]})
    found = gathered(path, zone=BERLIN)[0]["sleep"]
    assert found["tz"].to_list()[0] == east
    assert found["ts"].to_list() == [first + timedelta(minutes=30 * n) for n in range(16)]
    (asleep,) = [
        v for (name, _), v in features_of(path, BERLIN).items() if name == "minutes_asleep"
    ]
    assert asleep == 480


@settings(max_examples=50)
@given(
    moment=st.datetimes(datetime(2015, 1, 1), datetime(2026, 4, 1)),
    zone=st.sampled_from(
        ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"]
    ),
)
def test_the_clock_read_in_a_zone_gives_the_moment_back(moment, zone):
    add = fitbit_rows.Adder(None, NOW, ZoneInfo(zone))
    true = moment.replace(tzinfo=UTC)
    shown = true.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert add.moment(shown, after=true) == true


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Your Profile/Profile.csv", "id,timezone,locale\nX,America/New_York,en_US\n"),
        ("Your Profile/Profile.json", {"timezone": "America/New_York"}),
    ],
)
def test_a_zone_in_the_profile_is_believed_before_the_one_given(tmp_path, name, content):
    rows = [step("04/30/26 02:30:00", 40)]
    path = takeout(
        tmp_path, {GLOBAL + "steps-2026-04-01.json": rows, f"Takeout/Fitbit/{name}": content}
    )
    assert features_of(path, BERLIN) == {("steps", date(2026, 4, 29)): 40}


@pytest.mark.parametrize(
    "content", ["", "id,name\n1,A\n", "timezone\nMars/Olympus\n", "timezone\n../../x\n"]
)
def test_a_profile_that_says_nothing_useful_is_passed_over(tmp_path, content):
    path = takeout(
        tmp_path,
        {
            GLOBAL + "steps-2026-04-01.json": [step("04/30/26 02:30:00", 40)],
            "Takeout/Fitbit/Your Profile/Profile.csv": content,
        },
    )
    assert features_of(path, NEW_YORK) == {("steps", date(2026, 4, 29)): 40}


def test_the_newer_tables_of_google_are_read(tmp_path):
    path = takeout(
        tmp_path,
        {
            GOOGLE + "steps_2026-04-30.csv": (
                "timestamp,steps,data source\n"
                "2026-04-30T02:30:00Z,40,Charge 6\n2026-04-30T02:31:00Z,0,\n"
            ),
            GOOGLE + "heart_rate_2026-04-30.csv": (
                "timestamp,beats per minute\n2026-04-30T02:30:04Z,65.0\n"
            ),
            GOOGLE + "daily_resting_heart_rate.csv": (
                "timestamp,beats per minute\n2026-04-30T00:00:00Z,57.4\n"
            ),
            GOOGLE + "README.txt": "steps_YYYY-MM-DD.csv",
        },
    )
    found, aside = gathered(path, zone=NEW_YORK)
    assert aside == []
    assert found["steps"].select("n", "tz", "device").rows() == [(40, -240, "Charge 6")]
    assert found["heart_rate"]["bpm"].to_list() == [65]
    made = features_of(path, NEW_YORK)
    assert made["steps", date(2026, 4, 29)] == 40
    assert made["resting_heart_rate_bpm", date(2026, 4, 30)] == pytest.approx(57.4, rel=1e-5)


def test_the_same_steps_in_both_layouts_count_once(tmp_path):
    rows = [step(f"04/30/26 08:{minute:02}:00", 50) for minute in range(30)]
    table = "timestamp,steps,data source\n" + "".join(
        f"2026-04-30T08:{minute:02}:00Z,50,Charge 6\n" for minute in range(30)
    )
    path = takeout(
        tmp_path,
        {GLOBAL + "steps-2026-04-01.json": rows, GOOGLE + "steps_2026-04-30.csv": table},
    )
    assert features_of(path) == {("steps", date(2026, 4, 30)): 1500}


def test_a_damaged_file_is_set_aside_and_the_others_are_read(tmp_path):
    path = takeout(
        tmp_path,
        {
            GLOBAL + "steps-2026-03-01.json": '[{"dateTime": "03/30/26 08:',
            GLOBAL + "steps-2026-04-01.json": [step("04/30/26 08:01:00", 40)],
            GLOBAL + "heart_rate-2026-04-30.json": {"not": "a list"},
        },
    )
    found, aside = gathered(path)
    assert found["steps"]["n"].to_list() == [40]
    assert {piece.file.rpartition("/")[2] for piece in aside} == {
        "steps-2026-03-01.json",
        "heart_rate-2026-04-30.json",
    }


def test_rows_that_cannot_be_are_set_aside_with_file_and_place(tmp_path):
    rows = [
        step("04/30/26 08:01:00", 40),
        step("04/30/31 08:01:00", 40),
        step("99/99/26 08:01:00", 40),
        step("04/30/26 08:03:00", -3),
        {"value": "3"},
        "no",
        {"dateTime": "04/30/26 08:04:00", "value": "1e999"},
    ]
    path = takeout(
        tmp_path,
        {
            GLOBAL + "steps-2026-04-01.json": rows,
            GLOBAL + "sleep-2026-04-01.json": [
                night("2026-04-29T23:00:00", ("light", 3600), ("snoring", 60)),
                {"levels": {"data": []}},
                {
                    "levels": {
                        "data": [
                            {"dateTime": "2026-04-29T23:00:00", "level": "deep", "seconds": 90_000}
                        ]
                    }
                },
            ],
        },
    )
    found, aside = gathered(path)
    assert found["steps"]["n"].to_list() == [40]
    assert "sleep" not in found
    assert {(piece.line, piece.count, piece.reason) for piece in aside} == {
        (2, 1, "the date lies in the future"),
        (3, 3, "an entry that cannot be read"),
        (4, 1, "steps: -3 is outside 0 to 100000 steps in one sample"),
        (7, 1, "steps: inf is outside 0 to 100000 steps in one sample"),
        (1, 1, "no sleep stage is called 'snoring'"),
        (2, 1, "a sleep without stages"),
        (3, 1, "a sleep longer than a day"),
    }


def test_a_folder_is_read_like_its_zip(tmp_path):
    files = {GLOBAL + "steps-2026-04-01.json": [step("04/30/26 08:01:00", 40)]}
    packed = takeout(tmp_path, files)
    import zipfile

    folder = tmp_path / "unpacked"
    zipfile.ZipFile(packed).extractall(folder)
    assert gathered(folder)[0]["steps"].equals(gathered(packed)[0]["steps"])


def test_files_that_together_grow_beyond_reason_are_refused(tmp_path):
    files = {
        GLOBAL + f"steps-2026-04-{day:02}.json": "[" + " " * 3_000_000 + "]" for day in range(9)
    }
    path = takeout(tmp_path, files)
    with pytest.raises(Dangerous, match="grows more"):
        gathered(path)


def test_one_file_larger_than_fitbit_writes_them_is_set_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(fitbit_takeout, "LARGEST_FILE_BYTES", 200)
    path = takeout(
        tmp_path,
        {
            GLOBAL + "steps-2026-04-01.json": [step("04/30/26 08:01:00", 40)],
            GLOBAL + "steps-2026-03-01.json": [step("03/30/26 08:01:00", n) for n in range(99)],
        },
    )
    found, aside = gathered(path)
    assert found["steps"]["n"].to_list() == [40]
    assert "larger than Fitbit" in aside[0].reason


def test_a_member_damaged_inside_the_zip_is_set_aside(tmp_path):
    path = takeout(
        tmp_path,
        {
            GLOBAL + "steps-2026-03-01.json": [
                step("03/30/26 08:01:00", n % 70) for n in range(999)
            ],
            GLOBAL + "steps-2026-04-01.json": [step("04/30/26 08:01:00", 40)],
        },
    )
    body = bytearray(path.read_bytes())
    body[200:260] = b"\xff" * 60
    path.write_bytes(bytes(body))
    found, aside = gathered(path)
    assert found["steps"]["n"].to_list() == [40]
    assert "archive is damaged" in aside[0].reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("05/24/21 08:01:00", datetime(2021, 5, 24, 8, 1)),
        ("05/24/2021 08:01:00", datetime(2021, 5, 24, 8, 1)),
        ("05/24/21", datetime(2021, 5, 24)),
        ("2021-05-24T08:01:30.000", datetime(2021, 5, 24, 8, 1, 30)),
        ("2021-05-24", datetime(2021, 5, 24)),
    ],
)
def test_times_are_understood_as_fitbit_writes_them(text, expected):
    assert fitbit_rows.written(text) == expected


def test_the_ratio_of_a_real_looking_export_is_far_below_the_limit(tmp_path):
    rows = [step(f"04/30/26 {n // 60:02}:{n % 60:02}:00", 0) for n in range(1440)]
    path = takeout(tmp_path, {GLOBAL + "steps-2026-04-01.json": rows})
    import zipfile

    (info,) = zipfile.ZipFile(path).infolist()
    assert info.file_size / info.compress_size < archive.HIGHEST_RATIO / 4
    assert pl.DataFrame(gathered(path)[0]).is_empty()
