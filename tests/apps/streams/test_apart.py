"""A large file is read in a process of its own: it cannot take the worker along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import pytest
from django.conf import settings

from heartsease.base.tasks import LEASE
from heartsease.capture.streams import apart

# A site of its own, because another process has to see its database.
SITE = """
import io, json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "heartsease.site.settings"
import django
django.setup()
from datetime import timedelta
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
call_command("migrate", verbosity=0)
from heartsease.base.tasks import run_all
from heartsease.capture.streams import actions
from heartsease.consent import actions as consent
from heartsease.people import actions as people
from heartsease.people.models import Role
now = timezone.now()
person = people.register("a@example.org", "A", Role.PATIENT, now=now)
consent.give(person, "wearables", "keep", by=person, now=now)
lines = "time,stream,value\\n" + "".join(
    f"{(now - timedelta(days=1, seconds=one)).isoformat()},heart_rate,61\\n" for one in range(500)
)
settings.READ_APART_ABOVE_BYTES = 1_000
told = []
def hand_in(text):
    row = actions.upload(person, io.BytesIO(text.encode()), "a.csv", by=person, now=now)
    run_all()
    row.refresh_from_db()
    left = [one.name for one in settings.FILE_UPLOAD_TEMP_DIR.iterdir()]
    told.append([row.status, row.message, row.report.get("days_changed"), left])
hand_in(lines)
hand_in("no table\\n" * 1_000)
settings.READING_MEMORY_BYTES = 20_000_000
hand_in(lines)
settings.READING_MEMORY_BYTES, settings.READING_SECONDS = 1_500_000_000, 0.3
hand_in(lines)
print(json.dumps(told))
"""


def test_a_large_file_is_stored_or_ends_with_a_sentence(tmp_path):
    known = {**os.environ, "HEARTSEASE_DATA": str(tmp_path)}
    known.pop("DATABASE_URL", None)
    ran = subprocess.run(
        [sys.executable, "-c", SITE], capture_output=True, text=True, env=known, check=True
    )
    read, unknown, hungry, slow = json.loads(ran.stdout.splitlines()[-1])
    assert (read[0], read[3]) == ("done", [])
    assert read[2] in {1, 2}
    assert (unknown[0], unknown[3]) == ("failed", [])
    assert "known form" in unknown[1]
    assert hungry == ["failed", apart.MEMORY, 0, []]
    assert slow == ["failed", apart.TIME, 0, []]


@pytest.mark.parametrize(("content", "large"), [(b"a" * 999, False), (b"a" * 1_001, True)])
def test_a_file_is_large_by_what_it_holds_unpacked(tmp_path, monkeypatch, content, large):
    monkeypatch.setattr(settings, "READ_APART_ABOVE_BYTES", 1_000)
    plain, packed = tmp_path / "a.csv", tmp_path / "a.zip"
    plain.write_bytes(content)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("a.csv", content)
    assert apart.is_large(plain) is large
    assert apart.is_large(packed) is large


def test_reading_ends_before_its_job_is_given_to_another():
    assert LEASE.total_seconds() > settings.READING_SECONDS
