"""Inputs of which every feature's value follows from its definition by hand.

Times are minutes after Monday 4 May 2026, 00:00, in UTC, the clock on the wall.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, log, pi, radians, sin, sqrt

import numpy as np
import pyarrow as pa

from heartsease.science.sensing.schema import STREAMS

MONDAY = date(2026, 5, 4)
MINUTE, DAY = 60_000_000, 1440
START = (MONDAY - date(1970, 1, 1)).days * DAY
HOME, WORK, PARK = (52.5001, 13.4001), (52.5201, 13.4001), (52.5001, 13.4401)
KM = 6371.0088 * pi / 180  # of a degree of latitude
NORTH = 0.02 * KM  # from home to work
Place = tuple[float, float]


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


def still() -> pa.Table:
    """A fix a minute, each 10 m off on both axes (standard deviation)."""
    off = np.random.default_rng(1).normal(0, 10 / 1000 / KM, (DAY + 1, 2))
    return gps(np.arange(DAY + 1), off + np.array(HOME))


def seldom() -> pa.Table:
    """When somebody comes and goes: home to 8, work from 9 to 17, home from 18."""
    at = [0, 480, 540, 1020, 1080, DAY - 1]
    return gps(at, [HOME, HOME, WORK, WORK, HOME, HOME])


def days(clock: np.ndarray, count: int = 8, epoch: int = 60, bare: slice | None = None) -> pa.Table:
    """The same day over and over from Monday noon; counts of each epoch from midnight on."""
    counts = np.tile(np.roll(clock, -len(clock) // 2), count)
    if bare:
        counts[bare] = np.nan
    at = 720 + np.arange(len(counts)) * epoch / 60
    return table("activity", at, epoch_s=epoch, counts=counts)


def work(begin: int, end: int) -> dict[str, pa.Table]:
    """Two days, 300 counts a minute between two hours of the clock, also past midnight, 10 else."""
    hours = np.arange(DAY) // 60
    busy = (hours - begin) % 24 < (end - begin) % 24
    return {"activity": days(np.where(busy, 300.0, 10.0), 2)}


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


def beats() -> pa.Table:
    """From midnight to one 800 and 840 ms by turns, and every fiftieth beat 1,400 ms."""
    ms = np.where(np.arange(4300) % 2, 840.0, 800.0)
    ms[25::50] = 1400
    ms = ms[np.cumsum(ms) <= 3_600_000]
    return table("rr_interval", (np.cumsum(ms) - ms) / 60_000, ms=ms)


def by_night(stream: str, column: str) -> pa.Table:
    """Hourly 91 to 96 from midnight on, 99 from six on; of breaths a fifth of it."""
    by_hour = np.minimum(91.0 + np.arange(24), np.where(np.arange(24) < 6, 96, 99))
    return table(stream, HOURS, **{column: by_hour if stream == "spo2" else by_hour / 5})


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
    "lying still": Input("at home, a fix a minute, 10 m off", lambda: {"gps": still()}),
    "sent on change": Input(
        "fixes at 0:00, 8:00 and 18:00, 23:59 at home, at 9:00 and 17:00 north",
        lambda: {"gps": seldom()},
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
        "8 days, 300 counts a minute from 8 to 22, 10 else", lambda: {"activity": days(BLOCK)}, 7
    ),
    "work from 8 to 18": Input("2 days, 300 from 8 to 18, 10 else", lambda: work(8, 18), 1),
    "work from 9 to 19": Input("2 days, 300 from 9 to 19, 10 else", lambda: work(9, 19), 1),
    "night work": Input("2 days, 300 from 22 to 8, 10 else", lambda: work(22, 8), 1),
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
    "beats": Input(
        "midnight to one: 800 and 840 ms by turns, every fiftieth 1,400",
        lambda: {"rr_interval": beats()},
    ),
    "breaths": Input(
        "hourly 18.2, 18.4 ... 19.2 to 5:00, then more",
        lambda: {"respiration": by_night("respiration", "per_minute")},
    ),
    "oxygen": Input(
        "hourly 91, 92 ... 96 percent to 5:00, then more",
        lambda: {"spo2": by_night("spo2", "percent")},
    ),
    "uses": Input(
        "unlocked 0:30 for 10 minutes, 9:00 for 20, 12:00 for 5, 23:50 for 20",
        lambda: {"screen": uses((30, 40), (540, 560), (720, 725), (1430, 1450))},
    ),
    "up past midnight": Input(
        "unlocked at 7:00, 22:00 and at 0:30 and 4:30 of the next day, 5 minutes each",
        lambda: {"screen": uses(*((one, one + 5) for one in (420, 1320, 1470, 1710)))},
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
    "a quiet day": Input(
        "a call; the day after only the screen goes on and off",
        lambda: {"comm": comm([("call", 2, "a", 60)]), "screen": uses((2000, 2005))},
        1,
    ),
    "a day off": Input(
        "a call, the day after nothing", lambda: {"comm": comm([("call", 2, "a", 60)])}, 1
    ),
    "typing": Input(
        "100 keys after 101 to 200 ms, 5 after 6 s, every fifth takes back, 5 bouts",
        lambda: {"keyboard": keys()},
    ),
    "a day's steps": Input(
        "100 an hour", lambda: {"steps": table("steps", HOURS, end=HOURS + 60, n=[100] * 24)}
    ),
}
