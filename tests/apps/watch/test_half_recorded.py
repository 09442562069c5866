"""Half-recorded days are no change of a person: from a file to whether a team is told."""

from __future__ import annotations

import io
from datetime import timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from tests.apps.streams.devices import HEADER, NOW, hand_in
from tests.people import agree

from heartsease.capture.streams.daybook import OWN, keep_features
from heartsease.science.sensing.daily import daily_features
from heartsease.science.sensing.schema import STREAMS
from heartsease.watch import tasks
from heartsease.watch.models import Signal

DAYS, LATELY = 130, 20


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    with time_machine_at(NOW):
        yield cast.alice


def at(day, hours):
    """A moment of a day before NOW's, in hours after its midnight."""
    return NOW.replace(hour=0, minute=0) - timedelta(days=day) + timedelta(hours=float(hours))


def told(person, lines) -> list[str]:
    """The ways of changing that are told of a file."""
    row = hand_in(person, io.BytesIO((HEADER + "".join(lines)).encode()))
    assert row.status == "done", row.message
    tasks.compare(person, now=NOW)
    return sorted(Signal.objects.filter(person=person).values_list("feature", flat=True))


def pulse(day, hours, rng):
    """A pulse every six minutes of some hours of a day, slower in sleep."""
    return [
        f"{at(day, hour + minute / 60).isoformat()},,heart_rate,"
        f"{max(40, (56 if hour < 6 else 74) + rng.normal(0, 4)):.0f},,watch\n"
        for hour in hours
        for minute in range(0, 60, 6)
    ]


def test_a_watch_that_charges_at_night_is_no_strained_heart(alice):
    rng = np.random.default_rng(0)
    lines = []
    for day in range(DAYS, 0, -1):
        lines += pulse(day, range(24) if day > LATELY else range(9, 22), rng)
    assert told(alice, lines) == []


@pytest.mark.parametrize("broken", [True, False])
def test_a_battery_that_is_empty_at_three_is_no_shorter_and_no_earlier_sleep(alice, broken):
    """The same short nights are told where the pulse goes on after them."""
    rng = np.random.default_rng(0)
    lines = []
    for day in range(DAYS, 0, -1):
        onset, waking = rng.normal(-1, 0.4), 7 + rng.normal(0, 0.4)
        if day <= LATELY:
            waking = 3
        begin, end = at(day, onset).isoformat(), at(day, waking).isoformat()
        lines.append(f"{begin},{end},sleep,,asleep,watch\n")
        hours = [*range(3), *range(9, 24)] if broken and day <= LATELY else range(24)
        lines += pulse(day, hours, rng)
    of_sleep = {one for one in told(alice, lines) if ".sleep." in one}
    assert of_sleep == (set() if broken else {"wearables.sleep.less", "wearables.sleep.earlier"})


def test_sleep_until_the_battery_was_empty_is_no_shorter_sleep(alice):
    """Of a watch that tells nothing else, its battery says that it died."""
    rng = np.random.default_rng(0)
    lines = []
    for day in range(DAYS, 0, -1):
        waking = 7 + rng.normal(0, 0.4) if day > LATELY else 3
        begin, end = at(day, rng.normal(-1, 0.4)).isoformat(), at(day, waking).isoformat()
        lines.append(f"{begin},{end},sleep,,asleep,watch\n")
        lines.append(f"{end},,heartbeat,{60 if day > LATELY else 1},,watch\n")
    assert told(alice, lines) == []


def table(stream, rows):
    common = {"tz": 0, "source": "app", "device": "phone", "quality": 1}
    return pa.Table.from_pylist([common | row for row in rows], schema=STREAMS[stream])


def told_of(person, **streams) -> list[str]:
    """The ways of changing that are told of samples."""
    found = daily_features(streams).filter(pl.col("day") < NOW.date())
    keep_features(person.pk, found, source=OWN)
    tasks.compare(person, now=NOW)
    return sorted(Signal.objects.filter(person=person).values_list("feature", flat=True))


@pytest.mark.parametrize("broken", [True, False])
def test_a_log_that_breaks_off_at_noon_is_no_less_contact(alice, broken):
    """A third as many texts over whole days are."""
    agree(alice, streams=("contacts",))
    rng = np.random.default_rng(0)
    rows = []
    for day in range(DAYS, 0, -1):
        for number in range(rng.poisson(14)):
            hour = rng.uniform(7, 23)
            row = {"ts": at(day, hour), "kind": "text", "direction": 1, "contact": f"c{number % 5}"}
            gone = hour > 12 if broken else number % 3 != 0
            if day > LATELY or not gone:
                rows.append(row)
    found = told_of(alice, comm=table("comm", rows))
    assert found == ([] if broken else ["contacts.communication.less"])


def test_days_of_which_only_the_total_is_told_are_watched(alice):
    rng = np.random.default_rng(0)
    lines = [
        f"{at(day, 0).isoformat()},{at(day, 24).isoformat()},steps,"
        f"{max(rng.normal(8000, 900) - (5000 if day <= LATELY else 0), 0):.0f},,ring\n"
        for day in range(DAYS, 0, -1)
    ]
    assert told(alice, lines) == ["wearables.activity.less"]


@pytest.mark.parametrize("broken", [True, False])
def test_places_switched_off_by_day_are_no_less_going_out(alice, broken):
    """Whoever is seen at home by day is told."""
    agree(alice, streams=("places",))
    rng = np.random.default_rng(0)
    rows = []
    for day in range(DAYS, 0, -1):
        leaves, comes, far = 8.5 + rng.normal(0, 0.4), 17 + rng.normal(0, 0.7), rng.uniform(4, 7)
        shops = rng.random() < 0.5
        for hour in np.arange(0, 24, 1 / 6):
            away = far if leaves <= hour < comes else shops * (18 <= hour < 19)
            if day <= LATELY and 8 <= hour < 18:
                if broken:
                    continue
                away = 0
            place = {"lat": 52.5 + away / 100, "lon": 13.4, "accuracy_m": 5.0}
            rows.append({"ts": at(day, hour)} | place)
    found = told_of(alice, gps=table("gps", rows))
    assert found == ([] if broken else ["places.mobility.less"])
