"""Phone, communication and keyboard: closed forms, and what must not be there."""

from datetime import UTC, date, datetime, timedelta
from math import isnan, log

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsease.science.sensing.features.communication import communication
from heartsease.science.sensing.features.keyboard import keyboard
from heartsease.science.sensing.features.phone import apps, screen
from heartsease.science.sensing.schema import SCREEN_STATES, STREAMS

MIDNIGHT = datetime(2026, 5, 4, tzinfo=UTC)
DAY = date(2026, 5, 4)


def table(stream, rows):
    common = {"tz": 0, "source": "s", "device": "d", "quality": 1}
    return pa.Table.from_pylist([common | row for row in rows], schema=STREAMS[stream])


def at(hours, minutes=0):
    return MIDNIGHT + timedelta(hours=hours, minutes=minutes)


def uses(*spans):
    rows = []
    for first, last in spans:
        rows += [{"ts": first, "status": 3}, {"ts": last, "status": 0}]
    return table("screen", rows)


def row(frame, place=0):
    return frame.row(place, named=True)


def test_uses_are_counted_and_timed():
    found = row(screen(uses((at(8), at(8, 10)), (at(20), at(20, 20)))))
    assert (found["unlocks"], found["screen_minutes"]) == (2, 30)
    assert (found["first_unlock_minutes"], found["last_unlock_minutes"]) == (480, 1200)
    assert found["night_screen_minutes"] == 0
    assert found["data_yield"] == pytest.approx(2 / 16)


def test_use_after_midnight_belongs_to_the_new_day_and_is_night():
    found = screen(uses((at(23, 40), at(24, 30))))
    assert found["screen_minutes"].to_list() == [20, 30]
    assert found["night_screen_minutes"].to_list() == [0, 30]
    late = row(screen(uses((at(4, 30), at(5, 30)))))
    assert (late["screen_minutes"], late["night_screen_minutes"]) == (60, 30)


def test_an_unlock_past_midnight_is_the_last_one_of_the_evening():
    """0:30 is the last of Monday and not the first of Tuesday, 4:00 is the first of Tuesday."""
    found = screen(uses((at(22), at(22, 5)), (at(24, 30), at(24, 35)), (at(28), at(28, 5))))
    assert found["day"].to_list() == [DAY, DAY + timedelta(1)]
    assert found["first_unlock_minutes"].to_list() == [22 * 60, 240]
    assert found["last_unlock_minutes"].to_list() == [1470, 240]
    assert found["unlocks"].to_list() == [1, 2]
    assert found["waking_yield"].to_list() == [2 / 16, 1 / 16]


def test_hours_before_four_alone_tell_the_evening_before_and_unlocks_of_the_day():
    found = screen(uses((at(0, 30), at(0, 35))))
    assert found["day"].to_list() == [DAY - timedelta(1), DAY]
    assert found["last_unlock_minutes"][0] == 1470
    assert isnan(found["unlocks"][0])
    assert found["unlocks"][1] == 1
    assert isnan(found["last_unlock_minutes"][1])


def test_an_end_that_was_never_told_is_no_use_of_hours():
    found = row(screen(uses((at(8), at(15)))))
    assert (found["unlocks"], found["screen_minutes"]) == (1, 0)


def test_phones_that_tell_no_unlocks_are_counted_by_their_screen():
    rows = [{"ts": at(9), "status": SCREEN_STATES["on"]}, {"ts": at(9, 5), "status": 0}]
    assert row(screen(table("screen", rows)))["unlocks"] == 1
    rows.insert(1, {"ts": at(9, 1), "status": SCREEN_STATES["unlocked"]})
    found = row(screen(table("screen", rows)))
    assert (found["unlocks"], found["screen_minutes"]) == (1, 5)


@given(st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 3)), min_size=1, max_size=80))
@settings(max_examples=60, deadline=None)
def test_no_day_has_more_use_than_minutes(events):
    rows = [{"ts": MIDNIGHT + timedelta(seconds=s), "status": one} for s, one in events]
    found = screen(table("screen", rows)).fill_nan(None)
    assert (found["screen_minutes"] <= 1440).all()
    assert (found["night_screen_minutes"] <= found["screen_minutes"]).all()
    assert found["data_yield"].is_between(0, 1).all()


