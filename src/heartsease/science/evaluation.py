"""What `heartsease evaluate` and `heartsease check data` run; nothing here touches the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl


class CannotEvaluate(ValueError):
    """The part is unknown, or the file is not what the part needs."""


def run(part: str, data: Path, *, instrument: str, budget: float) -> dict[str, Any]:
    """Evaluate one part on a CSV file; the keys are those of the design's table.

    Raises:
        CannotEvaluate: with the parts, or the columns, that are known.
    """
    parts = {"course": course, "instruments": measures}
    if part not in parts:
        raise CannotEvaluate(f"No part is called {part!r}. Known: {', '.join(parts)}.")
    try:
        frame = pl.read_csv(data, infer_schema_length=10_000, try_parse_dates=True)
    except pl.exceptions.PolarsError as error:
        raise CannotEvaluate(f"{data.name} is not a table in CSV form: {error}") from error
    return parts[part](frame, instrument=instrument, budget=budget)


def course(frame: pl.DataFrame, *, budget: float, **_: Any) -> dict[str, Any]:
    """Detection of injected changes in the real series given, at a budget of false alarms."""
    from heartsease.science.course.evaluation import evaluate_course

    return evaluate_course(frame, budget=budget)


def measures(frame: pl.DataFrame, *, instrument: str, **_: Any) -> dict[str, Any]:
    """Reliability, distribution and item bias of a questionnaire."""
    from heartsease.science.instruments.psychometrics import evaluate_instrument

    return evaluate_instrument(frame, instrument)


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
