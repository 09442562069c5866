"""Who belongs to whom."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from heartsease.base import events, keys

from .models import CareRelation, Membership, Person, Role, Team


def teams_caring_for(person: UUID) -> QuerySet[Team]:
    """The teams that care for a person now."""
    return Team.objects.filter(care_relations__patient=person, care_relations__ended=None)


def clinicians_of(person: UUID) -> QuerySet[Person]:
    """The clinicians of the teams that care for a person now."""
    return Person.objects.filter(
        memberships__team__in=teams_caring_for(person), is_active=True
    ).distinct()


def uncared_for() -> QuerySet[Person]:
    """The people in care of no team at all."""
    patients = Person.objects.filter(role=Role.PATIENT, is_active=True, erased_at=None)
    return patients.exclude(care_relations__ended=None, care_relations__isnull=False).order_by(
        "joined_at"
    )


def team_lines(person: UUID) -> list[tuple[str, list[str]]]:
    """The teams that care for a person, each with the names of who is in it."""
    teams = teams_caring_for(person).prefetch_related("memberships__clinician").order_by("name")
    members = {
        team.name: [one.clinician for one in team.memberships.all() if one.clinician.is_active]
        for team in teams
    }
    named([one for there in members.values() for one in there])
    return [(team, sorted(one.name for one in there)) for team, there in members.items()]


def lead_of(person: UUID) -> Person | None:
    """The clinician who leads a person's care, or any of the team."""
    relation = (
        CareRelation.objects.filter(patient=person, ended=None, lead__is_active=True)
        .select_related("lead")
        .order_by("-started")
        .first()
    )
    if relation is not None:
        return relation.lead
    return clinicians_of(person).filter(role=Role.CLINICIAN).order_by("joined_at").first()


def supervisor_of(person: UUID) -> Person | None:
    """A supervisor of a team that cares for a person."""
    return clinicians_of(person).filter(role=Role.SUPERVISOR).order_by("joined_at").first()


def teams() -> QuerySet[Team]:
    """Every team with who is in it, by name."""
    return Team.objects.prefetch_related("memberships__clinician").order_by("name")


def team(identifier: UUID) -> Team | None:
    """One team."""
    return Team.objects.filter(pk=identifier).first()


def is_team_name_taken(name: str) -> bool:
    """Whether a team is called so, whatever its capitals."""
    return Team.objects.filter(name__iexact=name).exists()


def is_address_taken(email: str) -> bool:
    """Whether somebody has an account with this address."""
    return Person.objects.filter(email=email.lower()).exists()


def clinician_at(email: str) -> Person | None:
    """The clinician or supervisor with this address."""
    return Person.objects.filter(
        email=email.lower(), role__in=[Role.CLINICIAN, Role.SUPERVISOR], is_active=True
    ).first()


def patient_at(email: str) -> Person | None:
    """The person in care with this address, for an administrator or in an emergency."""
    return Person.objects.filter(email=email.lower(), role=Role.PATIENT, erased_at=None).first()


def staff(identifiers: Iterable[UUID]) -> list[Person]:
    """Those of these accounts that are of staff, with their names open."""
    found = Person.objects.filter(pk__in=list(identifiers), erased_at=None)
    return named(found.exclude(role=Role.PATIENT))


def leads(people: Iterable[Person]) -> dict[UUID, UUID | None]:
    """Who leads the care of each of these people."""
    rows = CareRelation.objects.filter(patient__in=list(people), ended=None).order_by("started")
    return dict(rows.values_list("patient", "lead"))


def demo_people() -> list[Person]:
    """Everybody of the demo, with their names open."""
    return named(Person.objects.filter(is_demo=True, is_active=True).order_by("joined_at"))


def is_demo_here() -> bool:
    """Whether this place holds the people of the demo."""
    return Person.objects.filter(is_demo=True).exists()


def demo_person(identifier: UUID) -> Person | None:
    """One person of the demo."""
    return Person.objects.filter(pk=identifier, is_demo=True, is_active=True).first()


def has_account(identifier: UUID) -> bool:
    """Whether the account is there and may be used."""
    return Person.objects.filter(pk=identifier, is_active=True, erased_at=None).exists()


def topics_about(person: UUID) -> list[str]:
    """The event topics of a person's own pages and of their teams' pages."""
    teams = teams_caring_for(person).values_list("id", flat=True)
    return [events.person_topic(person), *(events.team_topic(team) for team in teams)]


def topics_of(reader: Person) -> list[str]:
    """The event topics that a reader's pages may listen to."""
    if reader.is_clinical:
        members = Membership.objects.filter(clinician=reader).values_list("team_id", flat=True)
        return [events.person_topic(reader.id), *(events.team_topic(team) for team in members)]
    return [events.person_topic(reader.id)]


def named(people: QuerySet[Person] | list[Person]) -> list[Person]:
    """Load persons and open their keys with one query, because their names are about to show."""
    found = list(people)
    keys.hold(person.id for person in found)
    return found
