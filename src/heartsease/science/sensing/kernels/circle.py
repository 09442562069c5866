"""With how many people somebody is in touch, how evenly, and whether it goes both ways."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
CALL, TEXT = 0, 1
INCOMING, OUTGOING, MISSED = 1, 2, 3
DAYS = 7
# Columns of `of_days`.
CALLS, MINUTES, MISSED_SHARE, TEXTS, CONTACTS, ENTROPY, BOTH_WAYS = range(7)


@njit(cache=True)
def of_days(
    days: Integers, kinds: Integers, ways: Integers, contacts: Integers, seconds: Floats
) -> tuple[Integers, Floats]:
    """Figures of each day with a call or text, by the columns named above.

    Args:
        days: shape (n,), local days, sorted.
        kinds: shape (n,), 0 call, 1 text.
        ways: shape (n,), 1 incoming, 2 outgoing, 3 missed.
        contacts: shape (n,), numbers from 0, -1 where not known.
        seconds: shape (n,), NaN where not known.

    Returns:
        Days shape (d,); figures shape (d, 7): calls, minutes of the calls whose length is known
        (NaN where that of none is), share of incoming calls that were missed, texts; over the seven
        days up to the day contacts, the entropy in nats of how often each, and the share of them
        with something in both directions.
    """
    first, count = np.empty(len(days) + 1, np.int64), 0
    for row in range(len(days)):
        if row == 0 or days[row] != days[row - 1]:
            first[count] = row
            count += 1
    first[count] = len(days)
    figures, found = np.full((count, 7), np.nan), np.empty(count, np.int64)
    people = contacts.max() + 1 if len(contacts) else 0
    back = 0
    for day in range(count):
        found[day] = days[first[day]]
        _of_day(figures[day], kinds, ways, seconds, first[day], first[day + 1])
        while days[first[back]] <= found[day] - DAYS:
            back += 1
        _of_week(figures[day], ways, contacts, people, first[back], first[day + 1])
    return found, figures


@njit(cache=True)
def _of_day(
    own: Floats, kinds: Integers, ways: Integers, seconds: Floats, start: int, stop: int
) -> None:
    calls, texts, missed, inward, told, long = 0, 0, 0, 0, 0, 0.0
    for row in range(start, stop):
        if kinds[row] == TEXT:
            texts += 1
            continue
        gone = ways[row] == MISSED
        missed += gone
        calls += not gone
        inward += ways[row] != OUTGOING
        if not gone and not np.isnan(seconds[row]):
            told += 1
            long += seconds[row]
    own[CALLS], own[TEXTS] = calls, texts
    if told or not calls:
        own[MINUTES] = long / 60
    if inward:
        own[MISSED_SHARE] = missed / inward


@njit(cache=True)
def _of_week(
    own: Floats, ways: Integers, contacts: Integers, people: int, start: int, stop: int
) -> None:
    times = np.zeros(people)
    inward, outward = np.zeros(people, np.bool_), np.zeros(people, np.bool_)
    for row in range(start, stop):
        who = contacts[row]
        if who < 0:
            continue
        times[who] += 1
        if ways[row] == OUTGOING:
            outward[who] = True
        else:
            inward[who] = True
    total, known, both, entropy = times.sum(), 0, 0, 0.0
    for who in range(people):
        if times[who]:
            known += 1
            both += inward[who] and outward[who]
            entropy -= times[who] / total * np.log(times[who] / total)
    if known:
        own[CONTACTS], own[ENTROPY] = known, min(max(entropy, 0.0), np.log(known))
        own[BOTH_WAYS] = both / known
