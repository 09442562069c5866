"""Whether a change of score is more than chance, and what it is called (Jacobson & Truax 1991)."""

from __future__ import annotations

from typing import Literal

from ..instruments.model import Instrument

REVIEW_WEEK = 6
Verdict = Literal["improved", "unchanged", "deteriorated"]


def reliable_change(before: float, after: float, *, sd: float, reliability: float) -> float:
    """Say how many standard errors of a difference lie between two scores (Jacobson & Truax 1991).

    >>> round(reliable_change(18, 9, sd=5.8, reliability=0.84), 2)
    -2.74
    """
    return (after - before) / (sd * (2 * (1 - reliability)) ** 0.5)


def reliable_change_index(sd: float, reliability: float) -> float:
    """The points beyond which a change is unlikely (5 %) to be chance: 1.96 sqrt(2) SD sqrt(1 - r).

    >>> round(reliable_change_index(4.34, 0.842), 2)
    4.78
    """
    return 1.96 * 2**0.5 * sd * (1 - reliability) ** 0.5


def verdict(before: float, after: float, instrument: Instrument) -> Verdict:
    """Improved, deteriorated, or unchanged as far as chance allows to say; lower scores are better.

    An instrument without a published reliable change says "unchanged": nothing is claimed.
    """
    threshold = instrument.reliable_change
    if threshold is None or abs(after - before) < threshold:
        return "unchanged"
    return "improved" if after < before else "deteriorated"


def is_case(total: float, instrument: Instrument) -> bool:
    """Whether a total is at or above caseness."""
    return total >= instrument.caseness


def responded(before: float, after: float, instrument: Instrument) -> bool:
    """Whether a score fell by the share that counts as response (for PHQ-9 a half)."""
    return before > 0 and after <= before * (1 - instrument.response)


def remitted(after: float, instrument: Instrument) -> bool:
    """Whether a score is below the instrument's remission threshold (PHQ-9 below 5)."""
    return instrument.remission_below is not None and after < instrument.remission_below


def recovered(before: float, after: float, instrument: Instrument) -> bool:
    """A case at the start, below the cut-off at the end (NHS Talking Therapies' recovery)."""
    return is_case(before, instrument) and not is_case(after, instrument)


def lacks_response(before: float, after: float, weeks: int, instrument: Instrument) -> bool:
    """Still a case in week 6 or later without a response: a reason to review, never to stop.

    Weeks are those since treatment began (NICE NG222 asks for a review of people who have not
    responded; some respond later, PMC6428692).
    """
    return (
        weeks >= REVIEW_WEEK
        and is_case(before, instrument)
        and is_case(after, instrument)
        and not responded(before, after, instrument)
    )


def reliably_recovered(before: float, after: float, instrument: Instrument) -> bool:
    """Recovery that is also beyond chance."""
    return recovered(before, after, instrument) and verdict(before, after, instrument) == "improved"
