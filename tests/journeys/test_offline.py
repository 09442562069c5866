"""Get help now is there without a connection, without a server, and without its database."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import PageFor
from .room import PHONE
from .server import Server
from .steps import heading, link
from .witness import LOST_STREAM, NO_CONNECTION, Witness

ANY_PAGES = ("/", "/plan/", "/questionnaires/00000000-0000-0000-0000-000000000000/", "/help/")


def once_kept(page: Page) -> None:
    """Wait until the browser has taken the copy that it keeps."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def help_is_shown(page: Page) -> None:
    """The page with its numbers, and in its style: what is tapped is large enough for a thumb."""
    expect(heading(page, "Get help now")).to_be_visible()
    call = page.locator("main a[href^='tel:']:visible").first
    expect(call).to_be_in_viewport()
    box = call.bounding_box()
    assert box and box["height"] >= 44


def test_without_a_connection_any_page_is_get_help_now(page_for: PageFor, witness: Witness) -> None:
    witness.expect(NO_CONNECTION)
    page = page_for("Alice", width=PHONE)
    once_kept(page)
    page.context.set_offline(True)
    for path in ANY_PAGES:
        page.goto(path)
        help_is_shown(page)
    page.context.set_offline(False)
    page.goto("/plan/")
    expect(heading(page, "My plan")).to_be_visible()


def test_one_visit_by_somebody_signed_out_is_enough(page_for: PageFor, witness: Witness) -> None:
    witness.expect(NO_CONNECTION)
    page = page_for(to="/help/", width=PHONE)
    once_kept(page)
    page.context.set_offline(True)
    page.reload()
    help_is_shown(page)


def test_what_somebody_wrote_for_a_bad_hour_is_there_without_a_connection(
    page_for: PageFor, witness: Witness
) -> None:
    witness.expect(NO_CONNECTION)
    page = page_for(to="/help/", width=PHONE)
    once_kept(page)
    page.get_by_label("My people and their numbers").fill("Sam 020 7946 0001")
    asked = len(witness.asked)
    page.context.set_offline(True)
    page.goto("/plan/")
    expect(link(page, "Call Sam")).to_have_attribute("href", "tel:02079460001")
    assert not [url for url in witness.asked[asked:] if "0001" in url]


def test_without_a_server_any_page_is_get_help_now(
    page_for: PageFor, another_server: Callable[..., Server], witness: Witness
) -> None:
    witness.expect(NO_CONNECTION, LOST_STREAM)
    place = another_server()
    page = page_for("Alice", at=place, width=PHONE)
    once_kept(page)
    place.stop()
    for path in ANY_PAGES:
        page.goto(path)
        help_is_shown(page)


def break_the_database(folder: Path) -> None:
    """Put something that is no database where the database was."""
    for file in folder.glob("heartsease.sqlite3*"):
        file.rename(file.with_name(f"away-{file.name}"))
    (folder / "heartsease.sqlite3").write_bytes(b"this is not a database\n" * 400)


def test_without_a_database_get_help_now_answers_whoever_asks(
    page_for: PageFor, another_server: Callable[..., Server], witness: Witness
) -> None:
    witness.expect_status(500)
    witness.expect(NO_CONNECTION, LOST_STREAM)
    place = another_server()
    place.is_to_break = True
    pages = {
        shut: page_for(who, at=place, width=PHONE, service_workers="block")
        for who, shut in (("Alice", "/privacy/"), ("Maya", "/clinic/"), ("", "/start/"))
    }
    break_the_database(place.folder)
    for shut, page in pages.items():
        answer = page.goto("/help/")
        assert answer
        assert answer.status == 200
        help_is_shown(page)
        answer = page.goto(shut)
        assert answer
        assert answer.status == 500
        link(page, re.compile("get help now", re.IGNORECASE)).first.click()
        help_is_shown(page)
