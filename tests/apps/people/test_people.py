"""Accounts, teams and care relations; erasing a person destroys what only their key opened."""

from datetime import timedelta

import pytest
from tests.people import NOW, agree

from heartsease.base import audit, keys
from heartsease.base.models import PersonKey
from heartsease.capture.journal import actions as journal
from heartsease.capture.journal.actions import CheckInValues
from heartsease.capture.journal.models import CheckIn
from heartsease.capture.measures import actions as measures
from heartsease.capture.measures.models import Response
from heartsease.care.plans.models import CarePlan, Proposal
from heartsease.consent import gate
from heartsease.people import actions, queries
from heartsease.people.models import CareRelation, Person, Role
from heartsease.watch.models import Alert


def test_a_new_patient_is_in_the_intake_teams_care_from_the_first_minute(cast):
    person = actions.register("new@example.org", "New", Role.PATIENT, now=NOW)
    assert [team.name for team in queries.teams_caring_for(person.pk)] == ["Riverside"]
    assert gate.known_to(cast.bob).filter(pk=person.pk).exists()


def test_a_name_stands_sealed_and_opens_with_the_persons_key(cast):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM people_person")
        names = b"".join(bytes(row[0]) for row in cursor.fetchall())
    assert b"Alice" not in names
    assert Person.objects.get(pk=cast.alice.pk).name == "Alice"


def test_an_address_is_the_same_whatever_its_capitals(cast):
    person = actions.register("Mixed@Example.org", "M", Role.PATIENT, now=NOW)
    assert Person.objects.get_by_natural_key("MIXED@example.ORG") == person


def test_only_clinicians_join_a_team(cast):
    for other in (cast.alice, cast.ada, cast.otto):
        with pytest.raises(actions.NotAllowed):
            actions.join(cast.riverside, other, by=cast.ada, now=NOW)


def test_leaving_a_team_or_ending_care_closes_the_record_at_the_next_read(cast):
    agree(cast.alice)
    assert gate.seen_by(cast.bob, "care", "journal").exists()
    actions.leave(cast.riverside, cast.bob, by=cast.ada, now=NOW)
    assert not gate.seen_by(cast.bob, "care", "journal").exists()
    relation = CareRelation.objects.get(patient=cast.alice, ended=None)
    assert relation.lead is None
    actions.end_care(relation, by=cast.ada, now=NOW)
    assert not gate.seen_by(cast.sue, "care", "journal").exists()


def test_taking_somebody_into_care_twice_keeps_one_relation(cast):
    actions.take_into_care(cast.alice, cast.riverside, by=cast.ada, now=NOW, lead=cast.sue)
    relation = CareRelation.objects.get(patient=cast.alice, team=cast.riverside, ended=None)
    assert relation.lead == cast.sue


@pytest.fixture
def erased(cast):
    """Alice with something of every kind, and then her account deleted."""
    alice = cast.alice
    agree(alice)
    journal.check_in(alice, CheckInValues(mood=2, note="private"), now=NOW)
    asked = measures.assign(alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    measures.answer(asked, dict.fromkeys(range(1, 10), 2), by=alice, now=NOW)
    actions.erase(alice, by=alice, now=NOW + timedelta(hours=1))
    return alice


def test_erasing_removes_every_row_and_the_key(erased):
    for model in (CheckIn, Response, Alert, Proposal, CarePlan):
        assert not model.objects.filter(person=erased).exists()
    assert not PersonKey.objects.filter(owner=erased.pk).exists()
    shell = Person.objects.get(pk=erased.pk)
    assert not shell.is_active
    assert "erased" in shell.email
    with pytest.raises(keys.KeyDestroyed):
        _ = shell.name


def test_a_copy_of_the_rows_from_before_opens_no_more(cast):
    """What a backup of the data without the key is worth after an erasure: nothing."""
    agree(cast.alice)
    saved = journal.check_in(cast.alice, CheckInValues(note="private"), now=NOW)
    copy = CheckIn.objects.get(pk=saved.pk)
    actions.erase(cast.alice, by=cast.alice, now=NOW)
    with pytest.raises(keys.KeyDestroyed):
        _ = copy.note


def test_the_log_keeps_its_meaning_after_an_erasure(erased, cast):
    assert list(audit.faults()) == []
    assert "person.erased" in audit.about(erased.pk).values_list("action", flat=True)
    assert not gate.known_to(cast.bob).filter(pk=erased.pk).exists()


def test_nobody_erases_somebody_else(cast):
    for other in (cast.bob, cast.ada, cast.pat):
        with pytest.raises(actions.NotAllowed):
            actions.erase(cast.alice, by=other, now=NOW)


def test_an_erased_persons_address_stands_nowhere_and_is_free_again(cast):
    """Every text column of every table is searched for the address."""
    from allauth.account.models import EmailAddress
    from django.apps import apps
    from django.db import models
    from django.test import Client

    address = cast.alice.email
    EmailAddress.objects.create(user=cast.alice, email=address, primary=True, verified=True)
    client = Client()
    client.force_login(cast.alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    actions.erase(cast.alice, by=cast.alice, now=NOW)
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, models.CharField | models.TextField):
                found = model._default_manager.filter(**{f"{field.name}__contains": address})
                assert not found.exists(), (model, field.name)
    assert client.get("/privacy/").status_code == 302
    actions.register(address, "Again", Role.PATIENT, now=NOW)


def test_an_address_that_only_looks_alike_is_somebody_else(cast):
    with pytest.raises(Person.DoesNotExist):
        Person.objects.get_by_natural_key("al\u0131ce@example.org")


def test_alerts_of_a_clinician_who_left_go_to_somebody_who_may_see_them(cast):
    from heartsease.watch import actions as watch

    agree(cast.alice)
    asked = measures.assign(cast.alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    measures.answer(asked, {9: 2}, by=cast.alice, now=NOW)
    watch.acknowledge(Alert.objects.get(), by=cast.bob, now=NOW)
    actions.leave(cast.riverside, cast.bob, by=cast.ada, now=NOW)
    alert = Alert.objects.get()
    assert alert.owner == cast.sue
    assert alert.acknowledged_at is None


def test_a_patients_own_acts_stand_in_the_log_under_the_pseudonym_alone(cast):
    from heartsease.base.models import AuditEntry

    agree(cast.alice)
    journal.check_in(cast.alice, CheckInValues(mood=2), now=NOW)
    assert not AuditEntry.objects.filter(actor=str(cast.alice.pk)).exists()
