"""What stopped coming, in words to the person: what, since when, why, and what may help."""

from __future__ import annotations

from datetime import date

from heartsease.people.models import Person
from heartsease.watch.silence import CHECK_INS, Silent, silences

from .sentences import day_words

WHY = {
    "switched_off": "You switched it off on {on}.",
    "paused": "You paused it on {on}. You can let it go on here.",
    "disconnected": "The device was disconnected on {on}. You can connect it again here.",
    "files": "It comes by files, and none was sent since. You can send one here.",
    "battery": "The battery was empty then. Once it is charged it goes on by itself.",
    "not_worn": "Other data still come. It may not have been worn, or the app may not send this.",
    "sends_on": "The app still connects, last on {on}, but brings nothing of this. The app's own "
    "settings say what it may send.",
    "silent": "The app last connected on {on}. Opening it on your phone often helps.",
    "not_known": "We do not know why.",
}


def stopped(person: Person, today: date) -> list[str]:
    """A sentence or two for each thing from a device that stopped coming."""
    return [words(one) for one in silences(person, today) if one.domains != (CHECK_INS,)]


def words(one: Silent) -> str:
    """What stopped, since when and why.

    >>> from heartsease.science.course.silence import Silence
    >>> words(Silent(("sleep",), "wearables", Silence(date(2026, 5, 1), 9, 1), "battery"))
    'Nothing of your sleep has come since 1 May 2026. The battery was empty then. Once it is \
charged it goes on by itself.'
    """
    why = WHY[one.reason].format(on=day_words(one.on) if one.on else "")
    return f"Nothing of your {one.what} has come since {day_words(one.found.last)}. {why}"
