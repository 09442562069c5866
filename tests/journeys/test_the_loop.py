"""The loop: a person says how they are, a clinician sees it and decides, and the person sees."""

from __future__ import annotations

import re
import statistics
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from .conftest import PageFor
from .room import PHONE
from .steps import (
    MORE_THAN_HALF,
    SEVERAL_DAYS,
    Newcomer,
    agree_to_everything,
    answer_all_at_once,
    answer_one_by_one,
    button,
    days_as_csv,
    heading,
    is_above_the_fold,
    link,
    newcomer,
    region,
    sign_up,
)

TRIES = 3
DAYS = 40
WITH_DANGER = [MORE_THAN_HALF] * 8 + [SEVERAL_DAYS]
OPTION_WORDS = "Steps for the person"
OWN_CHOICE = "Call her tomorrow and make a safety plan."
NEW_STEP = "Call with Maya tomorrow at ten"

# Writes down, by the browser's own clock, when a person's row first speaks of safety.
WATCH_FOR = """name => {
  window.shownAt = null;
  const look = () => {
    for (const row of document.querySelectorAll("tr")) {
      const text = row.textContent;
      if (window.shownAt === null && text.includes(name) && text.includes("Safety"))
        window.shownAt = Date.now();
    }
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""


def send_and_time(page: Page, caseload: Page, person: Newcomer) -> float:
    """Send the answers; give the seconds from their leaving to the row on the open caseload."""
    caseload.evaluate(WATCH_FOR, person.name)
    with page.expect_request(
        lambda request: request.method == "POST" and "/questionnaires/" in request.url
    ) as sent:
        button(page, "Send my answers").click()
    row = caseload.get_by_role("row").filter(has_text=person.name)
    expect(row).to_contain_text("Safety")
    page.wait_for_url(re.compile("/results/"))
    seconds = (caseload.evaluate("shownAt") - sent.value.timing["startTime"]) / 1000
    print(f"\nanswers sent -> alert on the open caseload: {seconds:.2f} s")
    return seconds


def course_of(page: Page) -> Locator:
    """The drawing of a person's course."""
    return page.get_by_role("img", name=re.compile("one time axis"))


def test_what_a_person_says_reaches_a_clinician_and_what_she_decides_reaches_the_person(
    page_for: PageFor,
) -> None:
    maya, nora = page_for("Maya"), page_for(width=PHONE)

    person = sign_up(nora)
    agree_to_everything(nora)
    link(nora, "Start the questions").click()
    answer_one_by_one(nora, WITH_DANGER)
    seconds = send_and_time(nora, maya, person)
    assert seconds < 10, "one try beside other work; the median of several is the next test"
    help_comes_first(nora)

    record = the_clinician_opens_the_record(maya, person)
    she_takes_the_alert_and_ends_it(maya)
    she_says_what_she_would_do_before_any_option_is_there(maya)
    nora.goto("/plan/")
    expect(nora.get_by_text("There is no plan yet.")).to_be_visible()
    she_accepts_with_other_steps(maya)
    expect(heading(nora, NEW_STEP)).to_be_visible()
    expect(nora.get_by_text("Dr Maya Okafor").first).to_be_visible()

    the_person_sends_the_days_of_her_watch(nora)
    maya.goto(record)
    expect(course_of(maya).get_by_text("Steps", exact=True)).to_be_visible()
    the_person_takes_the_watch_back(nora)
    maya.reload()
    expect(course_of(maya).get_by_text("PHQ-9", exact=True)).to_be_visible()
    expect(course_of(maya).get_by_text("Steps", exact=True)).to_have_count(0)
    assert "steps" not in maya.request.get(f"{record}timeline.json").json()["series"]

    nora.reload()
    who = region(nora, "Who opened my record")
    expect(who.get_by_text("Dr Maya Okafor").first).to_be_visible()


def help_comes_first(page: Page) -> None:
    """A number to call is seen without scrolling, and it is said that somebody was told."""
    assert is_above_the_fold(page, page.locator("main a[href^='tel:']").first)
    expect(page.get_by_text(re.compile("has been told"))).to_be_visible()


