"""The access matrix: every route of the URLconf, as every role and relation; no leak.

A route without a row in `ROUTES` fails, so a new page cannot be forgotten. For each route the
table names who may open it about Alice: everybody else gets a refusal, and nothing of Alice's
shows in what they get.
"""

from __future__ import annotations

import pytest
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
from heartsease.watch.models import Alert

CANARY = "canary-7f3a"
WHO = ("nobody", "alice", "pat", "bob", "charlie", "sue", "ada", "otto")
OPEN = frozenset(WHO)
PATIENTS = frozenset({"alice", "pat"})
OWN = frozenset({"alice"})
TEAM = frozenset({"bob", "sue"})
CLINICAL = frozenset({"bob", "charlie", "sue"})
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
    "patient:change_source": (OWN, "post"),
    "patient:upload": (PATIENTS, "post"),
    "patient:uploads": (PATIENTS, "get"),
    "patient:plan": (PATIENTS, "get"),
    "patient:log": (OWN, "post"),
    "patient:privacy": (PATIENTS, "get"),
    "patient:switch": (PATIENTS, "post"),
    "patient:export": (PATIENTS, "get"),
    "patient:erase": (PATIENTS, "get"),
    "clinic:caseload": (CLINICAL, "get"),
    "clinic:person": (TEAM, "get"),
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
    "office:staff": (frozenset({"ada"}), "post"),
    "office:audit": (frozenset({"ada", "otto", "sue"}), "get"),
    "office:loop": (frozenset({"ada", "otto", "sue"}), "get"),
    "office:review": (frozenset({"sue"}), "post"),
    "ingest:samples": (frozenset(), "token"),
    "ingest:api-root": (frozenset(), "get"),
    "ingest:openapi-json": (OPEN, "get"),
    "ingest:openapi-view": (OPEN, "get"),
}
# What a form sends where an empty one would be answered "no such thing" to its owner too.
SENT = {"patient:switch": {"stream": "journal", "purpose": "care", "given": "on"}}
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
    checkin = journal.check_in(alice, CheckInValues(mood=2, note=CANARY), now=NOW)
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
        "change": "pause",
        "team": cast.riverside.pk,
        "access": access.pk,
        "cast": cast,
    }


def address(name: str, scene) -> str:
    from django.urls import reverse

    pattern = routes()[name]
    names = pattern.pattern.converters
    return reverse(name, kwargs={key: scene[key] for key in names})


def as_(who: str, scene) -> Client:
    client = Client()
    if who != "nobody":
        client.force_login(
            getattr(scene["cast"], who),
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
    return client


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", [name for name, row in ROUTES.items() if row[1] != "stream"])
def test_every_route_as_everybody(name, who, scene):
    allowed, method = ROUTES[name]
    client = as_(who, scene)
    send = client.post if method in {"post", "token"} else client.get
    sent = dict(SENT.get(name, {}))
    if name == "clinic:hand_over":
        sent = {"to": str(scene["cast"].sue.pk if who == "bob" else scene["cast"].bob.pk)}
    answer = send(address(name, scene), sent)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if who in allowed:
        assert answer.status_code not in {401, 404, 500}, (name, who, answer.status_code)
        if name == "office:review":
            return
    else:
        assert answer.status_code in REFUSED, (name, who, answer.status_code)
        if answer.status_code == 302:
            assert "/account/login/" in answer["Location"] or name == "patient:today"
    if who not in {"alice", *TEAM}:
        assert CANARY.encode() not in body
        assert b"Alice" not in body


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch"])
@pytest.mark.parametrize("name", [name for name, row in ROUTES.items() if row[1] != "stream"])
def test_no_method_opens_what_another_one_refuses(name, method, scene):
    """Charlie, from another team, tries every method on everything of Alice's."""
    if "person" not in routes()[name].pattern.converters and not name.startswith("clinic:"):
        return
    answer = getattr(as_("charlie", scene), method)(address(name, scene))
    assert answer.status_code in {*REFUSED, 405, 422, 200}
    assert CANARY.encode() not in answer.content
    assert b"Alice" not in answer.content


def test_the_team_loses_the_wearables_on_the_request_after_the_withdrawal(scene):
    from heartsease.capture.streams.models import DailyFeature

    alice = scene["cast"].alice
    for number in range(20):
        day = NOW.date().replace(day=1 + number)
        DailyFeature.objects.create(
            person=alice, day=day, feature="steps", value=4321, data_yield=1, definition_version="1"
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
