"""Stepped care by explicit rules: what a clinician may want to consider now, why, by which source.

The rules and options are data (data/stepped_care.toml). Nothing here decides: each suggestion has
several options, says what speaks against each, and quotes an effect only where one is known.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from typing import Any

from .. import instruments
from ..course.reliable import is_case, lacks_response, verdict

RECENT_DAYS = 21
SAFETY = "safety"
# A step of an option that stands for the steps in force; the data file uses these words.
GO_ON = "Go on with the steps you have"


@dataclass(frozen=True)
class ScorePoint:
    """One total of one questionnaire on one day."""

    instrument: str
    day: date
    total: float


@dataclass(frozen=True)
class ObservedChange:
    """A lasting change of a daily feature against the person's own usual, in words."""

    feature: str
    since: date
    size_words: str
    stream: str = "wearables"


@dataclass(frozen=True)
class Situation:
    """What the rules look at.

    Attributes:
        treatment_started: day the first plan came into force; None before.
        step: step of care of the plan in force; 0 without a plan, or with one for safety alone.
    """

    now: date
    scores: tuple[ScorePoint, ...]
    treatment_started: date | None
    step: int
    open_safety_alert: bool
    changes: tuple[ObservedChange, ...] = ()


@dataclass(frozen=True)
class SuggestedOption:
    """One thing that could be done, with what is known for and against it."""

    key: str
    label: str
    step: int
    expected: str
    effort: str
    evidence: str
    against: str
    guideline_step: str
    activities: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """A situation, and options for a person to decide between.

    Attributes:
        to_person: what the person reads of it before anything is decided.
        problem: what a first plan would be about, in words without any score.
        streams: whose data it quotes; where one is not shown, it is not shown either.
    """

    rule: str
    title: str
    to_person: str
    problem: str
    situation: str
    reasons: tuple[str, ...]
    options: tuple[SuggestedOption, ...]
    source: str
    strength: str
    effect_measure: str
    effect_after_days: int
    streams: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """One rule's words and options as they stand in the data file."""

    id: str
    title: str
    to_person: str
    problem: str
    source: str
    strength: str
    options: tuple[SuggestedOption, ...]


@dataclass(frozen=True)
class Rules:
    """The data file."""

    effect_after_days: int
    severity_split_phq9: int
    by_id: Mapping[str, Rule]

    def __len__(self) -> int:
        return len(self.by_id)


class RulesUnusable(ValueError):
    """The data file contradicts itself."""


def read(table: Mapping[str, Any]) -> Rules:
    """Make rules of the data file's table.

    Raises:
        RulesUnusable: if a rule names an option that is not there, or not two to four of them.
    """
    options = {
        key: SuggestedOption(key=key, **{**row, "activities": tuple(row["activities"])})
        for key, row in table["option"].items()
    }
    rules = {}
    for name, row in table["rule"].items():
        if not 2 <= len(row["options"]) <= 4:
            raise RulesUnusable(f"Rule {name} has {len(row['options'])} options, not 2 to 4.")
        unknown = [key for key in row["options"] if key not in options]
        if unknown:
            raise RulesUnusable(f"Rule {name} names options that are not there: {unknown}.")
        chosen = tuple(options[key] for key in row["options"])
        rules[name] = Rule(
            id=name,
            title=row["title"],
            to_person=row["to_person"],
            problem=row["problem"],
            source=row["source"],
            strength=row["strength"],
            options=chosen,
        )
    return Rules(
        table["effect_after_days"],
        table["severity_split_phq9"],
        rules,
    )


RULES = read(tomllib.loads((files(__package__) / "data/stepped_care.toml").read_text("utf-8")))


def suggest(situation: Situation) -> tuple[Suggestion, ...]:
    """Apply every rule, at most one suggestion each.

    While a safety alert is open only the safety review is suggested: nothing else is planned past
    a danger that nobody has looked at.
    """
    if situation.open_safety_alert:
        return (_safety(situation),)
    found = (rule(situation) for rule in (_start, _deterioration, _no_response, _change))
    return tuple(suggestion for suggestion in found if suggestion is not None)


