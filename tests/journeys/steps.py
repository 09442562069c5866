"""What people do again and again: make an account, agree, answer a questionnaire, send a file."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from . import mail

PASSWORD = "a-long-walk-in-the-rain-42"
NOT_AT_ALL, SEVERAL_DAYS, MORE_THAN_HALF, NEARLY_EVERY_DAY = (
    "Not at all",
    "Several days",
    "More than half the days",
    "Nearly every day",
)
PHQ9 = 9
STREAMS = ("questionnaires", "journal", "wearables")
PURPOSES = ("keep", "care", "early_warning")
TOO_MANY, RATE_SECONDS = 429, 70


@dataclass(frozen=True)
class Newcomer:
    """Somebody who made an account a moment ago."""

    name: str
    email: str
    password: str = PASSWORD


def button(page: Page | Locator, name: str | re.Pattern[str]) -> Locator:
    """A button by its words."""
    return page.get_by_role("button", name=name)


def link(page: Page | Locator, name: str | re.Pattern[str]) -> Locator:
    """A link by its words."""
    return page.get_by_role("link", name=name)


def region(page: Page, name: str | re.Pattern[str]) -> Locator:
    """A section by its heading."""
    return page.get_by_role("region", name=name)


def heading(page: Page, name: str | re.Pattern[str]) -> Locator:
    """A heading by its words."""
    return page.get_by_role("heading", name=name)


def sign_up(page: Page, name: str = "Nora") -> Newcomer:
    """Make an account by the form that everybody uses; ends at the welcome."""
    person = fill_in_the_sign_up(page, name)
    expect(heading(page, re.compile("Welcome"))).to_be_visible()
    return person


def fill_in_the_sign_up(page: Page, name: str) -> Newcomer:
    """Fill in the form of the sign-up and send it."""
    person = Newcomer(f"{name} {uuid.uuid4().hex[:6]}", f"{uuid.uuid4().hex[:12]}@example.org")
    page.goto("/account/signup/")
    page.get_by_label("What should we call you?").fill(person.name)
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    button(page, "Make my account").click()
    return person


def sign_in(page: Page, person: Newcomer, *, at: str = "/account/login/") -> None:
    """Sign in with e-mail and password; `at` may be the page that asked for it."""
    if at:
        page.goto(at)
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    button(page, "Sign in").click()


def agree_to_everything(page: Page, phone: str = "07700 900123") -> None:
    """Go through the welcome, every box ticked, with a number; ends before the questions."""
    button(page, "Go on").click()
    expect(button(page, "Go on with these")).to_be_visible()
    boxes = page.get_by_role("checkbox")
    for number in range(boxes.count()):
        boxes.nth(number).check()
    button(page, "Go on with these").click()
    expect(heading(page, "How can your team reach you?")).to_be_visible()
    page.get_by_label("Telephone number").fill(phone)
    button(page, "Go on").click()
    expect(heading(page, "One first look")).to_be_visible()


def post(page: Page, path: str, fields: Sequence[tuple[str, str]]) -> None:
    """Send a form's fields as the page's own browser would.

    Everybody signs up from one address here, and the house lets twenty in a minute: who comes too
    soon waits.
    """
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    until = time.monotonic() + RATE_SECONDS
    while True:
        answer = page.request.post(
            path,
            data=urlencode([("csrfmiddlewaretoken", token), *fields]),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        if answer.status != TOO_MANY or time.monotonic() > until:
            break
        time.sleep(2)
    assert answer.ok, f"{path} answered {answer.status}"


def newcomer(page: Page, name: str = "Nora") -> Newcomer:
    """Somebody new who agreed to everything and stands before the first questions.

    The forms are those of `sign_up` and `agree_to_everything`, sent without being looked at.
    """
    person = Newcomer(f"{name} {uuid.uuid4().hex[:6]}", f"{uuid.uuid4().hex[:12]}@example.org")
    page.request.get("/account/signup/")
    about = [("name", person.name), ("email", person.email), ("password1", person.password)]
    post(page, "/account/signup/", about)
    agreed = [("agree", f"{stream}:{purpose}") for stream in STREAMS for purpose in PURPOSES]
    post(page, "/welcome/?step=2", agreed)
    page.goto("/welcome/?step=4")
    expect(page.get_by_text(f"Signed in as {person.name}")).to_be_visible()
    return person


def answer_one_by_one(page: Page, answers: Sequence[str]) -> None:
    """Answer on a phone: a tap an answer, the next question comes by itself."""
    for number, words in enumerate(answers, start=1):
        expect(page.get_by_text(f"Question {number} of {len(answers)}")).to_be_visible()
        page.get_by_role("radio", name=words, exact=True).check()


def answer_all_at_once(page: Page, answers: Mapping[int, str] | Sequence[str]) -> None:
    """Answer on one long page; numbers not named stay open."""
    if not isinstance(answers, Mapping):
        answers = dict(enumerate(answers, start=1))
    questions = page.get_by_role("group")
    for number, words in answers.items():
        group = questions.nth(number - 1)
        group.get_by_role("radio", name=words, exact=True).check()


def reload_until_there(page: Page, what: Locator, seconds: float = 15) -> None:
    """Load a page again and again until something is on it, as one does without a script."""
    until = time.monotonic() + seconds
    while what.count() == 0:
        assert time.monotonic() < until, f"{what} did not come up within {seconds} s"
        page.reload()


def days_as_csv(features: Mapping[str, Sequence[float]], *, last: date) -> bytes:
    """A plain file of days: one row a day and feature, the last value on the last day."""
    lines = ["day,feature,value"]
    for feature, values in features.items():
        first = last - timedelta(days=len(values) - 1)
        lines += [
            f"{first + timedelta(days=number)},{feature},{value}"
            for number, value in enumerate(values)
        ]
    return "\n".join(lines).encode() + b"\n"


def is_above_the_fold(page: Page, what: Locator) -> bool:
    """Whether all of something is seen without scrolling."""
    box, size = what.bounding_box(), page.viewport_size
    assert box and size
    return page.evaluate("scrollY") == 0 and box["y"] + box["height"] <= size["height"]


def sign_out(page: Page) -> None:
    """Leave by the button at the foot of every page."""
    button(page, "Sign out").click()
    expect(page.get_by_text(re.compile("Signed in as"))).to_have_count(0)


def confirm_email(page: Page, folder: Path, person: Newcomer) -> None:
    """Open the letter of the sign-up and say that the address is right."""
    letter = mail.wait_for(lambda: mail.in_folder(folder), person.email, "confirm")
    page.goto(mail.address_in(letter))
    button(page, "Confirm").click()
    expect(page).not_to_have_url(re.compile("confirm-email"))


def open_with_password(page: Page, path: str, password: str = PASSWORD) -> None:
    """Open a page that may ask for the password again first."""
    page.goto(path)
    if "/reauthenticate/" in page.url:
        page.get_by_label("Password").fill(password)
        button(page, "Confirm").click()
    expect(page).to_have_url(re.compile(f"{path}$"), timeout=5000)
