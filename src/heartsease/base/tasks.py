"""Work done later by a worker: tried again after a failure, returned after a crash.

A job is enqueued in the transaction of the data it concerns, so it exists if and only if they do.
Jobs must be idempotent: after a crash a job may run twice.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.db import close_old_connections
from django.utils import timezone
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from . import clock, keys
from .models import Beat

logger = logging.getLogger("heartsease.tasks")
LEASE = timedelta(minutes=30)
PULSE = "alive "
PULSE_LASTS = timedelta(seconds=60)
KEEP = timedelta(days=7)


def job(*, attempts: int = 4) -> Callable[[Callable[..., Any]], Any]:
    """Make a module's function a job; a failure is tried again after 10 s, 20 s, 40 s ..."""

    def decorate(function: Callable[..., Any]) -> Any:
        @wraps(function)
        def attempt(*args: Any, attempt_number: int = 1, **kwargs: Any) -> None:
            try:
                with keys.keyring():
                    function(*args, **kwargs)
            except Exception as error:
                if attempt_number >= attempts:
                    raise
                wait = timedelta(seconds=10 * 2 ** (attempt_number - 1))
                logger.warning(
                    "%s failed (%s), attempt %d; again in %d s",
                    function.__qualname__,
                    type(error).__name__,
                    attempt_number,
                    wait.seconds,
                )
                again = made.using(run_after=timezone.now() + wait)
                again.enqueue(*args, attempt_number=attempt_number + 1, **kwargs)

        made = task(attempt)
        return made

    return decorate


def worker_name() -> str:
    """Name this process so that another can see whether it still lives."""
    host, own = socket.gethostname()[:40], secrets.token_hex(4)
    return f"{host}:{os.getpid()}:{own}"


def _is_dead(worker: str, now: datetime) -> bool:
    """Whether a worker has gone: its pulse stopped, or its process is not there any more."""
    pulse = Beat.objects.filter(name=PULSE + worker).first()
    if pulse is not None and pulse.due < now:
        return True
    host, _, rest = worker.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname()[:40] or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def rescue(now: datetime) -> int:
    """Return jobs whose worker died, or that ran past their lease, to the queue; say how many."""
    returned = 0
    for row in DBTaskResult.objects.running():
        stale = row.started_at is not None and row.started_at < now - LEASE
        if stale or (row.worker_ids and _is_dead(row.worker_ids[-1], now)):
            returned += DBTaskResult.objects.filter(
                id=row.id, status=TaskResultStatus.RUNNING, started_at=row.started_at
            ).update(status=TaskResultStatus.READY)
    return returned


def forget_finished(now: datetime) -> int:
    """Delete finished jobs older than a week; failed ones stay to be looked at."""
    Beat.objects.filter(name__startswith=PULSE, due__lt=now - KEEP).delete()
    done = DBTaskResult.objects.successful().filter(finished_at__lt=now - KEEP)
    return done.delete()[0]


class Labourer:
    """A worker and a clock in threads of this process, until told to stop."""

    def __init__(self, *, interval_seconds: float = 0.25) -> None:
        self._stopping = threading.Event()
        self._name = worker_name()
        self._seen: datetime | None = None
        self._worker = Worker(
            queue_names=["*"],
            interval=interval_seconds,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=self._name,
            excluded_queue_names=[],
        )
        self._threads = [
            threading.Thread(target=self._work, name="worker", daemon=True),
            threading.Thread(target=self._watch_the_clock, name="clock", daemon=True),
        ]

    def start(self) -> None:
        """Begin; jobs left over by a crash come first."""
        rescue(timezone.now())
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_seconds: float = 10) -> None:
        """Finish the job in hand and end."""
        self._stopping.set()
        self._worker.running = False
        for thread in self._threads:
            thread.join(timeout_seconds)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._worker.run()
            except Exception:
                logger.exception("The worker stumbled and goes on")
                self._stopping.wait(2)

    def _beat(self, now: datetime) -> None:
        """Show every few seconds that this worker lives, wherever it runs."""
        if self._seen is None or now - self._seen > PULSE_LASTS / 6:
            name, self._seen = PULSE + self._name, now
            Beat.objects.update_or_create(name=name, defaults={"due": now + PULSE_LASTS})

    def _watch_the_clock(self) -> None:
        while not self._stopping.wait(1):
            try:
                close_old_connections()
                with keys.keyring():
                    self._beat(timezone.now())
                    clock.tick(timezone.now())
            except Exception:
                logger.exception("The clock stumbled and goes on")


def run_all() -> int:
    """Do every job that is due, here and now; return how many ran. For tests and the demo."""
    worker = Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=worker_name(),
        excluded_queue_names=[],
    )
    worker.run()
    return worker._run_tasks
