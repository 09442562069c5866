"""Speech and pauses are where they were put."""

from __future__ import annotations

import numpy as np
import pytest
from tests.science.voice.recordings import PAUSES, RATE, RUNS, diary

from heartsease.science.voice import speech, synthetic
from heartsease.science.voice.sound import Sound


def lengths(spans) -> list[float]:
    return [end - start for start, end in spans]


@pytest.mark.parametrize("snr_db", [None, 40, 30, 20, 15])
@pytest.mark.parametrize("pitch_hz", [80, 120, 210, 330])
def test_each_pause_and_each_run_is_within_thirty_milliseconds(pitch_hz, snr_db):
    found = speech.find(diary(snr_db=snr_db, pitch_hz=pitch_hz))
    assert lengths(found.pauses) == pytest.approx(PAUSES, abs=0.03)
    assert lengths(found.runs) == pytest.approx(RUNS, abs=0.03)
    starts = 0.5 + np.cumsum([0, *(np.array(RUNS[:-1]) + PAUSES)])
    assert [start for start, _ in found.runs] == pytest.approx(starts, abs=0.03)


def test_silence_before_and_after_is_no_pause():
    own = np.concatenate([np.zeros(3 * RATE), synthetic.diary([4.0], [], RATE), np.zeros(2 * RATE)])
    found = speech.find(Sound.of(own, RATE))
    assert found.pauses == ()
    assert found.span_seconds == found.seconds == pytest.approx(4, abs=0.03)


@pytest.mark.parametrize(("gap", "pauses"), [(0.2, 0), (0.3, 1)])
def test_a_gap_is_a_pause_from_a_quarter_of_a_second_on(gap, pauses):
    found = speech.find(Sound.of(synthetic.diary([3.0, 3.0], [gap], RATE), RATE))
    assert len(found.pauses) == pauses


def test_a_click_in_a_pause_is_not_speech():
    own = synthetic.diary([3.0, 3.0], [1.0], RATE)
    own[int(4.0 * RATE) : int(4.02 * RATE)] = 0.5
    assert lengths(speech.find(Sound.of(own, RATE)).pauses) == pytest.approx([1.0], abs=0.03)


@pytest.mark.parametrize("snr_db", [40, 30, 25, 20, 15])
def test_the_distance_from_the_noise_is_told_within_one_decibel(snr_db):
    assert speech.find(diary(snr_db=snr_db)).snr_db == pytest.approx(snr_db, abs=1)


def test_the_floor_follows_a_fan_that_goes_on_halfway():
    own = synthetic.diary([3.0] * 10, [0.6] * 9, RATE)
    noise = synthetic.pink(len(own), 3)
    noise[: len(own) // 2] /= 10
    found = speech.find(Sound.of(own + 0.01 * noise, RATE))
    assert lengths(found.pauses) == pytest.approx([0.6] * 9, abs=0.04)


def test_rumble_and_an_offset_are_not_heard():
    quiet = speech.find(diary())
    times = np.arange(len(diary().samples)) / RATE
    rumbling = diary().samples + 0.2 + 0.2 * np.sin(2 * np.pi * 20 * times)
    found = speech.find(Sound.of(rumbling, RATE))
    assert lengths(found.pauses) == pytest.approx(lengths(quiet.pauses), abs=0.02)


def test_silence_and_steady_noise_hold_no_speech():
    assert speech.find(Sound.of(np.zeros(5 * RATE), RATE)).runs == ()
    for seed in range(5):
        found = speech.find(Sound.of(0.1 * synthetic.pink(20 * RATE, seed), RATE))
        assert found.seconds < 0.5


def test_a_sound_shorter_than_a_frame_has_no_speech():
    found = speech.find(Sound(np.zeros(100, np.float32)))
    assert (found.runs, found.snr_db, len(found.levels)) == ((), None, 0)
