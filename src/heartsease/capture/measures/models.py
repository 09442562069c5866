"""Questionnaires asked of a person, and what they answered."""

from __future__ import annotations

from django.db import models

from heartsease.base.models import Row
from heartsease.base.sealed import SealedJSONField
from heartsease.people.models import Person


class Assignment(Row):
    """A questionnaire that a person is asked to answer by a day, once or every so many days."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="assignments")
    instrument = models.CharField(max_length=24)
    every_days = models.PositiveSmallIntegerField(null=True)
    due = models.DateTimeField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "closed_at", "due"])]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "instrument"],
                condition=models.Q(closed_at=None),
                name="one_open_assignment",
            )
        ]

    def __str__(self) -> str:
        return f"{self.instrument} due {self.due:%F}"


class Response(Row):
    """One set of answers with its score, or with the reason why there is none."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="responses")
    assignment = models.OneToOneField(
        Assignment, models.SET_NULL, null=True, related_name="response"
    )
    instrument = models.CharField(max_length=24)
    instrument_version = models.CharField(max_length=24)
    answers = SealedJSONField()
    total = models.FloatField(null=True)
    band = models.CharField(max_length=40, blank=True)
    prorated = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, blank=True)
    safety = models.BooleanField(default=False)
    answered_at = models.DateTimeField()
    simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["person", "instrument", "answered_at"])]

    @property
    def points(self) -> float:
        """The total of a response that has one.

        Raises:
            ValueError: if there is no score; ask `total` where that may be.
        """
        if self.total is None:
            raise ValueError(f"This response has no score: {self.reason}")
        return self.total

    def __str__(self) -> str:
        return f"{self.instrument} of {self.answered_at:%F}"
