"""The office: teams and staff, the log with its proof, counts; no care data anywhere."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client
from tests.people import BACKEND, NOW, agree, as_

from heartsease.base.models import AuditEntry
from heartsease.base.policy import Policy
from heartsease.consent import actions as consent
from heartsease.consent.models import UrgentAccess
from heartsease.people.models import Membership, Person, Team
from heartsease.web.office import rules


@pytest.fixture
def ada(cast):
    client = Client()
    client.force_login(cast.ada, backend=BACKEND)
    return client


def test_new_staff_get_a_link_to_set_their_own_password(ada):
    sent = {"name": "Nora", "email": "Nora@Example.org", "role": "clinician"}
    ada.post("/office/staff/", sent)
    nora = Person.objects.get(email="nora@example.org")
    assert not nora.has_usable_password()
    (letter,) = mail.outbox
    assert letter.to == ["nora@example.org"]
    assert re.search(r"/account/password/reset/key/\S+", letter.body)


def test_the_policy_in_force_stands_there_in_words(ada, settings):
    settings.SITE_POLICY.write_text(
        "staff_second_factor = false\nalert_due_hours = 36\nraw_days_kept = 123\n"
        "[features]\nvoice = false\n"
    )
    body = ada.get("/office/rules/").content.decode()
    assert "due within 36 hours" in body
    assert "123 days" in body
    assert "Voice diaries: off for everybody." in body
    assert "Places: on, for whoever agrees." in body
    assert "Staff do not need a second step" in body


def test_every_setting_of_the_policy_has_its_words(settings):
    """A setting that is added to the policy and not to the page fails here."""
    source = inspect.getsource(rules)
    for field in fields(Policy):
        assert f"policy.{field.name}" in source, field.name


def test_an_address_has_one_account(ada, cast):
    sent = {"name": "Another", "email": cast.bob.email.upper(), "role": "admin"}
    ada.post("/office/staff/", sent)
    assert Person.objects.filter(email__iexact=cast.bob.email).get().role == "clinician"


def test_a_patient_cannot_be_made_here_nor_put_into_a_team(ada, cast):
    ada.post("/office/staff/", {"name": "X", "email": "x@example.org", "role": "patient"})
    assert not Person.objects.filter(email="x@example.org").exists()
    ada.post(f"/office/teams/{cast.harbour.pk}/join/", {"email": cast.alice.email})
    assert not Membership.objects.filter(clinician=cast.alice).exists()


def test_a_team_is_founded_joined_and_left(ada, cast):
    ada.post("/office/teams/found/", {"name": "North"})
    north = Team.objects.get(name="North")
    ada.post(f"/office/teams/{north.pk}/join/", {"email": cast.bob.email})
    assert Membership.objects.filter(team=north, clinician=cast.bob).exists()
    ada.post(f"/office/teams/{north.pk}/leave/", {"email": cast.bob.email})
    assert not Membership.objects.filter(team=north).exists()
    ada.post("/office/teams/found/", {"name": "north"})
    assert Team.objects.filter(name__iexact="north").count() == 1


def test_the_log_proves_that_nobody_changed_it_and_names_the_place_where_somebody_did(cast):
    otto = as_(cast.otto)
    assert "holds" in otto.get("/office/audit/?verify=1").content.decode()
    number = AuditEntry.objects.order_by("number")[2].number
    AuditEntry.objects.filter(number=number).update(action="nothing.happened")
    body = otto.get("/office/audit/?verify=1").content.decode()
    assert str(number) in body
    assert "changed after it was written" in body


def test_the_log_names_staff_and_never_a_patient(cast):
    agree(cast.alice)
    body = as_(cast.otto).get("/office/audit/").content.decode()
    assert "Ada" in body
    assert "Alice" not in body
    assert cast.alice.email not in body


@pytest.mark.parametrize("page", ["abc", "0", "-1", "99999999999999999999"])
def test_a_page_number_that_cannot_be_shows_a_page(page, cast):
    assert as_(cast.otto).get("/office/audit/", {"page": page}).status_code == 200


def test_an_urgent_access_is_reviewed_by_a_supervisor_who_did_not_open_it(cast):
    access = consent.open_urgently(cast.charlie, cast.alice, "Found on the street.", now=NOW)
    as_(cast.sue).post(f"/office/urgent/{access.pk}/review/")
    assert UrgentAccess.objects.get().reviewed_by == cast.sue


def test_the_loops_page_shows_counts_and_no_person(cast):
    agree(cast.alice)
    body = as_(cast.ada).get("/office/loop/").content.decode()
    assert "Alice" not in body


def test_mail_of_a_place_without_a_mail_server_lies_in_its_folder(settings, tmp_path: Path):
    from django.core.mail import send_mail

    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    send_mail("Hello", "A line.", None, ["a@example.org"])
    (file,) = (tmp_path / "mail").iterdir()
    assert "A line." in file.read_text()


def test_letters_are_plain_and_name_nobody_and_nothing_about_care(ada):
    ada.post("/office/staff/", {"name": "Nora", "email": "nora@example.org", "role": "clinician"})
    (letter,) = mail.outbox
    text = letter.subject + letter.body
    assert "!" not in text
    for word in ("Nora", "clinician", "patient", "mental", "therapy"):
        assert word not in text


def test_the_letter_to_new_staff_says_why_it_came_and_the_page_after_it_leads_on(cast, mailoutbox):
    office = Client()
    office.force_login(cast.ada, backend="allauth.account.auth_backends.AuthenticationBackend")
    new = {"name": "Neu", "email": "neu@example.org", "role": "clinician"}
    office.post("/office/staff/", new)
    (letter,) = mailoutbox
    assert "an administrator made an account for you" in letter.body
    assert "at Heartsease" in letter.body
    body = Client().get("/account/password/reset/key/done/").content.decode()
    assert "Sign in with it" in body


def test_each_cell_of_the_log_names_its_column_for_narrow_screens(ada, cast):
    body = ada.get("/office/audit/").content.decode()
    row = body.split("<tbody")[1].split("</tr>")[0]
    columns = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', body)
    assert re.findall(r'data-label="([^"]+)"', row) == columns
