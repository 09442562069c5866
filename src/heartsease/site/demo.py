"""The demo clinic: a small place with one story per person, made through the same actions as life.

Everybody is fictional and labelled so. Running it again changes nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from heartsease.capture.journal.models import CheckIn
from heartsease.capture.measures import actions as measures
from heartsease.capture.streams import daybook
from heartsease.care.plans import actions as plans
from heartsease.care.plans import tasks as plan_tasks
from heartsease.consent import actions as consent
from heartsease.people import actions as people
from heartsease.people.models import Person, Role, Team
from heartsease.science import instruments
from heartsease.science.simulate import lifesnaps
from heartsease.science.simulate.people import SimulatedPerson, simulate
from heartsease.watch import tasks as watch

DAYS = 150
WEEKS_IN_CARE = {"improving": 9, "off_track": 8, "recovery": 16, "relapsing": 30, "stable": 24}


class RealPeople(RuntimeError):
    """The demo has no place beside real people."""


def load(*, now: datetime, note: Callable[[float], None] = lambda share: None) -> bool:
    """Make the clinic unless it is there; true if it was made.

    Raises:
        RealPeople: if anybody has an account who is not of the demo; nothing is changed.
    """
    if Person.objects.filter(is_demo=True).exists():
        note(1.0)
        return False
    if Person.objects.exists():
        raise RealPeople(
            "There are accounts of real people here, so the demo was not loaded: it lets anybody "
            "sign in with one click. Give it a folder of its own (HEARTSEASE_DATA)."
        )
    permit_one_click_sign_in()
    table = tomllib.loads((files(__package__) / "data" / "demo.toml").read_text("utf-8"))
    with transaction.atomic():
        began = now - timedelta(days=DAYS + 60)
        first, *others = sorted(table["staff"], key=lambda row: row["role"] != Role.ADMIN)
        boss = _staff(first, began)
        staff = [boss, *(_staff(row, began, boss) for row in others)]
        for number, row in enumerate(table["patient"], start=1):
            _patient(row, staff, now, began)
            note(number / len(table["patient"]))
    return True


def permit_one_click_sign_in() -> None:
    """Write the policy of a demo where no policy is; an operator's own file is left alone."""
    if not settings.SITE_POLICY.exists():
        settings.SITE_POLICY.write_text(
            "# Written by `heartsease demo`. Delete this line's setting before real people come.\n"
            "demo_sign_in = true\n"
        )


def _staff(row: dict[str, Any], began: datetime, boss: Person | None = None) -> Person:
    person = people.register(
        row["email"], row["name"], row["role"], now=began, is_demo=True, timezone="Europe/London"
    )
    if "team" in row:
        team = Team.objects.filter(name=row["team"]).first() or people.found_team(
            row["team"], by=boss, now=began, is_intake=row["team"].startswith("Riverside")
        )
        people.join(team, person, by=boss, now=began)
    return person


def _patient(row: dict[str, Any], staff: list[Person], now: datetime, began: datetime) -> None:
    """One story: account, care, consent, days, scores, plan, and then what the rules make of it."""
    person = people.register(
        row["email"],
        row["name"],
        Role.PATIENT,
        now=began if row["story"] != "intake" else now - timedelta(days=2),
        is_demo=True,
        story=row["label"],
        timezone="Europe/London",
    )
    people.welcome(person, now=person.joined_at)
    reach = row.get("phone", ""), row.get("reach_note", "")
    people.set_reach(person, *reach, by=person, now=person.joined_at)
    boss = next(one for one in staff if one.role == Role.ADMIN)
    lead = next(one for one in staff if one.role == Role.CLINICIAN and _in(one, row["team"]))
    for relation in person.care_relations.filter(ended=None):
        if relation.team.name != row["team"]:
            people.end_care(relation, by=boss, now=began)
    team = Team.objects.get(name=row["team"])
    people.take_into_care(person, team, by=boss, now=person.joined_at, lead=lead)
    for stream in ("questionnaires", "journal", "wearables"):
        for purpose in ("keep", "care", "early_warning"):
            consent.give(person, stream, purpose, by=person, now=person.joined_at)
    made = simulate(row["story"], days=DAYS, end=now.date() - timedelta(days=1), seed=20261123)
    _days(person, row, made, now)
    _scores(person, row, made, now)
    _care(person, lead, row, now)
    if row["story"] == "withdrawn":
        consent.withdraw(person, "wearables", "care", by=person, now=now - timedelta(days=3))
    # What was noticed when the last days came in, and what is to be seen today.
    for moment in (now - timedelta(days=now.weekday()), now):
        watch.compare(person, now=moment)
    if row["story"] != "intake":
        plan_tasks.think_over(person, now=now)


