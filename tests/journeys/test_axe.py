"""Every page of every role, light and dark, before axe: no serious or critical fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from .conftest import PageFor
from .room import DESK, PHONE, Cookies, Room
from .server import Server
from .steps import (
    button,
    confirm_email,
    heading,
    link,
    newcomer,
    open_with_password,
    region,
)
from .witness import Witness

BAD = {"serious", "critical"}
# Preloading would fetch style sheets once more, by addresses that are not theirs.
OPTIONS = {"resultTypes": ["violations"], "preload": False}
# The dark page is the same page in other colours.
COLOURS = OPTIONS | {"runOnly": ["color-contrast", "link-in-text-block"]}
# A label speaks for the first of two controls that share an id; axe does not see that.
TWICE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map(one => one.id);
  return [...new Set(ids.filter((id, place) => ids.indexOf(id) !== place))];
}"""
STYLES_OF_AXE = "The action has been blocked. []"
NEWCOMER = "a newcomer"
Way = Callable[[Page], object]


def at(path: str) -> Way:
    """Open an address, and be there."""

    def open_page(page: Page) -> None:
        page.goto(path)
        assert page.url.endswith(path)

    return open_page


def faces_tapped(page: Page) -> None:
    page.goto("/")
    button(page, "Good").first.click()
    expect(button(page, "Undo")).to_be_visible()


def sent_empty(path: str, words: str) -> Way:
    def send(page: Page) -> None:
        page.goto(path)
        button(page, words).click()
        expect(page.get_by_role("alert")).to_be_visible()

    return send


def everything_unfolded(page: Page) -> None:
    page.goto("/my-data/?days=90")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


def privacy_unfolded(page: Page) -> None:
    page.goto("/privacy/")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


def questionnaire(page: Page) -> None:
    page.goto("/")
    link(page, "Start").click()
    expect(page.get_by_role("radio").first).to_be_visible()


def result(page: Page) -> None:
    page.goto("/my-data/")
    link(page, re.compile("What it means.*PHQ-9")).click()
    expect(heading(page, "What it means")).to_be_visible()


def record_of(name: str) -> Way:
    def open_record(page: Page) -> None:
        page.goto("/clinic/")
        link(page, name).click()
        expect(heading(page, name)).to_be_visible()
        course = page.get_by_role("img", name=re.compile("one time axis"))
        expect(course.get_by_text("PHQ-9", exact=True)).to_be_visible()

    return open_record


def peek(page: Page) -> None:
    page.goto("/clinic/")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.get_by_role("complementary").get_by_role("heading")).to_be_visible()


def alert(page: Page) -> None:
    record_of("Elif Kaya")(page)
    region(page, "Open alerts").get_by_role("link").click()
    expect(heading(page, "What to do first")).to_be_visible()


def proposal_before_own_choice(page: Page) -> None:
    record_of("Grace Lee")(page)
    region(page, "Proposals").get_by_role("link").first.click()
    expect(page.get_by_label("What would you do?")).to_be_visible()


def proposal_with_options(page: Page) -> None:
    record_of("Chloe Adeyemi")(page)
    region(page, "Proposals").get_by_role("link").first.click()
    page.get_by_label("What would you do?").fill("Call her this week.")
    button(page, "Keep it and show the options").click()
    expect(page.get_by_role("radio").first).to_be_visible()


def plan_form(page: Page) -> None:
    record_of("Ben Carter")(page)
    link(page, "Change the plan").click()
    expect(heading(page, "Change the plan")).to_be_visible()


def plan_form_with_faults(page: Page) -> None:
    plan_form(page)
    page.get_by_label("What is this about?").fill("")
    button(page, "Put in force").click()
    expect(page.get_by_role("alert")).to_be_visible()


