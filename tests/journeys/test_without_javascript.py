"""With scripts switched off every form still works: the page answers with another page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import PageFor
from .room import PHONE
from .steps import (
    MORE_THAN_HALF,
    NOT_AT_ALL,
    PHQ9,
    SEVERAL_DAYS,
    agree_to_everything,
    answer_all_at_once,
    button,
    heading,
    link,
    newcomer,
    region,
    reload_until_there,
    sign_up,
)
from .witness import Witness

NOTE = "Slept in the afternoon, then a walk by the river."


@pytest.fixture
def plain_page_for(page_for: PageFor) -> PageFor:
    """Somebody whose browser runs no script."""

    def seat(name: str = "", **options: object) -> Page:
        return page_for(name, javascript=False, **options)

    return seat


def test_a_tap_on_a_face_is_saved_and_taken_back(plain_page_for: PageFor) -> None:
    page = plain_page_for("Grace", width=PHONE)
    button(page, "Good").first.click()
    expect(page.get_by_text(re.compile("Saved: good"))).to_be_visible()
    button(page, "Undo").click()
    expect(page.get_by_text("Taken back. Nothing of it was kept.")).to_be_visible()


def test_a_check_in_is_saved(plain_page_for: PageFor) -> None:
    page = plain_page_for(width=PHONE)
    sign_up(page)
    agree_to_everything(page)
    page.goto("/check-in/")
    page.get_by_role("group", name="How is your mood?").get_by_role("radio").nth(3).check()
    page.get_by_label("Is there something you want to note?").fill(NOTE)
    button(page, "Save").click()
    expect(page.get_by_text("Saved. Thank you for taking the minute.")).to_be_visible()
    page.goto("/my-data/")
    expect(region(page, "Mood").get_by_role("img")).to_be_visible()


def test_a_questionnaire_with_gaps_asks_again_keeps_the_answers_and_is_sent_by_another_button(
    plain_page_for: PageFor, witness: Witness
) -> None:
    witness.expect_status(422)
    page = plain_page_for(width=PHONE)
    newcomer(page)
    link(page, "Start the questions").click()
    answered = [number for number in range(1, PHQ9 + 1) if number not in (4, 7)]
    answer_all_at_once(page, dict.fromkeys(answered, SEVERAL_DAYS) | {9: NOT_AT_ALL})
    button(page, "Send my answers").click()
    problem = page.get_by_role("alert")
    expect(problem.get_by_role("link")).to_have_count(2)
    expect(page.get_by_role("radio", checked=True)).to_have_count(len(answered))
    problem.get_by_role("link").first.click()
    expect(page.get_by_role("group").nth(3)).to_be_in_viewport()
    button(page, "Send with gaps").click()
    expect(page).to_have_url(re.compile("/results/"))
    expect(page.get_by_text(re.compile("Your score is"))).to_have_count(0)


def test_a_consent_is_given_and_taken_back_by_one_button(plain_page_for: PageFor) -> None:
    page = plain_page_for(width=PHONE)
    newcomer(page)
    page.goto("/privacy/")
    switch = region(page, "Questionnaires").get_by_role("switch", name="Show it to my care team")
    expect(switch).to_be_checked()
    switch.click()
    expect(page.get_by_text("Changed. It holds from this moment.")).to_be_visible()
    expect(switch).not_to_be_checked()
    switch.click()
    expect(switch).to_be_checked()


def test_a_proposal_is_decided(page_for: PageFor, plain_page_for: PageFor) -> None:
    patient = page_for()
    person = newcomer(patient)
    link(patient, "Start the questions").click()
    answer_all_at_once(patient, [MORE_THAN_HALF] * 8 + [NOT_AT_ALL])
    button(patient, "Send my answers").click()
    expect(patient).to_have_url(re.compile("/results/"))

    maya = plain_page_for("Maya")
    link(maya, person.name).click()
    expect(heading(maya, person.name)).to_be_visible()
    waiting = region(maya, "Proposals").get_by_role("link")
    reload_until_there(maya, waiting)
    waiting.first.click()
    maya.get_by_label("What would you do?").fill("Offer sessions of problem solving.")
    button(maya, "Keep it and show the options").click()
    maya.get_by_role("radio").nth(1).check()
    button(maya, "Put this in the plan").click()
    expect(maya.get_by_text("The plan was changed. The person sees it now.")).to_be_visible()
    patient.goto("/plan/")
    expect(patient.get_by_text("Dr Maya Okafor").first).to_be_visible()


def test_the_caseload_is_filtered_by_a_button(plain_page_for: PageFor) -> None:
    page = plain_page_for("Maya")
    page.get_by_label("Which of them").select_option("proposal")
    button(page, "Show").click()
    expect(page).to_have_url(re.compile("which=proposal"))
    rows = page.get_by_role("row").filter(has=page.get_by_role("rowheader"))
    for row in rows.all():
        expect(row).to_contain_text("Proposal")


def test_the_look_is_chosen_by_a_button(plain_page_for: PageFor) -> None:
    page = plain_page_for("Alice", to="/plan/")
    ink = page.evaluate("getComputedStyle(document.body).color")
    page.get_by_label("Theme").select_option("dark")
    button(page, "Apply").click()
    expect(page).to_have_url(re.compile("/plan/$"))
    assert page.evaluate("getComputedStyle(document.body).color") != ink


def test_help_shows_its_numbers(plain_page_for: PageFor) -> None:
    page = plain_page_for(to="/help/", width=PHONE)
    calls = page.locator("main a[href^='tel:']:visible")
    expect(calls.first).to_be_in_viewport()
    assert calls.count() >= 2
    page.get_by_text("I am in another country").click()
    expect(page.get_by_role("heading", level=3, name="Ireland")).to_be_visible()
