"""The journal part as a Django app."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """See the package."""

    name = "heartsease.capture.journal"
    label = "journal"

    def ready(self) -> None:
        """Subscribe to news from below."""
        from . import actions  # noqa: F401
