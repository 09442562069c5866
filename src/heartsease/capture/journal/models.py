"""Check-ins and voice diaries."""

from __future__ import annotations

from django.db import models

from heartsease.base.models import Row
from heartsease.base.sealed import SealedJSONField, SealedTextField
from heartsease.people.models import Person


class CheckIn(Row):
    """How a person said they were at one moment; everything but the moment is sealed."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="check_ins")
    at = models.DateTimeField()
    day = models.DateField()
    values = SealedJSONField()
    note = SealedTextField(null=True)
    origin = models.CharField(max_length=24, default="person")

    class Meta:
        indexes = [models.Index(fields=["person", "day"])]

    def value(self, item: str) -> int | None:
        """The answer to one item, 1 to 5, or none."""
        found: int | None = self.values.get(item)
        return found

    @property
    def mood(self) -> int | None:
        """1 very low to 5 very good."""
        return self.value("mood")

    @property
    def sleep_quality(self) -> int | None:
        """1 very bad to 5 very good."""
        return self.value("sleep_quality")

    @property
    def energy(self) -> int | None:
        """1 none to 5 plenty."""
        return self.value("energy")

    @property
    def worry(self) -> int | None:
        """1 none to 5 very much."""
        return self.value("worry")

    @property
    def is_one_tap(self) -> bool:
        """Whether nothing but a mood was said."""
        return set(self.values) == {"mood"} and not self.note

    @property
    def feelings(self) -> list[str]:
        """The words that the person chose."""
        return list(self.values.get("feelings", []))

    def __str__(self) -> str:
        return f"check-in of {self.day}"


class VoiceDiary(Row):
    """How a voice diary sounded, in numbers; the recording itself is not kept."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="voice_diaries")
    at = models.DateTimeField()
    day = models.DateField()
    values = SealedJSONField()

    class Meta:
        indexes = [models.Index(fields=["person", "day"])]

    def __str__(self) -> str:
        return f"voice diary of {self.day}"
