"""The access matrix: every route of the URLconf, as every role and relation; no leak.

A route without a row in `ROUTES` fails, so a new page cannot be forgotten. For each route the
table names who may open it about Alice: everybody else gets a refusal, and nothing of Alice's
shows in what they get.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.people import NOW, agree

from heartsease.capture.journal import actions as journal
from heartsease.capture.journal.actions import CheckInValues
from heartsease.capture.measures import actions as measures
from heartsease.capture.measures.models import Assignment, Response
from heartsease.capture.streams import actions as streams
from heartsease.care.plans import actions as plans
from heartsease.care.plans.models import Proposal
from heartsease.consent import actions as consent
from heartsease.people import actions as people
from heartsease.people.models import Role
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.watch import actions as watch
from heartsease.watch.models import Alert

CANARY = "canary-7f3a"
NOTE = "canary-note-91c2"
WHO = ("nobody", "alice", "pat", "bob", "charlie", "former", "sue", "ada", "otto")
OPEN = frozenset(WHO)
PATIENTS = frozenset({"alice", "pat"})
OWN = frozenset({"alice"})
TEAM = frozenset({"bob", "sue"})
CLINICAL = frozenset({"bob", "charlie", "former", "sue"})
SIGNED_IN = frozenset(WHO) - {"nobody"}

# name of the route -> (who may open it, method); "account" stands for allauth's own pages.
ROUTES: dict[str, tuple[frozenset[str], str]] = {
    "start": (OPEN, "get"),
    "help": (OPEN, "get"),
    "look": (OPEN, "post"),
    "service_worker": (OPEN, "get"),
    "demo_sign_in": (frozenset(), "post"),
    "events": (SIGNED_IN, "stream"),
    "patient:today": (PATIENTS, "get"),
    "patient:mood": (PATIENTS, "post"),
    "patient:undo": (OWN, "post"),
    "patient:checkin": (PATIENTS, "get"),
    "patient:welcome": (PATIENTS, "get"),
    "patient:questionnaire": (OWN, "get"),
    "patient:result": (OWN, "get"),
    "patient:data": (PATIENTS, "get"),
    "patient:delete_data": (PATIENTS, "get"),
    "patient:sources": (PATIENTS, "get"),
    "patient:connect": (PATIENTS, "post"),
    "patient:key": (PATIENTS, "get"),
    "patient:change_source": (OWN, "post"),
    "patient:upload": (PATIENTS, "post"),
    "patient:uploads": (PATIENTS, "get"),
    "patient:take_back": (OWN, "get"),
    "patient:plan": (PATIENTS, "get"),
    "patient:log": (OWN, "post"),
    "patient:privacy": (PATIENTS, "get"),
    "patient:contact": (PATIENTS, "get"),
    "patient:switch": (PATIENTS, "post"),
    "patient:idea": (OWN, "post"),
    "patient:voice": (PATIENTS, "get"),
    "patient:my_week": (PATIENTS, "get"),
    "patient:my_week_on_paper": (PATIENTS, "get"),
    "patient:weekly_mail": (PATIENTS, "post"),
    "patient:export": (PATIENTS, "get"),
    "patient:erase": (PATIENTS, "get"),
    "clinic:caseload": (CLINICAL, "get"),
    "clinic:person": (TEAM, "get"),
    "clinic:week": (TEAM, "get"),
    "clinic:moved": (TEAM, "get"),
    "clinic:peek": (TEAM, "get"),
    "clinic:timeline": (TEAM, "get"),
    "clinic:reviewed": (TEAM, "post"),
    "clinic:ask": (TEAM, "post"),
    "clinic:plan": (TEAM, "get"),
    "clinic:alert": (TEAM, "get"),
    "clinic:take": (TEAM, "post"),
    "clinic:close": (TEAM, "post"),
    "clinic:hand_over": (TEAM, "post"),
    "clinic:proposal": (TEAM, "get"),
    "clinic:own_choice": (TEAM, "post"),
    "clinic:decide": (TEAM, "post"),
    "clinic:urgent": (CLINICAL, "get"),
    "office:teams": (frozenset({"ada"}), "get"),
    "office:found": (frozenset({"ada"}), "post"),
    "office:join": (frozenset({"ada"}), "post"),
    "office:leave": (frozenset({"ada"}), "post"),
    "office:care": (frozenset({"ada"}), "post"),
    "office:staff": (frozenset({"ada"}), "post"),
    "office:audit": (frozenset({"ada", "otto", "sue"}), "get"),
    "office:rules": (frozenset({"ada", "otto", "sue"}), "get"),
    "office:loop": (frozenset({"ada", "otto", "sue"}), "get"),
    "office:rest": (frozenset({"sue"}), "post"),
    "office:wake": (frozenset({"sue"}), "post"),
    "office:review": (frozenset({"sue"}), "post"),
    "ingest:samples": (frozenset(), "token"),
    "ingest:owntracks": (frozenset(), "token"),
    "ingest:api-root": (frozenset(), "get"),
    "ingest:openapi-json": (OPEN, "get"),
    "ingest:openapi-view": (OPEN, "get"),
}
# What a form sends where an empty one would be answered "no such thing" to its owner too.
SENT = {
    "patient:switch": {"stream": "journal", "purpose": "care", "given": "on"},
    "patient:idea": {"idea": "around_the_block", "verdict": "helped"},
}
REFUSED = {302, 401, 403, 404}


def routes(patterns=None, namespace="") -> dict[str, URLPattern]:
    """Every named route of the URLconf but allauth's own, which has tests of its own."""
    found = {}
    for pattern in patterns or get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            if str(pattern.pattern) == "account/":
                continue
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            found.update(routes(pattern.url_patterns, inner))
        else:
            found[f"{namespace}{pattern.name}"] = pattern
    return found


