"""Making accounts, teams and care relations, and erasing a person."""

from __future__ import annotations

import re
from datetime import date, datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from heartsease.base import audit, events, keys
from heartsease.base.errors import Conflict, Forbidden, Unacceptable

from .models import CareRelation, Membership, Person, Role, Team
from .queries import topics_about, uncared_for

PHONE = re.compile(r"\(?\+?[0-9][0-9 ().-]*")
# Italy and San Marino dial the 0 from abroad too (ITU-T E.164 national plans).
TRUNK = re.compile(r"^(\(?\+(?!39|378)[0-9]{1,3}\)?)[ ]*\(0\)")
PHONE_DIGITS = range(5, 16)
REACH_NOTE_LETTERS = 300


class NotAllowed(Forbidden):
    """The actor's role does not permit this."""


class LastOfTeam(Conflict):
    """Without this clinician nobody would look after the people in the team's care."""


class NotReachable(Unacceptable):
    """What was given is no telephone number, or the note is too long; `field` says which."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@transaction.atomic
def enrol(person: Person, *, now: datetime) -> Person:
    """Give a new person a key, store them, and let the intake team care for them.

    1. The key comes first, for the name is sealed with it.
    2. A patient is cared for by the intake team from the first minute, so that no alert of
       theirs is without an owner.
    """
    person.joined_at = now
    keys.create(person.id)
    person.save(force_insert=True)
    audit.record("person.enrolled", by=person, now=now, subject=person.id)
    if person.is_patient:
        for team in Team.objects.filter(is_intake=True):
            CareRelation.objects.create(patient=person, team=team, started=now)
    return person


@transaction.atomic
def register(
    email: str,
    name: str,
    role: Role | str,
    *,
    now: datetime,
    password: str | None = None,
    **about: object,
) -> Person:
    """Make a person with an account that staff or a script asked for."""
    person = Person(email=email.lower(), name=name, role=role, **about)
    person.set_password(password)
    return enrol(person, now=now)


@transaction.atomic
def vouch_for_address(person: Person) -> None:
    """Count an address as confirmed: staff set their password by a link that is mailed to it."""
    EmailAddress.objects.get_or_create(
        user_id=person.pk, email=person.email, defaults={"primary": True, "verified": True}
    )


@transaction.atomic
def appoint(email: str, name: str, role: Role | str, *, by: Person, now: datetime) -> Person:
    """Make an account for a member of staff, who sets a password by a link that is mailed to them.

    Raises:
        NotAllowed: for anybody but an administrator, and for an account of a person in care.
    """
    _must_run_the_place(by)
    if role == Role.PATIENT:
        raise NotAllowed("People in care make their accounts themselves.")
    person = register(email, name, role, now=now)
    vouch_for_address(person)
    audit.record("staff.appointed", by=by, now=now, subject=person.id, resource=str(role))
    return person


def _must_run_the_place(by: object) -> None:
    """Let administrators pass, and the program itself (a script of the operator)."""
    if getattr(by, "pk", None) is not None and getattr(by, "role", "") != Role.ADMIN:
        raise NotAllowed("Only an administrator can do that.")


@transaction.atomic
def found_team(name: str, *, by: object, now: datetime, is_intake: bool = False) -> Team:
    """Make a team; one that new people come to also takes in whoever is in nobody's care yet.

    Raises:
        NotAllowed: for anybody but an administrator.
    """
    _must_run_the_place(by)
    team = Team.objects.create(name=name, is_intake=is_intake)
    audit.record("team.founded", by=by, now=now, resource=f"team:{team.id}")
    if is_intake:
        for patient in uncared_for():
            take_into_care(patient, team, by=by, now=now)
    return team


@transaction.atomic
def join(team: Team, clinician: Person, *, by: object, now: datetime) -> Membership:
    """Let a clinician into a team.

    Raises:
        NotAllowed: if the person is not a clinician or supervisor, or `by` no administrator.
    """
    _must_run_the_place(by)
    if not clinician.is_clinical:
        raise NotAllowed("Only clinicians and supervisors can join a team.")
    membership, _ = Membership.objects.get_or_create(team=team, clinician=clinician)
    audit.record("team.joined", by=by, now=now, subject=clinician.id, resource=f"team:{team.id}")
    events.tell("team.joined", clinician=clinician, now=now)
    return membership


@transaction.atomic
def leave(team: Team, clinician: Person, *, by: object, now: datetime) -> None:
    """Take a clinician out of a team; the next read of its people sees nothing.

    Raises:
        NotAllowed: for anybody but an administrator, and if the clinician is not in the team.
        LastOfTeam: if people are in the team's care and nobody else is in it.
    """
    _must_run_the_place(by)
    Team.objects.select_for_update().filter(pk=team.pk).first()
    if not Membership.objects.filter(team=team, clinician=clinician).exists():
        raise NotAllowed(f"{clinician.name} is not in {team.name}.")
    in_care = CareRelation.objects.filter(team=team, ended=None).count()
    others = Membership.objects.filter(team=team, clinician__is_active=True)
    if in_care and not others.exclude(clinician=clinician).exists():
        raise LastOfTeam(
            f"{clinician.name} is the last clinician of {team.name}, and {in_care} "
            f"{'person is' if in_care == 1 else 'people are'} in its care. Add somebody else "
            "first, or let another team care for them."
        )
    Membership.objects.filter(team=team, clinician=clinician).delete()
    CareRelation.objects.filter(team=team, lead=clinician).update(lead=None)
    events.tell("team.left", clinician=clinician, now=now)
    events.publish("care", [events.team_topic(team.id)], now=now)
    audit.record("team.left", by=by, now=now, subject=clinician.id, resource=f"team:{team.id}")


@transaction.atomic
def take_into_care(
    patient: Person, team: Team, *, by: object, now: datetime, lead: Person | None = None
) -> CareRelation:
    """Let a team care for a person.

    Raises:
        NotAllowed: for anybody but an administrator.
    """
    _must_run_the_place(by)
    relation, _ = CareRelation.objects.get_or_create(
        patient=patient, team=team, ended=None, defaults={"started": now, "lead": lead}
    )
    if lead is not None and relation.lead_id != lead.id:
        relation.lead = lead
        relation.save(update_fields=["lead"])
    audit.record("care.started", by=by, now=now, subject=patient.id, resource=f"team:{team.id}")
    events.tell("care.started", person=patient, now=now)
    events.publish("care", [events.team_topic(team.id)], now=now, person=patient.id)
    return relation


@transaction.atomic
def end_care(relation: CareRelation, *, by: object, now: datetime) -> None:
    """End a care relation; the team sees nothing of the person any more.

    Raises:
        NotAllowed: for anybody but an administrator.
    """
    _must_run_the_place(by)
    CareRelation.objects.filter(id=relation.id, ended=None).update(ended=now)
    events.publish(
        "care", [events.team_topic(relation.team_id)], now=now, person=relation.patient_id
    )
    audit.record(
        "care.ended",
        by=by,
        now=now,
        subject=relation.patient_id,
        resource=f"team:{relation.team_id}",
    )


@transaction.atomic
def move_into_care(patient: Person, team: Team, *, by: Person, now: datetime) -> CareRelation:
    """Let one team care for a person, and no other any more.

    Raises:
        NotAllowed: for anybody but an administrator.
        LastOfTeam: if nobody is in the team.
    """
    _must_run_the_place(by)
    if not Membership.objects.filter(team=team, clinician__is_active=True).exists():
        raise LastOfTeam(f"Nobody is in {team.name} yet. Add a clinician first.")
    relation = take_into_care(patient, team, by=by, now=now)
    for other in CareRelation.objects.filter(patient=patient, ended=None).exclude(team=team):
        end_care(other, by=by, now=now)
    events.tell("care.moved", person=patient, now=now)
    return relation


@transaction.atomic
def welcome(person: Person, *, now: datetime) -> None:
    """Note that a person has been through the first steps."""
    if person.welcomed_at is None:
        person.welcomed_at = now
        person.save(update_fields=["welcomed_at"])


@transaction.atomic
def want_weekly_mail(person: Person, wanted: bool, *, by: Person, now: datetime) -> None:
    """Let the program write each Monday that the week is ready, or stop it.

    Raises:
        NotAllowed: if somebody else tries.
    """
    if by.pk != person.pk:
        raise NotAllowed("Only the person themself can ask for mail.")
    person.weekly_mail_since = now if wanted else None
    Person.objects.filter(pk=person.pk, erased_at=None).update(
        weekly_mail_since=person.weekly_mail_since
    )
    audit.record("mail.wanted" if wanted else "mail.stopped", by=by, now=now, subject=person.id)


def claim_weekly_mail(person: Person, monday: date) -> bool:
    """Take a week's mail to a person; false when another worker was quicker or it is not wanted."""
    rows = Person.objects.filter(pk=person.pk, is_active=True, erased_at=None)
    rows = rows.exclude(weekly_mail_since=None).exclude(weekly_mail_for=monday)
    return rows.update(weekly_mail_for=monday) == 1


