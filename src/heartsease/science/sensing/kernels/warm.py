"""Loads every compiled loop once, before workers are forked, so that they share the code.

Only loops run here, on a handful of numbers: nothing that would start a thread, which a fork does
not survive.
"""

from __future__ import annotations

import numpy as np

from . import places, rhythm

seconds = np.arange(0, 2 * 86_400, 1800)
middle = np.full(len(seconds), 50.0)
days, figures, bins = places.of_days(seconds, middle, middle)
places.weeks(days, places.moments(seconds, middle, middle, days), bins, 7, 4, 12)
minutes = rhythm.minutes_by_clock(seconds, np.full(len(seconds), 60), middle, 0, 2880)
rhythm.extremes(minutes, 0.8)
rhythm.weeks(minutes, np.ones(2, np.bool_), 7, 1, 40.0)
