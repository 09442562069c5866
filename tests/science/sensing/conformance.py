"""Inputs of which every feature's value follows from its definition, and that value.

Times are minutes after Monday 4 May 2026, 00:00, in UTC, the clock on the wall. The page that is
made of them, docs/feature-conformance.md, also shows what other programs print for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import cos, log, pi, radians, sin, sqrt

import numpy as np
import pyarrow as pa

from heartsease.science.sensing.daily import daily_features
from heartsease.science.sensing.schema import STREAMS

MONDAY = date(2026, 5, 4)
MINUTE, DAY = 60_000_000, 1440
START = (MONDAY - date(1970, 1, 1)).days * DAY
HOME, WORK, PARK = (52.5001, 13.4001), (52.5201, 13.4001), (52.5001, 13.4401)
KM = 6371.0088 * pi / 180  # of a degree of latitude
NORTH = 0.02 * KM  # from home to work
Place = tuple[float, float]


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


@dataclass(frozen=True)
class Input:
    """Samples of one person, and on which day after Monday what is made of them is looked at."""

    words: str
    build: Callable[[], dict[str, pa.Table]]
    day: int = 0


def table(stream: str, at: Sequence[float] | np.ndarray, **columns: object) -> pa.Table:
    """A canonical table; `at` and `end` in minutes, other columns as lists or one value for all."""
    count = len(at)
    made: dict[str, object] = {"ts": at, "tz": 0, "source": "made", "device": "one", "quality": 1}
    arrays = []
    for field in STREAMS[stream]:
        values = {**made, **columns}.get(field.name)
        values = [values] * count if values is None or np.isscalar(values) else values
        if pa.types.is_timestamp(field.type):
            values = np.round((np.asarray(values) + START) * MINUTE).astype(np.int64)
        elif isinstance(values, np.ndarray):
            values = pa.array(values, from_pandas=True)
        array = values if isinstance(values, pa.Array) else pa.array(values)
        arrays.append(array.cast(field.type, safe=False))
    return pa.table(arrays, schema=STREAMS[stream])


def gps(at: Sequence[float] | np.ndarray, places: Sequence[Place]) -> pa.Table:
    lat, lon = np.array(places, dtype=float).T
    return table("gps", at, lat=lat, lon=lon, accuracy_m=10.0)


def places(*days: Sequence[tuple[Place, int]], step: int = 5) -> pa.Table:
    """Days as places and hours there; one more fix at the last midnight ends the last stay."""
    rows = [place for day in days for place, hours in day for _ in range(hours * 60 // step)]
    return gps(np.arange(len(rows) + 1) * step, [*rows, rows[-1]])


def walk() -> pa.Table:
    at = np.arange(0, DAY + 5, 5.0)
    metres = np.interp(at, [540, 720, 900], [0, 21_600, 0])
    return gps(at, [(HOME[0] + one / 1000 / KM, HOME[1]) for one in metres])


def late() -> pa.Table:
    metres = [120 * min(max(one - 1410, 0), 60) for one in TWICE]
    return gps(TWICE, [(HOME[0] + one / 1000 / KM, HOME[1]) for one in metres])


def often() -> pa.Table:
    at = np.concatenate([np.arange(0, 720, 5), np.arange(720, DAY + 1)])
    return gps(at, [HOME if one < 720 else WORK for one in at])


def days(clock: np.ndarray, count: int = 8, epoch: int = 60, bare: slice | None = None) -> pa.Table:
    """The same day over and over from Monday noon; counts of each epoch from midnight on."""
    counts = np.tile(np.roll(clock, -len(clock) // 2), count)
    if bare:
        counts[bare] = np.nan
    at = 720 + np.arange(len(counts)) * epoch / 60
    return table("activity", at, epoch_s=epoch, counts=counts)


def nights(*starts: float) -> pa.Table:
    """Eight hours a night from Monday's waking on, begun so many minutes after midnight."""
    at = np.array(starts) + np.arange(len(starts)) * DAY
    return table("sleep", at, end=at + 480, stage="asleep")


def staged() -> pa.Table:
    parts = [(-60, 120, "light"), (60, 60, "deep"), (120, 30, "awake")]
    parts += [(150, 90, "rem"), (240, 180, "light")]
    at, long, stage = (list(one) for one in zip(*parts, strict=True))
    return table("sleep", at, end=np.add(at, long), stage=stage)


def uses(*spans: tuple[float, float]) -> pa.Table:
    """The phone unlocked and, in the end, its screen off."""
    return table("screen", np.ravel(spans), status=[3, 0] * len(spans))


def apps(count: int) -> pa.Table:
    at = 600 + np.arange(count) * 30
    return table("app_use", at, end=at + 30, category=[f"kind {one}" for one in range(count)])


