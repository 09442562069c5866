"""A voice diary in numbers: how it was spoken, with nothing in it that could hold a word."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from . import pitch, rate, speech
from .sound import Sound

LOWEST_SNR_DB = 15.0  # below it pauses are off by more than 30 ms (docs/voice.md)
QUIETEST_DB = -60.0  # quieter speech drowns in the rounding of 16 bits and in the microphone
SPOKEN_NEEDED_S = 3.0
VOICED_NEEDED_S = 1.0
VOICED_SHARE_NEEDED = 0.1
NEAR_TOP, NEAR_TOP_SHARE = 0.9, 0.06


@dataclass(frozen=True)
class Prosody:
    """How a diary was spoken; None is what cannot be said of this recording.

    These figures show one person's own trend and nothing else. **Never compare them between
    persons**: pitch, rate and pauses differ with body, age, sex, language, dialect and habit.
    Microphone, distance and room change levels, so no absolute level is here, and a change of
    device can change the rest too. No figure is a sign of an illness by itself.

    Attributes:
        seconds: length of the recording.
        snr_db: speech above noise between 80 and 3400 Hz, in dB, at most 60.
        voiced_share: share of the time spoken that has a pitch, 0 to 1.
        speaking_seconds: time spoken, pauses of 250 ms and more left out.
        speaking_share: that over the time from the first to the last word, 0 to 1.
        pause_count_per_minute: pauses of at least 250 ms a minute of that same time.
        mean_pause_ms: their mean length; None where there is no pause.
        speech_rate_per_s: syllable nuclei a second, pauses included.
        articulation_rate_per_s: syllable nuclei a second spoken, pauses left out.
        f0_median_hz: median of the pitch.
        f0_range_semitones: from the 10th to the 90th percentile of the pitch.
        energy_sd_db: standard deviation of the level of 25 ms over voiced speech, in dB.
    """

    seconds: float
    snr_db: float | None = None
    voiced_share: float | None = None
    speaking_seconds: float | None = None
    speaking_share: float | None = None
    pause_count_per_minute: float | None = None
    mean_pause_ms: float | None = None
    speech_rate_per_s: float | None = None
    articulation_rate_per_s: float | None = None
    f0_median_hz: float | None = None
    f0_range_semitones: float | None = None
    energy_sd_db: float | None = None


def describe(sound: Sound) -> Prosody:
    """Say how a diary was spoken, or leave out what the recording does not allow to say.

    1. Find speech and pauses. Speech that is quieter than -60 dB of full scale, less than 15 dB
       above the noise or shorter than 3 s gets no figure but `seconds` and `snr_db`.
    2. Track the pitch. With less than 1 s or a tenth of the speech voiced it may be a noise or a
       whisper, and `voiced_share` is all that is added.
    3. Count pauses and syllables, and measure pitch and level. Where the recorder cut off what was
       too loud, neither syllables nor the spread of the level are told.

    For one person's trend only, never to compare persons; see `Prosody`.

    >>> from heartsease.science.voice import synthetic
    >>> signal = synthetic.diary([4.0, 4.0], [0.8], 16_000, pitch_hz=110, per_second=4)
    >>> found = describe(Sound.of(signal, 16_000))
    >>> round(found.f0_median_hz), round(found.mean_pause_ms, -2)
    (110, 800.0)
    >>> describe(Sound.of(np.zeros(5 * 16_000), 16_000))
    Prosody(seconds=5.0, snr_db=None, voiced_share=None, speaking_seconds=None, \
speaking_share=None, pause_count_per_minute=None, mean_pause_ms=None, speech_rate_per_s=None, \
articulation_rate_per_s=None, f0_median_hz=None, f0_range_semitones=None, energy_sd_db=None)
    """
    heard = speech.find(sound)
    if not _clear(heard):
        return Prosody(sound.seconds, heard.snr_db)
    pitches = pitch.track(sound, heard.spoken)
    voiced = pitches[~np.isnan(pitches)]
    share = len(voiced) / int(heard.spoken.sum())
    if share < VOICED_SHARE_NEEDED or len(voiced) * speech.HOP_S < VOICED_NEEDED_S:
        return Prosody(sound.seconds, heard.snr_db, share)
    low, middle, high = np.percentile(voiced, [10, 50, 90])
    pauses = [end - start for start, end in heard.pauses]
    whole = Prosody(
        seconds=sound.seconds,
        snr_db=heard.snr_db,
        voiced_share=share,
        speaking_seconds=heard.seconds,
        speaking_share=heard.seconds / heard.span_seconds,
        pause_count_per_minute=60 * len(pauses) / heard.span_seconds,
        mean_pause_ms=1000 * float(np.mean(pauses)) if pauses else None,
        f0_median_hz=float(middle),
        f0_range_semitones=float(12 * np.log2(high / low)),
    )
    if _cut_off(sound, heard):
        return whole
    count = len(rate.nuclei(heard, pitches))
    return replace(
        whole,
        speech_rate_per_s=rate.speech_rate(count, heard),
        articulation_rate_per_s=rate.articulation_rate(count, heard),
        energy_sd_db=float(heard.levels[~np.isnan(pitches)].std()),
    )


def _clear(heard: speech.Speech) -> bool:
    """Whether there is enough speech, loud and clean enough to measure."""
    return (
        heard.snr_db is not None
        and heard.snr_db >= LOWEST_SNR_DB
        and heard.seconds >= SPOKEN_NEEDED_S
        and float(np.percentile(heard.levels[heard.loud], 95)) >= QUIETEST_DB
    )


def _cut_off(sound: Sound, heard: speech.Speech) -> bool:
    """Whether the recorder was overdriven: more than 6 % of the samples then reach nine tenths of
    the 99th percentile, which 1 to 4 % do otherwise.
    """
    spoken = np.repeat(heard.spoken, speech.HOP)
    loudness = np.abs(sound.samples[: len(spoken)])[spoken]
    top = float(np.percentile(loudness, 99))
    return bool(np.mean(loudness > NEAR_TOP * top) > NEAR_TOP_SHARE)
