"""From a day pushed by a device to the alert: how long, with a real worker beside it.

    python -m bench.online [--pushes 200] [--json]

A person with 160 days of history (minute pulse of the last weeks, nights in stages, hourly steps,
check-ins) pushes a day at a time; each push changes enough that an alert about it opens, and is
taken back before the next. The clock runs from the push until the alert stands in the database; a
worker thread reads, makes the features, compares, and opens it, as `heartsease serve` does. Fresh
SQLite database in a temporary folder; one more line says the share of each step without the queue.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import tempfile
import time
from datetime import datetime, timedelta

import numpy as np

DAYS = 160
CHANGED = 14
HEADER = "time,end,stream,value,stage,device\n"


def day_of(day: datetime, rng: np.random.Generator, *, steps: float, minute_pulse: bool) -> str:
    """One day of a watch in the plain form."""
    rows = []
    for hour in range(8, 22):
        start = day + timedelta(hours=hour)
        count = max(int(rng.normal(steps / 14, 60)), 0)
        end = start + timedelta(hours=1)
        rows.append(f"{start.isoformat()},{end.isoformat()},steps,{count},,watch")
    bed = day - timedelta(minutes=60) + timedelta(minutes=float(rng.normal(0, 20)))
    for _ in range(5):
        for stage, minutes in (("light", 50), ("deep", 20), ("rem", 20), ("awake", 4)):
            end = bed + timedelta(minutes=minutes)
            rows.append(f"{bed.isoformat()},{end.isoformat()},sleep,,{stage},watch")
            bed = end
    step = 1 if minute_pulse else 15
    for minute in range(0, 1440, step):
        at = day + timedelta(minutes=minute)
        rows.append(f"{at.isoformat()},,heart_rate,{rng.normal(65, 6):.0f},,watch")
    return "\n".join(rows) + "\n"


def person_with_history(now: datetime):
    """Somebody who agreed to everything, their clinician, and the days before."""
    from heartsease.capture.streams import actions as streams
    from heartsease.capture.streams.tasks import read_upload
    from heartsease.consent import actions as consent
    from heartsease.people import actions as people
    from heartsease.people.models import Role

    boss = people.register("boss@bench.invalid", "Boss", Role.ADMIN, now=now)
    team = people.found_team("Bench", by=boss, now=now, is_intake=True)
    clinician = people.register("clinician@bench.invalid", "C", Role.CLINICIAN, now=now)
    people.join(team, clinician, by=boss, now=now)
    person = people.register("person@bench.invalid", "P", Role.PATIENT, now=now)
    for purpose in ("keep", "care", "early_warning"):
        consent.give(person, "wearables", purpose, by=person, now=now)
    rng = np.random.default_rng(1)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    text = HEADER + "".join(
        day_of(
            midnight - timedelta(days=back),
            rng,
            steps=8_000 if back > CHANGED else 3_000,
            minute_pulse=back < 30,
        )
        for back in range(DAYS, 1, -1)
    )
    source, _ = streams.connect(person, "Watch", by=person, now=now)
    row = streams.upload(person, io.BytesIO(text.encode()), "all.csv", by=person, now=now)
    read_upload.call(str(row.id))
    row.refresh_from_db()
    assert row.status == "done", row.message
    return person, source


def take_back(person) -> None:
    """Forget the alert and the signal, so that the next push has something to tell."""
    from heartsease.watch.models import Alert, Signal

    Alert.objects.filter(person=person).delete()
    Signal.objects.filter(person=person).delete()


def until_alert(person, source, body: bytes) -> float:
    """Seconds from a push to its alert; infinity after 30."""
    from django.utils import timezone

    from heartsease.capture.streams import actions as streams
    from heartsease.watch.models import Alert

    begun = time.perf_counter()
    streams.push(source, io.BytesIO(body), now=timezone.now())
    while time.perf_counter() - begun < 30:
        if Alert.objects.filter(person=person).exists():
            return time.perf_counter() - begun
        time.sleep(0.005)
    return float("inf")


def measure(pushes: int) -> dict[str, object]:
    """Push day after day and keep the time of each."""
    from django.core.management import call_command
    from django.utils import timezone

    from heartsease.base.keys import keyring
    from heartsease.base.tasks import Labourer

    call_command("migrate", verbosity=0)
    now = timezone.now()
    with keyring():
        person, source = person_with_history(now)
    worker = Labourer()
    worker.start()
    rng = np.random.default_rng(2)
    waits = []
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        time.sleep(3)
        for number in range(pushes):
            take_back(person)
            # The same yesterday again and again, each time with a few samples more.
            day = midnight - timedelta(days=1)
            text = HEADER + day_of(day, rng, steps=2_500, minute_pulse=number % 10 == 0)
            waits.append(until_alert(person, source, text.encode()))
    finally:
        worker.stop()
    found = np.array(waits)
    return {
        "pushes": pushes,
        "lost": int(np.isinf(found).sum()),
        **{f"p{one}_s": float(np.quantile(found, one / 100)) for one in (50, 95, 99)},
        "slowest_s": float(found.max()),
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pushes", type=int, default=200)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HEARTSEASE_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "heartsease.site.settings"
        import django

        django.setup()
        found = measure(30 if chosen.quick else chosen.pushes)
    if chosen.json:
        print(json.dumps(found))
        return
    print(
        f"{found['pushes']} pushes of a day, {found['lost']} lost: to the alert p50 "
        f"{found['p50_s']:.2f} s, p95 {found['p95_s']:.2f} s, p99 {found['p99_s']:.2f} s, "
        f"slowest {found['slowest_s']:.2f} s"
    )


if __name__ == "__main__":
    main()
