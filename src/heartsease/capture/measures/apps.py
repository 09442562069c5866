"""The measures part as a Django app."""

from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    """See the package."""

    name = "heartsease.capture.measures"
    label = "measures"

    def ready(self) -> None:
        """Subscribe to news from below."""
        from . import actions  # noqa: F401
