"""A person's own export read into a report: features, data quality, what changed and when."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import polars as pl

from ..course.domains import Way, domains, shares
from ..course.notice import Noticed, TooThin, Unchanged, notice
from ..course.past import Past, past_changes
from ..course.series import DailySeries
from ..course.usual import usual_range
from .catalogue import FEATURES
from .daily import SCHEMA, daily_features, united
from .devices import SCHEMA as DEVICES
from .devices import device_of_now, main_devices, switches
from .merging import merge
from .outside import readable
from .reading import Batch, Quarantined, SensingError, read, sniff
from .report_page import page, told
from .spool import Spool

BUDGET = 0.1
LOOK_BACK, LOOK_AHEAD = timedelta(days=9), timedelta(days=2)
DAY, NEAR = timedelta(days=1), timedelta(days=14)


@dataclass(frozen=True)
class Found:
    """One feature of the export: its days and the own usual."""

    feature: str
    series: DailySeries
    usual: tuple[float, float] | None


@dataclass(frozen=True)
class Told:
    """One way of changing: what the charts in use say of the last day, and would have said before.

    Attributes:
        name: domain and way, such as "sleep.less".
        title: of the domain.
        now: the verdict on the last whole day.
        past: every change of the last three years once, the one that is on included.
        begun: first days of devices that took over.
    """

    name: str
    title: str
    way: Way
    now: Noticed | Unchanged | TooThin
    past: tuple[Past, ...]
    begun: tuple[date, ...] = ()

    def device_at(self, found: Noticed) -> date | None:
        """When another device took over near the first day of a change, which may be all of it."""
        near = [day for day in self.begun if abs(day - found.since) <= NEAR]
        return near[0] if near else None

    @property
    def is_on(self) -> bool:
        """Whether a change is on."""
        return isinstance(self.now, Noticed)

    @property
    def sentence(self) -> str:
        """What there is to say about the last weeks, absence included."""
        if isinstance(self.now, Noticed):
            return told(self.now, self.way)
        if isinstance(self.now, TooThin):
            return f"{self.title}: not enough days to speak of {self.way.words}. {self.now.reason}"
        return f"{self.title}: no {self.way.words} was noticed in the last weeks."


@dataclass(frozen=True)
class Analysis:
    """Everything the report says."""

    file: str
    format: str
    first: date
    last: date
    features: pl.DataFrame
    found: tuple[Found, ...]
    told: tuple[Told, ...]
    quarantined: tuple[Quarantined, ...]
    samples: dict[str, int]


def analyse(
    path: Path,
    out_dir: Path,
    *,
    now: datetime,
    progress: Callable[[float], None] | None = None,
    zone: ZoneInfo | None = None,
) -> Analysis:
    """Read an export and write report.html and report.json.

    Memory stays flat: samples go to a temporary file by stream and are made into features a
    stretch of days at a time. Neither file is written before both are ready.

    Args:
        path: a file or folder that `reading.sniff` knows.
        out_dir: is made if it is not there.
        now: samples later than a day after this moment are set aside.
        progress: is called with the share done.
        zone: where the person lives, for exports without offsets; see `reading.read`.

    Raises:
        SensingError: if nothing can be read, or nothing is left of what was read.
    """
    kind = sniff(path)
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder))
        quarantined = []
        for piece in read(path, now=now, progress=progress, zone=zone):
            if isinstance(piece, Batch):
                spool.add(piece)
            else:
                quarantined.append(piece)
        spool.close()
        features, devices = features_of(spool)
    if features.is_empty():
        reasons = "; ".join(piece.reason for piece in quarantined) or "it holds no such samples"
        raise SensingError(f"Nothing in this file could be used: {reasons}.")
    first, last = features["day"].min(), features["day"].max()
    assert isinstance(first, date) and isinstance(last, date)
    analysis = Analysis(
        file=readable(path.name),
        format=kind,
        first=first,
        last=last,
        features=features,
        found=tuple(_of_features(features, last)),
        told=tuple(_looked_at(features, devices, last)),
        quarantined=tuple(quarantined),
        samples=spool.counts,
    )
    html = page(analysis).encode()
    plain = orjson.dumps(as_json(analysis), option=orjson.OPT_INDENT_2)
    out_dir.mkdir(parents=True, exist_ok=True)
    for name, content in (("report.html", html), ("report.json", plain)):
        unfinished = out_dir / f".{name}.part"
        unfinished.write_bytes(content)
        unfinished.replace(out_dir / name)
    return analysis


def features_of(spool: Spool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Daily features of everything put down, and the main device of each domain's day.

    Returns:
        Features by `daily.SCHEMA`, one row a day and feature; devices by `devices.SCHEMA`.
    """
    parts, makers = [pl.DataFrame(schema=SCHEMA)], [pl.DataFrame(schema=DEVICES)]
    for first, last in spool.stretches():
        around = spool.between(first - LOOK_BACK, last + LOOK_AHEAD)
        streams = {name: merge([rows.to_arrow()], name) for name, rows in around.items()}
        own = pl.col("day").is_between(first, last + DAY)
        parts.append(daily_features(streams).filter(own))
        makers.append(main_devices(streams).filter(own))
    devices = pl.concat(makers).unique(["domain", "day"], keep="last").sort("domain", "day")
    return united(spool.ready_made(), pl.concat(parts)), devices


