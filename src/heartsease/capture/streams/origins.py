"""Which files a sample or a day's number came with, so that one file can be taken back.

Beside the samples of a day stands, row by row in the same order, who brought them: the identifiers
of files, and `OTHER` for what a device pushed or what was there before this was noted. A row goes
with a file only if no other file and no device brought it.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection

import orjson
import polars as pl

OTHER = "*"
HELD = "held"


def joined(held: Collection[str]) -> str:
    """Who holds a row, as one word.

    >>> joined({"b", "a", "b"})
    'a b'
    """
    return " ".join(sorted(set(held)))


def with_one_more(held: pl.Series, bringer: str) -> pl.Series:
    """Add somebody who brought the same rows.

    >>> with_one_more(pl.Series(["a", "*"]), "b").to_list()
    ['a b', '* b']
    """
    more = {word: joined([*word.split(), bringer]) for word in held.unique().to_list()}
    return held.replace_strict(more, return_dtype=pl.String)


def is_only_of(held: Collection[str], file: str, others: Collection[str]) -> bool:
    """Whether a file alone brought something; files that are gone hold nothing any more.

    >>> is_only_of({"a"}, "a", {"b"}), is_only_of({"a", "gone"}, "a", {"b"})
    (True, True)
    >>> is_only_of({"a", "b"}, "a", {"b"}), is_only_of({"*", "a"}, "a", ())
    (False, False)
    """
    return file in held and OTHER not in held and not any(one in others for one in held)


def packed_origins(held: pl.Series) -> bytes:
    """Who holds each row, as stretches of equal rows."""
    runs = held.rle().struct.unnest().rows()
    return zlib.compress(orjson.dumps(runs))


def unpacked_origins(body: bytes | None, rows: int) -> pl.Series:
    """What `packed_origins` made bytes of; rows of which nothing was noted are others'.

    >>> unpacked_origins(packed_origins(pl.Series(["a", "a", "*"])), 3).to_list()
    ['a', 'a', '*']
    >>> unpacked_origins(None, 2).to_list()
    ['*', '*']
    """
    runs = [(rows, OTHER)] if body is None else orjson.loads(zlib.decompress(body))
    words = [word for length, word in runs for _ in range(length)]
    return pl.Series(HELD, words, dtype=pl.String)
