"""Walking through the past day by day sees only what was there on each day."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsease.science.course import replay as module
from heartsease.science.course.change import Steady
from heartsease.science.course.replay import WINDOW_DAYS, Course, replay

DAYS = np.arange(np.datetime64("2026-01-05"), np.datetime64("2026-01-05") + 100)


def course(*features: np.ndarray, direction: int = -1) -> Course:
    values = {f"feature{number}": own for number, own in enumerate(features)}
    return Course(DAYS[: len(features[0])], values, dict.fromkeys(values, direction))


def falling(seed: int, count: int = 100, since: int = 75) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=count)
    values[since:] -= 2.0
    return values


@given(seed=st.integers(0, 50), until=st.integers(60, 90), data=st.data())
@settings(derandomize=True, deadline=None, max_examples=12)
def test_no_verdict_uses_days_that_had_not_come_yet(seed: int, until: int, data: st.DataObject):
    values = falling(seed)
    other = values.copy()
    other[until:] = data.draw(st.floats(-1e6, 1e6))
    seen, foreseen = (replay(course(one), "feature0", 0.1) for one in (values, other))
    np.testing.assert_array_equal(seen.on[:until], foreseen.on[:until])
    np.testing.assert_array_equal(seen.judged[:until], foreseen.judged[:until])
    assert [one for one in seen.began if one[0] < until] == [
        one for one in foreseen.began if one[0] < until
    ]


def test_a_lasting_fall_opens_one_alarm_after_it_began():
    seen = replay(course(falling(1)), "feature0", 0.1)
    assert len(seen.began) == 1
    place, direction = seen.began[0]
    assert 75 <= place < 90
    assert direction == -1
    assert seen.on[place:].all()
    assert not seen.on[:place].any()


def test_nothing_is_judged_before_eight_weeks_have_passed():
    seen = replay(course(falling(2)), "feature0", 0.1)
    assert seen.judged.argmax() == 56
    assert not seen.judged[:56].any()


def test_an_alarm_stays_open_while_too_few_days_have_data():
    values = falling(3)
    values[90:] = np.nan
    seen = replay(course(values), "feature0", 0.1)
    assert seen.on[89]
    assert not seen.judged[-1]
    assert seen.on[-1]
    assert len(seen.began) == 1


def test_an_alarm_ends_when_nothing_has_come_for_two_weeks():
    values = falling(3)
    values[83:] = np.nan
    seen = replay(course(values), "feature0", 0.1)
    assert seen.on[95]
    assert not seen.on[96:].any()


def test_the_budget_is_divided_among_features_with_data_in_the_window(monkeypatch):
    asked = []

    def recorded(series, *, direction, budget_per_person_month):
        asked.append(budget_per_person_month)
        return Steady(0, 1, series.days_with_data)

    monkeypatch.setattr(module, "detect", recorded)
    empty, full = np.full(100, np.nan), falling(4)
    late = empty.copy()
    late[50:] = 1.0
    both = course(full, late, empty)
    assert both.watched[[0, 49, 50, 99]].tolist() == [1, 1, 2, 2]
    replay(both, "feature0", 0.1)
    assert asked[:50] == [0.1] * 50
    assert asked[50:] == [0.05] * 50


def test_days_older_than_the_window_do_not_count_as_watched():
    days = np.arange(np.datetime64("2026-01-05"), np.datetime64("2026-01-05") + 200)
    values = np.full(200, np.nan)
    values[3] = 1.0
    own = Course(days, {"feature": values}, {"feature": 0})
    assert own.watched[3 + WINDOW_DAYS - 1] == 1
    assert own.watched[3 + WINDOW_DAYS] == 0