def the_clinician_opens_the_record(maya: Page, person: Newcomer) -> str:
    """From the caseload that was open all the time; gives the record's address."""
    link(maya, person.name).click()
    expect(heading(maya, person.name)).to_be_visible()
    expect(course_of(maya).get_by_text("PHQ-9", exact=True)).to_be_visible()
    return maya.url


def she_takes_the_alert_and_ends_it(maya: Page) -> None:
    """Take it, then end it with what was done."""
    region(maya, "Open alerts").get_by_role("link").click()
    button(maya, "I have this").click()
    expect(maya.get_by_text("Taken", exact=True)).to_be_visible()
    expect(button(maya, "I have this")).to_have_count(0)
    maya.get_by_label("What was done?").fill("Spoke with her; safe today, call tomorrow.")
    button(maya, "End the alert").click()
    expect(region(maya, "Open alerts").get_by_role("link")).to_have_count(0)


def she_says_what_she_would_do_before_any_option_is_there(maya: Page) -> None:
    """The own choice comes first; no option is in the page before it, hidden or not.

    What had to wait for the alert is proposed a moment after it was ended.
    """
    begin = region(maya, "Proposals").get_by_role("link", name=re.compile("Begin with"))
    for _ in range(20):
        if begin.count():
            break
        maya.wait_for_timeout(500)
        maya.reload()
    begin.first.click()
    expect(maya.get_by_label("What would you do?")).to_be_visible()
    expect(maya.locator("input[type=radio]")).to_have_count(0)
    assert OPTION_WORDS not in maya.content()
    maya.get_by_label("What would you do?").fill(OWN_CHOICE)
    button(maya, "Keep it and show the options").click()
    expect(maya.get_by_role("radio").first).to_be_visible()
    expect(maya.get_by_text(OWN_CHOICE)).to_be_visible()


def she_accepts_with_other_steps(maya: Page) -> None:
    """Accept the first option with steps of her own, and say why."""
    maya.get_by_role("radio").first.check()
    maya.get_by_label(OPTION_WORDS).first.fill(f"{NEW_STEP}\nA walk at noon")
    maya.get_by_label("Reason").fill("We agreed on this by phone.")
    button(maya, "Put this in the plan").click()
    expect(region(maya, "Plan").get_by_text("A walk at noon")).to_be_visible()


def the_person_sends_the_days_of_her_watch(page: Page) -> None:
    """A plain file of days; a worker reads it, and the chart is there."""
    link(page, "My data").click()
    link(page, re.compile("where it comes from")).click()
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    steps = [4000 + 300 * (number % 5) for number in range(DAYS)]
    file = days_as_csv({"steps": steps}, last=yesterday)
    page.get_by_label("Choose the file").set_input_files(
        {"name": "days.csv", "mimeType": "text/csv", "buffer": file}
    )
    button(page, "Send the file").click()
    expect(page.get_by_text(f"{DAYS} days are new or have changed.")).to_be_visible()
    link(page, "My data").first.click()
    expect(region(page, "Activity").get_by_role("img", name=re.compile("Steps"))).to_be_visible()


def the_person_takes_the_watch_back(page: Page) -> None:
    """One tap on Privacy."""
    link(page, "Privacy").click()
    switches = region(page, "Watch and phone data")
    switch = switches.get_by_role("switch", name="Show it to my care team")
    expect(switch).to_be_checked()
    switch.click()
    expect(switch).not_to_be_checked()


def test_an_alert_is_on_the_open_caseload_within_a_second_of_the_answers(
    page_for: PageFor,
) -> None:
    maya = page_for("Maya")
    seconds = []
    for _ in range(TRIES):
        page = page_for()
        person = newcomer(page)
        link(page, "Start the questions").click()
        answer_all_at_once(page, WITH_DANGER)
        seconds.append(send_and_time(page, maya, person))
    assert statistics.median(seconds) < 1


def test_after_the_first_questions_a_new_person_is_not_welcomed_once_more(
    page_for: PageFor,
) -> None:
    page = page_for()
    newcomer(page)
    link(page, "Start the questions").click()
    answer_all_at_once(page, [SEVERAL_DAYS] * 9)
    button(page, "Send my answers").click()
    link(page, "Back to Today").click()
    expect(heading(page, "How are you right now?")).to_be_visible(timeout=3000)
