"""A patient's own pages at 390 px: no question is skipped, nothing is cut off or hangs out."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from .conftest import PageFor
from .room import PHONE
from .steps import NOT_AT_ALL, PHQ9, button, heading, link, newcomer
from .witness import Witness

# How far anything of the page's content stands out of it, at the left or at the right.
HANGING = """() => [...document.querySelectorAll(
    "main svg.icon, main button, main .button, main code")]
  .filter((one) => {
    const box = one.getBoundingClientRect();
    const edge = parseFloat(getComputedStyle(document.querySelector("main")).paddingLeft);
    return box.width && (box.left < edge - 1 || box.right > innerWidth - edge + 1);
  })
  .map((one) => one.outerHTML.slice(0, 80))"""


def test_next_tapped_while_the_page_goes_on_by_itself_skips_no_question(page_for: PageFor) -> None:
    page = page_for(width=PHONE, has_touch=True)
    newcomer(page)
    link(page, "Start the questions").click()
    for number in (1, 2, 3):
        expect(page.get_by_text(f"Question {number} of {PHQ9}")).to_be_visible()
        page.get_by_text(NOT_AT_ALL).locator("visible=true").tap()
        button(page, "Next").tap()
        expect(page.get_by_text(f"Question {number + 1} of {PHQ9}")).to_be_visible()
        # Whoever taps once more means the question before.
        page.wait_for_timeout(250)
        expect(page.get_by_text(f"Question {number + 1} of {PHQ9}")).to_be_visible()


def test_next_tapped_after_a_question_came_by_itself_does_not_skip_it(page_for: PageFor) -> None:
    page = page_for(width=PHONE, has_touch=True)
    newcomer(page)
    link(page, "Start the questions").click()
    expect(page.get_by_text(f"Question 1 of {PHQ9}")).to_be_visible()
    page.get_by_text(NOT_AT_ALL).locator("visible=true").tap()
    expect(page.get_by_text(f"Question 2 of {PHQ9}")).to_be_visible()
    button(page, "Next").tap()
    expect(page.get_by_text(f"Question 2 of {PHQ9}")).to_be_visible()
    page.wait_for_timeout(900)
    button(page, "Next").tap()
    expect(page.get_by_text(f"Question 3 of {PHQ9}")).to_be_visible()


def hangs(page: Page, path: str) -> list[str]:
    page.goto(path)
    expect(heading(page, re.compile(".")).first).to_be_visible()
    return page.evaluate(HANGING)


def test_nothing_hangs_out_of_my_data_and_its_sources(page_for: PageFor) -> None:
    page = page_for("Ben", width=PHONE)
    assert hangs(page, "/my-data/") == []
    assert hangs(page, "/my-data/sources/") == []


def test_the_key_of_a_device_is_seen_whole_and_copied_by_a_button(page_for: PageFor) -> None:
    page = page_for("Ben", width=PHONE, to="/my-data/sources/", permissions=["clipboard-write"])
    page.get_by_text("Connect a device").click()
    page.get_by_label("Another app or a script").check()
    page.get_by_label("What do you call this device?").fill("Phone of a test")
    button(page, "Make a key").click()
    key = page.locator("#token")
    expect(key).to_be_visible()
    assert key.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert page.evaluate(HANGING) == []
    button(page, "Copy the key").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    link(page, "I have copied it").click()
    link(page, re.compile("Disconnect Phone of a test")).click()
    button(page, "Disconnect it").click()
    expect(page.get_by_text("Disconnected. What it sent before is still here.")).to_be_visible()


def test_an_empty_file_is_called_empty_where_it_was_chosen(
    page_for: PageFor, witness: Witness, tmp_path: Path
) -> None:
    witness.expect_status(422)
    witness.expect("Response Status Error Code 422")
    page = page_for("Ben", width=PHONE, to="/my-data/sources/")
    empty = tmp_path / "nothing.csv"
    empty.write_bytes(b"")
    page.get_by_label("Choose the file").set_input_files(empty)
    with page.expect_response(re.compile("/uploads/")):
        button(page, "Send the file").click()
    expect(page.get_by_text("This file is empty.")).to_be_visible()
    expect(page.get_by_text("did not arrive")).to_have_count(0)
