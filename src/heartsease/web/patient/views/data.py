"""My data: what the days look like, in a sentence and a small chart each, and their sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from heartsease.capture.measures import queries as measures
from heartsease.capture.streams import actions as stream_actions
from heartsease.capture.streams import queries as streams
from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.science import instruments
from heartsease.science.course.series import DailySeries
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.watch import queries as watch
from heartsease.web import charts
from heartsease.web.access import role_required
from heartsease.web.request import SignedInRequest

from .. import sentences
from .questionnaires import course_chart

PERIODS = {"28": "4 weeks", "90": "3 months"}
HISTORY_DAYS = 120


@dataclass(frozen=True)
class Part:
    """One part of the page: which features it speaks of, the first of them at once."""

    key: str
    title: str
    icon: str
    stream: str
    features: tuple[str, ...]


PARTS = (
    Part(
        "sleep",
        "Sleep",
        "moon",
        "wearables",
        ("minutes_asleep", "midsleep_minutes", "sleep_regularity_index"),
    ),
    Part("activity", "Activity", "footprints", "wearables", ("steps",)),
    Part(
        "heart",
        "Heart",
        "heart-pulse",
        "wearables",
        ("resting_heart_rate_bpm", "hrv_rmssd_ms", "hrv_sdnn_ms"),
    ),
    Part("mood", "Mood", "smile", "journal", ("mood", "sleep_quality", "energy", "worry")),
)


@role_required("patient")
@require_GET
def data(request: SignedInRequest) -> HttpResponse:
    """Show every part, over four weeks or three months."""
    person = request.user
    today = timezone.localdate()
    period = request.GET.get("days", "28")
    days = int(period) if period in PERIODS else 28
    series = watch.all_series(person, HISTORY_DAYS, today)
    usual = watch.usual_ranges(series)
    signals = {signal.feature: signal for signal in watch.open_signals(person)}
    context = {
        "parts": [_part(part, series, usual, signals, days, person) for part in PARTS],
        "questionnaires": _questionnaires(person),
        "keeps_questionnaires": gate.allows(person, "keep", "questionnaires"),
        "origin": _origin(person),
        "days": days,
        "periods": [(key, words, int(key) == days) for key, words in PERIODS.items()],
    }
    return render(request, "patient/data.html", context)


def _part(
    part: Part,
    series: Mapping[str, DailySeries],
    usual: Mapping[str, tuple[float, float] | None],
    signals: Mapping[str, Any],
    days: int,
    person: Person,
) -> dict[str, Any]:
    there = [name for name in part.features if _has_data(series.get(name))]
    said = [_feature(name, series[name], usual.get(name), days) for name in there]
    return {
        "part": part,
        "main": said[0] if said else None,
        "more": said[1:],
        "signals": [signals[name] for name in there if name in signals],
        "kept": gate.allows(person, "keep", part.stream),
    }


def _has_data(found: DailySeries | None) -> bool:
    return found is not None and bool(np.isfinite(found.values).any())


def _feature(
    name: str, found: DailySeries, usual: tuple[float, float] | None, days: int
) -> dict[str, Any]:
    """One feature in words and as a chart of its last days."""
    wording = sentences.WORDINGS[name]
    values = [float(value) for value in found.values]
    dates: list[date] = [day.astype(object) for day in found.days[-days:]]
    sentence = sentences.standing(name, values, usual)
    return {
        "name": name,
        "title": wording.title,
        "sentence": sentence,
        "yield": sentences.yield_words(values, name),
        "definition": FEATURES[name].definition,
        "chart": charts.line_chart(
            name.replace("_", "-"),
            dates,
            values[-days:],
            title=wording.title,
            summary="",
            say=wording.say,
            usual=usual,
            limits=(1, 5) if wording.is_scale else None,
        ),
    }


def _questionnaires(person: Person) -> list[dict[str, Any]]:
    """Each questionnaire that was answered, with its last score in words."""
    result = []
    for identifier in instruments.INSTRUMENTS:
        rows = measures.course(person, identifier)
        if rows:
            result.append(
                {
                    "instrument": instruments.load(identifier),
                    "last": rows[-1],
                    "times": len(rows),
                    "chart": course_chart(person, identifier),
                }
            )
    return result


def _origin(person: Person) -> dict[str, Any]:
    """Where watch and phone data come from."""
    read = [row for row in streams.own_uploads(person) if row.status == "done"]
    return {"sources": list(streams.own_sources(person)), "last": read[0] if read else None}


@role_required("patient")
@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest) -> HttpResponse:
    """Delete what the devices sent, after asking once."""
    if request.method == "POST":
        stream_actions.delete_stream(request.user, by=request.user, now=timezone.now())
        messages.success(request, "Your watch and phone data are deleted.")
        return redirect("patient:data")
    return render(request, "patient/delete_data.html")
