"""Apps that push: a code to scan, the key by header or in the address, and what comes of it."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.test import Client
from tests.apps.streams.devices import NOW
from tests.people import BACKEND, agree
from tests.science.sensing.test_pushed import MESSAGES

from heartsease.capture.streams import actions, pushers
from heartsease.capture.streams.models import DayRecord, Source, Upload
from heartsease.capture.streams.tasks import read_upload

ADDRESS = pushers.ADDRESS


@pytest.fixture
def connected(cast, time_machine_at):
    agree(cast.alice)
    with time_machine_at(NOW):
        yield actions.connect(cast.alice, "Phone", by=cast.alice, now=NOW)


@pytest.mark.parametrize("name", ["health_auto_export", "sensor_logger", "open_wearables"])
def test_what_an_app_pushes_with_the_key_in_the_address_is_kept(client, connected, name):
    source, token = connected
    body = json.dumps(MESSAGES[name]).encode()
    answer = client.post(f"{ADDRESS}?key={token}", data=body, content_type="application/json")
    assert answer.status_code == 202
    read_upload.call(answer.json()["upload"])
    row = Upload.objects.get()
    assert (row.status, row.format, row.source) == ("done", name, source)
    assert DayRecord.objects.get().stream == "heart_rate"


def test_positions_are_not_kept_and_the_upload_says_so(client, connected):
    body = json.dumps(MESSAGES["owntracks"]).encode()
    answer = client.post(
        ADDRESS,
        data=body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {connected[1]}"},
    )
    read_upload.call(answer.json()["upload"])
    assert "file of places" in Upload.objects.get().message
    assert not DayRecord.objects.exists()


@pytest.mark.parametrize("key", ["", "wrong", "0" * 64])
def test_a_wrong_key_in_the_address_is_refused(client, connected, key):
    answer = client.post(f"{ADDRESS}?key={key}", data=b"[]", content_type="application/json")
    assert answer.status_code == 401
    assert not Upload.objects.exists()


@pytest.mark.parametrize("kind", pushers.PUSHERS)
def test_the_page_of_a_key_says_how_and_shows_a_code(cast, kind):
    agree(cast.alice)
    cast.alice.welcomed_at = NOW
    cast.alice.save()
    client = Client()
    client.force_login(cast.alice, backend=BACKEND)
    answer = client.post("/my-data/sources/connect/", {"label": "Phone", "app": kind}, follow=True)
    assert answer["Cache-Control"] == "no-store"
    body = answer.content.decode()
    assert "<svg" in body
    assert pushers.PUSHERS[kind].steps[0] in body
    assert Source.objects.get().kind == kind
    assert answer.context["token"] in body


def test_the_link_for_the_iphone_carries_an_address_that_opens(client, connected):
    token = connected[1]
    link = pushers.PUSHERS["health_auto_export"].scanned("https://clinic.example", token)
    assert link.startswith("com.HealthExport://automation?")
    address = parse_qs(urlsplit(link).query)["url"][0]
    assert address == f"https://clinic.example{ADDRESS}?key={token}"
    assert unquote(link).endswith(token)


def test_an_app_that_is_not_known_is_not_connected(cast):
    agree(cast.alice)
    client = Client()
    client.force_login(cast.alice, backend=BACKEND)
    answer = client.post("/my-data/sources/connect/", {"label": "Phone", "app": "spy"})
    assert answer.status_code == 422
    assert not Source.objects.exists()


def test_sensor_logger_is_told_what_is_read_and_says_so_where_it_sent_nothing_of_it(
    client, connected
):
    """The steps on the page, and the sentence about a message of motion alone, name the same."""
    steps = " ".join(pushers.PUSHERS["sensor_logger"].steps)
    for word in ("heart rate", "pedometer", "battery", "location", "recording"):
        assert word in steps
    motion = {"name": "accelerometer", "time": 1777885200000000000, "values": {"x": 0.1}}
    message = {"messageId": 1, "sessionId": "s", "deviceId": "d", "payload": [motion]}
    answer = client.post(
        f"{ADDRESS}?key={connected[1]}", data=json.dumps(message), content_type="application/json"
    )
    read_upload.call(answer.json()["upload"])
    said = Upload.objects.get().message
    assert "read from Sensor Logger" in said
    for word in ("pulse", "steps", "places", "battery"):
        assert word in said
