"""The daily features of many people: shard by shard, resumable, and no one person stops the rest.

A cohort is a folder of shards, `shard-*/`, each with one Parquet file a stream: the stream's
canonical columns with `pid` in front, people one after another. `features_of` is a pure function of
one shard, so any engine that can call a function on a list of paths does: processes of this
machine, or Daft (on Ray, if its runner is set), which needs the extra `cluster`.

A shard's result is written whole or not at all, beside a list of whoever was set aside and why. A
run that was broken off goes on with the shards that have no result yet.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from .daily import SCHEMA, daily_features
from .merging import merge
from .reading import SensingError
from .schema import STREAMS

Engine = Literal["local", "daft"]
Progress = Callable[[float], None]
Value = str | int
PERSON = "pid"
REPEATED = (PERSON, "source", "device")
COMPILED = (
    *(f"{__package__}.features.{one}" for one in ("communication", "mobility", "phone", "rhythm")),
    f"{__package__}.kernels.warm",
)
# Options of glibc's mallopt (malloc.h), and up to which size freed memory is kept.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, KEPT_BYTES = -1, -3, 8_000_000
FEATURES_FILE, ASIDE_FILE = "features.parquet", "set_aside.parquet"
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
            and `set_aside.parquet` (pid, reason).
        engine: "local" for processes of this machine, "daft" for Daft's runner.
        workers: processes of the local engine.
        progress: is called with the share of shards done.

    Raises:
        CannotRun: if there is no shard, or the engine is not known or not installed.
    """
    shards = sorted(path for path in source.glob("shard-*") if path.is_dir())
    if not shards:
        raise CannotRun(f"{source} holds no folder called shard-something.")
    engines = {"local": _local, "daft": _daft}
    if engine not in engines:
        raise CannotRun(f"No engine is called {engine!r}. Known: {', '.join(engines)}.")
    open_ones = [one for one in shards if not (out / one.name / FEATURES_FILE).exists()]
    done = len(shards) - len(open_ones)
    for _ in engines[engine](open_ones, out, workers):
        done += 1
        if progress is not None:
            progress(done / len(shards))
    return _summary(shards, out, len(shards) - len(open_ones))


def work_on(shard: Path, out: Path) -> str:
    """Make one shard's result and put it in its place; say its name."""
    keep_freed_memory()
    made, aside = features_of(shard)
    place = out / shard.name
    place.mkdir(parents=True, exist_ok=True)
    for frame, name in ((aside, ASIDE_FILE), (made, FEATURES_FILE)):
        draft = place / f".{name}.{os.getpid()}"
        frame.write_parquet(draft)
        draft.replace(place / name)
    return shard.name


