"""A form sent after the session had ended leads back to its page, with what was written."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from tests.people import BACKEND, agree

from heartsease.capture.measures import actions as measures
from heartsease.watch.models import Alert

HOST = "http://testserver"


@pytest.fixture
def alert(cast):
    agree(cast.alice)
    now = timezone.now()
    asked = measures.assign(cast.alice, "phq9", by=cast.bob, now=now, due=now)
    measures.answer(asked, dict.fromkeys(range(1, 10), 2), by=cast.alice, now=now)
    return Alert.objects.get()


def next_of(answer) -> str:
    return parse_qs(urlsplit(answer["Location"]).query)["next"][0]


def signed_out(person, page: str) -> Client:
    """A browser that showed a page, and whose session is over now."""
    client = Client()
    client.force_login(person, backend=BACKEND)
    assert client.get(page).status_code == 200
    del client.cookies["sessionid"]
    return client


@pytest.mark.parametrize("deed", ["take", "close", "hand-over"])
def test_what_was_sent_from_an_alert_leads_back_to_the_alert(cast, alert, deed):
    page = f"/clinic/alerts/{alert.pk}/"
    client = signed_out(cast.bob, page)
    sent = {"reason": "Spoke with her for an hour."} if deed == "close" else {}
    answer = client.post(f"{page}{deed}/", sent, headers={"Referer": HOST + page})
    assert next_of(answer) == page
    client.force_login(cast.bob, backend=BACKEND)
    body = client.get(page).content.decode()
    if deed == "close":
        assert "Spoke with her for an hour." in body


def test_without_anything_to_keep_the_sign_in_says_that_it_was_not_done(cast, alert):
    page = f"/clinic/alerts/{alert.pk}/"
    client = signed_out(cast.bob, page)
    answer = client.post(f"{page}take/", {}, headers={"Referer": HOST + page}, follow=True)
    assert "so that was not done" in answer.content.decode()


def test_a_number_that_was_written_is_there_after_signing_in(cast):
    cast.alice.welcomed_at = timezone.now()
    cast.alice.save()
    page = "/privacy/contact/"
    client = signed_out(cast.alice, page)
    sent = {"phone": "07700 900123", "note": "In the evening"}
    assert next_of(client.post(page, sent, headers={"Referer": HOST + page})) == page
    client.force_login(cast.alice, backend=BACKEND)
    body = client.get(page).content.decode()
    assert "07700 900123" in body
    assert "In the evening" in body


@pytest.mark.parametrize("came_from", ["https://evil.example/clinic/", "", HOST + "/no/such/"])
def test_only_a_page_of_this_place_is_led_back_to(cast, alert, came_from):
    client = signed_out(cast.bob, "/clinic/")
    answer = client.post(f"/clinic/alerts/{alert.pk}/take/", headers={"Referer": came_from})
    assert next_of(answer) == "/"


def test_an_open_page_hears_nothing_more_once_account_or_session_are_gone(cast):
    from heartsease.web.stream import may_listen

    client = Client()
    client.force_login(cast.bob, backend=BACKEND)
    session = client.session.session_key
    assert may_listen(cast.bob, session)
    client.logout()
    assert not may_listen(cast.bob, session)
    client.force_login(cast.bob, backend=BACKEND)
    cast.bob.is_active = False
    cast.bob.save()
    assert not may_listen(cast.bob, client.session.session_key)
