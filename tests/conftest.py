"""What every test stands on: the cast, a policy of its own, no network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(autouse=True)
def _own_places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Uploads and policy of a test lie in its own folder."""
    from django.conf import settings

    before = settings.FILE_UPLOAD_TEMP_DIR, settings.SITE_POLICY
    settings.FILE_UPLOAD_TEMP_DIR, settings.SITE_POLICY = tmp_path, tmp_path / "policy.toml"
    yield
    settings.FILE_UPLOAD_TEMP_DIR, settings.SITE_POLICY = before


@pytest.fixture
def cast(db: None):
    """Alice, Bob, Charlie and the others."""
    from tests.people import cast

    return cast()


@pytest.fixture
def shared() -> Path:
    """The folder with research data beside the repository; tests that need it skip without."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the research data are not beside this checkout")
    return folder


@pytest.fixture
def time_machine_at():
    """Give a way to stand still at a moment."""
    import time_machine

    return lambda moment: time_machine.travel(moment, tick=False)
