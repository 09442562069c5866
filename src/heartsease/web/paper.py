"""A week as a PDF, made by typst from a template of our own; no address is fetched."""

from __future__ import annotations

import json
from importlib.resources import files

import typst

from .week import Week

FOOTER = (
    "From Heartsease, a program. It compares somebody with themself only; it makes no diagnosis. "
    "Days without data are left empty."
)


def pdf_of(week: Week, name: str) -> bytes:
    """One week on one or two pages.

    Args:
        name: whose week it is.

    Raises:
        typst.TypstError: if the page cannot be made, which no content can cause.
    """
    parts = (
        ("What Heartsease noticed", week.changes),
        ("Steps of my plan" if week.is_own else "Steps of the plan", week.steps),
        ("Questionnaires", week.scores),
    )
    content = {
        "title": f"Week of {week.monday.day} {week.monday:%B %Y}",
        "subtitle": f"{name}, {week.monday.day} {week.monday:%B} to {week.sunday.day} "
        f"{week.sunday:%B %Y}",
        "days": [f"{day:%a} {day.day}" for day in week.days],
        "lines": [
            {"title": line.title, "unit": line.unit, "sentence": line.sentence, "cells": line.cells}
            for line in week.lines
        ],
        "parts": [{"title": title, "items": items} for title, items in parts if items],
        "nothing": "Nothing is known of this week.",
        "footer": FOOTER,
    }
    template = (files(__package__) / "data" / "week.typ").read_bytes()
    made = typst.compile(
        template, sys_inputs={"week": json.dumps(content)}, ignore_system_fonts=True
    )
    assert isinstance(made, bytes)
    return made
