"""Without a mouse: skip link, faces, a questionnaire by its numbers, the caseload's keys."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from .conftest import PageFor
from .room import PHONE
from .steps import NEARLY_EVERY_DAY, PHQ9, button, heading, link, newcomer

MOST_STOPS = 120
FOCUSED = "document.activeElement"

# What somebody sees of the focus.
SHOWN = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const name = (one.getAttribute("aria-label") || one.textContent || one.value || one.id).trim();
  return { tag: one.tagName, name: name.slice(0, 60), outlined };
}"""


def tab_to(page: Page, what: Locator) -> None:
    """Go on with Tab until something has the focus."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if what.evaluate(f"one => one === {FOCUSED}"):
            return
    raise AssertionError(f"{what} is not reached by Tab")


def focused_row(page: Page) -> str:
    """The person whose row has the focus on the caseload."""
    return page.evaluate(f"{FOCUSED}.closest('tr')?.querySelector('th')?.textContent ?? ''")


def test_the_first_tab_leads_past_the_navigation(page_for: PageFor) -> None:
    page = page_for("Alice")
    page.keyboard.press("Tab")
    skip = link(page, "Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(button(page, "Very low")).to_be_focused()


def test_a_face_is_chosen_and_taken_back_by_keys(page_for: PageFor) -> None:
    page = page_for("Ben", width=PHONE)
    tab_to(page, button(page, "Good").first)
    page.keyboard.press("Enter")
    undo = button(page, "Undo")
    expect(undo).to_be_visible()
    tab_to(page, undo)
    page.keyboard.press("Space")
    expect(page.get_by_text("Taken back. Nothing of it was kept.")).to_be_visible()


def test_a_questionnaire_is_answered_by_its_numbers_on_a_desk(page_for: PageFor) -> None:
    page = page_for()
    newcomer(page)
    link(page, "Start the questions").click()
    expect(page.get_by_text(f"0 of {PHQ9} answered")).to_be_visible()
    for number in range(1, PHQ9 + 1):
        page.keyboard.press("3" if number < PHQ9 else "0")
        expect(page.get_by_text(f"{number} of {PHQ9} answered")).to_be_visible()
    expect(page.get_by_role("radio", name=NEARLY_EVERY_DAY, checked=True)).to_have_count(PHQ9 - 1)
    expect(button(page, "Send my answers")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"Your score is 24 of 27"))).to_be_visible()


def test_a_questionnaire_is_answered_by_its_numbers_on_a_phone(page_for: PageFor) -> None:
    page = page_for(width=PHONE)
    newcomer(page)
    link(page, "Start the questions").click()
    for number in range(1, PHQ9 + 1):
        expect(page.get_by_text(f"Question {number} of {PHQ9}")).to_be_visible()
        page.keyboard.press("1" if number < PHQ9 else "0")
    expect(button(page, "Send my answers")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"Your score is 8 of 27"))).to_be_visible()


def names_of(page: Page) -> list[str]:
    """Whose rows the caseload shows, from the top."""
    return [
        text.strip().splitlines()[0] for text in page.get_by_role("rowheader").all_inner_texts()
    ]


def test_the_caseload_is_walked_opened_and_marked_by_letters(page_for: PageFor) -> None:
    page = page_for("Maya", to="/clinic/?which=all")
    people = names_of(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert people[1] in focused_row(page)
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert people[1] in focused_row(page)

    row = page.get_by_role("row").filter(has_text=people[1])
    before = row.get_by_role("cell").last.inner_text()
    assert before == "-"
    page.keyboard.press("r")
    expect(row.get_by_role("cell").last).not_to_have_text(before)

    # News may have moved other rows meanwhile: the next one is the next one that is seen now.
    expect(page.get_by_role("rowheader").filter(has_text=people[1])).to_be_visible()
    fresh = names_of(page)
    after = fresh[fresh.index(people[1]) + 1]
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(heading(page, after)).to_be_visible()


def test_the_focus_is_seen_on_everything_that_can_have_it_on_today(page_for: PageFor) -> None:
    page = page_for("Alice", width=PHONE)
    seen: list[dict[str, object]] = []
    page.keyboard.press("Tab")
    first = page.evaluate_handle(FOCUSED)
    for _ in range(MOST_STOPS):
        seen.append(page.evaluate(SHOWN))
        page.keyboard.press("Tab")
        if page.evaluate(f"first => {FOCUSED} === first || {FOCUSED} === document.body", first):
            break
    assert len(seen) > 12
    assert [one for one in seen if not one["outlined"]] == []
