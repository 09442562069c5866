"""Care plans as a Django app."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """See the package."""

    name = "heartsease.care.plans"
    label = "plans"

    def ready(self) -> None:
        """Subscribe to news from below and register the periodic work."""
        from . import actions, tasks  # noqa: F401
