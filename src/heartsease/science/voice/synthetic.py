"""A voice that nobody has: syllables of known pitch, rate and pauses, to measure against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FORMANTS_HZ = (500.0, 1500.0, 2500.0, 3500.0)
WIDTHS_HZ = (80.0, 110.0, 160.0, 220.0)
TOP_HZ = 3600.0
EDGE_S = 0.01
Signal = npt.NDArray[np.float64]


def voiced(contour: Callable[[Signal], Signal], seconds: float, rate: int) -> Signal:
    """Harmonics under four formants along a contour of pitch, shape (n,), peak 1.

    Each harmonic falls by 6 dB an octave (glottis and lips) and passes resonances of a neutral
    tract; above 3600 Hz there is nothing, so that the sound is the same at every rate.

    Args:
        contour: pitch in Hz at times in seconds, shapes (n,) to (n,).
        seconds: how long.
        rate: samples a second.
    """
    times = np.arange(round(seconds * rate)) / rate
    pitch = contour(times)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    own = np.zeros(len(times))
    for number in range(1, int(TOP_HZ / pitch.min()) + 1):
        at = number * pitch
        gain = np.where(at < TOP_HZ, 1 / number, 0.0)
        for middle, width in zip(FORMANTS_HZ, WIDTHS_HZ, strict=True):
            gain *= middle**2 / np.hypot(middle**2 - at**2, width * at)
        own += gain * np.sin(number * phase)
    return own / np.abs(own).max()


def syllables(seconds: float, per_second: float, rate: int, *, depth_db: float = 12.0) -> Signal:
    """A gain that rises and falls with each syllable, shape (n,), with soft ends of 10 ms."""
    times = np.arange(round(seconds * rate)) / rate
    swing = (1 - np.cos(2 * np.pi * per_second * times)) / 2
    gain = 10 ** ((swing - 1) * depth_db / 20)
    ends = np.minimum(times, times[-1] - times) / EDGE_S
    return gain * np.clip(ends, 0, 1)


def diary(
    runs: list[float],
    pauses: list[float],
    rate: int,
    *,
    pitch_hz: float = 120.0,
    range_semitones: float = 6.0,
    per_second: float = 4.0,
) -> Signal:
    """Runs of speech with pauses between them and half a second of silence at both ends.

    Within each run the pitch swings around `pitch_hz`, evenly in semitones, over the whole range.

    Args:
        runs: seconds of each run.
        pauses: seconds of each pause, one fewer than runs.
        rate: samples a second.
        pitch_hz: median of the pitch.
        range_semitones: from the lowest to the highest pitch.
        per_second: syllables a second within a run.
    """

    def contour(times: Signal) -> Signal:
        turn = np.abs((2 * times) % 2 - 1) - 0.5
        return pitch_hz * 2 ** (range_semitones * turn / 12)

    silence = np.zeros(rate // 2)
    parts = [silence]
    for number, seconds in enumerate(runs):
        parts.append(voiced(contour, seconds, rate) * syllables(seconds, per_second, rate))
        still = pauses[number] if number < len(pauses) else 0.5
        parts.append(np.zeros(round(still * rate)))
    return 0.5 * np.concatenate(parts)


def pink(count: int, seed: int) -> Signal:
    """Noise with equal power in each octave, shape (count,), of mean square 1."""
    random = np.random.default_rng(seed)
    spectrum = np.fft.rfft(random.standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    spectrum[0] = 0
    own = np.fft.irfft(spectrum, count)
    return own / np.sqrt(np.mean(own**2))


def with_noise(own: Signal, snr_db: float, rate: int, seed: int) -> Signal:
    """Add pink noise so that sounding parts stand `snr_db` above it between 80 and 3400 Hz."""
    from .speech import BAND_HZ

    def power(signal: Signal) -> float:
        spectrum = np.abs(np.fft.rfft(signal)) ** 2
        bins = np.fft.rfftfreq(len(signal), 1 / rate)
        within = (bins >= BAND_HZ[0]) & (bins <= BAND_HZ[1])
        return float(spectrum[within].sum())

    noise = pink(len(own), seed)
    sounding = np.mean(own != 0)
    gain = np.sqrt(power(own) / sounding / power(noise) / 10 ** (snr_db / 10))
    mixed = own + gain * noise
    return mixed / max(1.0, float(np.abs(mixed).max()))
