"""One person's course on one time axis: what the timeline draws and the brief says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator

from heartsease.capture.journal import queries as journal
from heartsease.capture.measures import queries as measures
from heartsease.capture.streams import queries as streams
from heartsease.care.plans import queries as plans
from heartsease.care.plans.models import Proposal
from heartsease.consent import gate
from heartsease.consent import queries as consent
from heartsease.consent.texts import can_serve, texts
from heartsease.people.models import Person
from heartsease.science import instruments
from heartsease.science.course.domains import domains
from heartsease.science.course.reliable import verdict
from heartsease.science.course.series import DailySeries
from heartsease.watch import queries as watch
from heartsease.watch.models import Alert, Signal
from heartsease.watch.silence import Silent, silences
from heartsease.web.patient.wordings import WORDINGS

from .lanes import lanes

DAYS = 400
TABLE_DAYS = 28
NOTE_DAYS, NOTE_LETTERS = 14, 160
NOT_SHOWN_DAYS = 60
QUESTIONNAIRES = ("phq9", "gad7", "phq4", "phq2")


@dataclass(frozen=True)
class Sentence:
    """One sentence of the brief and where it comes from."""

    text: str
    source: str
    anchor: str


@dataclass(frozen=True)
class Shared:
    """What the person shows to the team, by stream, as the gate says now."""

    questionnaires: bool
    journal: bool
    wearables: bool
    added: tuple[str, ...]


def shared(clinician: Person, person: Person) -> Shared:
    """Which streams of this person the clinician may see; of those added later, their titles."""

    def seen(stream: str) -> bool:
        return gate.seen_by(clinician, "care", stream).filter(pk=person.pk).exists()

    return Shared(
        questionnaires=seen("questionnaires"),
        journal=seen("journal"),
        wearables=seen("wearables"),
        added=tuple(
            one.title
            for stream, one in texts().streams.items()
            if one.later and can_serve(stream, "care") and seen(stream)
        ),
    )


def timeline(clinician: Person, person: Person, today: date) -> dict[str, Any]:
    """Everything the timeline draws, as plain values; streams not shown are simply absent."""
    series = watch.all_series(person, DAYS, today, actor=clinician, purpose="care")
    usual = watch.usual_ranges(person, DAYS, today, actor=clinician, purpose="care")
    open_signals = watch.open_signals(person, actor=clinician, purpose="care")
    there = [name for name, found in series.items() if np.isfinite(found.values).any()]
    return {
        "today": str(today),
        "lanes": lanes(there, {name for one in open_signals for name in one.features}),
        "questionnaires": [
            lane for lane in (_scores(clinician, person, key) for key in QUESTIONNAIRES) if lane
        ],
        "series": {
            feature: {
                "usual": usual.get(feature),
                "values": _points(found),
            }
            for feature, found in series.items()
            if feature in there
        },
        "yields": [
            [str(day), round(share, 2)]
            for day, share in sorted(
                streams.yields(person, DAYS, today, actor=clinician, purpose="care").items()
            )
        ],
        "phases": [
            {
                "name": f"Plan {plan.version}: {plan.summary_of_change}",
                "start": _day(plan.in_force_from),
                "end": _day(plan.ended_at) if plan.ended_at else str(today),
            }
            for plan in reversed(plans.history(person, actor=clinician))
        ],
        "marks": _marks(clinician, person),
    }


@dataclass(frozen=True)
class Table:
    """The values of the last weeks: a column a series, a row a day, newest first."""

    columns: tuple[str, ...]
    rows: tuple[tuple[date, tuple[str, ...]], ...]


def table(clinician: Person, person: Person, today: date) -> Table:
    """What the timeline draws of the last four weeks, for those who read tables.

    A day without any value has no row; a value that is missing is an empty word.
    """
    series = watch.all_series(person, TABLE_DAYS, today, actor=clinician, purpose="care")
    there = [name for name in WORDINGS if name in series and np.isfinite(series[name].values).any()]
    by_day: dict[date, dict[str, str]] = {}
    for name in there:
        for day, value in zip(series[name].days, series[name].values, strict=True):
            if np.isfinite(value):
                written = WORDINGS[name].say(float(value))
                by_day.setdefault(day.astype(object), {})[name] = written
    return Table(
        columns=tuple(WORDINGS[name].title for name in there),
        rows=tuple(
            (day, tuple(by_day[day].get(name, "") for name in there))
            for day in sorted(by_day, reverse=True)
        ),
    )


def _day(at: datetime) -> str:
    return str(timezone.localtime(at).date())


def _points(found: DailySeries) -> list[list[Any]]:
    """Days and values from the first day with data on; missing days are null, never joined."""
    there = np.flatnonzero(np.isfinite(found.values))
    first = int(there[0])
    return [
        [str(day), None if np.isnan(value) else round(float(value), 3)]
        for day, value in zip(found.days[first:], found.values[first:], strict=True)
    ]


def _scores(clinician: Person, person: Person, key: str) -> dict[str, Any] | None:
    rows = measures.course(person, key, actor=clinician, purpose="care")
    if not rows:
        return None
    instrument = instruments.load(key)
    return {
        "key": key,
        "title": instrument.title,
        "highest": max(band.high for band in instrument.bands),
        "caseness": instrument.caseness,
        "bands": [[band.low, band.high, band.name] for band in instrument.bands],
        "points": [[_day(row.answered_at), row.total, row.band] for row in rows],
    }


def _marks(clinician: Person, person: Person) -> list[dict[str, str]]:
    marks = [
        {"day": _day(alert.opened_at), "label": alert.get_kind_display(), "kind": alert.kind}
        for alert in watch.alerts(clinician).filter(person=person)
    ]
    marks += [
        {"day": str(signal.since), "label": signal.facts["label"], "kind": "signal"}
        for signal in watch.open_signals(person, actor=clinician, purpose="care")
    ]
    return sorted(marks, key=lambda mark: mark["day"])


def brief(
    clinician: Person,
    person: Person,
    *,
    alerts: list[Alert],
    signals: list[Signal],
    proposals: list[Proposal],
    today: date,
) -> list[Sentence]:
    """What a clinician needs to know first, each sentence with its source."""
    said = [Sentence(f"{alert.headline}.", "Alert", "alerts") for alert in alerts]
    for key in ("phq9", "gad7"):
        said += _score_sentence(clinician, person, key)
    said += [Sentence(signal.sentence, signal.facts["label"], "charts") for signal in signals]
    said += _silence(clinician, person, today)
    said += _not_compared(clinician, person)
    said += _note(clinician, person, today)
    said += [
        Sentence(f"Proposal waits: {one.title}.", "Proposal", "proposals") for one in proposals
    ]
    return said


def _score_sentence(clinician: Person, person: Person, key: str) -> list[Sentence]:
    rows = measures.course(person, key, actor=clinician, purpose="care")
    if not rows:
        return []
    instrument = instruments.load(key)
    last = rows[-1]
    when = date_format(timezone.localtime(last.answered_at), "j M")
    if len(rows) == 1:
        text = f"{instrument.title} {last.total:g} ({last.band}) on {when}; first score."
    else:
        word = {
            "improved": "better than the first beyond chance",
            "deteriorated": "worse than the first beyond chance",
        }.get(verdict(rows[0].points, last.points, instrument), "no change beyond chance")
        text = (
            f"{instrument.title} {rows[0].total:g} to {last.total:g} ({last.band}) on {when}; "
            f"{word}."
        )
    count = "1 answer" if len(rows) == 1 else f"{len(rows)} answers"
    return [Sentence(text, count, "scores")]


def _not_compared(clinician: Person, person: Person) -> list[Sentence]:
    """Say of what it is not known whether it changed, with the reason most of it shares."""
    found = watch.verdicts_of(clinician, [person]).get(person.pk, {})
    known = {watch.NOTICED, watch.UNCHANGED}
    unknown = {domain: own for domain, own in found.items() if not known & set(own)}
    by_reason: dict[str, list[str]] = {}
    for domain, own in unknown.items():
        by_reason.setdefault(own[0], []).append(domains().known[domain].title.lower())
    return [
        Sentence(f"Not known whether {' or '.join(names)} changed: {why}", "Data yield", "charts")
        for why, names in by_reason.items()
    ]


def _note(clinician: Person, person: Person, today: date) -> list[Sentence]:
    """The newest note of the last two weeks, cut where it is long."""
    rows = journal.recent(person, NOTE_DAYS, today, actor=clinician, purpose="care")
    noted = [row for row in rows if row.note]
    if not noted:
        return []
    last = noted[-1]
    when = date_format(timezone.localtime(last.at), "j M")
    return [
        Sentence(f"Note of {when}: {Truncator(last.note).chars(NOTE_LETTERS)}", "Notes", "notes")
    ]


def _silence(clinician: Person, person: Person, today: date) -> list[Sentence]:
    """Say plainly when data stopped coming, for that is a finding too.

    That somebody stopped showing something is told apart from a device that fell silent.
    """
    lately = timezone.now() - timedelta(days=NOT_SHOWN_DAYS)
    hidden = [
        Sentence(
            f"{texts().streams[stream].title}: not shown to the team since "
            f"{date_format(timezone.localtime(at), 'j M')}, by the person's choice.",
            "Consent",
            "charts",
        )
        for stream, at in consent.no_longer_shown(person, since=lately).items()
    ]
    return hidden + [
        Sentence(_stopped(one), "Data yield", "charts")
        for one in silences(person, today, actor=clinician, purpose="care")
    ]


WHY = {
    "switched_off": "switched off by the person on {on}",
    "paused": "paused by the person on {on}",
    "disconnected": "device disconnected on {on}",
    "files": "came by files; none sent since",
    "battery": "battery empty on {on}",
    "not_worn": "other data still come, so not worn or not permitted for this",
    "sends_on": "app still connects (last {on}) and brings nothing of this",
    "silent": "app last connected on {on}",
    "not_known": "reason not known",
}


def _stopped(one: Silent) -> str:
    """What stopped, when, why, and how long a gap was usual."""
    why = WHY[one.reason].format(on=date_format(one.on, "j M") if one.on else "")
    gap = one.found.longest_before
    usual = f"longest gap before {gap} day{'s' if gap != 1 else ''}"
    what = f"{one.what[0].upper()}{one.what[1:]}"
    return f"{what}: none since {date_format(one.found.last, 'j M')} ({usual}); {why}."