def test_categories_of_equal_time_have_the_entropy_of_their_number():
    rows = [
        {"ts": at(9 + n), "end": at(9 + n, 20), "category": name}
        for n, name in enumerate(("chat", "news", "maps"))
    ]
    found = row(apps(table("app_use", rows)))
    assert found["app_minutes"] == 60
    assert found["app_category_entropy"] == pytest.approx(log(3))
    assert row(apps(table("app_use", rows[:1])))["app_category_entropy"] == 0


@given(
    st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 200_000)), min_size=1, max_size=20),
    st.sampled_from([0, 120, -330]),
)
@settings(max_examples=60, deadline=None)
def test_time_in_apps_is_divided_at_midnight_and_none_of_it_lost(spans, tz):
    """A day holds of each use as much as lies between its two midnights."""
    rows = [
        {
            "ts": MIDNIGHT + timedelta(seconds=first),
            "end": MIDNIGHT + timedelta(seconds=first + long),
            "category": "games",
            "tz": tz,
        }
        for first, long in spans
    ]
    found = apps(table("app_use", rows))
    for day, minutes in found.select("day", "app_minutes").iter_rows():
        begin = (day - DAY).days * 86_400 - tz * 60
        inside = [
            max(min(first + long, begin + 86_400) - max(first, begin), 0) for first, long in spans
        ]
        assert minutes == pytest.approx(sum(inside) / 60)
    assert found["app_minutes"].sum() == pytest.approx(sum(long for _, long in spans) / 60)
    assert found["day"].is_sorted()


def test_calls_and_texts_of_a_day():
    rows = [
        {"ts": at(9), "kind": "call", "direction": 1, "contact": "a", "seconds": 120},
        {"ts": at(10), "kind": "call", "direction": 2, "contact": "b", "seconds": 60},
        {"ts": at(11), "kind": "call", "direction": 3, "contact": "a", "seconds": None},
        {"ts": at(12), "kind": "text", "direction": 2, "contact": "a", "seconds": None},
    ]
    found = row(communication(table("comm", rows)))
    assert (found["calls"], found["call_minutes"], found["texts"]) == (2, 3, 1)
    assert found["missed_call_share"] == 0.5
    assert found["contacts"] == 2
    assert found["reciprocity"] == 0.5
    assert found["contact_entropy"] == pytest.approx(-(0.75 * log(0.75) + 0.25 * log(0.25)))


@given(st.lists(st.none() | st.integers(0, 900), max_size=8))
@settings(max_examples=40, deadline=None)
def test_calls_of_unknown_length_are_left_out_and_alone_give_no_minutes(lengths):
    rows = [{"ts": at(8), "kind": "text", "direction": 2, "contact": "a"}]
    rows += [
        {"ts": at(9), "kind": "call", "direction": 1, "contact": "a", "seconds": one}
        for one in lengths
    ]
    found = row(communication(table("comm", rows)))
    known = [one for one in lengths if one is not None]
    assert found["calls"] == len(lengths)
    if lengths and not known:
        assert isnan(found["call_minutes"])
    else:
        assert found["call_minutes"] == pytest.approx(sum(known) / 60)


def test_contacts_of_a_week_count_and_those_before_do_not():
    rows = [
        {"ts": at(24 * day + 9), "kind": "text", "direction": 1, "contact": f"c{day}"}
        for day in range(9)
    ]
    found = communication(table("comm", rows))
    assert found["contacts"].to_list() == [1, 2, 3, 4, 5, 6, 7, 7, 7]
    assert found["contact_entropy"][-1] == pytest.approx(log(7))


def test_a_day_without_incoming_calls_has_no_missed_share():
    rows = [{"ts": at(9), "kind": "text", "direction": 2, "contact": "a"}]
    assert isnan(row(communication(table("comm", rows)))["missed_call_share"])


def call(day):
    return {"ts": at(24 * day + 9), "kind": "call", "direction": 1, "contact": "a", "seconds": 60}


def sign(day, **more):
    return {"ts": at(24 * day + 9), "battery_percent": 50.0} | more


