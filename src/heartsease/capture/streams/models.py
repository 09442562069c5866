"""Sources of wearable and phone data, what they sent, and the daily features made of it."""

from __future__ import annotations

from uuid import UUID

from django.db import models

from heartsease.base.models import Row
from heartsease.base.sealed import SealedBytesField, SealedTextField
from heartsease.people.models import Person


class Source(Row):
    """A device or app that pushes data with a token of its own."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=24, default="push")
    label = SealedTextField()
    token_hash = models.CharField(max_length=64, unique=True)
    connected_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} source {self.id}"


class Status(models.TextChoices):
    """How far the reading of a file has come."""

    WAITING = "waiting"
    READING = "reading"
    DONE = "done"
    FAILED = "failed"


class Upload(Row):
    """One file or push that a person handed in, and what became of it."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="uploads")
    source = models.ForeignKey(Source, models.SET_NULL, null=True, related_name="uploads")
    filename = SealedTextField()
    size_bytes = models.BigIntegerField()
    status = models.CharField(max_length=12, choices=Status, default=Status.WAITING)
    progress = models.FloatField(default=0)
    message = SealedTextField(null=True)
    format = models.CharField(max_length=40, blank=True)
    report = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"upload {self.id}: {self.status}"


class DayRecord(Row):
    """All samples of one stream on one local day, as a sealed Arrow table."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="day_records")
    stream = models.CharField(max_length=24)
    day = models.DateField()
    samples = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    body = SealedBytesField()
    origins = SealedBytesField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "stream", "day"], name="one_record_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.stream} on {self.day}"


class DailyFeature(Row):
    """One number about one day, with the share of the day that its data cover.

    `device` is the same for days of the same device of this person, and tells nothing else; empty
    where it is not known. `replaced` is the value that came ready-made for the same day. It is kept
    beside the one made of samples, and is back once the samples are taken back.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="daily_features")
    day = models.DateField()
    feature = models.CharField(max_length=40)
    value = models.FloatField()
    data_yield = models.FloatField()
    source = models.CharField(max_length=24, default="own")
    device = models.CharField(max_length=16, blank=True)
    definition_version = models.CharField(max_length=12)
    brought_by = models.JSONField(default=list)
    replaced = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "feature", "day"], name="one_value_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.feature} on {self.day}"


class Quarantine(Row):
    """Rows of a file that were set aside, where and why; never counted, never lost silently."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="quarantined")
    file = SealedTextField()
    line = models.BigIntegerField(null=True)
    reason = SealedTextField()
    count = models.PositiveIntegerField(default=1)

    @property
    def sealed_for(self) -> UUID:
        """File names and words quoted from a file are the person's own text."""
        return self.upload.person_id

    def __str__(self) -> str:
        return f"set aside of {self.upload_id}, line {self.line}"
