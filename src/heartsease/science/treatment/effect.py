"""What followed from a decision: the score before against the score when its effect was due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .. import instruments
from ..course.reliable import verdict
from .stepped_care import ScorePoint

WINDOW_DAYS = 14


@dataclass(frozen=True)
class Effect:
    """A sentence, and the scores behind it; not known is an answer too."""

    known: bool
    sentence: str
    verdict: str | None = None
    before: float | None = None
    after: float | None = None
    days: int | None = None


def effect_of(scores: Sequence[ScorePoint], *, instrument: str, decided: date, due: date) -> Effect:
    """Compare the last score up to the decision with the one nearest the due day.

    The later score must lie after the decision and within 14 days of the due day. A change after a
    decision is not proof that the decision caused it; the sentence says what happened, no more.

    >>> first, last = date(2026, 3, 1), date(2026, 3, 29)
    >>> points = [ScorePoint("phq9", first, 17.0), ScorePoint("phq9", last, 9.0)]
    >>> effect_of(points, instrument="phq9", decided=first, due=last).sentence
    'PHQ-9 went from 17 to 9 in 28 days. A change of 6 or more is unlikely to be chance.'
    """
    tool = instruments.load(instrument)
    own = sorted((row for row in scores if row.instrument == instrument), key=lambda row: row.day)
    before = [row for row in own if row.day <= decided]
    after = [row for row in own if row.day > decided and abs((row.day - due).days) <= WINDOW_DAYS]
    if not before:
        return Effect(False, f"We don't know yet: there is no {tool.title} from before the change.")
    if not after:
        return Effect(
            False, f"We don't know yet: there is no {tool.title} from around the day it was due."
        )
    first = before[-1]
    last = min(after, key=lambda row: abs((row.day - due).days))
    found = verdict(first.total, last.total, tool)
    days = (last.day - first.day).days
    moved = (
        f"{tool.title} stayed at {last.total:g} over {days} days."
        if first.total == last.total
        else f"{tool.title} went from {first.total:g} to {last.total:g} in {days} days."
    )
    if tool.reliable_change is None:
        meaning = "How much of this is chance is not known for this questionnaire."
    elif found == "unchanged":
        meaning = f"A change of less than {tool.reliable_change:g} can be chance."
    else:
        meaning = f"A change of {tool.reliable_change:g} or more is unlikely to be chance."
    return Effect(True, f"{moved} {meaning}", found, first.total, last.total, days)
