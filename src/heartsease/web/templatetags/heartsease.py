"""What templates need beyond Django: icons drawn in place, and durations in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from heartsease.capture.streams.accepted import WORDS as STREAM_WORDS
from heartsease.science.sensing.catalogue import FEATURES

register = template.Library()

COUNTED = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NAME = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")

_OPENING = re.compile(r"<svg[^>]*>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FRAME = (
    '<svg class="icon" aria-hidden="true" focusable="false" width="24" height="24" '
    'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round">'
)


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """Draw a lucide icon in the page; it is decoration, so a word must stand beside it.

    Without the icon's file the page simply shows the word.
    """
    if not re.fullmatch(r"[a-z0-9-]+", name):
        return mark_safe("")
    found = settings.ICONS / f"{name}.svg"
    if not found.exists():
        return mark_safe("")
    drawing = _COMMENT.sub("", found.read_text("utf-8"))
    return mark_safe(_OPENING.sub(_FRAME, drawing, count=1).replace("\n", " ").strip())  # noqa: S308


@register.simple_tag
def field(bound: BoundField, hint: str = "") -> SafeString:
    """Show one form field: label, hint, errors, control, in this order, tied together."""
    kind = getattr(bound.field.widget, "input_type", "")
    described = []
    attributes: dict[str, Any] = {}
    help_text = hint or bound.help_text
    if help_text:
        described.append(f"{bound.auto_id}_hint")
    if bound.errors:
        described.append(f"{bound.auto_id}_error")
        attributes["aria-invalid"] = "true"
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return mark_safe(  # noqa: S308
        render_to_string(
            "forms/field.html",
            {
                "field": bound,
                "kind": kind,
                "help_text": help_text,
                "control": bound.as_widget(attrs=attributes),
                "group": kind == "radio" or getattr(bound.field.widget, "use_fieldset", False),
            },
        )
    )


@register.filter
def at(mapping: Any, key: Any) -> Any:
    """Look up a key that the template only knows as a value; None when it is missing."""
    try:
        return mapping[key]
    except (KeyError, IndexError, TypeError):
        return None


@register.filter
def iso_day(text: Any) -> str:
    """A day kept as text, as people write it; anything else stays as it is.

    >>> iso_day("2026-03-09")
    '9 March 2026'
    """
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        return str(text)
    return f"{day.day} {day:%B %Y}"


@register.filter
def short_day(text: Any) -> str:
    """A day kept as text, as tables write it: of this year without the year.

    >>> short_day("2019-03-09"), short_day("before the war")
    ('9 Mar 2019', 'before the war')
    """
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        return str(text)
    year = "" if day.year == timezone.localdate().year else f" {day.year}"
    return f"{day.day} {day:%b}{year}"


@register.filter
def dialled(number: Any) -> str:
    """What a telephone dials: the digits of a number, with a leading plus if it has one.

    >>> dialled("+44 116 123")
    '+44116123'
    >>> dialled("(+44) 116 123")
    '+44116123'
    """
    text = str(number)
    return ("+" if text.lstrip(" (").startswith("+") else "") + re.sub(r"[^0-9*#]", "", text)


@register.filter
def times_usual(spreads: float) -> str:
    """A distance in standard deviations as a clinician reads it, to the nearest half.

    >>> times_usual(1.46), times_usual(1.1), times_usual(0.4), times_usual(3.6), times_usual(7.2)
    ('one and a half times', 'once', 'half', 'three and a half times', 'seven times')
    """
    halves = max(round(float(spreads) * 2), 1)
    whole, half = divmod(halves, 2)
    if not whole:
        return "half"
    if whole in (1, 2) and not half:
        return ("once", "twice")[whole - 1]
    said = COUNTED[whole] if whole < len(COUNTED) else str(whole)
    return f"{said} and a half times" if half else f"{said} times"


@register.filter
def in_spreads(facts: Mapping[str, Any]) -> str:
    """How far each feature of a change moved, in the person's own day-to-day spreads.

    >>> moved = [{"feature": "steps", "size_sd": -1.4}, {"feature": "mood", "size_sd": -0.6}]
    >>> in_spreads({"moved": moved})
    'Steps: below their usual by about one and a half times the usual spread from day to day. \
Mood: below their usual by about half the usual spread from day to day.'
    """
    return " ".join(
        f"{FEATURES[one['feature']].label}: {'above' if one['size_sd'] > 0 else 'below'} their "
        f"usual by about {times_usual(abs(one['size_sd']))} the usual spread from day to day."
        for one in facts.get("moved", ())
        if one.get("feature") in FEATURES and "size_sd" in one
    )


@register.filter
def in_words(text: str) -> str:
    """Put what people say in place of names of streams and features in a reason of a reader.

    >>> in_words("heart_rate: 900 is outside 25 to 240; minutes_asleep is empty")
    'pulse: 900 is outside 25 to 240; time asleep is empty'
    """

    def said(found: re.Match[str]) -> str:
        name = found[0]
        known = FEATURES.get(name)
        return STREAM_WORDS.get(name) or (known.label.lower() if known else name)

    return _NAME.sub(said, text)
