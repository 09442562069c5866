"""Periodic work: each job is due at a moment kept in the database, and one process takes it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .models import Beat

logger = logging.getLogger("heartsease.clock")


@dataclass(frozen=True)
class Job:
    """A function that is called with the time, every so often."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


JOBS: dict[str, Job] = {}


def every(**interval: float) -> Callable[[Callable[[datetime], object]], Callable]:
    """Register a function as periodic work: `@every(minutes=5)`."""

    def register(run: Callable[[datetime], object]) -> Callable[[datetime], object]:
        name = f"{run.__module__}.{run.__qualname__}"
        JOBS[name] = Job(name, timedelta(**interval), run)
        return run

    return register


def take(job: Job, now: datetime) -> bool:
    """Take a due job by compare-and-set; false when it is not due or another was quicker."""
    beat, _ = Beat.objects.get_or_create(name=job.name, defaults={"due": now})
    if beat.due > now:
        return False
    return Beat.objects.filter(name=job.name, due=beat.due).update(due=now + job.every) == 1


def tick(now: datetime) -> list[str]:
    """Run whatever is due, each job once over all processes; one failure stops no other."""
    ran = []
    for job in JOBS.values():
        if take(job, now):
            try:
                job.run(now)
            except Exception:
                logger.exception("The periodic job %s failed; it is tried again when due", job.name)
            ran.append(job.name)
    return ran
