"""The lines that answer now, in the order a person in need should see them."""

from __future__ import annotations

from typing import Any

from heartsease.base.policy import policy
from heartsease.science.dialogue import helplines


def help_lines(country: str) -> dict[str, Any]:
    """Emergency number, this place's own lines, then the country's; the directory if none."""
    local = policy().local_help
    try:
        found = helplines.of(country)
    except helplines.NoSuchCountry:
        return {"emergency": "", "local_lines": local, "lines": (helplines.directory(),)}
    return {"emergency": found.emergency, "local_lines": local, "lines": found.lines}
