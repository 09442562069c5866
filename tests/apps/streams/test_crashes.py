"""Workers die, meet and come back; a person's days come out the same."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from tests.apps.streams.devices import (
    NOW,
    digests,
    features,
    file_of,
    hand_in,
    left_over,
    night,
    steps,
)
from tests.people import agree

from heartsease.base import keys
from heartsease.capture.streams import actions, covered
from heartsease.capture.streams import tasks as reading
from heartsease.capture.streams.draft import Draft, Overtaken
from heartsease.capture.streams.models import Status, Upload


class Killed(BaseException):
    """The worker dies on the spot."""


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    with time_machine_at(NOW):
        yield cast.alice


def lines():
    return file_of(*(line for d in range(1, 12) for line in (steps(d, 900 + d), night(d))))


@pytest.mark.parametrize("where", ["unite", "make_features", "write", "_write_days"])
def test_a_job_killed_anywhere_and_run_again_gives_the_same_rows(
    cast, time_machine_at, monkeypatch, tmp_path, where
):
    for person in (cast.alice, cast.pat):
        agree(person)
    with time_machine_at(NOW):
        hand_in(cast.pat, lines())
        row = hand_in(cast.alice, lines(), read=False)

        def die(self):
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(Draft, where, die)
            with pytest.raises(Killed):
                reading.read_upload.call(str(row.id))
        row.refresh_from_db()
        assert (row.status, digests(cast.alice), features(cast.alice)) == (Status.READING, {}, {})
        reading.read_upload.call(str(row.id))
    row.refresh_from_db()
    assert row.status == Status.DONE
    assert digests(cast.alice) == digests(cast.pat)
    assert features(cast.alice) == features(cast.pat)
    assert left_over(tmp_path) == []


def test_a_finished_upload_that_is_run_again_is_left_alone(alice):
    row = hand_in(alice, lines())
    before = row.finished_at, row.message
    reading.read_upload.call(str(row.id))
    row.refresh_from_db()
    assert (row.finished_at, row.message, row.status) == (*before, Status.DONE)


def test_a_failed_upload_that_is_run_again_keeps_its_sentence(alice):
    row = hand_in(alice, file_of("x,,love,1,,\n"))
    said = row.message
    reading.read_upload.call(str(row.id))
    row.refresh_from_db()
    assert (row.status, row.message) == (Status.FAILED, said)


def test_a_fault_of_ours_is_tried_three_times_and_then_said(alice, monkeypatch, tmp_path):
    row = hand_in(alice, lines(), read=False)
    monkeypatch.setattr(Draft, "unite", lambda self: 1 / 0)
    for number in (1, 2):
        reading.read_upload.call(str(row.id), attempt_number=number)
        row.refresh_from_db()
        assert row.status == Status.READING
        assert left_over(tmp_path) == [f"{row.id}.upload"]
    with pytest.raises(ZeroDivisionError):
        reading.read_upload.call(str(row.id), attempt_number=3)
    row.refresh_from_db()
    assert row.status == Status.FAILED
    assert "our side" in row.message
    assert left_over(tmp_path) == []


def test_a_file_that_kills_every_worker_is_given_up(alice, monkeypatch, tmp_path):
    row = hand_in(alice, lines(), read=False)

    def die(self):
        raise Killed

    monkeypatch.setattr(Draft, "unite", die)
    for _ in range(3):
        with pytest.raises(Killed):
            reading.read_upload.call(str(row.id))
    reading.read_upload.call(str(row.id))
    row.refresh_from_db()
    assert row.status == Status.FAILED
    assert "several times" in row.message
    assert left_over(tmp_path) == []


def test_what_a_crash_left_behind_is_swept_away_and_what_waits_is_not(alice, tmp_path):
    waiting = hand_in(alice, lines(), read=False)
    (tmp_path / "00000000-0000-0000-0000-000000000000.spool").mkdir()
    (tmp_path / "00000000-0000-0000-0000-000000000000.upload").write_bytes(b"x")
    (tmp_path / "tmp123.upload.zip").write_bytes(b"x")
    (tmp_path / "something.else").write_bytes(b"x")
    import os

    for path in tmp_path.iterdir():
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    reading.sweep(NOW + timedelta(hours=5))
    assert len(left_over(tmp_path)) == 4
    reading.sweep(NOW + timedelta(hours=7))
    assert left_over(tmp_path) == [f"{waiting.id}.upload"]
    assert (tmp_path / "something.else").exists()
    reading.sweep(NOW + timedelta(days=4))
    waiting.refresh_from_db()
    assert waiting.status == Status.FAILED
    assert "in time" in waiting.message
    assert left_over(tmp_path) == []


def test_an_upload_overtaken_by_another_works_it_out_anew(alice, monkeypatch):
    """Another file of the same day is stored after this one was worked out."""
    other = hand_in(alice, file_of(steps(1, 70, device="phone", hour=15)), read=False)
    make, made = Draft.make_features, []

    def overtaken(self):
        yield from make(self)
        made.append(self)
        if len(made) == 1:
            reading.read_upload.call(str(other.id))

    monkeypatch.setattr(Draft, "make_features", overtaken)
    row = hand_in(alice, file_of(steps(1, 900)))
    other.refresh_from_db()
    assert (row.status, other.status, len(made)) == (Status.DONE, Status.DONE, 3)
    assert features(alice) == {("steps", "2026-05-03"): 970}


def test_an_upload_that_is_always_overtaken_makes_the_others_wait(alice, monkeypatch):
    log: list[str] = []
    unite, hold, write = Draft.unite, reading._hold, Draft.write

    def lose(self):
        if log.count("unite") <= reading.TURNS:
            raise Overtaken
        return write(self)

    monkeypatch.setattr(Draft, "unite", lambda self: (log.append("unite"), unite(self)))
    monkeypatch.setattr(reading, "_hold", lambda row: (log.append("hold"), hold(row)))
    monkeypatch.setattr(Draft, "write", lose)
    row = hand_in(alice, file_of(steps(1, 900)))
    assert row.status == Status.DONE
    assert log == [*(["unite", "hold"] * reading.TURNS), "hold", "unite", "hold"]


@pytest.mark.django_db(transaction=True)
def test_many_uploads_of_one_person_at_once_lose_nothing(monkeypatch):
    """Six workers, each with samples of the same days; all of them are there in the end."""
    from tests.people import cast

    person = cast().alice
    agree(person)
    rows = [
        actions.upload(
            person,
            file_of(*(steps(d, 10 + n, device=f"watch {n}", hour=8 + n) for d in range(1, 8))),
            f"{n}.csv",
            by=person,
            now=NOW,
        )
        for n in range(6)
    ]
    start = threading.Barrier(6)
    failures: list[BaseException] = []

    def work(row):
        try:
            with keys.keyring():
                start.wait()
                reading.read_upload.call(str(row.id))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(row,)) for row in rows]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert set(Upload.objects.values_list("status", flat=True)) == {Status.DONE}
    assert {samples for _, samples in digests(person).values()} == {6}
    assert set(features(person).values()) == {float(sum(range(10, 16)))}


def test_a_draft_that_is_out_of_date_writes_nothing(alice, tmp_path):
    from heartsease.science.sensing.spool import Spool

    spool = Spool(tmp_path)
    spool.close()
    oldest = covered.oldest(alice, NOW)
    draft = Draft(alice.pk, spool, oldest=oldest, agreements=frozenset({"wearables"}))
    draft.unite()
    hand_in(alice, lines())
    with pytest.raises(Overtaken):
        draft.write()
