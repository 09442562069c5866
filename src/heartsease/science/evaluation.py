"""What `heartsease evaluate` and `heartsease check data` run; nothing here touches the database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from .errors import CannotEvaluate

__all__ = ["CannotEvaluate", "data_files", "run", "words"]


class Part(Protocol):
    """The evaluation of one part of the program on given data."""

    def __call__(self, data: Path, *, instrument: str, budget: float) -> dict[str, Any]:
        """Return figures by the names of the design's table."""


def run(part: str, data: Path, *, instrument: str, budget: float) -> dict[str, Any]:
    """Evaluate one part on a file or folder; the keys are those of the design's table.

    Raises:
        CannotEvaluate: with the parts, or the columns, that are known.
    """
    if part not in PARTS:
        raise CannotEvaluate(f"No part is called {part!r}. Known: {', '.join(PARTS)}.")
    return PARTS[part](data, instrument=instrument, budget=budget)


def _table(data: Path, as_written: tuple[str, ...] = ()) -> pl.DataFrame:
    """A CSV file; columns `as_written` stay text, so that times keep the clock of their place."""
    try:
        names = pl.read_csv(data, n_rows=0).columns
        kept = {name: pl.String for name in as_written if name in names}
        return pl.read_csv(
            data, infer_schema_length=10_000, try_parse_dates=True, schema_overrides=kept
        )
    except pl.exceptions.PolarsError as error:
        raise CannotEvaluate(f"{data.name} is not a table in CSV form: {error}") from error


def _course(data: Path, *, instrument: str, budget: float) -> dict[str, Any]:
    """Detection of added changes and forecasts in the real series given."""
    from .course.evaluation import evaluate_course

    return evaluate_course(_table(data, as_written=("time",)), budget=budget)


def _instruments(data: Path, *, instrument: str, budget: float) -> dict[str, Any]:
    """Reliability, distribution and item bias of a questionnaire."""
    from .instruments.psychometrics import evaluate_instrument

    return evaluate_instrument(_table(data), instrument)


def _sensing(data: Path, *, instrument: str, budget: float) -> dict[str, Any]:
    """What readers and features make of a folder of exports, or of a cohort."""
    from .sensing.evaluation import evaluate_sensing

    return evaluate_sensing(data)


def _activity(data: Path, *, instrument: str, budget: float) -> dict[str, Any]:
    """How well rest and activity tell two groups apart, person by person."""
    from .sensing.groups import evaluate_activity

    return evaluate_activity(data)


PARTS: Mapping[str, Part] = {
    "course": _course,
    "instruments": _instruments,
    "sensing": _sensing,
    "activity": _activity,
}


def words(value: Any) -> str:
    """A figure as people read it."""
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {words(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return " to ".join(words(inner) for inner in value)
    return str(value)


def data_files() -> dict[str, int]:
    """Load every data file once, which validates it; return what was found."""
    from heartsease.science import instruments
    from heartsease.science.dialogue import helplines
    from heartsease.science.sensing.catalogue import FEATURES
    from heartsease.science.treatment.stepped_care import RULES

    return {
        "instruments": len([instruments.load(name) for name in instruments.INSTRUMENTS]),
        "features": len(FEATURES),
        "countries with crisis lines": len(helplines.countries()),
        "stepped-care rules": len(RULES),
    }
