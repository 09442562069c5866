"""Nights in which a device fell silent: nobody saw the sleeper wake, so nothing is known of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from tests.science.sensing.exports import sleep_table, steps_table, value_table

from heartsease.science.course.domains import domains
from heartsease.science.sensing.daily import daily_features
from heartsease.science.sensing.schema import STREAMS

EVENING = datetime(2026, 4, 1, 23, 0, tzinfo=UTC)
DAY = date(2026, 4, 2)
LEFT_OUT = (
    "minutes_asleep",
    "midsleep_minutes",
    "sleep_offset_minutes",
    "sleep_efficiency",
    "minutes_awake_at_night",
    "deep_sleep_share",
    "rem_sleep_share",
)


def at(hour, night=0):
    """A moment of a night, in hours after the midnight within it."""
    return EVENING + timedelta(days=night, hours=hour + 1)


def stages(until, night=0):
    """Light, deep, REM sleep and a while awake from 23 until an hour of the clock."""
    first, last = at(-1, night), at(until, night)
    part = (last - first) / 4
    names = ("light", "awake", "deep", "rem")
    return [(first + n * part, first + (n + 1) * part, name, 0) for n, name in enumerate(names)]


def pulse(*spans, device="Watch"):
    """A pulse every five minutes between hours after midnight."""
    rows = [
        (at(first) + timedelta(minutes=5 * n), 60)
        for first, last in spans
        for n in range(int((last - first) * 12))
    ]
    table = value_table("heart_rate", *rows)
    return table.set_column(
        table.schema.get_field_index("device"), "device", pa.array([device] * len(rows))
    )


def made(*rows, **streams):
    frame = daily_features({"sleep": sleep_table(*rows), **streams})
    return {(feature, day): share for day, feature, _, share in frame.iter_rows()}


def broke_off(*rows, **streams) -> bool:
    """Whether the night of DAY broke off, by what is told of it and of nothing else."""
    found = made(*rows, **streams)
    shares = {found[name, DAY] for name in LEFT_OUT}
    assert found["sleep_onset_minutes", DAY] == 1
    assert shares in ({0.0}, {1.0})
    return shares == {0.0}


def test_a_watch_whose_pulse_ends_with_its_sleep_and_begins_hours_later_saw_no_waking():
    assert broke_off(*stages(3), heart_rate=pulse((-3, 3), (9, 20)))
    assert all(domains().least_yield[name] > 0 for name in LEFT_OUT)


def test_a_pulse_that_goes_on_after_waking_makes_a_whole_night_however_short():
    assert not broke_off(*stages(3), heart_rate=pulse((-3, 20)))


def test_a_watch_that_is_charged_for_an_hour_after_waking_saw_it():
    assert not broke_off(*stages(7), heart_rate=pulse((-3, 7), (8, 20)))


def test_an_export_that_holds_sleep_alone_has_ordinary_nights():
    assert not broke_off(*stages(3), *stages(7, night=1))


def test_a_ring_that_measures_at_night_alone_has_ordinary_nights():
    assert not broke_off(*stages(7), *stages(7, night=1), heart_rate=pulse((-1, 7), (23, 31)))


def test_the_newest_night_is_not_judged_before_anything_has_come_after_it():
    assert not broke_off(*stages(7), heart_rate=pulse((-3, 7)))


def test_another_device_says_nothing_of_the_one_that_tells_of_sleep():
    """Neither that it died, nor that it was there."""
    assert not broke_off(*stages(3), heart_rate=pulse((-3, 3), (9, 20), device="Belt"))
    both = pa.concat_tables([pulse((-3, 3), (9, 20)), pulse((3, 9), device="Belt")])
    assert broke_off(*stages(3), heart_rate=both)


def test_who_lies_awake_takes_no_step_so_steps_alone_are_waited_for_longer():
    def steps(*hours):
        return steps_table(*((at(hour), 10, 50) for hour in hours))

    assert not broke_off(*stages(7), steps=steps(10, 15))
    assert broke_off(*stages(3), steps=steps(-2, 9, 15))
    assert not broke_off(*stages(3), steps=steps(-2, 4, 15))


def test_a_days_total_says_nothing_of_a_moment():
    total = steps_table((at(0), 1440, 8000))
    assert broke_off(*stages(3), heart_rate=pulse((-3, 3), (9, 20)), steps=total)
    assert not broke_off(*stages(3), steps=total)


@pytest.mark.parametrize(("percent", "broken"), [(3, True), (60, False), (None, False)])
def test_an_empty_battery_is_the_last_that_was_told(percent, broken):
    common = {"tz": 0, "source": "test", "device": "Watch", "quality": 1}
    row = {"ts": at(3), "battery_percent": percent} | common
    row["source"] = sleep_table(*stages(3))["source"][0].as_py()
    signs = pa.Table.from_pylist([row], schema=STREAMS["heartbeat"])
    assert broke_off(*stages(3), *stages(7, night=1), heartbeat=signs) == broken


def test_being_told_awake_afterwards_is_a_waking():
    awake = (at(3), at(3.2), "awake", 0)
    assert not broke_off(*stages(3), awake, heart_rate=pulse((-3, 3), (9, 20)))


def test_figures_of_a_week_leave_such_nights_out():
    whole = [row for night in range(7) for row in stages(7, night)]
    broken = [row for row in whole if not at(0, 3) < row[1] < at(12, 3)] + stages(3, night=3)
    days = pulse(*((24 * night - 3, 24 * night + 20) for night in range(7) if night != 3))
    third = pulse((3 * 24 - 3, 3 * 24 + 3), (3 * 24 + 9, 3 * 24 + 20))
    told = {"heart_rate": pa.concat_tables([days, third])}
    values = {
        (feature, day): value
        for day, feature, value, _ in daily_features(
            {"sleep": sleep_table(*sorted(broken)), **told}
        ).iter_rows()
    }
    last = DAY + timedelta(days=6)
    assert values["midsleep_variability_minutes", last] == 0
    assert values["sleep_regularity_index", last] == 100
    assert ("midsleep_variability_minutes", DAY + timedelta(days=3)) not in values
