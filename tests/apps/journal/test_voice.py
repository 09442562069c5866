"""A voice diary becomes numbers and is gone; who may see them; what goes with the switch."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.people import BACKEND, NOW, agree, as_
from tests.science.voice.recordings import wav

from heartsease.capture.journal import actions
from heartsease.capture.journal.models import VoiceDiary
from heartsease.capture.streams import actions as streams
from heartsease.capture.streams import queries
from heartsease.capture.streams.models import DailyFeature
from heartsease.consent import actions as consent
from heartsease.consent import gate
from heartsease.people import actions as people
from heartsease.science.voice import synthetic
from heartsease.watch import tasks, watched

RATE = 16_000


def voice(runs, pauses, *, snr_db: float = 40.0, pitch_hz: float = 150.0) -> bytes:
    """A WAV file of a voice that nobody has."""
    signal = synthetic.diary(runs, pauses, RATE, pitch_hz=pitch_hz)
    return wav(synthetic.with_noise(signal, snr_db, RATE, seed=1), RATE)


BODY = voice([4.0, 5.0], [0.6])


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice, streams=("journal", "voice"))
    with time_machine_at(NOW):
        yield cast.alice


def values(person) -> dict[str, float]:
    rows = DailyFeature.objects.filter(person=person)
    return dict(rows.values_list("feature", "value"))


def test_numbers_stay_and_the_recording_does_not(alice, tmp_path):
    row = actions.speak(alice, io.BytesIO(BODY), now=NOW)
    assert row.values["f0_median_hz"] == pytest.approx(150, rel=0.02)
    assert values(alice)["voice_pause_ms"] == pytest.approx(600, rel=0.1)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(one is None or isinstance(one, float) for one in row.values.values())


def test_two_diaries_of_a_day_are_one_number(alice):
    actions.speak(alice, io.BytesIO(BODY), now=NOW)
    higher = voice([5.0, 4.0], [0.4], pitch_hz=220)
    actions.speak(alice, io.BytesIO(higher), now=NOW + timedelta(hours=2))
    assert 160 < values(alice)["voice_f0_median_hz"] < 215
    assert VoiceDiary.objects.count() == 2


def test_a_recording_in_which_nothing_is_heard_is_kept_without_numbers(alice):
    row = actions.speak(alice, io.BytesIO(voice([4.0], [], snr_db=2)), now=NOW)
    assert row.values["speech_rate_per_s"] is None
    assert values(alice) == {}


def test_without_the_agreement_nothing_is_even_read(cast):
    with pytest.raises(gate.NotConsented):
        actions.speak(cast.alice, io.BytesIO(BODY), now=NOW)
    assert not VoiceDiary.objects.exists()


@pytest.mark.parametrize("body", [b"", b"hello", BODY[:60], bytes(1000)])
def test_what_is_no_recording_is_refused_with_a_sentence(alice, body):
    with pytest.raises(actions.ImpossibleRecording):
        actions.speak(alice, io.BytesIO(body), now=NOW)
    file = SimpleUploadedFile("diary.wav", body or b"x", "audio/wav")
    page = as_(alice).post("/voice/", {"recording": file})
    assert page.status_code == 422
    assert "Nothing was kept" in page.content.decode()


def test_the_page_takes_a_recording_and_says_what_became_of_it(alice):
    browser = as_(alice)
    file = SimpleUploadedFile("diary.wav", BODY, "audio/wav")
    page = browser.post("/voice/", {"recording": file}, follow=True).content.decode()
    assert "The recording is deleted" in page
    assert "11 seconds" in page
    assert 'id="voice"' in browser.get("/my-data/").content.decode()
    assert browser.post("/voice/").status_code == 422


def test_switched_off_the_page_offers_the_switch_and_no_recorder(cast):
    agree(cast.alice, streams=("journal",))
    page = as_(cast.alice).get("/voice/").content.decode()
    assert "Keep the numbers of my voice diaries" in page
    assert "data-recorder" not in page


def test_the_team_sees_the_numbers_only_where_they_are_shown(alice, cast):
    actions.speak(alice, io.BytesIO(BODY), now=NOW)
    seen = queries.features(cast.bob, "care").filter(feature="voice_pause_ms")
    assert seen.exists()
    consent.withdraw(alice, "voice", "care", by=alice, now=NOW)
    assert not seen.all().exists()


def test_deleting_the_voice_and_the_account_deletes_the_diaries(alice):
    actions.speak(alice, io.BytesIO(BODY), now=NOW)
    streams.delete_data(alice, by=alice, now=NOW, agreements=frozenset({"voice"}))
    assert not VoiceDiary.objects.exists()
    assert values(alice) == {}
    actions.speak(alice, io.BytesIO(BODY), now=NOW)
    people.erase(alice, by=alice, now=NOW)
    assert not VoiceDiary.objects.exists()


def test_a_voice_is_never_watched(alice):
    assert not [one for one in watched.plan().ways if one.stream == "voice"]
    actions.speak(alice, io.BytesIO(BODY), now=NOW)
    assert tasks.compare(alice, now=NOW) == []


def test_an_export_holds_the_diaries(alice):
    actions.speak(alice, io.BytesIO(BODY), now=NOW)
    record = as_(alice).get("/privacy/export/").json()
    (one,) = record["voice_diaries"]
    assert one["f0_median_hz"] == pytest.approx(150, rel=0.02)


def test_a_long_recording_never_lies_on_a_disk(alice, monkeypatch):
    seen = []
    speak = actions.speak

    def watch(person, recording, *, now):
        seen.append(type(recording).__name__)
        return speak(person, recording, now=now)

    monkeypatch.setattr(actions, "speak", watch)
    long = voice([40.0, 50.0, 30.0], [0.6, 0.5])
    assert len(long) > 3_000_000
    file = SimpleUploadedFile("diary.wav", long, "audio/wav")
    assert as_(alice).post("/voice/", {"recording": file}).status_code == 302
    assert seen == ["InMemoryUploadedFile"]


def test_a_recording_from_another_site_is_refused(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice, backend=BACKEND)
    file = SimpleUploadedFile("diary.wav", BODY, "audio/wav")
    assert browser.post("/voice/", {"recording": file}).status_code == 403
    assert not VoiceDiary.objects.exists()


def test_a_diary_deleted_while_it_is_heard_does_not_come_back(alice, monkeypatch):
    from heartsease.science.voice import prosody

    describe = prosody.describe

    def deleted_meanwhile(sound):
        streams.delete_data(alice, by=alice, now=NOW + timedelta(seconds=5))
        return describe(sound)

    monkeypatch.setattr(prosody, "describe", deleted_meanwhile)
    with pytest.raises(actions.ImpossibleRecording, match="deleted"):
        actions.speak(alice, io.BytesIO(BODY), now=NOW)
    assert not VoiceDiary.objects.exists()
