"""Every format that is read, in the order in which they are asked whether a file is theirs.

What is told by certain marks comes first; the plain forms, which take whatever is left, come last.
"""

from __future__ import annotations

from ..reading import Format
from . import apple_health, fitbit_takeout, plain

FORMATS: tuple[Format, ...] = (
    *apple_health.FORMATS,
    *fitbit_takeout.FORMATS,
    *plain.FORMATS,
)
