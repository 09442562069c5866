"""Scoring: a total where the instrument's rule allows one, otherwise the reason why not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from .model import Instrument


class ImpossibleAnswer(ValueError):
    """An answer to an item that is not there, or a value that the item does not have."""


@dataclass(frozen=True)
class Score:
    """What a set of answers comes to.

    Attributes:
        total: the sum, prorated when the rule allows it; None with a `reason` otherwise.
        missing: numbers of the items without an answer.
        safety: numbers of the safety items answered above 0, whatever else is missing.
    """

    total: float | None
    band: str | None
    prorated: bool
    missing: tuple[int, ...]
    reason: str | None
    safety: tuple[int, ...]
    subscales: Mapping[str, float | None] = field(default_factory=dict)


def score(instrument: Instrument, answers: Mapping[int, int | None]) -> Score:
    """Score answers by the instrument's own rule.

    1. Refuse what cannot be.
    2. Note safety items, which count whatever is missing.
    3. Without a safety item's answer there is no total: it is never prorated.
    4. Prorate while at most `max_missing` items (20 %) are missing: mean of the answered times
       the number of items, rounded half up.

    Raises:
        ImpossibleAnswer: naming the item and the values it has.

    >>> from .library import load
    >>> score(load("phq9"), {n: 2 for n in range(1, 10)}).total
    18.0
    >>> score(load("phq9"), {n: 2 for n in range(1, 8)}).reason
    'No score: 2 of 9 answers are missing (8, 9); at most 1 may be.'
    """
    given = _checked(instrument, answers)
    missing = tuple(item.number for item in instrument.items if item.number not in given)
    safety = tuple(number for number in instrument.safety_items if given.get(number, 0) > 0)
    subscales = {
        scale.name: _sum(given, scale.items) if not set(scale.items) & set(missing) else None
        for scale in instrument.subscales
    }
    reason = _reason(instrument, missing)
    if reason is not None:
        return Score(None, None, False, missing, reason, safety, subscales)
    total = float(sum(given.values()))
    if missing:
        total = float(math.floor(total / len(given) * len(instrument.items) + 0.5))
    band = instrument.band_of(total).name
    return Score(total, band, bool(missing), missing, None, safety, subscales)


def _checked(instrument: Instrument, answers: Mapping[int, int | None]) -> dict[int, int]:
    """The answers that were given, each turned the right way round."""
    values = [option.value for option in instrument.options]
    items = {item.number: item for item in instrument.items}
    given = {}
    for number, value in answers.items():
        if number not in items:
            raise ImpossibleAnswer(f"{instrument.title} has no item {number}.")
        if value is None:
            continue
        if isinstance(value, bool) or value not in values:
            allowed = ", ".join(map(str, values))
            raise ImpossibleAnswer(
                f"{instrument.title}, item {number}: {value!r} is not one of {allowed}."
            )
        given[number] = max(values) + min(values) - value if items[number].reverse else value
    return given


def _sum(given: Mapping[int, int], numbers: tuple[int, ...]) -> float:
    return float(sum(given[number] for number in numbers))


def _reason(instrument: Instrument, missing: tuple[int, ...]) -> str | None:
    """Why there is no total, or none."""
    if len(missing) > instrument.max_missing:
        listed = ", ".join(map(str, missing))
        allowed = instrument.max_missing or "none"
        return (
            f"No score: {len(missing)} of {len(instrument.items)} answers are missing ({listed}); "
            + (f"at most {allowed} may be." if instrument.max_missing else "none may be.")
        )
    unanswered = set(missing) & set(instrument.safety_items)
    if unanswered:
        number = min(unanswered)
        return f"No score: item {number} has no answer, and it is never filled in by the others."
    return None
