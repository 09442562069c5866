"""Getting in: password, codes from an app, passkey, spare codes, a forgotten password by mail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from . import mail
from .conftest import PageFor
from .room import PHONE
from .server import Server, free_port
from .steps import (
    PASSWORD,
    Newcomer,
    button,
    confirm_email,
    fill_in_the_sign_up,
    heading,
    link,
    newcomer,
    open_with_password,
    region,
    sign_in,
    sign_out,
    sign_up,
)
from .witness import Witness

PERIOD_SECONDS = 30
ENOUGH_SECONDS = 4
NEW_PASSWORD = "slow-rivers-carry-small-boats-7"


def code_now(secret: str) -> str:
    """The code an app would show (RFC 6238); waits where it is about to change."""
    while PERIOD_SECONDS - time.time() % PERIOD_SECONDS < ENOUGH_SECONDS:
        time.sleep(0.2)
    counter = int(time.time()) // PERIOD_SECONDS
    digest = hmac.new(base64.b32decode(secret), counter.to_bytes(8, "big"), hashlib.sha1).digest()
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def confirmed(page: Page, server: Server) -> Newcomer:
    """Somebody whose e-mail address is confirmed, signed in with the password a moment ago."""
    person = newcomer(page)
    confirm_email(page, server.folder, person)
    return person


def set_up_the_app(page: Page, password: str = PASSWORD) -> str:
    """Set up codes from an app; gives the secret."""
    open_with_password(page, "/account/2fa/totp/activate/", password)
    secret = page.get_by_label("Authenticator secret").input_value()
    page.get_by_label("Authenticator code").fill(code_now(secret))
    button(page, "Activate").click()
    expect(page).not_to_have_url(re.compile("/totp/activate/"))
    return secret


def is_signed_in(page: Page, person: Newcomer) -> None:
    """The page says whose it is."""
    expect(page.get_by_text(f"Signed in as {person.name}")).to_be_visible()


def test_somebody_makes_an_account_signs_out_and_in_again(page_for: PageFor) -> None:
    page = page_for(width=PHONE)
    person = sign_up(page)
    sign_out(page)
    page.goto("/privacy/")
    expect(page).to_have_url(re.compile("/account/login/"))
    sign_in(page, person, at="")
    expect(page).to_have_url(re.compile("/privacy/$"))
    is_signed_in(page, person)


def test_a_wrong_password_lets_nobody_in(page_for: PageFor) -> None:
    page = page_for()
    person = newcomer(page)
    sign_out(page)
    sign_in(page, Newcomer(person.name, person.email, "something-else-entirely-9"))
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto("/privacy/")
    expect(page).to_have_url(re.compile("/account/login/"))


def test_a_code_from_an_app_is_asked_for_after_the_password(
    page_for: PageFor, server: Server
) -> None:
    page = page_for()
    person = confirmed(page, server)
    secret = set_up_the_app(page)
    sign_out(page)
    sign_in(page, person)
    expect(page.get_by_text(re.compile("Signed in as"))).to_have_count(0)
    page.get_by_role("textbox").first.fill(code_now(secret))
    button(page, re.compile("sign in", re.IGNORECASE)).first.click()
    is_signed_in(page, person)


def test_spare_codes_are_shown_and_let_in_once(page_for: PageFor, server: Server) -> None:
    page = page_for()
    person = confirmed(page, server)
    set_up_the_app(page)
    page.goto("/account/2fa/")
    link(page, "Show my spare codes").click()
    codes = page.get_by_label("Unused codes").input_value().split()
    assert len(codes) == 10
    for expected in (True, False):
        sign_out(page)
        sign_in(page, person)
        page.get_by_role("textbox").first.fill(codes[0])
        button(page, re.compile("sign in", re.IGNORECASE)).first.click()
        if expected:
            is_signed_in(page, person)
        else:
            expect(page.get_by_role("alert")).to_be_visible()


def test_a_passkey_lets_in_without_a_password(page_for: PageFor, server: Server) -> None:
    page = page_for()
    person = confirmed(page, server)
    lock = page.context.new_cdp_session(page)
    lock.send("WebAuthn.enable")
    lock.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    open_with_password(page, "/account/2fa/webauthn/add/")
    page.get_by_label("Name").fill("My phone")
    page.get_by_label("Passwordless").check()
    button(page, "Add").click()
    expect(page).not_to_have_url(re.compile("/webauthn/add/"))
    page.goto("/account/2fa/webauthn/")
    expect(page.get_by_text("My phone").first).to_be_visible()
    sign_out(page)
    page.goto("/account/login/")
    button(page, "Use a passkey").click()
    is_signed_in(page, person)


def replace_the_password(
    page: Page, person: Newcomer, letters: Callable[[], list[mail.EmailMessage]]
) -> Newcomer:
    """Ask for a letter, open what it says, choose another password."""
    page.goto("/account/login/")
    link(page, re.compile("forgot", re.IGNORECASE)).click()
    page.get_by_label("Email").fill(person.email)
    button(page, re.compile("reset", re.IGNORECASE)).click()
    letter = mail.wait_for(letters, person.email, "password")
    choose_a_password(page, mail.address_in(letter))
    return Newcomer(person.name, person.email, NEW_PASSWORD)


def choose_a_password(page: Page, address: str) -> None:
    """Follow the address of a letter and set a password."""
    page.goto(address)
    page.get_by_label("New Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New Password (again)").fill(NEW_PASSWORD)
    button(page, "Change Password").click()
    expect(page).not_to_have_url(re.compile("set-password"))


def test_a_forgotten_password_is_replaced_by_a_letter(page_for: PageFor, server: Server) -> None:
    page = page_for()
    person = newcomer(page)
    sign_out(page)
    renewed = replace_the_password(page, person, lambda: mail.in_folder(server.folder))
    sign_in(page, renewed)
    is_signed_in(page, person)


def test_letters_go_out_by_smtp_where_a_server_is_named(
    page_for: PageFor, another_server: Callable[..., Server]
) -> None:
    handling = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd is not installed")
    received: list[mail.EmailMessage] = []

    class Keeper:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802
            received.append(mail.read(envelope.content))
            return "250 Message accepted"

    post = handling.Controller(Keeper(), hostname="127.0.0.1", port=free_port())
    post.start()
    try:
        place = another_server(HEARTSEASE_SMTP=f"smtp://127.0.0.1:{post.port}")
        page = page_for(at=place)
        person = fill_in_the_sign_up(page, "Nora")
        letter = mail.wait_for(lambda: received, person.email, "confirm")
        page.goto(mail.address_in(letter))
        button(page, "Confirm").click()
        expect(page).not_to_have_url(re.compile("confirm-email"))
        page.context.clear_cookies()
        renewed = replace_the_password(page, person, lambda: received)
        sign_in(page, renewed)
        is_signed_in(page, person)
    finally:
        post.stop()
    assert {str(letter["From"]) for letter in received} == {"heartsease@localhost"}
    assert not (place.folder / "mail").exists()


def new_clinician(robin: Page, page: Page, server: Server) -> Newcomer:
    """An account made by the office; its owner chose a password by the letter and signed in."""
    person = Newcomer("Lena Brandt", f"{uuid.uuid4().hex[:12]}@example.org", NEW_PASSWORD)
    new = region(robin, "New member of staff")
    new.get_by_role("textbox").nth(0).fill(person.name)
    new.get_by_role("textbox").nth(1).fill(person.email)
    new.get_by_role("combobox").select_option("clinician")
    button(new, "Make the account").click()
    expect(robin.get_by_text(f"{person.name} has an account")).to_be_visible()
    letter = mail.wait_for(lambda: mail.in_folder(server.folder), person.email, "password")
    choose_a_password(page, mail.address_in(letter))
    sign_in(page, person)
    is_signed_in(page, person)
    return person


def test_staff_open_nothing_before_they_have_a_second_step(
    page_for: PageFor, server: Server, witness: Witness
) -> None:
    witness.expect_status(403)  # the news, too, are refused until then
    page = page_for()
    new_clinician(page_for("Robin"), page, server)
    page.goto("/clinic/")
    expect(heading(page, "Sign-in and security")).to_be_visible()
    page.goto("/clinic/urgent/")
    expect(heading(page, "Sign-in and security")).to_be_visible()


def test_a_new_member_of_staff_sets_up_the_second_step_at_once(
    page_for: PageFor, server: Server, witness: Witness
) -> None:
    witness.expect_status(403)  # the news, too, are refused until then
    page = page_for()
    person = new_clinician(page_for("Robin"), page, server)
    set_up_the_app(page, person.password)
    page.goto("/clinic/")
    expect(heading(page, "Caseload")).to_be_visible()
