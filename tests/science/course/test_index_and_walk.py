"""Features that move together: one index, one chart, sooner than each alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsease.science.course.domains import Domains, alone, domains
from heartsease.science.course.index import index, weights
from heartsease.science.course.usual import GAP_DAYS
from heartsease.science.course.walk import walk

COUNT = 140
WEEKDAYS = np.arange(COUNT) % 7
KNOWN = slice(0, 84)
SIGNS = {"one": -1, "two": -1, "three": 1}


def days(seed: int, *, shift: float = 0.0, since: int = 112, missing: float = 0.0):
    """Three independent features that change together in the directions of SIGNS."""
    rng = np.random.default_rng(seed)
    values = {}
    for name, sign in SIGNS.items():
        own = rng.normal(size=COUNT)
        own[since:] += sign * shift
        own[rng.random(COUNT) < missing] = np.nan
        values[name] = 50 + 10 * own
    return values


def of(values, signs=SIGNS):
    return index(values, signs, WEEKDAYS, KNOWN, days_needed=28)


def test_the_index_of_usual_days_has_centre_0_and_spread_1():
    found = np.concatenate([of(days(seed)).values[KNOWN] for seed in range(20)])
    assert abs(found.mean()) < 0.05
    assert found.std() == pytest.approx(1, abs=0.1)


def test_three_features_that_move_together_show_more_than_one():
    lift = [np.nanmean(of(days(seed, shift=1.0)).values[112:]) for seed in range(20)]
    assert np.mean(lift) == pytest.approx(3**0.5, abs=0.25)


def test_on_a_day_without_some_features_the_others_count():
    values = days(1)
    values["two"][100] = np.nan
    values["three"][100] = np.nan
    found = of(values)
    assert found.values[100] == pytest.approx(-found.residuals["one"][100])
    for name in SIGNS:
        values[name][101] = np.nan
    assert np.isnan(of(values).values[101])


def test_a_feature_without_days_enough_is_left_out_and_none_gives_nothing():
    values = days(2)
    values["one"][:70] = np.nan
    assert set(of(values).usual) == {"two", "three"}
    assert of({"one": values["one"]}) is None
    assert of({}) is None


@given(
    numbers=st.lists(st.floats(-0.75, 0.75), min_size=3, max_size=3),
    signs=st.lists(st.sampled_from([-1.0, 1.0]), min_size=3, max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_weights_keep_their_signs_and_give_spread_1(numbers, signs):
    one, two, three = numbers
    correlation = np.array([[1, one, two], [one, 1, three], [two, three, 1]])
    correlation = 0.6 * correlation + 0.4 * np.eye(3)
    found = weights(np.array(signs), correlation)
    assert (found * np.array(signs) >= 0).all()
    assert found @ correlation @ found == pytest.approx(1)


def test_copies_of_a_feature_count_no_more_than_one():
    same = np.full((2, 2), 0.8) + 0.2 * np.eye(2)
    assert weights(np.ones(2), same).sum() < 1.1


def test_a_change_is_seen_in_the_stated_way_and_not_in_the_other():
    changed = days(3, shift=1.5)
    seen = walk(changed, SIGNS, WEEKDAYS, (0.1,))
    turned = walk(changed, {name: -sign for name, sign in SIGNS.items()}, WEEKDAYS, (0.1,))
    (began,) = seen.began(0.1, 1.0)
    assert 112 <= began < 130
    assert turned.began(0.1, 1.0) == []


def test_a_larger_margin_or_smaller_budget_never_opens_more_alarms():
    found = walk(days(4, shift=0.8), SIGNS, WEEKDAYS, (0.05, 0.2))
    counts = [len(found.began(0.2, margin)) for margin in (0.8, 1.0, 1.5, 3.0)]
    assert counts == sorted(counts, reverse=True)
    there = np.isfinite(found.chart)
    assert (found.limits[0.05][there] >= found.limits[0.2][there]).all()


def test_nothing_is_said_before_a_usual_is_known_nor_on_days_with_too_little():
    values = days(5)
    for own in values.values():
        own[100:115] = np.nan
    found = walk(values, SIGNS, WEEKDAYS, (0.1,))
    assert not found.judged[: 28 + GAP_DAYS - 6].any()
    assert found.judged[90]
    assert not found.judged[108:115].any()
    assert not found.heard[114]


@given(until=st.integers(90, 130), seed=st.integers(0, 20))
@settings(max_examples=10, deadline=None)
def test_no_day_is_judged_by_days_that_had_not_come_yet(until, seed):
    values = days(seed, shift=1.0)
    later = {name: own.copy() for name, own in values.items()}
    for own in later.values():
        own[until:] = 1e6
    one, other = (walk(each, SIGNS, WEEKDAYS, (0.1,)) for each in (values, later))
    np.testing.assert_array_equal(one.chart[:until], other.chart[:until])


def test_some_places_give_what_all_places_give():
    values = days(6, shift=1.0, missing=0.2)
    whole = walk(values, SIGNS, WEEKDAYS, (0.1,))
    part = walk(values, SIGNS, WEEKDAYS, (0.1,), places=range(115, 131))
    np.testing.assert_allclose(part.chart[115:131], whole.chart[115:131])
    assert not part.judged[:115].any()


def test_the_domains_are_valid_and_unknown_features_stand_alone():
    found: Domains = domains()
    assert {"sleep", "activity", "heart", "mood"} <= set(found.known)
    touched = found.of(["steps", "shoe_size"])
    assert set(touched) == {"activity", "shoe_size"}
    assert set(touched["shoe_size"].ways) == {"up", "down"}
    assert set(alone("x", 1.5, -1).ways) == {"down"}
    assert found.standard_name("minutesAsleep") == "minutes_asleep"
