"""Help stands when everything else has fallen; errors are sentences with the right status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connections
from django.test import Client
from tests.people import BACKEND, NOW

from heartsease.science.dialogue import helplines


@contextmanager
def no_database() -> Iterator[None]:
    """Every attempt to speak with the database fails."""

    def broken(*_, **__):
        raise DatabaseError("the database is down")

    with pytest.MonkeyPatch.context() as patch:
        for connection in connections.all():
            patch.setattr(connection, "cursor", broken)
            patch.setattr(connection, "ensure_connection", broken)
        yield


def test_help_works_with_the_database_down_for_somebody_signed_out(client, db):
    with no_database():
        answer = client.get("/help/")
    assert answer.status_code == 200
    assert "tel:999" in answer.content.decode()
    assert "tel:116123" in answer.content.decode()


def test_help_works_with_the_database_down_for_somebody_signed_in(cast):
    client = Client()
    client.force_login(cast.alice, backend=BACKEND)
    with no_database():
        answer = client.get("/help/")
    assert "tel:999" in answer.content.decode()


def test_other_pages_then_say_so_and_point_to_help(cast):
    client = Client(raise_request_exception=False)
    client.force_login(cast.alice, backend=BACKEND)
    with no_database():
        answer = client.get("/plan/")
    assert answer.status_code == 500
    assert "/help/" in answer.content.decode()
    assert "the database is down" not in answer.content.decode()


def test_help_shows_every_country_on_file(client, db):
    body = client.get("/help/").content.decode()
    for country in helplines.countries().values():
        assert country.name in body
        assert country.emergency in body


@pytest.mark.parametrize("country", ["US", "de", "IN"])
def test_help_begins_with_the_country_asked_for(country, client, db):
    expected = helplines.of(country)
    body = client.get("/help/", {"country": country}).content.decode()
    head = body[: body.index("For the next few minutes")]
    assert expected.emergency in head
    assert expected.lines[0].name in head


@pytest.mark.parametrize("country", ["XX", "", "<script>", "GB" * 500])
def test_an_unknown_country_gets_the_international_directory(country, client, db):
    body = client.get("/help/", {"country": country}).content.decode()
    assert "<script>" not in body.split("</head>")[1].split("<main")[1].split("</main>")[0]
    assert helplines.directory().name in body


def test_numbers_of_this_place_come_first(client, db, settings):
    settings.SITE_POLICY.write_text(
        'local_help = [{ name = "Riverside night line", call = "020 1234", hours = "18-8" }]\n'
    )
    body = client.get("/help/").content.decode()
    assert body.index("Riverside night line") < body.index("Samaritans")


def test_every_page_has_help_one_tap_away(cast):
    for path, person in (
        ("/start/", None),
        ("/account/login/", None),
        ("/nothing-here/", None),
        ("/", cast.alice),
        ("/privacy/", cast.alice),
        ("/clinic/", cast.bob),
        ("/office/", cast.ada),
    ):
        client = Client()
        if person is not None:
            person.welcomed_at = NOW
            person.save()
            client.force_login(person, backend=BACKEND)
        body = client.get(path).content.decode()
        assert 'class="help-now" href="/help/"' in body, path


def test_a_page_that_is_not_there_says_so(client, db):
    answer = client.get("/nothing-here/")
    assert answer.status_code == 404
    assert "nothing here by this address" in answer.content.decode()


def test_a_form_without_its_token_is_refused_with_a_way_on(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice, backend=BACKEND)
    answer = client.post("/mood/", {"mood": "3"})
    assert answer.status_code == 403
    assert "open for too long" in answer.content.decode()


def test_the_demos_door_is_shut_unless_the_policy_opens_it(cast, client, settings):
    cast.alice.is_demo = True
    cast.alice.save()
    path = f"/demo/sign-in/{cast.alice.pk}/"
    assert client.post(path).status_code == 404
    assert "Alice" not in client.get("/start/").content.decode()
    settings.SITE_POLICY.write_text("demo_sign_in = true\n")
    assert client.post(path).status_code == 302


def test_the_demos_door_opens_for_people_of_the_demo_only(cast, client, settings):
    settings.SITE_POLICY.write_text("demo_sign_in = true\n")
    cast.pat.is_demo = False
    cast.pat.save()
    assert client.post(f"/demo/sign-in/{cast.pat.pk}/").status_code == 404


def test_staff_without_a_second_step_are_sent_to_set_one_up(cast, settings):
    settings.SITE_POLICY.unlink()
    client = Client()
    client.force_login(cast.bob, backend=BACKEND)
    assert client.get("/clinic/")["Location"] == "/account/2fa/"


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_a_choice_of_look_never_leads_away(where, client, db):
    assert client.post("/look/", {"theme": "dark", "next": where})["Location"] == "/"


@pytest.mark.parametrize("length", [b"9000000", b"many", b"-1"])
def test_a_body_larger_than_any_form_is_refused_before_it_is_taken_in(length, db):
    import asyncio

    from heartsease.site.asgi import application

    sent: list[dict] = []

    async def receive():
        raise AssertionError("nothing of the body is read")

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "path": "/nothing/",
        "method": "POST",
        "headers": [(b"content-length", length)],
    }
    asyncio.run(application(scope, receive, send))
    assert sent[0]["status"] == 413


def test_staff_of_the_demo_need_a_second_step_once_its_door_is_shut(cast, settings):
    client = Client()
    cast.bob.is_demo = True
    cast.bob.save()
    client.force_login(cast.bob, backend=BACKEND)
    settings.SITE_POLICY.write_text("demo_sign_in = true\n")
    assert client.get("/clinic/").status_code == 200
    settings.SITE_POLICY.write_text("demo_sign_in = false\nplace = 'Riverside'\n")
    assert client.get("/clinic/")["Location"] == "/account/2fa/"


def test_without_a_mail_server_nobody_is_told_that_mail_was_sent(cast, settings):
    client = Client()
    settings.SENDS_MAIL = False
    answer = client.post("/account/password/reset/", {"email": "alice@example.org"}, follow=True)
    assert "No mail is sent here yet" in answer.content.decode()
    client.force_login(cast.ada, backend=BACKEND)
    new = {"name": "Neu", "email": "neu@example.org", "role": "clinician"}
    body = client.post("/office/staff/", new, follow=True).content.decode()
    assert "No mail server is set up" in body
    assert client.get("/office/staff/")["Location"] == "/office/"


def test_a_purpose_that_the_policy_bars_is_neither_offered_nor_used(cast, settings):
    from tests.people import agree

    from heartsease.consent import gate, queries

    agree(cast.alice)
    assert gate.seen_by(gate.MACHINE, "early_warning", "journal").exists()
    settings.SITE_POLICY.write_text("[features]\nearly_warning = false\n")
    assert {row.purpose for row in queries.switches(cast.alice)} == {"keep", "care"}
    assert not gate.seen_by(gate.MACHINE, "early_warning", "journal").exists()
    assert not gate.allows(cast.alice, "early_warning", "journal")
