"""Where somebody speaks and where they pause, by the energy of short frames over the noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .sound import RATE, Sound

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
FRAME, HOP = 400, 160
HOP_S = HOP / RATE
# The level of the room is that of the quietest tenth of frames; speech stands out by so many dB.
NOISE_SHARE, SPEECH_SHARE = 0.1, 0.95
ONSET_SHARE, OFFSET_SHARE = 0.4, 0.25
ONSET_DB, OFFSET_DB = 9.0, 6.0
# Runs of speech shorter than this are clicks; silences shorter are parts of words (Goldman-Eisler
# 1968, Psycholinguistics: below a quarter of a second they belong to articulation).
CLICK_S, PAUSE_S = 0.08, 0.25
FLOOR = 1e-10


@dataclass(frozen=True)
class Speech:
    """Frames of a recording.

    Attributes:
        level_db: shape (n,), mean square of each frame of 25 ms in dB, 10 ms apart.
        speaking: shape (n,), whether it belongs to a run of speech.
        pauses_s: shape (m,), lengths of silences of a quarter of a second and more inside speech.
        snr_db: how far the loud frames of speech stand over the room.
    """

    level_db: Floats
    speaking: Bools
    pauses_s: Floats
    snr_db: float


def find_speech(sound: Sound) -> Speech:
    """Divide a recording into speech and silence.

    1. Levels of frames, and the room as the quietest tenth of them.
    2. Speech begins well over the room and ends closer to it (hysteresis), both at a share of the
       way from the room to the loud frames, and by some dB at least.
    3. Clicks go, silences shorter than a pause belong to the speech around them.

    Silence before the first and after the last speech is no pause.
    """
    level = _levels(sound.samples)
    room, loud = np.quantile(level, [NOISE_SHARE, SPEECH_SHARE])
    span = float(loud - room)
    on, off = room + max(ONSET_DB, ONSET_SHARE * span), room + max(OFFSET_DB, OFFSET_SHARE * span)
    speaking = _hysteresis(level, on, off)
    speaking = _without_short(speaking, value=True, frames=round(CLICK_S / HOP_S))
    inside = _runs(~speaking, len(level))
    pauses = []
    for begin, end in inside:
        if begin == 0 or end == len(level):
            continue
        # A frame hears 25 ms, so a silence looks shorter by what its edges hear of the speech.
        length = (end - begin) * HOP_S + (FRAME - HOP) / RATE
        if length >= PAUSE_S:
            pauses.append(length)
        else:
            speaking[begin:end] = True
    heard = level[speaking]
    snr = float(np.quantile(heard, 0.75) - room) if len(heard) else 0.0
    return Speech(level, speaking, np.array(pauses), snr)


def _levels(samples: Floats) -> Floats:
    """Mean squares of frames in dB, from running sums."""
    total = np.concatenate([[0.0], np.cumsum(samples**2)])
    starts = np.arange(0, max(len(samples) - FRAME + 1, 1), HOP)
    power = (total[np.minimum(starts + FRAME, len(samples))] - total[starts]) / FRAME
    return np.asarray(10 * np.log10(power + FLOOR))


def _hysteresis(level: Floats, on: float, off: float) -> Bools:
    """Runs of frames over the lower bound that reach the upper one somewhere."""
    speaking = np.zeros(len(level), dtype=np.bool_)
    for begin, end in _runs(level > off, len(level)):
        speaking[begin:end] = bool((level[begin:end] > on).any())
    return speaking


def _without_short(flags: Bools, *, value: bool, frames: int) -> Bools:
    """The flags without runs of a value that are shorter than so many frames."""
    kept = flags.copy()
    for begin, end in _runs(flags == value, len(flags)):
        if end - begin < frames:
            kept[begin:end] = not value
    return kept


def _runs(flags: Bools, length: int) -> list[tuple[int, int]]:
    """First and past-the-last places of runs of true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2) if begin < length]
