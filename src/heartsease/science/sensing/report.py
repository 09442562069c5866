"""A person's own export read into a report: features, data quality, what changed and when."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ..course.change import Change, Steady, TooThin, detect, usual_range
from ..course.sentence import describe
from ..course.series import DailySeries
from .catalogue import FEATURES
from .daily import SCHEMA, daily_features
from .merging import merge
from .reading import Batch, Quarantined, SensingError, read, sniff
from .report_page import page
from .schema import DAILY

DIRECTIONS = {"steps": -1, "resting_heart_rate_bpm": 1, "hrv_rmssd_ms": -1, "hrv_sdnn_ms": -1}
BUDGET = 0.1
LONGEST_DAYS = 3 * 365
STEP_DAYS = 7
HISTORY_DAYS = 120


@dataclass(frozen=True)
class Found:
    """One feature of the export: its days, the own usual, and every change that was noticed."""

    feature: str
    series: DailySeries
    usual: tuple[float, float] | None
    now: Change | Steady | TooThin
    changes: tuple[Change, ...]

    @property
    def sentence(self) -> str:
        """What there is to say about the last weeks, absence included."""
        label, unit = FEATURES[self.feature].label, FEATURES[self.feature].unit
        if isinstance(self.now, Change):
            return describe(self.now, label=label, unit=unit)
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
) -> Analysis:
    """Read an export and write report.html and report.json.

    Memory stays flat: samples go to a temporary file by stream and are made into features a
    quarter of a year at a time.

    Args:
        path: a file or folder that `reading.sniff` knows.
        out_dir: is made if it is not there.
        now: samples later than a day after this moment are set aside.
        progress: is called with the share done.

    Raises:
        SensingError: if nothing can be read, or nothing is left of what was read.
    """
    kind = sniff(path)
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder))
        quarantined = []
        for piece in read(path, now=now, progress=progress):
            if isinstance(piece, Batch):
                spool.add(piece)
            else:
                quarantined.append(piece)
        features = spool.features()
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
    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / "report.html").write_text(page(analysis), encoding="utf-8")
    (out_dir / "report.json").write_bytes(
        orjson.dumps(as_json(analysis), option=orjson.OPT_INDENT_2)
    )
    return analysis


class Spool:
    """Samples on disk by stream, and the span of time they cover."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: dict[str, int] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._daily: list[pl.DataFrame] = []
        self._span: list[datetime] = []

    def add(self, batch: Batch) -> None:
        """Put a batch down."""
        table = batch.table
        self.counts[batch.stream] = self.counts.get(batch.stream, 0) + table.num_rows
        if batch.stream == DAILY:
            self._daily.append(pl.DataFrame(pl.from_arrow(table)))
            return
        if batch.stream not in self._writers:
            path = self.folder / f"{batch.stream}.parquet"
            self._writers[batch.stream] = pq.ParquetWriter(path, table.schema, compression="lz4")
        self._writers[batch.stream].write_table(table)
        moments = pa.compute.min_max(table["ts"])
        self._span += [moments["min"].as_py(), moments["max"].as_py()]

    def features(self) -> pl.DataFrame:
        """Daily features of everything put down, one row a day and feature."""
        for writer in self._writers.values():
            writer.close()
        parts = [pl.DataFrame(schema=SCHEMA), *(one.select(SCHEMA) for one in self._daily)]
        if self._span:
            days = pl.date_range(min(self._span).date(), max(self._span).date(), eager=True)
            edges = sorted({(day.year, (day.month - 1) // 3) for day in days})
            parts += [self._quarter(year, quarter) for year, quarter in edges]
        return pl.concat(parts).unique(["day", "feature"], keep="last").sort("feature", "day")

    def _quarter(self, year: int, quarter: int) -> pl.DataFrame:
        """The features of one quarter, read with the days around that they look back on."""
        first = date(year, quarter * 3 + 1, 1)
        last = date(year + (quarter == 3), (quarter * 3 + 3) % 12 + 1, 1)
        margin = pl.duration(days=9)
        streams = {}
        for stream in self._writers:
            rows = (
                pl.scan_parquet(self.folder / f"{stream}.parquet")
                .filter(
                    pl.col("ts")
                    .dt.replace_time_zone(None)
                    .is_between(
                        pl.lit(first).cast(pl.Datetime("us")) - margin,
                        pl.lit(last).cast(pl.Datetime("us")) + margin,
                    )
                )
                .collect(engine="streaming")
            )
            if rows.height:
                streams[stream] = merge([rows.to_arrow()], stream)
        made = daily_features(streams)
        return made.filter((pl.col("day") >= first) & (pl.col("day") < last))


def _looked_at(features: pl.DataFrame, last: date) -> list[Found]:
    """Each feature with its series, the own usual, and the changes of the last three years."""
    result = []
    for name in FEATURES:
        own = features.filter(pl.col("feature") == name)
        if own.is_empty():
            continue
        found = dict(zip(own["day"].to_list(), own["value"].to_list(), strict=True))
        series = DailySeries.of(found, min(found), last)
        direction = DIRECTIONS.get(name, 0)
        recent = _part(series, len(series.values))
        result.append(
            Found(
                feature=name,
                series=series,
                usual=usual_range(recent),
                now=detect(recent, direction=direction, budget_per_person_month=BUDGET),
                changes=tuple(_history(series, direction)),
            )
        )
    return result


def _part(series: DailySeries, end: int) -> DailySeries:
    """The last 120 days up to a place."""
    start = max(end - HISTORY_DAYS, 0)
    return DailySeries(series.days[start:end], series.values[start:end])


def _history(series: DailySeries, direction: int) -> list[Change]:
    """Changes that would have been noticed had one looked once a week, each once."""
    changes: list[Change] = []
    was_on = False
    begin = max(len(series.values) - LONGEST_DAYS, 56)
    for end in range(begin, len(series.values) + 1, STEP_DAYS):
        verdict = detect(_part(series, end), direction=direction, budget_per_person_month=BUDGET)
        if isinstance(verdict, Change) and not was_on:
            changes.append(verdict)
        was_on = isinstance(verdict, Change)
    return changes


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