def _series(features: pl.DataFrame, first: date, last: date) -> dict[str, DailySeries]:
    """Every feature over the same days."""
    result = {}
    for (name,), own in features.partition_by("feature", as_dict=True).items():
        found = dict(zip(own["day"].to_list(), own["value"].to_list(), strict=True))
        result[str(name)] = DailySeries.of(found, first, last)
    return result


def _of_features(features: pl.DataFrame, last: date) -> list[Found]:
    """Each feature with its days since its first one, and the own usual."""
    first = features["day"].min()
    assert isinstance(first, date)
    series = {name: one.since_first_data() for name, one in _series(features, first, last).items()}
    return [
        Found(name, series[name], usual_range(series[name])) for name in FEATURES if name in series
    ]


def _looked_at(features: pl.DataFrame, devices: pl.DataFrame, last: date) -> list[Told]:
    """Every way of changing for which there are data, looked at as in use.

    The last day of an export is rarely whole, so the one before it is the last to be looked at.
    """
    over = features.filter(pl.col("day") < last)
    if over.is_empty():
        return []
    first = over["day"].min()
    assert isinstance(first, date)
    least = pl.col("feature").replace_strict(
        dict(domains().least_yield), default=0.0, return_dtype=pl.Float64
    )
    enough = over.filter(pl.col("data_yield") >= least)
    nothing = {name: DailySeries.of({}, first, last - DAY) for name in over["feature"].unique()}
    series = nothing | _series(enough, first, last - DAY)
    of_now = nothing | _series(_of_device_of_now(enough, devices), first, last - DAY)
    ways = {
        f"{domain}.{name}": (about.title, way)
        for domain, about in domains().known.items()
        for name, way in about.ways.items()
        if any(feature in series for feature in way.signs)
    }
    budget = shares({name: way for name, (_, way) in ways.items()}, BUDGET)
    result = []
    for name, (title, way) in ways.items():
        own, present = (
            {feature: one for feature, one in some.items() if feature in way.signs}
            for some in (series, of_now)
        )
        past = past_changes(own, way, budget=budget[name])
        is_open = bool(past) and past[-1].until is None
        now = notice(present, way, budget=budget[name], is_open=is_open)
        begun = _begun(devices, {FEATURES[feature].domain for feature in own})
        result.append(Told(name, title, way, now, tuple(past), begun))
    return result


def _of_device_of_now(features: pl.DataFrame, devices: pl.DataFrame) -> pl.DataFrame:
    """The days of each domain that the present device made, or of which no device is known."""
    present = {
        str(domain): device_of_now(own["device"].to_list())
        for (domain,), own in devices.partition_by("domain", as_dict=True).items()
    }
    domains_of = {name: one.domain for name, one in FEATURES.items()}
    named = features.with_columns(
        pl.col("feature").replace_strict(domains_of, return_dtype=pl.String).alias("domain")
    ).join(devices, on=["domain", "day"], how="left")
    now = pl.col("domain").replace_strict(present, default=None, return_dtype=pl.String)
    kept = named.filter(pl.col("device").is_null() | (pl.col("device") == now))
    return kept.select(*SCHEMA)


def _begun(devices: pl.DataFrame, made_of: set[str]) -> tuple[date, ...]:
    """The days on which another device took over in any of these domains."""
    days = {
        day
        for domain in made_of
        for day in switches(
            devices.filter(pl.col("domain") == domain).select("day", "device").rows()
        )
    }
    return tuple(sorted(days))


def as_json(analysis: Analysis) -> dict[str, Any]:
    """The report for programs."""
    there = {one.feature for one in analysis.found}
    return {
        "format": "heartsease-analysis-2",
        "file": analysis.file,
        "read_as": analysis.format,
        "first_day": analysis.first,
        "last_day": analysis.last,
        "samples": analysis.samples,
        "false_alarms_per_person_month": BUDGET,
        "features": {
            one.feature: {
                "label": FEATURES[one.feature].label,
                "unit": FEATURES[one.feature].unit,
                "definition": FEATURES[one.feature].definition,
                "definition_version": FEATURES[one.feature].version,
                "usual_range": one.usual,
                "days_with_data": one.series.days_with_data,
                "days": len(one.series.values),
                "values": [
                    [str(day), None if np.isnan(value) else round(float(value), 4)]
                    for day, value in zip(one.series.days, one.series.values, strict=True)
                ],
            }
            for one in analysis.found
        },
        "ways": {
            one.name: {
                "words": one.way.words,
                "features": [name for name in one.way.signs if name in there],
                "now": one.sentence,
                "is_on": one.is_on,
                "changes": [_plain(change, one) for change in one.past],
            }
            for one in analysis.told
        },
        "data_yield": [
            [str(day), feature, round(share, 3)]
            for day, feature, share in analysis.features.select(
                "day", "feature", "data_yield"
            ).iter_rows()
        ],
        "set_aside": [
            {"file": one.file, "line": one.line, "reason": one.reason, "count": one.count}
            for one in analysis.quarantined
        ],
    }


def _plain(change: Past, one: Told) -> dict[str, Any]:
    """A change as plain values."""
    found = change.found
    return {
        "since": found.since,
        "earliest": found.earliest,
        "latest": found.latest,
        "noticed": found.noticed,
        "until": change.until,
        "sentence": told(found, one.way),
        "new_device": one.device_at(found),
        "moved": [
            {
                "feature": one.feature,
                "before": round(one.before, 4),
                "after": round(one.after, 4),
                "size_sd": round(one.size_sd, 2),
                "days_with_data": one.days_with_data,
            }
            for one in found.moved
        ],
        "days_with_data": found.days_with_data,
        "days_in_window": found.days_in_window,
    }
