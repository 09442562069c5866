"""Persons, teams, memberships and care relations."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from heartsease.base.models import Row
from heartsease.base.sealed import SealedTextField


class Role(models.TextChoices):
    """What a person may do here; one role an account."""

    PATIENT = "patient"
    CLINICIAN = "clinician"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    AUDITOR = "auditor"


class People(BaseUserManager["Person"]):
    """Look-ups that sign-in needs; persons are made by `actions.register`."""

    def get_by_natural_key(self, username: str | None) -> Person:
        """Find by e-mail address, whatever its capitals; addresses are kept in small letters.

        `iexact` would let the database fold letters that only look alike (a dotless i).
        """
        return self.get(email=(username or "").lower())


class Person(AbstractBaseUser):
    """Somebody with an account: who they are and how to speak with them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = SealedTextField()
    phone = SealedTextField(null=True)
    reach_note = SealedTextField(null=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.PATIENT)
    language = models.CharField(max_length=8, default="en")
    timezone = models.CharField(max_length=40, default="UTC")
    country = models.CharField(max_length=2, default="GB")
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    story = models.CharField(max_length=200, blank=True)
    joined_at = models.DateTimeField()
    welcomed_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    weekly_mail_since = models.DateTimeField(null=True)
    weekly_mail_for = models.DateField(null=True)

    objects = People()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    @property
    def sealed_for(self) -> uuid.UUID:
        """A person's name is sealed with their own key."""
        return self.id

    def local_day(self, at: datetime) -> date:
        """The day a moment falls on where the person lives."""
        return at.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def is_patient(self) -> bool:
        """Whether this person is here to be cared for."""
        return self.role == Role.PATIENT

    @property
    def is_clinical(self) -> bool:
        """Whether this person cares for others."""
        return self.role in {Role.CLINICIAN, Role.SUPERVISOR}

    def __str__(self) -> str:
        return str(self.id)


class Team(Row):
    """Clinicians who care for people together. New people come to the intake team first."""

    name = models.CharField(max_length=80, unique=True)
    is_intake = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Membership(Row):
    """A clinician's place in a team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    clinician = models.ForeignKey(Person, models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "clinician"], name="once_a_team")]

    def __str__(self) -> str:
        return f"{self.clinician_id} in {self.team_id}"


class CareRelation(Row):
    """A team cares for a person from a day until it ends."""

    patient = models.ForeignKey(Person, models.CASCADE, related_name="care_relations")
    team = models.ForeignKey(Team, models.PROTECT, related_name="care_relations")
    lead = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="leads")
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "team"], condition=Q(ended=None), name="one_open_relation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.team_id} cares for {self.patient_id}"
