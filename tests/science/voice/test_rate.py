"""As many syllables are counted as were spoken."""

from __future__ import annotations

import numpy as np
import pytest
from tests.science.voice.recordings import PAUSES, RATE, RUNS, diary

from heartsease.science.voice import pitch, rate, speech, synthetic
from heartsease.science.voice.sound import Sound


def counted(sound: Sound) -> tuple[int, speech.Speech]:
    found = speech.find(sound)
    return len(rate.nuclei(found, pitch.track(sound, found.spoken))), found


@pytest.mark.parametrize("snr_db", [None, 30, 20, 15])
@pytest.mark.parametrize("per_second", [2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("pitch_hz", [90, 210])
def test_both_rates_are_within_a_tenth(pitch_hz, per_second, snr_db):
    count, found = counted(diary(snr_db=snr_db, per_second=per_second, pitch_hz=pitch_hz))
    spoken, span = sum(RUNS), sum(RUNS) + sum(PAUSES)
    assert rate.articulation_rate(count, found) == pytest.approx(per_second, rel=0.1)
    assert rate.speech_rate(count, found) == pytest.approx(per_second * spoken / span, rel=0.1)


def test_a_swell_of_less_than_two_decibels_is_no_syllable():
    own = synthetic.voiced(lambda times: 0 * times + 120, 4, RATE)
    flat = own * synthetic.syllables(4, 4, RATE, depth_db=1)
    count, _ = counted(Sound.of(np.concatenate([np.zeros(RATE), flat, np.zeros(RATE)]), RATE))
    assert count <= 2


def test_a_peak_without_a_voice_is_no_syllable():
    hiss = np.random.default_rng(1).standard_normal(4 * RATE) / 5
    own = np.concatenate([np.zeros(RATE), hiss * synthetic.syllables(4, 4, RATE), np.zeros(RATE)])
    count, found = counted(Sound.of(own, RATE))
    assert found.seconds > 3
    assert count <= 2
