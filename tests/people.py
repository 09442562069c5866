"""Alice the patient, Bob her clinician, Charlie from another team: the cast of every test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.test import Client

from heartsease.consent import actions as consent
from heartsease.people import actions
from heartsease.people.models import Person, Role, Team

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
STREAMS = ("questionnaires", "journal", "wearables")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PURPOSES = ("keep", "care", "early_warning")


@dataclass(frozen=True)
class Cast:
    """Everybody a test may need."""

    alice: Person
    bob: Person
    charlie: Person
    sue: Person
    ada: Person
    otto: Person
    pat: Person
    riverside: Team
    harbour: Team


def cast(now: datetime = NOW) -> Cast:
    """Two teams, a patient in each, and one of every role."""

    def make(name: str, role: Role) -> Person:
        return actions.register(f"{name.lower()}@example.org", name, role, now=now)

    ada = make("Ada", Role.ADMIN)
    otto = make("Otto", Role.AUDITOR)
    bob = make("Bob", Role.CLINICIAN)
    charlie = make("Charlie", Role.CLINICIAN)
    sue = make("Sue", Role.SUPERVISOR)
    riverside = actions.found_team("Riverside", by=ada, now=now, is_intake=True)
    harbour = actions.found_team("Harbour", by=ada, now=now)
    actions.join(riverside, bob, by=ada, now=now)
    actions.join(riverside, sue, by=ada, now=now)
    actions.join(harbour, charlie, by=ada, now=now)
    alice = make("Alice", Role.PATIENT)
    actions.take_into_care(alice, riverside, by=ada, now=now, lead=bob)
    pat = make("Pat", Role.PATIENT)
    actions.end_care(pat.care_relations.get(), by=ada, now=now)
    actions.take_into_care(pat, harbour, by=ada, now=now, lead=charlie)
    return Cast(alice, bob, charlie, sue, ada, otto, pat, riverside, harbour)


def agree(person: Person, now: datetime = NOW, streams: tuple[str, ...] = STREAMS) -> None:
    """Give every consent there is."""
    for stream in streams:
        for purpose in PURPOSES:
            consent.give(person, stream, purpose, by=person, now=now)


def as_(person: Person) -> Client:
    """The browser of somebody who is signed in."""
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client
