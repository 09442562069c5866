"""Features whose definition changed are made anew of the samples that are kept."""

from __future__ import annotations

import tempfile
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from heartsease.base import events
from heartsease.base.clock import every
from heartsease.base.tasks import job
from heartsease.people.models import Person
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.sensing.made_of import MADE_OF
from heartsease.science.sensing.spool import Spool

from . import covered
from .daybook import OWN
from .draft import WEEK, Draft
from .models import DailyFeature, DayRecord


@every(hours=24)
def renew_features(now: datetime) -> None:
    """Have a worker make anew what an older version of the program made otherwise."""
    for person in _outdated().values_list("person", flat=True).distinct():
        if _spans(person, now):
            renew.enqueue(str(person))


@job()
def renew(person_id: str) -> None:
    """Make one person's outdated features anew; safe to run twice."""
    now = timezone.now()
    person = UUID(person_id)
    spans = _spans(person, now)
    if not spans:
        return
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        Person.objects.select_for_update(no_key=True).filter(pk=person).first()
        spool = Spool(Path(folder))
        spool.close()
        draft = Draft(person, spool, oldest=covered.oldest(person, now), bringer="")
        draft.renew(spans)
        for _ in draft.make_features():
            pass
        changed = draft.write()
        if changed:
            events.tell("streams.changed", person_id=person, days=sorted(changed), now=now)


def _outdated() -> QuerySet[DailyFeature]:
    """Values made of samples by a definition that is not the one of now."""
    other = (
        Q(feature=name) & ~Q(definition_version=one.version)
        for name, one in FEATURES.items()
        if one.domain in MADE_OF
    )
    return DailyFeature.objects.filter(reduce(or_, other), source=OWN)


def _spans(person: UUID, now: datetime) -> dict[str, set[date]]:
    """By stream, the days with samples whose features are outdated and may be made anew."""
    oldest = covered.oldest(person, now)
    rows = _outdated().filter(person=person).values_list("feature", "day")
    days: dict[str, set[date]] = {}
    for feature, day in rows:
        for stream in MADE_OF[FEATURES[feature].domain]:
            if day >= oldest[stream] + WEEK:
                days.setdefault(stream, set()).add(day)
    return {
        stream: own
        for stream, own in days.items()
        if DayRecord.objects.filter(
            person=person,
            stream=stream,
            day__range=(min(own) - timedelta(days=1), max(own) + timedelta(days=1)),
        ).exists()
    }
