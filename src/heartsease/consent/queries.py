"""What a person agreed to, and who opened their record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from heartsease.base import audit, events
from heartsease.base.models import AuditEntry
from heartsease.people.models import Person
from heartsease.people.queries import named, topics_about

from . import gate
from .models import Grant, UrgentAccess
from .texts import can_serve, is_offered, is_used, texts

LOOKS = ("record.opened", "record.opened_urgently")
LISTED_DAYS = 30
OPENED = {
    "timeline": "your page: scores, course and plan",
    "summary": "a summary of your page",
    "alert": "an alert about you",
    "proposal": "a proposal for your plan",
    "plan": "your plan, to change it",
    "week": "a sheet of your last week",
}


@dataclass(frozen=True)
class Switch:
    """One purpose for one stream as a person sees it."""

    stream: str
    purpose: str
    stream_title: str
    stream_about: str
    title: str
    sentence: str
    given: bool
    since: datetime | None
    version: str
    later: bool


@dataclass(frozen=True)
class Opening:
    """One look at a record: when, by whom, why and at what."""

    at: datetime
    who: str
    why: str
    what: str


@dataclass(frozen=True)
class Listing:
    """Somebody who saw a person's row in the list of the people in their care."""

    who: str
    days: int
    last: datetime


def topics_for(person: UUID, stream: str) -> list[str]:
    """The topics that may hear of news in a stream: the person's own, and their teams' if shown."""
    if gate.allows(person, "care", stream):
        return topics_about(person)
    return [events.person_topic(person)]


def switches(person: Person) -> list[Switch]:
    """Every stream and purpose on offer here with its state, in the order of the texts."""
    open_grants = {
        (grant.stream, grant.purpose): grant
        for grant in Grant.objects.filter(person=person, withdrawn_at=None)
    }
    result = []
    for stream, about in texts().streams.items():
        if not is_offered(stream):
            continue
        for purpose, wording in texts().purposes.items():
            if not (is_used(purpose) and can_serve(stream, purpose)):
                continue
            grant = open_grants.get((stream, purpose))
            result.append(
                Switch(
                    stream=stream,
                    purpose=purpose,
                    stream_title=about.title,
                    stream_about=about.sentence,
                    title=wording.title,
                    sentence=wording.sentence,
                    given=grant is not None,
                    since=grant.given_at if grant else None,
                    version=grant.text_version if grant else texts().version,
                    later=about.later,
                )
            )
    return result


def not_offered(person: Person) -> list[tuple[str, str]]:
    """What a person once agreed to and the site's policy does not offer any more."""
    given = Grant.objects.filter(person=person, withdrawn_at=None)
    return [
        (stream, purpose)
        for stream, purpose in given.values_list("stream", "purpose")
        if not (is_offered(stream) and is_used(purpose))
    ]


def switched_off(person: Person, stream: str) -> datetime | None:
    """When a person stopped having a stream kept; None while it is kept, or never was."""
    rows = Grant.objects.filter(person=person, stream=stream, purpose="keep")
    if rows.filter(withdrawn_at=None).exists():
        return None
    return rows.order_by("-withdrawn_at").values_list("withdrawn_at", flat=True).first()


def no_longer_shown(person: Person, *, since: datetime) -> dict[str, datetime]:
    """By stream, when a person stopped showing it to their team, if they did lately."""
    rows = Grant.objects.filter(person=person, purpose__in=("keep", "care"))
    latest: dict[str, datetime] = {}
    for stream, at in rows.filter(withdrawn_at__gt=since).values_list("stream", "withdrawn_at"):
        if at is not None:
            latest[stream] = max(at, latest.get(stream, at))
    return {one: at for one, at in latest.items() if not gate.allows(person, "care", one)}


def openings(person: Person, limit: int = 50) -> list[Opening]:
    """Who opened a person's record, newest first."""
    entries = list(audit.about(person.id).filter(action__in=LOOKS)[:limit])
    readers = _names(entries)
    reasons = {row.opened_at: row.reason for row in UrgentAccess.objects.filter(person=person)}
    return [
        Opening(
            at=entry.at,
            who=readers.get(entry.actor, "Heartsease, the program"),
            why=_why(entry, reasons),
            what=OPENED.get(entry.resource, entry.resource),
        )
        for entry in entries
    ]


def listings(person: Person, *, now: datetime) -> list[Listing]:
    """Who saw a person's row in their list in the last 30 days, on how many of them."""
    since = now - timedelta(days=LISTED_DAYS)
    entries = list(audit.about(person.id).filter(action="record.listed", at__gte=since))
    readers = _names(entries)
    times: dict[str, list[datetime]] = {}
    for entry in entries:
        times.setdefault(entry.actor, []).append(entry.at)
    return [
        Listing(
            who=readers.get(actor, "Somebody who left"),
            days=len({person.local_day(at) for at in seen}),
            last=max(seen),
        )
        for actor, seen in times.items()
    ]


def _names(entries: list[AuditEntry]) -> dict[str, str]:
    """The names of the members of staff who acted in these entries."""
    return {
        str(reader.id): reader.name
        for reader in named(Person.objects.filter(id__in=audit.staff_among(entries)))
        if reader.erased_at is None
    }


def _why(entry: AuditEntry, reasons: dict[datetime, str]) -> str:
    """Why a record was opened, with the reason that was written in an emergency."""
    if "urgent" not in entry.purpose + entry.action:
        return "Your care"
    reason = reasons.get(entry.at)
    return f"In an emergency. The reason written was: {reason}" if reason else "In an emergency"


def urgent_accesses_to_review(supervisor: Person) -> list[UrgentAccess]:
    """Urgent accesses that nobody has reviewed yet, of people in the supervisor's teams."""
    return list(
        UrgentAccess.objects.filter(
            reviewed_at=None,
            person__care_relations__ended=None,
            person__care_relations__team__memberships__clinician=supervisor,
        )
        .select_related("person", "clinician")
        .distinct()
        .order_by("opened_at")
    )


def pauses(person: Person, stream: str) -> list[tuple[date, date | None]]:
    """First and last local days on which a stream was paused; None while it still is.

    Days before a person ever agreed are none: a file may tell of them.
    """
    grants = Grant.objects.filter(person=person, stream=stream, purpose="keep")
    rows = list(grants.order_by("given_at").values_list("given_at", "withdrawn_at"))
    result: list[tuple[date, date | None]] = []
    for place, (_, withdrawn) in enumerate(rows):
        if withdrawn is not None:
            again = rows[place + 1][0] if place + 1 < len(rows) else None
            last = person.local_day(again) if again is not None else None
            result.append((person.local_day(withdrawn), last))
    return result
