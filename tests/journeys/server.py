"""A real server for the journeys: the command people type, a folder of its own, a free port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("heartsease"))
START_SECONDS = 60
WORRYING = ("Traceback (most recent call last)", " ERROR ", " CRITICAL ")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a small server: SQLite in the folder, mail in the folder, plain HTTP."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HEARTSEASE_", "DATABASE_", "DJANGO_", "PYTEST_", "COV_"))
    }
    return kept | {
        "HEARTSEASE_DATA": str(folder),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **more,
    }


def load_demo(folder: Path) -> None:
    """Load the demo clinic with the command of the house."""
    done = subprocess.run(
        [COMMAND, "demo", "--quiet"],
        env=environment(folder),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"heartsease demo failed:\n{done.stdout}\n{done.stderr}"


def copy_of(folder: Path, to: Path) -> Path:
    """A copy of a loaded folder that no server has open."""
    shutil.copytree(folder, to)
    return to


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """`heartsease serve` in a process of its own."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    is_to_break: bool = False
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.log = self.folder / "server.log"
        self.start()

    @property
    def url(self) -> str:
        """Where it answers; localhost, because passkeys need a name."""
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [COMMAND, "serve", "--port", str(self.port)],
                env=environment(self.folder, **self.settings),
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert self.process.poll() is None, f"the server ended:\n{self.log.read_text()}"
            try:
                with urllib.request.urlopen(f"{self.url}/help/", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        self.stop()
        raise AssertionError(f"the server did not answer:\n{self.log.read_text()}")

    def stop(self) -> None:
        """End this process and no other."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(15)

    def worries(self, since: int = 0) -> str:
        """What the server wrote down since a place in its log, if any of it is an error.

        Nothing where a test breaks the server on purpose.
        """
        if self.is_to_break:
            return ""
        with self.log.open("rb") as log:
            log.seek(since)
            text = log.read().decode("utf-8", "replace")
        return text if any(word in text for word in WORRYING) else ""

    def written(self) -> int:
        """How much is in the log by now."""
        return self.log.stat().st_size
