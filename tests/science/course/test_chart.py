"""The chart: what a missing day, a strange day and a trembling chart do to it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from heartsease.science.course.chart import LARGEST_DAY, alarms, ewma

SMALL = st.floats(-5, 5)
CHARTS = npst.arrays(np.float64, st.integers(1, 60), elements=SMALL)


@given(days=npst.arrays(np.float64, st.integers(1, 40), elements=SMALL), data=st.data())
def test_a_missing_day_leaves_the_chart_where_it_was(days: np.ndarray, data: st.DataObject):
    place = data.draw(st.integers(0, len(days)))
    with_gap = ewma(np.insert(days, place, np.nan))
    np.testing.assert_allclose(np.delete(with_gap, place), ewma(days))
    if place:
        assert with_gap[place] == with_gap[place - 1]


def test_on_independent_days_the_chart_has_a_standard_deviation_of_one_on_every_day():
    charts = ewma(np.random.default_rng(1).normal(size=(20_000, 40)))
    np.testing.assert_allclose(charts.std(axis=0), 1, atol=0.02)


def test_a_day_counts_for_three_spreads_at_most():
    calm = np.zeros(20)
    wild, cut = calm.copy(), calm.copy()
    wild[15], cut[15] = -400.0, -LARGEST_DAY
    np.testing.assert_array_equal(ewma(wild), ewma(cut))


def test_one_strange_day_alone_passes_no_limit_that_is_used():
    wild = np.zeros(60)
    wild[50] = 1000.0
    assert ewma(wild).max() < 1.7


def test_a_chart_that_trembles_at_the_limit_makes_one_alarm():
    chart = np.array([0.0, 3.1, 2.9, 3.1, 2.9, 3.1, 1.6, 3.1, 1.4, 0.0])
    on = alarms(chart, 3.0)
    assert on.tolist() == [False] + [True] * 7 + [False, False]


@given(chart=CHARTS, limit=st.floats(0.5, 4))
def test_an_alarm_is_on_wherever_the_chart_is_beyond_and_nowhere_below_half(chart, limit):
    on = alarms(chart, limit)
    assert on[chart > limit].all()
    assert not on[chart < limit / 2].any()


def test_many_charts_at_once_give_what_each_gives_alone():
    charts = np.random.default_rng(2).normal(0, 2, size=(5, 30))
    together = alarms(charts, 2.0)
    for row, chart in zip(together, charts, strict=True):
        np.testing.assert_array_equal(row, alarms(chart, 2.0))
