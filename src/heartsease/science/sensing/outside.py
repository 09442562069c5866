"""What a file or folder shows without being read: its first bytes, and the names inside it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import ZipFile

HEAD_BYTES = 4096
SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True)
class Outside:
    """How a file or folder looks to readers that ask whether it is theirs.

    Attributes:
        path: where it lies.
        head: the first 4,096 bytes of a file; empty for a folder.
        names: the files inside a folder or zip, with "/" between parts; empty for a single file.
    """

    path: Path
    head: bytes = b""
    names: tuple[str, ...] = ()

    @property
    def is_single(self) -> bool:
        """Whether it is one file and neither a folder nor a zip."""
        return not self.path.is_dir() and not self.head.startswith(b"PK")

    @cached_property
    def text(self) -> str:
        """The beginning as text, for looking at only."""
        return as_text(self.head).lstrip("\ufeff \r\n\t") if self.is_single else ""

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names in the first line of a table, lower case, in order; empty if it is none."""
        return columns_of(self.text)

    def beginning(self, name: str) -> bytes:
        """The first bytes of a file inside, without reading the rest."""
        if self.path.is_dir():
            with (self.path / name).open("rb") as file:
                return file.read(HEAD_BYTES)
        if name not in self._beginnings:
            with self._zip.open(name) as member:
                self._beginnings[name] = member.read(HEAD_BYTES)
        return self._beginnings[name]

    @cached_property
    def _beginnings(self) -> dict[str, bytes]:
        return {}

    @cached_property
    def _zip(self) -> ZipFile:
        """The zip, opened once for all who ask; `close` ends it."""
        from .readers import archive

        return self._held.enter_context(archive.opened(self.path))

    @cached_property
    def _held(self) -> ExitStack:
        return ExitStack()

    def close(self) -> None:
        """Let go of the zip."""
        self._held.close()


def readable(name: str) -> str:
    """A name of a file or a text of one as text that can be written anywhere.

    >>> readable("caf\\udce9.csv")
    'caf\\\\udce9.csv'
    """
    return name.encode("utf-8", "backslashreplace").decode()


def as_text(head: bytes) -> str:
    """Bytes as text by their mark, else UTF-8; what cannot be read becomes a replacement mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    return head.decode("utf-8-sig", errors="replace")


def columns_of(text: str) -> tuple[str, ...]:
    """The column names of a table's first line, lower case.

    >>> columns_of("Time;Heart Rate")
    ('time', 'heart rate')
    """
    first = text.splitlines()[0] if text.strip() else ""
    separator = max(SEPARATORS, key=first.count)
    return tuple(name.strip().strip('"').strip().lower() for name in first.split(separator))
