"""Check-ins: one minute, sealed, taken back within ten, and seen by nobody without agreement."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from tests.people import NOW, agree

from heartsease.capture.journal import actions, queries
from heartsease.capture.journal.actions import CheckInValues, ImpossibleCheckIn
from heartsease.capture.journal.models import CheckIn
from heartsease.consent import actions as consent
from heartsease.consent import gate
from heartsease.people.actions import NotAllowed


@pytest.fixture
def alice(cast):
    agree(cast.alice)
    return cast.alice


@pytest.mark.parametrize(
    "values",
    [{}, {"note": ""}, {"mood": 0}, {"mood": 6}, {"worry": -1}, {"note": "x" * 5_001}],
)
def test_what_cannot_be_is_refused_before_anything_is_stored(values):
    with pytest.raises(ImpossibleCheckIn):
        CheckInValues(**values)


def test_one_answer_or_a_note_alone_is_enough(alice):
    actions.check_in(alice, CheckInValues(worry=4), now=NOW)
    actions.check_in(alice, CheckInValues(note="Slept at last."), now=NOW)
    first, second = queries.check_ins(alice, gate.SELF)
    assert (first.worry, first.mood, first.note) == (4, None, None)
    assert second.note == "Slept at last."


def test_values_and_note_stand_sealed_in_the_database(alice):
    actions.check_in(alice, CheckInValues(mood=1, note="nobody must read this"), now=NOW)
    with connection.cursor() as cursor:
        cursor.execute('SELECT "values", note FROM journal_checkin')
        values, note = (bytes(cell) for cell in cursor.fetchone())
    assert b"mood" not in values
    assert b"nobody" not in note


def test_the_day_is_the_one_where_the_person_lives(cast):
    cast.alice.timezone = "Pacific/Auckland"
    cast.alice.save()
    agree(cast.alice)
    late = datetime(2026, 5, 4, 13, 0, tzinfo=UTC)
    assert str(actions.check_in(cast.alice, CheckInValues(mood=3), now=late).day) == "2026-05-05"


def test_with_check_ins_switched_off_nothing_is_stored(cast):
    with pytest.raises(gate.NotConsented, match="Privacy"):
        actions.check_in(cast.alice, CheckInValues(mood=3), now=NOW)
    assert not CheckIn.objects.exists()


def test_a_check_in_is_taken_back_within_ten_minutes_and_only_by_its_owner(alice, cast):
    saved = actions.check_in(alice, CheckInValues(mood=3), now=NOW)
    with pytest.raises(NotAllowed):
        actions.undo(saved, by=cast.bob, now=NOW)
    with pytest.raises(NotAllowed, match="ten minutes"):
        actions.undo(saved, by=alice, now=NOW + timedelta(minutes=11))
    actions.undo(saved, by=alice, now=NOW + timedelta(minutes=9))
    assert not CheckIn.objects.exists()


def test_several_check_ins_of_a_day_count_as_their_mean_and_missing_days_stay_missing(alice):
    for mood in (2, 4):
        actions.check_in(alice, CheckInValues(mood=mood), now=NOW)
    actions.check_in(alice, CheckInValues(mood=5), now=NOW - timedelta(days=2))
    mood = queries.series(alice, 3, NOW.date())["mood"].values
    assert mood[0] == 5
    assert np.isnan(mood[1])
    assert mood[2] == 3


def test_the_team_sees_check_ins_only_while_they_are_shown(alice, cast):
    actions.check_in(alice, CheckInValues(mood=2, note="hard day"), now=NOW)
    assert [row.note for row in queries.check_ins(cast.bob, "care")] == ["hard day"]
    assert not queries.check_ins(cast.charlie, "care").exists()
    consent.withdraw(alice, "journal", "care", by=alice, now=NOW)
    assert not queries.check_ins(cast.bob, "care").exists()
    assert queries.check_ins(alice, gate.SELF).count() == 1
