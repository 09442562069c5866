"""Samples by day: what arrives is united with what is there, day by day, without duplicates.

A day of a stream is one sealed Arrow table of everything any device sent. Uniting a table with
itself changes nothing, so importing the same file twice changes nothing. Which device counts is
decided later, when features are made, so that nothing is lost by a choice.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from uuid import UUID

import polars as pl
import pyarrow as pa

from heartsease.base import crypto
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.sensing.daily import daily_features
from heartsease.science.sensing.merging import merge

from .models import DailyFeature, DayRecord

LOOK_BACK = timedelta(days=8)
Days = dict[tuple[str, date], pa.Table]


def by_day(batches: Iterable[tuple[str, pa.Table]]) -> Days:
    """Split batches of (stream, table) by stream and local day of the sample's start."""
    parts: defaultdict[str, list[pl.DataFrame]] = defaultdict(list)
    for stream, table in batches:
        if table.num_rows:
            parts[stream].append(pl.DataFrame(pl.from_arrow(table)))
    result: Days = {}
    for stream, frames in parts.items():
        frame = pl.concat(frames, how="vertical_relaxed").with_columns(
            (pl.col("ts") + pl.duration(minutes=pl.col("tz").cast(pl.Int64))).dt.date().alias("day")
        )
        for (day,), rows in frame.partition_by("day", as_dict=True).items():
            result[stream, day] = rows.drop("day").to_arrow()
    return result


def packed(table: pa.Table) -> bytes:
    """An Arrow table as compressed bytes."""
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue()


def unpacked(body: bytes) -> pa.Table:
    """The Arrow table that `packed` made bytes of."""
    with pa.ipc.open_stream(io.BytesIO(body)) as reader:
        return reader.read_all()


def unite(person: UUID, days: Days) -> set[date]:
    """Store new samples beside those there; return the days on which anything changed."""
    changed: set[date] = set()
    streams = {stream for stream, _ in days}
    dates = [day for _, day in days]
    if not dates:
        return changed
    there = {
        (row.stream, row.day): row
        for row in DayRecord.objects.filter(
            person=person, stream__in=streams, day__range=(min(dates), max(dates))
        )
    }
    fresh = []
    for (stream, day), table in days.items():
        row = there.get((stream, day))
        known = [unpacked(row.body), table] if row else [table]
        united = distinct(known)
        body = packed(united)
        digest = crypto.digest(body)
        if row is not None and row.digest == digest:
            continue
        changed.add(day)
        if row is None:
            row = DayRecord(person_id=person, stream=stream, day=day)
            fresh.append(row)
        row.samples, row.digest, row.body = united.num_rows, digest, body
        if row not in fresh:
            row.save()
    DayRecord.objects.bulk_create(fresh, batch_size=500)
    return changed


def distinct(tables: list[pa.Table]) -> pa.Table:
    """All rows of these tables, each once, in one fixed order."""
    frame = pl.concat([pl.DataFrame(pl.from_arrow(t)) for t in tables], how="vertical_relaxed")
    return frame.unique(maintain_order=False).sort(frame.columns, nulls_last=True).to_arrow()


def between(person: UUID, first: date, last: date) -> Mapping[str, pa.Table]:
    """The samples of all streams from `first` to `last`, devices resolved."""
    parts: defaultdict[str, list[pa.Table]] = defaultdict(list)
    rows = DayRecord.objects.filter(
        person=person,
        day__range=(first - timedelta(days=1), last + timedelta(days=1)),
    ).order_by("day")
    for row in rows:
        parts[row.stream].append(unpacked(row.body))
    return {stream: merge(tables, stream) for stream, tables in parts.items()}


def store(person: UUID, days: Days, ready_made: list[pa.Table]) -> set[date]:
    """Unite samples with those there and remake the features of the days concerned."""
    changed = unite(person, days)
    if changed:
        remake_features(person, min(changed), max(changed))
    for table in ready_made:
        frame = pl.DataFrame(pl.from_arrow(table))
        changed |= keep_features(person, frame, source="file")
    return changed


def remake_features(person: UUID, first: date, last: date) -> None:
    """Compute the features of days whose samples changed, and of the week that looks back on them."""
    streams = between(person, first - LOOK_BACK, last + LOOK_BACK)
    frame = daily_features(streams).filter(
        pl.col("day").is_between(first - timedelta(days=1), last + LOOK_BACK)
    )
    keep_features(person, frame, source="own")


def keep_features(person: UUID, frame: pl.DataFrame, *, source: str) -> set[date]:
    """Store daily features in place of those there; return the days that changed."""
    rows = frame.filter(pl.col("value").is_not_null() & pl.col("value").is_not_nan())
    if rows.is_empty():
        return set()
    first, last = rows["day"].min(), rows["day"].max()
    there = {
        (old.feature, old.day): old
        for old in DailyFeature.objects.filter(person=person, day__range=(first, last))
    }
    fresh, better = [], []
    for day, feature, value, share in rows.select(
        "day", "feature", "value", "data_yield"
    ).iter_rows():
        old = there.get((feature, day))
        if old is not None and old.value == value and old.data_yield == share:
            continue
        made = DailyFeature(
            person_id=person,
            day=day,
            feature=feature,
            value=value,
            data_yield=share,
            source=source,
            definition_version=FEATURES[feature].version,
        )
        if old is None:
            fresh.append(made)
        else:
            made.pk = old.pk
            better.append(made)
    DailyFeature.objects.bulk_create(fresh, batch_size=1000)
    fields = ["value", "data_yield", "source", "definition_version"]
    DailyFeature.objects.bulk_update(better, fields, batch_size=500)
    return {made.day for made in [*fresh, *better]}
