"""Care plans by version, their activities, and proposals with the decisions about them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from heartsease.base.models import Row
from heartsease.base.sealed import SealedJSONField, SealedTextField
from heartsease.people.models import Person


class CarePlan(Row):
    """One version of what a person and their team work on; a change makes a new version."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="care_plans")
    version = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField(default=1)
    problem = SealedTextField()
    goals = SealedJSONField(default=list)
    review_on = models.DateField()
    in_force_from = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    summary_of_change = SealedTextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "version"], name="one_plan_a_version"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_at=None), name="one_plan_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"plan version {self.version}"


class Activity(Row):
    """One step of a plan, small enough to be done."""

    plan = models.ForeignKey(CarePlan, models.CASCADE, related_name="activities")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    text = SealedTextField()
    cadence = models.CharField(max_length=24, default="this week")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order"]

    def __str__(self) -> str:
        return f"activity {self.id}"


class ActivityLog(Row):
    """A day on which a step was done or left out, with the reason if the person gave one."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="log")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    day = models.DateField()
    done = models.BooleanField()
    reason = SealedTextField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["activity", "day"], name="once_a_day")]

    def __str__(self) -> str:
        return f"{'done' if self.done else 'left out'} on {self.day}"


class Status(models.TextChoices):
    """What became of a proposal."""

    OPEN = "open", "Waiting for a decision"
    ACCEPTED = "accepted", "Accepted"
    CHANGED = "changed", "Accepted with changes"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"


class Proposal(Row):
    """What the program suggests, why and from which source; a person decides."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="proposals")
    rule = models.CharField(max_length=40)
    streams = models.CharField(max_length=80)
    content = SealedJSONField()
    made_by_version = models.CharField(max_length=24)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    own_choice = SealedTextField(null=True)
    own_choice_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    own_choice_at = models.DateTimeField(null=True)
    chosen_option = models.CharField(max_length=40, blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = SealedTextField(null=True)
    plan = models.ForeignKey(CarePlan, models.SET_NULL, null=True, related_name="proposals")
    effect_due = models.DateField(null=True)
    effect = SealedJSONField(null=True)
    effect_at = models.DateTimeField(null=True)
    effect_verdict = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "rule"], condition=Q(status="open"), name="one_open_proposal"
            )
        ]

    @property
    def title(self) -> str:
        """What is suggested, in a line."""
        return str(self.content["title"])

    @property
    def to_person(self) -> str:
        """What the person reads of it before anything is decided."""
        return str(self.content["to_person"])

    @property
    def situation(self) -> str:
        """What the suggestion answers to, in two sentences."""
        return str(self.content["situation"])

    @property
    def options(self) -> list[dict[str, Any]]:
        """The choices side by side."""
        return list(self.content["options"])

    @property
    def is_open(self) -> bool:
        """Whether a decision is still to be made."""
        return self.status == Status.OPEN

    def __str__(self) -> str:
        return f"{self.rule}: {self.status}"
