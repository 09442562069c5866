"""What every template may use: the place's name and the person's choices of look."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from heartsease.base.policy import policy

THEMES = ("auto", "light", "dark")
TEXT_SIZES = ("normal", "large", "larger")


def place(request: HttpRequest) -> dict[str, object]:
    """Name of the place, promises, and look; nothing here touches the database."""
    theme = request.COOKIES.get("theme", "auto")
    size = request.COOKIES.get("text_size", "normal")
    return {
        "policy": policy(),
        "sends_mail": settings.SENDS_MAIL,
        "theme": theme if theme in THEMES else "auto",
        "text_size": size if size in TEXT_SIZES else "normal",
    }
