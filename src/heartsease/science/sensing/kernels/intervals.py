"""Variability of the heart rate from times between beats, in pieces of five minutes.

Written with whole arrays and without the compiler, as `beats`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
PIECE_US = 300_000_000
COVERED_SHARE = 0.8
AROUND, APART = 25, 0.2
# Beats are written down with some delay; a missed one makes a longer gap than this at rest.
LATE_MS = 750.0
# Columns of `of_pieces`.
RMSSD, SDNN, COVERED = range(3)


def normal(ms: Floats) -> Booleans:
    """Which intervals differ by at most a fifth from the median of the 25 around them, shape (n,).

    Others are artefacts or beats out of turn (after Xu & Schuckers 2001, J Electrocardiol 34
    Suppl:205-210, who ask for the same of the last interval that was accepted). They are left out,
    not replaced.

    Args:
        ms: shape (n,), times between beats in milliseconds, one after another.
    """
    from scipy.ndimage import median_filter  # loaded by whoever has such intervals

    middle = median_filter(ms, AROUND, mode="nearest")
    return np.asarray(np.abs(ms - middle) <= APART * middle)


def of_pieces(at: Integers, ms: Floats) -> Floats:
    """Figures of each five minutes of the clock with enough normal beats, shape (k, 3).

    Columns: RMSSD, the root mean square of differences between normal intervals that follow one
    another; SDNN, their standard deviation; the share of the five minutes that they fill, .8 at
    least (Task Force of the ESC and NASPE 1996, Circulation 93:1043-1065, for the figures and for
    five minutes).

    Args:
        at: shape (n,), when each interval begins, in microseconds, rising.
        ms: shape (n,), its length in milliseconds.
    """
    if len(at) < AROUND:
        return np.empty((0, 3))
    good = normal(ms)
    piece = at // PIECE_US
    _, place = np.unique(piece, return_inverse=True)
    follows = good[1:] & good[:-1] & (piece[1:] == piece[:-1])
    follows &= np.abs(np.diff(at) / 1000 - ms[:-1]) <= LATE_MS
    count = np.bincount(place, weights=good)
    pairs = np.bincount(place[1:], weights=follows, minlength=len(count))
    squares = np.bincount(
        place[1:], weights=np.where(follows, np.diff(ms) ** 2, 0), minlength=len(count)
    )
    total = np.bincount(place, weights=np.where(good, ms, 0))
    mean = total / np.maximum(count, 1)
    off = np.bincount(place, weights=np.where(good, (ms - mean[place]) ** 2, 0))
    covered = total * 1000 / PIECE_US
    kept = (covered >= COVERED_SHARE) & (pairs > 0)
    rmssd = np.sqrt(squares[kept] / pairs[kept])
    sdnn = np.sqrt(off[kept] / np.maximum(count[kept] - 1, 1))
    return np.column_stack([rmssd, sdnn, np.minimum(covered[kept], 1.0)])
