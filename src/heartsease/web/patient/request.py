"""What a view of these pages may rely on once `role_required("patient")` has let somebody in."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict
from django_htmx.middleware import HtmxDetails

from heartsease.people.models import Person


class PatientRequest(HttpRequest):
    """A request of a signed-in patient."""

    user: Person
    htmx: HtmxDetails
    stashed_post: QueryDict | None
