"""Open mHealth and IEEE 1752.1: data points as JSON, one, a list, or one a line.

A data point has a header with the schema's name and a body. Bodies alone are read too; what they
are is told by their keys then. What each body means is in `open_mhealth_bodies`. Whatever gives no
sample is set aside with its number and the reason: other schemas, minima and maxima over a time,
sums without their times, times that are parts of a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..outside import Outside
from ..plausible import SetAside
from ..reading import Batch, Format, Quarantined, Setting
from .json_elements import elements
from .open_mhealth_bodies import BODIES, Refused, sample
from .rows import Rows

SOURCE = "open_mhealth"
MOST_FIELDS = 1000
A_BODY = re.compile(r'"(' + "|".join(BODIES) + r')"\s*:\s*\{\s*"(value|unit)"')
A_HEADER = re.compile(r'"schema_id"\s*:\s*\{')


def read(path: Path, setting: Setting) -> Iterator[Batch | Quarantined]:
    """Read every data point of a file."""
    aside, size = SetAside(path.name), max(path.stat().st_size, 1)
    rows = Rows(SOURCE, setting, aside)
    with path.open("rb") as file:
        documents = _documents(elements(file, aside))
        for number, document in enumerate(documents, start=1):
            _document(number, document, rows)
            yield from rows.full()
            setting.progress(min(file.tell() / size, 1.0))
    yield from rows.rest()
    yield from aside.take()


def _documents(found: Iterator[tuple[str, int, Any]]) -> Iterator[Any]:
    """Whole documents: the elements of lists, and objects on top put together again."""
    whole: dict[str, Any] = {}
    for key, number, element in found:
        if not number and not key:
            if whole:
                yield whole
            whole = {}
        elif not number:
            if len(whole) < MOST_FIELDS:
                whole[key] = element
        elif not key or (isinstance(element, dict) and _is_document(element)):
            yield element
    if whole:
        yield whole


def _is_document(element: dict[str, Any]) -> bool:
    return "body" in element or "effective_time_frame" in element


def _document(number: int, document: Any, rows: Rows) -> None:
    try:
        if not isinstance(document, dict):
            raise Refused("an entry that is no data point")
        header = document.get("header")
        is_point = isinstance(header, dict) and "body" in document
        body = document["body"] if is_point else document
        if not isinstance(body, dict):
            raise Refused("a data point without a body")
        header = header if isinstance(header, dict) else {}
        made = sample(_schema(header), body, rows.setting.zone)
    except Refused as refused:
        rows.aside.add(number, str(refused))
        return
    rows.add(made.stream, number, made.ts, made.tz, _device(header), **made.values)


def _schema(header: dict[str, Any]) -> str:
    schema = header.get("schema_id")
    name = schema.get("name") if isinstance(schema, dict) else None
    return name if isinstance(name, str) else ""


def _device(header: dict[str, Any]) -> str:
    """Where the data point came from, as its header says."""
    provenance = header.get("acquisition_provenance")
    name = provenance.get("source_name") if isinstance(provenance, dict) else None
    return name if isinstance(name, str) else ""


def _recognises(outside: Outside) -> bool:
    text = outside.text
    if not text.startswith(("[", "{")):
        return False
    if A_HEADER.search(text) and ('"namespace"' in text or '"body"' in text):
        return True
    return '"effective_time_frame"' in text or A_BODY.search(text) is not None


FORMATS = (Format(SOURCE, "Open mHealth or IEEE 1752.1 (JSON)", _recognises, read),)
