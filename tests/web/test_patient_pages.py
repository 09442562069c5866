"""A patient's pages as forms: what was typed is never lost, and nobody else's opens."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.test import Client
from tests.people import BACKEND, NOW, agree

from heartsease.capture.journal.models import CheckIn
from heartsease.capture.measures import actions as measures
from heartsease.capture.measures.models import Response
from heartsease.consent import actions as consent
from heartsease.consent.models import Grant
from heartsease.people.models import Person

ALL = {f"item_{number}": "1" for number in range(1, 10)}


@pytest.fixture
def alice(cast):
    agree(cast.alice)
    cast.alice.welcomed_at = NOW
    cast.alice.save()
    return cast.alice


@pytest.fixture
def page(alice):
    client = Client()
    client.force_login(alice, backend=BACKEND)
    return client


@pytest.fixture
def asked(alice, cast):
    return measures.assign(alice, "phq9", by=cast.bob, now=NOW, due=NOW)


def address(assignment):
    return f"/questionnaires/{assignment.pk}/"


def test_a_gap_is_asked_for_again_with_the_other_answers_kept(page, asked):
    answer = page.post(address(asked), {"item_1": "2", "item_2": "3"})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "7 questions have no answer yet" in body
    assert body.count(" checked") == 2
    assert not Response.objects.exists()


def test_gaps_are_sent_when_the_person_says_so_and_give_a_reason_for_no_score(page, asked):
    answer = page.post(address(asked), {"item_1": "2", "gaps": "1"}, follow=True)
    assert answer.status_code == 200
    assert "8 of 9 answers are missing" in answer.content.decode()
    assert Response.objects.get().answers["1"] == 2


def test_help_stands_first_when_item_nine_is_above_zero_even_with_gaps_not_yet_sent(page, asked):
    body = page.post(address(asked), {"item_9": "1"}).content.decode()
    assert "tel:116123" in body
    assert body.index("tel:116123") < body.index("have no answer yet")
    assert "Nothing has been sent yet" in body


def test_the_result_begins_with_people_to_call_and_says_that_somebody_was_told(page, asked):
    body = page.post(address(asked), ALL, follow=True).content.decode()
    assert body.index("tel:116123") < body.index("Your score is")
    assert "A clinician of your team has been told" in body


def test_the_result_says_plainly_when_nobody_was_told(page, asked, alice):
    consent.withdraw(alice, "questionnaires", "care", by=alice, now=NOW)
    body = page.post(address(asked), ALL, follow=True).content.decode()
    assert "Nobody has been told" in body


def test_an_answer_that_does_not_exist_is_refused_and_nothing_is_stored(page, asked):
    answer = page.post(address(asked), {**ALL, "item_3": "7"})
    assert answer.status_code == 422
    assert "item 3" in answer.content.decode()
    assert not Response.objects.exists()


def test_sending_twice_shows_the_first_result(page, asked):
    first = page.post(address(asked), ALL)
    second = page.post(address(asked), {**ALL, "item_1": "3"}, follow=True)
    assert second.redirect_chain[-1][0] == first["Location"]
    assert Response.objects.count() == 1


def test_with_questionnaires_switched_off_the_answers_stay_on_the_page(page, asked, alice):
    consent.withdraw(alice, "questionnaires", "keep", by=alice, now=NOW)
    answer = page.post(address(asked), ALL)
    assert answer.status_code == 403
    assert answer.content.decode().count(" checked") == 9
    assert not Response.objects.exists()


@pytest.mark.parametrize("path", ["/questionnaires/{}/", "/results/{}/"])
def test_an_address_with_somebody_elses_or_no_bodys_number_is_not_found(path, page, cast):
    agree(cast.pat)
    theirs = measures.assign(cast.pat, "phq9", by=cast.charlie, now=NOW, due=NOW)
    response = measures.answer(theirs, dict.fromkeys(range(1, 10), 2), by=cast.pat, now=NOW)
    for number in (uuid4(), theirs.pk, response.pk, cast.pat.pk):
        assert page.get(path.format(number)).status_code == 404
        assert page.post(path.format(number), ALL).status_code in {404, 405}


def ended_session(person) -> Client:
    """A browser that showed somebody's pages and whose session has ended."""
    client = Client()
    client.force_login(person, backend=BACKEND)
    client.get("/privacy/")
    del client.cookies["sessionid"]
    return client


