"""Voice diaries as daily features: the means of a day's diaries, weighted by time spoken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import polars as pl

from ..sensing.catalogue import FEATURES
from .prosody import Prosody

SCHEMA = {"day": pl.Date, "feature": pl.String, "value": pl.Float64, "data_yield": pl.Float64}
# Half a minute of speech is where a day's numbers settle; less counts as that share.
FULL_SPEECH_S = 30.0
NAMES = {
    "voice_speaking_share": "speaking_share",
    "voice_pauses_per_minute": "pause_count_per_minute",
    "voice_pause_ms": "mean_pause_ms",
    "voice_speech_rate_per_s": "speech_rate_per_s",
    "voice_f0_median_hz": "f0_median_hz",
    "voice_f0_range_semitones": "f0_range_semitones",
    "voice_energy_sd_db": "energy_sd_db",
}


def daily(diaries: Sequence[tuple[date, Prosody]]) -> pl.DataFrame:
    """One row a day and feature: day, feature, value, data_yield (0 to 1).

    What cannot be said of any diary of a day, or is not plausible, has no row.
    """
    by_day: defaultdict[date, list[Prosody]] = defaultdict(list)
    for day, prosody in diaries:
        by_day[day].append(prosody)
    rows = []
    for day, own in sorted(by_day.items()):
        share = min(sum(one.speech_seconds for one in own) / FULL_SPEECH_S, 1.0)
        for feature, name in NAMES.items():
            said = [
                (value, one.speech_seconds)
                for one in own
                if (value := getattr(one, name)) is not None and one.speech_seconds > 0
            ]
            if not said:
                continue
            value = sum(part * weight for part, weight in said) / sum(weight for _, weight in said)
            if FEATURES[feature].lowest <= value <= FEATURES[feature].highest:
                rows.append((day, feature, value, share))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
