"""A room with browsers: people are seated, each before one of their own, and all is witnessed."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from .server import Server
from .witness import Witness

PHONE = 390
DESK = 1280
HEIGHT = {PHONE: 844, DESK: 800}
WAIT_MS = 15_000
Cookies = dict[tuple[str, str], Any]


class Room:
    """Seats people of one test (or of several that share it) and clears up after them."""

    def __init__(
        self, browser: Browser, server: Server, witness: Witness, signed_in: Cookies
    ) -> None:
        self.witness = witness
        self._browser, self._server, self._signed_in = browser, server, signed_in
        self._contexts: list[BrowserContext] = []
        self._servers: dict[str, tuple[Server, int]] = {}

    def seat(
        self,
        name: str = "",
        *,
        to: str = "/",
        width: int = DESK,
        scheme: str = "light",
        javascript: bool = True,
        at: Server | None = None,
        **options: Any,
    ) -> Page:
        """Give somebody a browser; its page stands at `to`.

        A name of the demo is signed in by its one click; without a name the page is nobody's.
        """
        here = at or self._server
        self._servers.setdefault(here.url, (here, here.written()))
        self.witness.hosts.add(f"localhost:{here.port}")
        known = self._signed_in.get((here.url, name))
        context = self._browser.new_context(
            base_url=here.url,
            viewport={"width": width, "height": HEIGHT[width]},
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=javascript,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/London",
            storage_state=known,
            **options,
        )
        self._contexts.append(context)
        self.witness.follow(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        if name and not known:
            page.goto("/start/")
            page.get_by_role("button", name=re.compile(f"Sign in as .*{name}")).click()
            page.wait_for_url(lambda url: "/start/" not in url)
            self._signed_in[here.url, name] = context.storage_state()
        if known or not name or to != "/":
            page.goto(to)
        return page

    def clear(self) -> None:
        """Close every browser and hold what was witnessed against the rules of the house."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()
        left, unexpected = self.witness.left_the_machine, self.witness.unexpected
        worries = "".join(one.worries(since) for one, since in self._servers.values())
        assert not left, "requests left the machine:\n" + "\n".join(left)
        assert not unexpected, "pages complained:\n" + "\n".join(unexpected)
        assert not worries, f"the server wrote errors down:\n{worries}"
