"""What a mapping file says: an export that is a table or a JSON list, described as data.

Each TOML in `mappings` is one format: where its layout is told and how sure that is, how its tables
are recognised, and which of their columns become which canonical stream. All are read once and
checked as a whole, so that a slip in one shows at start and not in somebody's data. The engine that
reads files by them is `mapped`.

Names of columns are those of a CSV's first line in lower case, or keys of a JSON object, with dots
for objects within ("data.latitude"). Where several are named the first that is filled counts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from ..schema import COMMON, END, INTERVALS, OPTIONAL, STREAMS

FOLDER = Path(__file__).parent / "mappings"
# Numbers since 1970 by unit; iso: text with an offset or "Z"; utc and clock: text without one, of
# Greenwich or of the person's wall; clock_ms: milliseconds that spell the wall's clock.
KINDS = ("s", "ms", "us", "ns", "iso", "utc", "clock", "clock_ms")
SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
OPENINGS = ("codes", "items", "lists", "changes")
# What an opened row holds beside the columns of the row that it comes from.
OPENED = ("opened.start", "opened.seconds", "opened.lasts", "opened.value")
SKIP = "skip"
Columns = tuple[str, ...]


class WrongMapping(ValueError):
    """A mapping file says something that cannot be; a mistake of ours, not of a person's file."""


@dataclass(frozen=True)
class Value:
    """Where one canonical column comes from.

    Attributes:
        column: the columns that may hold it.
        constant: what it always is, instead of a column.
        factor: turns the export's unit into the canonical one.
        codes: what each word or number of the export stands for.
        codes_of: the file in `mappings/codes` that tells them, where several formats share them.
        others: "skip" where a word without a code belongs to another stream, not to a mistake.
        default: what a word without a code stands for instead.
        empty: "skip" where an empty cell says that there is no sample.
        missing: words that say that the value is not known, such as "-1".
        hashed: whether it names a person and is only kept as a keyed hash.
        unit: the columns that may name the unit, with `factors` for each unit that is known.
    """

    column: Columns = ()
    constant: str | float | None = None
    factor: float = 1.0
    codes: Mapping[str, str | float] = field(default_factory=dict)
    codes_of: str = ""
    others: str = ""
    default: str | None = None
    empty: str = ""
    missing: Columns = ()
    hashed: bool = False
    unit: Columns = ()
    factors: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Opening:
    """How one row opens into several.

    Attributes:
        how: "codes", a letter for each `seconds`; "items", an object with interval, items and
            timestamp; "lists", two lists of durations and values; "changes", a list of states with
            the time since the start at which each begins.
        column: what holds them.
        seconds: how long each letter lasts.
        lasts: the list of durations.
        until: the column with the end of the whole, beyond which nothing reaches.
        names: for changes, the keys of the time and of the state.
    """

    how: str
    column: str
    seconds: float = 0.0
    lasts: str = ""
    until: str = ""
    names: Columns = ()


@dataclass(frozen=True)
class Stream:
    """Which rows of a table become samples of a stream, when they were, and how.

    Attributes:
        stream: the canonical stream.
        time, kind: the start and how it is written (`KINDS`).
        plus_clock, plus_seconds: columns that are added to it, as "08:15:00" and as a number.
        offset, offset_unit: a column with the offset from UTC, as text such as "UTC+02:00", or as a
            number of `offset_unit`.
        end: the end, written as the start is. Instead of it `duration`, in `duration_unit`;
            `lasts_s`, always as long; or `until_next_s`, until the next row, at most this long.
        device: the column that names the device.
        quality: 1 good, 2 where the layout or the device leaves doubts.
        where: the words that columns must hold for a row to be of this stream; "" is an empty cell.
        opens: how a row opens into several.
        values: the stream's own columns.
    """

    stream: str
    time: Columns
    kind: str
    values: Mapping[str, Value]
    plus_clock: str = ""
    plus_seconds: str = ""
    offset: str = ""
    offset_unit: str = ""
    end: Columns = ()
    duration: str = ""
    duration_unit: str = "s"
    lasts_s: float | None = None
    until_next_s: float | None = None
    device: str = ""
    quality: int = 1
    where: Mapping[str, Columns] = field(default_factory=dict)
    opens: Opening | None = None

    @property
    def columns(self) -> frozenset[str]:
        """Every column that is looked at."""
        found = {*self.time, *self.end, *self.where}
        found |= {self.plus_clock, self.plus_seconds, self.offset, self.duration, self.device}
        for value in self.values.values():
            found |= {*value.column, *value.unit}
        if self.opens:
            found |= {self.opens.column, self.opens.lasts, self.opens.until}
        return frozenset(found - {"", *OPENED})


