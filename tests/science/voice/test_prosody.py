"""A diary's numbers are right, do not depend on the device, and are missing where unknown."""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np
import pytest
from tests.science.voice.recordings import PAUSES, RATE, RUNS, diary, file, spoken

from heartsease.science.voice import speech, synthetic
from heartsease.science.voice.prosody import LOWEST_SNR_DB, Prosody, describe
from heartsease.science.voice.sound import Sound, read_wav

SPOKEN, SPAN = sum(RUNS), sum(RUNS) + sum(PAUSES)
ALWAYS = {"seconds", "snr_db"}


def said(found: Prosody) -> set[str]:
    return {name for name, value in asdict(found).items() if value is not None}


def assert_alike(one: Prosody, other: Prosody) -> None:
    assert one.f0_median_hz == pytest.approx(other.f0_median_hz, rel=0.005)
    assert one.f0_range_semitones == pytest.approx(other.f0_range_semitones, abs=0.1)
    assert one.mean_pause_ms == pytest.approx(other.mean_pause_ms, abs=15)
    assert one.speaking_share == pytest.approx(other.speaking_share, abs=0.01)
    assert one.pause_count_per_minute == pytest.approx(other.pause_count_per_minute, rel=0.01)
    assert one.speech_rate_per_s == pytest.approx(other.speech_rate_per_s, rel=0.03)
    assert one.articulation_rate_per_s == pytest.approx(other.articulation_rate_per_s, rel=0.03)
    assert one.energy_sd_db == pytest.approx(other.energy_sd_db, abs=0.2)
    assert one.voiced_share == pytest.approx(other.voiced_share, abs=0.02)


@pytest.mark.parametrize("snr_db", [None, 30, 20])
@pytest.mark.parametrize("pitch_hz", [90, 125, 200, 280])
def test_every_number_is_the_one_that_was_put_in(pitch_hz, snr_db):
    found = describe(diary(snr_db=snr_db, pitch_hz=pitch_hz, range_semitones=6, per_second=3.7))
    assert found.seconds == pytest.approx(SPAN + 1, abs=0.01)
    assert found.speaking_seconds == pytest.approx(SPOKEN, abs=0.1)
    assert found.speaking_share == pytest.approx(SPOKEN / SPAN, abs=0.01)
    assert found.pause_count_per_minute == pytest.approx(60 * len(PAUSES) / SPAN, rel=0.01)
    assert found.mean_pause_ms == pytest.approx(1000 * np.mean(PAUSES), abs=30)
    assert found.speech_rate_per_s == pytest.approx(3.7 * SPOKEN / SPAN, rel=0.1)
    assert found.articulation_rate_per_s == pytest.approx(3.7, rel=0.1)
    assert found.f0_median_hz == pytest.approx(pitch_hz, rel=0.02)
    assert found.f0_range_semitones == pytest.approx(0.8 * 6, abs=0.4)
    assert found.voiced_share > 0.9


def test_a_livelier_voice_has_a_wider_range_and_a_more_even_one_a_smaller_spread():
    flat, lively = (describe(diary(range_semitones=width)) for width in (1, 10))
    assert lively.f0_range_semitones - flat.f0_range_semitones == pytest.approx(7.2, abs=0.5)
    own = synthetic.voiced(lambda times: 0 * times + 120, 5, RATE)
    spread = [
        describe(
            Sound.of(np.pad(own * synthetic.syllables(5, 4, RATE, depth_db=depth), RATE), RATE)
        ).energy_sd_db
        for depth in (4, 8, 16)
    ]
    assert spread[0] < spread[1] < spread[2]


