"""The pitch of a voice in each frame: YIN (de Cheveigne & Kawahara 2002, JASA 111:1917-1930)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .sound import RATE, Sound
from .speech import FRAME, HOP

Floats = npt.NDArray[np.float64]
LOWEST_HZ, HIGHEST_HZ = 60.0, 400.0
WINDOW = 640
THRESHOLD = 0.15
# What lies further than this from the median of its neighbours is an octave error.
NEIGHBOURS, OCTAVE = 9, 0.7
BLOCK = 2_000


def pitch(sound: Sound, wanted: npt.NDArray[np.bool_]) -> Floats:
    """F0 in Hz of each frame, shape (n,); NaN where it is not wanted or not voiced.

    1. The difference of a window with itself shifted, by FFT, made relative to its running mean.
    2. The first shift at which it falls below .15, followed to its minimum, with a parabola.
    3. Frames that jump by an octave against their neighbours go.

    Args:
        wanted: shape (n,), frames of `speech.find_speech` to look at.
    """
    found = np.full(len(wanted), np.nan)
    longest = int(RATE / LOWEST_HZ) + 2
    places = np.flatnonzero(wanted)
    # The window lies around the middle of its frame.
    starts = places * HOP + FRAME // 2 - (WINDOW + longest) // 2
    inside = (starts >= 0) & (starts + WINDOW + longest <= len(sound.samples))
    places, starts = places[inside], starts[inside]
    for first in range(0, len(places), BLOCK):
        part = slice(first, first + BLOCK)
        found[places[part]] = _yin(sound.samples, starts[part], longest)
    return _without_jumps(found)


def _yin(samples: Floats, starts: npt.NDArray[np.int64], longest: int) -> Floats:
    """F0 of windows that begin at these places, shape (m,)."""
    rows = samples[starts[:, None] + np.arange(WINDOW + longest)]
    relative = _relative_difference(rows, longest)
    shortest = int(RATE / HIGHEST_HZ)
    below = relative[:, shortest : longest - 1] < THRESHOLD
    voiced = below.any(axis=1)
    place = below.argmax(axis=1) + shortest
    for _ in range(longest):
        on = voiced & (place < longest - 2)
        falls = on & (
            relative[np.arange(len(place)), np.minimum(place + 1, longest - 1)]
            < relative[np.arange(len(place)), place]
        )
        if not falls.any():
            break
        place = place + falls
    row = np.arange(len(place))
    before, here, after = (relative[row, place + shift] for shift in (-1, 0, 1))
    bend = before - 2 * here + after
    shift = np.where(np.abs(bend) > 1e-12, 0.5 * (before - after) / np.where(bend == 0, 1, bend), 0)
    return np.where(voiced, RATE / (place + np.clip(shift, -1, 1)), np.nan)


def _relative_difference(rows: Floats, longest: int) -> Floats:
    """The squared difference at each shift over its mean up to that shift, shape (m, longest)."""
    length = rows.shape[1]
    size = 1 << (length + WINDOW - 1).bit_length()
    head = np.fft.rfft(rows[:, :WINDOW], size)
    whole = np.fft.rfft(rows, size)
    product = np.fft.irfft(np.conj(head) * whole, size)[:, :longest]
    squares = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(rows**2, axis=1)], axis=1)
    shifts = np.arange(longest)
    energy = squares[:, shifts + WINDOW] - squares[:, shifts]
    difference = np.maximum(energy[:, :1] + energy - 2 * product, 0)
    difference[:, 0] = 0
    mean = np.cumsum(difference, axis=1)
    relative = np.ones_like(difference)
    floor = 1e-12 * np.maximum(energy[:, :1], 1e-12)
    relative[:, 1:] = difference[:, 1:] * shifts[1:] / np.maximum(mean[:, 1:], floor)
    return relative


def _without_jumps(found: Floats) -> Floats:
    """The pitch without frames that lie an octave off the median of their voiced neighbours."""
    voiced = np.flatnonzero(np.isfinite(found))
    if len(voiced) < NEIGHBOURS:
        return np.full(len(found), np.nan)
    logs = np.log2(found[voiced])
    half = NEIGHBOURS // 2
    padded = np.pad(logs, half, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, NEIGHBOURS)
    apart = np.abs(logs - np.median(windows, axis=1)) > OCTAVE
    kept = found.copy()
    kept[voiced[apart]] = np.nan
    return kept
