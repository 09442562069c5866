"""The value of every feature that follows from its definition, for inputs made by hand.

The page that is made of them, docs/feature-conformance.md, also shows what other programs print for
each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import log, sqrt

from tests.science.sensing.made_inputs import (
    FIRST,
    GYRATION,
    HOURLY,
    INPUTS,
    IV,
    KM,
    MONDAY,
    NORTH,
    SPREAD,
    SQUARE,
    THIRDS,
)

from heartsease.science.sensing.daily import daily_features


@dataclass(frozen=True)
class Case:
    """What one feature of an input is by its definition; None where it must have no value.

    Attributes:
        tolerance: absolute; by default what single precision and rounding make.
        wrong: why ours is not that yet; the test then expects the disagreement.
    """

    sample: str
    feature: str
    expected: float | None
    derivation: str
    tolerance: float = 1e-6
    wrong: str = ""


CASES = [
    Case(*row)
    for row in (
        ("one place", "location_variance_log", None, "ln 0 is no number"),
        ("one place", "distance_travelled_km", 0, "never moved"),
        ("one place", "home_stay_share", 1, "all of it"),
        ("one place", "radius_of_gyration_km", 0, "one point", 1e-5),
        ("one place", "location_entropy", 0, "- 1 ln 1"),
        ("one place", "location_entropy_normalised", 0, "one place"),
        ("two places", "location_variance_log", log(0.01**2), "each .01 degrees off the middle"),
        ("two places", "distance_travelled_km", NORTH, "R times .02 degrees", 1e-5),
        ("two places", "farthest_from_home_km", NORTH, "R times .02 degrees", 1e-5),
        ("two places", "home_stay_share", 0.5, "12 of 24 hours"),
        ("two places", "radius_of_gyration_km", NORTH / 2, "half of that", 1e-5),
        ("two places", "places_visited", 2, "two places of 12 hours"),
        ("two places", "location_entropy", log(2), "ln 2"),
        ("two places", "location_entropy_normalised", 1, "ln 2 / ln 2"),
        ("two places", "place_changes", 1, "at noon"),
        ("three places", "location_variance_log", log(SPREAD), "weights 1/2, 1/3, 1/6", 1e-5),
        ("three places", "radius_of_gyration_km", GYRATION, "the same in km, flat", 1e-3),
        ("three places", "home_stay_share", 0.5, "12 of 24 hours"),
        ("three places", "places_visited", 3, "three places"),
        ("three places", "location_entropy", THIRDS, "- sum p ln p of 1/2, 1/3, 1/6"),
        ("three places", "location_entropy_normalised", THIRDS / log(3), "that over ln 3"),
        ("three places", "place_changes", 2, "at 12:00 and 20:00"),
        ("looking more often", "home_stay_share", 0.5, "12 of 24 hours"),
        ("looking more often", "location_entropy", log(2), "ln 2"),
        ("a walk", "distance_travelled_km", 43.2, "2 m/s for 6 hours", 1e-4),
        ("a walk", "farthest_from_home_km", 21.6, "2 m/s for 3 hours", 1e-4),
        ("a walk", "moving_share", 0.25, "6 of 24 hours", 1e-3),
        ("a jump", "distance_travelled_km", 0, "faster than 300 m/s there and back"),
        ("a walk past midnight", "distance_travelled_km", 3.6, "30 minutes", 1e-4),
        ("lying still", "distance_travelled_km", 0, "never moved"),
        ("lying still", "home_stay_share", 1, "all of it"),
        ("lying still", "places_visited", 1, "one place"),
        ("lying still", "moving_share", 0, "never moved"),
        ("sent on change", "distance_travelled_km", 2 * NORTH, "to work and back", 1e-5),
        ("sent on change", "home_stay_share", 14 / 22, "8 + 6 of 22 hours known", 0.01),
        ("sent on change", "place_changes", 2, "to work and back"),
        ("date line", "farthest_from_home_km", 0.02 * KM, "R times .02 degrees", 1e-5),
        ("date line", "radius_of_gyration_km", 0.01 * KM, "half of that", 1e-4),
        ("date line", "location_variance_log", log(0.01**2), "each .01 degrees off the middle"),
        ("the same days", "routine_index", 1, "every half hour as the day before"),
        ("the same days", "circadian_movement", SQUARE, "8 / pi^2, of 288 fixes a day"),
        ("days turned round", "routine_index", 0, "no half hour as the day before"),
        ("block days", "l5_counts", 10, "any 5 hours of the night"),
        ("block days", "l5_onset_minutes", -120, "the first of them, 22:00"),
        ("block days", "m10_counts", 300, "any 10 hours of the day"),
        ("block days", "relative_amplitude", 290 / 310, "(300 - 10) / (300 + 10)"),
        ("block days", "interdaily_stability", 1, "all variance lies between hours"),
        ("block days", "intradaily_variability", IV, "14 steps in 167 / (p q of 14/24)"),
        ("block days", "cosinor_amplitude", FIRST, "first harmonic of 14 hours in 24", 1e-3),
        ("block days", "cosinor_peak_minutes", 900, "the middle of the 14 hours", 1e-3),
        ("block days", "rest_fragmentation", 1 / 600, "one end in 600 minutes of rest"),
        ("work from 8 to 18", "m10_counts", 300, "the ten hours of work"),
        ("work from 8 to 18", "relative_amplitude", 290 / 310, "(300 - 10) / (300 + 10)"),
        ("work from 9 to 19", "m10_counts", 300, "the ten hours of work"),
        ("work from 9 to 19", "l5_counts", 10, "any 5 hours of the night"),
        ("night work", "m10_counts", 242, "from midnight 8 of 10 hours: (8 * 300 + 2 * 10) / 10"),
        ("night work", "l5_counts", 10, "the afternoon before"),
        ("night work", "l5_onset_minutes", -720, "noon is the first of them"),
        ("night work", "relative_amplitude", 232 / 252, "(242 - 10) / (242 + 10)"),
        ("wave", "cosinor_amplitude", HOURLY, "150 less what an hour's mean takes", 1e-3),
        ("wave", "cosinor_peak_minutes", 900, "15:00", 1e-2),
        ("by turns", "intradaily_variability", 4, "steps of 100, standard deviation 50"),
        ("by turns", "rest_fragmentation", 1 / 60, "each hour of rest ends once"),
        ("by turns, a gap", "intradaily_variability", 165**2 / 82 / 83, "1 / (p q), 165 hours"),
        ("by turns, a gap", "interdaily_stability", 1, "what was worn is the same"),
        ("90 seconds", "m10_counts", 60, "90 in a minute and a half", 1e-3),
        ("90 seconds", "l5_counts", 60, "the same", 1e-3),
        ("a night", "minutes_asleep", 450, "120 + 60 + 90 + 180"),
        ("a night", "midsleep_minutes", 180, "halfway from 23:00 to 7:00"),
        ("a night", "sleep_onset_minutes", -60, "23:00"),
        ("a night", "sleep_offset_minutes", 420, "7:00"),
        ("a night", "sleep_efficiency", 450 / 480, "450 of 480 minutes"),
        ("a night", "minutes_awake_at_night", 30, "as told"),
        ("a night", "deep_sleep_share", 60 / 450, "60 of 450 minutes"),
        ("a night", "rem_sleep_share", 90 / 450, "90 of 450 minutes"),
        ("a night, only sleep", "sleep_efficiency", None, "nobody tells of waking"),
        ("asleep by day", "midsleep_minutes", 1170, "19:30", 1e-6),
        ("the same nights", "sleep_regularity_index", 100, "always the same state"),
        ("nights by turns", "sleep_regularity_index", 200 * 20 / 24 - 100, "20 of 24 hours"),
        (
            "nights by turns",
            "midsleep_variability_minutes",
            120 * sqrt(12 / 42),
            "4 at 3:00, 3 at 5:00",
        ),
        ("late weekend", "social_jetlag_minutes", 120, "5:00 less 3:00"),
        ("pulse", "resting_heart_rate_bpm", 50, "the 24 lowest of 240"),
        ("pulse", "night_heart_rate_bpm", 62, "(4 * 50 + 6 * 70) / 10"),
        ("pulse", "nocturnal_dip", 1 - 62 / 70, "1 - 62 / 70"),
        ("a device's own", "resting_heart_rate_bpm", 58, "its median"),
        ("a device's own", "hrv_rmssd_ms", 50, "median"),
        ("a device's own", "hrv_sdnn_ms", 65, "median, never with RMSSD"),
        ("beats", "night_rmssd_ms", 40, "always 40 ms from beat to beat", 1e-6),
        ("beats", "night_sdnn_ms", 20, "20 ms off the middle", 0.05),
        ("breaths", "respiration_per_minute", 18.7, "between 18.6 and 18.8", 1e-5),
        ("oxygen", "spo2_percent", 93.5, "between 93 and 94"),
        ("oxygen", "spo2_lowest_percent", 91, "at midnight"),
        ("uses", "unlocks", 4, "four"),
        ("uses", "screen_minutes", 45, "10 + 20 + 5 + 10 before midnight"),
        ("uses", "night_screen_minutes", 10, "the first"),
        ("uses", "first_unlock_minutes", 540, "9:00; 0:30 is the evening before"),
        ("uses", "last_unlock_minutes", 1430, "23:50"),
        ("up past midnight", "first_unlock_minutes", 420, "7:00"),
        ("up past midnight", "last_unlock_minutes", 1470, "1440 + 30"),
        ("no end told", "screen_minutes", 20, "5 hours are longer than four"),
        ("an end lost", "screen_minutes", 10, "14:00 to 14:10", 1e-6),
        ("a new phone", "unlocks", 3, "it tells none, so it counts going on", 1e-6),
        ("four apps", "app_minutes", 120, "4 * 30"),
        ("four apps", "app_category_entropy", log(4), "ln 4"),
        ("one app", "app_category_entropy", 0, "- 1 ln 1"),
        ("an app past midnight", "app_minutes", 10, "10 on this day"),
        ("a circle", "calls", 3, "the missed one was neither made nor taken"),
        ("a circle", "call_minutes", 20, "(300 + 300 + 600) / 60"),
        ("a circle", "missed_call_share", 0.5, "one of two that came in"),
        ("a circle", "texts", 4, "2 + 1 + 1"),
        ("a circle", "contacts", 4, "A to D"),
        ("a circle", "contact_entropy", log(4), "two each: ln 4"),
        ("a circle", "reciprocity", 0.5, "A and B of four"),
        ("a missed call that rang", "call_minutes", 10, "ringing is no call", 1e-6),
        ("a call of unknown length", "call_minutes", None, "nobody knows"),
        ("a quiet day", "calls", 0, "the phone was on and told of none"),
        ("a quiet day", "texts", 0, "the same"),
        ("a quiet day", "contacts", 1, "one on the day before"),
        ("a day off", "calls", None, "the phone told nothing"),
        ("typing", "key_latency_ms", 150.5, "median of 101 to 200"),
        ("typing", "key_latency_iqr_ms", 49.5, "175.25 - 125.75"),
        ("typing", "backspace_share", 0.2, "one in five"),
        ("typing", "typing_bouts", 5, "five"),
        ("a day's steps", "steps", 2400, "24 * 100"),
    )
]


def ours(sample: str) -> dict[str, float]:
    """Each feature of an input as `daily_features` makes it, on the day that is looked at."""
    one = INPUTS[sample]
    made = daily_features(one.build())
    rows = made.filter(made["day"] == MONDAY + timedelta(days=one.day))
    return dict(zip(rows["feature"], rows["value"], strict=True))
