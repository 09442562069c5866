"""Who may open a page, and what happens to a form that was sent after the session had ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from heartsease.base import crypto, keys
from heartsease.base.events import newest
from heartsease.base.policy import policy
from heartsease.people.models import Role

STASH = "stashed_posts"
STASH_LETTERS = 120_000
READER = "reader"
READER_LASTS = timedelta(days=30)
# Pages that fill what was sent by somebody whose session had ended into their forms again.
SHOWS_STASH = {
    "patient:mood",
    "patient:checkin",
    "patient:questionnaire",
    "clinic:alert",
    "clinic:proposal",
    "clinic:plan",
    "clinic:urgent",
    "patient:contact",
    "patient:welcome",
}
NOT_SENT = "You had been signed out, so that was not done. Sign in, and do it once more."
View = Callable[..., HttpResponse]
HOMES = {
    Role.PATIENT: "patient:today",
    Role.CLINICIAN: "clinic:caseload",
    Role.SUPERVISOR: "clinic:caseload",
    Role.ADMIN: "office:teams",
    Role.AUDITOR: "office:audit",
}


class LocalTime:
    """Show times where the signed-in person lives, and hold opened keys for one request only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hold a ring for this request's keys."""
        with keys.keyring():
            answer = self.get_response(request)
        if request.path == reverse("account_logout") and not request.user.is_authenticated:
            answer.delete_cookie(READER)
        return answer

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Activate the time zone once it is known that the page needs the person anyway."""
        timezone.deactivate()
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.path != reverse("help"):
            zone = getattr(request.user, "timezone", None)
            if zone:
                timezone.activate(ZoneInfo(zone))


def role_required(*roles: str) -> Callable[[View], View]:
    """Let only these roles in.

    Somebody signed out is asked to sign in; what they sent is kept sealed in their session and
    comes back as `request.stashed_post` on its page afterwards, to the same person only. Another
    role gets "not found", for a page they may not open should not be told from one that does not
    exist. The number of the newest event is noted before anything is read, so that the page misses
    no news.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            person = request.user
            if not person.is_authenticated:
                return _sign_in_first(request)
            if person.role not in roles:
                if request.path == "/":
                    return redirect(home_of(person))
                raise Http404
            if lacks_second_factor(person):
                messages.info(request, "Staff accounts need a second step. Please set one up.")
                return redirect("mfa_index")
            request.stashed_post = _take_stash(request, person)  # type: ignore[attr-defined]
            request.news_after = newest()  # type: ignore[attr-defined]
            return _remember_reader(request, person, view(request, *args, **kwargs))

        guarded.roles = roles  # type: ignore[attr-defined]
        return guarded

    return decorate


def home_of(person: Any) -> str:
    """The address of a role's first page."""
    return reverse(HOMES[Role(person.role)])


def lacks_second_factor(person: Any) -> bool:
    """Whether somebody of the staff has still to set up a second step.

    People of the demo need none while it is open to everybody, and not a moment longer.
    """
    if person.role == Role.PATIENT or not policy().staff_second_factor:
        return False
    if person.is_demo and policy().demo_sign_in:
        return False
    from allauth.mfa.utils import is_mfa_enabled

    return not is_mfa_enabled(person)


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    if request.path == "/" and request.method == "GET":
        return redirect("start")
    if request.headers.get("HX-Request") and request.method != "POST":
        answer = HttpResponse(status=204)
        answer["HX-Refresh"] = "true"
        return answer
    if request.method == "POST" and not _stash(request):
        messages.warning(request, NOT_SENT)
    sign_in = f"{settings.LOGIN_URL}?{urlencode({'next': _back_to(request)})}"
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = sign_in
        return answer
    return redirect(sign_in)


def _back_to(request: HttpRequest) -> str:
    """Where somebody goes after signing in: a page that can be opened, so the one they were on."""
    if request.method != "POST":
        return request.get_full_path()
    came_from, page = urlsplit(request.headers.get("Referer", "")), _page_of(request)
    own = came_from.netloc == request.get_host() and _opens(came_from.path)
    if own and page in {"", came_from.path}:
        return came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return request.get_full_path() if page == request.path else page or "/"


def _opens(path: str) -> bool:
    """Whether there is anything by an address of this site."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def _remember_reader(request: HttpRequest, person: Any, answer: HttpResponse) -> HttpResponse:
    """Note whose pages this browser shows, so that a stash goes back to nobody else."""
    if request.get_signed_cookie(READER, "") != str(person.pk):
        answer.set_signed_cookie(
            READER,
            str(person.pk),
            max_age=READER_LASTS,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return answer


def _page_of(request: HttpRequest) -> str:
    """The page whose form was sent, if it can show again what stood in it; else nothing."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    same = came_from.netloc == request.get_host()
    for path in (came_from.path, request.path) if same else (request.path,):
        try:
            if resolve(path).view_name in SHOWS_STASH:
                return path
        except Resolver404:
            continue
    return ""


def _stash(request: HttpRequest) -> bool:
    """Keep what was sent by somebody whose session had ended, sealed, for half an hour."""
    page, reader = _page_of(request), request.get_signed_cookie(READER, "")
    sent = request.POST.copy()
    sent.pop("csrfmiddlewaretoken", None)
    text = sent.urlencode()
    if text and page and reader and len(text) <= STASH_LETTERS:
        sealed = crypto.seal(_stash_key(), text.encode(), f"{page}|{reader}".encode())
        request.session[STASH] = {page: sealed.hex()}
        request.session.set_expiry(1800)
        return True
    return False


def _stash_key() -> bytes:
    return crypto.derived(settings.SITE_KEY, "stashed forms")


def _take_stash(request: HttpRequest, person: Any) -> QueryDict | None:
    """What this person had sent from this page, once, when it is opened again."""
    if request.method != "GET" or STASH not in request.session:
        return None
    sealed = request.session[STASH].get(request.path)
    if sealed is None:
        return None
    del request.session[STASH]
    request.session.set_expiry(None)
    place = f"{request.path}|{person.pk}".encode()
    try:
        text = crypto.unseal(_stash_key(), bytes.fromhex(sealed), place)
    except crypto.CannotOpen:
        return None
    messages.info(request, "Your session had ended. Nothing was lost: here is what you wrote.")
    return QueryDict(text.decode())
