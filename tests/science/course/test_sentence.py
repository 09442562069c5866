"""A change in words: its size, its direction, and on how many days it rests."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsease.science.course.notice import Moved, Noticed
from heartsease.science.course.sentence import moved_words, tell


def of(size: float, before: float = 1e6) -> Moved:
    return Moved("one", before, before + size, size / 100, 12)


@pytest.mark.parametrize(
    ("size", "unit", "words"),
    [
        (-2700, "steps", "about 2,700 steps a day fewer"),
        (640, "steps", "about 640 steps a day more"),
        (70, "min", "about 1 h 10 min longer"),
        (-60, "min", "about 1 h shorter"),
        (-25, "min", "about 25 minutes shorter"),
        (1, "min", "about 5 minutes longer"),
        (70, "minutes after midnight", "about 1 h 10 min later"),
        (-35, "minutes after midnight", "about 35 minutes earlier"),
        (-0.8, "1-5", "about 0.8 points lower on a scale of 1 to 5"),
        (6.3, "bpm", "about 6 bpm higher"),
        (0.4, "bpm", "about 0.4 bpm higher"),
    ],
)
def test_a_size_is_said_in_its_own_unit(size: float, unit: str, words: str):
    assert moved_words(of(size), unit) == words


@given(size=st.floats(0.1, 1e5), unit=st.sampled_from(["bpm", "ms", "1-5", "min", "steps"]))
def test_the_same_size_down_and_up_differs_in_the_word_only(size: float, unit: str):
    up, down = moved_words(of(size), unit), moved_words(of(-size), unit)
    assert up != down
    assert [word for word in up if word.isdigit()] == [word for word in down if word.isdigit()]


def test_a_sentence_says_what_since_when_and_on_how_many_days():
    began = date(2026, 5, 3)
    steps = Moved("steps", 8000, 5300, -1.1, 12)
    found = Noticed(began, began, began, date(2026, 5, 12), (steps,), 12, 14, 3.4, 3.1, 0.1)
    sentence = tell(found, "less movement", {"steps": ("Steps", "steps")}.__getitem__)
    for part in ("Steps", "2,700", "3 May", "12 of 14 days"):
        assert part in sentence