def test_every_route_has_a_row_in_the_table():
    assert set(routes()) == set(ROUTES)


@pytest.fixture
def scene(cast, settings):
    """Alice with something of every kind, each carrying a word that must show nowhere else."""
    from heartsease.science.treatment.stepped_care import ScorePoint, Situation, suggest

    alice = cast.alice
    agree(alice)
    former = people.register("former@example.org", "Former", Role.CLINICIAN, now=NOW)
    people.join(cast.riverside, former, by=cast.ada, now=NOW)
    people.leave(cast.riverside, former, by=cast.ada, now=NOW)
    checkin = journal.check_in(alice, CheckInValues(mood=2, note=f"{CANARY} {NOTE}"), now=NOW)
    asked = measures.assign(alice, "phq9", by=cast.bob, now=NOW, due=NOW)
    response = measures.answer(asked, dict.fromkeys(range(1, 10), 2), by=alice, now=NOW)
    measures.assign(alice, "gad7", by=cast.bob, now=NOW, due=NOW)
    plan = plans.make_plan(
        alice,
        problem=CANARY,
        goals=[CANARY],
        activities=[CANARY],
        review_on=NOW.date(),
        by=cast.bob,
        now=NOW,
    )
    situation = Situation(
        now=NOW.date(),
        scores=(ScorePoint("phq9", NOW.date(), 18.0),),
        treatment_started=None,
        step=0,
        open_safety_alert=False,
        changes=(),
    )
    plans.propose(alice, suggest(situation)[0], now=NOW)
    source, _ = streams.connect(alice, CANARY, by=alice, now=NOW)
    file = streams.upload(alice, io.BytesIO(b"none"), f"{CANARY}.csv", by=alice, now=NOW)
    signal, _ = watch.keep_signal(
        alice,
        stream="wearables",
        domain="activity",
        feature="wearables.activity.less",
        facts={"label": CANARY, "sentence": CANARY, "direction": -1, "since": NOW.date()}
        | {"noticed": str(NOW)},
        now=NOW,
    )
    access = consent.open_urgently(cast.charlie, cast.alice, "To be reviewed by somebody.", now=NOW)
    access.ends_at = NOW
    access.save()
    return {
        "person": alice.pk,
        "checkin": checkin.pk,
        "assignment": Assignment.objects.get(instrument="gad7").pk,
        "response": Response.objects.get(pk=response.pk).pk,
        "alert": Alert.objects.get(person=alice).pk,
        "proposal": Proposal.objects.get(person=alice).pk,
        "activity": plan.activities.get().pk,
        "source": source.pk,
        "upload": file.pk,
        "signal": signal.pk,
        "way": "activity.less",
        "change": "pause",
        "team": cast.riverside.pk,
        "access": access.pk,
        "former": former,
        "cast": cast,
    }


def address(name: str, scene) -> str:
    from django.urls import reverse

    pattern = routes()[name]
    names = pattern.pattern.converters
    return reverse(name, kwargs={key: scene[key] for key in names})


