"""The foundation's tables: keys of persons, the audit chain, events, the clock's beats."""

from __future__ import annotations

import uuid

from django.db import models


class Row(models.Model):
    """A table whose rows carry an identifier that is known before they are stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class PersonKey(models.Model):
    """One person's key, wrapped by the site key; to erase the person is to delete this row."""

    owner = models.UUIDField(primary_key=True)
    wrapped = models.BinaryField()

    def __str__(self) -> str:
        return f"key of {self.owner}"


class AuditEntry(models.Model):
    """One link of the chain: who did what to whose data, when and why. Never changed."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    action = models.CharField(max_length=64)
    purpose = models.CharField(max_length=32, blank=True)
    subject = models.CharField(max_length=64, blank=True, db_index=True)
    resource = models.CharField(max_length=120, blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class AuditHead(models.Model):
    """The end of the chain, authenticated by the site key; locked while a link is added."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"head at {self.number}"


class Event(models.Model):
    """Something that happened, for whoever listens to its topic. Carries identifiers only."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    topic = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["topic", "id"])]

    def __str__(self) -> str:
        return f"{self.kind} to {self.topic}"


class Beat(models.Model):
    """A periodic job and when it is due next; taken by compare-and-set."""

    name = models.CharField(primary_key=True, max_length=80)
    due = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.name} due {self.due:%F %T}"
