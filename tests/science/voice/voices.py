"""Voices that nobody has: pulses through formants, syllables, pauses, a room of known loudness."""

from __future__ import annotations

import io
import struct

import numpy as np
from scipy.signal import lfilter

from heartsease.science.voice.sound import RATE, Sound

FORMANTS = ((700, 90), (1220, 110), (2600, 170))


def syllables(
    seconds: float, *, f0: float = 150.0, rate: float = 4.0, glide: float = 0.0, seed: int = 0
) -> np.ndarray:
    """Voiced syllables at an even rate, each a swell of a third of a second and less.

    Args:
        glide: semitones that the pitch swings up and down, once in two seconds.
    """
    count = int(seconds * RATE)
    time = np.arange(count) / RATE
    hertz = f0 * 2 ** (glide / 12 * np.sin(np.pi * time))
    phase = np.cumsum(hertz) / RATE
    pulses = np.zeros(count)
    pulses[1:][np.diff(np.floor(phase)) > 0] = 1.0
    for middle, width in FORMANTS:
        radius = np.exp(-np.pi * width / RATE)
        turn = 2 * np.cos(2 * np.pi * middle / RATE) * radius
        pulses = lfilter([1 - radius], [1, -turn, radius**2], pulses)
    swell = 0.08 + 0.92 * np.sin(np.pi * (time * rate % 1)) ** 2
    voice = pulses * swell
    return 0.3 * voice / np.abs(voice).max()


def diary(
    stretches: list[float], pauses: list[float], *, snr_db: float = 40.0, seed: int = 0, **voice
) -> Sound:
    """Stretches of speech with pauses between them, half a second of room before and after."""
    parts = [np.zeros(RATE // 2)]
    for number, seconds in enumerate(stretches):
        parts.append(syllables(seconds, **voice))
        if number < len(pauses):
            parts.append(np.zeros(int(pauses[number] * RATE)))
    parts.append(np.zeros(RATE // 2))
    clean = np.concatenate(parts)
    loud = np.sqrt(np.mean(clean[clean != 0] ** 2))
    return Sound(clean + loud * 10 ** (-snr_db / 20) * pink(len(clean), seed))


def pink(count: int, seed: int = 0) -> np.ndarray:
    """Noise whose power falls with frequency, of mean square 1."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20))
    noise = np.fft.irfft(spectrum, count)
    return noise / np.sqrt(np.mean(noise**2))


def wav(samples: np.ndarray, *, rate: int = RATE, bits: int = 16, channels: int = 1) -> bytes:
    """Samples from -1 to 1 as a WAV file; 32 bits are floats."""
    many = np.repeat(samples[:, None], channels, axis=1).ravel()
    if bits == 8:
        data = np.round(many * 127 + 128).astype(np.uint8).tobytes()
    elif bits == 16:
        data = np.round(many * 32_767).astype("<i2").tobytes()
    elif bits == 24:
        data = (
            np.round(many * 8_388_607).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        )
    else:
        data = many.astype("<f4").tobytes()
    kind, width = (3 if bits == 32 else 1), channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * width, width, bits)
    body = (
        b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def file_of(body: bytes) -> io.BytesIO:
    return io.BytesIO(body)
