"""The voice diaries of a day as daily features, in the form of what watches and phones give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import polars as pl

from ..sensing.catalogue import FEATURES
from .prosody import Prosody

SCHEMA = {"day": pl.Date, "feature": pl.String, "value": pl.Float64, "data_yield": pl.Float64}
ENOUGH_S = 30.0
COLUMNS = {
    "voice_speaking_share": "speaking_share",
    "voice_pause_ms": "mean_pause_ms",
    "voice_pauses_per_minute": "pause_count_per_minute",
    "voice_speech_rate_per_s": "speech_rate_per_s",
    "voice_f0_median_hz": "f0_median_hz",
    "voice_f0_range_semitones": "f0_range_semitones",
    "voice_energy_sd_db": "energy_sd_db",
}


def daily(diaries: Sequence[tuple[date, Prosody]]) -> pl.DataFrame:
    """Make one number a day and feature of a person's diaries.

    The value is the mean of the day's diaries, each weighted by its time spoken; those that do
    not say it are left out. The yield is the time spoken in those that do, as a share of 30 s,
    at most 1. For the person's own trend only, never to compare persons.

    Args:
        diaries: the person's local day and what `prosody.describe` says, in any order.

    Returns:
        Columns day, feature, value (unit as in the catalogue), data_yield (0 to 1), in the order
        of feature and day; what cannot be said or is not plausible has no row.

    >>> one = Prosody(20.0, speaking_seconds=10.0, f0_median_hz=100.0)
    >>> two = Prosody(20.0, speaking_seconds=5.0, f0_median_hz=130.0)
    >>> daily([(date(2026, 5, 4), one), (date(2026, 5, 4), two)]).rows()
    [(datetime.date(2026, 5, 4), 'voice_f0_median_hz', 110.0, 0.5)]
    """
    said: dict[tuple[str, date], list[tuple[float, float]]] = defaultdict(list)
    for day, one in diaries:
        for feature, column in COLUMNS.items():
            value: float | None = getattr(one, column)
            if value is not None and one.speaking_seconds:
                said[feature, day].append((value, one.speaking_seconds))
    rows = []
    for (feature, day), pairs in sorted(said.items()):
        spoken = sum(seconds for _, seconds in pairs)
        value = sum(value * seconds for value, seconds in pairs) / spoken
        if FEATURES[feature].lowest <= value <= FEATURES[feature].highest:
            rows.append((day, feature, value, min(1.0, spoken / ENOUGH_S)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
