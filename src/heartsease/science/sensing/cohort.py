"""The daily features of many people: shard by shard, resumable, and no one person stops the rest.

A cohort is a folder of shards, `shard-*/`, each with one Parquet file a stream: the stream's
canonical columns with `pid` in front, people one after another (`laying_out` makes one of exports;
`daily` holds days that came ready-made). `features_of` is a pure function of one shard, so any
engine that can call a function on a list of paths does: processes of this machine, or Daft (on Ray,
if its runner is set), which needs the extra `cluster`.

A shard's result is written whole or not at all, beside a list of whoever was set aside and why. A
run that was broken off goes on with the shards that have no result yet.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow as pa

from .catalogue import FEATURES
from .daily import SCHEMA, daily_features, united
from .merging import merge
from .reading import SensingError
from .schema import DAILY
from .shard import PERSON, SCHEMAS, Stream

Engine = Literal["local", "daft"]
Progress = Callable[[float], None]
COMPILED = (
    *(f"{__package__}.features.{one}" for one in ("communication", "mobility", "phone", "rhythm")),
    f"{__package__}.kernels.warm",
)
# Options of glibc's mallopt (malloc.h), and up to which size freed memory is kept.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, KEPT_BYTES = -1, -3, 8_000_000
FEATURES_FILE, ASIDE_FILE = "features.parquet", "set_aside.parquet"
DEFINITIONS_FILE = "definitions.json"
ASIDE = {PERSON: pl.String, "reason": pl.String}


class CannotRun(SensingError):
    """The cohort cannot be worked on at all; the sentence says why."""


@dataclass(frozen=True)
class Ran:
    """What a run did.

    Attributes:
        shards: all shards of the cohort.
        done_before: shards that had a result already.
        people: people with features, over all shards.
        days: person-days with a feature.
        set_aside: people who could not be worked on.
    """

    shards: int
    done_before: int
    people: int
    days: int
    set_aside: int


def run(
    source: Path,
    out: Path,
    *,
    engine: Engine = "local",
    workers: int = 2,
    progress: Progress | None = None,
) -> Ran:
    """Make the daily features of a cohort.

    Args:
        source: folder of shards.
        out: gets one folder a shard with `features.parquet` (pid, day, feature, value, data_yield)
            and `set_aside.parquet` (pid, reason), beside `definitions.json` (versions of features).
        engine: "local" for processes of this machine, "daft" for Daft's runner.
        workers: processes of the local engine.
        progress: is called with the share of shards done.

    Raises:
        CannotRun: if there is no shard, the engine is not known or not installed, results of other
            definitions are there, or a worker was ended from outside.
    """
    shards = sorted(path for path in source.glob("shard-*") if path.is_dir())
    if not shards:
        raise CannotRun(f"{source} holds no folder called shard-something.")
    engines = {"local": _local, "daft": _daft}
    if engine not in engines:
        raise CannotRun(f"No engine is called {engine!r}. Known: {', '.join(engines)}.")
    _must_be_by_these_definitions(out)
    open_ones = [one for one in shards if not (out / one.name / FEATURES_FILE).exists()]
    done = len(shards) - len(open_ones)
    try:
        for _ in engines[engine](open_ones, out, workers):
            done += 1
            if progress is not None:
                progress(done / len(shards))
    except BrokenProcessPool as error:
        raise CannotRun(
            f"A worker was ended from outside, as for want of memory, after {done} of "
            f"{len(shards)} shards. Run it again to go on, with fewer workers if it happens again."
        ) from error
    return _summary(shards, out, len(shards) - len(open_ones))


def _must_be_by_these_definitions(out: Path) -> None:
    """Keep the definitions' versions beside the results, so that two are never mixed.

    Raises:
        CannotRun: if results are there that were made by other ones.
    """
    place, now = out / DEFINITIONS_FILE, {name: one.version for name, one in FEATURES.items()}
    if not place.exists():
        out.mkdir(parents=True, exist_ok=True)
        draft = out / f".{DEFINITIONS_FILE}.{os.getpid()}"
        draft.write_text(json.dumps(now, indent=1), "utf-8")
        draft.replace(place)
        return
    try:
        before = dict(json.loads(place.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise CannotRun(
            f"{place} is damaged, so it is not known by which definitions the features beside it "
            "were made. Choose another folder."
        ) from error
    if changed := sorted({*before.items()} ^ {*now.items()}):
        names = ", ".join(dict.fromkeys(name for name, _ in changed))
        raise CannotRun(
            f"{out} holds features by other definitions of {names}. Choose another folder."
        )


def work_on(shard: Path, out: Path) -> str:
    """Make one shard's result and put it in its place; say its name.

    A shard of which nothing can be read leaves the reason only, where those of people are, so the
    next run tries it again.
    """
    keep_freed_memory()
    place = out / shard.name
    place.mkdir(parents=True, exist_ok=True)
    try:
        made, aside = features_of(shard)
        frames = [(aside, ASIDE_FILE), (made, FEATURES_FILE)]
    except CannotRun as error:
        reason = pl.DataFrame([("", str(error))], schema=ASIDE, orient="row")
        frames = [(reason, ASIDE_FILE)]
    for frame, name in frames:
        draft = place / f".{name}.{os.getpid()}"
        frame.write_parquet(draft)
        draft.replace(place / name)
    return shard.name


def features_of(shard: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Everybody's daily features of one shard, and whoever was set aside with the reason.

    Raises:
        CannotRun: if no file of the shard is that of a stream, or none can be read.
    """
    files = {path.stem: path for path in sorted(shard.glob("*.parquet")) if path.stem in SCHEMAS}
    if not files:
        raise CannotRun(f"{shard.name} holds no file of any stream.")
    aside: list[tuple[str, str]] = []
    streams: dict[str, Stream] = {}
    for name, path in files.items():
        try:
            streams[name] = Stream(path, name)
        except (pa.ArrowException, OSError) as error:
            aside.append(("", f"{path.name}: {error}"))
    if not streams:
        raise CannotRun(f"Nothing of {shard.name} could be read. {aside[0][1]}")
    made = [pl.DataFrame(schema={PERSON: pl.String, **SCHEMA})]
    for pid in sorted({pid for one in streams.values() for pid in one.people}):
        own: dict[str, pa.Table] = {}
        for name, stream in streams.items():
            try:
                own |= {name: stream.of(pid)} if pid in stream.people else {}
            except (pa.ArrowException, OSError) as error:
                aside.append((pid, f"{files[name].name}: {error}"))
        try:
            frame = _of_one(own)
        except Exception as error:
            aside.append((pid, f"{type(error).__name__}: {error}"))
            continue
        made.append(frame.select(pl.lit(pid).alias(PERSON), *SCHEMA))
    return pl.concat(made), pl.DataFrame(aside, schema=ASIDE, orient="row")


