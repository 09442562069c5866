"""Teams, staff, the audit log and the loop's figures. None of these pages shows care data."""

from __future__ import annotations

from uuid import UUID

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heartsease.base import audit
from heartsease.base.policy import policy, trouble
from heartsease.care.plans import queries as plans
from heartsease.consent import actions as consent_actions
from heartsease.consent.queries import urgent_accesses_to_review
from heartsease.people import actions
from heartsease.people import queries as people
from heartsease.people.models import Person, Role, Team
from heartsease.watch import actions as watch
from heartsease.watch.queries import burden, heeded
from heartsease.web.access import role_required
from heartsease.web.request import SignedInRequest

from .rules import in_words

ENTRIES_A_PAGE = 50


class TeamForm(forms.Form):
    """A team's name, and whether new people come to it."""

    name = forms.CharField(label="Name of the team", max_length=80)
    is_intake = forms.BooleanField(label="New people come to this team first", required=False)


class MemberForm(forms.Form):
    """Who joins."""

    email = forms.EmailField(label="E-mail address of the clinician")


class CareForm(forms.Form):
    """Whom which team cares for from now on."""

    email = forms.EmailField(label="E-mail address of the person")
    team = forms.ModelChoiceField(people.teams(), label="Team", empty_label="Choose a team")


class StaffForm(forms.Form):
    """A new member of staff; they set their password by the link in their mail."""

    name = forms.CharField(label="Name", max_length=80)
    email = forms.EmailField(label="E-mail address")
    role = forms.ChoiceField(
        label="Role",
        choices=[
            (Role.CLINICIAN, "Clinician"),
            (Role.SUPERVISOR, "Supervisor"),
            (Role.ADMIN, "Administrator"),
            (Role.AUDITOR, "Auditor"),
        ],
    )

    def clean_email(self) -> str:
        """One account an address."""
        email = str(self.cleaned_data["email"]).lower()
        if people.is_address_taken(email):
            raise forms.ValidationError("Somebody has an account with this address already.")
        return email


@role_required(Role.ADMIN)
@require_GET
def teams(request: SignedInRequest) -> HttpResponse:
    """Teams and who is in them."""
    found = people.teams()
    people.named([one.clinician for team in found for one in team.memberships.all()])
    context = {
        "teams": found,
        "team_form": TeamForm(auto_id="team-%s"),
        "staff_form": StaffForm(auto_id="staff-%s"),
        "member_form": MemberForm(auto_id=False),
        "care_form": CareForm(auto_id="care-%s"),
        "uncared_for": people.named(people.uncared_for()),
    }
    return render(request, "office/teams.html", context)


@role_required(Role.ADMIN)
@require_POST
def found(request: SignedInRequest) -> HttpResponse:
    """Make a team."""
    form = TeamForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A team needs a name of at most 80 letters.")
    elif people.is_team_name_taken(form.cleaned_data["name"]):
        messages.error(request, "There is a team of this name already.")
    else:
        actions.found_team(by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, "The team is there.")
    return redirect("office:teams")


def _team(identifier: UUID) -> Team:
    team = people.team(identifier)
    if team is None:
        raise Http404
    return team


def _member(request: SignedInRequest) -> Person | None:
    form = MemberForm(request.POST)
    if not form.is_valid():
        return None
    return people.clinician_at(form.cleaned_data["email"])


@role_required(Role.ADMIN)
@require_POST
def join(request: SignedInRequest, team: UUID) -> HttpResponse:
    """Let a clinician into a team."""
    clinician = _member(request)
    if clinician is None:
        messages.error(request, "No clinician here has this address.")
    else:
        actions.join(_team(team), clinician, by=request.user, now=timezone.now())
        messages.success(request, f"{clinician.name} is in the team.")
    return redirect("office:teams")


@role_required(Role.ADMIN)
@require_POST
def leave(request: SignedInRequest, team: UUID) -> HttpResponse:
    """Take a clinician out of a team."""
    clinician = _member(request)
    if clinician is not None:
        try:
            actions.leave(_team(team), clinician, by=request.user, now=timezone.now())
        except (actions.LastOfTeam, actions.NotAllowed) as refused:
            messages.error(request, str(refused))
            return redirect("office:teams")
        messages.success(request, f"{clinician.name} no longer sees this team's people.")
    return redirect("office:teams")


