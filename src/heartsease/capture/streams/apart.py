"""A large file is read in a process of its own, with an end to its memory and to its time.

Readers bound what they hold, but a file can be made against any of them. Whatever one does to the
process that reads it, the server and its worker go on and the person gets a sentence. Small files
stay in the worker: their size is a bound, and they need not wait for a process to start.

    python -m heartsease.capture.streams.apart UPLOAD
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings

from heartsease.science.sensing.readers import archive
from heartsease.science.sensing.reading import SensingError

MOST_MEMBERS = 1_000
SECONDS_BETWEEN_LOOKS = 0.05
ASKED_FOR = 4
MEMORY = (
    "This file needs more memory than this server gives to one file. Nothing of it was stored. "
    "Send it in smaller parts."
)
TIME = (
    "Reading this file takes longer than this server gives to one file. Nothing of it was stored. "
    "Send it in smaller parts."
)
OUT_OF_MEMORY = 70
# How libraries end that cannot get memory, and how the system ends a process that took too much.
ENDED_FOR_MEMORY = (OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGKILL)
PR_SET_PDEATHSIG = 1
# Each thread takes room for its stack, and a server may have a hundred cores.
FEW_THREADS = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class NeedsMore(SensingError):
    """The file needs more memory or time than one file gets."""


class BrokeOff(Exception):
    """The process ended by a fault of its own; reading may be tried again."""


def is_large(path: Path) -> bool:
    """Whether a file, unpacked, is too large for its size to be a bound."""
    limit = settings.READ_APART_ABOVE_BYTES
    if path.stat().st_size > limit:
        return True
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            return False
    try:
        with archive.opened(path) as whole:
            members = whole.infolist()
    except SensingError:
        return False  # Whoever reads it says why.
    return len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > limit


def read(upload_id: str) -> None:
    """Have an upload read by a process of its own; it writes what became of it by itself.

    Raises:
        NeedsMore: if the memory or the time of one file did not suffice.
        BrokeOff: if it ended in another way.
    """
    known = {name: os.environ.get(name, "2") for name in FEW_THREADS}
    command = [sys.executable, "-m", __spec__.name, upload_id]
    environment = {**os.environ, **known}
    with subprocess.Popen(  # noqa: S603 - this program itself
        command, stdin=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            code = _watched(process)
        finally:
            process.kill()
    if code in ENDED_FOR_MEMORY:
        raise NeedsMore(MEMORY)
    if code:
        raise BrokeOff(f"The process that read it ended with {code}.")


def _watched(process: subprocess.Popen[bytes]) -> int:
    """Wait until a process ends, within its limits; its exit status.

    Raises:
        NeedsMore: as soon as it is beyond one of them.
    """
    until = time.monotonic() + settings.READING_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(SECONDS_BETWEEN_LOOKS)
        if _own_bytes(process.pid) > settings.READING_MEMORY_BYTES:
            raise NeedsMore(MEMORY)
    raise NeedsMore(TIME)


def _own_bytes(pid: int) -> int:
    """The memory that a process has for itself; 0 where the system does not tell."""
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text("ascii").split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * resource.getpagesize()


def _limit() -> None:
    """End with whoever started this, and ask for no room that could never be given.

    Libraries ask for several times the room that they use, so what is used is watched from outside.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    most = settings.READING_MEMORY_BYTES * ASKED_FOR
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(upload_id: str) -> int:
    """Read one upload here and now; the exit status."""
    import django

    django.setup()
    from heartsease.base import keys

    from . import tasks
    from .models import Upload

    _limit()
    row = Upload.objects.select_related("person").filter(id=upload_id).first()
    if row is None:
        return 0
    try:
        with keys.keyring():
            tasks.read_here(row)
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