def people_of(shard: Path) -> set[str]:
    """Who is in a shard.

    Raises:
        pa.ArrowException, OSError: if a file of it is torn.
    """
    files = [path for path in shard.glob("*.parquet") if path.stem in SCHEMAS]
    return {pid for path in files for pid in Stream(path, path.stem).people}


def _of_one(tables: dict[str, pa.Table]) -> pl.DataFrame:
    """One person's daily features: of their samples, and of days that came ready-made."""
    ready_made = tables.pop(DAILY, None)
    made = daily_features({name: merge([table], name) for name, table in tables.items()})
    return made if ready_made is None else united(pl.DataFrame(pl.from_arrow(ready_made)), made)


def keep_freed_memory() -> None:
    """Let this process keep what it frees for the next array, where the C library can be told.

    Arrays of a person's samples are larger than what it keeps by itself, so each would be asked of
    the system anew, page by page, which takes longer than the work on it. Elsewhere than with
    glibc nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL("libc.so.6")
        for option in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
            library.mallopt(option, KEPT_BYTES)


def _local(shards: list[Path], out: Path, workers: int) -> Iterator[str]:
    """Processes of this machine, one shard each at a time."""
    if workers <= 1 or len(shards) <= 1:
        for shard in shards:
            yield work_on(shard, out)
        return
    # Each worker has a core; threads of its own would only wait for one another.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    # Threads of this process would not survive a fork. The server that is forked from instead has
    # loaded what the workers need and started none, so they share that memory.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([f"{__package__}.cohort", *COMPILED])
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for ended in as_completed([pool.submit(work_on, shard, out) for shard in shards]):
            yield ended.result()


def _daft(shards: list[Path], out: Path, workers: int) -> Iterator[str]:
    """Daft's runner: its own threads, or the Ray cluster that was set before."""
    try:
        import daft
    except ImportError as error:
        raise CannotRun("Daft is not installed; the extra `cluster` brings it.") from error
    if not shards:
        return

    @daft.func(return_dtype=daft.DataType.string())
    def one(path: str) -> str:
        return work_on(Path(path), out)

    frame = daft.from_pydict({"path": [str(shard) for shard in shards]})
    found = frame.into_partitions(len(shards)).select(one(daft.col("path")).alias("name"))
    yield from found.to_pydict()["name"]


def _summary(shards: list[Path], out: Path, before: int) -> Ran:
    """What is there after a run.

    Raises:
        CannotRun: naming a file that is no result of a run.
    """
    people, days, aside = 0, 0, 0
    for place in (out / shard.name for shard in shards):
        try:
            aside += pl.read_parquet(place / ASIDE_FILE).height
            if not (place / FEATURES_FILE).exists():
                continue
            made = pl.scan_parquet(place / FEATURES_FILE)
            counts = made.select(
                pl.col(PERSON).n_unique().alias("people"),
                pl.struct(PERSON, "day").n_unique().alias("days"),
            ).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise CannotRun(
                f"{place} holds what is no result of a run, or a damaged one. Delete that folder "
                f"and run again. ({str(error).splitlines()[0]})"
            ) from error
        people, days = people + counts["people"][0], days + counts["days"][0]
    return Ran(len(shards), before, people, days, aside)
