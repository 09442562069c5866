"""One number a day and feature, made of the samples of that day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl
import pyarrow as pa

from .catalogue import FEATURES
from .features import activity, heart, sleep

SCHEMA = {"day": pl.Date, "feature": pl.String, "value": pl.Float64, "data_yield": pl.Float64}


def daily_features(streams: Mapping[str, pa.Table]) -> pl.DataFrame:
    """Make daily features of merged streams.

    Args:
        streams: by name, in canonical schema, devices resolved (`merging.merge`).

    Returns:
        Columns day, feature, value (unit as in the catalogue), data_yield (0 to 1); one row a day
        and feature. What is missing or not plausible has no row.
    """
    parts = [pl.DataFrame(schema=SCHEMA)]
    if _has(streams, "sleep"):
        parts += _sleep(streams["sleep"])
    if _has(streams, "steps"):
        parts.append(_named("steps", activity.steps(streams["steps"])))
    if _has(streams, "resting_heart_rate") or _has(streams, "heart_rate"):
        found = heart.resting(streams.get("resting_heart_rate"), streams.get("heart_rate"))
        parts.append(_named("resting_heart_rate_bpm", found))
    for stream, feature in (("hrv_rmssd", "hrv_rmssd_ms"), ("hrv_sdnn", "hrv_sdnn_ms")):
        if _has(streams, stream):
            parts.append(_named(feature, heart.variability(streams[stream])))
    return pl.concat(parts).sort("feature", "day")


def _has(streams: Mapping[str, pa.Table], name: str) -> bool:
    return name in streams and streams[name].num_rows > 0


def _named(feature: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Name the feature, and leave out what is not plausible."""
    known = FEATURES[feature]
    return frame.select(
        pl.col("day").cast(pl.Date),
        pl.lit(feature).alias("feature"),
        pl.col("value").cast(pl.Float64),
        pl.col("data_yield").cast(pl.Float64),
    ).filter(pl.col("value").is_between(known.lowest, known.highest))


def _sleep(table: pa.Table) -> list[pl.DataFrame]:
    nights = sleep.main_sleeps(table)
    found = list(nights.values())
    asleep = [(one.minutes_asleep, one.told) for one in found]
    middle = [(one.midsleep_minutes, one.told) for one in found]
    regular = sleep.regularity(table)
    return [
        _named("minutes_asleep", _frame(list(nights), asleep)),
        _named("midsleep_minutes", _frame(list(nights), middle)),
        _named("sleep_regularity_index", _frame(list(regular), list(regular.values()))),
    ]


def _frame(days: list[date], values_and_shares: list[tuple[float, float]]) -> pl.DataFrame:
    rows = [(day, *pair) for day, pair in zip(days, values_and_shares, strict=True)]
    schema = {"day": pl.Date, "value": pl.Float64, "data_yield": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")
