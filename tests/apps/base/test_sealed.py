"""Sealed fields: what is stored is closed, and opens only in its own cell with its own key."""

import pytest
from django.core.exceptions import FieldError
from django.db import connection
from tests.people import NOW

from heartsease.base import crypto, keys
from heartsease.capture.journal.models import CheckIn
from heartsease.people.models import Person

SECRET = "nobody else may read this sentence"


@pytest.fixture
def note(cast):
    return CheckIn.objects.create(
        person=cast.alice, at=NOW, day=NOW.date(), values={"mood": 3}, note=SECRET
    )


def raw(row, column="note"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM journal_checkin WHERE id = %s", [key_of(row)])
        return bytes(cursor.fetchone()[0])


def key_of(row):
    return row.pk.hex if connection.vendor == "sqlite" else row.pk


def test_the_database_holds_no_plain_text(note):
    assert SECRET.encode() not in raw(note)
    assert CheckIn.objects.get(pk=note.pk).note == SECRET


def test_bytes_moved_to_another_row_do_not_open(note, cast):
    other = CheckIn.objects.create(
        person=cast.alice, at=NOW, day=NOW.date(), values={}, note="something else"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journal_checkin SET note = %s WHERE id = %s", [raw(note), key_of(other)]
        )
    with pytest.raises(crypto.CannotOpen):
        _ = CheckIn.objects.get(pk=other.pk).note


def test_bytes_moved_to_another_column_do_not_open(note):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journal_checkin SET note = %s WHERE id = %s",
            [raw(note, '"values"'), key_of(note)],
        )
    with pytest.raises(crypto.CannotOpen):
        _ = CheckIn.objects.get(pk=note.pk).note


def test_a_single_changed_bit_does_not_open(note):
    stored = bytearray(raw(note))
    stored[-1] ^= 1
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journal_checkin SET note = %s WHERE id = %s", [bytes(stored), key_of(note)]
        )
    with pytest.raises(crypto.CannotOpen):
        _ = CheckIn.objects.get(pk=note.pk).note


def test_without_the_persons_key_nothing_opens_again(note, cast):
    keys.destroy(cast.alice.pk)
    with pytest.raises(keys.KeyDestroyed):
        _ = CheckIn.objects.get(pk=note.pk).note
    with pytest.raises(keys.KeyDestroyed):
        _ = Person.objects.get(pk=cast.alice.pk).name


def test_a_held_key_is_forgotten_when_the_person_is_erased(note, cast):
    with keys.keyring():
        assert CheckIn.objects.get(pk=note.pk).note == SECRET
        keys.destroy(cast.alice.pk)
        with pytest.raises(keys.KeyDestroyed):
            _ = CheckIn.objects.get(pk=note.pk).note


def test_ways_around_sealing_are_refused(note):
    with pytest.raises(FieldError):
        CheckIn.objects.filter(pk=note.pk).update(note="plain")
    with pytest.raises(FieldError):
        CheckIn.objects.filter(note="plain").exists()
    note.note = "plain"
    with pytest.raises(FieldError):
        CheckIn.objects.bulk_update([note], ["note"])


def test_many_rows_are_sealed_one_by_one(cast):
    CheckIn.objects.bulk_create(
        CheckIn(person=cast.alice, at=NOW, day=NOW.date(), values={"mood": n}, note=str(n))
        for n in range(1, 4)
    )
    assert sorted(row.note for row in CheckIn.objects.all()) == ["1", "2", "3"]
    assert len({raw(row) for row in CheckIn.objects.all()}) == 3


def test_values_never_hand_out_plain_text(note):
    stored = CheckIn.objects.values_list("note", flat=True).get(pk=note.pk)
    assert SECRET.encode() not in bytes(stored)


def test_a_deferred_field_opens_when_it_is_asked_for(note):
    assert CheckIn.objects.defer("note").get(pk=note.pk).note == SECRET


def test_the_same_text_is_sealed_differently_each_time():
    key = crypto.new_key()
    assert crypto.seal(key, b"same", b"place") != crypto.seal(key, b"same", b"place")


def test_a_site_key_file_is_made_once_and_readable_by_its_owner_only(tmp_path):
    path = tmp_path / "site.key"
    first = crypto.load_site_key(path)
    assert crypto.load_site_key(path) == first
    assert path.stat().st_mode & 0o077 == 0


def test_a_damaged_site_key_is_named_and_not_replaced(tmp_path):
    path = tmp_path / "site.key"
    path.write_text("not a key")
    with pytest.raises(crypto.SiteKeyUnusable):
        crypto.load_site_key(path)
    assert path.read_text() == "not a key"
