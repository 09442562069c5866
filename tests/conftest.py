"""What every test stands on: the cast, a policy of its own, no network."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

# A shared machine is slow at times; that is no property of what is tested.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(autouse=True, scope="session")
def _static_files_on_demand() -> None:
    """Look static files up when asked for, instead of listing all of them for every client."""
    from django.conf import settings

    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True, scope="session")
def _nothing_leaves() -> Iterator[None]:
    """Fail any test whose process tries to speak with another machine."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(to: Any) -> None:
        if isinstance(to, tuple) and not _is_here(str(to[0])):
            raise AssertionError(f"This process tried to reach another machine: {to[0]}")

    def guarded(self: socket.socket, to: Any) -> None:
        check(to)
        connect(self, to)

    def guarded_ex(self: socket.socket, to: Any) -> int:
        check(to)
        return connect_ex(self, to)

    socket.socket.connect, socket.socket.connect_ex = guarded, guarded_ex  # type: ignore[method-assign]
    yield
    socket.socket.connect, socket.socket.connect_ex = connect, connect_ex  # type: ignore[method-assign]


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in {"", "localhost"}


@pytest.fixture(autouse=True)
def _own_places(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Uploads and policy of a test lie in its folder; staff need no second step.

    Files of any size are read by the process of the test, for no other sees its database.
    """
    from django.conf import settings

    before = settings.FILE_UPLOAD_TEMP_DIR, settings.SITE_POLICY
    settings.READ_APART_ABOVE_BYTES = settings.MAX_UPLOAD_BYTES
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    settings.SITE_POLICY = tmp_path_factory.mktemp("site") / "policy.toml"
    settings.SITE_POLICY.write_text("staff_second_factor = false\n")
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
