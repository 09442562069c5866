"""What a server loads when it starts: little, for it runs on small machines."""

from __future__ import annotations

import os
import subprocess
import sys

HEAVY = ("numba", "scipy.signal", "scipy.stats", "scipy.optimize", "sklearn")
LOAD = f"""
import sys, django
django.setup()
import heartsease.site.urls
print([name for name in {HEAVY} if name in sys.modules])
"""


def test_a_server_loads_no_compiler_and_no_statistics_before_somebody_needs_them(tmp_path):
    settings = {
        "DJANGO_SETTINGS_MODULE": "heartsease.site.settings",
        "HEARTSEASE_DATA": str(tmp_path),
    }
    made = subprocess.run(
        [sys.executable, "-c", LOAD],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.strip() == "[]"