def test_an_expired_session_in_the_middle_of_a_form_loses_nothing(asked, alice):
    client = ended_session(alice)
    sent = client.post(address(asked), {"item_1": "3", "item_2": "2"})
    assert sent.status_code == 302
    assert "/account/login/" in sent["Location"]
    client.force_login(alice, backend=BACKEND)
    body = client.get(address(asked)).content.decode()
    assert body.count(" checked") == 2
    assert "filled in" in body
    assert client.get(address(asked)).content.decode().count(" checked") == 0


def test_what_was_kept_of_an_expired_session_is_sealed_in_it(asked, alice):
    from django.contrib.sessions.models import Session

    client = ended_session(alice)
    Session.objects.all().delete()
    client.post("/check-in/", {"mood": "2", "note": "nobody reads this"})
    (row,) = Session.objects.all()
    assert "nobody reads this" not in str(row.get_decoded())


def test_a_check_in_that_says_nothing_is_asked_again(page):
    answer = page.post("/check-in/", {"note": ""})
    assert answer.status_code == 422
    assert "Choose at least one answer" in answer.content.decode()
    assert not CheckIn.objects.exists()


def test_one_tap_on_a_face_is_kept_and_can_be_taken_back(page):
    page.post("/mood/", {"mood": "4"})
    saved = CheckIn.objects.get()
    assert saved.mood == 4
    page.post(f"/undo/{saved.pk}/")
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize("mood", ["", "0", "9", "happy"])
def test_a_face_that_does_not_exist_stores_nothing(mood, page):
    assert page.post("/mood/", {"mood": mood}).status_code == 302
    assert not CheckIn.objects.exists()


def test_a_switch_gives_and_withdraws_at_the_same_place(page, alice):
    asked = {"stream": "journal", "purpose": "care"}
    page.post("/privacy/switch/", {**asked, "to": "off"})
    assert not Grant.objects.filter(**asked, withdrawn_at=None).exists()
    page.post("/privacy/switch/", {**asked, "to": "on"})
    assert Grant.objects.filter(**asked, withdrawn_at=None).count() == 1


@pytest.mark.parametrize(
    ("back", "to"),
    [
        ("/my-data/?days=90", "/my-data/?days=90"),
        ("/my-data/sources/", "/my-data/sources/"),
        ("/voice/", "/voice/"),
        ("/", "/"),
        ("https://elsewhere.example/my-data/", "/privacy/"),
        ("//elsewhere.example/my-data/", "/privacy/"),
        ("/\\elsewhere.example", "/privacy/"),
        ("/mood/", "/privacy/"),
        ("/account/logout/", "/privacy/"),
        ("", "/privacy/"),
    ],
)
def test_a_button_of_consent_leads_back_to_its_page_and_nowhere_else(page, back, to):
    sent = {"stream": "journal", "purpose": "keep", "to": "off", "back": back}
    assert page.post("/privacy/switch/", sent)["Location"] == to


def test_the_pages_with_such_buttons_send_where_they_stand_and_say_what_a_pause_does(page):
    body = page.get("/my-data/?days=90").content.decode()
    assert 'name="back" value="/my-data/?days=90"' in body
    assert "Nothing is deleted." in body.split('id="pause-wearables"')[1][:120]
    assert 'aria-describedby="pause-wearables"' in body


def test_an_unknown_switch_is_not_found(page):
    sent = {"stream": "thoughts", "purpose": "care", "to": "on"}
    assert page.post("/privacy/switch/", sent).status_code == 404


def test_the_record_can_be_taken_along_whole(page, asked, alice):
    page.post("/check-in/", {"mood": "2", "note": "kept for me"})
    page.post(address(asked), ALL)
    answer = page.get("/privacy/export/")
    record = json.loads(answer.content)
    assert "attachment" in answer["Content-Disposition"]
    assert record["check_ins"][0]["note"] == "kept for me"
    assert record["questionnaires"][0]["total"] == 9
    assert {row["stream"] for row in record["consents"]} >= {"journal", "wearables"}


def test_an_account_is_deleted_only_with_the_word(page, alice):
    assert page.post("/privacy/erase/", {"word": "yes"}).status_code == 422
    assert Person.objects.get(pk=alice.pk).is_active
    assert page.post("/privacy/erase/", {"word": "Delete"}).status_code == 200
    assert not Person.objects.get(pk=alice.pk).is_active
    assert page.get("/privacy/").status_code == 302


