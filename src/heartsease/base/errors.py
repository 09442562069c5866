"""The kinds of errors of the house; each surface turns a kind into its own words once.

An error of the house carries a sentence that a person can read. Its kind tells what it means for
the one who asked; `status` is the HTTP status that pages and the API both answer with.
"""

from __future__ import annotations

from typing import ClassVar


class HouseError(Exception):
    """Something a person can be told, with nothing stored by halves."""

    status: ClassVar[int] = 400


class Missing(HouseError):
    """There is no such thing, or none that the actor may know of."""

    status = 404


class Forbidden(HouseError):
    """The actor may not do this."""

    status = 403


class Conflict(HouseError):
    """Somebody was quicker, or it was done before."""

    status = 409


class Gone(HouseError):
    """It was here and was erased."""

    status = 410


class TooLarge(HouseError):
    """More than this place takes in at once."""

    status = 413


class TooOften(HouseError):
    """More than this place takes in from one person for now; later it will."""

    status = 429


class Unacceptable(HouseError):
    """What was sent cannot be, or something is missing."""

    status = 422
