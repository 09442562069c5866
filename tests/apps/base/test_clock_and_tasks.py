"""Periodic work happens once; jobs are tried again, and come back after a crash."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from tests.people import NOW

from heartsease.base import clock, tasks
from heartsease.base.models import Beat

CALLS: list[str] = []


@tasks.job(attempts=2)
def fragile(text: str) -> None:
    """Fails on its first attempt."""
    CALLS.append(text)
    if CALLS.count(text) == 1:
        raise ValueError("not yet")


@tasks.job()
def simple(text: str) -> None:
    """Leaves a trace."""
    CALLS.append(text)


@pytest.fixture(autouse=True)
def _no_calls():
    CALLS.clear()


def make_due():
    DBTaskResult.objects.filter(status="READY").update(run_after=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_a_job_runs_once():
    simple.enqueue("a")
    assert tasks.run_all() == 1
    assert tasks.run_all() == 0
    assert CALLS == ["a"]


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_transaction_that_failed_never_runs():
    with pytest.raises(ValueError, match="on purpose"), transaction.atomic():
        simple.enqueue("b")
        raise ValueError("on purpose")
    assert tasks.run_all() == 0


@pytest.mark.django_db(transaction=True)
def test_a_failed_job_is_tried_again_later_and_then_succeeds():
    fragile.enqueue("c")
    tasks.run_all()
    assert CALLS == ["c"]
    assert tasks.run_all() == 0
    make_due()
    tasks.run_all()
    assert CALLS == ["c", "c"]


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_worker_that_died_comes_back():
    simple.enqueue("d")
    row = DBTaskResult.objects.get()
    row.claim(f"{tasks.worker_name().split(':')[0]}:999999:1")
    assert tasks.run_all() == 0
    assert tasks.rescue(timezone.now()) == 1
    tasks.run_all()
    assert CALLS == ["d"]


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_living_worker_is_left_alone_within_its_lease():
    simple.enqueue("e")
    DBTaskResult.objects.get().claim(tasks.worker_name())
    assert tasks.rescue(timezone.now()) == 0
    assert tasks.rescue(timezone.now() + tasks.LEASE + timedelta(minutes=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_worker_elsewhere_comes_back_when_its_pulse_has_stopped():
    """In a container the host has another name after a restart, so the process cannot be asked."""
    simple.enqueue("f")
    DBTaskResult.objects.get().claim("another-host:1:cafe")
    now = timezone.now()
    Beat.objects.create(name=f"{tasks.PULSE}another-host:1:cafe", due=now + timedelta(seconds=30))
    assert tasks.rescue(now) == 0
    assert tasks.rescue(now + timedelta(seconds=31)) == 1


@pytest.mark.django_db(transaction=True)
def test_six_tickers_run_a_due_job_once():
    ran = []
    job = clock.Job("test.once", timedelta(minutes=5), lambda now: ran.append(now))
    Beat.objects.create(name=job.name, due=NOW)

    def tick():
        try:
            if clock.take(job, NOW):
                job.run(NOW)
        finally:
            connection.close()

    tickers = [threading.Thread(target=tick) for _ in range(6)]
    for ticker in tickers:
        ticker.start()
    for ticker in tickers:
        ticker.join()
    assert len(ran) == 1
    assert not clock.take(job, NOW + timedelta(minutes=4))
    assert clock.take(job, NOW + timedelta(minutes=5))


@pytest.mark.django_db
def test_one_failing_periodic_job_stops_no_other(monkeypatch):
    ran = []

    def fail(now):
        raise RuntimeError("broken")

    hour = timedelta(hours=1)
    jobs = {
        "bad": clock.Job("bad", hour, fail),
        "good": clock.Job("good", hour, lambda now: ran.append(now)),
    }
    monkeypatch.setattr(clock, "JOBS", jobs)
    assert clock.tick(NOW) == ["bad", "good"]
    assert ran == [NOW]
