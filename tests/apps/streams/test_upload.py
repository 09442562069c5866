"""A file that is handed in: stored and made into features, or refused with nothing left."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from tests.apps.streams.devices import (
    HEADER,
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
from tests.science.sensing.exports import apple, apple_file, pulse, zipped
from tests.science.sensing.exports import steps as apple_steps

from heartsease.base import audit, events, tasks
from heartsease.base.models import Event
from heartsease.capture.streams import actions, queries
from heartsease.capture.streams import tasks as reading
from heartsease.capture.streams.models import DailyFeature, DayRecord, Quarantine, Status, Upload
from heartsease.consent import actions as consent
from heartsease.consent import gate
from heartsease.people.actions import NotAllowed


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    with time_machine_at(NOW):
        yield cast.alice


@pytest.fixture
def told(monkeypatch):
    """What the house was told of changed days."""
    heard: list[list] = []
    listeners = {
        **events._listeners,
        "streams.changed": [lambda **facts: heard.append(facts["days"])],
    }
    monkeypatch.setattr(events, "_listeners", listeners)
    return heard


def test_an_upload_is_stored_by_day_and_made_into_features(alice, told, tmp_path):
    row = hand_in(alice, file_of(*(line for d in (1, 2, 3) for line in (steps(d, 900), night(d)))))
    assert (row.status, row.format, row.progress) == (Status.DONE, "plain_csv", 1.0)
    assert row.report["days_changed"] >= 3
    found = features(alice)
    assert found["steps", "2026-05-03"] == 900
    assert found["minutes_asleep", "2026-05-03"] == 480
    assert len(digests(alice)) == 6
    assert len(told) == 1
    assert left_over(tmp_path) == []
    assert audit.about(alice.pk).filter(action="data.stored").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_finds_the_job_and_does_it(time_machine_at):
    from tests.people import cast

    person = cast().alice
    agree(person)
    actions.upload(person, file_of(steps(1, 900)), "a.csv", by=person, now=NOW)
    assert tasks.run_all() >= 1
    assert features(person)["steps", "2026-05-03"] == 900


def test_the_same_file_twice_changes_nothing_and_tells_nobody(alice, told):
    def lines():
        return file_of(*(line for d in range(1, 20) for line in (steps(d, 900 + d), night(d))))

    hand_in(alice, lines())
    before, rows = digests(alice), features(alice)
    kept = {row.pk for row in DayRecord.objects.all()} | {
        row.pk for row in DailyFeature.objects.all()
    }
    row = hand_in(alice, lines())
    assert (row.status, row.report["days_changed"]) == (Status.DONE, 0)
    assert "Nothing changed" in row.message
    assert (digests(alice), features(alice)) == (before, rows)
    now = {row.pk for row in DayRecord.objects.all()} | {
        row.pk for row in DailyFeature.objects.all()
    }
    assert now == kept
    assert len(told) == 1


def test_the_order_of_two_files_does_not_matter(cast, time_machine_at):
    early = [steps(1, 500, device="phone"), night(2, 3), steps(3, 100)]
    late = [steps(1, 900, device="watch"), night(2, 8), night(1)]
    with time_machine_at(NOW):
        for person, files in ((cast.alice, (early, late)), (cast.pat, (late, early))):
            agree(person)
            for lines in files:
                hand_in(person, file_of(*lines))
    assert digests(cast.alice) == digests(cast.pat)
    assert features(cast.alice) == features(cast.pat)


def test_two_devices_at_once_are_both_kept_and_counted_once(alice):
    hand_in(alice, file_of(steps(1, 900, device="watch")))
    row = hand_in(
        alice, file_of(steps(1, 950, device="phone"), steps(1, 70, device="phone", hour=15))
    )
    assert row.report["days_changed"] == 1
    assert features(alice)["steps", "2026-05-03"] == 970
    assert digests(alice)["steps", "2026-05-03"][1] == 3


def test_the_same_samples_exported_in_another_zone_change_nothing(alice, tmp_path):
    berlin = ("2026-05-01 00:30:00 +0200", "2026-05-01 00:40:00 +0200")
    london = ("2026-04-30 23:30:00 +0100", "2026-04-30 23:40:00 +0100")
    hand_in(alice, io.BytesIO(apple(apple_steps(*berlin, 80)).encode()), "export.xml")
    before, rows = digests(alice), features(alice)
    row = hand_in(alice, io.BytesIO(apple(apple_steps(*london, 80)).encode()), "export.xml")
    assert (row.report["days_changed"], digests(alice), features(alice)) == (0, before, rows)


def test_a_feature_that_is_not_made_any_more_goes(alice):
    """Half a night ends before midnight; the whole night ends the next morning."""
    half = NOW.replace(hour=20) - timedelta(days=2)
    line = f"{half.isoformat()},{(half + timedelta(hours=3)).isoformat()},sleep,,asleep,watch\n"
    hand_in(alice, file_of(line))
    assert features(alice)["minutes_asleep", "2026-05-02"] == 180
    rest = half + timedelta(hours=3)
    line = f"{rest.isoformat()},{(rest + timedelta(hours=5)).isoformat()},sleep,,asleep,watch\n"
    row = hand_in(alice, file_of(line))
    found = features(alice)
    assert ("minutes_asleep", "2026-05-02") not in found
    assert found["minutes_asleep", "2026-05-03"] == 480
    assert row.report["days_changed"] == 2


def test_ready_daily_values_are_kept_but_never_over_what_samples_say(alice):
    ready = b"day,feature,value\n2026-05-03,steps,5\n2026-05-02,steps,7000\n2026-05-02,mood,4\n"
    hand_in(alice, file_of(steps(1, 900)))
    row = hand_in(alice, io.BytesIO(ready), "days.csv")
    assert row.report["days_changed"] == 1
    assert features(alice) == {
        ("steps", "2026-05-03"): 900,
        ("steps", "2026-05-02"): 7000,
        ("mood", "2026-05-02"): 4,
    }
    again = hand_in(alice, io.BytesIO(ready), "days.csv")
    assert again.report["days_changed"] == 0
    hand_in(alice, file_of(steps(2, 800)))
    assert features(alice)["steps", "2026-05-02"] == 800


def test_samples_older_than_the_site_keeps_become_features_only(alice):
    old = file_of(*(line for d in range(500, 520) for line in (steps(d, 700), night(d))))
    row = hand_in(alice, old)
    assert row.status == Status.DONE
    assert digests(alice) == {}
    rows = features(alice)
    assert len([value for (name, _), value in rows.items() if name == "steps"]) == 20
    old.seek(0)
    again = hand_in(alice, old)
    assert (again.report["days_changed"], features(alice)) == (0, rows)


def test_after_the_nightly_forgetting_the_same_file_still_changes_nothing(alice, time_machine_at):
    lines = [line for d in range(1, 60) for line in (steps(d, 700 + d), night(d))]
    hand_in(alice, file_of(*lines))
    rows = features(alice)
    later = NOW + timedelta(days=370)
    with time_machine_at(later):
        reading.forget_old_samples(later)
        assert 0 < len(digests(alice)) < 118
        row = hand_in(alice, file_of(*lines), now=later)
    assert (row.report["days_changed"], features(alice)) == (0, rows)


def test_without_consent_nothing_is_taken_in(cast, tmp_path):
    with pytest.raises(gate.NotConsented, match="switched off"):
        actions.upload(cast.alice, file_of(steps(1, 9)), "a.csv", by=cast.alice, now=NOW)
    assert not Upload.objects.exists()
    assert left_over(tmp_path) == []


def test_consent_withdrawn_before_reading_stores_nothing_and_leaves_no_file(alice, told, tmp_path):
    row = hand_in(alice, file_of(steps(1, 900)), read=False)
    assert len(left_over(tmp_path)) == 1
    consent.withdraw(alice, "wearables", "keep", by=alice, now=NOW)
    reading.read_upload.call(str(row.id))
    row.refresh_from_db()
    assert row.status == Status.FAILED
    assert "switched off" in row.message
    assert (digests(alice), features(alice), told, left_over(tmp_path)) == ({}, {}, [], [])


def test_nobody_hands_in_for_somebody_else(cast, tmp_path):
    agree(cast.alice)
    for by in (cast.bob, cast.ada, cast.pat):
        with pytest.raises(NotAllowed):
            actions.upload(cast.alice, file_of(steps(1, 9)), "a.csv", by=by, now=NOW)
    assert not Upload.objects.exists()
    assert left_over(tmp_path) == []


def test_too_large_a_file_leaves_nothing(alice, settings, tmp_path):
    settings.MAX_UPLOAD_BYTES = 2_000_000
    with pytest.raises(actions.FileTooLarge, match="more than 2 MB") as error:
        actions.upload(alice, io.BytesIO(b"x" * 2_000_001), "a.csv", by=alice, now=NOW)
    assert error.value.status == 413
    assert not Upload.objects.exists()
    assert left_over(tmp_path) == []


def test_a_file_waits_where_only_this_program_reads_it(alice, tmp_path):
    row = hand_in(alice, file_of(steps(1, 900)), read=False)
    assert reading.where(row).stat().st_mode & 0o777 == 0o600
    with reading._spool(row) as spool:
        assert spool.folder.stat().st_mode & 0o777 == 0o700
    assert not spool.folder.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"no known thing", "no known form"),
        (b'[{"time": "2026', "damaged or incomplete"),
        (HEADER.encode(), "read from plain CSV: sleep, steps"),
        (HEADER.encode() + b"2026-05-03T10:00:00Z,,heart_rate,900,,w\n", "900 is outside"),
        (b"PK\x03\x04" + b"\x00" * 40, "zip file is damaged"),
    ],
)
def test_a_file_that_cannot_be_used_fails_with_a_sentence_and_earlier_days_stay(
    alice, told, tmp_path, content, sentence
):
    hand_in(alice, file_of(steps(1, 900)))
    before = digests(alice), features(alice)
    row = hand_in(alice, io.BytesIO(content), "x")
    assert row.status == Status.FAILED
    assert sentence in row.message
    assert row.message.endswith(".")
    assert (digests(alice), features(alice)) == before
    assert len(told) == 1
    assert left_over(tmp_path) == []


def test_a_torn_zip_fails_and_earlier_days_stay(alice, tmp_path):
    hand_in(alice, file_of(steps(1, 900)))
    before = digests(alice)
    whole = zipped(
        tmp_path / "x.zip",
        {"export.xml": apple(pulse("2026-05-01 08:00:00 +0100", 60))},
    ).read_bytes()
    row = hand_in(alice, io.BytesIO(whole[: len(whole) // 2]), "export.zip")
    assert (row.status, digests(alice)) == (Status.FAILED, before)


def test_a_bomb_is_refused_with_a_sentence(alice, tmp_path):
    bomb = zipped(tmp_path / "b.zip", {"export.xml": apple() + " " * 20_000_000}).read_bytes()
    row = hand_in(alice, io.BytesIO(bomb), "export.zip")
    assert row.status == Status.FAILED
    assert "protect the server" in row.message


def test_a_row_with_a_wrong_unit_goes_to_quarantine_with_file_line_and_reason(alice):
    file = io.BytesIO(
        b"time,stream,value,unit\n2026-05-03T10:00:00Z,heart_rate,60,bpm\n"
        b"2026-05-03T10:05:00Z,heart_rate,60,furlong\n2026-05-03T10:06:00Z,heart_rate,1,furlong\n"
    )
    row = hand_in(alice, file, "my pulse.csv")
    assert (row.status, row.report["set_aside"]) == (Status.DONE, 2)
    (piece,) = queries.own_uploads(alice)[0].quarantined.all()
    assert (piece.file, piece.line, piece.count) == ("my pulse.csv", 3, 2)
    assert "furlong" in piece.reason


def test_what_is_quoted_from_a_file_is_sealed_in_the_database(alice):
    file = io.BytesIO(b"time,stream,value\n2026-05-03T10:00:00Z,canary-7f3a,60\n" + b"x,steps,1\n")
    hand_in(alice, file, "canary-7f3a.csv")
    for table, column in (("streams_quarantine", "reason"), ("streams_quarantine", "file")):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column} FROM {table}")
            assert all(b"canary" not in bytes(value) for (value,) in cursor.fetchall())
    assert any("canary-7f3a" in piece.reason for piece in Quarantine.objects.all())


def test_progress_is_published_while_the_file_is_read(alice, monkeypatch, tmp_path):
    from heartsease.science.sensing.readers import apple_health

    monkeypatch.setattr(reading, "SECONDS_BETWEEN_NOTES", -1)
    monkeypatch.setattr(apple_health, "BLOCK_BYTES", 2000)
    seen: list[tuple[str, float]] = []
    publish = events.publish

    def listen(kind, topics, **facts):
        row = Upload.objects.get()
        seen.append((row.status, row.progress))
        publish(kind, topics, **facts)

    monkeypatch.setattr(events, "publish", listen)
    text = apple(*(pulse("2026-05-01 08:00:00 +0100", 50 + n % 40) for n in range(100)))
    hand_in(alice, io.BytesIO(text.encode()), "export.xml")
    shares = [share for status, share in seen if status == Status.READING]
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.8 < shares[-1] < 1
    assert seen[-1] == (Status.DONE, 1.0)
    assert Event.objects.filter(kind="upload", topic=events.person_topic(alice.pk)).count() > 5


def test_fitbit_days_follow_the_time_zone_of_the_person(alice, tmp_path):
    alice.timezone = "America/New_York"
    alice.save(update_fields=["timezone"])
    path = zipped(
        tmp_path / "t.zip",
        {"Fitbit/steps-2026-04-01.json": [{"dateTime": "04/30/26 02:30:00", "value": "40"}]},
    )
    hand_in(alice, io.BytesIO(path.read_bytes()), "takeout.zip")
    assert features(alice) == {("steps", "2026-04-29"): 40}


def test_an_apple_export_in_a_zip_goes_the_whole_way(alice, tmp_path):
    xml = apple_file(
        tmp_path, apple_steps("2026-05-01 08:00:00 +0100", "2026-05-01 08:10:00 +0100", 8)
    )
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.write(xml, "apple_health_export/export.xml")
    body.seek(0)
    row = hand_in(alice, body, "export.zip")
    assert (row.status, row.format) == (Status.DONE, "apple_health")
    assert features(alice) == {("steps", "2026-05-01"): 8}


def test_deleting_the_stream_deletes_rows_and_files(alice, cast, tmp_path):
    agree(cast.pat)
    for person in (alice, cast.pat):
        hand_in(person, file_of(steps(1, 900), night(1), "rubbish,,steps,1,,\n"))
    waiting = hand_in(alice, file_of(steps(2, 900)), read=False)
    (reading.workplace(waiting)).mkdir()
    with pytest.raises(NotAllowed):
        actions.delete_data(alice, by=cast.bob, now=NOW)
    actions.delete_data(alice, by=alice, now=NOW)
    assert (digests(alice), features(alice), left_over(tmp_path)) == ({}, {}, [])
    assert not Upload.objects.filter(person=alice).exists()
    assert Quarantine.objects.count() == 1
    assert features(cast.pat)


def test_a_stream_deleted_while_its_file_is_read_stays_deleted(alice, monkeypatch, told, tmp_path):
    from heartsease.capture.streams.draft import Draft

    make = Draft.make_features

    def delete_first(self):
        actions.delete_data(alice, by=alice, now=NOW)
        yield from make(self)

    monkeypatch.setattr(Draft, "make_features", delete_first)
    row = actions.upload(alice, file_of(steps(1, 900)), "a.csv", by=alice, now=NOW)
    reading.read_upload.call(str(row.id))
    assert (digests(alice), features(alice), told, left_over(tmp_path)) == ({}, {}, [], [])
