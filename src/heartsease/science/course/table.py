"""People's days read from a table, long (person, day, feature, value) or wide (a column a feature).

The wide form has person, time and one column a feature, with `event` or `onset` beside them if
known: a row where it is not empty and not 0 is a day on which something happened. Several rows of
one day become their mean for the charts; the forecast takes every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ..errors import CannotEvaluate
from .domains import Domain, Way, alone, domains
from .series import PersonDays

COLUMNS = ("person", "day", "feature", "value")
WIDE = ("person", "time")
EVENTS = ("event", "onset")
GIVEN = "given"
LEAST_SHARE_OF_NUMBERS = 0.5


@dataclass(frozen=True)
class Table:
    """What a table says.

    Attributes:
        courses: by person, the days.
        domains: by name, the features that are watched together.
        events: by person, places of the days on which something happened.
        prompts: every row in order: person, time and the features; None for the long form.
    """

    courses: dict[str, PersonDays]
    domains: dict[str, Domain]
    events: dict[str, tuple[int, ...]]
    prompts: pl.DataFrame | None


def read(frame: pl.DataFrame, directions: Mapping[str, int] | None = None) -> Table:
    """Read either form.

    Features are called by the names of this program where they are known (`domains.toml`).
    Columns of the wide form that are not known are watched as one domain, in both ways, with the
    signs by which they go together with the first of them.

    Raises:
        CannotEvaluate: naming the column, or the first row, that cannot be used.
    """
    if set(COLUMNS) <= set(frame.columns) or not set(WIDE) <= set(frame.columns):
        people = courses(frame, directions)
        named = {feature for course in people.values() for feature in course.values}
        return Table(people, _stated(named, people), {}, None)
    return _wide(frame)


def _stated(named: set[str], people: dict[str, PersonDays]) -> dict[str, Domain]:
    """The domains of a long table; what is not known stands alone in its stated direction."""
    ways: dict[str, int] = {}
    for course in people.values():
        ways.update(course.directions)
    found = domains().of(named)
    margin = domains().default_margin
    unknown = {name for name, one in found.items() if one.features == {name}}
    return {
        name: alone(name, margin, ways.get(name, 0)) if name in unknown else one
        for name, one in found.items()
    }


def _wide(frame: pl.DataFrame) -> Table:
    """The wide form."""
    features = _features(frame)
    events = [name for name in EVENTS if name in frame.columns]
    rows = frame.select(
        pl.col("person").cast(pl.String),
        _moments(frame).alias("time"),
        *(
            pl.col(column).cast(pl.Float64, strict=False).fill_nan(None).alias(name)
            for column, name in features.items()
        ),
        *(_happened(frame, name).alias("event") for name in events[:1]),
    ).sort("person", "time", maintain_order=True)
    names = list(features.values())
    days = (
        rows.group_by("person", pl.col("time").dt.date().alias("day"), maintain_order=True)
        .agg(pl.col(names).mean(), *(pl.col("event").any() for _ in events[:1]))
        .sort("person", "day")
    )
    people, happened = {}, {}
    for (person,), own in days.partition_by("person", as_dict=True, maintain_order=True).items():
        axis, places = _axis(own["day"])
        values = {}
        for name in names:
            values[name] = np.full(len(axis), np.nan)
            values[name][places] = own[name].to_numpy()
        people[str(person)] = PersonDays(axis, values, dict.fromkeys(names, 0))
        if events:
            happened[str(person)] = tuple(places[own["event"].to_numpy()].tolist())
    prompts = rows.select("person", "time", *names)
    return Table(people, _grouped(names, people), happened, prompts)


def _features(frame: pl.DataFrame) -> dict[str, str]:
    """The columns that hold numbers, and the features' names."""
    result: dict[str, str] = {}
    for name in frame.columns:
        if name in (*WIDE, *EVENTS):
            continue
        numbers = frame[name].cast(pl.Float64, strict=False)
        there = numbers.is_finite().fill_null(value=False).sum()
        written = frame[name].is_not_null().sum()
        if int(there) >= max(LEAST_SHARE_OF_NUMBERS * int(written), 1):
            standard = domains().standard_name(name)
            result[name] = name if standard in result.values() else standard
    if not result:
        raise CannotEvaluate("The table has no column of numbers beside person and time.")
    return result


def _moments(frame: pl.DataFrame) -> pl.Expr:
    """The column time as moments; plain numbers are taken for days.

    Raises:
        CannotEvaluate: with the first row that is neither.
    """
    column = frame["time"]
    if column.dtype.is_temporal():
        return pl.col("time").cast(pl.Datetime("us"))
    numbers = column.cast(pl.Float64, strict=False)
    if numbers.is_not_null().sum() == column.is_not_null().sum() > 0:
        micros = (pl.col("time").cast(pl.Float64) * 86_400e6).round().cast(pl.Int64)
        moments = micros.cast(pl.Datetime("us"))
    else:
        text = pl.col("time").cast(pl.String).str.strip_chars().str.replace(" ", "T").str.head(19)
        moments = pl.coalesce(
            text.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us"),
            text.str.to_datetime("%Y-%m-%dT%H:%M", strict=False, time_unit="us"),
            text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")),
        )
    lost = frame.select(moments.is_null().alias("lost"))["lost"]
    if lost.any():
        row = int(lost.arg_max() or 0)
        raise CannotEvaluate(f"Row {row + 1}: time cannot be {column[row]!r}.")
    return moments


