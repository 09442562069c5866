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

from ..course.change import Change, Steady, TooThin, detect, usual_range
from ..course.sentence import describe
from ..course.series import DailySeries
from .catalogue import FEATURES
from .daily import SCHEMA, daily_features, united
from .history import part, past_changes
from .merging import merge
from .reading import Batch, Quarantined, SensingError, read, sniff
from .report_page import page
from .spool import Spool

# Changes are looked for in one or two figures of each domain: every figure looked at is one more
# chance for a false alarm. 1 only rises matter, -1 only falls, 0 either.
DIRECTIONS = {
    "minutes_asleep": 0,
    "midsleep_minutes": 0,
    "sleep_regularity_index": 0,
    "steps": -1,
    "resting_heart_rate_bpm": 1,
    "hrv_rmssd_ms": -1,
    "hrv_sdnn_ms": -1,
    "relative_amplitude": -1,
    "interdaily_stability": -1,
    "home_stay_share": 1,
    "location_entropy": -1,
    "unlocks": 0,
    "night_screen_minutes": 1,
    "contacts": -1,
    "key_latency_ms": 1,
    "mood": 0,
    "sleep_quality": 0,
    "energy": 0,
    "worry": 0,
}
BUDGET = 0.1
LOOK_BACK, LOOK_AHEAD = timedelta(days=9), timedelta(days=2)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Found:
    """One feature of the export: its days, the own usual, and every change that was noticed."""

    feature: str
    series: DailySeries
    usual: tuple[float, float] | None
    now: Change | Steady | TooThin | None
    changes: tuple[Change, ...]

    @property
    def sentence(self) -> str:
        """What there is to say about the last weeks, absence included."""
        label, unit = FEATURES[self.feature].label, FEATURES[self.feature].unit
        if isinstance(self.now, Change):
            return describe(self.now, label=label, unit=unit)
        if self.now is None:
            return f"{label}: shown without looking for changes."
        if isinstance(self.now, TooThin):
            return f"{label}: not enough days to speak of a change. {self.now.reason}"
        return f"{label}: the last four weeks are within the usual of this person."


@dataclass(frozen=True)
class Analysis:
    """Everything the report says."""

    file: str
    format: str
    first: date
    last: date
    features: pl.DataFrame
    found: tuple[Found, ...]
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
        features = features_of(spool)
    if features.is_empty():
        reasons = "; ".join(piece.reason for piece in quarantined) or "it holds no such samples"
        raise SensingError(f"Nothing in this file could be used: {reasons}.")
    first, last = features["day"].min(), features["day"].max()
    assert isinstance(first, date) and isinstance(last, date)
    analysis = Analysis(
        file=path.name,
        format=kind,
        first=first,
        last=last,
        features=features,
        found=tuple(_looked_at(features, last)),
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


def features_of(spool: Spool) -> pl.DataFrame:
    """Daily features of everything put down, one row a day and feature."""
    parts = [pl.DataFrame(schema=SCHEMA)]
    for first, last in spool.stretches():
        around = spool.between(first - LOOK_BACK, last + LOOK_AHEAD)
        streams = {name: merge([rows.to_arrow()], name) for name, rows in around.items()}
        parts.append(daily_features(streams).filter(pl.col("day").is_between(first, last + DAY)))
    return united(spool.ready_made(), pl.concat(parts))


def _looked_at(features: pl.DataFrame, last: date) -> list[Found]:
    """Each feature with its series, the own usual, and the changes of the last three years."""
    result = []
    for name in FEATURES:
        own = features.filter(pl.col("feature") == name)
        if own.is_empty():
            continue
        found = dict(zip(own["day"].to_list(), own["value"].to_list(), strict=True))
        series = DailySeries.of(found, min(found), last)
        recent = part(series, len(series.values))
        if name not in DIRECTIONS:
            result.append(Found(name, series, usual_range(recent), None, ()))
            continue
        direction = DIRECTIONS[name]
        result.append(
            Found(
                feature=name,
                series=series,
                usual=usual_range(recent),
                now=detect(recent, direction=direction, budget_per_person_month=BUDGET),
                changes=tuple(past_changes(series, direction, budget=BUDGET)),
            )
        )
    return result


def as_json(analysis: Analysis) -> dict[str, Any]:
    """The report for programs."""
    return {
        "format": "heartsease-analysis-1",
        "file": analysis.file,
        "read_as": analysis.format,
        "first_day": analysis.first,
        "last_day": analysis.last,
        "samples": analysis.samples,
        "false_alarms_per_feature_month": BUDGET,
        "features": {
            one.feature: {
                "label": FEATURES[one.feature].label,
                "unit": FEATURES[one.feature].unit,
                "definition": FEATURES[one.feature].definition,
                "definition_version": FEATURES[one.feature].version,
                "usual_range": one.usual,
                "days_with_data": one.series.days_with_data,
                "days": len(one.series.values),
                "now": one.sentence,
                "changes": [_plain(change) for change in one.changes],
                "values": [
                    [str(day), None if np.isnan(value) else round(float(value), 2)]
                    for day, value in zip(one.series.days, one.series.values, strict=True)
                ],
            }
            for one in analysis.found
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


def _plain(change: Change) -> dict[str, Any]:
    """A change as plain values."""
    return {
        "since": change.since,
        "noticed": change.noticed,
        "direction": change.direction,
        "before": round(change.before, 2),
        "after": round(change.after, 2),
        "size": round(change.size, 2),
        "size_sd": round(change.size_sd, 2),
        "days_with_data": change.days_with_data,
        "days_in_window": change.days_in_window,
    }