def give_back_weekly_mail(person: Person) -> None:
    """Let a mail that could not be sent be tried again."""
    Person.objects.filter(pk=person.pk).update(weekly_mail_for=None)


@transaction.atomic
def set_reach(person: Person, phone: str, note: str, *, by: Person, now: datetime) -> None:
    """Keep the number a person's team may call, and what to know before; empty takes it back.

    Both are sealed with the person's key. Whoever cares for the person sees them. The 0 in
    brackets after a country's number is not dialled from abroad and goes.

    Raises:
        NotAllowed: if somebody else tries.
        NotReachable: unless the number is one that can be dialled (5 to 15 digits, the most that
            ITU-T E.164 allows), or if the note has more than 300 letters.
    """
    if by.pk != person.pk:
        raise NotAllowed("Only the person themself can say how to reach them.")
    phone = TRUNK.sub(r"\1 ", phone.strip())
    note = note.strip().replace("\r\n", "\n")
    if phone and not (
        PHONE.fullmatch(phone) and sum(sign.isdigit() for sign in phone) in PHONE_DIGITS
    ):
        raise NotReachable(
            "phone", "This is not one number that can be called. Use digits, and + for the country."
        )
    if len(note) > REACH_NOTE_LETTERS:
        raise NotReachable("note", f"Please keep the note under {REACH_NOTE_LETTERS} letters.")
    if Person.objects.select_for_update().filter(pk=person.pk, erased_at=None).first() is None:
        raise NotAllowed("This account is being deleted. Nothing was kept.")
    person.phone, person.reach_note = phone or None, note or None
    person.save(update_fields=["phone", "reach_note"])
    audit.record("person.reach_changed", by=by, now=now, subject=person.id)
    events.publish("care", topics_about(person.id), now=now, person=person.id)


