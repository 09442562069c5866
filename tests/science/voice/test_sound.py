"""WAV files of every common kind, and a sentence for everything else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsease.science.voice.sound import RATE, UnusableSound, read_wav

from .voices import file_of, syllables, wav

VOICE = syllables(4)


@pytest.mark.parametrize(("bits", "close"), [(8, 0.01), (16, 1e-4), (24, 1e-6), (32, 1e-6)])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_same_voice_in_every_kind_of_wav(bits, close, channels):
    found = read_wav(file_of(wav(VOICE, bits=bits, channels=channels)))
    assert len(found.samples) == len(VOICE)
    assert np.abs(found.samples - VOICE).max() < close


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000])
def test_other_rates_are_resampled(rate):
    found = read_wav(file_of(wav(np.zeros(4 * rate), rate=rate)))
    assert found.seconds == pytest.approx(4, abs=0.01)


def test_a_file_that_breaks_off_is_read_as_far_as_it_goes():
    body = wav(VOICE)
    assert read_wav(file_of(body[: int(len(body) * 0.9)])).seconds == pytest.approx(3.6, abs=0.05)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no WAV"),
        (b"ID3" + bytes(100), "no WAV"),
        (wav(np.zeros(RATE)), "shorter than three"),
        (wav(np.zeros(601 * 8_000), rate=8_000, bits=8), "longer than ten"),
        (wav(VOICE)[:36], "holds no sound"),
        (wav(VOICE, rate=4_000), "cannot be read"),
        (wav(VOICE)[:20] + b"\x07\x00" + wav(VOICE)[22:], "not read here"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(body, words):
    with pytest.raises(UnusableSound, match=words):
        read_wav(file_of(body))


@settings(max_examples=200)
@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_bring_it_down(noise, place):
    body = wav(VOICE[: 3 * RATE + 10])
    for attempt in (noise, body[:place] + noise + body[place + len(noise) :]):
        try:
            found = read_wav(file_of(attempt))
        except UnusableSound:
            continue
        assert np.isfinite(found.samples).all()
        assert np.abs(found.samples).max() <= 1
