"""The pitch of a voice, frame by frame: YIN (de Cheveigné & Kawahara 2002)."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage
from scipy.signal import butter, sosfiltfilt

from .sound import RATE, Sound
from .speech import FRAME, HOP, Mask

LOWEST_HZ, HIGHEST_HZ = 60.0, 400.0
BAND_HZ = (60.0, 1000.0)
THIN = 2  # the band ends at 1 kHz, so every second sample is enough
THINNED = RATE // THIN
WINDOW = THINNED * 40 // 1000
LONGEST_LAG = int(THINNED / LOWEST_HZ) + 1
SHORTEST_LAG = int(THINNED / HIGHEST_HZ)
TRANSFORM = 512
DIP = 0.15
VOICED_BELOW = 0.3
AROUND = 11
LEAP = 2**0.5
SHORTEST_RUN = 3
AT_ONCE = 2048
Pitches = npt.NDArray[np.float64]


def track(sound: Sound, where: Mask) -> Pitches:
    """Fundamental frequency of each frame in Hz, shape (frames,); NaN where there is no voice.

    1. The difference function of 40 ms between 60 and 1000 Hz, by Fourier transform, over its
       running mean: 0 for a period that repeats exactly, about 1 for none.
    2. The period is the first dip below 0.15, else the lowest of all, drawn finer by a parabola.
    3. Unvoiced is what stays above 0.3, lies half an octave from the median of the 110 ms
       around it or an octave from that of the recording, or lasts less than 30 ms.

    Args:
        sound: the recording.
        where: shape (frames,), the frames of `speech.levels` to look at.

    Source: de Cheveigné & Kawahara 2002, J Acoust Soc Am 111:1917-1930, without its last step;
    the guard against leaps is our own.
    """
    pitches = np.full(len(where), np.nan)
    wanted = np.flatnonzero(where)
    if not len(wanted):
        return pitches
    bands = butter(2, BAND_HZ, "bandpass", fs=sound.rate, output="sos")
    own = sosfiltfilt(bands, sound.samples.astype(np.float64))[::THIN].astype(np.float32)
    span = WINDOW + LONGEST_LAG + 1
    first = (FRAME // THIN - span) // 2
    own = np.pad(own, (-first, span))
    views = sliding_window_view(own, span)[:: HOP // THIN]
    for begin in range(0, len(wanted), AT_ONCE):
        part = wanted[begin : begin + AT_ONCE]
        pitches[part] = _periods(views[part])
    return _without_leaps(pitches)


def _periods(frames: npt.NDArray[np.float32]) -> Pitches:
    """Pitch of each row; shape (rows, WINDOW + LONGEST_LAG + 1) to (rows,)."""
    unlike = _difference(frames)
    inner = unlike[:, SHORTEST_LAG : LONGEST_LAG + 1]
    dips = (inner <= unlike[:, SHORTEST_LAG - 1 : LONGEST_LAG]) & (
        inner < unlike[:, SHORTEST_LAG + 1 : LONGEST_LAG + 2]
    )
    deep = dips & (inner < DIP)
    lowest = np.where(dips, inner, np.inf).argmin(axis=1)
    lags = np.where(deep.any(axis=1), deep.argmax(axis=1), lowest) + SHORTEST_LAG
    rows = np.arange(len(frames))
    before, here, after = (unlike[rows, lags + step] for step in (-1, 0, 1))
    bend = before - 2 * here + after
    shift = np.where(bend > 1e-9, (before - after) / (2 * np.maximum(bend, 1e-9)), 0.0)
    voiced = dips.any(axis=1) & (here < VOICED_BELOW) & (np.abs(shift) <= 1)
    return np.where(voiced, THINNED / (lags + shift), np.nan)


def _difference(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The cumulative mean normalised difference; shape (rows, lags), lag 0 first (equation 8)."""
    lags = frames.shape[1] - WINDOW + 1
    whole = np.fft.rfft(frames, TRANSFORM)
    head = np.fft.rfft(frames[:, :WINDOW], TRANSFORM)
    alike = np.fft.irfft(whole * head.conj(), TRANSFORM)[:, :lags]
    power = np.cumsum(np.pad(frames.astype(np.float64) ** 2, ((0, 0), (1, 0))), axis=1)
    energy = power[:, WINDOW:] - power[:, :lags]
    difference = np.maximum(energy[:, :1] + energy - 2 * alike, 0)
    difference[:, 0] = 0
    total = np.cumsum(difference, axis=1)
    means = total[:, 1:] / np.arange(1, lags)
    normal = np.ones_like(difference)
    np.divide(difference[:, 1:], means, out=normal[:, 1:], where=means > 0)
    return normal


def _without_leaps(pitches: Pitches) -> Pitches:
    if np.isnan(pitches).all():
        return pitches
    around = sliding_window_view(np.pad(pitches, AROUND // 2, constant_values=np.nan), AROUND)
    voiced = ~np.isnan(pitches)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        local = np.nanmedian(around[voiced], axis=1)
    kept = pitches.copy()
    off = np.maximum(pitches[voiced] / local, local / pitches[voiced])
    middle = np.median(pitches[voiced])
    far = np.maximum(pitches[voiced] / middle, middle / pitches[voiced])
    kept[np.flatnonzero(voiced)[(off > LEAP) | (far > 2)]] = np.nan
    regions, _ = ndimage.label(~np.isnan(kept))
    kept[np.bincount(regions)[regions] < SHORTEST_RUN] = np.nan
    return kept
