"""Pages before and beside sign-in: start, help, choices of look, the demo's one-click sign-in."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth import login
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from heartsease.base.policy import policy
from heartsease.people.models import Person
from heartsease.people.queries import demo_people, demo_person
from heartsease.science.dialogue import helplines

from .access import home_of
from .context import TEXT_SIZES, THEMES

YEAR_SECONDS = 365 * 86_400


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The first page for somebody who is not signed in."""
    if request.user.is_authenticated:
        return redirect(home_of(request.user))
    demo: list[Person] = []
    if policy().demo_sign_in:
        demo = demo_people()
    return render(
        request,
        "start.html",
        {
            "demo_patients": [person for person in demo if person.is_patient],
            "demo_staff": [person for person in demo if not person.is_patient],
        },
    )


@require_safe
def help_now(request: HttpRequest) -> HttpResponse:
    """Get help now: no sign-in, no database, works from the offline copy too."""
    code = request.GET.get("country", policy().country).upper()
    try:
        country = helplines.of(code)
    except helplines.NoSuchCountry:
        country = None
    return render(
        request,
        "help.html",
        {
            "country": country,
            "countries": helplines.countries().values(),
            "lines": country.lines if country else (),
            "local_lines": policy().local_help,
            "directory": helplines.directory(),
        },
    )


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The offline copy's script, served from the root so that it covers every page."""
    path = finders.find("js/sw.js")
    if path is None:
        raise Http404
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        answer = HttpResponse(file.read(), content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Keep the choice of theme and text size in a cookie; works without JavaScript."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    answer = HttpResponseRedirect(back)
    for name, allowed in (("theme", THEMES), ("text_size", TEXT_SIZES)):
        if request.POST.get(name) in allowed:
            answer.set_cookie(name, request.POST[name], max_age=YEAR_SECONDS, samesite="Lax")
    return answer


@require_POST
def demo_sign_in(request: HttpRequest, person: UUID) -> HttpResponse:
    """Sign in as a person of the demo; only where the site's policy says that this is a demo."""
    if not policy().demo_sign_in:
        raise Http404
    found = demo_person(person)
    if found is None:
        raise Http404
    login(request, found, backend="allauth.account.auth_backends.AuthenticationBackend")
    return redirect(home_of(found))
