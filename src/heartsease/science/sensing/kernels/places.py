"""Where somebody was, reduced to numbers of a day: no coordinate leaves these loops."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

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
NIGHT_ENDS_S = 6 * 3600
HOME_DAYS = 7
# Columns of `of_days`.
VARIANCE, DISTANCE, HOME, FARTHEST, RADIUS, PLACES, ENTROPY, EVENNESS, MOVES, MOVING, SEEN = range(
    11
)


@njit(cache=True)
def metres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance (haversine) in metres; degrees."""
    first, second = np.radians(lat), np.radians(other_lat)
    high = np.sin((second - first) / 2) ** 2
    wide = np.sin(np.radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_M * np.arcsin(min(np.sqrt(high + np.cos(first) * np.cos(second) * wide), 1.0))


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
def stays(seconds: Integers) -> Floats:
    """How long each fix speaks for, in seconds: until the next one, and ten minutes at most."""
    result = np.empty(len(seconds))
    for row in range(len(seconds)):
        until = seconds[row + 1] - seconds[row] if row + 1 < len(seconds) else 60
        result[row] = min(max(until, 0), LONGEST_STAY_S)
    return result


@njit(cache=True)
def home(seconds: Integers, lat: Floats, lon: Floats) -> tuple[float, float]:
    """The middle of the fixes in the cell with most time; NaN without any.

    Args:
        seconds, lat, lon: shape (n,), fixes of the nights that are asked, sorted by time.
    """
    if len(seconds) == 0:
        return np.nan, np.nan
    where, long = cells(lat, lon), stays(seconds)
    order = np.argsort(where)
    best, best_time, place = np.int64(-1), -1.0, 0
    while place < len(order):
        cell, total = where[order[place]], 0.0
        while place < len(order) and where[order[place]] == cell:
            total += long[order[place]]
            place += 1
        if total > best_time:
            best, best_time = cell, total
    north, east, count = 0.0, 0.0, 0
    for row in range(len(lat)):
        if where[row] == best:
            north += lat[row]
            east += lon[row]
            count += 1
    return north / count, east / count


@njit(cache=True)
def of_days(seconds: Integers, lat: Floats, lon: Floats) -> tuple[Integers, Floats, Integers]:
    """Figures of each local day, its number, and the cell of each half hour.

    Args:
        seconds: shape (n,), local seconds since 1970, sorted.
        lat, lon: shape (n,), degrees.

    Returns:
        Days shape (d,); figures shape (d, 11) by the columns named above, distances in metres,
        times as shares; cells of most time by half hour, shape (d, 48), -1 where nothing was seen.
    """
    where, long = cells(lat, lon), stays(seconds)
    night = np.flatnonzero((seconds % 86_400) < NIGHT_ENDS_S)
    day_of = seconds // 86_400
    first, count = np.empty(len(seconds) + 1, np.int64), 0
    for row in range(len(seconds)):
        if row == 0 or day_of[row] != day_of[row - 1]:
            first[count] = row
            count += 1
    first[count] = len(seconds)
    days, figures = np.empty(count, np.int64), np.full((count, 11), np.nan)
    bins = np.full((count, BINS), np.int64(-1))
    for day in range(count):
        part = slice(first[day], first[day + 1])
        days[day] = day_of[first[day]]
        begin = np.searchsorted(seconds[night], (days[day] - HOME_DAYS + 1) * 86_400)
        end = np.searchsorted(seconds[night], (days[day] + 1) * 86_400)
        asleep = night[begin:end]
        home_lat, home_lon = home(seconds[asleep], lat[asleep], lon[asleep])
        figures[day, :6] = _spread(
            lat[part], lon[part], long[part], home_lat, home_lon, seconds[part]
        )
        figures[day, PLACES:MOVES] = _places(where[part], long[part])
        figures[day, MOVES:SEEN] = _movement(seconds[part], lat[part], lon[part], where[part])
        bins[day] = _half_hours(seconds[part], where[part], long[part])
        figures[day, SEEN] = (bins[day] >= 0).mean()
    return days, figures, bins


@njit(cache=True)
def _spread(
    lat: Floats, lon: Floats, long: Floats, home_lat: float, home_lon: float, seconds: Integers
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
    for row in range(len(lat)):
        gyration += metres(lat[row], lon[row], north, east) ** 2 * long[row]
        if row:
            step = metres(lat[row], lon[row], lat[row - 1], lon[row - 1])
            took = max(seconds[row] - seconds[row - 1], 1)
            if step / took <= FASTEST_MPS:
                way += step
        if not np.isnan(home_lat):
            away = metres(lat[row], lon[row], home_lat, home_lon)
            far = max(far, away)
            near += long[row] * (away <= HOME_M)
    result[DISTANCE], result[RADIUS] = way, np.sqrt(gyration / total)
    if not np.isnan(home_lat):
        result[HOME], result[FARTHEST] = near / total, far
    return result


@njit(cache=True)
def _places(where: Integers, long: Floats) -> Floats:
    """Places of ten minutes or more, entropy of time over cells, and that over its maximum."""
    order = np.argsort(where)
    total, entropy, count, places, place = long.sum(), 0.0, 0, 0, 0
    while place < len(order):
        cell, stayed = where[order[place]], 0.0
        while place < len(order) and where[order[place]] == cell:
            stayed += long[order[place]]
            place += 1
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
def _movement(seconds: Integers, lat: Floats, lon: Floats, where: Integers) -> Floats:
    """How often the cell changed, and the share of observed time spent moving."""
    changes, moving, observed = 0, 0.0, 0.0
    for row in range(1, len(seconds)):
        took = seconds[row] - seconds[row - 1]
        changes += where[row] != where[row - 1]
        if 0 < took <= LONGEST_STAY_S:
            observed += took
            if metres(lat[row], lon[row], lat[row - 1], lon[row - 1]) / took > MOVING_MPS:
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
def daily_wave(seconds: Integers, lat: Floats, lon: Floats) -> float:
    """The share of the variance of the position that a 24-hour wave explains, 0 to 1.

    The idea of circadian movement (Saeb et al. 2015) as a share, so that it has bounds: by least
    squares at the period of a day, which for one period is the Lomb-Scargle power over the
    variance. NaN where nothing varies or fewer than 24 fixes are there.
    """
    if len(seconds) < 24:
        return np.nan
    explained, whole = 0.0, 0.0
    shrink = np.cos(np.radians(lat.mean()))
    for axis in range(2):
        values = lat if axis == 0 else lon * shrink
        mean = values.mean()
        matrix, right, square = np.zeros((3, 3)), np.zeros(3), 0.0
        for place in range(len(seconds)):
            angle = 2 * np.pi * (seconds[place] % 86_400) / 86_400
            row = np.array([1.0, np.cos(angle), np.sin(angle)])
            away = values[place] - mean
            square += away**2
            for one in range(3):
                right[one] += row[one] * away
                for other in range(3):
                    matrix[one, other] += row[one] * row[other]
        if abs(np.linalg.det(matrix)) < 1e-6:
            return np.nan
        explained += (np.linalg.solve(matrix, right) * right).sum()
        whole += square
    return min(max(explained / whole, 0.0), 1.0) if whole > 1e-12 else np.nan
