"""One number a day and feature, made of the samples of that day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from .catalogue import FEATURES
from .features import activity, heart, keyboard, sleep

# How many days of samples before and after a day its features are made of; one of each otherwise.
LOOK_BACK = {"sleep": 9, "activity": 9, "gps": 8, "comm": 8}
LOOK_AHEAD = {"sleep": 2, "activity": 2}
SCHEMA = {"day": pl.Date, "feature": pl.String, "value": pl.Float64, "data_yield": pl.Float64}


class Rows(NamedTuple):
    """One feature of several days: numbers of days since 1970, values, yields, each shape (n,)."""

    feature: str
    days: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]


def daily_features(streams: Mapping[str, pa.Table]) -> pl.DataFrame:
    """Make daily features of merged streams.

    Args:
        streams: by name, in canonical schema, devices resolved (`merging.merge`).

    Returns:
        Columns day, feature, value (unit as in the catalogue), data_yield (0 to 1); one row a day
        and feature. What is missing or not plausible has no row.
    """
    parts: list[Rows] = []
    if _has(streams, "sleep"):
        parts += _sleep(streams["sleep"])
    if _has(streams, "steps"):
        parts.append(_named("steps", activity.steps(streams["steps"])))
    hours = heart.by_day(streams["heart_rate"]) if _has(streams, "heart_rate") else None
    if _has(streams, "resting_heart_rate") or hours is not None:
        found = heart.resting(streams.get("resting_heart_rate"), hours)
        parts.append(_named("resting_heart_rate_bpm", found))
    for stream, feature in (("hrv_rmssd", "hrv_rmssd_ms"), ("hrv_sdnn", "hrv_sdnn_ms")):
        if _has(streams, stream):
            parts.append(_named(feature, heart.variability(streams[stream])))
    if hours is not None:
        found = heart.night(hours)
        parts += _columns(found, {"night_heart_rate_bpm": "night", "nocturnal_dip": "dip"})
    for stream, made in MADE.items():
        if _has(streams, stream):
            parts += made(streams[stream])
    return _together(parts)


def _rhythm(table: pa.Table) -> list[Rows]:
    from .features import rhythm  # compiled code is loaded by whoever needs it

    return _columns(rhythm.rhythm(table), {name: name for name in rhythm.COLUMNS})


def _mobility(table: pa.Table) -> list[Rows]:
    from .features import mobility

    return _columns(mobility.mobility(table), {name: name for name in mobility.COLUMNS})


def _screen(table: pa.Table) -> list[Rows]:
    from .features import phone

    return _columns(phone.screen(table), {name: name for name in phone.SCREEN})


def _apps(table: pa.Table) -> list[Rows]:
    from .features import phone

    return _columns(phone.apps(table), {name: name for name in phone.APPS})


def _communication(table: pa.Table) -> list[Rows]:
    from .features import communication

    found = communication.communication(table)
    return _columns(found, {name: name for name in communication.COLUMNS})


def _keyboard(table: pa.Table) -> list[Rows]:
    return _columns(keyboard.keyboard(table), {name: name for name in keyboard.COLUMNS})


MADE: Mapping[str, Callable[[pa.Table], list[Rows]]] = {
    "activity": _rhythm,
    "gps": _mobility,
    "screen": _screen,
    "app_use": _apps,
    "comm": _communication,
    "keyboard": _keyboard,
}


def _columns(frame: pl.DataFrame, names: Mapping[str, str]) -> list[Rows]:
    """Columns of one frame as rows, each under the name of its feature, if it is plausible."""
    days = frame["day"].cast(pl.Int32).to_numpy()
    shares = frame["data_yield"].cast(pl.Float64).to_numpy()
    found = []
    for feature, column in names.items():
        known = FEATURES[feature]
        own = frame[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
        there = np.flatnonzero((own >= known.lowest) & (own <= known.highest))
        found.append(Rows(feature, days[there], own[there], shares[there]))
    return found


def _together(parts: Sequence[Rows]) -> pl.DataFrame:
    """Rows of all features as one frame, by feature and day; made once, as frames are dear."""
    if not parts:
        return pl.DataFrame(schema=SCHEMA)
    parts = sorted(parts, key=lambda one: one.feature)
    orders = [np.argsort(one.days, kind="stable") for one in parts]
    place = np.repeat(np.arange(len(parts), dtype=np.uint32), [len(one.days) for one in parts])
    columns = [
        np.concatenate([column[order] for column, order in zip(own, orders, strict=True)])
        for own in zip(*((one.days, one.values, one.shares) for one in parts), strict=True)
    ]
    names = pl.Series([one.feature for one in parts], dtype=pl.String)
    return pl.DataFrame(
        {
            "day": pl.Series(columns[0]).cast(pl.Date),
            "feature": names.gather(pl.Series(place)),
            "value": columns[1],
            "data_yield": columns[2],
        }
    )


def _has(streams: Mapping[str, pa.Table], name: str) -> bool:
    return name in streams and streams[name].num_rows > 0


def _named(feature: str, frame: pl.DataFrame) -> Rows:
    """Columns day, value and data_yield as rows of one feature."""
    return _columns(frame, {feature: "value"})[0]


def _sleep(table: pa.Table) -> list[Rows]:
    nights = sleep.main_sleeps(table)
    found = list(nights.values())
    asleep = [(one.minutes_asleep, one.told) for one in found]
    middle = [(one.midsleep_minutes, one.told) for one in found]
    regular = sleep.regularity(table)
    whole: dict[str, Callable[[sleep.Episode], float | None]] = {
        "sleep_onset_minutes": lambda one: one.onset_minutes,
        "sleep_offset_minutes": lambda one: one.offset_minutes,
        "sleep_efficiency": lambda one: one.efficiency,
        "minutes_awake_at_night": lambda one: one.minutes_awake if "awake" in one.stages else None,
        "deep_sleep_share": lambda one: one.share("deep"),
        "rem_sleep_share": lambda one: one.share("rem"),
    }
    over_days = {
        "social_jetlag_minutes": sleep.jetlag(nights),
        "midsleep_variability_minutes": sleep.variability(nights),
    }
    return [
        *(
            _named(name, _frame(list(nights), [(made(one), one.told) for one in found]))
            for name, made in whole.items()
        ),
        *(
            _named(name, _frame(list(days), [(value, 1.0) for value in days.values()]))
            for name, days in over_days.items()
        ),
        _named("minutes_asleep", _frame(list(nights), asleep)),
        _named("midsleep_minutes", _frame(list(nights), middle)),
        _named("sleep_regularity_index", _frame(list(regular), list(regular.values()))),
    ]


def _frame(
    days: list[date], values_and_shares: Sequence[tuple[float | None, float]]
) -> pl.DataFrame:
    rows = [(day, *pair) for day, pair in zip(days, values_and_shares, strict=True)]
    schema = {"day": pl.Date, "value": pl.Float64, "data_yield": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")
