"""What a patient may send: each form turns posted words into the values that actions take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from heartsease.capture.journal.actions import NOTE_LETTERS, CheckInValues
from heartsease.capture.streams.pushers import PUSHERS

from . import wordings

SCALES = {
    "mood": ("How is your mood?", wordings.MOOD_WORDS),
    "sleep_quality": ("How did you sleep?", wordings.SLEEP_WORDS),
    "energy": ("How much energy do you have?", wordings.ENERGY_WORDS),
    "worry": ("How much do you worry?", wordings.WORRY_WORDS),
}


def _scale(question: str, words: tuple[str, ...]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=question,
        choices=[(value, word.capitalize()) for value, word in enumerate(words, start=1)],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )


class CheckInForm(forms.Form):
    """Four scales and a note; anything may be left out, but not everything."""

    mood = _scale(*SCALES["mood"])
    sleep_quality = _scale(*SCALES["sleep_quality"])
    energy = _scale(*SCALES["energy"])
    worry = _scale(*SCALES["worry"])
    note = forms.CharField(
        label="Is there something you want to note?",
        required=False,
        max_length=NOTE_LETTERS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for at least one answer."""
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError("Choose at least one answer, or write a note.")
        return cleaned

    def values(self) -> CheckInValues:
        """What the action takes."""
        return CheckInValues(**self.cleaned_data)


class MoodForm(forms.Form):
    """One tap on one face."""

    mood = _scale(*SCALES["mood"])


class ConnectForm(forms.Form):
    """A new source needs a name that its owner recognises."""

    app = forms.ChoiceField(
        label="What sends the data?",
        choices=[(one.kind, one.name) for one in PUSHERS.values()],
        widget=forms.RadioSelect,
    )
    label = forms.CharField(
        label="What do you call this device?",
        max_length=80,
        help_text="For example: my watch, or old phone.",
    )


class UploadForm(forms.Form):
    """One file at a time."""

    file = forms.FileField(
        label="Choose the file",
        help_text="You can leave this page once the file has been sent. Reading goes on by itself.",
        error_messages={
            "required": "Choose a file first.",
            "empty": "This file is empty. Export it again from your device, then choose it here.",
        },
    )


class StepForm(forms.Form):
    """A step of the plan: done, or skipped with a reason if the person wants to say one."""

    done = forms.TypedChoiceField(
        choices=[("yes", "Done"), ("no", "Skip")], coerce=lambda word: word == "yes"
    )
    reason = forms.CharField(required=False, max_length=300)


def answers_from(posted: Mapping[str, str], numbers: list[int]) -> dict[int, int | None]:
    """Read item_1, item_2 ... of a questionnaire; what was not answered is None.

    >>> answers_from({"item_1": "3", "item_2": ""}, [1, 2, 3])
    {1: 3, 2: None, 3: None}
    """
    answers: dict[int, int | None] = {}
    for number in numbers:
        text = posted.get(f"item_{number}", "")
        answers[number] = int(text) if text.isdecimal() and len(text) < 4 else None
    return answers
