"""What is kept by day: samples as sealed Arrow tables, and the daily features made of them.

A day of a stream is one table of everything any device sent. Which device counts is decided later,
when features are made, so that nothing is lost by a choice.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple
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
    better: list[DailyFeature] = []
    again: list[DailyFeature] = []
    device = pl.col("device") if "device" in rows.columns else pl.lit("")
    for day, feature, value, share, made_by in rows.select(
        "day", "feature", "value", "data_yield", device.fill_null("").alias("device")
    ).iter_rows():
        old = there.get((feature, day))
        version = FEATURES[feature].version
        settled = source != OWN or day < settled_before
        same = old is not None and old.says(value, share, version)
        stays = same or (old is not None and old.source == OWN and settled)
        if stays and not (same and settled and old and bringer not in ("", *old.brought_by)):
            continue
        made = DailyFeature(
            person_id=person,
            day=day,
            feature=feature,
            value=value,
            data_yield=share,
            source=old.source if stays and old else source,
            device=old.device if stays and old else made_by,
            definition_version=version,
            brought_by=_bringers(old, source, bringer, same=same),
        )
        (again if stays else better).append(made)
    DailyFeature.objects.bulk_create(
        better + again,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["person", "feature", "day"],
        update_fields=[
            "value",
            "data_yield",
            "source",
            "device",
            "definition_version",
            "brought_by",
        ],
    )
    return {made.day for made in better}


def _bringers(old: There | None, source: str, bringer: str, *, same: bool) -> list[str]:
    """Who brought a value: one of samples has all who ever changed it, a ready one the last."""
    if old is None or not (same or old.source == source == OWN):
        return [bringer or OTHER]
    return sorted({*(old.brought_by or [OTHER]), bringer} - {""})


def drop_features(
    person: UUID, frame: pl.DataFrame, days: set[date], features: frozenset[str]
) -> set[date]:
    """Delete own values of these features and days that are not made any more; return the days."""
    if not days:
        return set()
    made = set(frame.select("feature", "day").iter_rows())
    gone = {
        key: old.id
        for key, old in _there(person, list(days)).items()
        if old.source == OWN and key[0] in features and key[1] in days and key not in made
    }
    DailyFeature.objects.filter(id__in=list(gone.values())).delete()
    return {day for _, day in gone}


def drop_brought(
    person: UUID, file: str, others: Collection[str], settled_before: Mapping[str, date]
) -> set[date]:
    """Delete values that a file alone brought and that nothing here makes anew; return the days.

    Args:
        others: the person's other files.
        settled_before: by feature, own values of days before are not made anew.
    """
    rows = DailyFeature.objects.filter(person=person).exclude(brought_by=[])
    gone = {
        key: day
        for key, feature, day, source, held in rows.values_list(
            "id", "feature", "day", "source", "brought_by"
        )
        if is_only_of(held, file, others)
        and (source != OWN or day < settled_before.get(feature, date.min))
    }
    DailyFeature.objects.filter(id__in=list(gone)).delete()
    return set(gone.values())


class There(NamedTuple):
    """A value that is stored."""

    id: UUID
    value: float
    data_yield: float
    source: str
    device: str
    definition_version: str
    brought_by: list[str]

    def says(self, value: float, share: float, version: str) -> bool:
        """Whether it is the same value by the same definition."""
        return (self.value, self.data_yield, self.definition_version) == (value, share, version)


def _there(person: UUID, days: list[date]) -> dict[tuple[str, date], There]:
    """What is stored between the first and last of these days, by feature and day."""
    rows = DailyFeature.objects.filter(person=person, day__range=(min(days), max(days)))
    return {
        (feature, day): There(*rest)
        for feature, day, *rest in rows.values_list("feature", "day", *There._fields)
    }
