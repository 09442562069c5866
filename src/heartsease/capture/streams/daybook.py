"""What is kept by day: samples as sealed Arrow tables, and the daily features made of them.

A day of a stream is one table of everything any device sent. Which device counts is decided later,
when features are made, so that nothing is lost by a choice.
"""

from __future__ import annotations

import io
from datetime import date
from uuid import UUID

import polars as pl
import pyarrow as pa

from heartsease.science.sensing.catalogue import FEATURES

from .models import DailyFeature, DayRecord

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
        update_fields=["samples", "digest", "body"],
    )


def keep_features(
    person: UUID, frame: pl.DataFrame, *, source: str, settled_before: date = date.min
) -> set[date]:
    """Store daily features in place of those there; return the days that changed.

    What was made of samples stays where a ready value comes along, and on settled days.

    Args:
        person: whose they are.
        frame: columns day, feature, value, data_yield and, if known, device; one row a day and
            feature.
        source: "own" for what was made of samples, else where the values come from.
        settled_before: own features of earlier days stay as they are.
    """
    rows = frame.filter(pl.col("value").is_not_null() & pl.col("value").is_not_nan())
    if rows.is_empty():
        return set()
    there = _there(person, rows["day"].to_list())
    better = []
    device = pl.col("device") if "device" in rows.columns else pl.lit("")
    for day, feature, value, share, made_by in rows.select(
        "day", "feature", "value", "data_yield", device.fill_null("").alias("device")
    ).iter_rows():
        old = there.get((feature, day))
        stays = old is not None and old[3] == OWN and (source != OWN or day < settled_before)
        version = FEATURES[feature].version
        if stays or (old is not None and old[1:3] + old[4:] == (value, share, version)):
            continue
        better.append(
            DailyFeature(
                person_id=person,
                day=day,
                feature=feature,
                value=value,
                data_yield=share,
                source=source,
                device=made_by,
                definition_version=version,
            )
        )
    DailyFeature.objects.bulk_create(
        better,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["person", "feature", "day"],
        update_fields=["value", "data_yield", "source", "device", "definition_version"],
    )
    return {made.day for made in better}


def drop_features(
    person: UUID, frame: pl.DataFrame, days: set[date], features: frozenset[str]
) -> set[date]:
    """Delete own values of these features and days that are not made any more; return the days."""
    if not days:
        return set()
    made = set(frame.select("feature", "day").iter_rows())
    gone = {
        key: old[0]
        for key, old in _there(person, list(days)).items()
        if old[3] == OWN and key[0] in features and key[1] in days and key not in made
    }
    DailyFeature.objects.filter(id__in=list(gone.values())).delete()
    return {day for _, day in gone}


def _there(
    person: UUID, days: list[date]
) -> dict[tuple[str, date], tuple[UUID, float, float, str, str]]:
    """What is stored between the first and last of these days.

    Returns:
        By feature and day: id, value, yield, source and version of the definition.
    """
    rows = DailyFeature.objects.filter(person=person, day__range=(min(days), max(days)))
    return {
        (feature, day): (key, value, share, source, version)
        for feature, day, key, value, share, source, version in rows.values_list(
            "feature", "day", "id", "value", "data_yield", "source", "definition_version"
        )
    }