def test_a_new_person_is_welcomed_and_chooses_each_switch(cast):
    client = Client()
    client.force_login(cast.alice, backend=BACKEND)
    assert client.get("/")["Location"] == "/welcome/"
    client.post("/welcome/?step=2", {"agree": ["questionnaires:keep", "questionnaires:care"]})
    given = set(Grant.objects.values_list("stream", "purpose"))
    assert given == {("questionnaires", "keep"), ("questionnaires", "care")}


def test_nothing_is_ticked_before_a_person_has_chosen(cast):
    client = Client()
    client.force_login(cast.alice, backend=BACKEND)
    body = client.get("/welcome/?step=2").content.decode()
    assert "checked" not in body


def test_the_page_never_shows_a_patient_the_words_of_a_safety_proposal(page, asked, alice):
    from heartsease.care.plans import tasks

    page.post(address(asked), ALL)
    tasks.think_over(alice, now=NOW)
    body = page.get("/plan/").content.decode()
    assert "Speaking with a clinician" in body
    assert "A safety alert is open" not in body


def test_what_somebody_sent_after_their_session_had_ended_comes_back_to_nobody_else(alice, cast):
    agree(cast.pat)
    cast.pat.welcomed_at = NOW
    cast.pat.save()
    client = ended_session(alice)
    client.post("/check-in/", {"mood": "2", "note": "only mine"})
    client.force_login(cast.pat, backend=BACKEND)
    assert "only mine" not in client.get("/check-in/").content.decode()


def test_what_a_stranger_sends_is_not_kept_at_all(db):
    from django.contrib.sessions.models import Session

    Client().post("/check-in/", {"mood": "2", "note": "from nobody"})
    assert not Session.objects.exists()


def test_a_long_note_in_another_script_is_kept_too(alice):
    client = ended_session(alice)
    client.post("/check-in/", {"mood": "2", "note": "\u0436" * 4_900})
    client.force_login(alice, backend=BACKEND)
    assert "\u0436" * 4_900 in client.get("/check-in/").content.decode()


def test_after_signing_out_the_browser_forgets_whose_pages_it_showed(page):
    page.get("/privacy/")
    assert page.cookies["reader"].value
    page.post("/account/logout/")
    assert not page.cookies["reader"].value


def test_taking_the_record_along_is_in_the_log(page, alice):
    from heartsease.base import audit

    page.get("/privacy/export/")
    assert audit.about(alice.pk).filter(action="record.exported").exists()


def test_half_a_character_is_kept_as_a_question_mark(page):
    page.post(
        "/check-in/",
        b"mood=3&note=%ED%A0%80",
        content_type="application/x-www-form-urlencoded",
    )
    assert CheckIn.objects.get().note


def test_a_paused_questionnaire_is_not_on_the_first_page(page, asked, alice):
    assert "Start" in page.get("/").content.decode()
    consent.withdraw(alice, "questionnaires", "keep", by=alice, now=NOW)
    assert f"/questionnaires/{asked.pk}/" not in page.get("/").content.decode()


def test_the_reason_of_a_decision_is_there_to_read(page, alice, cast):
    from heartsease.care.plans import actions as plans
    from heartsease.care.plans import tasks
    from heartsease.watch.models import Alert

    asked = measures.assign(alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    measures.answer(asked, {**dict.fromkeys(range(1, 9), 2), 9: 0}, by=alice, now=NOW)
    assert not Alert.objects.exists()
    (proposal,) = tasks.think_over(alice, now=NOW)
    plans.record_own_choice(proposal, "Wait.", by=cast.bob, now=NOW)
    plans.decline(proposal, "You asked for time to think.", by=cast.bob, now=NOW)
    assert "You asked for time to think." in page.get("/plan/").content.decode()
    record = json.loads(page.get("/privacy/export/").content)
    assert record["decisions"][0]["reason"] == "You asked for time to think."


def test_the_address_for_a_device_is_one_that_answers(page):
    import re

    new = {"label": "watch", "app": "push"}
    body = page.post("/my-data/sources/connect/", new, follow=True).content.decode()
    path = re.search(r"http://testserver(/api/[^\"<]+)", body)[1]
    assert Client().post(path, b"[]", content_type="application/json").status_code == 401
