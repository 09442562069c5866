"""What the readers of pushed messages share: a message is one JSON document, small and whole.

Phones push a batch every few minutes. A message holds whatever its app can measure; what is none of
the canonical streams is passed over in silence, for it would be set aside anew every few minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from ..plausible import SetAside
from ..reading import Batch, Quarantined, Setting, TornFile, UnknownFormat
from . import documents
from .rows import Rows, minutes_east, number

MESSAGE_BYTES = 25_000_000
Fill = Callable[[Any, Rows], None]
Names = tuple[str, str, str, str]


def read(source: str, fill: Fill, path: Path, setting: Setting) -> Iterator[Batch | Quarantined]:
    """Read a message: `fill` hands its samples to the rows.

    Raises:
        UnknownFormat: beyond 25 MB, which no message has.
        TooMuch: if it holds more entries than are held at once.
        TornFile: if it is no JSON to its end.
    """
    if path.stat().st_size > MESSAGE_BYTES:
        raise UnknownFormat(f"A message may have {MESSAGE_BYTES // 1_000_000} MB at most.")
    try:
        message = documents.whole(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise TornFile("The message breaks off. Nothing of it was read.") from error
    aside = SetAside(path.name)
    rows = Rows(source, setting, aside)
    fill(message, rows)
    del message
    yield from rows.rest()
    yield from aside.take()


def position(
    rows: Rows, place: int, at: int | None, device: str, values: Mapping[str, Any], names: Names
) -> None:
    """Add a position; accuracy and speed below zero say that they are not known.

    Args:
        names: how the app calls latitude, longitude, accuracy (m) and speed (m/s).
    """
    lat, lon, *rest = (values.get(name) for name in names)
    accuracy, speed = (None if (made := number(one)) is None or made < 0 else made for one in rest)
    east = minutes_east(at, rows.setting.zone)
    rows.add("gps", place, at, east, device, lat=lat, lon=lon, accuracy_m=accuracy, speed_mps=speed)


def each(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a list with their places from 1; whatever else stands there is passed over.

    >>> list(each([{"a": 1}, 2])), list(each(None))
    ([(1, {'a': 1})], [])
    """
    if isinstance(value, list):
        for number, one in enumerate(value, start=1):
            if isinstance(one, dict):
                yield number, one


def inside(value: Any, *names: str) -> Any:
    """What lies within objects by these names, or None.

    >>> inside({"a": {"b": 3}}, "a", "b"), inside([], "a")
    (3, None)
    """
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def word(value: Any) -> str:
    """A text as it is, anything else as none."""
    return value if isinstance(value, str) else ""
