"""Signals (what changed), alerts (who has to look, by when), and what a person tried."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from heartsease.base.models import Row
from heartsease.base.sealed import SealedJSONField, SealedTextField
from heartsease.capture.measures.models import Response
from heartsease.people.models import Person


class Signal(Row):
    """A lasting change of one feature against the person's own usual."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="signals")
    stream = models.CharField(max_length=24)
    domain = models.CharField(max_length=24)
    feature = models.CharField(max_length=40)
    direction = models.SmallIntegerField()
    since = models.DateField()
    noticed_at = models.DateTimeField()
    facts = SealedJSONField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "feature"], condition=Q(ended_at=None), name="one_open_signal"
            )
        ]

    @property
    def sentence(self) -> str:
        """What changed, since when, by how much, and how good the data are."""
        return str(self.facts["sentence"])

    @property
    def way(self) -> str:
        """Domain and way of changing, such as "sleep.less", without the agreement."""
        return self.feature.partition(".")[2]

    @property
    def features(self) -> tuple[str, ...]:
        """The daily features that moved, most first."""
        return tuple(one["feature"] for one in self.facts.get("moved", ()))

    def __str__(self) -> str:
        return f"{self.feature} since {self.since}"


class Looked(Row):
    """What the last look at a person's days could say of each way of changing."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="looked")
    at = models.DateTimeField()
    verdicts = SealedJSONField()

    def __str__(self) -> str:
        return f"looked at {self.at:%F}"


class Tried(Row):
    """What a person said of an idea that was shown to them: it helped, it did not, another one."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="tried")
    way = models.CharField(max_length=40)
    idea = models.CharField(max_length=40)
    verdict = models.CharField(max_length=12)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.idea}: {self.verdict}"


class Kind(models.TextChoices):
    """Why somebody has to look."""

    SAFETY = "safety", "Safety"
    CHANGE = "change", "Change"


class Outcome(models.TextChoices):
    """What came of an alert about a change, as whoever ended it says."""

    ACTED = "acted", "I did something about it"
    NOTHING = "nothing", "Nothing was needed"
    RETIRED = "retired", "Nobody took it"
    WITHDRAWN = "withdrawn", "What it told of is not shared any more"


class Alert(Row):
    """Something a clinician has to look at: with a reason, an owner, a clock and an end.

    Since `asked_at` it waits for whoever owns it now to take it. What happened first stays through
    changes of hands, for the figures.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=16, choices=Kind)
    stream = models.CharField(max_length=24)
    title = SealedTextField()
    reason = SealedTextField()
    signals = models.ManyToManyField(Signal, related_name="alerts")
    response = models.ForeignKey(Response, models.SET_NULL, null=True, related_name="alerts")
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="owned_alerts")
    opened_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    escalated_at = models.DateTimeField(null=True)
    first_taken_at = models.DateTimeField(null=True)
    first_escalated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = SealedTextField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)

    class Meta:
        indexes = [models.Index(fields=["ended_at", "due_at"])]

    @property
    def headline(self) -> str:
        """The title where the reader may read it (`queries.alerts`), else only what kind it is."""
        if getattr(self, "is_readable", False):
            return str(self.title)
        return f"{self.get_kind_display()} alert"

    def is_overdue(self, now: datetime) -> bool:
        """Whether its clock has run out without anybody looking."""
        return self.acknowledged_at is None and self.ended_at is None and self.due_at < now

    def __str__(self) -> str:
        return f"{self.kind} alert {self.id}"


class Rest(Row):
    """A supervisor lets alerts about one way of changing rest until a day."""

    way = models.CharField(max_length=40, unique=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.way} rests until {self.until:%F}"


class Review(Row):
    """A clinician looked a person over in the caseload; the newest one shows as a mark."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="reviews")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"reviewed {self.at:%F}"
