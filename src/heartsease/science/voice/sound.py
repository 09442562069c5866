"""A recording as numbers: WAV of any common kind, one channel, 16,000 samples a second."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import gcd
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

Floats = npt.NDArray[np.float64]
RATE = 16_000
SHORTEST_S, LONGEST_S = 3.0, 600.0
RATES = (8_000, 96_000)
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE


class UnusableSound(ValueError):
    """A recording that cannot be used; the sentence says why."""


@dataclass(frozen=True)
class Sound:
    """One channel of sound.

    Attributes:
        samples: shape (n,), -1 to 1, `RATE` of them a second.
    """

    samples: Floats

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE


def read_wav(file: BinaryIO) -> Sound:
    """Read a WAV file: PCM of 8, 16, 24 or 32 bits or 32-bit floats, any number of channels.

    Channels are averaged, other rates than 16,000 a second resampled. A file that breaks off is
    read as far as it goes.

    Raises:
        UnusableSound: if it is no such file, or shorter than 3 seconds or longer than 10 minutes.
    """
    form, data = _parts(file.read())
    kind, channels, rate, bits = form
    if not RATES[0] <= rate <= RATES[1] or not 1 <= channels <= 16:
        raise UnusableSound(f"{rate} samples a second on {channels} channels cannot be read here.")
    width = channels * bits // 8
    frames = len(data) // width if width else 0
    if frames / rate < SHORTEST_S:
        raise UnusableSound("This is shorter than three seconds, too short to say anything.")
    if frames / rate > LONGEST_S:
        raise UnusableSound("This is longer than ten minutes. Please send a shorter one.")
    samples = _samples(data[: frames * width], kind, bits).reshape(frames, channels).mean(axis=1)
    if rate != RATE:
        shared = gcd(rate, RATE)
        samples = resample_poly(samples, RATE // shared, rate // shared)
    return Sound(np.clip(np.nan_to_num(samples), -1.0, 1.0))


def _parts(body: bytes) -> tuple[tuple[int, int, int, int], bytes]:
    """The form (kind, channels, rate, bits) and the bytes of the sound."""
    if len(body) < 12 or body[:4] != b"RIFF" or body[8:12] != b"WAVE":
        raise UnusableSound("This is no WAV file.")
    form, place = None, 12
    while place + 8 <= len(body):
        name, size = body[place : place + 4], struct.unpack_from("<I", body, place + 4)[0]
        inside = body[place + 8 : place + 8 + size]
        if name == b"fmt " and len(inside) >= 16:
            kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", inside)
            if kind == EXTENSIBLE and len(inside) >= 26:
                kind = struct.unpack_from("<H", inside, 24)[0]
            form = kind, channels, rate, bits
        elif name == b"data":
            if form is None:
                raise UnusableSound("This WAV file does not say what it holds.")
            return form, inside
        place += 8 + size + size % 2
    raise UnusableSound("This WAV file holds no sound.")


def _samples(data: bytes, kind: int, bits: int) -> Floats:
    """The bytes as numbers from -1 to 1."""
    if kind == FLOAT and bits == 32:
        return np.frombuffer(data, "<f4").astype(np.float64)
    if kind == PCM and bits == 8:
        return (np.frombuffer(data, np.uint8).astype(np.float64) - 128) / 128
    if kind == PCM and bits == 16:
        return np.frombuffer(data, "<i2") / 32_768
    if kind == PCM and bits == 24:
        three = np.frombuffer(data, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(three), 4), np.uint8)
        wide[:, 1:] = three
        return wide.reshape(-1).view("<i4") / 2_147_483_648
    if kind == PCM and bits == 32:
        return np.frombuffer(data, "<i4") / 2_147_483_648
    raise UnusableSound("This kind of WAV is not read here. 16-bit PCM always is.")