def _in(clinician: Person, team: str) -> bool:
    return clinician.memberships.filter(team__name=team).exists()


def _last_sunday(now: datetime) -> date:
    """The last Sunday before today, up to which real days reach.

    A person's usual is learnt on whole weeks, so the same days say the same from a Monday to a
    Sunday only if they always end on the same weekday.
    """
    return now.date() - timedelta(days=now.weekday() + 1)


def _days(person: Person, row: dict[str, Any], made: SimulatedPerson, now: datetime) -> None:
    """Daily features and check-ins, real ones from LifeSnaps where the story says so."""
    kind, _, which = row["days"].partition(":")
    if kind == "lifesnaps":
        real = next(one for one in lifesnaps.people(end=_last_sunday(now)) if one.role == which)
        daybook.keep_features(person.pk, real.features, source="LifeSnaps")
        for mood in real.moods:
            _check_in(
                person, mood.day, {"mood": mood.mood, "feelings": list(mood.words)}, "LifeSnaps"
            )
        return
    daybook.keep_features(person.pk, made.features, source="simulated")
    for one in made.checkins:
        values = {
            item: value
            for item in ("mood", "sleep_quality", "energy", "worry")
            if (value := getattr(one, item)) is not None
        }
        if values:
            _check_in(person, one.day, values, "simulated", one.note)


def _check_in(
    person: Person, day: Any, values: dict[str, Any], origin: str, note: str | None = None
) -> None:
    at = datetime.combine(day, time(20, 30), ZoneInfo(person.timezone))
    CheckIn.objects.create(
        person=person, at=at, day=day, values=values, note=note or None, origin=origin
    )


def _scores(person: Person, row: dict[str, Any], made: SimulatedPerson, now: datetime) -> None:
    """Questionnaire answers; those of the new person come in by the front door, just now."""
    for answered in made.answers:
        at = datetime.combine(answered.day, time(19, 0), ZoneInfo(person.timezone))
        if row["story"] == "intake":
            moment = now - timedelta(minutes=20)
            asked = measures.assign(person, answered.instrument, by=person, now=moment, due=moment)
            measures.answer(asked, answered.answers, by=person, now=moment)
            continue
        score = instruments.score(instruments.load(answered.instrument), answered.answers)
        measures.record(
            person, answered.instrument, answered.answers, score=score, now=at, simulated=True
        )
    if row["story"] in {"missing", "stable"}:
        late = timedelta(days=9) if row["story"] == "missing" else timedelta(hours=1)
        measures.assign(person, "phq9", by=person, now=now - late, due=now - late, every_days=14)


def _care(person: Person, lead: Person, row: dict[str, Any], now: datetime) -> None:
    """A plan in force, and for the person in recovery a changed plan whose effect is known."""
    if "problem" not in row:
        return
    weeks = WEEKS_IN_CARE.get(row["story"], 12)
    began = now - timedelta(weeks=weeks)
    plans.make_plan(
        person,
        problem=row["problem"],
        goals=row["goals"],
        activities=row["steps"],
        review_on=(now + timedelta(days=10)).date(),
        by=lead,
        now=began,
        step=2,
    )
    if row["story"] == "recovery":
        _changed_plan(person, lead, began + timedelta(weeks=6), now)


def _changed_plan(person: Person, lead: Person, then: datetime, now: datetime) -> None:
    """A proposal of the past: made, decided by a person, measured."""
    made = plan_tasks.think_over(person, now=then)
    if not made:
        return
    proposal = made[0]
    later = then + timedelta(days=1)
    plans.record_own_choice(
        proposal, "Keep the sessions, add planned activities.", by=lead, now=later
    )
    option = proposal.options[0]
    plans.accept(
        proposal,
        option["key"],
        by=lead,
        now=later,
        activities=["Football on Thursday", "Call home on Sunday"],
        reason="These are the things he misses most.",
    )
    plan_tasks.measure(proposal, now)
    going_on = person.care_plans.get(ended_at=None)
    plans.make_plan(
        person,
        problem=going_on.problem,
        goals=going_on.goals,
        activities=[one.text for one in going_on.activities.all()],
        review_on=(now + timedelta(days=40)).date(),
        by=lead,
        now=now - timedelta(days=3),
        step=going_on.step,
        summary="Go on, and look at it together in six weeks",
    )
