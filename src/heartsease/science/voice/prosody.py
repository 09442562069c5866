"""A voice diary in some numbers: for one person's own trend, and never against another person.

A cold, another room or telephone changes them too. Absolute loudness is left out, because it says
where the microphone was. Nothing that could hold a word leaves this module.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .pitch import pitch
from .rate import nuclei
from .sound import Sound
from .speech import HOP_S, find_speech

# Below this the room is nearly as loud as the voice, and with less speech a rate is a guess.
LEAST_SNR_DB, LEAST_SPEECH_S, LEAST_VOICED_FRAMES = 10.0, 2.0, 50


@dataclass(frozen=True)
class Prosody:
    """How a diary sounded; None where that cannot be said.

    Attributes:
        seconds: of the recording.
        speaking_share: share of the time from first to last speech that is speech.
        pause_count_per_minute: silences of a quarter of a second and more, a minute of that time.
        mean_pause_ms: their mean length.
        speech_rate_per_s: syllables a second of that time, pauses included.
        articulation_rate_per_s: syllables a second of speech.
        f0_median_hz: middle pitch.
        f0_range_semitones: from its 10 % to its 90 % quantile.
        energy_sd_db: standard deviation of loudness within speech.
        voiced_share: share of frames of speech with a pitch.
        snr_db: how far the voice stands over the room.
    """

    seconds: float
    speaking_share: float | None = None
    pause_count_per_minute: float | None = None
    mean_pause_ms: float | None = None
    speech_rate_per_s: float | None = None
    articulation_rate_per_s: float | None = None
    f0_median_hz: float | None = None
    f0_range_semitones: float | None = None
    energy_sd_db: float | None = None
    voiced_share: float | None = None
    snr_db: float | None = None

    @property
    def speech_seconds(self) -> float:
        """How long somebody spoke, as far as known."""
        return self.seconds * (self.speaking_share or 0.0)


def describe(sound: Sound) -> Prosody:
    """Turn a recording into numbers.

    Raises nothing: what is too quiet, too noisy or holds too little speech has None for a number.

    Args:
        sound: 3 seconds to 10 minutes.
    """
    speech = find_speech(sound)
    places = np.flatnonzero(speech.speaking)
    seconds = round(sound.seconds, 2)
    if not len(places) or speech.snr_db < LEAST_SNR_DB:
        return Prosody(seconds, snr_db=round(speech.snr_db, 1))
    spoken = len(places) * HOP_S
    if spoken < LEAST_SPEECH_S:
        return Prosody(seconds, snr_db=round(speech.snr_db, 1))
    found = pitch(sound, speech.speaking)
    voiced = found[np.isfinite(found)]
    if len(voiced) < LEAST_VOICED_FRAMES:
        return Prosody(seconds, snr_db=round(speech.snr_db, 1))
    span = (places[-1] + 1 - places[0]) * HOP_S
    syllables = len(nuclei(speech, found))
    low, middle, high = np.quantile(voiced, [0.1, 0.5, 0.9])
    pauses = speech.pauses_s
    return Prosody(
        seconds=seconds,
        speaking_share=float(min(1 - pauses.sum() / span, 1.0)),
        pause_count_per_minute=float(len(pauses) / span * 60),
        mean_pause_ms=float(pauses.mean() * 1000) if len(pauses) else None,
        speech_rate_per_s=float(syllables / span),
        articulation_rate_per_s=float(syllables / max(span - pauses.sum(), spoken / 2)),
        f0_median_hz=float(middle),
        f0_range_semitones=float(12 * np.log2(high / low)),
        energy_sd_db=float(np.std(speech.level_db[speech.speaking])),
        voiced_share=float(len(voiced) / len(places)),
        snr_db=round(speech.snr_db, 1),
    )
