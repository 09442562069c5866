"""Which files are taken in here, and how that is said to people.

What can be read (`science.sensing.readers.registry`) and what this site asks agreement for
(`covered`) meet here and nowhere else: a new format shows on the page by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from heartsease.consent.texts import is_offered, texts
from heartsease.science.sensing.readers.registry import FORMATS
from heartsease.science.sensing.reading import Format, UnknownFormat
from heartsease.science.sensing.schema import DAILY

from . import covered

WORDS = {
    "sleep": "sleep",
    "steps": "steps",
    "heart_rate": "pulse",
    "resting_heart_rate": "resting pulse",
    "hrv_rmssd": "heart rate variability",
    "hrv_sdnn": "heart rate variability",
    "rr_interval": "times between heartbeats",
    "respiration": "breathing",
    "spo2": "oxygen",
    "activity": "movement",
    "gps": "places",
    "screen": "screen use",
    "app_use": "use of apps",
    "comm": "calls and messages",
    "keyboard": "typing",
    covered.ALIVE: "battery",
    DAILY: "numbers by day",
}
MANUAL = re.compile(r" \(docs/[^)]*\)")


def titles() -> list[str]:
    """The formats of which something is taken in, as people call them, each with what it may be.

    No browser sends a folder, and pages of the manual are not for everybody.

    >>> titles()[:2]
    ['Apple Health (export.zip or export.xml)', 'Fitbit (Google Takeout, zip)']
    """
    named = (one.title for one in FORMATS if _is_taken(one))
    short = (MANUAL.sub("", title.removeprefix("or ").replace(" or folder", "")) for title in named)
    return list(dict.fromkeys(short))


def _is_taken(form: Format) -> bool:
    """Whether the site asks agreement for anything that a format can hold."""
    if not form.streams or DAILY in form.streams:
        return True
    measured = form.streams - {covered.ALIVE}
    return bool({covered.of_samples(stream) for stream in measured} & covered.offered())


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


def kinds_read(name: str) -> list[str]:
    """What is read of a format and taken in at this site, in plain words.

    >>> kinds_read("sensor_logger")
    ['steps', 'pulse', 'places', 'battery']
    """
    held = next((one.streams for one in FORMATS if one.name == name), frozenset()) or WORDS
    taken = covered.offered()
    words = [
        word
        for stream, word in WORDS.items()
        if stream in held and (stream == DAILY or covered.of_samples(stream) in taken)
    ]
    return list(dict.fromkeys(words))


def nothing_known(name: str) -> str:
    """Why nothing was kept of a file whose form is known and that holds nothing of use.

    >>> nothing_known("sensor_logger")
    'The file can be opened, but holds none of what is read from Sensor Logger: steps, pulse, \
places and battery.'
    """
    title = next((one.title for one in FORMATS if one.name == name), "such a file")
    title = title.removeprefix("or ").partition(" (")[0]
    return (
        f"The file can be opened, but holds none of what is read from {title}: "
        f"{_listed(kinds_read(name))}."
    )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + " and " + words[-1] if len(words) > 1 else "".join(words)


def left_out_because(agreement: str) -> str:
    """Why rows of an agreement were left out.

    >>> left_out_because("places")
    'Places: switched off under Privacy'
    """
    title = texts().streams[agreement].title
    why = "switched off under Privacy" if is_offered(agreement) else "not taken in here"
    return f"{title}: {why}"


def nothing_taken(left_out: Mapping[str, int]) -> str:
    """Why nothing was kept of a file that holds only what is not switched on.

    >>> nothing_taken({"places": 2})
    'This is a file of places. That is switched off, so nothing was kept. You can switch it on \
under Privacy and send the file again.'
    >>> nothing_taken({"places": 2, "phone": 1})[:61]
    'This is a file of phone use and places. That is switched off,'
    """
    kinds = [texts().streams[agreement].title.lower() for agreement in sorted(left_out)]
    said = _listed(kinds)
    if not any(is_offered(agreement) for agreement in left_out):
        return f"This is a file of {said}. That is not taken in here, so nothing was kept."
    return (
        f"This is a file of {said}. That is switched off, so nothing was kept. "
        "You can switch it on under Privacy and send the file again."
    )
