"""What sealing, the audit chain and a whole answered questionnaire cost, against doing without.

    python -m bench.foundation [--quick]

Each figure is a rate and its ratio to the same work without what is measured, in one run on a
fresh SQLite database in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path


def rate(job: Callable[[], object], count: int) -> float:
    """How often a second a job can be done."""
    started = time.perf_counter()
    for _ in range(count):
        job()
    return count / (time.perf_counter() - started)


def sealing(count: int) -> None:
    """AES-256-GCM of 2 KiB, sealed and opened, against a copy of the bytes."""
    from heartsease.base import crypto

    key, text = crypto.new_key(), os.urandom(2048)
    place = b"table|column|row|owner"
    sealed = crypto.seal(key, text, place)
    copy = rate(lambda: bytes(bytearray(text)), count)
    seal = rate(lambda: crypto.seal(key, text, place), count)
    unseal = rate(lambda: crypto.unseal(key, sealed, place), count)
    print(f"seal 2 KiB          {seal:10,.0f} /s   {seal / copy:.3f} x a copy")
    print(f"open 2 KiB          {unseal:10,.0f} /s   {unseal / copy:.3f} x a copy")


def audit(count: int) -> None:
    """A link of the chain in a transaction of its own, against a bare row."""
    from django.utils import timezone

    from heartsease.base import audit as log
    from heartsease.base.models import Event

    now = timezone.now()
    bare = rate(lambda: Event.objects.create(at=now, topic="bench", kind="bench", data={}), count)
    link = rate(lambda: log.record("bench.link", by=None, now=now), count)
    started = time.perf_counter()
    faults = list(log.faults())
    checked = count / (time.perf_counter() - started)
    assert not faults
    print(f"bare row            {bare:10,.0f} /s")
    print(f"audit link          {link:10,.0f} /s   {link / bare:.2f} x a bare row")
    print(f"links verified      {checked:10,.0f} /s")


def questionnaire(count: int) -> None:
    """PHQ-9 answered by action: gate, score, seal, audit, alert, news, job; against a bare row."""
    from django.utils import timezone

    from heartsease.base.keys import keyring
    from heartsease.base.models import Event
    from heartsease.capture.measures import actions as measures
    from heartsease.consent import actions as consent
    from heartsease.people import actions as people
    from heartsease.people.models import Role

    now = timezone.now()
    boss = people.register("boss@bench.invalid", "Boss", Role.ADMIN, now=now)
    team = people.found_team("Bench", by=boss, now=now, is_intake=True)
    clinician = people.register("clinician@bench.invalid", "C", Role.CLINICIAN, now=now)
    people.join(team, clinician, by=boss, now=now)
    person = people.register("person@bench.invalid", "P", Role.PATIENT, now=now)
    for purpose in ("keep", "care", "early_warning"):
        consent.give(person, "questionnaires", purpose, by=person, now=now)
    calm = {**dict.fromkeys(range(1, 9), 1), 9: 0}
    alarm = {**calm, 9: 1}

    def answered(answers: dict[int, int]) -> Callable[[], object]:
        def once() -> None:
            nonlocal now
            now += timedelta(seconds=1)
            asked = measures.assign(person, "phq9", by=clinician, now=now, due=now)
            measures.answer(asked, answers, by=person, now=now)

        return once

    bare = rate(lambda: Event.objects.create(at=now, topic="bench", kind="bench", data={}), count)
    with keyring():
        plain = rate(answered(calm), count)
        with_alert = rate(answered(alarm), count)
    print(f"questionnaire       {plain:10,.0f} /s   {plain / bare:.3f} x a bare row")
    print(f"  with an alert     {with_alert:10,.0f} /s   {with_alert / plain:.2f} x without")


def main(argv: list[str] | None = None) -> None:
    """Measure all three on a database of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args(argv).quick
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HEARTSEASE_DATA"] = str(Path(folder))
        os.environ["DJANGO_SETTINGS_MODULE"] = "heartsease.site.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        sealing(2_000 if quick else 50_000)
        audit(200 if quick else 3_000)
        questionnaire(50 if quick else 400)


if __name__ == "__main__":
    main()