def as_(who: str, scene) -> Client:
    client = Client(raise_request_exception=False)
    if who != "nobody":
        client.force_login(
            scene["former"] if who == "former" else getattr(scene["cast"], who),
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
    return client


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is undone afterwards, so that everybody meets the same scene."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(name: str, who: str, scene, method: str = ""):
    """Send one request as somebody; return its status, address and body."""
    method = method or ROUTES[name][1]
    client = as_(who, scene)
    sent = dict(SENT.get(name, {}))
    if name == "clinic:hand_over":
        sent = {"to": str(scene["cast"].sue.pk if who == "bob" else scene["cast"].bob.pk)}
    send = client.post if method in {"post", "token"} else getattr(client, method)
    answer = send(address(name, scene), sent)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, answer.get("Location", ""), body


ASKED = [name for name, row in ROUTES.items() if row[1] != "stream"]
ABOUT_ALICE = [name for name in ASKED if ROUTES[name][0] <= TEAM and name.startswith("clinic:")]


@pytest.mark.parametrize("name", ASKED)
def test_every_route_as_everybody(name, scene):
    allowed = ROUTES[name][0]
    for who in WHO:
        with undone():
            status, location, body = ask(name, who, scene)
        if who in allowed:
            assert status not in {401, 404, 500}, (name, who, status)
        else:
            assert status in REFUSED, (name, who, status)
            if status == 302:
                assert "/account/login/" in location or name == "patient:today"
        if who not in {"alice", *TEAM} and not (who == "sue" and name == "office:review"):
            assert CANARY.encode() not in body, (name, who)
            assert b"Alice" not in body, (name, who)


@pytest.mark.parametrize("name", ASKED)
def test_no_method_opens_what_another_one_refuses(name, scene):
    """Somebody from another team, and a former colleague, try every method."""
    for who in ("charlie", "former", "pat"):
        for method in ("get", "post", "put", "delete", "patch"):
            with undone():
                status, _, body = ask(name, who, scene, method)
            assert status in {*REFUSED, 202, 204, 405, 422, 200}, (name, who, method, status)
            if name in ABOUT_ALICE:
                assert status in {*REFUSED, 405}, (name, who, method, status)
            assert CANARY.encode() not in body, (name, who, method)
            assert b"Alice" not in body, (name, who, method)


@pytest.mark.parametrize("name", ABOUT_ALICE)
def test_when_care_has_ended_the_team_is_as_strange_as_any_other(name, scene):
    alice = scene["cast"].alice
    for relation in alice.care_relations.filter(ended=None):
        people.end_care(relation, by=scene["cast"].ada, now=NOW)
    for who in TEAM:
        status, _, body = ask(name, who, scene)
        assert status in REFUSED, (name, who, status)
        assert CANARY.encode() not in body


@pytest.mark.parametrize("name", ABOUT_ALICE)
def test_with_every_agreement_withdrawn_no_route_shows_what_she_said(name, scene):
    alice = scene["cast"].alice
    for stream in ("questionnaires", "journal", "wearables"):
        consent.withdraw(alice, stream, "care", by=alice, now=NOW)
    for who in TEAM:
        with undone():
            _, _, body = ask(name, who, scene)
        for words in (NOTE, "Thoughts of self-harm", "More than half", "moderately", "PHQ-9 18"):
            assert words.encode() not in body, (name, who, words)


def test_the_team_loses_the_wearables_on_the_request_after_the_withdrawal(scene):
    from heartsease.capture.streams.models import DailyFeature

    alice = scene["cast"].alice
    for number in range(20):
        day = NOW.date().replace(day=1 + number)
        DailyFeature.objects.create(
            person=alice,
            day=day,
            feature="steps",
            value=4321,
            data_yield=1,
            definition_version=FEATURES["steps"].version,
        )
    client = as_("bob", scene)
    with __import__("time_machine").travel(NOW.replace(day=25)):
        assert "steps" in client.get(address("clinic:timeline", scene)).json()["series"]
        consent.withdraw(alice, "wearables", "care", by=alice, now=NOW)
        after = client.get(address("clinic:timeline", scene)).json()
        assert "steps" not in after["series"]
        assert b"4321" not in client.get(address("clinic:person", scene)).content


def test_an_anonymous_event_stream_is_refused(client, db):
    assert client.get("/events").status_code == 403
