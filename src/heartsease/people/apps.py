"""Persons, teams and care relations as a Django app."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Who is here."""

    name = "heartsease.people"
    label = "people"

    def ready(self) -> None:
        """Register the periodic work."""
        from . import tasks  # noqa: F401
