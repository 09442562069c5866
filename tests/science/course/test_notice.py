"""What counts as a change: lasting, in the watched way, against the person's own usual."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from heartsease.science.course.domains import Way, domains
from heartsease.science.course.notice import Noticed, TooThin, Unchanged, notice
from heartsease.science.course.past import past_changes
from heartsease.science.course.series import DailySeries
from heartsease.science.course.usual import RECENT_DAYS_NEEDED

MONDAY = np.datetime64("2026-01-05")
DETERMINED = settings(derandomize=True, deadline=None, max_examples=30)
SEEDS = st.integers(0, 300)
DAYS = 120
LESS = Way("less sleep", {"asleep": -1}, 1.1)
MORE = Way("more sleep", {"asleep": 1}, 1.1)


def series(values: np.ndarray, first: np.datetime64 = MONDAY) -> dict[str, DailySeries]:
    return {"asleep": DailySeries(np.arange(first, first + len(values)), values)}


def calm(seed: int, count: int = DAYS) -> np.ndarray:
    return np.random.default_rng(seed).normal(420, 30, count).round(2)


def fallen(seed: int, since: int = 16, by: float = 75, count: int = DAYS) -> np.ndarray:
    values = calm(seed, count)
    values[-since:] -= by
    return values


def less(values: np.ndarray, first: np.datetime64 = MONDAY, budget: float = 0.1):
    return notice(series(values, first), LESS, budget=budget)


@pytest.mark.parametrize("way", [LESS, MORE])
def test_days_that_stay_as_they_are_are_no_change(way: Way):
    found = [notice(series(calm(seed)), way, budget=0.1) for seed in range(12)]
    assert sum(isinstance(verdict, Noticed) for verdict in found) <= 1
    assert isinstance(found[0], Unchanged)


@pytest.mark.parametrize("spreads", [2.5, 6, 10, 15])
@pytest.mark.parametrize("seed", range(4))
def test_a_lasting_fall_is_found_dated_and_sized_however_large(seed: int, spreads: float):
    change = less(fallen(seed, since=16, by=30 * spreads))
    assert isinstance(change, Noticed)
    began = MONDAY + DAYS - 16
    assert abs((np.datetime64(change.since) - began).astype(int)) <= 4
    assert change.earliest <= change.since <= change.latest
    assert change.since <= change.noticed
    (moved,) = change.moved
    assert moved.size == pytest.approx(-30 * spreads, abs=30)
    assert moved.after == pytest.approx(moved.before + moved.size)
    assert change.days_with_data <= change.days_in_window
    assert change.reached > change.limit / 2


@given(
    values=npst.arrays(
        np.float64,
        st.integers(57, 150),
        elements=st.one_of(st.floats(-1e4, 1e4), st.just(np.nan), st.sampled_from([1.0, 2.0, 3.0])),
    ),
    way=st.sampled_from([LESS, MORE]),
)
@settings(deadline=None, max_examples=60)
def test_whatever_the_days_what_moved_moved_in_the_watched_way(values: np.ndarray, way: Way):
    verdict = notice(series(values), way, budget=0.1)
    if isinstance(verdict, Noticed):
        assert all(one.size * way.signs[one.feature] > 0 for one in verdict.moved)


@given(seed=SEEDS, by=st.integers(60, 400), since=st.integers(1, 28))
@DETERMINED
def test_a_fall_is_not_reported_where_only_rises_matter(seed: int, by: int, since: int):
    verdict = notice(series(fallen(seed, since, by)), MORE, budget=0.02)
    assert not isinstance(verdict, Noticed)


@given(seed=SEEDS, ends=st.integers(0, 20), length=st.integers(1, 18))
@DETERMINED
def test_a_watch_that_was_left_off_is_no_change(seed: int, ends: int, length: int):
    values = calm(seed)
    values[max(DAYS - ends - length, 0) : DAYS - ends] = np.nan
    assert not isinstance(less(values, budget=0.01), Noticed)


@given(
    seed=SEEDS, shift=st.sampled_from([-2048, -400, 64, 1024, 65536]), by=st.sampled_from([0, 75])
)
@DETERMINED
def test_adding_a_constant_to_all_days_gives_the_same_verdict(seed: int, shift: int, by: int):
    values = fallen(seed, by=by)
    plain, moved = (less(one) for one in (values, values + shift))
    assert type(plain) is type(moved)
    if isinstance(plain, Noticed) and isinstance(moved, Noticed):
        assert (plain.since, plain.noticed) == (moved.since, moved.noticed)
        assert moved.moved[0].size == pytest.approx(plain.moved[0].size, rel=1e-6)


@given(seed=SEEDS, factor=st.sampled_from([0.25, 2, 1024]))
@DETERMINED
def test_another_unit_gives_the_same_verdict(seed: int, factor: float):
    plain, other = (less(one) for one in (fallen(seed), fallen(seed) * factor))
    assert type(plain) is type(other)
    if isinstance(plain, Noticed) and isinstance(other, Noticed):
        assert plain.since == other.since
        assert other.moved[0].size == pytest.approx(plain.moved[0].size * factor)


@given(seed=SEEDS, weekend=st.integers(-300, 300))
@DETERMINED
def test_a_weekly_pattern_alone_is_no_change(seed: int, weekend: int):
    values = calm(seed)
    values[np.arange(DAYS) % 7 >= 5] += weekend
    assert not isinstance(less(values, budget=0.01), Noticed)


@given(seed=SEEDS, size=st.sampled_from([-9000.0, -300.0]), ago=st.integers(0, 9))
@DETERMINED
def test_one_strange_day_is_no_change(seed: int, size: float, ago: int):
    values = calm(seed)
    values[-1 - ago] = 420 + size
    assert not isinstance(less(values, budget=0.01), Noticed)


def test_days_before_the_first_one_with_data_do_not_count_as_missing():
    """Otherwise a new person's chart is calibrated to months in which most days are missing."""
    values = fallen(3)[-70:]
    padded = np.concatenate([np.full(50, np.nan), values])
    assert less(padded) == less(values, MONDAY + 50)