def _happened(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Whether a row says that something happened."""
    text = pl.col(name).cast(pl.String).str.strip_chars().str.to_lowercase()
    return ~text.fill_null("").is_in(["", "0", "0.0", "false", "no", "nan"])


def _axis(days: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Consecutive days from the first to the last, and the places of those that are there."""
    there = days.to_numpy().astype("datetime64[D]")
    axis = np.arange(there.min(), there.max() + 1)
    return axis, (there - axis[0]).astype(np.int64)


def _grouped(names: list[str], people: dict[str, PersonDays]) -> dict[str, Domain]:
    """Known domains, and one of all columns that are not known."""
    found = domains().of(names)
    unknown = [name for name in names if name in found and found[name].features == {name}]
    unknown = [name for name in unknown if name not in domains().known]
    if len(unknown) < 2:
        return found
    signs = _going_together(unknown, people)
    margin = domains().default_margin
    down = {name: -sign for name, sign in signs.items()}
    ways = {"up": Way("all up", signs, margin), "down": Way("all down", down, margin)}
    kept = {name: one for name, one in found.items() if name not in unknown}
    return kept | {GIVEN: Domain(GIVEN, GIVEN, ways)}


def _going_together(names: list[str], people: dict[str, PersonDays]) -> dict[str, int]:
    """The sign with which each column goes together with the first, within persons."""
    sums = np.zeros(len(names))
    for course in people.values():
        first = _standardised(course.values[names[0]])
        for place, name in enumerate(names):
            sums[place] += np.nansum(first * _standardised(course.values[name]))
    return {name: -1 if total < 0 else 1 for name, total in zip(names, sums, strict=True)}


def _standardised(values: np.ndarray) -> np.ndarray:
    """Distances from the mean in standard deviations; 0 where nothing varies or is there."""
    there = np.isfinite(values)
    if there.sum() < 2 or np.ptp(values[there]) == 0:
        return np.zeros(len(values))
    return np.asarray((values - values[there].mean()) / values[there].std())


def courses(
    frame: pl.DataFrame, directions: Mapping[str, int] | None = None
) -> dict[str, PersonDays]:
    """Every person's days of a long table, from their first to their last day with a value.

    Args:
        frame: columns person, day (date or ISO text), feature, value (number or empty), and
            `direction` (1, -1 or 0, one for each feature) if wanted.
        directions: per feature; goes before the column. Without either, 0.

    Raises:
        CannotEvaluate: naming the column, or the first row, that cannot be used.
    """
    table = _checked(frame)
    ways = {**_directions(frame), **(directions or {})}
    wrong = {name: way for name, way in ways.items() if way not in (-1, 0, 1)}
    if wrong:
        raise CannotEvaluate(f"A direction is 1, -1 or 0; found {wrong}.")
    result = {}
    for (person,), own in table.partition_by("person", as_dict=True, maintain_order=True).items():
        result[str(person)] = _course(own, ways)
    return result


def _course(own: pl.DataFrame, ways: Mapping[str, int]) -> PersonDays:
    """One person's days as arrays over the same axis."""
    days, _ = _axis(own["day"])
    values = {}
    for (feature,), rows in own.partition_by("feature", as_dict=True).items():
        values[str(feature)] = np.full(len(days), np.nan)
        at = (rows["day"].to_numpy().astype("datetime64[D]") - days[0]).astype(np.int64)
        values[str(feature)][at] = rows["value"].to_numpy()
    return PersonDays(days, values, {name: ways.get(name, 0) for name in values})


def _checked(frame: pl.DataFrame) -> pl.DataFrame:
    """The four columns with their types, sorted, without empty values."""
    absent = [name for name in COLUMNS if name not in frame.columns]
    if absent:
        raise CannotEvaluate(
            f"The table has no column {' or '.join(absent)}. It needs {', '.join(COLUMNS)}, or "
            "person, time and a column for each feature."
        )
    table = frame.select(
        pl.col("person").cast(pl.String),
        _typed(frame, "day", pl.Date).alias("day"),
        pl.col("feature").cast(pl.String),
        _typed(frame, "value", pl.Float64).alias("value"),
    )
    for name in COLUMNS:
        lost = table[name].is_null()
        if name == "value":
            lost &= frame[name].is_not_null()
        if lost.any():
            row = int(lost.arg_max() or 0)
            raise CannotEvaluate(f"Row {row + 1}: {name} cannot be {frame[name][row]!r}.")
    table = table.filter(pl.col("value").is_finite()).sort("person", "feature", "day")
    if table.is_empty():
        raise CannotEvaluate("The table has no values.")
    twice = table.filter(pl.struct("person", "feature", "day").is_duplicated())
    if not twice.is_empty():
        person, day, feature, _ = twice.row(0)
        raise CannotEvaluate(f"Person {person} has {feature} more than once on {day}.")
    return table


def _typed(frame: pl.DataFrame, name: str, kind: Any) -> pl.Expr:
    """A column as dates or numbers; what cannot be one becomes empty."""
    column = pl.col(name)
    if kind == pl.Date and not frame[name].dtype.is_temporal():
        return column.cast(pl.String).str.to_date("%Y-%m-%d", strict=False)
    return column.cast(kind, strict=False)


def _directions(frame: pl.DataFrame) -> dict[str, int]:
    """The direction of each feature as the table states it."""
    if "direction" not in frame.columns:
        return {}
    pairs = frame.select("feature", "direction").unique()
    if pairs["feature"].is_duplicated().any():
        raise CannotEvaluate("A feature has more than one direction.")
    return {str(name): way for name, way in pairs.drop_nulls().iter_rows()}
