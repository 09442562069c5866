"""What browsers asked for and complained of while a test ran, held against it at the end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

# A page that answers with an error status is written into the console by Chromium itself.
STATUS = "Failed to load resource: the server responded with a status of {}"
NO_CONNECTION = "net::ERR_"
LOST_STREAM = "error: [object Event]"


@dataclass
class Witness:
    """Follows every context of a test: each request, each console error, each page error."""

    hosts: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _expected: list[re.Pattern[str]] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Write down what a context does from now on."""
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("page", self._page)

    def expect(self, *words: str) -> None:
        """Let complaints pass that hold these words, because the test provokes them."""
        self._expected += [re.compile(re.escape(word)) for word in words]

    def expect_status(self, *numbers: int) -> None:
        """Let pages pass that answer with these statuses."""
        self.expect(*(STATUS.format(number) for number in numbers))

    @property
    def left_the_machine(self) -> list[str]:
        """Requests to any other place than the servers of this test."""
        return [url for url in self.asked if urlsplit(url).netloc not in self.hosts]

    @property
    def unexpected(self) -> list[str]:
        """Complaints that no test asked for."""
        return [
            line for line in self.complaints if not any(one.search(line) for one in self._expected)
        ]

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).scheme not in {"data", "blob", "about"}:
            self.asked.append(request.url)

    def _page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self.asked.append(socket.url))

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        if message.type == "error" or "Content Security Policy" in text:
            where = message.location.get("url", "")
            self.complaints.append(f"{message.type}: {text} [{where}]")

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"page error: {error.error}")
