"""Sources that push: connected by the person, paused, ended; their token is never stored."""

from __future__ import annotations

import io

import pytest
from tests.apps.streams.devices import NOW, features, file_of, left_over, steps
from tests.people import agree

from heartsease.capture.streams import actions, queries
from heartsease.capture.streams.models import Source, Upload
from heartsease.capture.streams.tasks import read_upload
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
