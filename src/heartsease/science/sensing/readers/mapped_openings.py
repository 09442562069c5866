"""Rows of an export that hold several samples: nights as letters, lists, and changes of state.

`opened` makes several rows of one, with the columns `mapping.OPENED` beside its own. What cannot be
opened costs its row alone and is set aside.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import orjson
import polars as pl

from ..plausible import SetAside
from .mapping import OPENED, Opening, Stream
from .rows import number

# A day in half minutes is 2,880; and a letter may become a row, which takes far more room.
MOST_OPENED = 3_000
OPENED_AT_ONCE = 500_000
CANNOT_OPEN = "an entry whose list cannot be read"
LASTS = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")
Part = tuple[str | None, str | None, str | None, str | None]


def pieces(frame: pl.DataFrame, stream: Stream) -> Iterator[pl.DataFrame]:
    """A frame in as many pieces as it takes for what opens in one to fit in memory."""
    if not stream.opens or frame.is_empty():
        yield frame
        return
    letters = pl.col(stream.opens.column).str.len_bytes().fill_null(0).cast(pl.Int64)
    piece = frame.select((letters.cum_sum() // OPENED_AT_ONCE).alias("piece"))["piece"]
    yield from frame.with_columns(piece).partition_by("piece", maintain_order=True)


def opened(frame: pl.DataFrame, opening: Opening, aside: SetAside) -> pl.DataFrame:
    """Every row as the several that it holds, with the columns `OPENED` beside its own."""
    parts: dict[str, list[Any]] = {name: [] for name in ("at", *OPENED)}
    open_one = OPENERS[opening.how]
    wanted = [name for name in (opening.column, opening.lasts, "line") if name]
    for at, row in enumerate(frame.select(wanted).iter_rows(named=True)):
        if row[opening.column] is None:
            continue
        try:
            found = list(islice(open_one(row, opening), MOST_OPENED + 1))
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
            found = []
            aside.add(row["line"], CANNOT_OPEN)
        if len(found) > MOST_OPENED:
            aside.add(row["line"], CANNOT_OPEN)
            continue
        for part in found:
            for name, piece in zip(parts, (at, *part), strict=True):
                parts[name].append(piece)
    at_rows = pl.Series(parts.pop("at"), dtype=pl.UInt32)
    texts = [pl.Series(name, values, dtype=pl.String) for name, values in parts.items()]
    return frame[at_rows].with_columns(texts)


def _codes(row: dict[str, str], opening: Opening) -> Iterator[Part]:
    """A letter for each stretch of the night, as Oura writes its phases."""
    for count, letter in enumerate(row[opening.column]):
        yield None, str(count * opening.seconds), str(opening.seconds), letter


def _items(row: dict[str, str], opening: Opening) -> Iterator[Part]:
    """Values at a fixed interval from a moment of their own; empty ones were not measured."""
    held = orjson.loads(row[opening.column])
    interval, start = float(held["interval"]), str(held["timestamp"])
    for count, value in enumerate(held["items"]):
        if value is not None:
            yield start, str(count * interval), str(interval), str(value)


def _lists(row: dict[str, str], opening: Opening) -> Iterator[Part]:
    """Durations and values side by side, each following the one before, as Withings writes them."""
    values, lasts = (_listed(row[name]) for name in (opening.column, opening.lasts))
    since = 0.0
    for value, seconds in zip(values, lasts, strict=True):
        yield None, str(since), str(seconds), str(value)
        since += float(seconds)


def _listed(text: str | None) -> list[Any]:
    made = orjson.loads(text or "[]")
    return made if isinstance(made, list) else [made]


def _changes(row: dict[str, str], opening: Opening) -> Iterator[Part]:
    """States, each from when it begins until the next; the last has no end and so no duration."""
    time, state = opening.names
    changes = orjson.loads(row[opening.column])
    starts = [_since(one[time]) for one in changes]
    for one, start, end in zip(changes, starts, [*starts[1:], None], strict=True):
        lasts = None if end is None else str(end - start)
        yield None, str(start), lasts, str(one[state])


def _since(told: Any) -> float:
    """Seconds from a number or an ISO 8601 duration.

    >>> _since("PT1H30M"), _since(30)
    (5400.0, 30.0)
    """
    plain = number(told)
    if plain is not None:
        return plain
    found = LASTS.match(told)
    if not found:
        raise ValueError("no duration")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return math.fsum((days * 86_400, hours * 3600, minutes * 60, seconds))


OPENERS: dict[str, Callable[[dict[str, str], Opening], Iterator[Part]]] = {
    "codes": _codes,
    "items": _items,
    "lists": _lists,
    "changes": _changes,
}
