"""How a team reaches a person: given by the person, sealed, seen by who cares for them alone."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.people import NOW, agree, as_

from heartsease.people import actions
from heartsease.people.models import Person
from heartsease.watch.models import Alert

NUMBER = "+44 7700 900123"


@pytest.fixture
def alice(cast):
    cast.alice.welcomed_at = NOW
    cast.alice.save()
    return cast.alice


def give(person, phone=NUMBER, note="After five, please."):
    actions.set_reach(person, phone, note, by=person, now=NOW)


def test_a_number_is_given_in_the_welcome_and_may_be_left_out(cast):
    page = as_(cast.alice)
    assert "Riverside" in page.get("/welcome/?step=2").content.decode()
    left_out = page.post("/welcome/?step=3", {"phone": "", "note": ""})
    assert left_out["Location"] == "/welcome/?step=4"
    page.post("/welcome/?step=3", {"phone": NUMBER, "note": ""})
    assert Person.objects.get(pk=cast.alice.pk).phone == NUMBER


@pytest.mark.parametrize(
    "phone", ["call me", "12", "1" * 17, "07700 900123; rm", "+", "٠٧٧٠٠٩٠٠١٢٣"]
)
def test_what_cannot_be_dialled_is_refused_and_nothing_is_lost(alice, phone):
    give(alice)
    answer = as_(alice).post("/privacy/contact/", {"phone": phone, "note": "In the evening"})
    assert answer.status_code == 422
    body = answer.content.decode()
    assert "There is a problem" in body
    assert "In the evening" in body
    assert Person.objects.get(pk=alice.pk).phone == NUMBER


def test_a_long_note_is_refused_at_its_field(alice):
    answer = as_(alice).post("/privacy/contact/", {"phone": NUMBER, "note": "x" * 301})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["note"]


def test_the_number_stands_sealed_and_goes_with_the_key(alice):
    give(alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, reach_note FROM people_person WHERE phone IS NOT NULL")
        stored = b"".join(bytes(cell) for cell in cursor.fetchone())
    assert b"7700" not in stored
    assert b"five" not in stored
    actions.erase(alice, by=alice, now=NOW)
    shell = Person.objects.get(pk=alice.pk)
    assert (shell.phone, shell.reach_note) == (None, None)


def test_nobody_else_says_how_to_reach_a_person(cast):
    with pytest.raises(actions.NotAllowed):
        actions.set_reach(cast.alice, NUMBER, "", by=cast.bob, now=NOW)


def test_the_team_sees_number_mail_and_note_where_it_needs_them(cast, alice):
    from heartsease.capture.measures import actions as measures

    agree(alice)
    give(alice)
    asked = measures.assign(alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    measures.answer(asked, dict.fromkeys(range(1, 10), 1), by=alice, now=NOW)
    alert = Alert.objects.get()
    for address in (f"/clinic/alerts/{alert.pk}/", f"/clinic/people/{alice.pk}/"):
        body = as_(cast.bob).get(address).content.decode()
        assert 'href="tel:+447700900123"' in body
        assert f'href="mailto:{alice.email}"' in body
        assert "After five, please." in body
        assert as_(cast.charlie).get(address).status_code == 404


def test_without_a_number_the_pages_say_so(cast, alice):
    agree(alice)
    body = as_(cast.bob).get(f"/clinic/people/{alice.pk}/").content.decode()
    assert "No number given." in body
    assert "They have no number to call you." in as_(alice).get("/privacy/").content.decode()


def test_taking_the_number_back_and_taking_the_record_along(alice):
    give(alice)
    page = as_(alice)
    assert page.get("/privacy/export/").json()["person"]["phone"] == NUMBER
    page.post("/privacy/contact/", {"phone": "", "note": ""})
    assert Person.objects.get(pk=alice.pk).phone is None


def test_after_danger_a_person_without_a_number_may_leave_one(cast, alice):
    from heartsease.capture.measures import actions as measures

    agree(alice)
    asked = measures.assign(alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    response = measures.answer(asked, dict.fromkeys(range(1, 10), 1), by=alice, now=NOW)
    for address in ("/", f"/results/{response.pk}/"):
        assert "Leave a number" in as_(alice).get(address).content.decode()
    give(alice)
    for address in ("/", f"/results/{response.pk}/"):
        assert "Leave a number" not in as_(alice).get(address).content.decode()


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("+44 (0)20 7946 0000", "+442079460000"),
        ("(+44) 20 7946 0000", "+442079460000"),
        ("(020) 7946-0000", "02079460000"),
    ],
)
def test_the_button_dials_the_number_that_was_meant(cast, alice, written, dialled):
    agree(alice)
    give(alice, phone=written)
    body = as_(cast.bob).get(f"/clinic/people/{alice.pk}/").content.decode()
    assert f'href="tel:{dialled}"' in body


def test_two_numbers_are_not_taken_for_one(alice):
    with pytest.raises(actions.NotReachable):
        give(alice, phone="12345 / 67890")


def test_lines_of_a_note_count_as_one_letter_each(alice):
    give(alice, note="\r\n".join(["ab"] * 99))
    assert len(Person.objects.get(pk=alice.pk).reach_note) == 296


def test_an_address_cannot_write_a_letter(cast, alice):
    agree(alice)
    alice.email = "a?bcc=evil%40x.org&body=hi@example.org"
    alice.save()
    body = as_(cast.bob).get(f"/clinic/people/{alice.pk}/").content.decode()
    assert "mailto:a%3Fbcc%3Devil%2540x.org%26body%3Dhi@example.org" in body
