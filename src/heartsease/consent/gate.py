"""The one way to anybody's data: who may see whose, for which purpose, of which stream.

Every read of personal rows starts from `seen_by`. Care relation, consent and urgent access are
joined in the query itself, so a withdrawal takes effect at the next read, whoever asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from heartsease.base import audit
from heartsease.base.errors import Forbidden, Missing
from heartsease.people.models import CareRelation, Person, Role

from .models import Grant, UrgentAccess
from .texts import is_offered, is_used, texts


class Machine:
    """The program itself as an actor: it reads what consent permits and decides nothing."""

    pk = None

    def __repr__(self) -> str:
        return "the program"


class Look:
    """One look of a clinician at their people: an actor for whom the gate is asked once.

    A page that puts many streams of many people side by side hands it to every query instead of
    the clinician. It is as old as the request that made it, and serves one purpose only.
    """

    def __init__(
        self, clinician: Person, purpose: str, among: Collection[UUID] | None = None
    ) -> None:
        """Ask the gate about everybody the clinician knows, or about some of them.

        1. Who is known, by care relation or urgent access.
        2. Which streams each of them agreed to keep and to use for the purpose.
        """
        known = known_to(clinician)
        self.people = list(known if among is None else known.filter(pk__in=among))
        self.purpose = purpose
        identifiers = [person.pk for person in self.people]
        agreed: defaultdict[str, dict[str, set[UUID]]] = defaultdict(lambda: defaultdict(set))
        grants = Grant.objects.filter(
            person__in=identifiers, purpose__in=("keep", purpose), withdrawn_at=None
        )
        for stream, use, person in grants.values_list("stream", "purpose", "person"):
            agreed[stream][use].add(person)
        self._shown = {
            stream: uses["keep"] & uses[purpose]
            for stream, uses in agreed.items()
            if is_offered(stream)
        }

    def known(self) -> QuerySet[Person]:
        """The people of this look."""
        return Person.objects.filter(pk__in=[person.pk for person in self.people])

    def is_shown_anything(self, person: UUID) -> bool:
        """Whether one of them shows any stream."""
        return any(person in shown for shown in self._shown.values())

    def shown(self, stream: str) -> QuerySet[Person]:
        """Those of them whose rows of a stream are shown."""
        return Person.objects.filter(pk__in=self._shown.get(stream, ()))


MACHINE = Machine()
SELF = "self"
ONE_OPENING = timedelta(minutes=15)
Actor = Person | Machine | Look


class NotFound(Missing):
    """There is nobody by this identifier whom the actor may see; which of the two is not said."""


class NotConsented(Forbidden):
    """The person has not agreed to this, or no longer does."""


class NotOffered(Forbidden):
    """The site's policy does not allow this stream here."""


def _known(stream: str, purpose: str) -> None:
    if stream not in texts().streams:
        raise ValueError(f"No stream is called {stream!r}.")
    if purpose != SELF and purpose not in texts().purposes:
        raise ValueError(f"No purpose is called {purpose!r}.")


def _granted(stream: str, purpose: str) -> Exists:
    return Exists(
        Grant.objects.filter(
            person=OuterRef("pk"), stream=stream, purpose=purpose, withdrawn_at=None
        )
    )


def known_to(actor: Actor) -> QuerySet[Person]:
    """The patients an actor knows of: in whose care they stand, or whom they opened in urgency.

    This gives names and the care relation, no rows of any stream.
    """
    if isinstance(actor, Look):
        return actor.known()
    patients = Person.objects.filter(role=Role.PATIENT, erased_at=None)
    if isinstance(actor, Machine):
        return patients
    if actor.is_patient:
        return patients.filter(pk=actor.pk)
    if not (actor.is_clinical and actor.is_active):
        return patients.none()
    urgent = UrgentAccess.objects.filter(
        person=OuterRef("pk"), clinician=actor.pk, ends_at__gt=timezone.now()
    )
    return patients.filter(_in_care_of(actor) | Q(Exists(urgent)))


def _in_care_of(clinician: Person) -> Q:
    relation = CareRelation.objects.filter(
        patient=OuterRef("pk"), ended=None, team__memberships__clinician=clinician.pk
    )
    return Q(Exists(relation))


def urgent_until(clinician: Person, person: UUID, *, now: datetime) -> datetime | None:
    """Until when a clinician may look at a record that they opened in an emergency."""
    rows = UrgentAccess.objects.filter(person=person, clinician=clinician, ends_at__gt=now)
    return rows.order_by("-ends_at").values_list("ends_at", flat=True).first()


