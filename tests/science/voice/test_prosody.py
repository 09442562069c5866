"""Pauses, pace and melody of voices whose numbers are known; no number where none can be said."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.voice.daily import NAMES, daily
from heartsease.science.voice.prosody import Prosody, describe
from heartsease.science.voice.sound import RATE, Sound, read_wav
from heartsease.science.voice.speech import find_speech

from .voices import diary, file_of, pink, syllables, wav

STRETCHES, PAUSES = [3.0, 2.5, 4.0], [0.4, 0.8]


@pytest.mark.parametrize("snr_db", [15, 25, 40])
@pytest.mark.parametrize("f0", [80, 110, 150, 220, 300])
def test_pitch_pauses_and_pace_are_those_that_were_made(f0, snr_db):
    sound = diary(STRETCHES, PAUSES, f0=f0, rate=4, snr_db=snr_db)
    found = describe(sound)
    assert found.f0_median_hz == pytest.approx(f0, rel=0.02)
    assert found.articulation_rate_per_s == pytest.approx(4, rel=0.1)
    pauses = find_speech(sound).pauses_s
    assert len(pauses) == 2
    near = 0.04 if snr_db >= 25 else 0.08
    assert pauses == pytest.approx(PAUSES, abs=near)
    assert found.pause_count_per_minute == pytest.approx(2 / 10.7 * 60, rel=0.03)


@pytest.mark.parametrize("rate", [2.5, 3, 4, 5, 6])
def test_the_pace_follows_the_syllables(rate):
    found = describe(diary([6, 6], [0.5], rate=rate))
    assert found.articulation_rate_per_s == pytest.approx(rate, rel=0.1)
    assert found.speech_rate_per_s < found.articulation_rate_per_s


def test_the_melody_is_the_middle_eighty_percent_in_semitones():
    """A swing of 3 semitones spends its middle 80 % within 3 sin(.4 pi) of its middle."""
    found = describe(diary([20, 20], [0.5], glide=3))
    assert found.f0_range_semitones == pytest.approx(2 * 3 * np.sin(0.4 * np.pi), rel=0.05)
    assert describe(diary([20], [], glide=0)).f0_range_semitones < 0.3


@pytest.mark.parametrize("gain", [0.05, 0.3, 1.0])
def test_the_distance_to_the_microphone_changes_no_number(gain):
    sound = diary(STRETCHES, PAUSES, snr_db=30)
    plain, other = describe(sound), describe(Sound(sound.samples * gain))
    for name in (*NAMES.values(), "snr_db"):
        assert getattr(other, name) == pytest.approx(getattr(plain, name), rel=0.02)


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_another_rate_of_the_recording_changes_little(rate):
    sound = diary(STRETCHES, PAUSES, snr_db=35)
    from scipy.signal import resample_poly

    other = np.clip(resample_poly(sound.samples, rate, RATE), -1, 1)
    found = describe(read_wav(file_of(wav(other, rate=rate))))
    assert found.f0_median_hz == pytest.approx(describe(sound).f0_median_hz, rel=0.01)
    assert found.speech_rate_per_s == pytest.approx(describe(sound).speech_rate_per_s, rel=0.05)


@pytest.mark.parametrize(
    "sound",
    [
        Sound(np.zeros(10 * RATE)),
        Sound(0.1 * pink(10 * RATE)),
        diary(STRETCHES, PAUSES, snr_db=3),
        diary([0.8], [], snr_db=40),
    ],
    ids=["silence", "noise", "a loud room", "hardly a word"],
)
def test_where_nothing_can_be_said_there_is_no_number(sound):
    found = describe(sound)
    assert found.speech_rate_per_s is None
    assert found.f0_median_hz is None
    assert daily([(date(2026, 5, 4), found)]).is_empty()


def test_noise_through_no_throat_has_no_pitch():
    """Bursts of noise are loud enough to be speech and have no pitch: nothing is said of them."""
    bursts = pink(8 * RATE) * 0.2 * (np.arange(8 * RATE) // (RATE // 2) % 2)
    assert describe(Sound(bursts + 1e-4 * pink(8 * RATE, 1))).f0_median_hz is None


def test_a_day_is_the_mean_of_its_diaries_weighted_by_speech():
    long = Prosody(40.0, speaking_share=1.0, mean_pause_ms=400.0, f0_median_hz=100.0)
    short = Prosody(10.0, speaking_share=1.0, f0_median_hz=200.0)
    frame = daily([(date(2026, 5, 4), long), (date(2026, 5, 4), short)])
    values = dict(frame.select("feature", "value").iter_rows())
    assert values["voice_f0_median_hz"] == pytest.approx(120)
    assert values["voice_pause_ms"] == 400
    assert set(frame["data_yield"]) == {1.0}
    (share,) = set(daily([(date(2026, 5, 4), short)])["data_yield"])
    assert share == pytest.approx(1 / 3)


def test_every_number_of_a_day_is_in_the_catalogue():
    voice = {name for name, one in FEATURES.items() if one.domain == "voice"}
    assert voice == set(NAMES)


def test_two_minutes_take_less_than_a_second():
    import time

    sound = diary([24] * 5, [0.5] * 4)
    begun = time.process_time()
    describe(sound)
    assert time.process_time() - begun < 2.0


def test_a_voice_that_says_nothing_twice_is_the_same_twice():
    first, second = (describe(Sound(syllables(6, seed=1))) for _ in range(2))
    assert first == second