def _made(
    rule: str,
    situation: Situation,
    words: str,
    reasons: tuple[str, ...],
    step_floor: int = 0,
    streams: frozenset[str] = frozenset(),
    measure: str | None = None,
) -> Suggestion:
    """Put a rule's data and this person's situation together; no option leads a step down."""
    row = RULES.by_id[rule]
    return Suggestion(
        rule=rule,
        title=row.title,
        to_person=row.to_person,
        problem=row.problem,
        situation=words,
        reasons=reasons,
        options=tuple(replace(option, step=max(option.step, step_floor)) for option in row.options),
        source=row.source,
        strength=row.strength,
        effect_measure=measure or _measure(situation),
        effect_after_days=RULES.effect_after_days,
        streams=tuple(sorted(streams | {"questionnaires"})),
    )


def _course(situation: Situation, instrument: str) -> list[ScorePoint]:
    rows = [row for row in situation.scores if row.instrument == instrument]
    return sorted(rows, key=lambda row: row.day)


def _in_treatment(situation: Situation, instrument: str) -> list[ScorePoint]:
    return in_treatment(_course(situation, instrument), situation.treatment_started)


def in_treatment(rows: Sequence[ScorePoint], started: date | None) -> list[ScorePoint]:
    """The last score before treatment began, and those since; empty unless there is one since.

    Args:
        rows: one questionnaire's scores, oldest first.
        started: the day treatment began; None before.
    """
    if started is None:
        return []
    since = [row for row in rows if row.day > started]
    return [row for row in rows if row.day <= started][-1:] + since if since else []


def risen_from(rows: Sequence[ScorePoint]) -> ScorePoint | None:
    """The best score in treatment if the last one is reliably worse than it; else None."""
    if len(rows) < 2:
        return None
    last, best = rows[-1], min(rows[:-1], key=lambda row: row.total)
    tool = instruments.load(last.instrument)
    return best if verdict(best.total, last.total, tool) == "deteriorated" else None


def is_off_track(rows: Sequence[ScorePoint], started: date | None, today: date) -> str:
    """Why a course of scores calls for a review, in a few words, or nothing.

    The same rules as the proposals: worse beyond chance than the best score in treatment, or no
    response in week 6 or later. Scores older than three weeks say nothing of today.

    >>> rows = [ScorePoint("phq9", date(2026, 1, day), total) for day, total in ((1, 12), (20, 18))]
    >>> is_off_track(rows, date(2026, 1, 2), date(2026, 1, 21))
    'worse beyond chance'
    """
    seen = in_treatment(rows, started)
    if started is None or len(seen) < 2 or (today - seen[-1].day).days > RECENT_DAYS:
        return ""
    if risen_from(seen) is not None:
        return "worse beyond chance"
    weeks, tool = (today - started).days // 7, instruments.load(seen[-1].instrument)
    lacking = lacks_response(seen[0].total, seen[-1].total, weeks, tool)
    return f"no response, week {weeks}" if lacking else ""


def _measure(situation: Situation) -> str:
    """The questionnaire an effect is measured with: PHQ-9 unless there is only GAD-7."""
    if not _course(situation, "phq9") and _course(situation, "gad7"):
        return "gad7"
    return "phq9"


def _safety(situation: Situation) -> Suggestion:
    return _made(
        SAFETY,
        situation,
        "A safety alert is open. "
        "Until somebody has spoken with the person, nothing else is planned.",
        ("The person answered a question about self-harm above 0.",),
        situation.step,
    )


