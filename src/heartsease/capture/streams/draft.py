"""What an upload changes, worked out beside the database and then written in one short go.

Working it out may take minutes for a large file; nobody else's writing waits for it. A sample that
is there already stays as it is, so importing the same file twice changes nothing, and neither does
an export of the same samples made in another time zone.

1. `unite` looks up what each day already holds and puts down the days that gain samples.
2. `make_features` makes the features of those days and of the week that looks back on them.
3. `write` stores both, unless somebody else was quicker.

Samples older than the site keeps them are not stored: features that are missing are made of them,
and no feature that is there is changed, for the other samples of its day may be gone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

import polars as pl
import pyarrow as pa
from django.db.models import Q

from heartsease.base import crypto
from heartsease.science.sensing.daily import LOOK_AHEAD, LOOK_BACK, daily_features
from heartsease.science.sensing.features.local_time import local_day
from heartsease.science.sensing.made_of import features_made_of, needed
from heartsease.science.sensing.merging import distinct, merge
from heartsease.science.sensing.schema import OFFSET, STREAMS
from heartsease.science.sensing.spool import MOST_ROWS_AT_ONCE, Spool

from . import covered
from .daybook import OWN, drop_features, keep_days, keep_features, packed, unpacked
from .models import DayRecord

DAY = timedelta(days=1)
WEEK = timedelta(days=8)
Key = tuple[str, date]
Span = tuple[date, date]


class Overtaken(Exception):
    """Another upload of the same person was stored while this one was worked out."""


@dataclass(frozen=True)
class Page:
    """A day of a stream as it will be stored; its body lies in a file."""

    samples: int
    digest: str
    start: int
    length: int


class Draft:
    """What one upload changes of one person's days."""

    def __init__(
        self,
        person: UUID,
        spool: Spool,
        *,
        oldest: Mapping[str, date],
        agreements: frozenset[str],
    ) -> None:
        """Begin a draft.

        Args:
            oldest: by stream the oldest day whose samples are kept.
            agreements: what the person has to agree to for it to be stored.
        """
        self.person, self.spool, self.oldest = person, spool, oldest
        self.agreements = agreements
        self.seen = _digests(person)
        self.pages: dict[Key, Page] = {}
        self._old_days: set[date] = set()
        self._streams: set[str] = set()
        self._bodies = spool.folder / "days"
        self._bodies.write_bytes(b"")
        self._made: list[tuple[set[date], pl.DataFrame]] = []

    @property
    def changed(self) -> set[date]:
        """The days that gain samples."""
        return {day for _, day in self.pages}

    def unite(self) -> None:
        """Put down the days that gain samples, with everything they then hold."""
        for first, last in self.spool.stretches():
            for stream, rows in self.spool.between(first, last).items():
                dated = distinct(rows).with_columns(local_day())
                kept = pl.col("day") >= self.oldest[stream]
                old = dated.filter(~kept)["day"].unique().to_list()
                self._old_days.update(old)
                self._streams.update([stream] if old else [])
                self._unite(stream, dated.filter(kept))

    def _unite(self, stream: str, dated: pl.DataFrame) -> None:
        if dated.is_empty():
            return
        days: list[date] = dated["day"].unique().sort().to_list()
        there = self._stored(stream, days[0] - DAY, days[-1] + DAY)
        same = [name for name in STREAMS[stream].names if name != OFFSET]
        if there:
            known = pl.concat(list(there.values()), how="vertical_relaxed")
            dated = dated.join(known, on=same, how="anti", nulls_equal=True)
        for (day,), fresh in dated.partition_by("day", as_dict=True).items():
            parts = [there[day]] if day in there else []
            whole = distinct(pl.concat([*parts, fresh.drop("day")], how="vertical_relaxed"))
            self._put(stream, day, whole.to_arrow().cast(STREAMS[stream]))

    def _stored(self, stream: str, first: date, last: date) -> dict[date, pl.DataFrame]:
        rows = DayRecord.objects.filter(person=self.person, stream=stream, day__range=(first, last))
        return {row.day: pl.DataFrame(pl.from_arrow(unpacked(row.body))) for row in rows}

    def _put(self, stream: str, day: date, table: pa.Table) -> None:
        body = packed(table)
        with self._bodies.open("ab") as file:
            start = file.tell()
            file.write(body)
        self._streams.add(stream)
        self.pages[stream, day] = Page(table.num_rows, crypto.digest(body), start, len(body))

    def make_features(self) -> Iterator[float]:
        """Make the features of the days concerned, at most a month at a time; yields the share.

        Only those that the streams of this upload have a part in; the others cannot change.
        """
        grown = self.changed | self._old_days
        days = sorted({day + timedelta(back) for day in grown for back in range(-1, WEEK.days + 1)})
        done = 0
        for some in self._portions(days):
            streams = self._around(min(some), max(some))
            frame = daily_features(streams).filter(pl.col("day").is_in(list(some)))
            self._made.append((some, frame))
            done += len(some)
            yield done / len(days)

    def _portions(self, days: list[date]) -> Iterator[set[date]]:
        """Months, and parts of those that hold more samples than fit in memory."""
        samples: Counter[date] = Counter()
        for (_, day), page in self.pages.items():
            samples[day] += page.samples
        for _, month in groupby(days, key=lambda day: (day.year, day.month)):
            some: set[date] = set()
            held = 0
            for day in month:
                if some and held + samples[day] > MOST_ROWS_AT_ONCE:
                    yield some
                    some, held = set(), 0
                some.add(day)
                held += samples[day]
            yield some

    def _around(self, first: date, last: date) -> dict[str, pa.Table]:
        """The samples that features of these days are made of, devices resolved."""
        tables: defaultdict[str, list[pa.Table]] = defaultdict(list)
        spans = {
            name: (first - LOOK_BACK.get(name, 1) * DAY, last + LOOK_AHEAD.get(name, 1) * DAY)
            for name in needed(self._streams)
        }
        if not spans:
            return {}
        wanted = Q()
        for name, span in spans.items():
            wanted |= Q(stream=name, day__range=span)
        for row in DayRecord.objects.filter(wanted, person=self.person).order_by("stream", "day"):
            if (row.stream, row.day) not in self.pages:
                tables[row.stream].append(unpacked(row.body))
        with self._bodies.open("rb") as file:
            for (stream, day), page in self.pages.items():
                if stream in spans and spans[stream][0] <= day <= spans[stream][1]:
                    file.seek(page.start)
                    tables[stream].append(unpacked(file.read(page.length)))
        gone = {
            name: (begin, min(end, self.oldest[name] - DAY))
            for name, (begin, end) in spans.items()
            if begin < self.oldest[name]
        }
        for (begin, end), names in _by_span(gone).items():
            older = self.spool.between(begin, end, names)
            for stream, rows in older.items():
                tables[stream].append(rows.to_arrow().cast(STREAMS[stream]))
        return {stream: merge(parts, stream) for stream, parts in tables.items()}

    def write(self) -> set[date]:
        """Store days and features, in the caller's transaction; return the days that changed.

        Raises:
            Overtaken: if the person's days are not those that this was worked out from.
        """
        if _digests(self.person) != self.seen:
            raise Overtaken
        self._write_days()
        changed = self.changed
        for agreement in covered.AGREEMENTS:
            if covered.samples_of(agreement):
                changed |= self._write_features(agreement)
        ready = self.spool.ready_made().unique(["day", "feature"], keep="last")
        return changed | keep_features(self.person, ready, source="file")

    def _write_features(self, agreement: str) -> set[date]:
        """Store the features of one agreement; those of days that lost samples stay as they are."""
        own = covered.features_of(agreement) & features_made_of(self._streams)
        kept_from = [self.oldest[stream] for stream in covered.samples_of(agreement)]
        settled = max(kept_from, default=date.min) + WEEK
        changed: set[date] = set()
        for days, frame in self._made:
            made = frame.filter(pl.col("feature").is_in(sorted(own)))
            open_days = {day for day in days if day >= settled}
            changed |= drop_features(self.person, made, open_days, own)
            changed |= keep_features(self.person, made, source=OWN, settled_before=settled)
        return changed

    def _write_days(self) -> None:
        """Store the days that gain samples; a day that was there keeps its row."""
        rows = DayRecord.objects.filter(person=self.person).values_list("stream", "day", "id")
        known = {(stream, day): key for stream, day, key in rows}
        batch: list[DayRecord] = []
        with self._bodies.open("rb") as file:
            for (stream, day), page in self.pages.items():
                file.seek(page.start)
                row = DayRecord(person_id=self.person, stream=stream, day=day)
                row.id = known.get((stream, day), row.id)
                row.samples, row.digest = page.samples, page.digest
                row.body = file.read(page.length)
                batch.append(row)
                if len(batch) >= 200:
                    keep_days(batch)
                    batch.clear()
        keep_days(batch)


def _by_span(spans: dict[str, Span]) -> dict[Span, list[str]]:
    """Which streams are wanted for the same days."""
    result: defaultdict[Span, list[str]] = defaultdict(list)
    for name, span in spans.items():
        result[span].append(name)
    return result


def _digests(person: UUID) -> dict[Key, str]:
    """What the person's days hold, by stream and day."""
    rows = DayRecord.objects.filter(person=person).values_list("stream", "day", "digest")
    return {(stream, day): digest for stream, day, digest in rows}
