"""The foundation as a Django app."""

from django.apps import AppConfig


class BaseConfig(AppConfig):
    """Keys, audit, events and the clock."""

    name = "heartsease.base"
    label = "base"

    def ready(self) -> None:
        """Register the periodic work."""
        from . import upkeep  # noqa: F401