def comm(rows: Sequence[tuple[str, int, str, int | None]]) -> pa.Table:
    """Kind, direction (1 in, 2 out, 3 missed), contact and seconds, one an hour from eight on."""
    kind, direction, contact, seconds = (list(one) for one in zip(*rows, strict=True))
    at = 480 + 60 * np.arange(len(rows))
    return table("comm", at, kind=kind, direction=direction, contact=contact, seconds=seconds)


def keys() -> pa.Table:
    latency = [*range(101, 201), *[6000] * 5]
    backspace = [place % 5 == 0 for place in range(105)]
    bout = [place // 21 for place in range(105)]
    at = 600 + np.arange(105) * 0.2
    return table("keyboard", at, latency_ms=latency, backspace=backspace, bout=bout)


def pulse() -> pa.Table:
    """Ten samples an hour, 70 but for four of each hour from midnight to six, which are 50."""
    at = np.arange(240) * 6
    return table("heart_rate", at, bpm=np.where((at < 360) & (np.arange(240) % 10 < 4), 50.0, 70.0))


CLOCK, HOURS = np.arange(DAY), np.arange(24) * 60
FIVES, TWICE = np.arange(0, DAY + 1, 5), np.arange(0, 2 * DAY + 1, 5)
HALVES, TURNED = [(HOME, 12), (WORK, 12)], [(WORK, 12), (HOME, 12)]
TIMES = [540, 550, 600, 610, 660, 670, 2000, 2010]
BLOCK = np.where((CLOCK >= 480) & (CLOCK < 1320), 300.0, 10.0)
WAVE = 200 + 150 * np.cos(2 * pi * (CLOCK + 0.5 - 900) / DAY)
TURNS, SLOW = np.repeat([0.0, 100.0] * 12, 60), np.full(960, 90.0)
CIRCLE = [("call", 2, "A", 300), ("call", 1, "A", 300), ("text", 2, "B", None)]
CIRCLE += [("text", 1, "B", None), ("call", 2, "C", 600), ("text", 2, "C", None)]
CIRCLE += [("call", 3, "D", 0), ("text", 1, "D", None)]
PARTS = ((1 / 2, 0, 0), (1 / 3, 0.02, 0), (1 / 6, 0, 0.04))
THIRDS = -sum(part * log(part) for part, _, _ in PARTS)
UP, EAST = (sum(one[0] * one[axis] for one in PARTS) for axis in (1, 2))
SPREAD = sum(part * ((lat - UP) ** 2 + (lon - EAST) ** 2) for part, lat, lon in PARTS)
SHRINK = cos(radians(HOME[0]))
FLAT = sum(part * (lat**2 + (lon * SHRINK) ** 2) for part, lat, lon in PARTS)
GYRATION = KM * sqrt(FLAT - UP**2 - (EAST * SHRINK) ** 2)
SQUARE = 8 / (288 * sin(pi / 288)) ** 2  # the share of a square wave in its first harmonic
IV = 14 / 167 / (14 * 10 / 24**2)
FIRST = 290 / 12 * sin(14 * pi / 24) / sin(pi / 24)
HOURLY = 150 * sin(pi / 24) / (60 * sin(pi / DAY))
INPUTS = {
    "one place": Input("at home all day", lambda: {"gps": places([(HOME, 24)])}),
    "two places": Input("12 hours at home, 12 north", lambda: {"gps": places(HALVES)}),
    "three places": Input(
        "12 hours at home, 8 north, 4 east",
        lambda: {"gps": places([(HOME, 12), (WORK, 8), (PARK, 4)])},
    ),
    "looking more often": Input(
        "12 hours at home, a fix every 5 minutes; 12 north, one a minute", lambda: {"gps": often()}
    ),
    "a walk": Input("3 hours north at 2 m/s, 3 back, else at home", lambda: {"gps": walk()}),
    "a jump": Input(
        "at home, but one fix says 0 north, 0 east",
        lambda: {"gps": gps(FIVES, [(0, 0) if one == 500 else HOME for one in FIVES])},
    ),
    "date line": Input(
        "12 hours at 179.99 east, 12 at 179.99 west",
        lambda: {"gps": places([((0.001, 179.99), 12), ((0.001, -179.99), 12)])},
    ),
    "the same days": Input("8 days as in two places", lambda: {"gps": places(*[HALVES] * 8)}, 7),
    "days turned round": Input(
        "8 days, home and north changed each day", lambda: {"gps": places(*[HALVES, TURNED] * 4)}, 7
    ),
    "a walk past midnight": Input("north at 2 m/s from 23:30 to 0:30", lambda: {"gps": late()}),
    "block days": Input(
        "8 days, 300 counts a minute from 8 to 22, 10 else", lambda: {"activity": days(BLOCK)}, 8
    ),
    "wave": Input("8 days, 200 + 150 cos, highest at 15:00", lambda: {"activity": days(WAVE)}, 8),
    "by turns": Input("8 days, hours of 0 and 100 by turns", lambda: {"activity": days(TURNS)}, 8),
    "by turns, a gap": Input(
        "the same, 3 hours of the sixth day not worn",
        lambda: {"activity": days(TURNS, bare=slice(5 * DAY + 120, 5 * DAY + 300))},
        8,
    ),
    "90 seconds": Input(
        "2 days of 90 counts in every 90 s", lambda: {"activity": days(SLOW, 2, 90)}, 1
    ),
    "a night": Input(
        "23:00: light 120, deep 60, awake 30, REM 90, light 180 min", lambda: {"sleep": staged()}
    ),
    "a night, only sleep": Input("23:00 to 7:00, only sleep", lambda: {"sleep": nights(-60)}),
    "asleep by day": Input("15:30 to 23:30", lambda: {"sleep": nights(930)}),
    "the same nights": Input("7 nights, 23:00 to 7:00", lambda: {"sleep": nights(*[-60] * 7)}, 6),
    "nights by turns": Input(
        "8 h, to 7:00 and 9:00 by turns", lambda: {"sleep": nights(*[-60, 60] * 3, -60)}, 6
    ),
    "late weekend": Input(
        "8 h, to 7:00, at weekends to 9:00", lambda: {"sleep": nights(*[-60] * 5, 60, 60)}, 6
    ),
    "pulse": Input(
        "10 samples an hour of 70, but from 0 to 6 four of ten are 50",
        lambda: {"heart_rate": pulse()},
    ),
    "a device's own": Input(
        "resting rates 57, 58, 61; RMSSD 40, 50, 90; SDNN 60, 70",
        lambda: {
            "resting_heart_rate": table("resting_heart_rate", [300, 600, 900], bpm=[57, 58, 61]),
            "hrv_rmssd": table("hrv_rmssd", [60, 120, 180], ms=[40, 50, 90]),
            "hrv_sdnn": table("hrv_sdnn", [60, 120], ms=[60, 70]),
        },
    ),
    "uses": Input(
        "unlocked 0:30 for 10 minutes, 9:00 for 20, 12:00 for 5, 23:50 for 20",
        lambda: {"screen": uses((30, 40), (540, 560), (720, 725), (1430, 1450))},
    ),
    "no end told": Input(
        "9:00 to 14:00, then 15:00 to 15:20", lambda: {"screen": uses((540, 840), (900, 920))}
    ),
    "an end lost": Input(
        "unlocked at 9:00, no end; unlocked at 14:00, off 14:10",
        lambda: {"screen": table("screen", [540, 840, 850], status=[3, 3, 0])},
    ),
    "a new phone": Input(
        "3 times on and off; the next day another phone that tells unlocks",
        lambda: {"screen": table("screen", TIMES, status=[1, 0] * 3 + [3, 0])},
    ),
    "four apps": Input("half an hour in each of 4 categories", lambda: {"app_use": apps(4)}),
    "one app": Input("half an hour in one category", lambda: {"app_use": apps(1)}),
    "an app past midnight": Input(
        "one app from 23:50 to 0:10",
        lambda: {"app_use": table("app_use", [1430], end=[1450], category="games")},
    ),
    "a circle": Input(
        "A: called 300 s, called back 300 s; B: text, text back; C: called 600 s, text; "
        "D: call missed, text from them",
        lambda: {"comm": comm(CIRCLE)},
    ),
    "a missed call that rang": Input(
        "a call of 600 s, one missed after ringing 30 s",
        lambda: {"comm": comm([("call", 2, "a", 600), ("call", 3, "b", 30)])},
    ),
    "a call of unknown length": Input(
        "one call without seconds", lambda: {"comm": comm([("call", 2, "a", None)])}
    ),
    "typing": Input(
        "100 keys after 101 to 200 ms, 5 after 6 s, every fifth takes back, 5 bouts",
        lambda: {"keyboard": keys()},
    ),
    "a day's steps": Input(
        "100 an hour", lambda: {"steps": table("steps", HOURS, end=HOURS + 60, n=[100] * 24)}
    ),
}
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
        ("two places", "places_visited", 2, "two cells of 12 hours"),
        ("two places", "location_entropy", log(2), "ln 2"),
        ("two places", "location_entropy_normalised", 1, "ln 2 / ln 2"),
        ("two places", "place_changes", 1, "at noon"),
        ("three places", "location_variance_log", log(SPREAD), "weights 1/2, 1/3, 1/6", 1e-5),
        ("three places", "radius_of_gyration_km", GYRATION, "the same in km, flat", 1e-3),
        ("three places", "home_stay_share", 0.5, "12 of 24 hours"),
        ("three places", "places_visited", 3, "three cells"),
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
        ("uses", "unlocks", 4, "four"),
        ("uses", "screen_minutes", 45, "10 + 20 + 5 + 10 before midnight"),
        ("uses", "night_screen_minutes", 10, "the first"),
        ("uses", "first_unlock_minutes", 30, "0:30"),
        ("uses", "last_unlock_minutes", 1430, "23:50"),
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
