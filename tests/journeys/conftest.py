"""A real server, a real browser, and people who sit down before it.

At the end of every test that opened a page it must hold that no request went to another host than
the server's, that no page complained (errors, content security policy), and that the server wrote
no error down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import chromium

from .room import Cookies, Room
from .server import Server, copy_of, load_demo
from .witness import Witness

PageFor = Callable[..., Page]
EXPECT_MS = 10_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a browser journey."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def demo_clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo clinic, as `heartsease demo` leaves it; servers get copies."""
    folder = tmp_path_factory.mktemp("clinic")
    load_demo(folder)
    return folder


@pytest.fixture(scope="session")
def server(demo_clinic: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that most journeys share."""
    running = Server(copy_of(demo_clinic, tmp_path_factory.mktemp("server") / "data"))
    yield running
    running.stop()


@pytest.fixture
def another_server(demo_clinic: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start further servers with a demo clinic of their own: `another_server(SETTING="value")`."""
    started: list[Server] = []

    def start(**settings: str) -> Server:
        folder = copy_of(demo_clinic, tmp_path / f"data-{len(started)}")
        started.append(Server(folder, settings))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys."""
    path = chromium.find()
    assert path, "No Chromium was found; tests/chromium.py can install one."
    expect.set_options(timeout=EXPECT_MS)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def signed_in() -> Cookies:
    """Cookies of people of the demo who signed in before, by server and name."""
    return {}


@pytest.fixture
def witness() -> Witness:
    """What the browsers of this test ask for and complain of."""
    return Witness()


@pytest.fixture
def page_for(
    browser: Browser,
    server: Server,
    another_server: Callable[..., Server],
    witness: Witness,
    signed_in: Cookies,
) -> Iterator[PageFor]:
    """Seat somebody before a browser of their own: `page_for("Maya", width=PHONE)`.

    It rests on the further servers so that these end after the browsers have left.
    """
    room = Room(browser, server, witness, signed_in)
    yield room.seat
    room.clear()
