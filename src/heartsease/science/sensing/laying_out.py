"""Exports of many people laid out as a cohort: each read once, whatever its format."""

from __future__ import annotations

import fcntl
import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from .cohort import CannotRun, people_of
from .exports import exports, set_aside_as, spooled
from .outside import readable
from .schema import DAILY, DAILY_SCHEMA
from .shard import SCHEMAS, Writer
from .spool import Spool

Progress = Callable[[float], None]
Weeks = Callable[[], int]
WEEKS_BACK = range(26, 157)
DATED = ("ts", "end", "day")
PEOPLE_A_SHARD = 4
LOCK = ".laying-out"


@dataclass(frozen=True)
class LaidOut:
    """What became of the exports.

    Attributes:
        people: how many were laid out now.
        before: how many were in the cohort already.
        aside: why entries or whole exports were set aside, and how many.
    """

    people: int
    before: int
    aside: Counter[str]


def lay_out(
    source: Path,
    out: Path,
    *,
    now: datetime,
    zone: ZoneInfo | None = None,
    people_a_shard: int = PEOPLE_A_SHARD,
    progress: Progress | None = None,
    weeks_of: Weeks | None = None,
) -> LaidOut:
    """Lay exports out as a cohort.

    A shard is there whole or not at all. Whoever is in one already is not read again, so a run
    that was broken off goes on, and exports that came later can be added.

    Args:
        source: a folder of exports, one file or sub-folder a person; its name becomes the `pid`.
        out: gets the shards.
        now: samples more than a day after this moment are set aside.
        zone: where the people live, for exports whose times carry no offset.
        people_a_shard: how many people make a shard.
        progress: is called with the share of exports done.
        weeks_of: by how many whole weeks all dates of a person are moved, asked once a person, so
            that days cannot be told by their date; weekdays and times of day stay.

    Raises:
        CannotRun: if there is no export, none could be read, a shard that is there is damaged, or
            another run is at it.
    """
    found = exports(source) if source.exists() else []
    if not found:
        raise CannotRun(f"There is no export at {source}.")
    with _alone(out):
        before = sorted(path for path in out.glob("shard-*") if path.is_dir())
        known = {pid for shard in before for pid in _people_of(shard)}
        waiting = [path for path in found if readable(path.name) not in known]
        aside: Counter[str] = Counter()
        people, number = 0, 1 + max(map(_number, before), default=-1)
        for start in range(0, len(waiting), people_a_shard):
            part = waiting[start : start + people_a_shard]
            draft = out / f".shard-{number:04d}"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            if in_it := _shard(part, draft, aside, now, zone, weeks_of):
                draft.rename(out / f"shard-{number:04d}")
                people, number = people + in_it, number + 1
            else:
                shutil.rmtree(draft)
            if progress is not None:
                progress((start + len(part)) / len(waiting))
    if not people and not known:
        raise CannotRun(f"None of the exports could be read. {next(iter(aside))}")
    return LaidOut(people, len(known), aside)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Be the only run that lays out into a folder; the system lets go of it whatever happens.

    Raises:
        CannotRun: if another run is at it.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotRun(
                f"Another run lays exports out in {out}. Wait until it ends."
            ) from error
        yield


def _number(shard: Path) -> int:
    """The number of a shard of ours; -1 for one that was named by somebody else."""
    last = shard.name.removeprefix("shard-")
    return int(last) if last.isascii() and last.isdigit() else -1


def _people_of(shard: Path) -> set[str]:
    """Who is in a shard.

    Raises:
        CannotRun: if a file of it is torn.
    """
    try:
        return people_of(shard)
    except (pa.ArrowException, OSError) as error:
        raise CannotRun(
            f"{shard} is damaged, so it is not known who is in it ({error}). Delete that folder to "
            "have its people laid out again."
        ) from error


def _shard(
    paths: Sequence[Path],
    place: Path,
    aside: Counter[str],
    now: datetime,
    zone: ZoneInfo | None,
    weeks_of: Weeks | None,
) -> int:
    """Write one shard; say how many people are in it."""
    writers: dict[str, Writer] = {}
    people = 0
    try:
        for path in paths:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    spool = spooled(path, Path(folder), aside, now=now, zone=zone)
                    tables = dict(_tables(spool))
                except Exception as error:  # One export never stops the others.
                    aside[set_aside_as(path, error)] += 1
                    continue
                people += bool(tables)
                weeks = weeks_of() if weeks_of is not None else 0
                for stream, table in tables.items():
                    if stream not in writers:
                        writers[stream] = Writer(place / f"{stream}.parquet", stream)
                    writers[stream].add(readable(path.name), moved(table, weeks))
    finally:
        for writer in writers.values():
            writer.close()
    return people


def weeks_back() -> int:
    """A number of weeks that dates may be moved by, half a year to three, drawn for nobody to know.

    >>> -156 <= weeks_back() <= -26
    True
    """
    return -secrets.choice(WEEKS_BACK)


def moved(table: pa.Table, weeks: int) -> pa.Table:
    """The same rows so many weeks later; the offset recorded stays, and so does the time of day.

    >>> from datetime import date
    >>> moved(pa.table({"day": pa.array([date(2026, 5, 4)])}), -2)["day"].to_pylist()
    [datetime.date(2026, 4, 20)]
    """
    if not weeks:
        return table
    frame = pl.DataFrame(pl.from_arrow(table))
    dated = [name for name in DATED if name in frame.columns]
    later = frame.with_columns(pl.col(dated) + pl.duration(weeks=weeks))
    return later.to_arrow().cast(table.schema)


def _tables(spool: Spool) -> Iterator[tuple[str, pa.Table]]:
    """All that was put down, stream by stream, by time."""
    for stream in sorted(spool.counts):
        if stream != DAILY:
            rows = pl.scan_parquet(spool.folder / f"{stream}.parquet").sort("ts").collect()
            yield stream, rows.to_arrow().cast(SCHEMAS[stream])
    ready_made = spool.ready_made()
    if not ready_made.is_empty():
        yield DAILY, ready_made.to_arrow().cast(DAILY_SCHEMA)
