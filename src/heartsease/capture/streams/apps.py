"""The streams part as a Django app."""

from django.apps import AppConfig


class StreamsConfig(AppConfig):
    """See the package."""

    name = "heartsease.capture.streams"
    label = "streams"

    def ready(self) -> None:
        """Subscribe to news from below."""
        from . import actions  # noqa: F401