def _start(situation: Situation) -> Suggestion | None:
    """No plan yet, and a score at or above caseness."""
    if situation.step > 0:
        return None
    depression, anxiety = _course(situation, "phq9"), _course(situation, "gad7")
    if depression and is_case(depression[-1].total, instruments.load("phq9")):
        last = depression[-1]
        split = RULES.severity_split_phq9
        rule = "start_more_severe" if last.total >= split else "start_less_severe"
        word = f"at or above {split}" if last.total >= split else f"below {split}"
        band = instruments.load("phq9").band_of(last.total).name
        return _made(
            rule,
            situation,
            f"PHQ-9 is {last.total:g} ({band}) and no treatment plan is in force. "
            f"The guideline divides at {split}; this score is {word}.",
            (f"PHQ-9 {last.total:g} on {last.day:%-d %B %Y}.", "No treatment plan is in force."),
        )
    if anxiety and is_case(anxiety[-1].total, instruments.load("gad7")):
        last = anxiety[-1]
        band = instruments.load("gad7").band_of(last.total).name
        return _made(
            "start_anxiety",
            situation,
            f"GAD-7 is {last.total:g} ({band}) and no treatment plan is in force. "
            "PHQ-9 does not reach a case, so anxiety comes first.",
            (f"GAD-7 {last.total:g} on {last.day:%-d %B %Y}.", "No treatment plan is in force."),
            measure="gad7",
        )
    return None


def _deterioration(situation: Situation) -> Suggestion | None:
    """The last score is reliably worse than the best since treatment began, its start included."""
    reasons, words, measure = [], "", None
    for name in ("phq9", "gad7"):
        tool, rows = instruments.load(name), _in_treatment(situation, name)
        best = risen_from(rows)
        if best is None or (situation.now - rows[-1].day).days > RECENT_DAYS:
            continue
        last = rows[-1]
        reasons.append(
            f"{tool.title} rose from {best.total:g} ({best.day:%-d %B}) to {last.total:g} "
            f"({last.day:%-d %B}); {tool.reliable_change:g} or more is unlikely to be chance."
        )
        measure = measure or name
        words = words or (
            f"{tool.title} went from {best.total:g} at its best to {last.total:g} now. "
            "That is worse beyond chance."
        )
    if not reasons:
        return None
    return _made("deterioration", situation, words, tuple(reasons), situation.step, measure=measure)


def _no_response(situation: Situation) -> Suggestion | None:
    """Week 6 or later, a case at the start, and less than the fall that counts as response.

    PHQ-9 is looked at first, then GAD-7, so that somebody treated for anxiety is seen too.
    """
    if situation.treatment_started is None:
        return None
    weeks = (situation.now - situation.treatment_started).days // 7
    for name in ("phq9", "gad7"):
        tool, rows = instruments.load(name), _in_treatment(situation, name)
        if len(rows) < 2 or (situation.now - rows[-1].day).days > RECENT_DAYS:
            continue
        first, last = rows[0], rows[-1]
        if not lacks_response(first.total, last.total, weeks, tool):
            continue
        return _made(
            "no_response",
            situation,
            f"{tool.title} was {first.total:g} at the start and is {last.total:g} in week {weeks}. "
            "A fall by half counts as response; some people improve later than this.",
            (
                f"Week {weeks} of treatment.",
                f"{tool.title} {first.total:g} to {last.total:g}: less than half.",
                "Late responders exist, so this asks for a review and not for an end.",
            ),
            situation.step,
            measure=name,
        )
    return None


def _change(situation: Situation) -> Suggestion | None:
    """A lasting change in daily life against the person's own usual."""
    if not situation.changes or situation.step == 0:
        return None
    first = situation.changes[0]
    more = len(situation.changes) - 1
    worse = _deterioration(situation) is not None
    also = f" {more} more changed with it." if more else ""
    also += " Scores are worse as well." if worse else " No questionnaire says so yet."
    return _made(
        "change",
        situation,
        first.size_words + also,
        tuple(change.size_words for change in situation.changes),
        situation.step,
        frozenset(change.stream for change in situation.changes),
    )
