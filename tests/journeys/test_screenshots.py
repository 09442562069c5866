"""Pictures of the pages that matter, for docs/screenshots and for whoever looks a change over.

By default they are taken into a temporary folder and checked; with HEARTSEASE_SCREENSHOTS=1 they
are written into docs/screenshots.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .room import DESK, HEIGHT, PHONE, Cookies, Room
from .server import Server, copy_of
from .steps import button, heading, link, region
from .witness import Witness

DOCS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
MOST_BYTES_EACH = 500_000
OWN_CHOICE = "Call her this week, ask about sleep and about what changed in October."


def nothing(page: Page) -> None:
    """The page as it opens."""


@dataclass(frozen=True)
class Picture:
    """Who looks at what; `way` goes on from the address."""

    name: str
    who: str
    path: str
    widths: tuple[int, ...]
    schemes: tuple[str, ...] = ("light",)
    way: Callable[[Page], None] = nothing


def course(page: Page) -> None:
    link(page, "Chloe Adeyemi").click()
    drawing = page.get_by_role("img", name=re.compile("one time axis"))
    expect(drawing.get_by_text("PHQ-9", exact=True)).to_be_visible()


def options(page: Page) -> None:
    course(page)
    region(page, "Proposals").get_by_role("link").last.click()
    page.get_by_label("What would you do?").fill(OWN_CHOICE)
    button(page, "Keep it and show the options").click()
    expect(page.get_by_role("radio").first).to_be_visible()


def question(page: Page) -> None:
    link(page, "Start").click()
    expect(page.get_by_role("radio").first).to_be_visible()


BOTH = ("light", "dark")
PICTURES = [
    Picture("today", "Ben", "/", (PHONE, DESK), BOTH),
    Picture("my-data", "Ben", "/my-data/", (PHONE,)),
    Picture("my-week", "Chloe", "/my-data/week/", (PHONE,)),
    Picture("my-plan", "Hamid", "/plan/", (PHONE,)),
    Picture("privacy", "Ben", "/privacy/", (PHONE,)),
    Picture("questionnaire", "Alice", "/", (PHONE,), way=question),
    Picture("help", "", "/help/", (PHONE,)),
    Picture("caseload", "Maya", "/clinic/", (DESK,), BOTH),
    Picture("caseload", "Maya", "/clinic/", (PHONE,)),
    Picture("timeline", "Maya", "/clinic/", (DESK,), way=course),
    Picture("proposal", "Maya", "/clinic/", (DESK,), way=options),
    Picture("office-loop", "Ines", "/office/loop/", (DESK,)),
]


@pytest.fixture(scope="module")
def room(
    browser: Browser,
    demo_clinic: Path,
    signed_in: Cookies,
    tmp_path_factory: pytest.TempPathFactory,
) -> Room:
    """A clinic that no other journey has been to."""
    server = Server(copy_of(demo_clinic, tmp_path_factory.mktemp("pictures") / "data"))
    room = Room(browser, server, Witness(), signed_in)
    yield room
    room.clear()
    server.stop()


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def take(page: Page, width: int) -> bytes:
    """A picture of the whole page; as tall a window lets what is fixed stand at its edges."""
    page.set_viewport_size({"width": width, "height": HEIGHT[width]})
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(height, HEIGHT[width])})
    page.evaluate("document.fonts.ready.then(() => true)")
    return page.screenshot(animations="disabled", scale="css")


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: f"{one.name}-{one.widths[0]}")
def test_a_page_has_its_picture(picture: Picture, room: Room, tmp_path: Path) -> None:
    folder = DOCS if os.environ.get("HEARTSEASE_SCREENSHOTS") == "1" else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    page = room.seat(picture.who, width=picture.widths[0], to=picture.path)
    picture.way(page)
    expect(heading(page, re.compile(".")).first).to_be_visible()
    for width in picture.widths:
        for scheme in picture.schemes:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            dark = "" if scheme == "light" else f"-{scheme}"
            taken = take(page, width)
            (folder / f"{picture.name}-{width}{dark}.png").write_bytes(taken)
            wide, high = size_of(taken)
            assert wide == width, "the page is wider than the screen"
            assert high >= HEIGHT[width]
            assert 5_000 < len(taken) < MOST_BYTES_EACH
    page.context.close()
