"""How a questionnaire behaves in a table of answers: reliability, distribution, item bias."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ..errors import CannotEvaluate
from .answers import Answers, columns_of, read_answers
from .dif import growth, tabulated
from .library import load
from .model import Instrument, InstrumentUnusable, KnownColumns

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
RESAMPLES = 1000
BIAS_RESAMPLES = 100
PEOPLE_NEEDED = 30
GROUP_NEEDED = 100
NOTE = (
    "Persons with all answers only. Item bias: growth of Nagelkerke's R2 when group, and score by "
    "group, join the total score in an ordinal logistic regression; below .035 negligible, to .070 "
    "moderate, above it large. It is the largest of all items, so small groups make it larger. "
    "Intervals are 95 %, from resampled persons; those of weighted figures know no clusters."
)


def evaluate_instrument(
    frame: pl.DataFrame, instrument: str, *, columns: KnownColumns | None = None, seed: int = 0
) -> dict[str, Any]:
    """Report reliability, distribution, caseness and item bias of a questionnaire.

    Args:
        frame: one row a person; see `answers.columns_of` for what the columns may be called.
        instrument: identifier of the questionnaire.
        columns: names of the columns, where they are called otherwise.
        seed: of the resampling.

    Raises:
        CannotEvaluate: if there is no such questionnaire, or the table cannot be used.
    """
    try:
        tool = load(instrument)
    except InstrumentUnusable as error:
        raise CannotEvaluate(str(error)) from error
    known = columns_of(frame, tool, columns)
    answers = read_answers(frame, tool, known)
    complete: Bools = np.asarray(np.isfinite(answers.items).all(axis=1))
    if complete.sum() < PEOPLE_NEEDED:
        raise CannotEvaluate(
            f"{int(complete.sum())} people have all answers; {PEOPLE_NEEDED} are needed."
        )
    generator = np.random.default_rng(seed)
    items = answers.items[complete]
    result = {
        "instrument": tool.id,
        "columns": known.source,
        "rows": len(complete),
        "n": len(items),
        "missing_codes": answers.codes,
        **_figures(items, tool, generator),
        **_bias(answers, complete, generator),
        "note": NOTE,
    }
    if answers.weight is not None:
        weighted = complete & (answers.weight > 0)
        weight = answers.weight[weighted]
        figures = _figures(answers.items[weighted], tool, generator, weight)
        result["weighted"] = {name: value for name, value in figures.items() if "alpha" not in name}
    return result


def alpha(items: Floats, weight: Floats | None = None) -> float:
    """Cronbach's alpha (1951); NaN if the total never varies.

    Args:
        items: shape (people, items), nothing missing.
        weight: shape (people,); everybody counts the same without.

    >>> alpha(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]))
    1.0
    """
    count = items.shape[1]
    spread = np.atleast_2d(np.cov(items.T, aweights=weight))
    if count < 2 or spread.sum() <= 0:
        return float("nan")
    return float(count / (count - 1) * (1 - np.trace(spread) / spread.sum()))


def _figures(
    items: Floats, tool: Instrument, generator: np.random.Generator, weight: Floats | None = None
) -> dict[str, Any]:
    """Alpha, mean, spread and share of cases, each with an interval over resampled persons."""
    base = np.ones(len(items)) if weight is None else weight
    total = items.sum(axis=1)
    case = total >= tool.caseness

    def figures(counts: Floats) -> tuple[float, float, float, float]:
        mean = float(np.average(total, weights=counts))
        around = float(np.average((total - mean) ** 2, weights=counts))
        spread = (around * len(total) / (len(total) - 1)) ** 0.5
        return alpha(items, counts), mean, spread, float(np.average(case, weights=counts))

    drawn = []
    for _ in range(RESAMPLES):
        places = generator.integers(0, len(items), len(items))
        drawn.append(figures(base * np.bincount(places, minlength=len(items))))
    low, high = np.nanquantile(np.array(drawn), [0.025, 0.975], axis=0)
    result: dict[str, Any] = {}
    names = ("alpha", "mean", "sd", "share_caseness")
    for place, (name, value) in enumerate(zip(names, figures(base), strict=True)):
        result[name] = value if np.isfinite(value) else None
        result[f"{name}_ci"] = [float(low[place]), float(high[place])]
    return result


def _bias(answers: Answers, complete: Bools, generator: np.random.Generator) -> dict[str, Any]:
    """For each grouping the largest bias of any item, which item that is, and who was left out."""
    result: dict[str, Any] = {"dif": {}, "dif_ci": {}, "dif_item": {}, "dif_left_out": {}}
    for name, groups in answers.groups.items():
        labels, sizes = np.unique(groups[complete], return_counts=True)
        large = labels[(sizes >= GROUP_NEEDED) & (labels != "")]
        small = {
            str(label): int(size)
            for label, size in zip(labels, sizes, strict=True)
            if label not in large
        }
        if small:
            result["dif_left_out"][name] = small
        if len(large) < 2:
            result["dif"][name] = result["dif_ci"][name] = result["dif_item"][name] = None
            continue
        chosen = complete & np.isin(groups, large)
        group = np.searchsorted(large, groups[chosen])
        items = answers.items[chosen].astype(np.int64)
        tables = [tabulated(item, items.sum(axis=1), group) for item in items.T]
        found = [growth(*table) for table in tables]
        most = int(np.argmax(found))
        result["dif"][name] = found[most]
        result["dif_item"][name] = most + 1
        result["dif_ci"][name] = _interval(*tables[most], generator)
    return result


def _interval(cells: Floats, counts: Floats, generator: np.random.Generator) -> list[float]:
    """The 95 % interval of an item's bias, from persons resampled over the cells."""
    people = int(counts.sum())
    chances = counts.ravel() / people
    drawn = []
    for _ in range(BIAS_RESAMPLES):
        again = generator.multinomial(people, chances).reshape(counts.shape).astype(float)
        there = again.sum(axis=1) > 0
        drawn.append(growth(cells[there], again[there]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return [float(low), float(high)]
