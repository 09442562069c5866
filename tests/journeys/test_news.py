"""News on open pages: nobody loses their place by it, nothing is missed, many tabs still answer."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from .conftest import PageFor
from .server import Server
from .steps import (
    NOT_AT_ALL,
    SEVERAL_DAYS,
    Newcomer,
    answer_all_at_once,
    button,
    heading,
    link,
    newcomer,
)
from .witness import LOST_STREAM, NO_CONNECTION, Witness

TABS = 8
WITH_DANGER = [SEVERAL_DAYS] * 9
SOON_MS = 3_000


def row_of(page: Page, person: Newcomer) -> Locator:
    """A person's row on the caseload."""
    return page.get_by_role("row").filter(has_text=person.name)


def say(page: Page, answers: list[str]) -> None:
    """Answer the first questions and send them."""
    link(page, "Start the questions").click()
    answer_all_at_once(page, answers)
    button(page, "Send my answers").click()
    expect(page).to_have_url(re.compile("/results/"))


def test_news_do_not_take_the_focus_away(page_for: PageFor) -> None:
    maya, page = page_for("Maya"), page_for()
    person = newcomer(page)
    chloe = link(maya, "Chloe Adeyemi")
    chloe.focus()
    say(page, WITH_DANGER)
    expect(row_of(maya, person)).to_contain_text("Safety")
    expect(chloe).to_be_focused(timeout=SOON_MS)


def test_a_plan_written_by_hand_is_on_the_open_page_of_the_person(page_for: PageFor) -> None:
    maya, page = page_for("Maya"), page_for()
    person = newcomer(page)
    say(page, [NOT_AT_ALL] * 9)
    page.goto("/plan/")
    expect(page.get_by_text("There is no plan yet.")).to_be_visible()
    maya.goto("/clinic/")
    link(maya, person.name).click()
    link(maya, "Write a plan").click()
    maya.get_by_label("What is this about?").fill("Sleep")
    maya.get_by_label("This week's steps, one a line").fill("Up at seven")
    maya.get_by_label("What changes, in a line").fill("First plan")
    button(maya, "Put in force").click()
    expect(maya.get_by_text("The plan is in force.")).to_be_visible()
    expect(heading(page, "Up at seven")).to_be_visible(timeout=SOON_MS)


def put(page: Page, *, seen: bool) -> None:
    """Bring a tab to the front or behind another; a page under test does not notice by itself."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        not seen,
    )


def test_many_tabs_leave_room_for_one_more_and_catch_up_when_seen(page_for: PageFor) -> None:
    first = page_for("Maya")
    for _ in range(TABS):
        put(first.context.pages[-1], seen=False)
        first.context.new_page().goto("/clinic/", timeout=SOON_MS)
    patient = page_for()
    person = newcomer(patient)
    say(patient, WITH_DANGER)
    expect(row_of(first.context.pages[-1], person)).to_contain_text("Safety")
    expect(row_of(first, person)).to_have_count(0)
    put(first, seen=True)
    expect(row_of(first, person)).to_contain_text("Safety")


def test_a_caseload_that_was_cut_off_gets_what_it_missed(
    page_for: PageFor, another_server: Callable[..., Server], witness: Witness
) -> None:
    witness.expect(NO_CONNECTION, LOST_STREAM)
    place = another_server()
    maya, page = page_for("Maya", at=place), page_for(at=place)
    person = newcomer(page)
    expect(row_of(maya, person)).to_be_visible()
    maya.context.set_offline(True)
    place.stop()
    place.start()
    say(page, WITH_DANGER)
    expect(row_of(maya, person)).not_to_contain_text("Safety")
    maya.context.set_offline(False)
    expect(row_of(maya, person)).to_contain_text("Safety")


def test_rows_that_could_not_be_fetched_are_asked_for_again(
    page_for: PageFor, witness: Witness
) -> None:
    witness.expect(NO_CONNECTION, "Failed to fetch")
    maya, page = page_for("Maya"), page_for()
    person = newcomer(page)
    expect(row_of(maya, person)).to_be_visible()
    # The stream that is open lives on; what the page asks for does not get through.
    maya.context.set_offline(True)
    say(page, WITH_DANGER)
    expect(row_of(page_for("Maya"), person)).to_contain_text("Safety")
    maya.context.set_offline(False)
    expect(row_of(maya, person)).to_contain_text("Safety", timeout=SOON_MS)


def test_a_stream_refused_while_the_server_restarts_is_asked_for_again(
    page_for: PageFor, witness: Witness
) -> None:
    witness.expect_status(502)
    maya, page = page_for("Maya", to="/help/"), page_for()
    person = newcomer(page)
    # A proxy in front answers so while the server behind it starts.
    maya.route("**/events*", lambda route: route.fulfill(status=502), times=1)
    maya.goto("/clinic/")
    expect(row_of(maya, person)).to_be_visible()
    say(page, WITH_DANGER)
    expect(row_of(maya, person)).to_contain_text("Safety", timeout=SOON_MS)
