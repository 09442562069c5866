"""A session that ends while somebody writes: after signing in again what they wrote is there."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .conftest import PageFor
from .room import PHONE
from .steps import (
    PHQ9,
    SEVERAL_DAYS,
    answer_all_at_once,
    button,
    link,
    newcomer,
    sign_in,
)

NOTE_LABEL = "Is there something you want to note?"
NOTE = "Met Sam. It was good to talk; tired now."


def end_the_session(page: Page) -> None:
    """What happens after hours, or when the session is ended elsewhere."""
    page.context.clear_cookies(name="sessionid")


def test_answers_sent_after_the_session_had_ended_are_filled_in_again(page_for: PageFor) -> None:
    page = page_for()
    person = newcomer(page)
    link(page, "Start the questions").click()
    answer_all_at_once(page, [SEVERAL_DAYS] * 4)
    end_the_session(page)
    answer_all_at_once(page, [SEVERAL_DAYS] * PHQ9)
    button(page, "Send my answers").click()
    expect(page).to_have_url(re.compile("/account/login/"))
    expect(page.get_by_text(re.compile("What you sent is kept"))).to_be_visible()
    sign_in(page, person, at="")
    expect(page).to_have_url(re.compile("/questionnaires/"))
    expect(page.get_by_role("radio", checked=True)).to_have_count(PHQ9)
    button(page, "Send my answers").click()
    expect(page.get_by_text(re.compile("Your score is 9 of 27"))).to_be_visible()


def test_answers_not_sent_yet_are_still_in_the_tab_after_signing_in_again(
    page_for: PageFor,
) -> None:
    page = page_for(width=PHONE)
    person = newcomer(page)
    link(page, "Start the questions").click()
    for number in (1, 2, 3):
        expect(page.get_by_text(f"Question {number} of {PHQ9}")).to_be_visible()
        page.get_by_role("radio", name=SEVERAL_DAYS, exact=True).check()
    expect(page.get_by_text(f"Question 4 of {PHQ9}")).to_be_visible()
    end_the_session(page)
    page.reload()
    expect(page).to_have_url(re.compile("/account/login/"))
    sign_in(page, person, at="")
    expect(page.get_by_text(f"Question 4 of {PHQ9}")).to_be_visible()
    button(page, "Back").click()
    expect(page.get_by_role("radio", name=SEVERAL_DAYS, checked=True)).to_have_count(1)


def test_a_check_in_sent_after_the_session_had_ended_is_filled_in_again(
    page_for: PageFor,
) -> None:
    page = page_for(width=PHONE)
    person = newcomer(page)
    page.goto("/check-in/")
    energy = page.get_by_role("group", name="How much energy do you have?").get_by_role("radio")
    note = page.get_by_label(NOTE_LABEL)
    energy.nth(1).check()
    note.fill(NOTE)
    end_the_session(page)
    button(page, "Save").click()
    expect(page).to_have_url(re.compile("/account/login/"))
    sign_in(page, person, at="")
    expect(note).to_have_value(NOTE)
    expect(energy.nth(1)).to_be_checked()
    button(page, "Save").click()
    expect(page.get_by_text("Saved. Thank you for taking the minute.")).to_be_visible()
    page.goto("/check-in/")
    expect(note).to_have_value("")


def somebody_writes_and_leaves(page: Page, *, sends: bool) -> None:
    """Somebody writes a note; then their session ends, before or after they send it."""
    newcomer(page)
    page.goto("/check-in/")
    page.get_by_label(NOTE_LABEL).fill(NOTE)
    end_the_session(page)
    if sends:
        button(page, "Save").click()
        expect(page).to_have_url(re.compile("/account/login/"))


def somebody_else_finds_nothing(page: Page) -> None:
    """Another person makes an account in the same tab and opens the same page."""
    newcomer(page, "Otto")
    page.goto("/check-in/")
    expect(page.get_by_label(NOTE_LABEL)).to_have_value("", timeout=3000)


def test_nobody_else_is_given_what_was_sent_after_a_session_had_ended(page_for: PageFor) -> None:
    page = page_for(javascript=False)
    somebody_writes_and_leaves(page, sends=True)
    somebody_else_finds_nothing(page)


def test_nobody_else_finds_a_draft_in_the_tab(page_for: PageFor) -> None:
    page = page_for(width=PHONE)
    somebody_writes_and_leaves(page, sends=False)
    somebody_else_finds_nothing(page)


def test_a_face_tapped_after_the_session_had_ended_is_kept(page_for: PageFor) -> None:
    page = page_for(width=PHONE)
    person = newcomer(page)
    button(page, "Later").click()
    expect(button(page, "Good").first).to_be_visible()
    end_the_session(page)
    button(page, "Good").first.click()
    expect(button(page, "Good")).to_have_count(0)
    way_in = page.get_by_role("main").get_by_role("link", name="Sign in")
    expect(way_in.or_(page.get_by_label("Password"))).to_be_visible()
    if "/login/" not in page.url:
        way_in.click()
    sign_in(page, person, at="")
    mood = page.get_by_role("group", name="How is your mood?")
    expect(mood.get_by_role("radio", name="Good", exact=True)).to_be_checked(timeout=3000)
