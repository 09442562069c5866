"""The mail of a server without SMTP: one file a letter in its folder."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

WAIT_SECONDS = 10
ADDRESS = re.compile(r"https?://\S+")


def read(raw: bytes) -> EmailMessage:
    """A letter from its bytes."""
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(letter, EmailMessage)
    return letter


def in_folder(folder: Path) -> list[EmailMessage]:
    """Every letter a server wrote down, oldest first; a file may hold several."""
    files = sorted((folder / "mail").glob("*.log"), key=lambda file: file.stat().st_mtime_ns)
    rule = b"-" * 79
    parts = [part for file in files for part in file.read_bytes().split(rule)]
    return [read(part.strip()) for part in parts if part.strip()]


def wait_for(letters: Callable[[], list[EmailMessage]], to: str, words: str) -> EmailMessage:
    """The newest letter to somebody whose subject holds these words, once it is there."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        found = [
            one
            for one in letters()
            if to in str(one["To"]) and words.lower() in str(one["Subject"]).lower()
        ]
        if found:
            return found[-1]
        if time.monotonic() > until:
            there = [(str(one["To"]), str(one["Subject"])) for one in letters()]
            raise AssertionError(f"no letter to {to} about {words!r}; there are {there}")
        time.sleep(0.05)


def address_in(letter: EmailMessage) -> str:
    """The first address a letter asks to open."""
    found = ADDRESS.search(letter.get_content())
    assert found, letter.get_content()
    return found.group()
