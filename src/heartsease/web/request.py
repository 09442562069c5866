"""What a view may rely on once `role_required` has let somebody in."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict
from django_htmx.middleware import HtmxDetails

from heartsease.people.models import Person


class SignedInRequest(HttpRequest):
    """A request of somebody signed in, in a role that may open the page."""

    user: Person
    htmx: HtmxDetails
    stashed_post: QueryDict | None
    allows_style_attributes: bool
    news_after: int