@role_required(Role.ADMIN)
@require_POST
def care(request: SignedInRequest) -> HttpResponse:
    """Let a team, and no other, care for a person."""
    form = CareForm(request.POST)
    person = None
    if form.is_valid():
        person = people.patient_at(form.cleaned_data["email"])
    if person is None:
        messages.error(request, "Nobody in care has this address, or no team was chosen.")
    else:
        team = form.cleaned_data["team"]
        try:
            actions.move_into_care(person, team, by=request.user, now=timezone.now())
            messages.success(request, f"{team.name} cares for {person.name} from now on.")
        except actions.LastOfTeam as refused:
            messages.error(request, str(refused))
    return redirect("office:teams")


@role_required(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def staff(request: SignedInRequest) -> HttpResponse:
    """Make an account for a member of staff and send them the link to set a password."""
    if request.method == "GET":
        return redirect("office:teams")
    form = StaffForm(request.POST)
    if not form.is_valid():
        first = next(iter(form.errors.values()))[0]
        messages.error(request, f"No account was made. {first}")
        return redirect("office:teams")
    data = form.cleaned_data
    now = timezone.now()
    person = actions.appoint(data["email"], data["name"], data["role"], by=request.user, now=now)
    reset = ResetPasswordForm({"email": person.email})
    if reset.is_valid():
        reset.save(request)
    link = "A letter with a link to set a password was sent."
    if not settings.SENDS_MAIL:
        link = (
            "No mail server is set up, so the letter with the link lies as a file in the folder "
            "mail of the data folder. Give it to them yourself."
        )
    messages.success(request, f"{person.name} has an account. {link}")
    return redirect("office:teams")


@role_required(Role.AUDITOR, Role.ADMIN, Role.SUPERVISOR)
@require_GET
def audit_log(request: SignedInRequest) -> HttpResponse:
    """The log, newest first, and on request the proof that nobody changed it."""
    page = Paginator(audit.newest_first(), ENTRIES_A_PAGE).get_page(request.GET.get("page"))
    faults = list(audit.faults()) if "verify" in request.GET else None
    actors = {str(person.pk): person for person in people.staff(audit.staff_among(page))}
    rows = [(entry, actors.get(entry.actor)) for entry in page]
    context = {
        "page": page,
        "rows": rows,
        "faults": faults,
        "demo": people.is_demo_here(),
    }
    return render(request, "office/audit.html", context)


@role_required(Role.ADMIN, Role.AUDITOR, Role.SUPERVISOR)
@require_GET
def loop(request: SignedInRequest) -> HttpResponse:
    """How far the loop gets: proposals, decisions, measured effects, alerts; counts only."""
    to_review = []
    if request.user.role == Role.SUPERVISOR:
        to_review = urgent_accesses_to_review(request.user)
        people.named([one.person for one in to_review] + [one.clinician for one in to_review])
    context = {
        "figures": plans.loop_figures(),
        "alerts": burden(timezone.now()),
        "heeded": heeded(timezone.now()),
        "to_review": to_review,
    }
    return render(request, "office/loop.html", context)


@role_required(Role.ADMIN, Role.AUDITOR, Role.SUPERVISOR)
@require_GET
def rules(request: SignedInRequest) -> HttpResponse:
    """The site's policy in words."""
    context = {"groups": in_words(policy()), "trouble": trouble()}
    return render(request, "office/rules.html", context)


@role_required(Role.SUPERVISOR)
@require_POST
def rest(request: SignedInRequest, way: str) -> HttpResponse:
    """A supervisor lets a kind of alert rest for a while."""
    watch.let_rest(way, by=request.user, now=timezone.now())
    messages.success(request, "These alerts rest for 90 days. The changes stay on the pages.")
    return redirect("office:loop")


@role_required(Role.SUPERVISOR)
@require_POST
def wake(request: SignedInRequest, way: str) -> HttpResponse:
    """A supervisor has a kind of alert raised again."""
    watch.wake(way, by=request.user, now=timezone.now())
    messages.success(request, "These alerts are raised again, also about changes since.")
    return redirect("office:loop")


@role_required(Role.SUPERVISOR)
@require_POST
def review(request: SignedInRequest, access: UUID) -> HttpResponse:
    """A supervisor has looked at an urgent access."""
    row = next((one for one in urgent_accesses_to_review(request.user) if one.pk == access), None)
    if row is None:
        raise Http404
    consent_actions.review_urgent_access(row, by=request.user, now=timezone.now())
    messages.success(request, "Reviewed.")
    return redirect("office:loop")
