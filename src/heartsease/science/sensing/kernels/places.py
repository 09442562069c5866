"""Where somebody was, reduced to numbers of a day: no coordinate leaves these loops."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from .homes import by_cell, homes

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
EARTH_M = 6_371_008.8
LONGEST_STAY_S = 600
CELL_LAT, CELL_LON = 0.002, 0.004
HOME_M = 200.0
PLACE_MINUTES = 10.0
MOVING_MPS = 1.0
FASTEST_MPS = 300.0
BINS = 48
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
def cells(lat: Floats, lon: Floats) -> Integers:
    """The number of the grid cell (.002 by .004 degrees) of each fix."""
    result = np.empty(len(lat), np.int64)
    for row in range(len(lat)):
        north = np.int64(np.floor((lat[row] + 90) / CELL_LAT))
        east = np.int64(np.floor((lon[row] + 180) / CELL_LON))
        result[row] = north * 1_000_000 + east
    return result


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
def of_days(seconds: Integers, lat: Floats, lon: Floats) -> tuple[Integers, Floats, Integers]:
    """Figures of each local day, its number, and the cell of each half hour.

    The way from the last fix of a day to the first of the next counts for the day on which it
    begins; over a whole day without a fix it counts for none.

    Args:
        seconds: shape (n,), local seconds since 1970, sorted.
        lat, lon: shape (n,), degrees.

    Returns:
        Days shape (d,); figures shape (d, 11) by the columns named above, distances in metres,
        times as shares; cells of most time by half hour, shape (d, 48), -1 where nothing was seen.
    """
    where, long = cells(lat, lon), stays(seconds)
    steps, ways = np.zeros(len(lat)), directions(lat, lon)
    for row in range(1, len(lat)):
        steps[row] = apart(ways[row], ways[row - 1])
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
    for day in range(count):
        part = slice(first[day], first[day + 1])
        figures[day, :6] = _spread(
            lat[part],
            unbroken(lon[part]),
            long[part],
            at_home[day, 0],
            at_home[day, 1],
            seconds[part],
            steps[part],
            ways[part],
        )
        if count - day > 1 and day_of[first[day + 1]] == days[day] + 1:
            figures[day, DISTANCE] += _way(seconds, steps, first[day + 1])
        figures[day, PLACES:MOVES] = _places(where[part], long[part])
        figures[day, MOVES:SEEN] = _movement(seconds[part], steps[part], where[part])
        bins[day] = _half_hours(seconds[part], where[part], long[part])
        figures[day, SEEN] = (bins[day] >= 0).mean()
    return days, figures, bins


@njit(cache=True)
def _way(seconds: Integers, steps: Floats, row: int) -> float:
    """Metres from the fix before a row to it; 0 where nobody is as fast."""
    took = max(seconds[row] - seconds[row - 1], 1)
    return steps[row] if steps[row] / took <= FASTEST_MPS else 0.0


@njit(cache=True)
def _spread(
    lat: Floats,
    lon: Floats,
    long: Floats,
    home_lat: float,
    home_lon: float,
    seconds: Integers,
    steps: Floats,
    ways: Floats,
) -> Floats:
    """Log variance, distance, share at home, farthest from home, radius of gyration, 0."""
    result = np.full(6, np.nan)
    total = long.sum()
    if total <= 0:
        return result
    north, east = (lat * long).sum() / total, (lon * long).sum() / total
    variance = (((lat - north) ** 2 + (lon - east) ** 2) * long).sum() / total
    if variance > 1e-14:  # about a centimetre, below which only rounding varies
        result[VARIANCE] = np.log(variance)
    far, way, gyration, near = 0.0, 0.0, 0.0, 0.0
    middle = directions(np.array([north]), np.array([east]))[0]
    at_home = directions(np.array([home_lat]), np.array([home_lon]))[0]
    for row in range(len(lat)):
        gyration += apart(ways[row], middle) ** 2 * long[row]
        if row:
            way += _way(seconds, steps, row)
        if not np.isnan(home_lat):
            half = _half_chord(ways[row], at_home)
            far = max(far, half)
            near += long[row] * (2 * EARTH_M * _arc(half) <= HOME_M)
    result[DISTANCE], result[RADIUS] = way, np.sqrt(gyration / total)
    if not np.isnan(home_lat):
        result[HOME], result[FARTHEST] = near / total, 2 * EARTH_M * _arc(far)
    return result


@njit(cache=True)
def _places(where: Integers, long: Floats) -> Floats:
    """Places of ten minutes or more, entropy of time over cells, and that over its maximum."""
    total, entropy, count, places = long.sum(), 0.0, 0, 0
    for stayed in by_cell(where, long)[1]:
        if stayed > 0:
            share = stayed / total
            entropy -= share * np.log(share)
            count += 1
            places += stayed >= PLACE_MINUTES * 60
    entropy = max(entropy, 0.0)
    if count > 1:
        entropy = min(entropy, np.log(count))
    result = np.empty(3)
    result[0], result[1] = places, entropy
    result[2] = min(entropy / np.log(count), 1.0) if count > 1 else 0.0
    return result


@njit(cache=True)
def _movement(seconds: Integers, steps: Floats, where: Integers) -> Floats:
    """How often the cell changed, and the share of observed time spent moving."""
    changes, moving, observed = 0, 0.0, 0.0
    for row in range(1, len(seconds)):
        took = seconds[row] - seconds[row - 1]
        changes += where[row] != where[row - 1]
        if 0 < took <= LONGEST_STAY_S:
            observed += took
            if steps[row] / took > MOVING_MPS:
                moving += took
    result = np.empty(2)
    result[0] = changes
    result[1] = moving / observed if observed > 0 else np.nan
    return result


@njit(cache=True)
def _half_hours(seconds: Integers, where: Integers, long: Floats) -> Integers:
    """The cell with most time in each half hour of the day, -1 without any fix, shape (48,)."""
    result = np.full(BINS, np.int64(-1))
    row = 0
    while row < len(seconds):
        half, start = (seconds[row] % 86_400) // 1800, row
        while row < len(seconds) and (seconds[row] % 86_400) // 1800 == half:
            row += 1
        result[half] = where[start]
        mixed = False
        for one in range(start + 1, row):
            mixed = mixed or where[one] != where[start]
        if not mixed:
            continue
        best = -1.0
        for one in range(start, row):
            stayed = 0.0
            for other in range(start, row):
                if where[other] == where[one]:
                    stayed += long[other]
            if stayed > best:
                best, result[half] = stayed, where[one]
    return result


@njit(cache=True)
def sameness(bins: Integers, other: Integers) -> tuple[float, int]:
    """The share of half hours spent in the same cell on two days, and how many both saw."""
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
        bins: shape (d, 48), cells by half hour.
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
