"""How each feature is spoken of: its title, unit, sentence, and a value in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

MOOD_WORDS = ("very low", "low", "in between", "good", "very good")
SLEEP_WORDS = ("very bad", "bad", "so-so", "good", "very good")
ENERGY_WORDS = ("none", "a little", "some", "quite a lot", "plenty")
WORRY_WORDS = ("none", "a little", "some", "a lot", "very much")


ONE_OF = {
    "steps": "step",
    "places": "place",
    "times": "time",
    "people": "person",
    "calls": "call",
    "messages": "message",
    "beats a minute": "beat a minute",
}


def duration(minutes: float) -> str:
    """Minutes as hours and minutes.

    >>> duration(405), duration(60), duration(25)
    ('6 h 45 min', '1 h', '25 min')
    """
    hours, rest = divmod(round(minutes), 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def clock(minutes_after_midnight: float) -> str:
    """Minutes after midnight as a time; what lies before midnight belongs to the evening.

    >>> clock(200), clock(-30)
    ('3:20', '23:30')
    """
    hours, rest = divmod(round(minutes_after_midnight) % 1440, 60)
    return f"{hours}:{rest:02d}"


def count(number: float) -> str:
    """A count with a mark at the thousands.

    >>> count(8412.3)
    '8,412'
    """
    return f"{round(number):,}"


def percent(share: float) -> str:
    """A share in hundredths.

    >>> percent(0.734)
    '73 %'
    """
    return f"{round(share * 100)} %"


def kilometres(distance: float) -> str:
    """A distance in kilometres, with a tenth where it is short.

    >>> kilometres(3.42), kilometres(27.6)
    ('3.4 km', '28 km')
    """
    return f"{distance:.1f} km" if distance < 10 else f"{round(distance)} km"


def tenths(number: float) -> str:
    """A number with one digit after the point.

    >>> tenths(3.4219)
    '3.4'
    """
    return f"{number:.1f}"


def of_unit(bare: Callable[[float], str], unit: str) -> Callable[[float], str]:
    """Say a number with what it counts; one of it in the singular.

    >>> of_unit(count, "steps")(8412.3), of_unit(count, "calls")(1.0)
    ('8,412 steps', '1 call')
    """

    def say(value: float) -> str:
        number = bare(value)
        return f"{number} {ONE_OF.get(unit, unit) if number == '1' else unit}"

    return say


def scale_words(words: Sequence[str]) -> Callable[[float], str]:
    """Say a place on a scale of 1 to 5 by its nearest word.

    >>> scale_words(MOOD_WORDS)(3.8)
    'good'
    """

    def say(value: float) -> str:
        return words[min(max(round(value), 1), 5) - 1]

    return say


@dataclass(frozen=True)
class Wording:
    """How a feature is spoken of: its title, what its days are, sentence and value in words.

    Attributes:
        say: a value with its unit.
        bare: the same without, where `unit` stands beside it once for many values.
        least_span: what the height of its chart stands for at least, in the feature's unit. It is
            about the spread of many people's ordinary days, so that what differs less looks calm.
    """

    title: str
    days: str
    sentence: str
    say: Callable[[float], str]
    least_span: float
    is_scale: bool = False
    unit: str = ""
    bare: Callable[[float], str] = count

    def number(self, value: float) -> str:
        """A value as short as it can be beside its unit."""
        return self.bare(value) if self.unit else self.say(value)

    def span(self, low: float, high: float) -> str:
        """From one value to another, the unit once; one value where both read the same.

        >>> WORDINGS["steps"].span(1651, 11904), WORDINGS["steps"].span(900, 900)
        ('1,651 to 11,904 steps', '900 steps')
        """
        if self.say(low) == self.say(high):
            return self.say(low)
        return f"{self.number(low)} to {self.say(high)}"


def _counted(
    title: str,
    sentence: str,
    unit: str,
    least_span: float,
    *,
    bare: Callable[[float], str] = count,
    days: str = "days",
) -> Wording:
    say = of_unit(bare, unit)
    return Wording(title, days, sentence, say, least_span, unit=unit, bare=bare)


def _scale(title: str, sentence: str, words: Sequence[str]) -> Wording:
    return Wording(title, "days", sentence, scale_words(words), 4.0, is_scale=True)


WORDINGS = {
    "minutes_asleep": Wording(
        "Time asleep", "nights", "you slept {value} a night", duration, least_span=240
    ),
    "midsleep_minutes": Wording(
        "Middle of the night's sleep",
        "nights",
        "the middle of your sleep was at {value}",
        clock,
        least_span=240,
    ),
    "sleep_regularity_index": _counted(
        "Regularity of sleep",
        "your sleep's regularity was {value}",
        "of 100",
        40,
        days="nights",
    ),
    "steps": _counted("Steps", "you took {value} a day", "steps", 6000),
    "minutes_lightly_active": Wording(
        "Lightly active", "days", "you were lightly active for {value} a day", duration, 180
    ),
    "minutes_very_active": Wording(
        "Very active", "days", "you were very active for {value} a day", duration, least_span=60
    ),
    "resting_heart_rate_bpm": _counted(
        "Resting pulse", "your resting pulse was {value}", "beats a minute", 20
    ),
    "hrv_rmssd_ms": _counted(
        "Heart rate variability (RMSSD)", "your heart rate variability was {value}", "ms", 40
    ),
    "hrv_sdnn_ms": _counted(
        "Heart rate variability (SDNN)", "your heart rate variability was {value}", "ms", 40
    ),
    "home_stay_share": Wording(
        "Time at home", "days", "you were at home {value} of the time", percent, least_span=0.6
    ),
    "distance_travelled_km": Wording(
        "Distance", "days", "you went {value} a day", kilometres, least_span=20
    ),
    "places_visited": _counted("Places", "you spent time in {value} a day", "places", 6),
    "screen_minutes": Wording(
        "Screen time", "days", "the screen of your phone was on for {value} a day", duration, 240
    ),
    "night_screen_minutes": Wording(
        "Screen time at night",
        "nights",
        "the screen was on for {value} between midnight and five",
        duration,
        least_span=90,
    ),
    "unlocks": _counted("Unlocks", "you took up your phone {value} a day", "times", 80),
    "key_latency_ms": _counted("Time between keys", "{value} passed between two keys", "ms", 150),
    "contacts": _counted("Contacts", "you were in touch with {value} in a week", "people", 10),
    "calls": _counted("Calls", "you had {value} a day", "calls", 8),
    "texts": _counted("Messages", "you wrote or got {value} a day", "messages", 40),
    "voice_pause_ms": _counted("Pauses when speaking", "your pauses lasted {value}", "ms", 600),
    "voice_speech_rate_per_s": _counted(
        "Pace of speaking", "you spoke {value}", "syllables a second", 2, bare=tenths
    ),
    "voice_f0_range_semitones": _counted(
        "Melody of the voice", "your voice moved over {value}", "semitones", 8, bare=tenths
    ),
    "mood": _scale("Mood", "your mood was mostly {value}", MOOD_WORDS),
    "sleep_quality": _scale("Sleep quality", "you said your sleep was mostly {value}", SLEEP_WORDS),
    "energy": _scale("Energy", "your energy was mostly: {value}", ENERGY_WORDS),
    "worry": _scale("Worry", "your worry was mostly: {value}", WORRY_WORDS),
}
