"""Minutes of movement laid out by the clock, and what their rest and activity look like."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
DAY, NOON = 1440, 720
L5_MINUTES, M10_MINUTES = 300, 600
HOUR_NEEDS_MINUTES = 30


@njit(cache=True)
def minutes_by_clock(
    seconds: Integers, epochs: Integers, counts: Floats, first: int, size: int
) -> Floats:
    """Counts of each minute of the clock, shape (size,); NaN where nothing was worn.

    An epoch of whole minutes is spread evenly over them, from that in which it starts. Any other is
    divided among the minutes that it touches in proportion to its seconds in each. A minute that
    the clock showed twice, in autumn, is the mean of both: none has more than sixty seconds. One
    that it left out, in spring, is NaN.

    Args:
        seconds: shape (n,), starts in local seconds.
        epochs: shape (n,), lengths in seconds.
        counts: shape (n,), NaN while not worn.
        first: the local minute at which the result begins.
        size: minutes.
    """
    result, covered = np.full(size, np.nan), np.zeros(size, np.int64)
    for row in range(len(seconds)):
        if np.isnan(counts[row]):
            continue
        begin, long = seconds[row] // 60 - first, epochs[row]
        if long == 60:
            if 0 <= begin < size:
                before = result[begin]
                result[begin] = counts[row] if np.isnan(before) else before + counts[row]
                covered[begin] += 60
            continue
        start = 0 if long % 60 == 0 else seconds[row] % 60
        for minute in range((start + max(long, 1) - 1) // 60 + 1):
            place = begin + minute
            if 0 <= place < size:
                inside = min(start + long, minute * 60 + 60) - max(start, minute * 60)
                share = counts[row] if inside >= long else counts[row] * inside / long
                result[place] = share if np.isnan(result[place]) else result[place] + share
                covered[place] += inside
    for minute in range(size):
        if covered[minute] <= 60:
            continue
        result[minute] *= 60 / covered[minute]
    return result


@njit(cache=True)
def extremes(minutes: Floats, least_share: float) -> Floats:
    """Least active 5 hours from noon to noon and most active 10 of the day after, shape (days, 6).

    Columns: L5 mean, its first minute after noon, M10 mean, its first minute after midnight, share
    worn from noon to noon, share worn from midnight to midnight. Rest is looked for from noon to
    noon and activity from the midnight in it to the next, so that neither is cut where it usually
    lies. A window counts where at least `least_share` of its minutes were worn; NaN where none is.

    Args:
        minutes: shape (days * 1440,), from a noon on.
    """
    days = len(minutes) // DAY
    result = np.full((days, 6), np.nan)
    total, worn = np.zeros(DAY + NOON + 1), np.zeros(DAY + NOON + 1, np.int64)
    for day in range(days):
        part = minutes[day * DAY : (day + 1) * DAY + NOON]
        for minute in range(len(part)):
            there = not np.isnan(part[minute])
            total[minute + 1] = total[minute] + (part[minute] if there else 0.0)
            worn[minute + 1] = worn[minute] + there
        # After the last noon there is nothing more.
        total[len(part) + 1 :], worn[len(part) + 1 :] = total[len(part)], worn[len(part)]
        own = result[day]
        own[0], own[1] = _lowest(total[: DAY + 1], worn[: DAY + 1], L5_MINUTES, least_share, 1.0)
        high, own[3] = _lowest(total[NOON:], worn[NOON:], M10_MINUTES, least_share, -1.0)
        own[2], own[4], own[5] = -high, worn[DAY] / DAY, (worn[DAY + NOON] - worn[NOON]) / DAY
    return result


@njit(cache=True)
def _lowest(
    total: Floats, worn: Integers, width: int, least_share: float, sign: float
) -> tuple[float, float]:
    """The lowest mean of a window, times `sign`, and its first minute; NaN without one.

    Args:
        total, worn: sums of counts and of minutes worn before each minute of a day.
        width: minutes of a window, of which `least_share` must be worn.
    """
    best, first, least = np.inf, -1, least_share * width
    whole = worn[-1] - worn[0] == len(worn) - 1
    for start in range(len(total) - width):
        seen = width if whole else worn[start + width] - worn[start]
        if seen < least:
            continue
        mean = sign * (total[start + width] - total[start]) / seen
        if mean < best:
            best, first = mean, start
    if first < 0:
        return np.nan, np.nan
    # Where nothing is counted, differences of sums may be a rounding below zero.
    return sign * max(sign * best, 0.0), float(first)


@njit(cache=True)
def hours_of(minutes: Floats) -> Floats:
    """Means of the hours of which half an hour or more was worn, shape (len(minutes) // 60,)."""
    result = np.full(len(minutes) // 60, np.nan)
    for hour in range(len(result)):
        total, seen = 0.0, 0
        for minute in range(hour * 60, hour * 60 + 60):
            if not np.isnan(minutes[minute]):
                total += minutes[minute]
                seen += 1
        if seen >= HOUR_NEEDS_MINUTES:
            result[hour] = total / seen
    return result


@njit(cache=True)
def stability(hours: Floats) -> tuple[float, float]:
    """Interdaily stability and intradaily variability of hourly means (Witting et al. 1990).

    IS is the share of the variance of all hours that lies between clock hours, each weighted by
    how often it was seen: at most 1, and exactly 1 where every day is the same. IV
    is the mean square of differences between hours that truly follow one another over the same
    variance. NaN where nothing varies.

    Args:
        hours: shape (days * 24,), NaN where missing.
    """
    count, total = 0, 0.0
    for value in hours:
        if not np.isnan(value):
            total += value
            count += 1
    if count < 2:
        return np.nan, np.nan
    mean = total / count
    sums, times = np.zeros(24), np.zeros(24)
    whole, steps, pairs = 0.0, 0.0, 0
    for place in range(len(hours)):
        value = hours[place]
        if np.isnan(value):
            continue
        whole += (value - mean) ** 2
        sums[place % 24] += value - mean
        times[place % 24] += 1
        if place and not np.isnan(hours[place - 1]):
            steps += (value - hours[place - 1]) ** 2
            pairs += 1
    if whole <= 1e-12 * max(mean * mean, 1e-12) * count or pairs == 0:
        return np.nan, np.nan
    within = 0.0
    for place in range(len(hours)):
        if not np.isnan(hours[place]):
            own = mean + sums[place % 24] / times[place % 24]
            within += (hours[place] - own) ** 2
    return max(1 - within / whole, 0.0), (steps / pairs) / (whole / count)


@njit(cache=True)
def cosinor(hours: Floats) -> tuple[float, float, float]:
    """Mean level, amplitude and peak in minutes after midnight of a 24-hour wave (Halberg 1967).

    By least squares over the hours that are there, each at its middle; NaN with fewer than 12.
    The first hour begins at noon.
    """
    times, sums = np.zeros(24), np.zeros(24)
    for place in range(len(hours)):
        if not np.isnan(hours[place]):
            times[place % 24] += 1
            sums[place % 24] += hours[place]
    matrix, right = np.zeros((3, 3)), np.zeros(3)
    row = np.ones(3)
    for clock in range(24):
        angle = 2 * np.pi * (clock + 12.5) / 24
        row[1], row[2] = np.cos(angle), np.sin(angle)
        for one in range(3):
            right[one] += row[one] * sums[clock]
            for other in range(3):
                matrix[one, other] += row[one] * row[other] * times[clock]
    if times.sum() < 12 or abs(np.linalg.det(matrix)) < 1e-9:
        return np.nan, np.nan, np.nan
    level, cosine, sine = np.linalg.solve(matrix, right)
    amplitude = np.sqrt(cosine**2 + sine**2)
    peak = np.arctan2(sine, cosine) / (2 * np.pi) * DAY % DAY
    return level, amplitude, peak


@njit(cache=True)
def rests(minutes: Floats, threshold: float) -> Floats:
    """Minutes at rest with a minute after them, and how many of these ended a rest, by day.

    Shape (days, 4): within the day, ended; from its last minute to the next day's first, ended.
    """
    days = len(minutes) // DAY
    result = np.zeros((days, 4))
    for place in range(len(minutes) - 1):
        now, after = minutes[place], minutes[place + 1]
        if now < threshold and not np.isnan(after):
            column = 2 if place % DAY == DAY - 1 else 0
            result[place // DAY, column] += 1
            result[place // DAY, column + 1] += after >= threshold
    return result


@njit(cache=True)
def weeks(minutes: Floats, counts: Booleans, days: int, needed: int, threshold: float) -> Floats:
    """Figures over the `days` noon-to-noon days up to each one, shape (n, 5); NaN without enough.

    Columns: interdaily stability, intradaily variability, cosinor amplitude and peak, and how
    likely rest ends from one minute to the next: rests ended over minutes at rest, the transition
    probability from rest to activity (Lim et al. 2011, without their smoothing).

    Args:
        minutes: shape (n * 1440,), NaN where nothing was worn.
        counts: shape (n,), which days count.
        needed: how many of them must.
        threshold: counts a minute below which somebody rests.
    """
    result = np.full((len(counts), 5), np.nan)
    hours, quiet = hours_of(minutes), rests(minutes, threshold)
    for day in range(len(counts)):
        start = max(day - days + 1, 0)
        if not counts[day] or counts[start : day + 1].sum() < needed:
            continue
        stretch = hours[start * 24 : (day + 1) * 24]
        result[day, 0], result[day, 1] = stability(stretch)
        _, result[day, 2], result[day, 3] = cosinor(stretch)
        resting = quiet[start : day + 1, 0].sum() + quiet[start:day, 2].sum()
        ended = quiet[start : day + 1, 1].sum() + quiet[start:day, 3].sum()
        if resting > 0:
            result[day, 4] = ended / resting
    return result
