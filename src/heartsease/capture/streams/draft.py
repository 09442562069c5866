"""What an upload changes, worked out beside the database and then written in one short go.

Working it out may take minutes for a large file; nobody else's writing waits for it. A sample that
is there already stays as it is, so importing the same file twice changes nothing, and neither does
an export of the same samples made in another time zone.

1. `unite` looks up what each day already holds and puts down the days that gain samples.
2. `make_features` makes the features of those days and of the week that looks back on them.
3. `write` stores both, unless somebody else was quicker.

`take_out` stands in place of the first step where a file is taken back: it puts down the days that
lose the samples which that file alone brought.

Samples older than the site keeps them are not stored: features that are missing are made of them,
and no feature that is there is changed, for the other samples of its day may be gone.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from uuid import UUID

import polars as pl
import pyarrow as pa
from django.conf import settings
from django.db.models import Q

from heartsease.base import crypto
from heartsease.science.sensing.daily import LOOK_AHEAD, LOOK_BACK, daily_features
from heartsease.science.sensing.features.local_time import local_day
from heartsease.science.sensing.made_of import features_made_of, needed
from heartsease.science.sensing.merging import distinct, merge
from heartsease.science.sensing.schema import OFFSET, STREAMS
from heartsease.science.sensing.spool import MOST_ROWS_AT_ONCE, Spool

from . import covered
from .daybook import (
    OWN,
    drop_brought,
    drop_features,
    keep_days,
    keep_features,
    keep_origins,
    packed,
    unpacked,
)
from .knowing import with_devices, without_pauses
from .models import DayRecord, Status, Upload
from .origins import HELD, OTHER, is_only_of, packed_origins, unpacked_origins, with_one_more

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
    origins: bytes


class Draft:
    """What one upload changes of one person's days."""

    def __init__(
        self,
        person: UUID,
        spool: Spool,
        *,
        oldest: Mapping[str, date],
        agreements: frozenset[str] = frozenset(),
        bringer: str = OTHER,
    ) -> None:
        """Begin a draft.

        Args:
            oldest: by stream the oldest day whose samples are kept.
            agreements: what the person has to agree to for it to be stored.
            bringer: the file that it comes with, see `origins`.
        """
        self.person, self.spool, self.oldest = person, spool, oldest
        self.agreements, self.bringer = agreements, bringer
        self.seen = _state(person)
        self._again: dict[Key, bytes] = {}
        self._losing: set[str] = set()
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
            self._note_again(stream, there, dated.select(same))
            known = pl.concat(list(there.values()), how="vertical_relaxed").drop(HELD)
            dated = dated.join(known, on=same, how="anti", nulls_equal=True)
        for (day,), fresh in dated.partition_by("day", as_dict=True).items():
            parts = [there[day]] if day in there else []
            added = fresh.drop("day").with_columns(pl.lit(self.bringer).alias(HELD))
            whole = pl.concat([*parts, added], how="vertical_relaxed")
            self._put(stream, day, whole.sort(STREAMS[stream].names, nulls_last=True))

    def _note_again(
        self, stream: str, there: dict[date, pl.DataFrame], brought: pl.DataFrame
    ) -> None:
        """Note of samples that are there already who brought them once more."""
        for day, frame in there.items():
            found = brought.join(frame, on=brought.columns, how="semi", nulls_equal=True)
            if found.is_empty():
                continue
            marked = frame.join(
                found.with_columns(pl.lit(value=True).alias("again")),
                on=brought.columns,
                how="left",
                nulls_equal=True,
                maintain_order="left",
            )
            more = with_one_more(frame[HELD], self.bringer)
            held = pl.when(marked["again"]).then(more).otherwise(frame[HELD])
            there[day] = frame.with_columns(held.alias(HELD))
            if not there[day][HELD].equals(frame[HELD]):
                self._again[stream, day] = packed_origins(there[day][HELD])

    def _stored(self, stream: str, first: date, last: date) -> dict[date, pl.DataFrame]:
        rows = DayRecord.objects.filter(person=self.person, stream=stream, day__range=(first, last))
        return {row.day: _frame(row) for row in rows}

    def take_out(self, file: str, others: Collection[str]) -> None:
        """Put down the days that lose the samples which a file alone brought.

        Args:
            others: the person's other files.
        """
        rows = DayRecord.objects.filter(person=self.person, origins__isnull=False)
        for row in rows.defer("body").iterator(500):
            held = unpacked_origins(row.origins, row.samples)
            words = held.unique().to_list()
            gone = [word for word in words if is_only_of(word.split(), file, others)]
            if gone:
                self._put(row.stream, row.day, _frame(row).filter(~held.is_in(gone)))
        # Numbers of one agreement may rest on samples of another, and either may be switched off.
        self._losing = {covered.of_feature(one) for one in features_made_of(self._streams)}

    def _put(self, stream: str, day: date, frame: pl.DataFrame) -> None:
        table = frame.drop(HELD).to_arrow().cast(STREAMS[stream])
        body = packed(table)
        with self._bodies.open("ab") as file:
            start = file.tell()
            file.write(body)
        self._streams.add(stream)
        origins = packed_origins(frame[HELD])
        page = Page(table.num_rows, crypto.digest(body), start, len(body), origins)
        self.pages[stream, day] = page

    def renew(self, days: Mapping[str, set[date]]) -> None:
        """Make features of these days of streams anew although no sample came."""
        self._streams.update(days)
        self._old_days.update(*days.values())

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
            frame = without_pauses(self.person, frame, streams)
            self._made.append((some, with_devices(self.person, frame, streams)))
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
        if _state(self.person) != self.seen:
            raise Overtaken
        self._write_days()
        changed = self.changed
        # One agreement's samples may tell of another's features, which may be switched off.
        for agreement in sorted(covered.kept(self.person) | self._losing):
            if covered.samples_of(agreement):
                changed |= self._write_features(agreement)
        ready = self.spool.ready_made().unique(["day", "feature"], keep="last")
        return changed | keep_features(self.person, ready, source="file", bringer=self.bringer)

    def write_without(self, file: str, others: Collection[str]) -> set[date]:
        """Store what `take_out` put down, and delete ready-made values that the file alone brought.

        Raises:
            Overtaken: as `write`.
        """
        changed = self.write()
        settled = {
            feature: self._settled(agreement)
            for agreement in covered.AGREEMENTS
            for feature in covered.features_of(agreement)
        }
        return changed | drop_brought(self.person, file, others, settled)

    def _settled(self, agreement: str) -> date:
        """Own features of days before are not made anew, for samples of theirs are gone."""
        kept_from = [self.oldest[stream] for stream in covered.samples_of(agreement)]
        return max(kept_from, default=date.min) + WEEK

    def _write_features(self, agreement: str) -> set[date]:
        """Store the features of one agreement; those of days that lost samples stay as they are."""
        own = covered.features_of(agreement) & features_made_of(self._streams)
        settled = self._settled(agreement)
        changed: set[date] = set()
        for days, frame in self._made:
            made = frame.filter(pl.col("feature").is_in(sorted(own)))
            open_days = {day for day in days if day >= settled}
            changed |= drop_features(self.person, made, open_days, own)
            changed |= keep_features(
                self.person, made, source=OWN, settled_before=settled, bringer=self.bringer
            )
        return changed

    def _write_days(self) -> None:
        """Store the days that change; a day that was there keeps its row, an empty one goes."""
        rows = DayRecord.objects.filter(person=self.person).values_list("stream", "day", "id")
        known = {(stream, day): key for stream, day, key in rows}
        empty = [known[key] for key, page in self.pages.items() if not page.samples]
        DayRecord.objects.filter(id__in=empty).delete()
        self._write_origins(known)
        batch: list[DayRecord] = []
        with self._bodies.open("rb") as file:
            for (stream, day), page in self.pages.items():
                if not page.samples:
                    continue
                file.seek(page.start)
                row = DayRecord(person_id=self.person, stream=stream, day=day)
                row.id = known.get((stream, day), row.id)
                row.samples, row.digest, row.origins = page.samples, page.digest, page.origins
                row.body = file.read(page.length)
                batch.append(row)
                if len(batch) >= 200:
                    keep_days(batch)
                    batch.clear()
        keep_days(batch)

    def _write_origins(self, known: Mapping[Key, UUID]) -> None:
        """Store who brought samples of days that gain none."""
        keep_origins(
            [
                DayRecord(
                    id=known[key], person_id=self.person, stream=key[0], day=key[1], origins=origins
                )
                for key, origins in self._again.items()
                if key not in self.pages
            ]
        )


