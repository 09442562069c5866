"""The foundation's own periodic work."""

from __future__ import annotations

from datetime import datetime

from . import events, tasks
from .clock import every


@every(minutes=1)
def rescue_jobs(now: datetime) -> None:
    """Return the jobs of workers that died."""
    tasks.rescue(now)


@every(hours=6)
def sweep(now: datetime) -> None:
    """Delete what nobody can ask for any more."""
    events.forget_old(now)
    tasks.forget_finished(now)
