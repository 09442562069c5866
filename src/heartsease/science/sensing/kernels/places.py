"""Where somebody was, reduced to numbers of a day: no coordinate leaves these loops."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from .homes import by_cell, homes
from .stays import EARTH_M, FASTEST_MPS, GAP_S, LONGEST_S

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
LONGEST_STAY_S = LONGEST_S
HOME_M = 200.0
PLACE_MINUTES = 10.0
BINS = 48
# The half hours from 8 to 22, in which people go out.
BY_DAY, BY_NIGHT = 16, 44
# Columns of `of_days`.
VARIANCE, DISTANCE, HOME, FARTHEST, RADIUS, PLACES, ENTROPY, EVENNESS, MOVES, MOVING, SEEN = range(
    11
)


@njit(cache=True)
def directions(lat: Floats, lon: Floats) -> Floats:
    """Unit vectors from the middle of the globe, shape (n, 3): distances then need no angles."""
    result = np.empty((len(lat), 3))
    for row in range(len(lat)):
        high, wide = np.radians(lat[row]), np.radians(lon[row])
        flat = np.cos(high)
        result[row, 0], result[row, 1] = flat * np.cos(wide), flat * np.sin(wide)
        result[row, 2] = np.sin(high)
    return result


@njit(cache=True)
def apart(one: Floats, other: Floats) -> float:
    """Great-circle distance between two unit vectors in metres."""
    return 2 * EARTH_M * _arc(_half_chord(one, other))


@njit(cache=True)
def _half_chord(one: Floats, other: Floats) -> float:
    """Half the straight line between two unit vectors, 0 to 1."""
    chord = (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2
    return min(np.sqrt(chord) / 2, 1.0)


@njit(cache=True)
def _arc(half: float) -> float:
    """The arc sine; below 6 km by its series, of which what is left out is below rounding."""
    if half < 5e-4:
        square = half * half
        return half * (1 + square * (1 / 6 + square * 3 / 40))
    return np.arcsin(half)


@njit(cache=True)
def unbroken(lon: Floats) -> Floats:
    """Longitudes in degrees, shape (n,), at most 180 from the first: the date line is no edge."""
    result = np.empty(len(lon))
    for row in range(len(lon)):
        ahead = lon[row] - lon[0]
        result[row] = lon[row] - 360 * ((ahead > 180) - (ahead < -180))
    return result


@njit(cache=True)
def stays(seconds: Integers) -> Floats:
    """How long each fix speaks for, in seconds: until the next one, and ten minutes at most."""
    result = np.empty(len(seconds))
    for row in range(len(seconds)):
        until = seconds[row + 1] - seconds[row] if row + 1 < len(seconds) else 60
        result[row] = min(max(until, 0), LONGEST_STAY_S)
    return result


@njit(cache=True)
def of_days(
    seconds: Integers, lat: Floats, lon: Floats, where: Integers, moving: Booleans
) -> tuple[Integers, Floats, Integers]:
    """Figures of each local day, its number, and where each half hour was spent.

    The way from the last fix of a day to the first of the next counts for the day on which it
    begins; over a whole day without a fix it counts for none.

    Args:
        seconds: shape (n,), local seconds since 1970, sorted.
        lat, lon, where, moving: shape (n,), as `stays.reduced` makes them.

    Returns:
        Days shape (d,); figures shape (d, 11) by the columns named above, distances in metres,
        times as shares, of half hours seen the lower of those of the day and of those from 8 to 22;
        places of most time by half hour, shape (d, 48), 0 on the move, -1 where nothing was seen.
    """
    long = stays(seconds)
    day_of = seconds // 86_400
    first, count = np.empty(len(seconds) + 1, np.int64), 0
    for row in range(len(seconds)):
        if row == 0 or day_of[row] != day_of[row - 1]:
            first[count] = row
            count += 1
    first[count] = len(seconds)
    days, figures = day_of[first[:count]], np.full((count, 11), np.nan)
    at_home = homes(seconds, lat, lon, where, days, LONGEST_STAY_S)
    bins = np.full((count, BINS), np.int64(-1))
    changes = _changes(seconds, where)
    for day in range(count):
        part = slice(first[day], first[day + 1])
        # What follows one another at one position is one piece: a day has few of them.
        begins = _pieces(lat[part], lon[part], where[part]) + first[day]
        times = np.empty(len(begins))
        for one in range(len(begins)):
            stop = begins[one + 1] if one + 1 < len(begins) else first[day + 1]
            times[one] = long[begins[one] : stop].sum()
        _spread(figures[day], lat[begins], unbroken(lon[begins]), times, at_home[day])
        following = count - day > 1 and day_of[first[day + 1]] == days[day] + 1
        figures[day, DISTANCE] = _way(seconds, lat, lon, begins, first[day + 1], following)
        figures[day, PLACES:MOVES] = _places(where[begins], times)
        figures[day, MOVES] = changes[part].sum()
        figures[day, MOVING] = _share_moving(seconds, moving, first[day], first[day + 1])
        bins[day] = _half_hours(seconds[part], where[part], long[part])
        seen = bins[day] >= 0
        figures[day, SEEN] = min(seen.mean(), seen[BY_DAY:BY_NIGHT].mean())
    return days, figures, bins


@njit(cache=True)
def _pieces(lat: Floats, lon: Floats, where: Integers) -> Integers:
    """The rows at which a stretch of fixes at one position begins."""
    begins, count = np.empty(len(lat), np.int64), 0
    for row in range(len(lat)):
        if (
            row == 0
            or lat[row] != lat[row - 1]
            or lon[row] != lon[row - 1]
            or where[row] != where[row - 1]
        ):
            begins[count] = row
            count += 1
    return begins[:count]


@njit(cache=True)
def _changes(seconds: Integers, where: Integers) -> Integers:
    """1 at each fix with which somebody is at another place than the one before, shape (n,)."""
    result, last, since = np.zeros(len(where), np.int64), np.int64(0), np.int64(0)
    for row in range(len(where)):
        if where[row]:
            near = seconds[row] - since <= GAP_S
            result[row] = last > 0 and where[row] != last and near
            last, since = where[row], seconds[row]
    return result


@njit(cache=True)
def _way(
    seconds: Integers, lat: Floats, lon: Floats, begins: Integers, stop: int, following: bool
) -> float:
    """Metres from piece to piece, and over midnight where the next fix is the next day's.

    A step counts nothing where nobody is as fast.

    Args:
        begins: the first row of each piece of a day.
        stop: the row after its last.
    """
    result = 0.0
    for one in range(1, len(begins) + following):
        row = begins[one] if one < len(begins) else stop
        if lat[row] != lat[row - 1] or lon[row] != lon[row - 1]:
            ends = directions(lat[row - 1 : row + 1], lon[row - 1 : row + 1])
            step = apart(ends[0], ends[1])
            took = max(seconds[row] - seconds[row - 1], 1)
            result += step if step / took <= FASTEST_MPS else 0.0
    return result


@njit(cache=True)
def _spread(own: Floats, lat: Floats, lon: Floats, times: Floats, home: Floats) -> None:
    """Log variance, share at home, farthest from home and radius of gyration of a day's pieces."""
    total = times.sum()
    if total <= 0:
        return
    north, east = (lat * times).sum() / total, (lon * times).sum() / total
    variance = (((lat - north) ** 2 + (lon - east) ** 2) * times).sum() / total
    if variance > 1e-14:  # about a centimetre, below which only rounding varies
        own[VARIANCE] = np.log(variance)
    far, gyration, near = 0.0, 0.0, 0.0
    ways = directions(lat, lon)
    middle = directions(np.array([north]), np.array([east]))[0]
    at_home = directions(home[:1], home[1:])[0]
    for one in range(len(lat)):
        gyration += apart(ways[one], middle) ** 2 * times[one]
        if not np.isnan(home[0]):
            half = _half_chord(ways[one], at_home)
            far = max(far, half)
            near += times[one] * (2 * EARTH_M * _arc(half) <= HOME_M)
    own[RADIUS] = np.sqrt(gyration / total)
    if not np.isnan(home[0]):
        own[HOME], own[FARTHEST] = near / total, 2 * EARTH_M * _arc(far)


