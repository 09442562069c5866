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
from heartsease.capture.streams.models import Upload
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
