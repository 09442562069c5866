"""Nothing loads from, or is sent to, another host: headers, templates, styles and scripts."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from tests.people import NOW

import heartsease

PACKAGE = Path(heartsease.__file__).parent
SOURCES = [
    path
    for folder in ("web/templates", "web/static")
    for path in sorted((PACKAGE / folder).rglob("*"))
    if path.suffix in {".html", ".css", ".js", ".svg"}
]
LOADS = re.compile(
    r"""(?:src|srcset|poster|data|action|formaction)\s*=\s*["'](?:https?:)?//|"""
    r"""<link[^>]+href\s*=\s*["'](?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import\s+["']https?:|"""
    r"""(?:fetch|import|open|WebSocket|EventSource)\(\s*["'`](?:https?|wss?):""",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_page_style_or_script_names_another_host(path: Path):
    assert LOADS.findall(path.read_text("utf-8")) == []


def test_third_party_styles_load_nothing_from_elsewhere():
    for prefix, folder in settings.STATICFILES_DIRS:
        for path in Path(folder).rglob("*.css"):
            if prefix.endswith(("pico", "atkinson")):
                assert not re.search(r"url\(\s*[\"']?(?:https?:)?//", path.read_text("utf-8")), path


def test_the_policy_of_every_page_keeps_it_to_this_host(cast):
    client = Client()
    client.force_login(cast.bob, backend="allauth.account.auth_backends.AuthenticationBackend")
    for path in ("/start/", "/help/", "/clinic/", "/account/2fa/", "/nothing/"):
        header = client.get(path)["Content-Security-Policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in header.split(";"))
        assert rules["default-src"] == "'self'"
        assert rules["connect-src"] == "'self'"
        assert rules["frame-ancestors"] == "'none'"
        for name, value in rules.items():
            assert "http" not in value, (path, name)
            assert "'unsafe-eval'" not in value
            if name != "style-src-attr":
                assert "'unsafe-inline'" not in value


def test_a_nonce_is_used_once(client, db):
    first, second = (client.get("/start/")["Content-Security-Policy"] for _ in range(2))
    assert first != second


def test_pages_about_a_person_are_not_kept_by_the_browser(cast):
    cast.alice.welcomed_at = NOW
    cast.alice.save()
    client = Client()
    client.force_login(cast.alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    for path in ("/", "/privacy/", "/privacy/export/", "/my-data/"):
        assert "no-store" in client.get(path)["Cache-Control"]


def test_a_process_of_the_tests_cannot_reach_another_machine():
    """The guard in tests/conftest.py itself: with it every test proves that nothing leaves."""
    with pytest.raises(AssertionError, match="another machine"):
        socket.create_connection(("192.0.2.1", 80), timeout=0.1)