def test_a_day_without_calls_of_a_phone_that_was_on_has_none_of_them():
    signs = table("heartbeat", [sign(day) for day in (0, 1, 10)])
    found = communication(table("comm", [call(0), call(3)]), [signs])
    assert [(one - DAY).days for one in found["day"].to_list()] == [0, 1, 3, 10]
    assert found["calls"].to_list() == [1, 0, 1, 0]
    assert found["call_minutes"].to_list() == [1, 0, 1, 0]
    assert found["texts"].to_list() == [0] * 4
    # On the first of these days somebody had been in touch within the week, on the last nobody.
    assert found["contacts"].to_list() == [1, 1, 1, 0]
    assert isnan(found["contact_entropy"][3])
    assert isnan(found["missed_call_share"][1])


def test_a_day_without_calls_and_without_a_sign_of_the_phone_is_missing():
    assert communication(table("comm", [call(0), call(3)]))["day"].len() == 2


def test_a_sign_tells_nothing_before_the_first_call_nor_four_weeks_after_the_last():
    signs = table("heartbeat", [sign(day) for day in range(60)])
    found = communication(table("comm", [call(20)]), [signs])
    assert [(one - DAY).days for one in found["day"].to_list()] == list(range(20, 49))


def test_a_sign_of_another_app_tells_nothing_of_the_one_that_tells_of_calls():
    signs = [sign(1), sign(2, source="another")]
    for one in (table("heartbeat", signs), table("heartbeat", signs[:1])):
        found = communication(table("comm", [call(0)]), [one])
        assert found["calls"].to_list() == [1, 0]
    found = communication(table("comm", [call(0)]), [table("heartbeat", signs[1:])])
    assert found["calls"].to_list() == [1]


def test_the_yield_of_calls_is_the_span_in_which_their_source_told_anything():
    """A log that breaks off at noon has half of the day's calls, unless the phone goes on."""
    calls = table("comm", [call(0), call(1) | {"ts": at(24 + 12)}, call(1)])
    assert communication(calls)["data_yield"].to_list() == [1 / 16, 4 / 16]
    signs = table("heartbeat", [{"ts": at(22), "battery_percent": 9.0}])
    assert communication(calls, [signs])["data_yield"].to_list() == [14 / 16, 4 / 16]
    other = table("heartbeat", [{"ts": at(22), "battery_percent": 9.0, "source": "another"}])
    assert communication(calls, [other])["data_yield"].to_list() == [1 / 16, 4 / 16]


def test_figures_of_a_week_of_contacts_have_the_mean_yield_of_its_days():
    signs = [sign(day) | {"ts": at(24 * day + hour)} for day in range(9) for hour in (6, 21)]
    found = communication(
        table("comm", [call(day) for day in range(9)]), [table("heartbeat", signs)]
    )
    assert found["data_yield"].to_list() == [1] * 9
    expected = [min(day + 1, 7) / 7 for day in range(9)]
    assert found["week_yield"].to_list() == pytest.approx(expected)


@given(st.permutations(range(12)))
def test_the_order_of_rows_makes_no_difference(order):
    rows = [call(day // 3) | {"ts": at(24 * (day // 3) + 5 * (day % 3))} for day in range(12)]
    straight = communication(table("comm", rows))
    mixed = communication(table("comm", [rows[place] for place in order]))
    assert mixed["data_yield"].to_list() == straight["data_yield"].to_list()


def test_typing_is_told_by_its_rhythm_alone():
    rows = [
        {
            "ts": at(9) + timedelta(seconds=n),
            "latency_ms": 100.0 + n,
            "backspace": n % 10 == 0,
            "bout": n // 50,
        }
        for n in range(101)
    ]
    rows.append({"ts": at(10), "latency_ms": 9000.0, "backspace": False, "bout": 3})
    found = row(keyboard(table("keyboard", rows)))
    assert found["key_latency_ms"] == pytest.approx(150)
    assert found["key_latency_iqr_ms"] == pytest.approx(50)
    assert found["backspace_share"] == pytest.approx(11 / 102)
    assert found["typing_bouts"] == 4
    assert not {"key", "text", "word"} & set(STREAMS["keyboard"].names)


def test_few_keys_say_nothing():
    rows = [{"ts": at(9), "latency_ms": 100.0, "backspace": False, "bout": 0}] * 49
    assert keyboard(table("keyboard", rows)).is_empty()


def test_nothing_gives_no_rows():
    for stream, feature in (
        ("screen", screen),
        ("app_use", apps),
        ("comm", communication),
        ("keyboard", keyboard),
    ):
        assert feature(STREAMS[stream].empty_table()).is_empty()
