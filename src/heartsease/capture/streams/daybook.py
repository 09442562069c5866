"""What is kept by day: samples as sealed Arrow tables, and the daily features made of them.

A day of a stream is one table of everything any device sent. Which device counts is decided later,
when features are made, so that nothing is lost by a choice.

A value made of samples stands before one that came ready-made. The latter is kept beside it, and is
back once the samples go.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import polars as pl
import pyarrow as pa

from heartsease.science.sensing.catalogue import FEATURES

from .models import DailyFeature, DayRecord
from .origins import OTHER, is_only_of

OWN = "own"


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


def keep_days(rows: list[DayRecord]) -> None:
    """Store days of samples, each in place of the row with its identifier."""
    DayRecord.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["samples", "digest", "body", "origins"],
    )


def keep_origins(rows: list[DayRecord]) -> None:
    """Store who brought the samples of days that stay as they are."""
    for row in rows:
        row.save(force_update=True, update_fields=["origins"])


def keep_features(
    person: UUID,
    frame: pl.DataFrame,
    *,
    source: str,
    settled_before: date = date.min,
    bringer: str = OTHER,
) -> set[date]:
    """Store daily features in place of those there; return the days that changed.

    What was made of samples stays where a ready value comes along, and on settled days. A value
    that was there already is noted as brought once more, where nothing else could tell later.

    Args:
        person: whose they are.
        frame: columns day, feature, value, data_yield and, if known, device; one row a day and
            feature.
        source: "own" for what was made of samples, else where the values come from.
        settled_before: own features of earlier days stay as they are.
        bringer: the file that they come with, see `origins`; empty where nothing comes.
    """
    rows = frame.filter(pl.col("value").is_not_null() & pl.col("value").is_not_nan())
    if rows.is_empty():
        return set()
    there = _there(person, rows["day"].to_list())
    changed: set[date] = set()
    kept: list[DailyFeature] = []
    device = pl.col("device") if "device" in rows.columns else pl.lit("")
    for day, feature, value, share, made_by in rows.select(
        "day", "feature", "value", "data_yield", device.fill_null("").alias("device")
    ).iter_rows():
        old = there.get((feature, day))
        version = FEATURES[feature].version
        new = Number(value, share, source, made_by, version, [bringer or OTHER], None)
        after = _after(old, new, bringer, is_settled=source != OWN or day < settled_before)
        if after is None:
            continue
        kept.append(DailyFeature(person_id=person, day=day, feature=feature, **after._asdict()))
        if old is None or not old.says_as(after) or old.device != after.device:
            changed.add(day)
    DailyFeature.objects.bulk_create(
        kept,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["person", "feature", "day"],
        update_fields=Number._fields,
    )
    return changed


class Number(NamedTuple):
    """A day's value as it is stored, but for whose it is and of what.

    Attributes:
        replaced: the ready-made value in whose place this one is, see `beside`.
    """

    value: float
    data_yield: float
    source: str
    device: str
    definition_version: str
    brought_by: list[str]
    replaced: dict[str, Any] | None = None

    def says_as(self, other: Number) -> bool:
        """Whether it is the same value by the same definition."""
        return (self.value, self.data_yield, self.definition_version) == (
            other.value,
            other.data_yield,
            other.definition_version,
        )

    def beside(self) -> dict[str, Any]:
        """It as it is kept beside the value that takes its place."""
        return {name: value for name, value in self._asdict().items() if name != "replaced"}


def _after(old: Number | None, new: Number, bringer: str, *, is_settled: bool) -> Number | None:
    """What is stored once a value came along; nothing where all stays as it is."""
    if old is None:
        return new
    if old.source != OWN and new.source == OWN:
        return new._replace(replaced=old.beside())
    if old.source == OWN and new.source != OWN:
        beside = Number(**old.replaced) if old.replaced else None
        ready = _after(beside, new, bringer, is_settled=True)
        return None if ready is None else old._replace(replaced=ready.beside())
    bringers = sorted({*(old.brought_by or [OTHER]), bringer} - {""})
    if old.says_as(new):
        is_noted = not is_settled or bringer in ("", *old.brought_by)
        return None if is_noted else old._replace(brought_by=bringers)
    if new.source != OWN:
        is_same = old.brought_by == new.brought_by
        return new._replace(replaced=old.replaced if is_same else old.beside())
    # One of samples has all who ever changed it, a ready one the last.
    return None if is_settled else new._replace(brought_by=bringers, replaced=old.replaced)


def drop_features(
    person: UUID, frame: pl.DataFrame, days: set[date], features: frozenset[str]
) -> set[date]:
    """Drop own values of these features and days that are not made any more; return the days."""
    if not days:
        return set()
    made = set(frame.select("feature", "day").iter_rows())
    rows = DailyFeature.objects.filter(
        person=person, day__range=(min(days), max(days)), source=OWN, feature__in=features
    )
    gone = {
        key: day
        for key, feature, day in rows.values_list("id", "feature", "day")
        if day in days and (feature, day) not in made
    }
    _drop(gone)
    return set(gone.values())


def drop_brought(
    person: UUID, file: str, others: Collection[str], settled_before: Mapping[str, date]
) -> set[date]:
    """Drop values that a file alone brought and that nothing here makes anew; return the days.

    Args:
        others: the person's other files.
        settled_before: by feature, own values of days before are not made anew.
    """
    mine = DailyFeature.objects.filter(person=person)
    beside = [
        key
        for key, replaced in mine.filter(replaced__isnull=False).values_list("id", "replaced")
        if replaced and is_only_of(replaced["brought_by"], file, others)
    ]
    DailyFeature.objects.filter(id__in=beside).update(replaced=None)
    rows = mine.exclude(brought_by=[])
    gone = {
        key: day
        for key, feature, day, source, held in rows.values_list(
            "id", "feature", "day", "source", "brought_by"
        )
        if is_only_of(held, file, others)
        and (source != OWN or day < settled_before.get(feature, date.min))
    }
    _drop(gone)
    return set(gone.values())


def _drop(keys: Collection[UUID]) -> None:
    """Delete values; a ready-made one that had to make room is back."""
    rows = DailyFeature.objects.filter(id__in=list(keys))
    back = [
        DailyFeature(person_id=row.person_id, day=row.day, feature=row.feature, **row.replaced)
        for row in rows.filter(replaced__isnull=False)
        if row.replaced
    ]
    rows.delete()
    DailyFeature.objects.bulk_create(back, batch_size=500)


def _there(person: UUID, days: list[date]) -> dict[tuple[str, date], Number]:
    """What is stored between the first and last of these days, by feature and day."""
    rows = DailyFeature.objects.filter(person=person, day__range=(min(days), max(days)))
    return {
        (feature, day): Number(*rest)
        for feature, day, *rest in rows.values_list("feature", "day", *Number._fields)
    }
