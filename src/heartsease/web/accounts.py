"""Sign-up and second factors: allauth does the work, this adds a name and our own keys."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from heartsease.base import crypto
from heartsease.base.policy import policy
from heartsease.people import actions
from heartsease.people.models import Person

from .access import home_of


class SignupName(forms.Form):
    """The one thing beside e-mail and password: how to address the person."""

    name = forms.CharField(
        max_length=80,
        label="What should we call you?",
        help_text="A first name or nickname is enough.",
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    timezone = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    field_order = ["name", "email", "password1"]

    def signup(self, request: HttpRequest, user: Person) -> None:
        """Nothing more: the adapter stored everything in one transaction."""


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Make persons the way the house does: with a key, in the audit log, in somebody's care."""

    def clean_email(self, email: str) -> str:
        """Take plain addresses only: letters that merely look alike could pass for another's."""
        if not email.isascii():
            raise forms.ValidationError("Please use an address of plain letters, a to z.")
        return str(super().clean_email(email)).lower()

    def save_user(
        self, request: HttpRequest, user: Person, form: Any, commit: bool = True
    ) -> Person:
        """Store a new person."""
        data = form.cleaned_data
        user.email = data["email"].lower()
        user.name = data.get("name") or data["email"].partition("@")[0]
        user.country = policy().country
        user.timezone = _zone(data.get("timezone", ""))
        user.set_password(data["password1"])
        return actions.enrol(user, now=timezone.now())

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Everybody to the first page of their role."""
        return home_of(request.user)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """New people to the first steps."""
        return "/welcome/"


def _zone(name: str) -> str:
    from zoneinfo import available_timezones

    return name if name in available_timezones() else "UTC"


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]
    """Seal the secrets of second factors with a key derived from the site's."""

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        key = crypto.derived(settings.SITE_KEY, "second factors")
        return crypto.seal(key, text.encode(), b"mfa").hex()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret."""
        key = crypto.derived(settings.SITE_KEY, "second factors")
        return crypto.unseal(key, bytes.fromhex(encrypted_text), b"mfa").decode()


def display_name(person: Person) -> str:
    """How allauth's pages and letters address somebody."""
    return str(person.name)