@pytest.mark.parametrize("gain", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("snr_db", [None, 25])
def test_a_microphone_further_down_changes_nothing(gain, snr_db):
    assert_alike(describe(diary(snr_db=snr_db, gain=gain)), describe(diary(snr_db=snr_db)))


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
@pytest.mark.parametrize("pitch_hz", [100, 230])
def test_the_rate_of_the_device_changes_nothing(rate, pitch_hz):
    assert_alike(describe(diary(rate, pitch_hz=pitch_hz)), describe(diary(pitch_hz=pitch_hz)))


@pytest.mark.parametrize("form", ["u8", "s16", "s24", "s32", "f32"])
def test_the_form_of_the_file_changes_nothing(form):
    own = spoken(RATE)
    stereo = np.stack([own, own], axis=1)
    assert_alike(describe(read_wav(file(stereo, RATE, form))), describe(diary()))


def test_silence_at_both_ends_changes_only_the_length():
    own = spoken(RATE)
    longer = describe(Sound.of(np.pad(own, (2 * RATE, 4 * RATE)), RATE))
    assert_alike(longer, describe(diary()))
    assert longer.seconds == pytest.approx(describe(diary()).seconds + 6)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("snr_db", [LOWEST_SNR_DB - 3, 8, 3, 0, -10])
def test_in_noise_nothing_is_said(snr_db, seed):
    own = synthetic.with_noise(spoken(RATE), snr_db, RATE, seed)
    assert said(describe(Sound.of(own, RATE))) <= ALWAYS


def test_silence_and_pure_noise_get_no_numbers():
    random = np.random.default_rng(3)
    for own in (
        np.zeros(10 * RATE),
        0.1 * random.standard_normal(30 * RATE),
        0.1 * synthetic.pink(30 * RATE, 4),
    ):
        assert said(describe(Sound.of(own, RATE))) <= ALWAYS


def test_noise_in_the_rhythm_of_speech_is_not_taken_for_a_voice():
    hiss = np.random.default_rng(1).standard_normal(4 * RATE) / 5
    bursts = hiss * synthetic.syllables(4, 4, RATE)
    own = np.concatenate([np.zeros(RATE), bursts, np.zeros(RATE), bursts, np.zeros(RATE)])
    assert said(describe(Sound.of(own, RATE))) <= ALWAYS | {"voiced_share"}


@pytest.mark.parametrize("rate", [16_000, 48_000])
@pytest.mark.parametrize("limit", [0.05, 0.1, 0.2])
def test_a_recorder_that_was_overdriven_tells_no_rate_and_no_spread(limit, rate):
    own = spoken(rate, pitch_hz=220)
    found = describe(Sound.of(np.clip(own, -limit, limit), rate))
    assert found.speech_rate_per_s is found.articulation_rate_per_s is found.energy_sd_db is None
    assert found.f0_median_hz == pytest.approx(220, rel=0.02)
    assert found.mean_pause_ms == pytest.approx(1000 * np.mean(PAUSES), abs=30)


def test_a_pause_in_the_diary_does_not_move_the_spread_of_the_level():
    own = synthetic.diary([30.0], [], RATE)
    broken = synthetic.diary([7.5] * 4, [1.0] * 3, RATE)
    without, with_pauses = (describe(Sound.of(one, RATE)).energy_sd_db for one in (own, broken))
    assert without == pytest.approx(with_pauses, abs=0.5)


def test_a_voice_too_quiet_for_the_microphone_gets_no_numbers():
    assert said(describe(diary(gain=0.001))) <= ALWAYS


def test_a_word_or_two_are_too_little():
    own = synthetic.diary([2.0], [], RATE)
    assert said(describe(Sound.of(np.pad(own, RATE), RATE))) <= ALWAYS


def test_without_a_pause_there_is_no_mean_pause_but_a_count_of_none():
    found = describe(Sound.of(synthetic.diary([5.0], [], RATE), RATE))
    assert found.mean_pause_ms is None
    assert (found.pause_count_per_minute, found.speaking_share) == (0, 1)


def test_only_single_numbers_leave():
    found = describe(diary())
    assert {field.name for field in fields(found)} == set(asdict(found))
    assert all(type(value) is float for value in asdict(found).values())


def test_the_sound_itself_is_left_as_it_was():
    own = diary()
    before = own.samples.copy()
    describe(own)
    assert (own.samples == before).all()
    assert speech.find(own).loud.any()