@dataclass(frozen=True)
class Table:
    """One kind of table of an export.

    Attributes:
        name: how the mapping calls it.
        file: what names of such files in a zip or folder contain; a group `person` is the person.
        columns: those by which it is recognised; all must be there.
        streams: what is made of it.
        by_name: whether a single file must bear the name, as its columns alone say too little.
        first_line: what a line before that of the columns looks like, if there is one.
        prefix: what is taken off the names of columns.
        list: for JSON, the keys of the lists that hold rows, "" for a list on top.
        within: for JSON, the keys of lists within each element whose elements are the rows.
        words: for JSON, words that a file on its own must contain to be recognised.
        person: columns that tell whose row it is.
        foreign: words in columns that only another system writes, whose codes mean something else;
            from the first row with one on nothing is read.
        unless: tables that tell the same in more detail; where one is there, this is not read.
    """

    name: str
    file: re.Pattern[str]
    columns: Columns
    streams: tuple[Stream, ...]
    by_name: bool = False
    first_line: re.Pattern[str] | None = None
    prefix: str = ""
    list: Columns | None = None
    within: Columns = ()
    words: Columns = ()
    person: Columns = ()
    foreign: Mapping[str, Columns] = field(default_factory=dict)
    unless: Columns = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column that is looked at, in a fixed order."""
        found = frozenset({*self.person, *self.foreign})
        found = found.union(*(stream.columns for stream in self.streams))
        return tuple(sorted(found))


@dataclass(frozen=True)
class Layout:
    """One format.

    Attributes:
        name, title: what it is called by us and by people.
        source: where the layout is told.
        certainty: how sure that is, in words; "(check)" marks what no real file has confirmed.
        tables: the tables that are read.
    """

    name: str
    title: str
    source: str
    certainty: str
    tables: tuple[Table, ...]


@cache
def layouts() -> tuple[Layout, ...]:
    """Every mapping, in the order of their names.

    Raises:
        WrongMapping: naming the file and what is wrong in it.
    """
    return tuple(load(path) for path in sorted(FOLDER.glob("*.toml")))


def load(path: Path) -> Layout:
    """Read and check one mapping file; errors as `layouts`."""
    try:
        return layout_of(tomllib.loads(path.read_text(encoding="utf-8")))
    except (WrongMapping, tomllib.TOMLDecodeError, re.error, KeyError, TypeError, OSError) as error:
        raise WrongMapping(f"{path.name}: {error}") from error


def layout_of(raw: dict[str, Any]) -> Layout:
    """A layout from what a TOML says."""
    _only(raw, Layout)
    by_name: dict[str, Table] = {}
    for one in raw["tables"]:
        table = _table(one, by_name)
        by_name[table.name] = table
    if not str(raw["source"]).strip() or not str(raw["certainty"]).strip():
        raise WrongMapping("a layout needs its source and how certain it is")
    return Layout(**{**raw, "tables": tuple(by_name.values())})


def _table(raw: dict[str, Any], before: Mapping[str, Table]) -> Table:
    like = raw.get("like")
    _only(raw, Table, "like")
    streams = before[like].streams if like else tuple(_stream(one) for one in raw["streams"])
    made: dict[str, Any] = {key: value for key, value in raw.items() if key != "like"}
    for key in ("columns", "list", "within", "words", "person", "unless"):
        if key in made:
            made[key] = _columns(made[key])
    made["foreign"] = {key: _columns(words) for key, words in raw.get("foreign", {}).items()}
    for key in ("file", "first_line"):
        if key in made:
            made[key] = re.compile(made[key], re.IGNORECASE)
    if not made["columns"]:
        raise WrongMapping(f"table {raw['name']}: no columns to recognise it by")
    return Table(**{**made, "streams": streams})


def _stream(raw: dict[str, Any]) -> Stream:
    _only(raw, Stream)
    name = raw["stream"]
    if name not in STREAMS or raw["kind"] not in KINDS:
        raise WrongMapping(f"no stream {name!r} with times {raw['kind']!r}")
    values = {key: _value(one) for key, one in raw.get("values", {}).items()}
    common = {key for key, _ in COMMON} | {END[0]}
    own = set(STREAMS[name].names) - common
    if not values.keys() <= own or own - values.keys() - OPTIONAL:
        raise WrongMapping(f"{name} has the columns {sorted(own)}, not {sorted(values)}")
    ends = [key for key in ("end", "duration", "lasts_s", "until_next_s") if key in raw]
    if (name in INTERVALS) != (len(ends) == 1):
        raise WrongMapping(f"{name}: one way to tell the end is needed, or none if it has none")
    if raw.get("duration_unit", "s") not in SECONDS or raw.get("offset_unit", "s") not in SECONDS:
        raise WrongMapping(f"{name}: no such unit of time")
    made = {**raw, "time": _columns(raw["time"]), "end": _columns(raw.get("end", ()))}
    made["where"] = {key: _columns(words) for key, words in raw.get("where", {}).items()}
    if "opens" in raw:
        made["opens"] = _opening(raw["opens"])
    return Stream(**{**made, "values": values})


def _value(raw: dict[str, Any]) -> Value:
    _only(raw, Value)
    if ("column" in raw) == ("constant" in raw):
        raise WrongMapping("a value comes from a column or is a constant")
    if {raw.get("others", ""), raw.get("empty", "")} - {"", SKIP}:
        raise WrongMapping('others and empty can only be "skip"')
    codes = {key.lower(): code for key, code in raw.get("codes", {}).items()}
    if raw.get("codes_of"):
        codes |= _codes_in(raw["codes_of"])
    lists = {key: _columns(raw.get(key, ())) for key in ("column", "missing", "unit")}
    if bool(lists["unit"]) != bool(raw.get("factors")):
        raise WrongMapping("a column that names the unit needs factors, and factors such a column")
    return Value(**{**raw, **lists, "codes": codes})


def _codes_in(name: str) -> dict[str, str | float]:
    """Codes that several formats share."""
    content = tomllib.loads((FOLDER / "codes" / f"{name}.toml").read_text(encoding="utf-8"))
    return {word.lower(): code for code, words in content["codes"].items() for word in words}


def _opening(raw: dict[str, Any]) -> Opening:
    _only(raw, Opening)
    if raw["how"] not in OPENINGS:
        raise WrongMapping(f"no way to open rows is called {raw['how']!r}")
    return Opening(**{**raw, "names": _columns(raw.get("names", ()))})


def _columns(raw: Any) -> Columns:
    return (raw,) if isinstance(raw, str) else tuple(str(one) for one in raw)


def _only(raw: Mapping[str, Any], of: type, *more: str) -> None:
    """Refuse keys that mean nothing; a misspelt one would be silently without effect."""
    unknown = raw.keys() - {one.name for one in fields(of)} - set(more)
    if unknown:
        raise WrongMapping(f"a {of.__name__.lower()} has no {', '.join(sorted(unknown))}")
