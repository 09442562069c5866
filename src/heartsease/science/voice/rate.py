"""How fast somebody speaks: syllables as peaks of loudness (de Jong & Wempe 2009)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from .speech import HOP_S, Speech

Floats = npt.NDArray[np.float64]
# After de Jong & Wempe 2009, Behav Res Methods 41:385-390: a nucleus is a voiced peak with a dip of
# 2 dB at least. Two of them lie a tenth of a second apart at least.
DIP_DB = 2.0
SMOOTH_S, APART_S = 0.03, 0.1


def nuclei(speech: Speech, pitch_hz: Floats) -> npt.NDArray[np.int64]:
    """The frames of syllable nuclei.

    Args:
        pitch_hz: shape (n,), NaN where unvoiced.
    """
    smooth = gaussian_filter1d(speech.level_db, SMOOTH_S / HOP_S)
    places, _ = find_peaks(smooth, prominence=DIP_DB, distance=max(round(APART_S / HOP_S), 1))
    near = _near(np.isfinite(pitch_hz))
    return np.asarray(places[speech.speaking[places] & near[places]], dtype=np.int64)


def _near(voiced: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Frames with a voiced one within two frames of them."""
    wide = np.convolve(voiced.astype(np.int8), np.ones(5, np.int8), mode="same")
    return np.asarray(wide > 0)