def test_days_older_than_twelve_weeks_before_the_watched_ones_do_not_count():
    older = np.concatenate([np.full(70, 9000.0), fallen(10, count=140)])
    found, plain = less(older, MONDAY - 70), less(fallen(10, count=140))
    assert isinstance(found, Noticed)
    assert found == plain


def test_nothing_is_said_without_28_days_before_or_four_of_the_last_ten():
    values = fallen(4)
    values[-10 + RECENT_DAYS_NEEDED - 1 :] = np.nan
    verdict = less(values)
    assert isinstance(verdict, TooThin)
    assert "3 of the last 10" in verdict.reason
    values[-1] = 330
    assert isinstance(less(values), Noticed)
    short = less(fallen(4)[-45:])
    assert isinstance(short, TooThin)
    assert "of 28 days" in short.reason


def test_a_series_without_any_day_is_too_thin():
    assert isinstance(less(np.full(DAYS, np.nan)), TooThin)
    assert isinstance(less(np.array([])), TooThin)


def test_of_a_usual_that_never_varied_nothing_can_be_said():
    values = np.full(DAYS, 4.0)
    values[-14:] = 1.0
    verdict = less(values)
    assert isinstance(verdict, TooThin)
    assert "do not vary" in verdict.reason


@pytest.mark.parametrize("budget", [0, -1, float("nan")])
def test_a_budget_of_nothing_is_refused(budget: float):
    with pytest.raises(ValueError, match="above 0"):
        less(calm(5), budget=budget)


def test_series_of_other_days_are_refused():
    own = series(calm(1)) | {"deep": DailySeries(np.arange(MONDAY, MONDAY + 7), np.ones(7))}
    both = replace(LESS, signs={"asleep": -1, "deep": -1})
    with pytest.raises(ValueError, match="same days"):
        notice(own, both, budget=0.1)


def test_an_open_change_ends_at_half_of_its_limit_even_after_a_silence_before_the_window():
    """Whoever was silent a month ago and is heard again still has the change that was told."""
    values = fallen(7, since=26, by=45, count=160)
    opened = less(values[:-4])
    assert isinstance(opened, Noticed)
    values[-46:-28] = np.nan
    values[-4:] += 20
    still = notice(series(values), LESS, budget=0.1, is_open=True)
    assert isinstance(still, Noticed)


def test_the_past_holds_each_change_once_with_its_end():
    values = np.random.default_rng(11).normal(400, 30, 365)
    values[200:260] -= 54
    (change,) = past_changes(series(values), LESS, budget=0.05)
    assert abs((np.datetime64(change.found.since) - (MONDAY + 200)).astype(int)) <= 3
    assert change.until is not None
    # It ends with the change, or earlier once the changed days have become the usual.
    assert 30 <= (np.datetime64(change.until) - (MONDAY + 200)).astype(int) <= 80
    values[-20:] -= 90
    first, last = past_changes(series(values), LESS, budget=0.05)
    assert first == change
    assert last.until is None
    assert past_changes(series(values), Way("", {"steps": -1}, 1.0), budget=0.1) == []


@given(seed=st.integers(0, 40), until=st.integers(150, 200), size=st.sampled_from([0, 60, 120]))
@settings(derandomize=True, deadline=None, max_examples=8)
def test_what_was_noticed_does_not_depend_on_later_days(seed: int, until: int, size: int):
    values = calm(seed, 220)
    values[140:] -= size
    cut = past_changes(series(values[:until]), LESS, budget=0.1)
    full = past_changes(series(values), LESS, budget=0.1)
    noticed = [one.found.noticed for one in full]
    assert [one.found.noticed for one in cut] == noticed[: len(cut)]


def slept(seed: int, shorter: float, *, keeps_stages: bool) -> dict[str, DailySeries]:
    """Nights of a watch that tells stages; the last 20 are shorter by so many minutes.

    Minutes awake go with the time in bed. Deep and REM sleep keep their minutes, as they do when
    somebody is short of sleep, or shrink with the night.
    """
    rng, days = np.random.default_rng(seed), 160
    asleep = rng.normal(442, 30, days)
    asleep[-20:] -= shorter
    deep, rem = rng.normal(80, 12, days), rng.normal(95, 14, days)
    if not keeps_stages:
        deep[-20:] *= (442 - shorter) / 442
        rem[-20:] *= (442 - shorter) / 442
    awake = np.maximum(asleep * 0.06 + rng.normal(0, 6, days), 1)
    axis = np.arange(MONDAY, MONDAY + days)
    values = {
        "minutes_asleep": asleep,
        "minutes_awake_at_night": awake,
        "sleep_efficiency": asleep / (asleep + awake),
        "deep_sleep_share": deep / asleep,
        "rem_sleep_share": rem / asleep,
    }
    return {name: DailySeries(axis, one) for name, one in values.items()}


@pytest.mark.parametrize("keeps_stages", [True, False])
@pytest.mark.parametrize("shorter", [90, 180])
def test_much_shorter_sleep_is_noticed_whatever_its_stages_do(shorter: int, keeps_stages: bool):
    way = domains().known["sleep"].ways["less"]
    for seed in range(6):
        found = notice(slept(seed, shorter, keeps_stages=keeps_stages), way, budget=0.03)
        assert isinstance(found, Noticed)
        (asleep,) = (one for one in found.moved if one.feature == "minutes_asleep")
        assert asleep.size == pytest.approx(-shorter, abs=35)