def cares_for(clinician: Person, person: Person | UUID) -> bool:
    """Whether a clinician is of a team that cares for a person: urgent access lets only look."""
    identifier = person.pk if isinstance(person, Person) else person
    patients = Person.objects.filter(_in_care_of(clinician), pk=identifier, erased_at=None)
    return clinician.is_clinical and clinician.is_active and patients.exists()


def seen_by(actor: Actor, purpose: str, stream: str) -> QuerySet[Person]:
    """The persons whose rows of a stream an actor may read for a purpose, now.

    A person sees their own rows for the purpose "self" whatever they granted to others (GDPR
    Article 15). Everybody else needs the person's agreement both to keep the stream and to the
    purpose; urgent access replaces the care relation, never the agreement.
    """
    _known(stream, purpose)
    if isinstance(actor, Look):
        if purpose != actor.purpose:
            raise ValueError(f"This look is for {actor.purpose!r}, not for {purpose!r}.")
        return actor.shown(stream)
    people = known_to(actor)
    if purpose == SELF:
        return people.filter(pk=actor.pk) if isinstance(actor, Person) else people.none()
    if not (is_offered(stream) and is_used(purpose)):
        return people.none()
    if isinstance(actor, Person) and actor.is_patient:
        return people.none()
    return people.filter(_granted(stream, "keep"), _granted(stream, purpose))


def allows(person: Person | UUID, purpose: str, stream: str) -> bool:
    """Whether a person agrees, now, that a stream is kept and used for a purpose."""
    _known(stream, purpose)
    if not (is_offered(stream) and is_used(purpose)):
        return False
    identifier = person.pk if isinstance(person, Person) else person
    return Person.objects.filter(
        _granted(stream, "keep"), _granted(stream, purpose), pk=identifier, erased_at=None
    ).exists()


def require(person: Person | UUID, stream: str) -> None:
    """Let data in only where the person agrees that it is kept.

    Within a transaction a withdrawal or an erasure of the same person waits, or has won.

    Raises:
        NotOffered: where the site's policy switches the stream off.
        NotConsented: with a sentence that says where to change it.
    """
    title = texts().streams[stream].title
    identifier = person.pk if isinstance(person, Person) else person
    if connection.in_atomic_block:
        Person.objects.select_for_update(no_key=True).filter(pk=identifier).first()
    if not is_offered(stream):
        raise NotOffered(f"This place does not take in {title.lower()}. Nothing was stored.")
    if not allows(person, "keep", stream):
        raise NotConsented(
            f"{title} are switched off, so nothing was stored. "
            "You can switch them on under Privacy."
        )


def known_person(actor: Actor, identifier: UUID) -> Person:
    """Find one person whom the actor knows.

    Raises:
        NotFound: if there is none; a stranger's identifier looks like one that does not exist.
    """
    person = known_to(actor).filter(pk=identifier).first()
    if person is None:
        raise NotFound("There is nobody here by this address.")
    return person


@transaction.atomic
def open_record(actor: Person, identifier: UUID, *, what: str, now: datetime) -> Person:
    """Open somebody's record: found through the gate, and written into the audit log.

    A page that refreshes itself is one opening for a quarter of an hour.

    Raises:
        NotFound: as `known_person`.
    """
    person = known_person(actor, identifier)
    if person.pk != actor.pk:
        urgent = UrgentAccess.objects.filter(
            person=person, clinician=actor, ends_at__gt=now
        ).exists()
        purpose = "urgent" if urgent else "care"
        if not audit.was_recorded(
            "record.opened", by=actor, subject=person.id, resource=what, since=now - ONE_OPENING
        ):
            audit.record(
                "record.opened",
                by=actor,
                now=now,
                subject=person.id,
                purpose=purpose,
                resource=what,
            )
    return person


def note_listed(clinician: Person, people: Collection[UUID], *, now: datetime) -> None:
    """Note that people stood in a list, scores beside their names; once a day for each.

    The day is that of the clinician's clock. Pages opened in the same moment may leave two lines.

    A list is a look too, but the same table is open all day: a line a refresh would hide the
    openings that matter.
    """
    day = now.astimezone(ZoneInfo(clinician.timezone))
    begun = day.replace(hour=0, minute=0, second=0, microsecond=0)
    noted = audit.subjects_noted("record.listed", by=clinician, among=people, since=begun)
    audit.record_each(
        "record.listed",
        by=clinician,
        now=now,
        subjects=[person for person in people if person not in noted],
        purpose="care",
        resource="caseload",
    )
