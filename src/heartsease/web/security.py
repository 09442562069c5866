"""Headers that keep a page to itself: a content security policy with a nonce, no caching."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PERMISSIONS = "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()"


class SecurityHeaders:
    """Answer with a policy under which nothing loads from, or is sent to, another host.

    Scripts run from this host or with the request's nonce. Style attributes are permitted only
    where the chart library sets them (`request.allows_style_attributes`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Draw a nonce, and put the headers on what comes back."""
        request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        request.allows_style_attributes = False  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy_for(request))
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith(("/static/", "/help/", "/sw.js")):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def policy_for(request: HttpRequest) -> str:
    """The content security policy of one answer."""
    nonce = request.csp_nonce  # type: ignore[attr-defined]
    rules = [
        "default-src 'self'",
        f"script-src 'self' 'nonce-{nonce}'",
        f"style-src 'self' 'nonce-{nonce}'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
    if request.allows_style_attributes:  # type: ignore[attr-defined]
        rules.append("style-src-attr 'unsafe-inline'")
    return "; ".join(rules)
