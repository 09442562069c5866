"""Where somebody speaks and where they pause: the level against the noise of the room."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage
from scipy.signal import butter, sosfiltfilt

from .sound import RATE, Sound

FRAME, HOP = RATE * 25 // 1000, RATE * 10 // 1000
FRAME_S, HOP_S = FRAME / RATE, HOP / RATE
PAUSE_S = 0.25
BURST_S = 0.06
BAND_HZ = (80.0, 3400.0)  # what a recording of 8 kHz still holds, without rumble
STILL_DB = -100.0
FLOOR_PERCENTILE, FLOOR_WINDOW_S = 5, 10
LOUD_PERCENTILE = 95
ABOVE_FLOOR_DB = 8.0
BELOW_LOUD_DB = 25.0
HYSTERESIS_DB = 3.0
HIGHEST_SNR_DB = 60.0
Levels = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Speech:
    """When somebody speaks.

    Attributes:
        levels: shape (frames,), dB of full scale, of 25 ms every 10 ms.
        loud: shape (frames,), where the level says speech.
        spoken: shape (frames,), the same with gaps shorter than a pause filled.
        runs: seconds from and to of each run of speech.
        pauses: seconds from and to of each silence of at least 250 ms between two runs.
        snr_db: how far speech stands above the rest, at most 60; None where there is no speech.
    """

    levels: Levels
    loud: Mask
    spoken: Mask
    runs: Spans
    pauses: Spans
    snr_db: float | None

    @property
    def seconds(self) -> float:
        """Time spoken, pauses left out."""
        return sum(end - start for start, end in self.runs)

    @property
    def span_seconds(self) -> float:
        """Time from the first to the last word, pauses included."""
        return self.runs[-1][1] - self.runs[0][0] if self.runs else 0.0


def levels(sound: Sound) -> Levels:
    """Level of each frame between 80 and 3400 Hz in dB of full scale, shape (frames,).

    Frame i is the 25 ms from i times 10 ms on, under a Hann window; what is still is -100 dB.
    """
    if len(sound.samples) < FRAME:
        return np.empty(0)
    bands = butter(4, BAND_HZ, "bandpass", fs=sound.rate, output="sos")
    own = sosfiltfilt(bands, sound.samples.astype(np.float64))
    window = np.hanning(FRAME + 2)[1:-1]
    power = sliding_window_view(own * own, FRAME)[::HOP] @ (window / window.sum())
    return 10 * np.log10(np.maximum(power, 10 ** (STILL_DB / 10)))


def find(sound: Sound) -> Speech:
    """Find runs of speech and the pauses between them.

    1. The noise floor is the fifth percentile of the level in the ten seconds around.
    2. A frame is speech from 8 dB above the floor on, but not below 25 dB under the loud parts (the
       95th percentile), and its neighbours while within 3 dB of that. These limits are our own.
    3. Runs shorter than 60 ms are clicks. Gaps shorter than 250 ms belong to articulation: a pause
       is at least 250 ms (Goldman-Eisler 1968, Psycholinguistics: Experiments in Spontaneous
       Speech). Silence before the first and after the last run is no pause.
    """
    own = levels(sound)
    if not len(own):
        nothing = np.zeros(0, dtype=bool)
        return Speech(own, nothing, nothing, (), (), None)
    loudest = float(np.percentile(own, LOUD_PERCENTILE))
    threshold = np.maximum(_floor(own) + ABOVE_FLOOR_DB, loudest - BELOW_LOUD_DB)
    loud = _hysteresis(own, threshold)
    loud = _without_short(loud, BURST_S)
    spoken = _filled(loud, PAUSE_S)
    runs = _spans(spoken)
    pauses = tuple((one[1], other[0]) for one, other in pairwise(runs))
    return Speech(own, loud, spoken, runs, pauses, _snr(own, loud, spoken))


def _floor(own: Levels) -> Levels:
    """The noise around each frame: a low percentile of every ten seconds, drawn out linearly."""
    width, step = round(FLOOR_WINDOW_S / HOP_S), round(1 / HOP_S)
    if len(own) <= width:
        return np.full(len(own), np.percentile(own, FLOOR_PERCENTILE))
    lows = np.percentile(sliding_window_view(own, width)[::step], FLOOR_PERCENTILE, axis=1)
    middles = np.arange(len(lows)) * step + width / 2
    return np.interp(np.arange(len(own)), middles, lows)


def _hysteresis(own: Levels, threshold: Levels) -> Mask:
    regions, count = ndimage.label(own >= threshold - HYSTERESIS_DB)
    reached = np.zeros(count + 1, dtype=bool)
    reached[regions[own >= threshold]] = True
    reached[0] = False
    return reached[regions]


def _without_short(mask: Mask, seconds: float) -> Mask:
    regions, _ = ndimage.label(mask)
    long_enough = np.bincount(regions) * HOP_S >= seconds - HOP_S / 2
    long_enough[0] = False
    return long_enough[regions]


def _filled(mask: Mask, seconds: float) -> Mask:
    """Fill the gaps that are shorter, but neither before the first nor after the last run."""
    there = np.flatnonzero(mask)
    if not len(there):
        return mask
    inner = slice(there[0], there[-1] + 1)
    filled = mask.copy()
    filled[inner] = ~_without_short(~mask[inner], seconds)
    return filled


def _spans(mask: Mask) -> Spans:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    offset = (FRAME_S - HOP_S) / 2
    return tuple(
        (float(start * HOP_S + offset), float(end * HOP_S + offset))
        for start, end in edges.reshape(-1, 2)
    )


def _snr(own: Levels, loud: Mask, spoken: Mask) -> float | None:
    """Power of speech without the noise over that of the noise, in dB.

    The noise is what lies outside of speech, or the quiet gaps within it where nothing does.
    """
    if not loud.any():
        return None
    power = 10 ** (own / 10)
    rest = ~ndimage.binary_dilation(spoken, iterations=2)
    if rest.sum() * HOP_S < PAUSE_S:
        noise = 10 ** (np.percentile(own, FLOOR_PERCENTILE) / 10)
    else:
        noise = power[rest].mean()
    signal = max(power[loud].mean() - noise, 1e-12)
    return min(float(10 * np.log10(signal / noise)), HIGHEST_SNR_DB)
