"""WAV files as recorders write them, and diaries of a voice that nobody has."""

from __future__ import annotations

import io
import struct
from functools import cache

import numpy as np

from heartsease.science.voice import synthetic
from heartsease.science.voice.sound import Sound

RATE = 16_000
RUNS, PAUSES = [3.0, 2.2, 4.1, 2.7], [0.4, 0.8, 0.3]
WIDTHS = {"u8": 1, "s16": 2, "s24": 3, "s32": 4, "f32": 4}


def encoded(samples: np.ndarray, form: str) -> bytes:
    """Samples, any shape, as bytes of one form, rounded."""
    flat = np.asarray(samples, dtype=np.float64).reshape(-1)
    if form == "f32":
        return flat.astype("<f4").tobytes()
    if form == "u8":
        return np.clip(np.rint(flat * 128 + 128), 0, 255).astype(np.uint8).tobytes()
    scale = 2.0 ** (8 * WIDTHS[form] - 1)
    whole = np.clip(np.rint(flat * scale), -scale, scale - 1).astype("<i4")
    return whole.view(np.uint8).reshape(-1, 4)[:, : WIDTHS[form]].tobytes()


def wav(
    samples: np.ndarray,
    rate: int,
    form: str = "s16",
    *,
    extensible: bool = False,
    chunks: bytes = b"",
    told: int | None = None,
) -> bytes:
    """A WAV file of samples, shape (n,) or (n, channels).

    `chunks` stand before the sound; `told` is the length that the header tells, if not the true.
    """
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    width, coding = WIDTHS[form], 3 if form == "f32" else 1
    block = channels * width
    head = struct.pack(
        "<HHIIHH",
        0xFFFE if extensible else coding,
        channels,
        rate,
        rate * block,
        block,
        8 * width,
    )
    if extensible:
        tail = bytes.fromhex("000000001000800000aa00389b71")
        head += struct.pack("<HHIH", 22, 8 * width, 0, coding) + tail
    body = encoded(samples, form)
    size = len(body) if told is None else told
    text = b"WAVEfmt " + struct.pack("<I", len(head)) + head + chunks
    text += b"data" + struct.pack("<I", size) + body
    return b"RIFF" + struct.pack("<I", len(text) & 0xFFFFFFFF) + text


def file(*arguments, **options) -> io.BytesIO:
    """The same as an open file."""
    return io.BytesIO(wav(*arguments, **options))


@cache
def spoken(rate: int, **voice) -> np.ndarray:
    """Four runs of speech with three pauses; `voice` goes to `synthetic.diary`."""
    own = synthetic.diary(RUNS, PAUSES, rate, **voice)
    own.flags.writeable = False
    return own


def diary(rate: int = RATE, snr_db: float | None = None, gain: float = 1.0, **voice) -> Sound:
    """The same as a recording, so far from pink noise and then with a gain."""
    own = spoken(rate, **voice)
    if snr_db is not None:
        own = synthetic.with_noise(own, snr_db, rate, seed=7)
    return Sound.of(gain * own, rate)
