"""Grants of consent, and urgent access that overrides a missing care relation for an hour."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from heartsease.base.models import Row
from heartsease.base.sealed import SealedTextField
from heartsease.people.models import Person


class Grant(Row):
    """A person's agreement to one purpose for one stream, until it is withdrawn."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="grants")
    stream = models.CharField(max_length=24)
    purpose = models.CharField(max_length=24)
    text_version = models.CharField(max_length=16)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "stream", "purpose"],
                condition=Q(withdrawn_at=None),
                name="one_open_grant",
            )
        ]

    def __str__(self) -> str:
        return f"{self.stream} for {self.purpose}"


class UrgentAccess(Row):
    """A clinician outside the team opened a record in an emergency; ends by itself."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="urgent_accesses")
    clinician = models.ForeignKey(Person, models.CASCADE, related_name="+")
    reason = SealedTextField()
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"urgent access until {self.ends_at:%F %T}"
