"""One number a day and feature, made of the samples of that day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from .catalogue import FEATURES
from .features import activity, broken_off, heart, keyboard, night, sleep
from .made_of import OF_PHONES, OF_WORN

# How many days of samples before and after a day its features are made of; one of each otherwise.
LOOK_BACK = {"sleep": 9, "activity": 9, "gps": 8, "comm": 28} | dict.fromkeys(OF_WORN, 9)
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
        others = {name: streams[name] for name in OF_WORN if _has(streams, name)}
        parts += _sleep(streams["sleep"], others)
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
    if _has(streams, "comm"):
        phones = [streams[name] for name in sorted(OF_PHONES) if _has(streams, name)]
        parts += _communication(streams["comm"], phones)
    return _together(parts)


def united(ready_made: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Daily features that an export brought along and those made of samples, which come first.

    Args:
        ready_made, made: columns of `SCHEMA`.
    """
    both = pl.concat([ready_made.select(*SCHEMA), made])
    return both.unique(["day", "feature"], keep="last").sort("feature", "day")


def _intervals(table: pa.Table) -> list[Rows]:
    return _columns(night.variability(table), {"night_rmssd_ms": "rmssd", "night_sdnn_ms": "sdnn"})


def _respiration(table: pa.Table) -> list[Rows]:
    return _columns(night.values(table, "per_minute"), {"respiration_per_minute": "median"})


def _oxygen(table: pa.Table) -> list[Rows]:
    names = {"spo2_percent": "median", "spo2_lowest_percent": "lowest"}
    return _columns(night.values(table, "percent"), names)


def _rhythm(table: pa.Table) -> list[Rows]:
    from .features import rhythm  # compiled code is loaded by whoever needs it

    return _by_yield(rhythm.rhythm(table), rhythm.YIELDS)


def _mobility(table: pa.Table) -> list[Rows]:
    from .features import mobility

    return _columns(mobility.mobility(table), {name: name for name in mobility.COLUMNS})


def _screen(table: pa.Table) -> list[Rows]:
    from .features import phone

    return _by_yield(phone.screen(table), phone.YIELDS)


def _apps(table: pa.Table) -> list[Rows]:
    from .features import phone

    return _columns(phone.apps(table), {name: name for name in phone.APPS})


def _communication(table: pa.Table, others: Sequence[pa.Table]) -> list[Rows]:
    from .features import communication

    return _by_yield(communication.communication(table, others), communication.YIELDS)


def _keyboard(table: pa.Table) -> list[Rows]:
    return _columns(keyboard.keyboard(table), {name: name for name in keyboard.COLUMNS})


MADE: Mapping[str, Callable[[pa.Table], list[Rows]]] = {
    "rr_interval": _intervals,
    "respiration": _respiration,
    "spo2": _oxygen,
    "activity": _rhythm,
    "gps": _mobility,
    "screen": _screen,
    "app_use": _apps,
    "keyboard": _keyboard,
}


def _by_yield(frame: pl.DataFrame, yields: Mapping[str, Sequence[str]]) -> list[Rows]:
    """Columns of a frame as rows of the features so named, each with its own column of yields."""
    return [
        row
        for share, names in yields.items()
        for row in _columns(frame, {name: name for name in names}, share)
    ]


def _columns(
    frame: pl.DataFrame, names: Mapping[str, str], share: str = "data_yield"
) -> list[Rows]:
    """Columns of one frame as rows, each under the name of its feature, if it is plausible."""
    days = frame["day"].cast(pl.Int32).to_numpy()
    shares = frame[share].cast(pl.Float64).to_numpy()
    return [
        _plausible(feature, days, _numbers(frame[column]), shares)
        for feature, column in names.items()
    ]


def _numbers(column: pl.Series) -> npt.NDArray[np.float64]:
    """A column as numbers, NaN where it says nothing."""
    if column.dtype != pl.Float64:
        column = column.cast(pl.Float64)
    return (column.fill_null(np.nan) if column.null_count() else column).to_numpy()


def _plausible(
    feature: str,
    days: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
    shares: npt.NDArray[np.float64],
) -> Rows:
    """Rows of a feature, without values that are missing or cannot be."""
    known = FEATURES[feature]
    there = np.flatnonzero((values >= known.lowest) & (values <= known.highest))
    if len(there) == len(values):
        return Rows(feature, days, values, shares)
    return Rows(feature, days[there], values[there], shares[there])


def _together(parts: Sequence[Rows]) -> pl.DataFrame:
    """Rows of all features as one frame, by feature and day; made once, as frames are dear."""
    if not parts:
        return pl.DataFrame(schema=SCHEMA)
    parts = [_in_order(one) for one in sorted(parts, key=lambda one: one.feature)]
    place = np.repeat(np.arange(len(parts), dtype=np.uint32), [len(one.days) for one in parts])
    columns = [
        np.concatenate(own)
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


def _in_order(one: Rows) -> Rows:
    """Rows by day."""
    if (one.days[1:] >= one.days[:-1]).all():
        return one
    order = np.argsort(one.days, kind="stable")
    return Rows(one.feature, one.days[order], one.values[order], one.shares[order])


def _has(streams: Mapping[str, pa.Table], name: str) -> bool:
    return name in streams and streams[name].num_rows > 0


def _named(feature: str, frame: pl.DataFrame) -> Rows:
    """Columns day, value and data_yield as rows of one feature."""
    return _columns(frame, {feature: "value"})[0]


def _sleep(table: pa.Table, others: Mapping[str, pa.Table]) -> list[Rows]:
    """Sleep by night and week; of a night that broke off nothing is known but when it began."""
    rows = sleep.by_stage(table)
    nights = sleep.main_sleeps(rows)
    broken = broken_off.broken_off(nights.ends_us, table, others)
    whole, regular, known = nights, sleep.regularity(rows), nights.told
    if broken.any():
        whole = nights.only(np.flatnonzero(~broken))
        regular = sleep.regularity(rows, nights.only(np.flatnonzero(broken)))
        known = np.where(broken, 0.0, nights.told)
    found = [
        _plausible(name, nights.days, values, nights.told if name in sleep.OF_ONSET else known)
        for name, values in nights.figures().items()
    ]
    ones = np.ones(len(whole.days))
    found += [
        _plausible("social_jetlag_minutes", whole.days, sleep.jetlag(whole), ones),
        _plausible("midsleep_variability_minutes", whole.days, sleep.variability(whole), ones),
        _plausible("sleep_regularity_index", *regular),
    ]
    return found
