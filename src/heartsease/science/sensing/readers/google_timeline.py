"""Google's location timeline: what the phone itself writes, and the older Records.json of Takeout.

1. "Timeline.json" (Android): an object with `semanticSegments` and `rawSignals`; coordinates as
   "48.1374°, 11.5755°".
2. "location-history.json" (iOS): a list of the same segments; coordinates as "geo:48.1374,11.5755".
3. "Records.json" (Takeout, until 2024): `locations` in ten-millionths of a degree.

A segment is a path, a stay or a way. Of a path each point is a sample, of a way its two ends. A
stay says that somebody was there throughout, so it gives a sample every ten minutes, of quality 3:
Google put the person at a place, nothing measured each of these points.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..outside import Outside, as_text
from ..plausible import SetAside
from ..reading import Batch, Format, Quarantined, Setting
from . import inside
from .json_elements import elements
from .rows import Rows, minutes_east, number, sane_offset, since_epoch, within, written

NAMES = ("timeline.json", "location-history.json", "records.json")
SOURCE = "google_timeline"
MINUTE = 60_000_000
STAY_STEP = 10 * MINUTE
LONGEST_STAY = 31 * 24 * 60 * MINUTE
# Half a century of stays; a file that claims more is built to exhaust the reader.
MOST_OF_STAYS = 50 * 366 * 24 * 6
IMPUTED = 3
E7 = 1e7
# A defect of old exports: coordinates written as unsigned numbers of 32 bits.
WRAP = 2**32
SEGMENT_MARKS = ('"timelinePath"', '"topCandidate"', '"timelineMemory"')


class Places(Rows):
    """Samples of one file, and how many more its stays may give."""

    left = MOST_OF_STAYS


def read(path: Path, setting: Setting) -> Iterator[Batch | Quarantined]:
    """Read every timeline that is in a file, folder or zip."""
    with inside.members(path, _wanted) as found:
        for position, member in enumerate(found, start=1):
            aside = SetAside(member.name)
            try:
                file = member.open()
            except inside.DAMAGED:
                aside.add(None, "the archive is damaged here; the other files were read")
                yield from aside.take()
                continue
            rows = Places(SOURCE, setting, aside)
            with file:
                for key, line, element in elements(file, aside):
                    _element(key, line, element, rows)
                    yield from rows.full()
            yield from rows.rest()
            yield from aside.take()
            setting.progress(position / len(found))


def _element(key: str, line: int, element: Any, rows: Places) -> None:
    """Read a segment, a raw signal or a record; other parts of the file are no samples."""
    if not line:
        return
    reader = {"": _segment, "semanticSegments": _segment, "rawSignals": _signal}
    reader["locations"] = _record
    if key not in reader:
        return
    if isinstance(element, dict):
        reader[key](line, element, rows)
    else:
        rows.aside.add(line, "an entry that is none")


def _segment(line: int, segment: dict[str, Any], rows: Places) -> None:
    start = _time(segment, "startTime", rows)
    end = _time(segment, "endTime", rows)
    path, visit, way = (segment.get(name) for name in ("timelinePath", "visit", "activity"))
    if isinstance(path, list):
        for point in path:
            _path_point(line, point, start, rows)
    if isinstance(visit, dict):
        _stay(line, visit, start, end, rows)
    if isinstance(way, dict):
        for (at, east), name in ((start, "start"), (end, "end")):
            if name in way:
                _add(rows, line, at, east, way[name])


def _time(segment: dict[str, Any], name: str, rows: Places) -> tuple[int | None, int]:
    """A time of a segment and its offset, as written or as said beside it (check)."""
    at, east = written(segment.get(name), rows.setting.zone)
    beside = sane_offset(number(segment.get(f"{name}TimezoneUtcOffsetMinutes")))
    return at, east if beside is None else beside


def _path_point(line: int, point: Any, start: tuple[int | None, int], rows: Places) -> None:
    if not isinstance(point, dict):
        rows.aside.add(line, "a point that is none")
        return
    at, east = start
    if "time" in point:
        at, written_east = written(point["time"], rows.setting.zone)
        east = written_east or east
    else:
        minutes = number(point.get("durationMinutesOffsetFromStartTime"))
        at = None if at is None or minutes is None else within(at + minutes * MINUTE)
    _add(rows, line, at, east, point.get("point"))


def _stay(
    line: int,
    visit: dict[str, Any],
    start: tuple[int | None, int],
    end: tuple[int | None, int],
    rows: Places,
) -> None:
    """A stay: one sample at its start, every ten minutes and at its end."""
    if (number(visit.get("hierarchyLevel")) or 0) > 0:
        rows.aside.add(line, "a stay inside another stay; the longer one was read")
        return
    candidate = visit.get("topCandidate")
    place = candidate.get("placeLocation") if isinstance(candidate, dict) else None
    (first, east), (last, last_east) = start, end
    if first is None or last is None:
        _add(rows, line, None, 0, place)
    elif last < first:
        rows.aside.add(line, "the end lies before the start")
    elif last - first > LONGEST_STAY:
        rows.aside.add(line, "a stay longer than a month")
    elif rows.left <= 0:
        rows.aside.add(line, "more stays than a life holds")
    else:
        rows.left -= (last - first) // STAY_STEP + 2
        for at in range(first, last, STAY_STEP):
            _add(rows, line, at, east, place, IMPUTED)
        _add(rows, line, last, last_east, place, IMPUTED)


def _add(rows: Places, line: int, at: int | None, east: int, place: Any, quality: int = 1) -> None:
    if isinstance(place, dict):
        place = place.get("latLng")
    lat, lon = degrees(place)
    rows.add("gps", line, at, east, "", lat=lat, lon=lon, quality=quality, **_NOTHING_MORE)


_NOTHING_MORE = {"accuracy_m": None, "speed_mps": None}


def degrees(text: Any) -> tuple[float | None, float | None]:
    """Latitude and longitude as Google writes them in a text; (None, None) if they are none.

    >>> degrees("geo:48.1374,11.5755"), degrees("48.1374°, 11.5755°")
    ((48.1374, 11.5755), (48.1374, 11.5755))
    """
    if not isinstance(text, str):
        return None, None
    parts = text.removeprefix("geo:").replace("°", "").split(",")
    if len(parts) != 2:
        return None, None
    return number(parts[0]), number(parts[1])


def _signal(line: int, signal: dict[str, Any], rows: Places) -> None:
    """A raw position with its accuracy; other signals (wifi, activity) are no places."""
    position = signal.get("position")
    if not isinstance(position, dict):
        return
    at, east = written(position.get("timestamp"), rows.setting.zone)
    lat, lon = degrees(position.get("LatLng", position.get("latLng")))
    rows.add(
        "gps",
        line,
        at,
        east,
        "",
        lat=lat,
        lon=lon,
        quality=1,
        accuracy_m=position.get("accuracyMeters"),
        speed_mps=position.get("speedMetersPerSecond"),
    )


def _record(line: int, record: dict[str, Any], rows: Places) -> None:
    zone = rows.setting.zone
    if "timestamp" in record:
        at, east = written(record["timestamp"], zone)
    else:
        at = since_epoch(record.get("timestampMs"), per_second=1000)
        east = minutes_east(at, zone)
    rows.add(
        "gps",
        line,
        at,
        east,
        str(record.get("deviceTag", "")),
        lat=_of_e7(record.get("latitudeE7"), 90),
        lon=_of_e7(record.get("longitudeE7"), 180),
        quality=1,
        accuracy_m=record.get("accuracy"),
        speed_mps=record.get("velocity"),
    )


def _of_e7(value: Any, limit: int) -> float | None:
    made = number(value)
    if made is None:
        return None
    return (made - WRAP if made > limit * E7 else made) / E7


def _wanted(name: str) -> bool:
    return name.lower().rpartition("/")[2] in NAMES


def _recognises(outside: Outside) -> bool:
    return any(_is_timeline(as_text(head)) for head in inside.beginnings(outside, _wanted))


def _is_timeline(text: str) -> bool:
    text = text.lstrip("\ufeff \r\n\t")
    if text.startswith("["):
        has_times = '"startTime"' in text and '"endTime"' in text
        return has_times and any(mark in text for mark in SEGMENT_MARKS)
    if not text.startswith("{"):
        return False
    segments = '"semanticSegments"' in text or '"rawSignals"' in text
    return segments or ('"locations"' in text and '"latitudeE7"' in text)


FORMATS = (
    Format(
        SOURCE,
        "Google location timeline (Timeline.json, location-history.json or Records.json)",
        _recognises,
        read,
        frozenset({"gps"}),
    ),
)
