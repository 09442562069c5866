"""Loads every compiled loop once, before workers are forked, so that they share the code.

Only loops run here, on a handful of numbers: nothing that would start a thread, which a fork does
not survive.
"""

from __future__ import annotations

import numpy as np

from . import places, rhythm, stays

seconds = np.arange(0, 2 * 86_400, 1800)
middle = np.full(len(seconds), 50.0)
fixes = stays.reduced(seconds, middle, middle, middle)
days, figures, bins = places.of_days(*fixes)
places.weeks(days, places.moments(*fixes[:3], days), bins, 7, 4, 12)
minutes = rhythm.minutes_by_clock(seconds, np.full(len(seconds), 60), middle, 0, 2880)
rhythm.extremes(minutes, 0.8)
rhythm.weeks(minutes, np.ones(2, np.bool_), 7, 1, 40.0)
