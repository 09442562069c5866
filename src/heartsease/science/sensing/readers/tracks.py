"""Tracks of GPS devices: GPX and TCX, streamed, one point after the other.

GPX: every `trkpt` with its time; pulse and speed from the extensions that Garmin began. TCX: every
`Trackpoint` with position and pulse. Places that were marked or planned (`wpt`, `rtept`) are no
places where somebody was. Names of elements count without their namespace, which differs from one
version to the next. No entities, no files from elsewhere: XML that declares a document type is
refused before it is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from lxml import etree

from ..outside import HEAD_BYTES, Outside, as_text
from ..plausible import SetAside
from ..reading import Batch, Dangerous, Format, Quarantined, Setting
from . import inside
from .rows import Rows, written

ROOT = re.compile(r"<(gpx|TrainingCenterDatabase)[\s>]")
COMMENT = re.compile(r"<!--.*?-->", re.S)
POINTS = {"gpx": "trkpt", "tcx": "Trackpoint"}
NAMES = {"gpx": (".gpx",), "tcx": (".tcx",)}
# A point has a dozen elements inside; none has a thousand.
MOST_INSIDE = 1000
MOST_BYTES_INSIDE = 1_000_000
CUT = "the file is damaged or ends from here on; what came before was read"


class _Cut(Exception):
    """The file goes wrong here."""


class _Measured:
    """A file that stops where one point goes on for longer than a point can."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._read = 0
        self._began: int | None = None

    def begin(self) -> None:
        """A point begins."""
        self._began = self._read

    def end(self) -> None:
        """It ended."""
        self._began = None

    def read(self, size: int = -1) -> bytes:
        """Read on; raises _Cut within a point that is too long."""
        if self._began is not None and self._read - self._began > MOST_BYTES_INSIDE:
            raise _Cut
        piece = self._file.read(size)
        self._read += len(piece)
        return piece


def read(path: Path, setting: Setting, kind: str) -> Iterator[Batch | Quarantined]:
    """Read every track of a kind in a file, folder or zip."""
    with inside.members(path, lambda name: _wanted(name, kind)) as found:
        for position, member in enumerate(found, start=1):
            aside = SetAside(member.name)
            rows = Rows(kind, setting, aside)
            try:
                with member.open() as file:
                    head = file.read(HEAD_BYTES)
                _refuse_declarations(head)
                file = member.open()
            except inside.DAMAGED:
                aside.add(None, "the archive is damaged here; the other files were read")
            else:
                with file:
                    yield from _points(file, kind, rows)
            yield from rows.rest()
            yield from aside.take()
            setting.progress(position / len(found))


def _refuse_declarations(head: bytes) -> None:
    text = COMMENT.sub("", as_text(head))
    root = ROOT.search(text)
    if "<!" in (text if root is None else text[: root.start()]):
        raise Dangerous(
            "This XML declares a document type, which a track never does. It was not read."
        )


def _points(file: IO[bytes], kind: str, rows: Rows) -> Iterator[Batch]:
    """The points of one file."""
    line = 1
    try:
        for point in _streamed(file, POINTS[kind]):
            place: Any = point.sourceline
            line = place or line
            if kind == "gpx":
                _gpx(point, line, rows)
            else:
                _tcx(point, line, rows)
            yield from rows.full()
    except (etree.XMLSyntaxError, _Cut, *inside.DAMAGED):
        rows.aside.add(line, CUT)


def _streamed(file: IO[bytes], name: str) -> Iterator[etree._Element]:
    """The elements of a name, each forgotten once it was used, and so is all between them.

    Raises:
        XMLSyntaxError: where the XML is damaged.
        _Cut: where a point holds more than a point can.
    """
    measured = _Measured(file)
    parsed = etree.iterparse(
        measured,
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    within = 0
    for event, element in parsed:
        is_point = _name(element) == name
        if event == "start":
            if not within:
                _forget_before(element)
                if is_point:
                    measured.begin()
                else:
                    element.attrib.clear()
            within += is_point or within > 0
            if within > MOST_INSIDE:
                raise _Cut
        elif is_point:
            yield element
            within = 0
            measured.end()
            _forget(element)
        elif not within:
            _forget(element)


def _forget(element: etree._Element) -> None:
    """Free an element and whatever stands before it."""
    element.clear()
    _forget_before(element)


def _forget_before(element: etree._Element) -> None:
    """Free the elements before one and the text around them, for no track says anything there."""
    parent = element.getparent()
    if parent is None:
        return
    while element.getprevious() is not None:
        del parent[0]
    parent.text = None


def _gpx(point: etree._Element, line: int, rows: Rows) -> None:
    told = _texts(point)
    at, east = written(told.get("time"), rows.setting.zone)
    rows.add(
        "gps",
        line,
        at,
        east,
        "",
        lat=_attribute(point, "lat"),
        lon=_attribute(point, "lon"),
        accuracy_m=None,
        speed_mps=told.get("speed"),
    )
    pulse = told.get("hr", told.get("heartrate"))
    if pulse is not None:
        rows.add("heart_rate", line, at, east, "", bpm=pulse)


def _tcx(point: etree._Element, line: int, rows: Rows) -> None:
    told = _texts(point)
    at, east = written(told.get("Time"), rows.setting.zone)
    lat, lon = told.get("LatitudeDegrees"), told.get("LongitudeDegrees")
    if lat is not None or lon is not None:
        speed = told.get("Speed")
        rows.add("gps", line, at, east, "", lat=lat, lon=lon, accuracy_m=None, speed_mps=speed)
    pulse = told.get("HeartRateBpm/Value")
    if pulse is not None:
        rows.add("heart_rate", line, at, east, "", bpm=pulse)


def _attribute(point: etree._Element, name: str) -> str | None:
    value = point.get(name)
    return None if value is None else str(value)


def _texts(point: etree._Element) -> dict[str, str]:
    """The texts inside a point by the name of their element; of `Value` with its parent's."""
    told: dict[str, str] = {}
    for element in point.iterdescendants():
        name = _name(element)
        if name == "Value":
            name = f"{_name(element.getparent())}/Value"
        told.setdefault(name, (element.text or "").strip())
    return told


def _name(element: etree._Element | None) -> str:
    tag = element.tag if element is not None else ""
    return str(tag).rpartition("}")[2]


def _wanted(name: str, kind: str) -> bool:
    return name.lower().endswith(NAMES[kind])


def _is(outside: Outside, kind: str) -> bool:
    root = {"gpx": "gpx", "tcx": "TrainingCenterDatabase"}[kind]
    for head in inside.beginnings(outside, lambda name: _wanted(name, kind)):
        text = COMMENT.sub("", as_text(head)).lstrip("\ufeff \r\n\t")
        found = ROOT.search(text)
        if text.startswith("<") and found and found[1] == root:
            return True
    return False


FORMATS = (
    Format(
        "gpx",
        "GPX tracks (one, or a zip or folder of them)",
        lambda outside: _is(outside, "gpx"),
        lambda path, setting: read(path, setting, "gpx"),
    ),
    Format(
        "tcx",
        "TCX activities (one, or a zip or folder of them)",
        lambda outside: _is(outside, "tcx"),
        lambda path, setting: read(path, setting, "tcx"),
    ),
)
