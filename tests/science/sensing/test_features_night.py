"""The body at night: closed forms, artefacts, and what is too little."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.made_inputs import HOURS, MONDAY, table

from heartsease.science.sensing.features import night
from heartsease.science.sensing.kernels import intervals
from heartsease.science.sensing.schema import STREAMS


def beats(ms, *, begin=0.0, device="one"):
    """Intervals one after another from a minute after Monday's midnight on."""
    ms = np.asarray(ms, dtype=float)
    at = begin + (np.cumsum(ms) - ms) / 60_000
    return table("rr_interval", at, ms=ms, device=device)


def by_turns(minutes, one=800.0, other=840.0):
    count = int(minutes * 60_000 / ((one + other) / 2))
    return np.where(np.arange(count) % 2, other, one)


def test_differences_of_beats_by_turns_are_their_own_rmssd():
    (row,) = night.variability(beats(by_turns(60))).iter_rows(named=True)
    assert row["day"] == MONDAY
    assert row["rmssd"] == pytest.approx(40)
    assert row["sdnn"] == pytest.approx(20, abs=0.05)
    assert row["data_yield"] == pytest.approx(12 / 72)


def test_beats_out_of_turn_change_nothing():
    ms = by_turns(60)
    ms[40::97], ms[41::97] = 500, 1150  # too early, and the pause after it
    (row,) = night.variability(beats(ms)).iter_rows(named=True)
    assert row["rmssd"] == pytest.approx(40)


def test_a_difference_across_beats_that_are_missing_is_none():
    """800 and 900 ms by turns of ten beats; the last of each ten and what follows it are lost."""
    ms = np.where(np.arange(400) // 10 % 2, 900.0, 800.0)
    at = ((np.cumsum(ms) - ms) * 1000).astype(np.int64)
    (whole,) = intervals.of_pieces(at[:353], ms[:353])
    assert whole[intervals.RMSSD] == pytest.approx(np.sqrt(35 * 100**2 / 352))
    kept = np.flatnonzero((np.arange(353) % 10 < 9) | (np.arange(353) == 352))
    (holes,) = intervals.of_pieces(at[kept], ms[kept])
    assert holes[intervals.RMSSD] == 0


def test_beats_of_the_day_and_too_few_of_the_night_say_nothing():
    assert night.variability(beats(by_turns(60), begin=600)).is_empty()
    assert night.variability(beats(by_turns(29))).is_empty()
    assert night.variability(STREAMS["rr_interval"].empty_table()).is_empty()


def test_two_devices_are_not_mixed():
    both = pa.concat_tables(
        [beats(by_turns(60)), beats(by_turns(40, 900, 1000), begin=0.01, device="two")]
    )
    assert night.variability(both)["rmssd"].to_list() == pytest.approx([40])


@given(st.lists(st.floats(250, 2400), min_size=25, max_size=400))
@settings(max_examples=40, deadline=None)
def test_whatever_the_beats_figures_keep_their_bounds(ms):
    ms = np.array(ms)
    at = ((np.cumsum(ms) - ms) * 1000).astype(np.int64)
    pieces = intervals.of_pieces(at, ms)
    assert (pieces >= 0).all()
    assert ((pieces[:, intervals.COVERED] >= 0.8) & (pieces[:, intervals.COVERED] <= 1)).all()


def test_values_of_the_night_count_and_those_of_the_day_do_not():
    made = table("spo2", HOURS, percent=np.where(HOURS < 360, 92.0, 99.0))
    (row,) = night.values(made, "percent").iter_rows(named=True)
    assert row == {"day": MONDAY, "data_yield": 1.0, "median": 92.0, "lowest": 92.0}


def test_a_device_that_tells_one_value_a_day_tells_that_of_the_night():
    made = table("respiration", [425.0], per_minute=14.5)
    (row,) = night.values(made, "per_minute").iter_rows(named=True)
    assert (row["median"], row["lowest"], row["data_yield"]) == (14.5, None, 1)


def test_two_hours_of_a_night_are_too_few():
    made = table("spo2", [0, 20, 70, 80, 800], percent=[95.0] * 5)
    assert night.values(made, "percent").is_empty()
    more = table("spo2", [0, 20, 70, 80, 130], percent=[95.0] * 5)
    assert night.values(more, "percent")["data_yield"].to_list() == [0.5]


def test_the_night_is_that_of_the_clock_where_somebody_was():
    made = table("spo2", np.arange(-600, -240, 60), percent=[90.0] * 6, tz=600)
    assert night.values(made, "percent")["day"].to_list() == [date(2026, 5, 4)]
