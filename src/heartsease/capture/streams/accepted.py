"""Which files are taken in here, and how that is said to people.

More can be read (`science.sensing.readers.registry`) than the agreement on watch and phone data
covers. Both lists meet here and nowhere else: a new format shows on the page by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from heartsease.science.sensing.readers.registry import FORMATS
from heartsease.science.sensing.reading import UnknownFormat
from heartsease.science.sensing.schema import DAILY

# What the agreement on wearables covers. Places, phone use, contacts and typing need one of their
# own; until a person can give it they are left out before anything is written down.
TAKEN = frozenset(
    {
        DAILY,
        "steps",
        "heart_rate",
        "resting_heart_rate",
        "hrv_rmssd",
        "hrv_sdnn",
        "sleep",
        "rr_interval",
        "respiration",
        "spo2",
        "activity",
    }
)
MANUAL = re.compile(r" \(docs/[^)]*\)")
LEFT_OUT = {
    "gps": "places",
    "screen": "phone use",
    "app_use": "use of apps",
    "comm": "calls and messages",
    "keyboard": "typing",
    "heartbeat": "the phone's battery",
}


def titles() -> list[str]:
    """The formats of which something is taken in, as people call them, each with what it may be.

    No browser sends a folder, and pages of the manual are not for everybody.

    >>> titles()[:2]
    ['Apple Health (export.zip or export.xml)', 'Fitbit (Google Takeout, zip)']
    """
    named = (one.title for one in FORMATS if not one.streams or one.streams & TAKEN)
    short = (MANUAL.sub("", title.removeprefix("or ").replace(" or folder", "")) for title in named)
    return list(dict.fromkeys(short))


def names() -> list[str]:
    """The same without what each may be.

    >>> names()[:2]
    ['Apple Health', 'Fitbit']
    """
    return list(dict.fromkeys(title.partition(" (")[0] for title in titles()))


def unknown_form(error: UnknownFormat) -> UnknownFormat:
    """The sentence for a file of no known form, without formats that are refused here.

    >>> str(unknown_form(UnknownFormat("This zip is of no known form. Accepted: GPX.")))[:29]
    'This zip is of no known form.'
    """
    what, accepted, _ = str(error).partition(" Accepted: ")
    return UnknownFormat(f"{what} Read here: {', '.join(names())}." if accepted else what)


def words_for(stream: str) -> str:
    """What a stream that is not taken in holds, in a word or two.

    >>> words_for("gps")
    'places'
    """
    return LEFT_OUT.get(stream, stream.replace("_", " "))


def nothing_taken(left_out: Mapping[str, int]) -> str:
    """Why nothing was kept of a file that holds only what is not taken in.

    >>> nothing_taken({"gps": 2})
    'This is a file of places. Places are not taken in yet, so nothing was kept.'
    >>> nothing_taken({"gps": 2, "screen": 1})
    'This is a file of places and phone use. These are not taken in yet, so nothing was kept.'
    """
    kinds = [words_for(stream) for stream in sorted(left_out)]
    said = ", ".join(kinds[:-1]) + " and " + kinds[-1] if len(kinds) > 1 else kinds[0]
    which = f"{said[0].upper()}{said[1:]} are" if kinds == ["places"] else "That is"
    which = "These are" if len(kinds) > 1 else which
    return f"This is a file of {said}. {which} not taken in yet, so nothing was kept."
