"""Everything kept about a person, as plain values for a file they may take along."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from heartsease.capture.journal import queries as journal
from heartsease.capture.measures import queries as measures
from heartsease.capture.streams import queries as streams
from heartsease.care.plans import queries as plans
from heartsease.consent import gate
from heartsease.consent import queries as consent
from heartsease.people.models import Person
from heartsease.science import instruments
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.watch import queries as watch


def whole_record(person: Person, now: datetime) -> dict[str, Any]:
    """Gather a person's own rows through the gate, with the units in the names.

    Samples below the day are not in here; the daily features made of them are.
    """
    return {
        "format": "heartsease-record-1",
        "made_at": now.isoformat(),
        "person": {
            "name": person.name,
            "email": person.email,
            "phone": person.phone or "",
            "reach_note": person.reach_note or "",
            "timezone": person.timezone,
            "country": person.country,
            "joined_at": person.joined_at.isoformat(),
        },
        "check_ins": _check_ins(person),
        "voice_diaries": [
            {"at": row.at.isoformat(), "day": str(row.day), **row.values}
            for row in journal.own_voice_diaries(person, limit=None)
        ],
        "questionnaires": _questionnaires(person),
        "daily_features": _features(person),
        "changes_noticed": [
            {"feature": row.feature, "since": str(row.since), "sentence": row.sentence}
            for row in watch.signals(person, gate.SELF)
        ],
        "ideas_tried": [
            {"for": row.way, "idea": row.idea, "said": row.verdict, "at": row.at.isoformat()}
            for row in watch.own_tried(person)
        ],
        "plans": _plans(person),
        "decisions": _decisions(person),
        "consents": [
            {
                "stream": row.stream,
                "purpose": row.purpose,
                "given": row.given,
                "since": row.since.isoformat() if row.since else None,
                "text_version": row.version,
            }
            for row in consent.switches(person)
        ],
        "record_opened": [
            {"at": row.at.isoformat(), "who": row.who, "why": row.why, "what": row.what}
            for row in consent.openings(person, limit=10_000)
        ],
        "seen_in_a_list": [
            {"who": row.who, "days": row.days, "last": row.last.isoformat()}
            for row in consent.listings(person, now=now)
        ],
    }


def _check_ins(person: Person) -> list[dict[str, Any]]:
    return [
        {"at": row.at.isoformat(), "day": str(row.day), **row.values, "note": row.note or ""}
        for row in journal.check_ins(person, gate.SELF)
    ]


def _questionnaires(person: Person) -> list[dict[str, Any]]:
    return [
        {
            "instrument": row.instrument,
            "title": instruments.load(row.instrument).title,
            "version": row.instrument_version,
            "answered_at": row.answered_at.isoformat(),
            "answers": row.answers,
            "total": row.total,
            "band": row.band,
            "no_score_because": row.reason,
        }
        for row in measures.responses(person, gate.SELF)
    ]


def _features(person: Person) -> list[dict[str, Any]]:
    rows = streams.features(person, gate.SELF).order_by("day", "feature")
    return [
        {
            "day": str(day),
            "feature": feature,
            "what": FEATURES[feature].label if feature in FEATURES else "",
            "unit": FEATURES[feature].unit if feature in FEATURES else "",
            "value": value,
            "data_yield": share,
            "source": source,
            "ready_made": ready
            and {name: ready[name] for name in ("value", "data_yield", "source")},
        }
        for day, feature, value, share, source, ready in rows.values_list(
            "day", "feature", "value", "data_yield", "source", "replaced"
        )
    ]


def _decisions(person: Person) -> list[dict[str, Any]]:
    return [
        {
            "suggested": row.title,
            "situation": row.situation,
            "suggested_by": row.made_by_version,
            "made_at": row.made_at.isoformat(),
            "decision": row.status,
            "decided_at": row.decided_at.isoformat() if row.decided_at else None,
            "reason": row.decision_reason or "",
            "effect": row.effect,
        }
        for row in plans.decided(person)
    ]


def _plans(person: Person) -> list[dict[str, Any]]:
    return [
        {
            "version": row.version,
            "problem": row.problem,
            "goals": row.goals,
            "review_on": str(row.review_on),
            "in_force_from": row.in_force_from.isoformat(),
            "ended_at": row.ended_at.isoformat() if row.ended_at else None,
            "activities": [
                {
                    "text": activity.text,
                    "log": [
                        {"day": str(one.day), "done": one.done, "reason": one.reason or ""}
                        for one in activity.log.all()
                    ],
                }
                for activity in row.activities.all()
            ],
            "summary_of_change": row.summary_of_change,
        }
        for row in plans.history(person)
    ]
