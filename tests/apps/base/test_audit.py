"""The audit chain: every kind of tampering shows."""

import threading

import pytest
from django.db import connection
from django.utils import timezone
from tests.people import NOW

from heartsease.base import audit
from heartsease.base.models import AuditEntry, AuditHead


@pytest.fixture
def chain(db):
    for number in range(6):
        audit.record(f"test.{number}", by=None, now=NOW)
    assert list(audit.faults()) == []


def test_an_untouched_chain_holds(chain):
    assert list(audit.faults()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"action": "something.else"},
        {"actor": "somebody"},
        {"subject": "x"},
        {"at": timezone.now()},
        {"resource": "r"},
        {"purpose": "p"},
    ],
)
def test_a_changed_link_shows(chain, change):
    AuditEntry.objects.filter(number=3).update(**change)
    assert [fault.number for fault in audit.faults()] == [3]


def test_a_changed_link_with_a_recomputed_digest_shows_at_the_next(chain):
    entry = AuditEntry.objects.get(number=3)
    entry.action = "forged"
    AuditEntry.objects.filter(number=3).update(action="forged", digest=audit.digest_of(entry))
    assert 4 in {fault.number for fault in audit.faults()}


def test_a_removed_link_shows(chain):
    AuditEntry.objects.filter(number=3).delete()
    assert list(audit.faults())


def test_a_cut_end_shows(chain):
    AuditEntry.objects.filter(number__gt=4).delete()
    assert list(audit.faults())


def test_a_cut_end_with_a_moved_head_shows(chain):
    AuditEntry.objects.filter(number__gt=4).delete()
    last = AuditEntry.objects.get(number=4)
    AuditHead.objects.update(number=4, digest=last.digest)
    assert list(audit.faults())


def test_a_whole_chain_rewritten_without_the_site_key_shows(chain):
    previous = audit.START
    for entry in AuditEntry.objects.order_by("number"):
        entry.action, entry.previous = "rewritten", previous
        entry.digest = previous = audit.digest_of(entry)
        entry.save()
    AuditHead.objects.update(digest=previous)
    assert list(audit.faults())


def test_a_missing_head_shows(chain):
    AuditHead.objects.all().delete()
    assert list(audit.faults())


def test_a_link_of_a_transaction_that_failed_is_not_there(db):
    from django.db import transaction

    with pytest.raises(ValueError, match="on purpose"), transaction.atomic():
        audit.record("never", by=None, now=NOW)
        raise ValueError("on purpose")
    assert not AuditEntry.objects.exists()
    audit.record("first", by=None, now=NOW)
    assert list(audit.faults()) == []


@pytest.mark.django_db(transaction=True)
def test_many_writers_at_once_make_one_chain():
    def write():
        try:
            for _ in range(10):
                audit.record("at.once", by=None, now=NOW)
        finally:
            connection.close()

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert AuditEntry.objects.count() == 80
    assert list(audit.faults()) == []


def test_persons_appear_as_pseudonyms(cast):
    entries = audit.about(cast.alice.pk)
    assert entries.exists()
    assert not any(str(cast.alice.pk) in entry.subject for entry in entries)
