"""People's days read from a table in long form: person, day, feature, value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from ..errors import CannotEvaluate
from .replay import Course

COLUMNS = ("person", "day", "feature", "value")


def courses(frame: pl.DataFrame, directions: Mapping[str, int] | None = None) -> dict[str, Course]:
    """Every person's days, from their first to their last day with a value.

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


def _course(own: pl.DataFrame, ways: Mapping[str, int]) -> Course:
    """One person's days as arrays over the same axis."""
    places = own["day"].to_numpy().astype("datetime64[D]")
    days = np.arange(places.min(), places.max() + 1)
    values = {}
    for (feature,), rows in own.partition_by("feature", as_dict=True).items():
        values[str(feature)] = np.full(len(days), np.nan)
        at = (rows["day"].to_numpy().astype("datetime64[D]") - days[0]).astype(np.int64)
        values[str(feature)][at] = rows["value"].to_numpy()
    return Course(days, values, {name: ways.get(name, 0) for name in values})


def _checked(frame: pl.DataFrame) -> pl.DataFrame:
    """The four columns with their types, sorted, without empty values."""
    absent = [name for name in COLUMNS if name not in frame.columns]
    if absent:
        raise CannotEvaluate(
            f"The table has no column {' or '.join(absent)}; it needs {', '.join(COLUMNS)}."
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
