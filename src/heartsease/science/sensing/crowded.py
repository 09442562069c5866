"""No day of a stream grows beyond what devices can measure, so that memory has a bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from .outside import readable
from .reading import Batch, Quarantined
from .schema import DAILY, OFFSET

# One a second from two devices, or every beat of a heart and more.
MOST_A_DAY = 200_000
MICROS_OF_A_DAY, MICROS_OF_A_MINUTE = 86_400_000_000, 60_000_000


def thinned(pieces: Iterable[Batch | Quarantined], file: str) -> Iterator[Batch | Quarantined]:
    """The same pieces, with what is too much for one local day set aside at the end.

    Args:
        pieces: what a reader yields.
        file: its name, for what is set aside.
    """
    there: Counter[tuple[str, int]] = Counter()
    surplus: Counter[str] = Counter()
    for piece in pieces:
        if isinstance(piece, Quarantined) or piece.stream == DAILY:
            yield piece
            continue
        table = _with_room(piece, there)
        surplus[piece.stream] += piece.table.num_rows - table.num_rows
        if table.num_rows:
            yield Batch(piece.stream, table)
    for stream, count in surplus.items():
        if count:
            reason = f"{stream}: more than {MOST_A_DAY:,} samples on one day"
            yield Quarantined(readable(file), None, reason, count)


def _with_room(batch: Batch, there: Counter[tuple[str, int]]) -> pa.Table:
    """The rows for which there is room on their day, the first ones first."""
    table = batch.table
    if not table.num_rows:
        return table
    local = table["ts"].cast(pa.int64()).to_numpy() + (
        table[OFFSET].to_numpy().astype(np.int64) * MICROS_OF_A_MINUTE
    )
    days = local // MICROS_OF_A_DAY
    first = int(days.min())
    counts = np.bincount(days - first)
    kept = np.ones(len(days), np.bool_)
    for place in np.flatnonzero(counts).tolist():
        key = (batch.stream, first + place)
        room = MOST_A_DAY - there[key]
        if counts[place] > room:
            kept[np.flatnonzero(days == first + place)[room:]] = False
        there[key] += min(int(counts[place]), room)
    return table if kept.all() else table.filter(pa.array(kept))
