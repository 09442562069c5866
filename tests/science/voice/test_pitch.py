"""The pitch found is the pitch that was put in, glides and noise included."""

from __future__ import annotations

import numpy as np
import pytest

from heartsease.science.voice import pitch, speech, synthetic
from heartsease.science.voice.sound import Sound

RATE = 16_000


def tracked(own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times of all frames in seconds and the pitch of each."""
    sound = Sound.of(own, RATE)
    count = len(speech.levels(sound))
    times = np.arange(count) * speech.HOP_S + speech.FRAME_S / 2
    return times, pitch.track(sound, np.ones(count, dtype=bool))


@pytest.mark.parametrize("hertz", [62, 75, 90, 110, 125, 150, 167, 200, 250, 300, 350, 395])
def test_a_steady_voice_is_within_a_fiftieth(hertz):
    _, found = tracked(0.5 * synthetic.voiced(lambda times: 0 * times + hertz, 4, RATE))
    inner = found[5:-5]
    assert not np.isnan(inner).any()
    assert np.abs(inner / hertz - 1).max() < 0.02


@pytest.mark.parametrize(("start", "end"), [(80, 160), (300, 150), (120, 90), (180, 360)])
def test_a_glide_is_followed_within_a_fiftieth(start, end):
    def contour(times):
        return start * (end / start) ** (times / 4)

    times, found = tracked(0.5 * synthetic.voiced(contour, 4, RATE))
    inner = found[5:-5]
    assert np.abs(inner / contour(times[5:-5]) - 1).max() < 0.02


@pytest.mark.parametrize("snr_db", [30, 20, 15])
@pytest.mark.parametrize("hertz", [90, 120, 210, 300])
def test_noise_takes_frames_away_but_does_not_move_the_pitch(hertz, snr_db):
    own = 0.5 * synthetic.voiced(lambda times: 0 * times + hertz, 4, RATE)
    _, found = tracked(synthetic.with_noise(own, snr_db, RATE, seed=5))
    kept = found[~np.isnan(found)]
    assert len(kept) > 0.8 * len(found)
    assert np.quantile(np.abs(kept / hertz - 1), 0.99) < 0.02


def test_a_pulse_train_without_its_fundamental_has_its_pitch_all_the_same():
    times = np.arange(4 * RATE) / RATE
    own = sum(np.cos(2 * np.pi * 150 * number * times) for number in range(2, 7))
    _, found = tracked(0.1 * own)
    assert np.abs(found[5:-5] / 150 - 1).max() < 0.02


@pytest.mark.parametrize("seed", range(4))
def test_noise_and_silence_have_none(seed):
    random = np.random.default_rng(seed)
    for own in (random.standard_normal(10 * RATE) / 10, synthetic.pink(10 * RATE, seed) / 10):
        _, found = tracked(own)
        assert np.mean(~np.isnan(found)) < 0.05
    _, found = tracked(np.zeros(4 * RATE))
    assert np.isnan(found).all()


def test_only_the_frames_asked_for_are_looked_at():
    own = 0.5 * synthetic.voiced(lambda times: 0 * times + 120, 4, RATE)
    sound = Sound.of(own, RATE)
    where = np.zeros(len(speech.levels(sound)), dtype=bool)
    where[100:200] = True
    found = pitch.track(sound, where)
    assert (np.isnan(found) == ~where).all()
    assert np.isnan(pitch.track(sound, ~where | where)).sum() < 10


def test_a_leap_of_an_octave_is_left_out():
    own = np.full(300, 120.0)
    own[100:103] = 240
    own[200:205] = np.nan
    found = pitch._without_leaps(own)
    assert np.isnan(found[100:103]).all()
    assert (found[:100] == 120).all() and (found[205:] == 120).all()


def test_a_voice_of_less_than_thirty_milliseconds_is_none():
    own = np.full(100, np.nan)
    own[10:12] = 120
    own[50:60] = 120
    found = pitch._without_leaps(own)
    assert np.flatnonzero(~np.isnan(found)).tolist() == list(range(50, 60))
