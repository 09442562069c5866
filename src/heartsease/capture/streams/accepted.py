"""Which files are taken in here, and how that is said to people.

What can be read (`science.sensing.readers.registry`) and what this site asks agreement for
(`covered`) meet here and nowhere else: a new format shows on the page by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from heartsease.consent.texts import is_offered, texts
from heartsease.science.sensing.readers.registry import FORMATS
from heartsease.science.sensing.reading import Format, UnknownFormat
from heartsease.science.sensing.schema import DAILY

from . import covered

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
    said = ", ".join(kinds[:-1]) + " and " + kinds[-1] if len(kinds) > 1 else kinds[0]
    if not any(is_offered(agreement) for agreement in left_out):
        return f"This is a file of {said}. That is not taken in here, so nothing was kept."
    return (
        f"This is a file of {said}. That is switched off, so nothing was kept. "
        "You can switch it on under Privacy and send the file again."
    )
