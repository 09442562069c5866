"""A table of answers, one row a person, found by its column names and checked against the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from ..errors import CannotEvaluate
from .model import GroupColumn, Instrument, KnownColumns

Floats = npt.NDArray[np.float64]
GROUP_PREFIX = "group_"


@dataclass(frozen=True)
class Answers:
    """Answers of many people.

    Attributes:
        items: shape (people, items), each turned the right way round, NaN where missing.
        codes: how many answers were codes for "refused" or "does not know".
        weight: shape (people,), NaN where missing; None without a survey weight.
        groups: per grouping a name for each person, empty text where it is not known.
    """

    items: Floats
    codes: int
    weight: Floats | None
    groups: Mapping[str, npt.NDArray[np.str_]]


def columns_of(
    frame: pl.DataFrame, instrument: Instrument, given: KnownColumns | None = None
) -> KnownColumns:
    """Which columns hold what.

    1. What the caller says.
    2. item1 to itemN, or the questionnaire's identifier in place of "item", with or without an
       underscore, in any case. Groups are columns that begin with `group_`, the weight is `weight`.
    3. What a public data set calls them, as far as the questionnaire's data file knows it.

    Raises:
        CannotEvaluate: naming the columns that would do.
    """
    if given is not None:
        return _present(frame, given)
    lower = {name.lower(): name for name in frame.columns}
    for stem in ("item", "item_", instrument.id, f"{instrument.id}_"):
        names = [lower.get(f"{stem}{item.number}") for item in instrument.items]
        if all(names):
            return KnownColumns(
                source=f"columns {names[0]} to {names[-1]}",
                items=tuple(str(name) for name in names),
                missing_codes=(),
                weight=lower.get("weight"),
                groups=tuple(
                    GroupColumn(name[len(GROUP_PREFIX) :], name)
                    for name in frame.columns
                    if name.lower().startswith(GROUP_PREFIX)
                ),
            )
    for known in instrument.known_columns:
        if set(known.items) <= set(frame.columns):
            return _present(frame, known)
    last = len(instrument.items)
    also = "".join(f", or those of {known.source}" for known in instrument.known_columns)
    raise CannotEvaluate(
        f"The table has no answers to {instrument.title}: it needs columns item1 to item{last}, "
        f"or {instrument.id}_1 to {instrument.id}_{last}{also}."
    )


def _present(frame: pl.DataFrame, known: KnownColumns) -> KnownColumns:
    """The known columns without weight and groups that this table lacks."""
    absent = [name for name in known.items if name not in frame.columns]
    if absent:
        raise CannotEvaluate(f"The table has no column {', '.join(absent)}.")
    return replace(
        known,
        weight=known.weight if known.weight in frame.columns else None,
        groups=tuple(group for group in known.groups if group.column in frame.columns),
    )


def read_answers(frame: pl.DataFrame, instrument: Instrument, known: KnownColumns) -> Answers:
    """Read and check the answers.

    Codes for a missing answer are counted and become missing; any other value that an item does
    not have is refused, because nobody can know what it stands for.

    Raises:
        CannotEvaluate: naming column, row and value.
    """
    allowed = [float(option.value) for option in instrument.options]
    columns, codes = [], 0
    for item, name in zip(instrument.items, known.items, strict=True):
        values = _numbers(frame, name)
        coded = np.isin(values, known.missing_codes)
        codes += int(coded.sum())
        values = np.where(coded, np.nan, values)
        wrong = np.flatnonzero(np.isfinite(values) & ~np.isin(values, allowed))
        if len(wrong):
            listed = ", ".join(f"{value:g}" for value in allowed)
            raise CannotEvaluate(
                f"Row {wrong[0] + 1}: {name} is {values[wrong[0]]:g}, not one of {listed}. If that "
                "stands for a missing answer, leave it empty or say so."
            )
        columns.append(max(allowed) + min(allowed) - values if item.reverse else values)
    weight = _numbers(frame, known.weight) if known.weight else None
    if weight is not None and (weight < 0).any():
        raise CannotEvaluate(f"{known.weight} has a weight below 0.")
    groups = {group.name: _names(frame, group) for group in known.groups}
    return Answers(np.stack(columns, axis=1), codes, weight, groups)


def _numbers(frame: pl.DataFrame, name: str) -> Floats:
    """A column as numbers, NaN where empty."""
    cast = frame[name].cast(pl.Float64, strict=False)
    lost = cast.is_null() & frame[name].is_not_null()
    if lost.any():
        row = int(lost.arg_max() or 0)
        raise CannotEvaluate(f"Row {row + 1}: {name} cannot be {frame[name][row]!r}.")
    return np.asarray(cast.fill_null(np.nan).to_numpy(), dtype=np.float64)


def _names(frame: pl.DataFrame, group: GroupColumn) -> npt.NDArray[np.str_]:
    """The group of each person as text; a number is put between its cuts."""
    if not group.cuts:
        return np.array([_text(value) for value in frame[group.column].to_list()])
    numbers = _numbers(frame, group.column)
    bands = _bands(group.cuts)
    place = np.searchsorted(group.cuts, numbers, side="right")
    return np.where(np.isfinite(numbers), np.array(bands)[place], "")


def _text(value: object) -> str:
    """A group's name; whole numbers without a fraction, nothing for an empty cell."""
    if value is None or value != value:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _bands(cuts: Sequence[float]) -> list[str]:
    """Names of the bands between cuts.

    >>> _bands([40, 60])
    ['below 40', '40 to below 60', '60 and above']
    """
    between = [f"{low:g} to below {high:g}" for low, high in pairwise(cuts)]
    return [f"below {cuts[0]:g}", *between, f"{cuts[-1]:g} and above"]
