"""Signals and alerts as a Django app."""

from django.apps import AppConfig


class WatchConfig(AppConfig):
    """See the package."""

    name = "heartsease.watch"
    label = "watch"

    def ready(self) -> None:
        """Subscribe to news from below and register the periodic work."""
        from . import actions, tasks  # noqa: F401
