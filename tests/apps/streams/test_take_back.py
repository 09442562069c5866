"""A file is taken back: what it alone brought goes, everything else stays as if it never came."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from tests.apps.streams.devices import (
    NOW,
    digests,
    features,
    file_of,
    hand_in,
    left_over,
    night,
    steps,
)
from tests.people import agree

from heartsease.base import audit
from heartsease.base.errors import Missing
from heartsease.capture.streams import actions
from heartsease.capture.streams import tasks as reading
from heartsease.capture.streams.models import DailyFeature, Upload
from heartsease.consent import actions as consent
from heartsease.people.actions import NotAllowed


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    with time_machine_at(NOW):
        yield cast.alice


def state(person):
    return digests(person), features(person)


def test_a_wrong_file_goes_with_everything_it_brought(alice, tmp_path):
    hand_in(alice, file_of(*(line for d in (1, 2, 9) for line in (steps(d, 900), night(d)))))
    before = state(alice)
    wrong = [line for d in range(1, 12) for line in (steps(d, 7000, hour=14), night(d, 3.0))]
    row = hand_in(alice, file_of(*wrong))
    assert state(alice) != before
    actions.take_back(row, by=alice, now=NOW)
    assert state(alice) == before
    assert Upload.objects.filter(person=alice).count() == 1
    assert left_over(tmp_path) == []
    assert audit.about(alice.pk).filter(action="data.taken_back").count() == 1


def test_what_two_files_brought_goes_with_the_second(alice):
    lines = [line for d in range(1, 5) for line in (steps(d, 900), night(d))]
    first, second = hand_in(alice, file_of(*lines)), hand_in(alice, file_of(*lines))
    both = state(alice)
    actions.take_back(first, by=alice, now=NOW)
    assert state(alice) == both
    actions.take_back(second, by=alice, now=NOW)
    assert state(alice) == ({}, {})


def test_what_a_device_sent_too_stays(alice):
    row = hand_in(alice, file_of(steps(1, 900), steps(2, 800)))
    source, _ = actions.connect(alice, "watch", by=alice, now=NOW)
    pushed = actions.push(source, file_of(steps(1, 900)), now=NOW)
    reading.read_upload.call(str(pushed.id))
    with pytest.raises(NotAllowed):
        actions.take_back(pushed, by=alice, now=NOW)
    actions.take_back(row, by=alice, now=NOW)
    assert set(digests(alice)) == {("steps", "2026-05-03")}
    assert features(alice)["steps", "2026-05-03"] == 900
    assert ("steps", "2026-05-02") not in features(alice)


def test_ready_values_and_days_whose_samples_are_not_kept_go_too(alice):
    ready = b"day,feature,value\n2026-05-02,steps,7000\n2026-05-02,mood,4\n"
    old = [line for d in range(500, 510) for line in (steps(d, 700), night(d))]
    mine = hand_in(alice, file_of(*old[:4]))
    before = state(alice)
    rows = [hand_in(alice, io.BytesIO(ready), "days.csv"), hand_in(alice, file_of(*old))]
    for row in rows:
        actions.take_back(row, by=alice, now=NOW)
    assert state(alice) == before
    actions.take_back(mine, by=alice, now=NOW)
    assert state(alice) == ({}, {})


def test_a_file_taken_back_after_its_samples_were_forgotten_leaves_no_number(
    alice, time_machine_at
):
    row = hand_in(
        alice, file_of(*(line for d in range(1, 40) for line in (steps(d, 700), night(d))))
    )
    later = NOW + timedelta(days=380)
    with time_machine_at(later):
        reading.forget_old_samples(later)
        actions.take_back(row, by=alice, now=later)
    assert state(alice) == ({}, {})


def test_a_file_that_was_not_read_yet_is_never_read(alice, tmp_path):
    row = hand_in(alice, file_of(steps(1, 900)), read=False)
    actions.take_back(row, by=alice, now=NOW)
    reading.read_upload.call(str(row.id))
    assert state(alice) == ({}, {})
    assert left_over(tmp_path) == []


def test_a_file_is_taken_back_once_and_by_nobody_else(alice, cast):
    row = hand_in(alice, file_of(steps(1, 900)))
    for by in (cast.bob, cast.ada, cast.pat):
        with pytest.raises(NotAllowed):
            actions.take_back(row, by=by, now=NOW)
    again = Upload.objects.get(pk=row.pk)
    actions.take_back(row, by=alice, now=NOW)
    with pytest.raises(Missing):
        actions.take_back(again, by=alice, now=NOW)


def test_a_file_taken_back_during_a_pause_leaves_no_number(alice):
    row = hand_in(alice, file_of(steps(1, 900), night(1)))
    consent.withdraw(alice, "wearables", "keep", by=alice, now=NOW)
    actions.take_back(row, by=alice, now=NOW)
    assert state(alice) == ({}, {})


READY = b"day,feature,value\n" + b"".join(
    b"2026-05-0%d,steps,%d\n" % (day, value) for day, value in ((1, 7100), (2, 7200), (3, 900))
)
READY_VALUES = {("steps", "2026-05-01"): 7100, ("steps", "2026-05-02"): 7200} | {
    ("steps", "2026-05-03"): 900
}


def days_and_samples(person, *, ready_first, settled=False):
    """Ready-made values of three days, and samples for two of them, one of which says the same."""
    sent = {}
    for name in ("days", "plain") if ready_first else ("plain", "days"):
        if name == "days":
            moved = READY.replace(b"2026-05", b"2024-05") if settled else READY
            sent[name] = hand_in(person, io.BytesIO(moved), "days.csv")
        else:
            back = 730 if settled else 0
            lines = (steps(1 + back, 900), steps(2 + back, 800), night(1 + back))
            sent[name] = hand_in(person, file_of(*lines), "plain.csv")
    return sent["days"], sent["plain"]


def steps_of(person):
    """The steps of each day, of 2024 or 2026."""
    found = features(person).items()
    return {(name, "2026" + day[4:]): value for (name, day), value in found if name == "steps"}


@pytest.fixture
def all_days(alice, request):
    first, settled = request.param
    return (alice, *days_and_samples(alice, ready_first=first, settled=settled))


ORDERS = pytest.mark.parametrize(
    "all_days",
    [(True, False), (False, False), (True, True), (False, True)],
    ids=["ready first", "samples first", "ready first, old", "samples first, old"],
    indirect=True,
)


@ORDERS
def test_ready_values_are_back_once_the_samples_in_their_place_go(all_days):
    alice, days, plain = all_days
    own = {("steps", "2026-05-03"): 900, ("steps", "2026-05-02"): 800}
    assert steps_of(alice) == READY_VALUES | own
    actions.take_back(plain, by=alice, now=NOW)
    assert steps_of(alice) == READY_VALUES
    rows = DailyFeature.objects.filter(person=alice)
    assert {(row.source, *row.brought_by) for row in rows} == {("file", str(days.id))}
    actions.take_back(days, by=alice, now=NOW)
    assert state(alice) == ({}, {})


@ORDERS
def test_own_values_stay_where_the_ready_ones_are_taken_back(all_days):
    alice, days, plain = all_days
    actions.take_back(days, by=alice, now=NOW)
    assert steps_of(alice) == {("steps", "2026-05-03"): 900, ("steps", "2026-05-02"): 800}
    rows = DailyFeature.objects.filter(person=alice)
    assert {(row.source, row.replaced) for row in rows} == {("own", None)}
    actions.take_back(plain, by=alice, now=NOW)
    assert state(alice) == ({}, {})


def test_ready_values_that_two_files_brought_are_back_while_one_of_them_is_there(alice):
    days, plain = days_and_samples(alice, ready_first=True)
    again = hand_in(alice, io.BytesIO(READY), "again.csv")
    actions.take_back(days, by=alice, now=NOW)
    actions.take_back(plain, by=alice, now=NOW)
    assert steps_of(alice) == READY_VALUES
    actions.take_back(again, by=alice, now=NOW)
    assert state(alice) == ({}, {})


def test_a_value_of_samples_that_is_made_otherwise_later_keeps_the_ready_one(alice):
    _, plain = days_and_samples(alice, ready_first=True)
    more = hand_in(alice, file_of(steps(2, 50, hour=15)), "more.csv")
    assert steps_of(alice)["steps", "2026-05-02"] == 850
    for row in (plain, more):
        actions.take_back(row, by=alice, now=NOW)
    assert steps_of(alice) == READY_VALUES


def test_a_ready_value_that_made_room_for_another_file_s_is_back(alice):
    first = hand_in(alice, io.BytesIO(b"day,feature,value\n2026-05-02,steps,7000\n"), "a.csv")
    second = hand_in(alice, io.BytesIO(b"day,feature,value\n2026-05-02,steps,1\n"), "b.csv")
    actions.take_back(second, by=alice, now=NOW)
    assert features(alice) == {("steps", "2026-05-02"): 7000.0}
    actions.take_back(first, by=alice, now=NOW)
    assert features(alice) == {}


def test_of_two_files_taken_back_at_once_nothing_stays(alice, monkeypatch):
    body = [steps(day, 900) for day in range(1, 6)]
    rows = [hand_in(alice, file_of(*body), name) for name in ("a.csv", "b.csv")]
    without = actions.draft.without
    waiting = [rows[0]]

    def meanwhile(row, spool, oldest):
        made = without(row, spool, oldest)
        if waiting:
            actions.take_back(waiting.pop(), by=alice, now=NOW)
        return made

    monkeypatch.setattr(actions.draft, "without", meanwhile)
    actions.take_back(rows[1], by=alice, now=NOW)
    assert state(alice) == ({}, {})
