"""A recording as one row of samples: WAV files read, mixed to mono and brought to 16 kHz."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

RATE = 16_000
SLOWEST_RATE, FASTEST_RATE = 8_000, 48_000
SHORTEST_S, LONGEST_S = 3, 600
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
UNKNOWN_LENGTH = 0xFFFFFFFF  # what a program writes that does not know the end while it records
LONGEST_FORMAT = 4096
BLOCK = 1 << 20
Samples = npt.NDArray[np.float32]


class UnusableSound(ValueError):
    """The recording cannot be read or used; the sentence says why."""


@dataclass(frozen=True, eq=False)
class Sound:
    """A recording.

    Attributes:
        samples: shape (n,), float32, mono, -1 to 1.
        rate: samples a second; always 16,000, so that no figure depends on the device's own rate.
    """

    samples: Samples
    rate: int = RATE

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate

    @classmethod
    def of(cls, samples: npt.ArrayLike, rate: int) -> Sound:
        """Bring mono samples of 8 to 48 kHz to 16 kHz; what exceeds 1 is scaled down as a whole.

        Args:
            samples: shape (n,), numbers, full scale is 1.
            rate: samples a second.

        Raises:
            UnusableSound: the rate, the length (3 s to 10 min) or a sample cannot be used.

        >>> Sound.of(np.zeros(8_000 * 4), 8_000).seconds
        4.0
        """
        own = np.asarray(samples, dtype=np.float32)
        _check_rate(rate)
        _check_length(len(own), rate)
        if not np.isfinite(own).all():
            raise UnusableSound("The recording holds values that are no sound.")
        peak = float(np.abs(own).max())
        if peak > 1:
            own = own / np.float32(peak)
        if rate != RATE:
            shared = math.gcd(rate, RATE)
            own = resample_poly(own, RATE // shared, rate // shared)
        return cls(np.clip(own, -1, 1).astype(np.float32, copy=False))


@dataclass(frozen=True)
class _Format:
    """How the samples of a file are written."""

    coding: int
    channels: int
    rate: int
    width: int

    @property
    def block(self) -> int:
        """Bytes of one moment, all channels."""
        return self.channels * self.width


def read_wav(source: Path | BinaryIO) -> Sound:
    """Read a WAV recording: PCM of 8, 16, 24 or 32 bits or floats of 32, any number of channels.

    Channels are averaged. The layout is that of Microsoft and IBM 1991, Multimedia Programming
    Interface and Data Specifications 1.0 (RIFF WAVE), with the extensible format tag.

    Args:
        source: a file's path, or its bytes from where they are read on; need not be seekable.

    Raises:
        UnusableSound: no WAV, a broken header, cut off, another coding, below 3 s or above 10 min.
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            return _read(file)
    return _read(source)


def _read(file: BinaryIO) -> Sound:
    head = _some(file, 12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        raise UnusableSound("This is not a WAV recording.")
    form = None
    while True:
        name, size = struct.unpack("<4sI", _exactly(file, 8))
        if name == b"data":
            if form is None:
                raise UnusableSound("The recording does not say how its sound is written.")
            return Sound.of(_samples(file, size, form), form.rate)
        if name == b"fmt ":
            if not 16 <= size <= LONGEST_FORMAT:
                raise UnusableSound("The recording's header is broken.")
            form = _format(_exactly(file, size))
            _skip(file, size % 2)
        else:
            _skip(file, size + size % 2)


def _format(text: bytes) -> _Format:
    coding, channels, rate, _, block, bits = struct.unpack("<HHIIHH", text[:16])
    if coding == EXTENSIBLE and len(text) >= 26:
        coding = int.from_bytes(text[24:26], "little")
    if channels == 0 or block % channels or not 0 < bits <= 8 * (block // channels):
        raise UnusableSound("The recording's header is broken.")
    width = block // channels
    if (coding, width) not in {(PCM, 1), (PCM, 2), (PCM, 3), (PCM, 4), (FLOAT, 4)}:
        raise UnusableSound(
            "The recording is written in a way that cannot be read here; "
            "PCM of 8, 16, 24 or 32 bits and 32-bit floats can."
        )
    _check_rate(rate)
    return _Format(coding, channels, rate, width)


def _samples(file: BinaryIO, size: int, form: _Format) -> Samples:
    """The mono samples of a data chunk, read piece by piece; its length is checked beforehand."""
    open_end = size == UNKNOWN_LENGTH
    frames = LONGEST_S * form.rate + 1 if open_end else size // form.block
    if not open_end:
        _check_length(frames, form.rate)
    at_once = max(1, BLOCK // form.block)
    parts = []
    while frames:
        wanted = min(frames, at_once)
        found = _some(file, wanted * form.block)
        whole = len(found) // form.block
        if whole < wanted and not open_end:
            raise UnusableSound("The recording is cut off before its end.")
        parts.append(_mono(found[: whole * form.block], form))
        frames = frames - whole if whole == wanted else 0
    return np.concatenate(parts)


def _mono(text: bytes, form: _Format) -> Samples:
    own: npt.NDArray[np.float64]
    if form.coding == FLOAT:
        own = np.frombuffer(text, "<f4").astype(np.float64)
    elif form.width == 1:
        own = (np.frombuffer(text, np.uint8) - 128.0) / 128
    else:
        wide = np.zeros((len(text) // form.width, 4), np.uint8)
        wide[:, 4 - form.width :] = np.frombuffer(text, np.uint8).reshape(-1, form.width)
        own = wide.view("<i4")[:, 0] / 2.0**31
    return own.reshape(-1, form.channels).mean(axis=1).astype(np.float32)


def _check_rate(rate: int) -> None:
    if not SLOWEST_RATE <= rate <= FASTEST_RATE:
        raise UnusableSound(
            f"The recording has {rate:,} samples a second; 8,000 to 48,000 can be used."
        )


def _check_length(frames: int, rate: int) -> None:
    if frames < SHORTEST_S * rate:
        raise UnusableSound(f"The recording is shorter than {SHORTEST_S} seconds.")
    if frames > LONGEST_S * rate:
        raise UnusableSound(f"The recording is longer than {LONGEST_S // 60} minutes.")


def _some(file: BinaryIO, size: int) -> bytes:
    """As many bytes as there are, at most `size`."""
    parts = []
    while size > 0 and (part := file.read(min(size, BLOCK))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _exactly(file: BinaryIO, size: int) -> bytes:
    found = _some(file, size)
    if len(found) < size:
        raise UnusableSound("The recording is cut off before its sound begins.")
    return found


def _skip(file: BinaryIO, size: int) -> None:
    """Read past a chunk that is not needed, holding little of it at a time."""
    while size > 0:
        size -= len(_exactly(file, min(size, BLOCK)))
