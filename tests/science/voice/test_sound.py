"""Recordings are read as they were, or refused with a sentence; nothing else comes out."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.voice.recordings import RATE, WIDTHS, file, wav

from heartsease.science.voice.sound import Sound, UnusableSound, read_wav

STEPS = {"u8": 1 / 128, "s16": 1 / 2**15, "s24": 1 / 2**23, "s32": 1 / 2**31, "f32": 0}
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)
SHORT = wav(TONE[: 3 * RATE], RATE)


@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("form", WIDTHS)
def test_every_form_is_read_to_its_last_bit(form, extensible):
    found = read_wav(file(TONE, RATE, form, extensible=extensible))
    assert found.rate == RATE
    assert found.samples.dtype == np.float32
    assert np.abs(found.samples - TONE).max() <= STEPS[form] / 2 + 1e-7


def test_channels_are_averaged():
    three = np.stack([TONE, np.zeros_like(TONE), -TONE / 2], axis=1)
    found = read_wav(file(three, RATE, "f32"))
    assert np.abs(found.samples - TONE / 6).max() < 1e-6


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 47_999, 48_000])
def test_any_rate_becomes_sixteen_kilohertz(rate):
    own = 0.5 * np.sin(2 * np.pi * 440 * np.arange(4 * rate) / rate)
    found = read_wav(file(own, rate, "f32"))
    assert found.seconds == pytest.approx(4, abs=1e-3)
    inner = slice(RATE // 2, 3 * RATE)
    assert np.abs(found.samples[inner] - TONE[inner]).max() < 0.01


def test_a_file_of_the_standard_library_is_read_from_its_path(tmp_path):
    path = tmp_path / "diary.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((TONE * 32767).astype("<i2").tobytes())
    assert np.abs(read_wav(path).samples - TONE).max() < 1e-4


def test_other_chunks_are_passed_over_and_odd_ones_are_padded():
    chunks = b"LIST" + struct.pack("<I", 5) + b"hello\0" + b"fact" + struct.pack("<I", 4) + b"1234"
    assert len(read_wav(file(TONE, RATE, chunks=chunks)).samples) == len(TONE)


def test_a_recording_whose_length_was_never_told_is_read_to_its_end():
    assert len(read_wav(file(TONE, RATE, told=0xFFFFFFFF)).samples) == len(TONE)


def test_what_exceeds_full_scale_is_scaled_as_a_whole():
    found = read_wav(file(4 * TONE, RATE, "f32"))
    assert np.abs(found.samples).max() == pytest.approx(1)
    assert np.corrcoef(found.samples, TONE)[0, 1] > 0.999999


class Unseekable(io.RawIOBase):
    """A stream that gives a few bytes at a time and cannot go back."""

    def __init__(self, text: bytes):
        self.text, self.at = text, 0

    def read(self, size=-1):
        self.at += (taken := min(size, 1000, len(self.text) - self.at))
        return self.text[self.at - taken : self.at]


def test_a_stream_that_cannot_go_back_is_read_too():
    assert len(read_wav(Unseekable(SHORT)).samples) == 3 * RATE


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"RIFF",
        b"OggS" + bytes(100),
        b"RIFF\0\0\0\0AVI " + bytes(100),
        SHORT[:12],
        SHORT[:30],
        SHORT[:44],
        SHORT[:-1],
        SHORT[: len(SHORT) // 2],
        wav(TONE[: 3 * RATE - 1], RATE),
        wav(TONE[: 2 * RATE], RATE, told=0xFFFFFFFF),
        wav(TONE, 7_999),
        wav(TONE, 96_000),
        wav(np.full(4 * RATE, np.nan), RATE, "f32"),
        wav(np.full(4 * RATE, np.inf), RATE, "f32"),
        SHORT.replace(b"fmt ", b"form"),
        SHORT[:20] + struct.pack("<H", 6) + SHORT[22:],
        SHORT[:22] + struct.pack("<H", 0) + SHORT[24:],
        SHORT[:32] + struct.pack("<H", 0) + SHORT[34:],
        SHORT[:34] + struct.pack("<H", 64) + SHORT[36:],
        SHORT[:16] + struct.pack("<I", 2) + SHORT[20:],
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(text):
    with pytest.raises(UnusableSound) as refusal:
        read_wav(io.BytesIO(text))
    assert str(refusal.value).endswith(".")


def test_more_than_ten_minutes_are_refused():
    with pytest.raises(UnusableSound, match="longer"):
        read_wav(file(np.zeros(0), 8_000, told=2 * (600 * 8_000 + 1)))
    with pytest.raises(UnusableSound, match="longer"):
        read_wav(file(np.zeros(600 * 8_000 + 1), 8_000, told=0xFFFFFFFF))
    assert read_wav(file(np.zeros(600 * 8_000), 8_000)).seconds == 600


def read_or_refused(text: bytes) -> None:
    try:
        found = read_wav(io.BytesIO(text))
    except UnusableSound:
        return
    assert isinstance(found, Sound)
    assert found.samples.ndim == 1
    assert np.isfinite(found.samples).all()
    assert np.abs(found.samples).max() <= 1


@given(st.binary(max_size=400))
def test_garbage_is_refused_and_never_crashes(text):
    read_or_refused(text)
    read_or_refused(b"RIFF\0\0\0\0WAVE" + text)
    read_or_refused(b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + text)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, len(SHORT)),
    st.sampled_from(["u8", "s24", "f32"]),
)
def test_a_damaged_header_is_read_or_refused_and_never_crashes(changes, length, form):
    text = bytearray(wav(TONE[: 3 * RATE], RATE, form))
    for place, value in changes:
        text[place] = value
    read_or_refused(bytes(text))
    read_or_refused(bytes(text[:length]))
