"""Find a Chromium for the browser journeys; install one where there is none.

Run as a script it makes sure that there is one. Order: one on PATH, Debian's, Playwright's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    # A microphone that beeps, so that pages that record can be tried.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


def on_path() -> str | None:
    """The first Chromium on PATH."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def find() -> str | None:
    """A Chromium to start: on PATH, or Playwright's own."""
    if found := on_path():
        return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None  # noqa: PTH110


def install() -> None:
    """Install Debian's when that can be done, else Playwright's own."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {"stdout": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        done = subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False, **quiet)
        if done.returncode == 0 and on_path():
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    if find() is None:
        print("Installing Chromium for the browser journeys ...")
        install()
    if find() is None:
        sys.exit("No Chromium was found, and none could be installed.")
