"""How the team can reach a person: a number and what to know before calling, both optional."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from heartsease.people import actions
from heartsease.people.models import Person
from heartsease.people.queries import team_lines
from heartsease.web.access import role_required
from heartsease.web.request import SignedInRequest


class ReachForm(forms.Form):
    """A number and a note; the action says what is wrong with either."""

    phone = forms.CharField(
        label="Telephone number",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    note = forms.CharField(
        label="What should we know before we call?",
        help_text="For example: call in the evening, or leave no voice message.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": actions.REACH_NOTE_LETTERS}),
    )

    def keep(self, person: Person) -> bool:
        """Store what was given; false, with the error at its field, where it cannot be used."""
        if not self.is_valid():
            return False
        data = self.cleaned_data
        try:
            actions.set_reach(person, data["phone"], data["note"], by=person, now=timezone.now())
        except actions.NotReachable as wrong:
            self.add_error(wrong.field, str(wrong))
            return False
        return True


def reach_form(request: SignedInRequest) -> ReachForm:
    """The form as it was sent, or as it stands."""
    person = request.user
    standing = {"phone": person.phone or "", "note": person.reach_note or ""}
    sent = request.POST if request.method == "POST" else request.stashed_post
    return ReachForm(sent or None, initial=standing)


@role_required("patient")
@require_http_methods(["GET", "POST"])
def contact(request: SignedInRequest) -> HttpResponse:
    """Show and change how the team can reach the person, and who the team is."""
    form = reach_form(request)
    if request.method == "POST" and form.keep(request.user):
        given = request.user.phone or request.user.reach_note
        said = "Saved. Your team can see it." if given else "Saved. Nothing is left for your team."
        messages.success(request, said)
        return redirect("patient:privacy")
    context = {"form": form, "teams": team_lines(request.user.pk)}
    return render(request, "patient/contact.html", context, status=422 if form.errors else 200)
