"""Push over HTTP: a token for each source, a sentence for whatever is refused."""

from __future__ import annotations

import json

import pytest
from tests.apps.streams.devices import NOW, features, left_over
from tests.people import agree

from heartsease.capture.streams import actions, queries
from heartsease.capture.streams.models import Upload
from heartsease.capture.streams.tasks import read_upload
from heartsease.consent import actions as consent

ADDRESS = "/api/ingest/samples"
SAMPLES = [{"time": "2026-05-03T08:00:00Z", "stream": "heart_rate", "value": 61}]
DAYS = [{"day": "2026-05-03", "feature": "mood", "value": 4}]


@pytest.fixture
def connected(cast, time_machine_at):
    agree(cast.alice)
    with time_machine_at(NOW):
        yield actions.connect(cast.alice, "My watch", by=cast.alice, now=NOW)


def send(client, token, body, kind="application/json"):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(ADDRESS, data=body, content_type=kind, headers=headers)


def test_samples_with_a_token_are_accepted_and_read_by_a_worker(client, connected):
    source, token = connected
    answer = send(client, token, [*SAMPLES, *DAYS])
    assert answer.status_code == 202
    row = Upload.objects.get(id=answer.json()["upload"])
    assert (row.source, row.size_bytes) == (source, answer.json()["bytes"])
    read_upload.call(str(row.id))
    assert features(source.person) == {("mood", "2026-05-03"): 4}


@pytest.mark.parametrize("kind", ["text/csv", "application/x-www-form-urlencoded", "text/plain"])
def test_csv_is_accepted_whatever_it_is_called(client, connected, kind):
    body = b"day,feature,value\n2026-05-03,mood,4\n"
    answer = send(client, connected[1], body, kind)
    assert answer.status_code == 202
    read_upload.call(answer.json()["upload"])
    assert features(connected[0].person) == {("mood", "2026-05-03"): 4}


@pytest.mark.parametrize("token", ["", "wrong", "0" * 64])
def test_without_the_right_token_it_is_401_and_nothing_is_stored(
    client, connected, token, tmp_path
):
    answer = send(client, token, SAMPLES)
    assert answer.status_code == 401
    assert answer.json()["detail"]
    assert (Upload.objects.count(), left_over(tmp_path)) == (0, [])


def test_a_paused_source_gets_403_and_a_sentence(client, connected, tmp_path):
    source, token = connected
    actions.pause(source, by=source.person, now=NOW)
    answer = send(client, token, SAMPLES)
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (403, "application/json")
    assert "paused" in answer.json()["detail"]
    assert (Upload.objects.count(), left_over(tmp_path)) == (0, [])


def test_the_token_of_an_ended_source_opens_nothing(client, connected):
    source, token = connected
    actions.disconnect(source, by=source.person, now=NOW)
    assert send(client, token, SAMPLES).status_code == 401


def test_withdrawn_consent_gets_403_and_says_where_to_change_it(client, connected):
    source, token = connected
    consent.withdraw(source.person, "wearables", "keep", by=source.person, now=NOW)
    answer = send(client, token, SAMPLES)
    assert answer.status_code == 403
    assert "Privacy" in answer.json()["detail"]
    assert not Upload.objects.exists()


def test_a_body_beyond_what_django_holds_in_memory_is_taken_in_all_the_same(
    client, connected, settings
):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = json.dumps(DAYS).encode() + b" " * 200_000
    answer = send(client, connected[1], body)
    assert (answer.status_code, answer.json()["bytes"]) == (202, len(body))


def test_a_body_beyond_the_limit_gets_413_a_sentence_and_leaves_nothing(
    client, connected, monkeypatch, tmp_path
):
    monkeypatch.setattr(actions, "PUSH_BYTES", 1_000_000)
    answer = send(client, connected[1], b"[" + b" " * 1_000_001 + b"]")
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (413, "application/json")
    assert answer.json()["detail"] == (
        "This is more than 1 MB, the most that is taken in at once. Nothing was kept."
    )
    assert (Upload.objects.count(), left_over(tmp_path)) == (0, [])


@pytest.mark.parametrize("body", [b"", b"{not json", b"\xff\xfe\x00", b'{"a": 1}'])
def test_a_body_that_is_no_samples_fails_in_the_worker_with_a_sentence_for_the_person(
    client, connected, body
):
    source, token = connected
    answer = send(client, token, body)
    assert answer.status_code == 202
    read_upload.call(answer.json()["upload"])
    (told,) = queries.own_pushes(source.person)
    assert (told.times, told.refused) == (1, 1)
    assert told.reasons[0].endswith(".")


def test_the_same_push_twice_changes_nothing(client, connected):
    for expected in (1, 0):
        answer = send(client, connected[1], DAYS)
        read_upload.call(answer.json()["upload"])
        row = Upload.objects.get(id=answer.json()["upload"])
        assert row.report["days_changed"] == expected


def test_only_post_is_answered(client, connected):
    assert client.get(ADDRESS).status_code == 405


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/ingest/samples", 405),
        ("delete", "/api/ingest/owntracks", 405),
        ("post", "/api/ingest/samples", 401),
        ("post", "/api/ingest/owntracks", 401),
        ("post", "/api/ingest/nothing", 404),
        ("get", "/api/nothing", 404),
    ],
)
def test_every_refusal_to_a_program_is_json_with_a_sentence(client, db, method, path, status):
    answer = getattr(client, method)(path)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/json")
    assert answer.json()["detail"].endswith(".")
    if status == 405:
        assert answer["Allow"]
