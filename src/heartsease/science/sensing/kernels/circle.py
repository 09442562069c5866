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
    asked: Integers,
    days: Integers,
    kinds: Integers,
    ways: Integers,
    contacts: Integers,
    seconds: Floats,
) -> Floats:
    """Figures of each day asked for, by the columns named above; without a call or text 0.

    Args:
        asked: shape (d,), local days, rising.
        days: shape (n,), local days, sorted.
        kinds: shape (n,), 0 call, 1 text.
        ways: shape (n,), 1 incoming, 2 outgoing, 3 missed.
        contacts: shape (n,), numbers from 0, -1 where not known.
        seconds: shape (n,), NaN where not known.

    Returns:
        Shape (d, 7): calls, minutes of the calls whose length is known (NaN where that of none is),
        share of incoming calls that were missed, texts; over the seven days up to the day contacts,
        the entropy in nats of how often each, and the share of them with something in both
        directions.
    """
    figures = np.full((len(asked), 7), np.nan)
    people = contacts.max() + 1 if len(contacts) else 0
    starts, stops = np.searchsorted(days, asked), np.searchsorted(days, asked + 1)
    backs = np.searchsorted(days, asked - DAYS + 1)
    for day in range(len(asked)):
        _of_day(figures[day], kinds, ways, seconds, starts[day], stops[day])
        _of_week(figures[day], ways, contacts, people, backs[day], stops[day])
    return figures


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
    if start == stop:
        own[CONTACTS] = 0
    if known:
        own[CONTACTS], own[ENTROPY] = known, min(max(entropy, 0.0), np.log(known))
        own[BOTH_WAYS] = both / known
