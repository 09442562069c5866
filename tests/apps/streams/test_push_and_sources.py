"""Sources that push: connected by the person, paused, ended; their token is never stored."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from tests.apps.streams.devices import NOW, features, file_of, left_over, steps
from tests.people import agree

from heartsease.capture.streams import actions, queries
from heartsease.capture.streams.models import Source, Upload
from heartsease.capture.streams.tasks import forget_old_pushes, read_upload
from heartsease.consent import actions as consent
from heartsease.consent import gate
from heartsease.people.actions import NotAllowed


@pytest.fixture
def source(cast, time_machine_at):
    agree(cast.alice)
    with time_machine_at(NOW):
        yield actions.connect(cast.alice, " My watch ", by=cast.alice, now=NOW)[0]


def test_what_is_pushed_is_read_like_a_file(source):
    row = actions.push(source, file_of(steps(1, 900)), now=NOW)
    read_upload.call(str(row.id))
    assert features(source.person)["steps", "2026-05-03"] == 900
    source.refresh_from_db()
    assert (row.source_id, source.last_seen_at) == (source.id, NOW)


def test_a_paused_source_stores_nothing_until_it_is_resumed(source, tmp_path):
    actions.pause(source, by=source.person, now=NOW)
    source.refresh_from_db()
    with pytest.raises(actions.SourcePaused, match="paused"):
        actions.push(source, file_of(steps(1, 900)), now=NOW)
    assert (Upload.objects.count(), left_over(tmp_path)) == (0, [])
    actions.resume(source, by=source.person, now=NOW)
    source.refresh_from_db()
    actions.push(source, file_of(steps(1, 900)), now=NOW)


def test_an_ended_source_stores_nothing_and_its_data_stay(source):
    row = actions.push(source, file_of(steps(1, 900)), now=NOW)
    read_upload.call(str(row.id))
    actions.disconnect(source, by=source.person, now=NOW)
    source.refresh_from_db()
    with pytest.raises(actions.SourcePaused):
        actions.push(source, file_of(steps(2, 900)), now=NOW)
    assert list(features(source.person)) == [("steps", "2026-05-03")]
    assert not queries.own_sources(source.person).exists()


def test_without_consent_a_push_is_refused(source, tmp_path):
    consent.withdraw(source.person, "wearables", "keep", by=source.person, now=NOW)
    with pytest.raises(gate.NotConsented):
        actions.push(source, file_of(steps(1, 900)), now=NOW)
    assert (Upload.objects.count(), left_over(tmp_path)) == (0, [])


def test_too_large_a_push_leaves_nothing(source, monkeypatch, tmp_path):
    monkeypatch.setattr(actions, "PUSH_BYTES", 1_000_000)
    with pytest.raises(actions.FileTooLarge, match="1 MB"):
        actions.push(source, io.BytesIO(b"x" * 1_000_001), now=NOW)
    assert (Upload.objects.count(), left_over(tmp_path)) == (0, [])


def test_only_the_person_connects_and_changes_their_sources(cast, source):
    for by in (cast.bob, cast.ada, cast.pat):
        with pytest.raises(NotAllowed):
            actions.connect(cast.alice, "x", by=by, now=NOW)
        for change in (actions.pause, actions.resume, actions.disconnect):
            with pytest.raises(NotAllowed):
                change(source, by=by, now=NOW)


def test_the_token_itself_is_stored_nowhere(cast):
    agree(cast.alice)
    source, token = actions.connect(cast.alice, "Watch", by=cast.alice, now=NOW)
    source.refresh_from_db()
    assert token not in source.token_hash
    assert actions.token_hash(token) == source.token_hash
    assert Source.objects.filter(token_hash=token).count() == 0


def test_a_person_of_whom_much_waits_is_asked_to_send_later(source, monkeypatch, tmp_path, client):
    monkeypatch.setattr(actions, "MOST_WAITING", 2)
    rows = [actions.push(source, file_of(steps(day, 900)), now=NOW) for day in (1, 2)]
    there = left_over(tmp_path)
    with pytest.raises(actions.TooManyWaiting):
        actions.push(source, file_of(steps(3, 900)), now=NOW)
    assert left_over(tmp_path) == there
    token = actions.connect(source.person, "Other", by=source.person, now=NOW)[1]
    answer = client.post(
        f"/api/ingest/samples?key={token}", file_of(steps(3, 900)).read(), "text/csv"
    )
    assert answer.status_code == 429
    assert answer.json()["detail"]
    read_upload.call(str(rows[0].id))
    actions.push(source, file_of(steps(3, 900)), now=NOW)


def test_the_bytes_that_wait_are_bounded_too(source, monkeypatch):
    monkeypatch.setattr(actions, "PUSHES_WAITING_BYTES", 100)
    actions.push(source, file_of(*(steps(day, 900) for day in range(1, 9))), now=NOW)
    with pytest.raises(actions.TooManyWaiting):
        actions.push(source, file_of(steps(9, 900)), now=NOW)


def test_the_token_of_an_account_that_was_ended_opens_nothing(cast, source, client):
    token = actions.connect(cast.alice, "Other", by=cast.alice, now=NOW)[1]
    assert queries.source_of(actions.token_hash(token)) is not None
    cast.alice.is_active = False
    cast.alice.save()
    answer = client.post(f"/api/ingest/samples?key={token}", b"time", "text/csv")
    assert answer.status_code == 401


def test_pushes_of_a_source_that_never_succeeded_are_forgotten_too(source):
    for back in (20, 10, 9):
        row = actions.push(source, io.BytesIO(b'{"x": 1}'), now=NOW - timedelta(days=back))
        read_upload.call(str(row.id))
    forget_old_pushes(NOW)
    assert not Upload.objects.exists()
