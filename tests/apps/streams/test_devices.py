"""Days of another device, or made by an older definition, are not compared with those of now."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from tests.apps.streams.devices import NOW, file_of, hand_in, night, steps
from tests.people import agree

from heartsease.capture.streams import actions as streams
from heartsease.capture.streams import queries, renewal
from heartsease.capture.streams.models import DailyFeature
from heartsease.consent import gate
from heartsease.watch import actions as watch_actions
from heartsease.watch import queries as watch
from heartsease.watch import tasks
from heartsease.watch.models import Alert, Outcome, Signal

TODAY = NOW.date()


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    with time_machine_at(NOW):
        yield cast.alice


def comparable(person, feature="steps", days=160):
    last = TODAY - timedelta(days=1)
    return queries.comparable(person, days, last, actor=gate.MACHINE, purpose="early_warning")[
        feature
    ]


def whole_day(day: int, count: int, device: str) -> list[str]:
    return [steps(day, count // 2, device=device, hour=hour) for hour in (7, 19)]


def walked(person, devices: dict[int, tuple[str, int]]):
    """Steps of days ago, each from one device."""
    rng = np.random.default_rng(1)
    lines = []
    for day, (device, count) in devices.items():
        lines += whole_day(day, int(count + rng.normal(0, 300)), device)
    return hand_in(person, file_of(*lines))


def test_a_new_watch_is_no_change_and_makes_a_usual_of_its_own(alice, cast):
    days = dict.fromkeys(range(140, 16, -1), ("Old watch", 9000))
    walked(alice, days | dict.fromkeys(range(16, 0, -1), ("New watch", 5000)))
    found = comparable(alice)
    assert found.since == TODAY - timedelta(days=16)
    assert found.series.days_with_data == 16
    assert tasks.compare(alice, now=NOW) == []
    (why,) = watch.verdicts_of(cast.bob, [alice])[alice.pk]["activity"]
    assert why.startswith("A new device since 18 April")
    assert watch.usual_ranges(alice, 120, TODAY)["steps"][1] < 6_000


def test_the_same_fall_on_the_same_watch_is_a_change(alice):
    days = dict.fromkeys(range(140, 16, -1), ("Old watch", 9000))
    walked(alice, days | dict.fromkeys(range(16, 0, -1), ("Old watch", 5000)))
    assert comparable(alice).since is None
    (signal,) = tasks.compare(alice, now=NOW)
    assert signal.way == "activity.less"


def test_a_change_that_was_on_is_not_known_any_more_with_a_new_watch(alice):
    days = dict.fromkeys(range(140, 16, -1), ("Old watch", 9000))
    walked(alice, days | dict.fromkeys(range(16, 0, -1), ("Old watch", 5000)))
    tasks.compare(alice, now=NOW)
    DailyFeature.objects.filter(day__gte=TODAY - timedelta(days=9)).update(device="another")
    tasks.compare(alice, now=NOW)
    assert not Signal.objects.filter(ended_at=None).exists()


def test_days_on_which_the_watch_was_left_at_home_are_missing_and_not_quiet(alice):
    days = dict.fromkeys(range(60, 0, -1), ("Watch", 9000))
    for day in (3, 7, 21):
        days[day] = ("Phone", 2_000)
    walked(alice, days)
    found = comparable(alice)
    assert found.series.days_with_data == 57
    assert np.nanmin(found.series.values) > 7_000


def test_the_device_of_a_night_is_the_one_that_recorded_it(alice):
    hand_in(
        alice, file_of(*(night(day, device="Ring" if day < 5 else "Watch") for day in range(9)))
    )
    rows = DailyFeature.objects.filter(feature="minutes_asleep").order_by("-day")
    devices = [row.device for row in rows]
    assert len(set(devices)) == 2
    assert devices[:5] == devices[:1] * 5
    assert "Ring" not in "".join(devices)


def test_nothing_of_a_device_s_name_is_stored_and_two_people_s_differ(alice, cast):
    agree(cast.pat)
    for person in (alice, cast.pat):
        hand_in(person, file_of(steps(1, 5_000, device="Alice's watch")))
    one, other = DailyFeature.objects.filter(feature="steps").values_list("device", flat=True)
    assert one != other
    assert "lice" not in one + other


def test_days_of_which_no_device_is_known_go_with_any(alice):
    walked(alice, dict.fromkeys(range(60, 0, -1), ("Watch", 9000)))
    DailyFeature.objects.filter(day__lt=TODAY - timedelta(days=20)).update(device="")
    assert comparable(alice).series.days_with_data == 60


def test_an_older_definition_is_made_anew_of_the_samples_and_left_out_until_then(alice):
    walked(alice, dict.fromkeys(range(60, 0, -1), ("Watch", 9000)))
    now = dict(DailyFeature.objects.filter(feature="steps").values_list("day", "value"))
    DailyFeature.objects.filter(feature="steps").update(definition_version="0", value=1.0)
    assert comparable(alice).series.days_with_data == 0
    renewal.renew.call(str(alice.pk))
    assert dict(DailyFeature.objects.filter(feature="steps").values_list("day", "value")) == now
    assert comparable(alice).series.days_with_data == 60


def test_what_needs_no_renewal_asks_for_none(alice, monkeypatch):
    asked = []
    monkeypatch.setattr(renewal, "renew", SimpleNamespace(enqueue=asked.append))
    walked(alice, {1: ("Watch", 9_000)})
    renewal.renew_features(NOW)
    assert asked == []
    DailyFeature.objects.filter(feature="steps").update(definition_version="0")
    renewal.renew_features(NOW)
    assert asked == [str(alice.pk)]
    renewal.renew_features(NOW + timedelta(days=4_000))
    assert asked == [str(alice.pk)], "its samples are gone by then"


def test_taking_a_file_back_ends_the_alert_that_rested_on_it(alice, cast):
    days = dict.fromkeys(range(140, 16, -1), ("Old watch", 9000))
    row = walked(alice, days | dict.fromkeys(range(16, 0, -1), ("Old watch", 5000)))
    tasks.compare(alice, now=NOW)
    watch_actions.acknowledge(Alert.objects.get(), by=cast.bob, now=NOW)
    streams.take_back(row, by=alice, now=NOW)
    tasks.look_without.call(str(alice.pk))
    alert = Alert.objects.get()
    assert alert.outcome == Outcome.WITHDRAWN
    assert "took back" in alert.end_reason
    assert not Signal.objects.filter(ended_at=None).exists()


def test_the_day_of_a_new_device_is_the_one_after_the_last_of_another(alice):
    days = dict.fromkeys(range(60, 8, -1), ("A", 9000))
    walked(alice, days | dict.fromkeys(range(8, 0, -1), ("B", 9000)))
    DailyFeature.objects.filter(day__lt=TODAY - timedelta(days=50)).update(device="")
    assert comparable(alice).since == TODAY - timedelta(days=8)


def test_taking_back_a_file_that_changed_nothing_ends_no_alert(alice, cast):
    days = dict.fromkeys(range(140, 16, -1), ("Old watch", 9000))
    walked(alice, days | dict.fromkeys(range(16, 0, -1), ("Old watch", 5000)))
    tasks.compare(alice, now=NOW)
    watch_actions.acknowledge(Alert.objects.get(), by=cast.bob, now=NOW)
    watch_actions.end_signal(Signal.objects.get(), now=NOW)
    DailyFeature.objects.all().delete()
    tasks.look_without.call(str(alice.pk))
    assert Alert.objects.get().ended_at is None