@njit(cache=True)
def _places(where: Integers, times: Floats) -> Floats:
    """Places of ten minutes or more, entropy of time over places, and that over its maximum.

    Time on the move is at no place; a day without a stay has no entropy.
    """
    result = np.array([0.0, np.nan, np.nan])
    total, entropy, count = times[where > 0].sum(), 0.0, 0
    if total <= 0:
        return result
    found, stayed = by_cell(where, times)
    for one in range(len(found)):
        if found[one] and stayed[one] > 0:
            share = stayed[one] / total
            entropy -= share * np.log(share)
            count += 1
            result[0] += stayed[one] >= PLACE_MINUTES * 60
    entropy = max(entropy, 0.0)
    if count > 1:
        entropy = min(entropy, np.log(count))
    result[1] = entropy
    result[2] = min(entropy / np.log(count), 1.0) if count > 1 else 0.0
    return result


@njit(cache=True)
def _share_moving(seconds: Integers, moving: Booleans, start: int, stop: int) -> float:
    """The share of the time to the next fix, where that is ten minutes at most, spent moving."""
    total, observed = 0.0, 0.0
    for row in range(start, min(stop, len(seconds) - 1)):
        took = seconds[row + 1] - seconds[row]
        if 0 < took <= LONGEST_STAY_S:
            observed += took
            if moving[row]:
                total += took
    return total / observed if observed > 0 else np.nan