@transaction.atomic
def erase(person: Person, *, by: Person, now: datetime) -> None:
    """Destroy a person's key and account; what was sealed for them opens no more.

    1. Whatever the person sends at this moment waits, and is then refused.
    2. Every part deletes what it keeps in plain sight (scores, features, dates).
    3. The key goes, and with it names, notes, answers and samples, in backups too once the key
       copies there have rotated.
    4. Addresses, second factors and sessions go, on every device.
    5. The account stays as an empty shell so that the audit log keeps its meaning.
    """
    if by.id != person.id:
        raise NotAllowed("Only the person themself can have their record erased here.")
    Person.objects.select_for_update().filter(pk=person.pk).first()
    events.tell("person.erased", person=person, now=now)
    audit.record("person.erased", by=by, now=now, subject=person.id)
    CareRelation.objects.filter(patient=person, ended=None).update(ended=now)
    keys.destroy(person.id)
    person.email = f"erased-{person.id.hex}@erased.invalid"
    person.is_active, person.erased_at, person.story = False, now, ""
    person.phone = person.reach_note = None
    person.set_unusable_password()
    changed = ["email", "is_active", "erased_at", "story", "password", "phone", "reach_note"]
    person.save(update_fields=changed)
    EmailAddress.objects.filter(user_id=person.pk).delete()
    Authenticator.objects.filter(user_id=person.pk).delete()
    for session in Session.objects.filter(expire_date__gt=now):
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()