def features_of(shard: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Everybody's daily features of one shard, and whoever was set aside with the reason.

    Raises:
        CannotRun: if no file of the shard is that of a stream.
    """
    files = {path.stem: path for path in sorted(shard.glob("*.parquet")) if path.stem in STREAMS}
    if not files:
        raise CannotRun(f"{shard.name} holds no file of any stream.")
    aside: list[tuple[str, str]] = []
    places: dict[str, dict[str, tuple[int, int]]] = {}
    tables: dict[str, pa.Table] = {}
    for stream, path in files.items():
        try:
            table = _table(path, stream)
            spans = _spans(table)
        except (pa.ArrowException, OSError) as error:
            aside.append(("", f"{path.name}: {error}"))
            continue
        tables[stream] = table
        for pid, span in spans.items():
            places.setdefault(pid, {})[stream] = span
    made = [pl.DataFrame(schema={PERSON: pl.String, **SCHEMA})]
    for pid, own in sorted(places.items()):
        try:
            frame = daily_features(
                {
                    stream: merge([tables[stream].slice(*span).drop_columns(PERSON)], stream)
                    for stream, span in own.items()
                }
            )
        except Exception as error:
            aside.append((pid, f"{type(error).__name__}: {error}"))
            continue
        made.append(frame.select(pl.lit(pid).alias(PERSON), *SCHEMA))
    return pl.concat(made), pl.DataFrame(aside, schema=ASIDE, orient="row")


def _table(path: Path, stream: str) -> pa.Table:
    """One stream of a shard, people one after another.

    Names that repeat on every row are kept as numbers, which is most of the memory. What a group of
    rows says once for all of its rows (whose they are, which device) is not read at all.
    """
    names = [PERSON, *STREAMS[stream].names]
    absent = set(names) - set(pq.read_schema(path).names)
    if absent:
        raise pa.ArrowInvalid(f"no column {', '.join(sorted(absent))}")
    file = pq.ParquetFile(path, memory_map=True, read_dictionary=list(REPEATED))
    counts = [file.metadata.row_group(one).num_rows for one in range(file.num_row_groups)]
    # Statistics pass over values that are no number, so they say nothing for sure of floats.
    exact = [one.name for one in STREAMS[stream] if _is_exact(one.type)]
    once = _said_once(file, [PERSON, *exact])
    read = file.read([name for name in names if name not in once], use_threads=False)
    read = read.unify_dictionaries().combine_chunks()
    columns = []
    for name in names:
        if name in once:
            columns.append(_repeated(once[name], counts, name, stream))
        elif name in REPEATED or read[name].type == STREAMS[stream].field(name).type:
            columns.append(read[name])
        else:
            columns.append(read[name].cast(STREAMS[stream].field(name).type))
    return pa.table(dict(zip(names, columns, strict=True)))


def _is_exact(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_string(kind)


def _said_once(file: pq.ParquetFile, names: Sequence[str]) -> dict[str, list[Value]]:
    """Columns of which each group of rows holds one value only, by its own statistics.

    A lowest value that is also the highest is exact: writers that cut long texts make the highest
    one larger.
    """
    meta = file.metadata
    places = {meta.schema.column(one).path: one for one in range(meta.num_columns)}
    found: dict[str, list[Value]] = {}
    for name in names:
        values = []
        for group in range(meta.num_row_groups):
            about = meta.row_group(group).column(places[name]).statistics
            known = about is not None and about.has_min_max and about.has_null_count
            if not known or about.null_count or about.min != about.max:
                break
            values.append(about.min)
        else:
            if values:
                found[name] = values
    return found


def _repeated(
    values: Sequence[Value], counts: Sequence[int], name: str, stream: str
) -> pa.Array | pa.DictionaryArray:
    """A column of values that are each repeated so many times; texts as numbers."""
    if name not in REPEATED:
        kind = STREAMS[stream].field(name).type
        return pa.array(np.repeat(np.array(values, kind.to_pandas_dtype()), counts), kind)
    texts = list(dict.fromkeys(values))
    codes = np.repeat(np.array([texts.index(one) for one in values], np.int32), counts)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(texts, pa.string()))


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


def _spans(table: pa.Table) -> dict[str, tuple[int, int]]:
    """Where each person's rows begin and how many there are.

    Raises:
        pa.ArrowInvalid: if a person's rows do not stand together.
    """
    if table.num_rows == 0:
        return {}
    named = pa.concat_arrays(table[PERSON].chunks)
    codes = named.indices.to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]]))
    ends = np.append(starts[1:], len(codes))
    if len(starts) != len(named.dictionary):
        raise pa.ArrowInvalid("the rows of a person do not stand together")
    names = named.dictionary.to_pylist()
    return {
        names[codes[start]]: (int(start), int(end - start))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    }


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
    people, days, aside = 0, 0, 0
    for shard in shards:
        made = pl.scan_parquet(out / shard.name / FEATURES_FILE)
        counts = made.select(
            pl.col(PERSON).n_unique().alias("people"),
            pl.struct(PERSON, "day").n_unique().alias("days"),
        ).collect()
        people, days = people + counts["people"][0], days + counts["days"][0]
        aside += pl.read_parquet(out / shard.name / ASIDE_FILE).height
    return Ran(len(shards), before, people, days, aside)