@njit(cache=True)
def _half_hours(seconds: Integers, where: Integers, long: Floats) -> Integers:
    """The place with most time in each half hour of the day, -1 without any fix, shape (48,)."""
    result = np.full(BINS, np.int64(-1))
    row = 0
    while row < len(seconds):
        half, start, mixed = (seconds[row] % 86_400) // 1800, row, False
        while row < len(seconds) and (seconds[row] % 86_400) // 1800 == half:
            mixed = mixed or where[row] != where[start]
            row += 1
        result[half] = where[start]
        if mixed:
            found, stayed = by_cell(where[start:row], long[start:row])
            result[half] = found[np.argmax(stayed)]
    return result


@njit(cache=True)
def sameness(bins: Integers, other: Integers) -> tuple[float, int]:
    """The share of half hours spent in the same place on two days, and how many both saw."""
    same, both = 0, 0
    for half in range(len(bins)):
        if bins[half] >= 0 and other[half] >= 0:
            both += 1
            same += bins[half] == other[half]
    return (same / both if both else np.nan), both


@njit(cache=True)
def moments(seconds: Integers, lat: Floats, lon: Floats, days: Integers) -> Floats:
    """Sums of each day from which the daily wave of any stretch of days follows, shape (d, 14).

    Columns: 1, cos, sin, cos cos, cos sin, sin sin of the time of day; then for latitude and for
    longitude, shrunk to the length of latitude and less a common middle, sums of the value, the
    value times cos and sin, and its square.
    """
    result = np.zeros((len(days), 14))
    if len(seconds) == 0:
        return result
    lon = unbroken(lon)
    shrink, north, east = np.cos(np.radians(lat.mean())), lat.mean(), lon.mean()
    day = 0
    for row in range(len(seconds)):
        while days[day] < seconds[row] // 86_400:
            day += 1
        angle = 2 * np.pi * (seconds[row] % 86_400) / 86_400
        wave, turn = np.cos(angle), np.sin(angle)
        own = result[day]
        own[0] += 1
        own[1] += wave
        own[2] += turn
        own[3] += wave * wave
        own[4] += wave * turn
        own[5] += turn * turn
        for axis in range(2):
            value = lat[row] - north if axis == 0 else (lon[row] - east) * shrink
            place = 6 + 4 * axis
            own[place] += value
            own[place + 1] += value * wave
            own[place + 2] += value * turn
            own[place + 3] += value * value
    return result


@njit(cache=True)
def daily_wave(sums: Floats) -> float:
    """The share of the variance of the position that a 24-hour wave explains, 0 to 1.

    The idea of circadian movement (Saeb et al. 2015) as a share, so that it has bounds: by least
    squares at the period of a day, which for one period is the Lomb-Scargle power over the
    variance. NaN where nothing varies or fewer than 24 fixes are there.

    Args:
        sums: shape (14,), sums of `moments` over the days.
    """
    count = sums[0]
    if count < 24:
        return np.nan
    square = np.array(
        [
            [sums[3] - sums[1] ** 2 / count, sums[4] - sums[1] * sums[2] / count],
            [sums[4] - sums[1] * sums[2] / count, sums[5] - sums[2] ** 2 / count],
        ]
    )
    if abs(np.linalg.det(square)) < 1e-6:
        return np.nan
    explained, whole = 0.0, 0.0
    for axis in range(2):
        place = 6 + 4 * axis
        right = np.array(
            [
                sums[place + 1] - sums[place] * sums[1] / count,
                sums[place + 2] - sums[place] * sums[2] / count,
            ]
        )
        explained += (np.linalg.solve(square, right) * right).sum()
        whole += sums[place + 3] - sums[place] ** 2 / count
    return min(max(explained / whole, 0.0), 1.0) if whole > 1e-12 else np.nan


@njit(cache=True)
def weeks(
    days: Integers, sums: Floats, bins: Integers, long: int, needed: int, halves: int
) -> Floats:
    """Circadian movement and routine over the days up to each one, shape (d, 2), else NaN.

    Args:
        days: shape (d,).
        sums: shape (d, 14), of `moments`.
        bins: shape (d, 48), places by half hour.
        long: days that are looked back on.
        needed: days seen that circadian movement needs; one pair fewer for routine.
        halves: half hours that two days must both have seen to be compared.
    """
    result = np.full((len(days), 2), np.nan)
    shares = np.full(len(days), np.nan)
    for day in range(1, len(days)):
        if days[day] - days[day - 1] == 1:
            share, both = sameness(bins[day], bins[day - 1])
            if both >= halves:
                shares[day] = share
    for day in range(len(days)):
        start = np.searchsorted(days, days[day] - long + 1)
        if day - start + 1 >= needed:
            result[day, 0] = daily_wave(sums[start : day + 1].sum(axis=0))
        total, count = 0.0, 0
        for one in range(start + 1, day + 1):
            if not np.isnan(shares[one]):
                total += shares[one]
                count += 1
        if count >= needed - 1:
            result[day, 1] = total / count
    return result