@contextmanager
def workplace() -> Iterator[Spool]:
    """A folder for a draft that no file is read for; `tasks.sweep` removes what a crash leaves."""
    folder = Path(tempfile.mkdtemp(suffix=".spool", dir=settings.FILE_UPLOAD_TEMP_DIR))
    try:
        yield Spool(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def without(row: Upload, spool: Spool, oldest: Mapping[str, date]) -> Draft:
    """What a person's days are without one of their files."""
    made = Draft(row.person_id, spool, oldest=oldest, bringer="")
    made.take_out(str(row.id), other_files(row))
    for _ in made.make_features():
        pass
    return made


def other_files(row: Upload) -> set[str]:
    """The person's files but this one."""
    rows = Upload.objects.filter(person=row.person_id, source=None).exclude(id=row.id)
    return {str(key) for key in rows.values_list("id", flat=True)}


def _frame(row: DayRecord) -> pl.DataFrame:
    """A stored day with who brought each sample."""
    frame = pl.DataFrame(pl.from_arrow(unpacked(row.body)))
    return frame.with_columns(unpacked_origins(row.origins, frame.height))


def _by_span(spans: dict[str, Span]) -> dict[Span, list[str]]:
    """Which streams are wanted for the same days."""
    result: defaultdict[Span, list[str]] = defaultdict(list)
    for name, span in spans.items():
        result[span].append(name)
    return result


def _state(person: UUID) -> tuple[dict[Key, str], frozenset[UUID]]:
    """What the person's days hold, by stream and day, and which files were read and are there."""
    rows = DayRecord.objects.filter(person=person).values_list("stream", "day", "digest")
    read = Upload.objects.filter(person=person, status=Status.DONE).values_list("id", flat=True)
    return {(stream, day): digest for stream, day, digest in rows}, frozenset(read)
