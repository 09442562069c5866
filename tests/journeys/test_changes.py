"""A change is told with one thing to try; what the person says of it decides what comes next."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from .room import PHONE
from .steps import button, link


def test_an_idea_that_did_not_help_makes_room_for_another_and_one_that_helped_is_remembered(
    page_for,
):
    page = page_for("Chloe", width=PHONE)
    page.goto("/")
    idea = page.locator(".change .idea").first
    expect(idea).to_contain_text("If you like, try this")
    first = idea.inner_text()
    button(page, "Another idea").first.click()
    expect(page.locator(".change .idea").first).not_to_have_text(first)
    button(page, "It helped").first.click()
    expect(page.locator(".change .idea").first).to_contain_text("This helped you before")


def test_places_are_let_in_and_have_a_part_of_their_own(page_for):
    page = page_for("Ben", width=PHONE)
    page.goto("/privacy/")
    page.get_by_text("More that you may let in").click()
    page.locator("#switches-places").get_by_role("switch").first.click()
    expect(page.locator("#switches-places").get_by_role("switch").first).to_have_attribute(
        "aria-checked", "true"
    )
    page.goto("/my-data/")
    expect(page.get_by_role("heading", name="Places")).to_be_visible()


def test_a_week_is_turned_back_and_saved_as_a_pdf(page_for):
    page = page_for("Chloe", width=PHONE)
    page.goto("/my-data/")
    link(page, "My week").click()
    expect(page.get_by_role("heading", name=re.compile("^Week of"))).to_be_visible()
    title = page.get_by_role("heading", level=1).inner_text()
    link(page, "Week before").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text(title)
    with page.expect_download() as saved:
        link(page, "As a PDF").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF-")


def test_what_moved_since_a_plan_is_worked_out_when_somebody_opens_it(page_for):
    page = page_for("Maya")
    page.goto("/clinic/")
    link(page, "Grace Lee").click()
    page.get_by_text(re.compile("^What moved since")).click()
    expect(page.get_by_role("columnheader", name="Shift [95 %, all together]")).to_be_visible()
    expect(page.get_by_text("It does not say that the plan did it")).to_be_visible()
    expect(page.get_by_role("heading", name="Levels of the last year")).to_be_visible()
