"""Consent as a Django app."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """Grants, withdrawals and the gate."""

    name = "heartsease.consent"
    label = "consent"