def wrong_password(page: Page) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill("nobody@example.org")
    page.get_by_label("Password").fill("not-the-password")
    button(page, "Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def asked_for_the_password_again(page: Page) -> None:
    page.goto("/account/2fa/totp/activate/")
    expect(page).to_have_url(re.compile("/reauthenticate/"))


def with_the_password(path: str) -> Way:
    return lambda page: open_with_password(page, path)


PAGES: list[tuple[str, str, int, Way]] = [
    ("Alice", "today", PHONE, at("/")),
    ("Alice", "today with a face tapped", PHONE, faces_tapped),
    ("Alice", "check-in", PHONE, at("/check-in/")),
    ("Alice", "check-in with nothing said", PHONE, sent_empty("/check-in/", "Save")),
    ("Alice", "my data", PHONE, at("/my-data/")),
    ("Alice", "my data unfolded", PHONE, everything_unfolded),
    ("Alice", "sources", PHONE, at("/my-data/sources/")),
    ("Alice", "delete the days", PHONE, at("/my-data/delete/")),
    ("Alice", "my week", PHONE, at("/my-data/week/")),
    ("Alice", "my week on a desk", DESK, at("/my-data/week/")),
    ("Chloe", "today with a change and an idea", PHONE, at("/")),
    ("Chloe", "my data with changes", PHONE, at("/my-data/")),
    ("Alice", "voice diary off", PHONE, at("/voice/")),
    ("Alice", "privacy with everything", PHONE, privacy_unfolded),
    ("Alice", "my plan", PHONE, at("/plan/")),
    ("Alice", "privacy", PHONE, at("/privacy/")),
    ("Alice", "erase", PHONE, at("/privacy/erase/")),
    ("Alice", "questionnaire on a phone", PHONE, questionnaire),
    ("Alice", "result", PHONE, result),
    ("Alice", "not found", PHONE, at("/plan/nothing/")),
    ("Alice", "second factors", PHONE, at("/account/2fa/")),
    ("Alice", "passkeys", PHONE, at("/account/2fa/webauthn/")),
    ("Alice", "e-mail", PHONE, at("/account/email/")),
    ("Alice", "sign-out", PHONE, at("/account/logout/")),
    ("Alice", "today on a desk", DESK, at("/")),
    ("Alice", "my data on a desk", DESK, at("/my-data/")),
    ("Alice", "questionnaire on a desk", DESK, questionnaire),
    ("Elif", "result with danger", PHONE, result),
    ("Hamid", "my plan with an effect", PHONE, at("/plan/")),
    (NEWCOMER, "welcome, step 1", PHONE, at("/welcome/?step=1")),
    (NEWCOMER, "welcome, step 2", PHONE, at("/welcome/?step=2")),
    (NEWCOMER, "welcome, step 3", PHONE, at("/welcome/?step=3")),
    (NEWCOMER, "welcome, step 4", PHONE, at("/welcome/?step=4")),
    (NEWCOMER, "how to reach me", PHONE, at("/privacy/contact/")),
    (NEWCOMER, "asked for the password again", PHONE, asked_for_the_password_again),
    (NEWCOMER, "codes from an app", PHONE, with_the_password("/account/2fa/totp/activate/")),
    (NEWCOMER, "add a passkey", PHONE, with_the_password("/account/2fa/webauthn/add/")),
    (NEWCOMER, "change the password", PHONE, at("/account/password/change/")),
    ("Maya", "caseload", DESK, at("/clinic/")),
    ("Maya", "caseload with nobody left", DESK, at("/clinic/?whose=mine&which=quiet")),
    ("Maya", "caseload with a look at one", DESK, peek),
    ("Maya", "person", DESK, record_of("Chloe Adeyemi")),
    ("Maya", "alert", DESK, alert),
    ("Maya", "proposal before the own choice", DESK, proposal_before_own_choice),
    ("Maya", "proposal with options", DESK, proposal_with_options),
    ("Maya", "plan form", DESK, plan_form),
    ("Maya", "plan form with faults", DESK, plan_form_with_faults),
    ("Maya", "urgent", DESK, at("/clinic/urgent/")),
    ("Maya", "caseload on a phone", PHONE, at("/clinic/")),
    ("Maya", "person on a phone", PHONE, record_of("Grace Lee")),
    ("Ines", "loop for a supervisor", DESK, at("/office/loop/")),
    ("Robin", "teams", DESK, at("/office/")),
    ("Robin", "loop", DESK, at("/office/loop/")),
    ("Sam", "audit", DESK, at("/office/audit/")),
    ("Sam", "audit verified", DESK, at("/office/audit/?verify=1")),
    ("", "start", PHONE, at("/start/")),
    ("", "help", PHONE, at("/help/")),
    ("", "help of a country unknown here", PHONE, at("/help/?country=XX")),
    ("", "login", PHONE, at("/account/login/")),
    ("", "login refused", PHONE, wrong_password),
    ("", "sign-up", PHONE, at("/account/signup/")),
    ("", "password reset", PHONE, at("/account/password/reset/")),
    ("", "not found", PHONE, at("/nothing/here/")),
]


@pytest.fixture(scope="module")
def seat(
    browser: Browser, server: Server, signed_in: Cookies
) -> Iterator[Callable[[str, int], Page]]:
    """One page a person and width, kept for all tests of this module."""
    witness = Witness()
    witness.expect(STYLES_OF_AXE)
    witness.expect_status(404, 422)
    room = Room(browser, server, witness, signed_in)
    pages: dict[tuple[str, int], Page] = {}

    def give(who: str, width: int) -> Page:
        if (who, width) not in pages:
            page = room.seat("" if who == NEWCOMER else who, width=width)
            if who == NEWCOMER:
                confirm_email(page, server.folder, newcomer(page))
            pages[who, width] = page
        return pages[who, width]

    yield give
    room.clear()


def faults(page: Page) -> list[str]:
    """What axe finds of weight, a line each, first in light and then in dark."""
    page.emulate_media(color_scheme="light")
    found: list[tuple[str, dict[str, Any]]] = []
    found += [("light", one) for one in Axe().run(page, options=OPTIONS).response["violations"]]
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate("options => axe.run(document, options)", COLOURS)
    found += [("dark", one) for one in dark["violations"]]
    twice = set(page.evaluate(TWICE))
    return [f"two elements have the id {one}" for one in sorted(twice)] + [
        f"{scheme}: {one['id']} ({one['impact']}): {node['html'][:160]}"
        for scheme, one in found
        if one["impact"] in BAD
        for node in one["nodes"]
    ]


def test_the_page_of_the_email_address_keeps_to_the_policy(
    page_for: PageFor, witness: Witness
) -> None:
    page_for("Alice", to="/account/email/")
    assert witness.unexpected == []


@pytest.mark.parametrize(("who", "path"), [("Alice", "/my-data/"), ("Robin", "/office/")])
def test_no_two_elements_share_an_id(who: str, path: str, seat: Callable[[str, int], Page]) -> None:
    page = seat(who, DESK)
    page.goto(path)
    assert page.evaluate(TWICE) == []


@pytest.mark.parametrize(
    ("who", "width", "way"),
    [
        pytest.param(who, width, way, id=f"{who or 'nobody'}: {name}")
        for who, name, width, way in PAGES
    ],
)
def test_a_page_has_no_serious_fault_in_light_and_dark(
    who: str, width: int, way: Way, seat: Callable[[str, int], Page]
) -> None:
    page = seat(who, width)
    way(page)
    assert "\n".join(faults(page)) == ""
