"""Fixes reduced to stays and moves, so that what a receiver errs by is no way and no new place.

A stay is a stretch of fixes about one middle (after Li, Zheng et al. 2008, ACM GIS, and Ye et al.
2009, MDM); theirs is measured from its first fix, ours from the mean of those so far, which errs
less than any of them, and within a radius that widens with the error that the device tells. Stays
close to one another are one place. In a place a fix says the place's middle; on the move fixes that
lie closer together than receivers err say their mean.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
EARTH_M = 6_371_008.8
DEGREE_M = EARTH_M * np.pi / 180
# A stay lies within 100 m, or three times the error told, and takes five minutes for each 100 m.
STAY_M, STAY_S = 100.0, 300
WIDER = 3.0
# Two fixes further apart in time say nothing of what lay between.
GAP_S = 12 * 3600
NOISE_M = 50.0
FASTEST_MPS, MOVING_MPS = 300.0, 1.0
# How long a fix speaks for at most, and how long a source that sends all the time does so.
LONGEST_S, HALF_HOUR_S, DAY_S = 600, 1800, 86_400


@njit(cache=True)
def turned(ahead: float) -> float:
    """A difference of two longitudes the short way round, -180 to 180."""
    return ahead - 360 * ((ahead > 180) - (ahead < -180))


@njit(cache=True)
def flat(north: float, east: float, shrink: float) -> float:
    """Metres of a short way from degrees north and east; `shrink` is the cosine of the latitude."""
    return DEGREE_M * np.sqrt(north**2 + (turned(east) * shrink) ** 2)


@njit(cache=True)
def radius(error: float) -> float:
    """How far from the middle a fix of a stay may lie, in metres."""
    return max(STAY_M, WIDER * error)


@njit(cache=True)
def _grown(
    seconds: Integers, lat: Floats, lon: Floats, error: Floats, first: int
) -> tuple[int, float, float, float]:
    """The row after the longest stretch about one middle from a row on, that middle, its radius.

    Who is back within five minutes was not away, if only one fix says so or none lies beyond twice
    the radius; neither was who would have flown faster than any aeroplane.
    """
    shrink = np.cos(np.radians(lat[first]))
    wide = radius(error[first])
    north, east, seen, last, row = 0.0, 0.0, 1, first, first + 1
    while row < len(seconds) and seconds[row] - seconds[last] <= GAP_S:
        up, right = lat[row] - lat[first], turned(lon[row] - lon[first])
        off = flat(up - north, right - east, shrink)
        if off <= radius(error[row]):
            seen += 1
            north += (up - north) / seen
            east += (right - east) / seen
            wide += (radius(error[row]) - wide) / seen
            last = row
            row += 1
            continue
        back = row + 1
        while back < len(seconds) and (
            seconds[back] - seconds[last] <= STAY_S
            or (back == row + 1 and _is_jump(seconds, off, last, row))
        ):
            up, right = lat[back] - lat[first], turned(lon[back] - lon[first])
            away = flat(up - north, right - east, shrink)
            if away <= radius(error[back]):
                break
            # More than one fix far off are a way, however short.
            back = len(seconds) if max(off, away) > 2 * radius(error[back]) else back + 1
        else:
            break
        row = back
    return last + 1, lat[first] + north, lon[first] + east, wide


@njit(cache=True)
def _is_jump(seconds: Integers, off: float, last: int, row: int) -> bool:
    """Whether nobody comes so far between two fixes, nor back until the next one."""
    there, back = seconds[row] - seconds[last], seconds[row + 1] - seconds[row]
    return off > FASTEST_MPS * max(there, back, 1)


@njit(cache=True)
def places(seconds: Integers, lat: Floats, lon: Floats, error: Floats) -> tuple[Integers, Floats]:
    """Where each fix belongs.

    Args:
        seconds: shape (n,), local seconds, sorted.
        lat, lon: shape (n,), degrees.
        error: shape (n,), metres by which the fix may err, 0 where not known.

    Returns:
        Places numbered from 1, 0 on the move, shape (n,), and their middles in degrees, shape
        (k + 1, 2), that of number 0 without meaning.
    """
    where = np.zeros(len(seconds), np.int64)
    middles, weight = np.zeros((16, 2)), np.zeros(16)
    row, known = 0, 0
    while row < len(seconds):
        stop, north, east, wide = _grown(seconds, lat, lon, error, row)
        if seconds[stop - 1] - seconds[row] < STAY_S * wide / STAY_M:
            row += 1
            continue
        place = _nearest(middles[: known + 1], north, east, wide)
        if place == 0:
            known += 1
            place = known
            if known == len(weight):
                middles = np.concatenate((middles, np.zeros((known, 2))))
                weight = np.concatenate((weight, np.zeros(known)))
            middles[place, 0], middles[place, 1] = north, east
        own = float(stop - row)
        weight[place] += own
        middles[place, 0] += (north - middles[place, 0]) * own / weight[place]
        middles[place, 1] += turned(east - middles[place, 1]) * own / weight[place]
        where[row:stop] = place
        row = stop
    _close(seconds, lat, lon, error, where, middles)
    return where, middles[: known + 1]


@njit(cache=True)
def _nearest(middles: Floats, north: float, east: float, reach: float) -> int:
    """The number of the nearest place within reach, 0 without one."""
    best, found = reach, 0
    shrink = np.cos(np.radians(north))
    for place in range(1, len(middles)):
        up = north - middles[place, 0]
        if abs(up) * DEGREE_M <= best:
            off = flat(up, east - middles[place, 1], shrink)
            if off <= best:
                best, found = off, place
    return found


@njit(cache=True)
def _close(
    seconds: Integers, lat: Floats, lon: Floats, error: Floats, where: Integers, middles: Floats
) -> None:
    """Take fixes between two stays at one place as that place where all lie just beyond its radius.

    Half as far again: of errors as told such a fix is one in ten thousand, so that a phone that
    lies still has one a week.
    """
    before, row = 0, 0
    while row < len(where):
        if where[row]:
            before = where[row]
            row += 1
            continue
        start = row
        near = before > 0
        while row < len(where) and not where[row]:
            if near:
                up, right = lat[row] - middles[before, 0], lon[row] - middles[before, 1]
                off = flat(up, right, np.cos(np.radians(lat[row])))
                near = off <= 1.5 * radius(error[row])
            row += 1
        near = near and row < len(where) and where[row] == before
        if near and seconds[row] - seconds[start - 1] <= GAP_S:
            where[start:row] = before


@njit(cache=True)
def held(seconds: Integers, where: Integers) -> Integers:
    """Rows to look at, each once or, where a source sends only on change, as often as it holds.

    Two fixes at one place, more than ten minutes and at most twelve hours apart, are a stay where
    the source sends seldom: where the day of the first has more such gaps than half hours in which
    it sent all the time from one place. The first fix is then said again every ten minutes. Of a
    source that sends all the time a gap says nothing.

    Returns:
        Rows, shape (m,), rising.
    """
    times = np.ones(len(seconds), np.int64)
    row, more = 0, False
    while row < len(seconds):
        start, seldom, often, run = row, 0, 0, 0
        while row < len(seconds) and seconds[row] // DAY_S == seconds[start] // DAY_S:
            long = _gap(seconds, where, row)
            run = run + long if 0 < long <= LONGEST_S else 0
            if run >= HALF_HOUR_S:
                often, run = often + 1, 0
            seldom += long > LONGEST_S
            row += 1
        if seldom > often:
            for one in range(start, row):
                long = _gap(seconds, where, one)
                times[one] = max((long - 1) // LONGEST_S, 0) + 1
                more = more or times[one] > 1
    rows = np.arange(len(seconds))
    return np.repeat(rows, times) if more else rows


@njit(cache=True)
def _gap(seconds: Integers, where: Integers, row: int) -> int:
    """Seconds until the next fix where it is at the same place and not too late, else 0."""
    if row + 1 == len(seconds) or where[row] == 0 or where[row] != where[row + 1]:
        return 0
    took: int = seconds[row + 1] - seconds[row]
    return took if took <= GAP_S else 0


@njit(cache=True)
def steadied(
    seconds: Integers, lat: Floats, lon: Floats, error: Floats, where: Integers, middles: Floats
) -> tuple[Floats, Floats, Booleans]:
    """Positions without what receivers err by, and whether somebody moved on to the next fix.

    In a place its middle; on the move means of as many fixes as it takes to be away for sure from
    the position before. Moving is faster than 1 m/s from one position to the next; from fix to fix
    errors would be taken for speed.

    Returns:
        Degrees north and east, and moving, shape (n,) each.
    """
    north, east = np.empty(len(lat)), np.empty(len(lat))
    moving = np.zeros(len(lat), np.bool_)
    row, last, since, sure = 0, -1, 0.0, 0.0
    while row < len(lat):
        stop, begin, end = row + 1, float(seconds[row]), float(seconds[row])
        if where[row]:
            while stop < len(lat) and where[stop] == where[row]:
                stop += 1
            up, right, error_now = middles[where[row], 0], middles[where[row], 1], 0.0
            end = float(seconds[stop - 1])
        elif row == 0:
            up, right, error_now = lat[row], lon[row], error[row]
        else:
            stop, up, right, begin, error_now = _away(
                seconds, lat, lon, error, where, row, north[row - 1], east[row - 1], sure
            )
            end = begin
        north[row:stop], east[row:stop] = up, right
        if last >= 0:
            way = flat(up - north[row - 1], right - east[row - 1], np.cos(np.radians(up)))
            moving[last:row] = way > MOVING_MPS * max(begin - since, 1.0)
        last, since, sure, row = (stop - 1 if where[row] else row), end, error_now, stop
    return north, east, moving


@njit(cache=True)
def _away(
    seconds: Integers,
    lat: Floats,
    lon: Floats,
    error: Floats,
    where: Integers,
    row: int,
    north: float,
    east: float,
    sure: float,
) -> tuple[int, float, float, float, float]:
    """The row after those on the move whose mean is away from a position; mean, time, its error.

    Away is 50 m, two errors of a fix and three of the difference. Where a place comes first, they
    are still at that position.

    Args:
        north, east: the position before, degrees.
        sure: by how many metres it may err.
    """
    shrink = np.cos(np.radians(north))
    up, right, later, stop = 0.0, 0.0, 0.0, row
    while stop < len(lat) and not where[stop]:
        up, right = up + lat[stop] - north, right + turned(lon[stop] - east)
        later += seconds[stop] - seconds[row]
        own = error[stop]
        stop += 1
        count = stop - row
        off = flat(up / count, right / count, shrink)
        doubt = WIDER * np.sqrt(sure**2 + own**2 / count)
        if off > max(NOISE_M, 2 * own, doubt):
            time = seconds[row] + later / count
            return stop, north + up / count, east + right / count, time, own / np.sqrt(count)
    return stop, north, east, float(seconds[row]), sure


@njit(cache=True)
def reduced(
    seconds: Integers, lat: Floats, lon: Floats, error: Floats
) -> tuple[Integers, Floats, Floats, Integers, Booleans]:
    """Fixes as places and moves: seconds, latitude, longitude, place (0 on the move), moving.

    Args:
        seconds: shape (n,), local seconds, sorted.
        lat, lon: shape (n,), degrees.
        error: shape (n,), metres, 0 where not known.

    Returns:
        Arrays of shape (m,), m at least n: where a source sends only on change, a stay is said
        every ten minutes.
    """
    where, middles = places(seconds, lat, lon, error)
    north, east, moving = steadied(seconds, lat, lon, error, where, middles)
    rows = held(seconds, where)
    if len(rows) == len(seconds):
        return seconds, north, east, where, moving
    at = seconds[rows]
    for one in range(1, len(rows)):
        if rows[one] == rows[one - 1]:
            at[one] = at[one - 1] + LONGEST_S
    return at, north[rows], east[rows], where[rows], moving[rows]
