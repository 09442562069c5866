"""How fast somebody speaks: syllable nuclei, counted without knowing a word."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.signal import find_peaks

from .pitch import Pitches
from .speech import HOP_S, Speech

DIP_DB = 2.0
SMOOTHED_S = 0.02
CLOSEST_S = 0.08
NEAR = 2


def nuclei(speech: Speech, pitches: Pitches) -> npt.NDArray[np.int64]:
    """Frames at which a syllable is loudest, shape (nuclei,).

    A nucleus is a peak of the smoothed level that stands at least 2 dB above the dips on both
    sides of it, lies in speech, and is voiced (de Jong & Wempe 2009, Behav Res Methods
    41:385-390). Ours differ in that the smoothing is a Gaussian of 20 ms, that two are at
    least 80 ms apart, and that voice within 20 ms is enough.

    Args:
        speech: what `speech.find` found.
        pitches: shape (frames,), what `pitch.track` found there.
    """
    power = 10 ** (speech.levels / 10)
    smooth = 10 * np.log10(ndimage.gaussian_filter1d(power, SMOOTHED_S / HOP_S))
    peaks, _ = find_peaks(smooth, prominence=DIP_DB, distance=round(CLOSEST_S / HOP_S))
    voiced = ndimage.binary_dilation(~np.isnan(pitches), iterations=NEAR)
    return peaks[speech.spoken[peaks] & voiced[peaks]].astype(np.int64)


def speech_rate(count: int, speech: Speech) -> float:
    """Nuclei a second from the first to the last word, pauses included."""
    return count / speech.span_seconds


def articulation_rate(count: int, speech: Speech) -> float:
    """Nuclei a second of the time spoken, pauses left out."""
    return count / speech.seconds
