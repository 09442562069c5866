"""Steps, pulse and variability of a local day; what is missing is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from tests.science.sensing.exports import steps_table, value_table

from heartsease.science.course.domains import domains
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.sensing.daily import daily_features

MORNING = datetime(2026, 4, 1, 7, 0, tzinfo=UTC)
DAY = date(2026, 4, 1)


def at(minutes):
    """A moment of the day, minutes after its midnight."""
    return datetime(2026, 4, 1, tzinfo=UTC) + timedelta(minutes=minutes)


def made(**streams):
    return {
        (feature, day): (value, share)
        for day, feature, value, share in daily_features(streams).iter_rows()
    }


def test_steps_are_summed_over_the_local_day():
    late = datetime(2026, 4, 1, 23, 30, tzinfo=UTC)
    table = steps_table((MORNING, 10, 100), (MORNING + timedelta(hours=3), 10, 50))
    found = made(steps=pa.concat_tables([table, steps_table((late, 10, 7), east=60)]))
    assert found["steps", DAY][0] == 150
    assert found["steps", date(2026, 4, 2)][0] == 7


def test_a_day_without_a_record_is_missing_and_not_zero():
    found = made(steps=steps_table((MORNING, 10, 5), (MORNING + timedelta(days=2), 10, 5)))
    assert set(found) == {("steps", DAY), ("steps", date(2026, 4, 3))}


def test_the_yield_of_steps_is_the_span_of_hours_as_a_share_of_sixteen():
    noon = MORNING + timedelta(hours=4, minutes=50)
    assert made(steps=steps_table((MORNING, 5, 9), (noon, 5, 9)))["steps", DAY] == (18, 5 / 16)
    night = MORNING + timedelta(hours=16)
    assert made(steps=steps_table((MORNING, 5, 9), (night, 5, 9)))["steps", DAY] == (18, 1)


def test_a_days_total_covers_its_day():
    """Some devices tell one row a day: it says nothing of hours, and all of the day."""
    assert made(steps=steps_table((at(0), 1440, 8000)))["steps", DAY] == (8000, 1)
    assert made(steps=steps_table((at(8 * 60), 4 * 60, 900)))["steps", DAY] == (900, 4 / 16)
    assert made(steps=steps_table((at(22 * 60), 12 * 60, 90)))["steps", DAY] == (90, 2 / 16)


def test_who_walks_home_after_midnight_has_told_nothing_of_the_day():
    found = made(steps=steps_table((at(10), 10, 900), (at(11 * 60), 60, 100)))
    assert found["steps", DAY] == (1000, 6 / 16)
    assert made(steps=steps_table((at(10), 10, 900)))["steps", DAY] == (900, 1 / 16)


def test_the_devices_own_resting_pulse_comes_first():
    beats = value_table(
        "heart_rate", *((MORNING + timedelta(minutes=5 * n), 50 + n % 50) for n in range(150))
    )
    own = value_table("resting_heart_rate", (MORNING, 57), (MORNING, 59))
    both = made(heart_rate=beats, resting_heart_rate=own)
    assert both["resting_heart_rate_bpm", DAY] == (58, 1)


def test_without_one_it_is_the_mean_of_the_lowest_tenth():
    beats = value_table("heart_rate", *((at(8 * n), 51 + n) for n in range(100)))
    value, share = made(heart_rate=beats)["resting_heart_rate_bpm", DAY]
    assert value == sum(range(51, 61)) / 10
    assert share == 14 / 24


def test_a_watch_that_is_not_worn_at_night_tells_no_resting_pulse():
    """Who sits has a faster pulse than who sleeps: days alone would read as a strained heart."""
    by_day = [(at(n), 70 + n % 9) for n in range(9 * 60, 22 * 60, 6)]
    assert ("resting_heart_rate_bpm", DAY) not in made(
        heart_rate=value_table("heart_rate", *by_day)
    )
    some = [(at(60 * n), 55) for n in range(3)]
    found = made(heart_rate=value_table("heart_rate", *some, *by_day))
    assert found["resting_heart_rate_bpm", DAY][1] == 3 / 6
    own = value_table("resting_heart_rate", (at(0), 57))
    both = made(heart_rate=value_table("heart_rate", *by_day), resting_heart_rate=own)
    assert both["resting_heart_rate_bpm", DAY] == (57, 1)


def test_a_night_that_breaks_off_at_three_is_none_to_compare():
    beats = [(at(n), 60) for n in range(0, 3 * 60, 5)] + [(at(n), 70) for n in range(540, 1320, 5)]
    found = made(heart_rate=value_table("heart_rate", *beats))
    for name in ("resting_heart_rate_bpm", "night_heart_rate_bpm"):
        assert found[name, DAY][1] < domains().least_yield[name]


@pytest.mark.parametrize(("count", "minutes"), [(99, 10), (200, 2)])
def test_too_few_samples_or_hours_give_no_resting_pulse(count, minutes):
    beats = value_table(
        "heart_rate", *((MORNING + timedelta(minutes=minutes * n), 60) for n in range(count))
    )
    assert made(heart_rate=beats) == {}


def test_rmssd_never_becomes_sdnn():
    rmssd = value_table("hrv_rmssd", (MORNING, 40), (MORNING + timedelta(hours=1), 44))
    assert made(hrv_rmssd=rmssd) == {("hrv_rmssd_ms", DAY): (42, 1)}
    sdnn = value_table("hrv_sdnn", (MORNING, 60))
    assert made(hrv_sdnn=sdnn) == {("hrv_sdnn_ms", DAY): (60, 1)}
    assert made(hrv_rmssd=rmssd, hrv_sdnn=sdnn) == {
        ("hrv_rmssd_ms", DAY): (42, 1),
        ("hrv_sdnn_ms", DAY): (60, 1),
    }


def test_a_day_beyond_what_can_be_has_no_value():
    rows = [(MORNING + timedelta(minutes=10 * n), 10, 9_999) for n in range(11)]
    assert made(steps=steps_table(*rows)) == {}


def test_no_samples_make_no_features():
    assert daily_features({}).is_empty()
    assert made(steps=steps_table(), heart_rate=value_table("heart_rate")) == {}


DOMAINS = {
    "sleep",
    "activity",
    "heart",
    "rhythm",
    "mobility",
    "phone",
    "communication",
    "keyboard",
    "mood",
    "voice",
}


def test_every_feature_of_the_catalogue_says_what_it_is():
    for name, feature in FEATURES.items():
        assert feature.name == name
        assert feature.label and feature.unit and feature.source and feature.version
        assert feature.definition.endswith(".") and feature.data_yield.endswith(".")
        assert feature.lowest < feature.highest
        assert feature.domain in DOMAINS
