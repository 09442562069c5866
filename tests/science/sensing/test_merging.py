"""Merging: nothing counted twice, in any order, and merging again changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.exports import sleep_table, steps_table, value_table

from heartsease.science.sensing import merging
from heartsease.science.sensing.merging import merge
from heartsease.science.sensing.schema import STREAMS, empty

START = datetime(2026, 5, 1, tzinfo=UTC)


def at(minutes):
    return START + timedelta(minutes=minutes)


def rows_of(table):
    return pl.DataFrame(pl.from_arrow(table)).rows()


def total(table):
    return sum(table["n"].to_pylist())


DEVICES = ("Apple Watch", "iPhone", "Thing", "Old Watch")
STEPS = st.lists(
    st.tuples(st.integers(0, 2880), st.integers(0, 90), st.integers(0, 200)), max_size=12
).map(lambda rows: [(at(first), long, count) for first, long, count in rows])
BY_DEVICE = st.dictionaries(st.sampled_from(DEVICES), STEPS, min_size=1)
STAGES = st.sampled_from(["in_bed", "awake", "light", "deep", "rem", "asleep"])
NIGHTS = st.lists(st.tuples(st.integers(0, 2880), st.integers(0, 300), STAGES), max_size=10).map(
    lambda rows: [(at(first), at(first + long), stage, 60) for first, long, stage in rows]
)


@settings(max_examples=150, deadline=None)
@given(devices=BY_DEVICE, east=st.sampled_from([-300, 0, 345]), shuffle=st.randoms())
def test_steps_come_out_the_same_in_any_order_and_any_number_of_times(devices, east, shuffle):
    tables = [steps_table(*rows, device=name, east=east) for name, rows in devices.items()]
    once = merge(tables, "steps")
    again = [*tables, *tables]
    shuffle.shuffle(again)
    assert rows_of(merge(again, "steps")) == rows_of(once)
    assert rows_of(merge([once], "steps")) == rows_of(once)
    assert rows_of(merge([once, *tables], "steps")) == rows_of(once)


@settings(max_examples=150, deadline=None)
@given(devices=BY_DEVICE)
def test_no_moment_is_counted_by_two_rows(devices):
    tables = [steps_table(*rows, device=name) for name, rows in devices.items()]
    merged = merge(tables, "steps")
    spans = sorted(zip(merged["ts"].to_pylist(), merged["end"].to_pylist(), strict=True))
    for (_, end), (start, _) in pairwise(spans):
        assert start >= end
    assert total(merged) <= sum(row[2] for rows in devices.values() for row in rows)
    assert merged.num_rows > 0 or not any(devices.values())


@settings(max_examples=100, deadline=None)
@given(watch=NIGHTS, phone=NIGHTS, shuffle=st.randoms())
def test_sleep_comes_out_the_same_in_any_order_and_any_number_of_times(watch, phone, shuffle):
    tables = [sleep_table(*watch), sleep_table(*phone, device="iPhone")]
    once = merge(tables, "sleep")
    again = [*tables, *tables]
    shuffle.shuffle(again)
    assert rows_of(merge(again, "sleep")) == rows_of(once)
    assert rows_of(merge([once], "sleep")) == rows_of(once)


def test_where_watch_and_phone_overlap_only_the_watch_counts():
    watch = steps_table((at(0), 10, 100), (at(10), 10, 100), device="Apple Watch")
    phone = steps_table((at(5), 10, 90), (at(20), 10, 50), device="iPhone")
    assert total(merge([watch, phone], "steps")) == 250


def test_a_walk_without_the_watch_is_counted_by_the_phone():
    watch = steps_table((at(0), 10, 100), device="Apple Watch")
    phone = steps_table((at(600), 30, 2000), device="iPhone")
    assert total(merge([watch, phone], "steps")) == 2100


def test_of_two_devices_of_one_kind_the_one_with_more_steps_that_day_counts():
    day = timedelta(days=1)
    one = steps_table((at(0), 10, 100), (at(0) + day, 10, 10), device="Thing A")
    other = steps_table((at(0), 10, 80), (at(0) + day, 10, 70), device="Thing B")
    assert total(merge([one, other], "steps")) == 170


def test_which_days_are_merged_together_does_not_matter():
    """A day alone comes out as it does among three, whoever walked more on the others."""
    counts = {"Thing A": (100, 5, 5), "Thing B": (80, 90, 80)}

    def merged(days):
        return merge(
            [
                steps_table(*((at(1440 * day + 60), 10, own[day]) for day in days), device=name)
                for name, own in counts.items()
            ],
            "steps",
        )

    whole = merged(range(3))
    assert total(whole) == 100 + 90 + 80
    for day in range(3):
        assert rows_of(merged([day])) == rows_of(whole)[day : day + 1]


def test_a_row_that_reaches_past_midnight_takes_its_time_on_the_next_day():
    watch = steps_table((at(1430), 20, 30), device="Apple Watch")
    phone = steps_table((at(1445), 10, 25), (at(1455), 5, 7), device="iPhone")
    assert total(merge([watch, phone], "steps")) == 37


def test_for_each_night_the_device_that_tells_stages_counts():
    watch = sleep_table((at(0), at(400), "light", 0), device="Watch")
    phone = sleep_table((at(-30), at(480), "asleep", 0), device="iPhone")
    merged = merge([phone, watch], "sleep")
    assert set(merged["device"].to_pylist()) == {"Watch"}
    other = sleep_table((at(1440), at(1900), "asleep", 0), device="iPhone")
    assert set(merge([phone, watch, other], "sleep")["device"].to_pylist()) == {"Watch", "iPhone"}


@pytest.mark.parametrize("stream", ["heart_rate", "hrv_sdnn", "steps", "sleep"])
def test_a_sample_exported_in_two_time_zones_is_one_sample(stream):
    if stream == "steps":
        tables = [steps_table((at(0), 10, 100), east=east) for east in (60, 0)]
    elif stream == "sleep":
        tables = [sleep_table((at(0), at(400), "light", east)) for east in (60, 0)]
    else:
        tables = [value_table(stream, (at(0), 60), east=east) for east in (60, 0)]
    merged = merge(tables, stream)
    assert merged.num_rows == 1
    assert rows_of(merged) == rows_of(merge(tables[::-1], stream))


@pytest.mark.parametrize("stream", STREAMS)
def test_nothing_merged_is_nothing_in_the_canonical_schema(stream):
    assert merge([], stream).schema == STREAMS[stream]
    assert merge([empty(stream), empty(stream)], stream).schema == STREAMS[stream]
    assert merge([empty(stream)], stream).num_rows == 0


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("Apple Watch|apple_health", 0),
        ("AppleWatch6,2|", 0),
        ("Mi Band 7|gadgetbridge", 0),
        ("Oura Ring|", 0),
        ("garmin_fit|garmin", 0),
        ("My husband's phone|", 2),
        ("Monitoring app|", 1),
        ("Pixel 8|health_connect", 2),
    ],
)
def test_what_is_worn_is_told_by_whole_words(name, rank):
    assert merging._rank(name) == rank


@pytest.mark.parametrize(("told", "expected"), [(4_000, 8_000), (9_000, 9_000)])
def test_the_sum_of_a_day_hides_no_more_than_it_says(told, expected):
    hours = [(at(60 * hour), 60, 1_000) for hour in range(12, 20)]
    table = steps_table((at(0), 1439, told), *hours)
    merged = merge([table], "steps")
    assert total(merged) == expected
    assert rows_of(merge([merged], "steps")) == rows_of(merged)


def test_two_devices_resting_pulses_are_not_averaged():
    one = value_table("resting_heart_rate", (at(0), 66.0), device="A watch")
    other = value_table("resting_heart_rate", (at(5), 62.0), device="B watch")
    assert merge([one, other], "resting_heart_rate")["bpm"].to_pylist() == [66.0]
