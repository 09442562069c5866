"""My data: what the days look like, in a sentence and a small chart each, and their sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heartsease.capture.measures import queries as measures
from heartsease.capture.streams import actions as stream_actions
from heartsease.capture.streams import covered
from heartsease.capture.streams import queries as streams
from heartsease.consent import gate
from heartsease.consent.texts import texts
from heartsease.people.models import Person
from heartsease.science import instruments
from heartsease.science.course.ahead import Ahead, next_day, next_week
from heartsease.science.course.series import DailySeries
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.sensing.features.heart import HOURS_NEEDED, PART_NEEDS, SAMPLES_NEEDED
from heartsease.science.sensing.features.sleep import SHORTEST_MINUTES
from heartsease.watch import actions as watch_actions
from heartsease.watch import queries as watch
from heartsease.watch.coping import DID_NOT, HELPED
from heartsease.web import charts
from heartsease.web.access import role_required
from heartsease.web.request import SignedInRequest

from .. import sentences
from .questionnaires import course_chart

PERIODS = {"28": "4 weeks", "90": "3 months"}
HISTORY_DAYS = 120
# What somebody may want to know of tomorrow, and can do something about.
AHEAD = frozenset({"mood", "minutes_asleep", "steps"})
COUNTED_ALL_DAY = frozenset({"steps"})


@dataclass(frozen=True)
class Part:
    """One part of the page: which features it speaks of, the first of them at once.

    Attributes:
        samples: the streams whose samples its first feature is made of.
        needs: what a day needs for a number, said where samples came but were too few.
        domains: whose changes are told here; all of the stream if none is named.
    """

    key: str
    title: str
    icon: str
    stream: str
    features: tuple[str, ...]
    samples: tuple[str, ...] = ()
    needs: str = ""
    domains: tuple[str, ...] = ()


PARTS = (
    Part(
        "sleep",
        "Sleep",
        "moon",
        "wearables",
        ("minutes_asleep", "midsleep_minutes", "sleep_regularity_index"),
        ("sleep",),
        f"A night needs at least {SHORTEST_MINUTES} minutes asleep, as your device told them.",
        ("sleep",),
    ),
    Part(
        "activity",
        "Activity",
        "footprints",
        "wearables",
        ("steps", "minutes_lightly_active", "minutes_very_active"),
        ("steps", "activity"),
        "A day needs steps that a device counted. Movement without steps is not enough.",
        ("activity",),
    ),
    Part(
        "heart",
        "Heart",
        "heart-pulse",
        "wearables",
        ("resting_heart_rate_bpm", "hrv_rmssd_ms", "hrv_sdnn_ms"),
        ("heart_rate", "resting_heart_rate", "rr_interval"),
        f"A day's resting pulse needs at least {SAMPLES_NEEDED} measurements, in "
        f"{HOURS_NEEDED} different hours, {PART_NEEDS} of them from midnight to six, or a resting "
        "pulse from the device itself.",
        ("heart",),
    ),
    Part(
        "places",
        "Places",
        "map-pin",
        "places",
        ("home_stay_share", "distance_travelled_km", "places_visited"),
        ("gps",),
        "A day needs positions from some hours, not all at one moment.",
    ),
    Part(
        "phone",
        "Phone use",
        "smartphone",
        "phone",
        ("screen_minutes", "night_screen_minutes", "unlocks", "key_latency_ms"),
        ("screen", "app_use", "keyboard"),
        "A day needs times at which the screen went on and off.",
    ),
    Part(
        "contacts",
        "Calls and messages",
        "phone",
        "contacts",
        ("contacts", "calls", "texts"),
        ("comm",),
        "A day needs at least one call or message.",
    ),
    Part(
        "voice",
        "Voice",
        "mic",
        "voice",
        ("voice_pause_ms", "voice_speech_rate_per_s", "voice_f0_range_semitones"),
    ),
    Part("mood", "Mood", "smile", "journal", ("mood", "sleep_quality", "energy", "worry")),
)
DEVICES = tuple(part for part in PARTS if part.stream == "wearables")
# Shown once the person keeps them or something is there; Privacy and the sources page offer them.
ADDED = frozenset({"places", "phone", "contacts", "voice"})


@role_required("patient")
@require_GET
def data(request: SignedInRequest) -> HttpResponse:
    """Show every part, over four weeks or three months."""
    person = request.user
    today = timezone.localdate()
    period = request.GET.get("days", "28")
    days = int(period) if period in PERIODS else 28
    series = watch.all_series(person, HISTORY_DAYS, today)
    usual = watch.usual_ranges(person, HISTORY_DAYS, today)
    partly = watch.partly_recorded(person, HISTORY_DAYS, today)
    whole = {name: watch.without(one, partly.get(name, set())) for name, one in series.items()}
    changes = watch.own_changes(person)
    brought = _brought(person)
    parts = [_part(part, whole, partly, usual, changes, days, person) for part in PARTS]
    for entry in parts:
        entry["thin"] = [] if entry["main"] else brought.thin(entry["part"])
    context = {
        "devices": [entry for entry in parts if entry["part"] in DEVICES],
        "told": [
            entry
            for entry in parts
            if entry["part"] not in DEVICES and (entry["part"].stream not in ADDED or _shows(entry))
        ],
        "has_device_data": bool(brought.samples or brought.last_days),
        "questionnaires": _questionnaires(person),
        "keeps_questionnaires": gate.allows(person, "keep", "questionnaires"),
        "keeps_devices": gate.allows(person, "keep", stream_actions.STREAM),
        "origin": {
            "sources": streams.own_senders(person),
            "files": streams.own_read_files(person),
        },
        "days": days,
        "periods": [(key, words, int(key) == days) for key, words in PERIODS.items()],
    }
    return render(request, "patient/data.html", context)


def _shows(entry: dict[str, Any]) -> bool:
    """Whether a part that is asked for separately has a place on the page."""
    return bool(entry["kept"] or entry["main"] or entry["thin"])


@dataclass(frozen=True)
class Brought:
    """What devices brought in so far, however long ago, and whether or not a number came of it."""

    samples: Mapping[str, streams.Samples]
    last_days: Mapping[str, date]

    def thin(self, part: Part) -> list[str]:
        """Why a part shows no number although data came; nothing where none came."""
        numbers = [self.last_days[name] for name in part.features if name in self.last_days]
        if numbers:
            return [sentences.long_ago(max(numbers))]
        found = [self.samples[name] for name in part.samples if name in self.samples]
        if not found:
            return []
        days, last = max(one.days for one in found), max(one.last for one in found)
        return [sentences.too_thin(days, last), part.needs]


def _brought(person: Person) -> Brought:
    return Brought(streams.own_samples(person), streams.own_last_days(person))


def _part(
    part: Part,
    series: Mapping[str, DailySeries],
    partly: Mapping[str, set[date]],
    usual: Mapping[str, tuple[float, float] | None],
    changes: Sequence[watch.Told],
    days: int,
    person: Person,
) -> dict[str, Any]:
    """One part of the page.

    Args:
        series: without days that were recorded in part.
    """
    there = [name for name in part.features if _has_data(series.get(name))]
    said = [
        _feature(name, series[name], partly.get(name, set()), usual.get(name), days)
        for name in there
    ]
    own = [
        told
        for told in changes
        if told.signal.stream == part.stream
        and (told.signal.domain in part.domains or not part.domains)
    ]
    if said:
        said[0]["ahead"] = _look_ahead(there[0], series[there[0]], is_changing=bool(own))
    return {
        "part": part,
        "main": said[0] if said else None,
        "more": said[1:],
        "changes": own,
        "kept": gate.allows(person, "keep", part.stream),
        "of": texts().streams[part.stream].title.lower(),
    }


def _has_data(found: DailySeries | None) -> bool:
    return found is not None and bool(np.isfinite(found.values).any())


def _feature(
    name: str,
    found: DailySeries,
    partly: set[date],
    usual: tuple[float, float] | None,
    days: int,
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
        "yield": sentences.yield_words(
            values, name, len(partly.intersection(dates[-sentences.YIELD_DAYS :]))
        ),
        "definition": FEATURES[name].definition,
        "chart": charts.line_chart(
            name.replace("_", "-"),
            dates,
            values[-days:],
            title=wording.title,
            summary="",
            say=wording.say,
            number=wording.number,
            unit=wording.unit,
            usual=usual,
            limits=(1, 5) if wording.is_scale else None,
            least_span=wording.least_span,
        ),
    }


def _look_ahead(name: str, found: DailySeries, *, is_changing: bool) -> list[str]:
    """What comes in words, or why nothing is said of it; nothing for what is not looked ahead at.

    A day of steps is not over before midnight, so of steps it is today that is foreseen; next week
    is spoken of only where there is something to say.
    """
    if name not in AHEAD:
        return []
    is_over = name not in COUNTED_ALL_DAY
    known = found if is_over else DailySeries(found.days[:-1], found.values[:-1])
    span = "Tomorrow" if is_over else "Today, all in all"
    said = [sentences.look_ahead(name, next_day(known), span=span, is_changing=is_changing)]
    week = next_week(known)
    if isinstance(week, Ahead) and not is_changing:
        said.append(sentences.look_ahead(name, week, span="A day of the next week on average"))
    return said


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


@role_required("patient")
@require_POST
def idea(request: SignedInRequest, signal: UUID) -> HttpResponse:
    """Keep what a person says of an idea, and show what fits next."""
    verdict = request.POST.get("verdict", "")
    key = request.POST.get("idea", "")
    watch_actions.say_of_idea(request.user, signal, key, verdict, now=timezone.now())
    said = {
        HELPED: "Kept. It comes first the next time.",
        DID_NOT: "Kept. It will not be offered again.",
    }
    messages.success(request, said.get(verdict, "Here is another idea."))
    return redirect("patient:data" if request.POST.get("page") == "data" else "patient:today")


@role_required("patient")
@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest) -> HttpResponse:
    """Delete what the devices sent, all of it or what one agreement covers, after asking once."""
    one = request.GET.get("what", "")
    if one and one not in covered.AGREEMENTS:
        raise Http404("There is no data by this name.")
    agreements = frozenset({one} if one else covered.AGREEMENTS)
    title = texts().streams[one].title if one else "All your watch and phone data"
    if request.method == "POST":
        stream_actions.delete_data(
            request.user, by=request.user, now=timezone.now(), agreements=agreements
        )
        messages.success(request, f"{title}: deleted.")
        return redirect("patient:data")
    going = [row for row in streams.own_sources(request.user) if row.paused_at is None]
    sending = going if any(gate.allows(request.user, "keep", each) for each in agreements) else []
    context = {"sending": sending, "one": one, "title": title}
    return render(request, "patient/delete_data.html", context)
