"""Rest and activity: closed forms, bounds, and what was not worn."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsease.science.sensing.features.local_time import local_seconds
from heartsease.science.sensing.features.rhythm import rhythm
from heartsease.science.sensing.kernels import rhythm as kernel
from heartsease.science.sensing.schema import STREAMS

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
WAVE = 200 + 150 * np.cos(2 * np.pi * (np.arange(1440) + 0.5 - 900) / 1440)


def table(counts, *, start=NOON, epoch=60, tz=0):
    """Epochs one after another; NaN is not worn."""
    count = len(counts)
    stamps = [start + timedelta(seconds=epoch * place) for place in range(count)]
    return pa.table(
        {
            "ts": pa.array(stamps, pa.timestamp("us", "UTC")),
            "tz": pa.array([tz] * count, pa.int16()),
            "source": ["s"] * count,
            "device": ["d"] * count,
            "quality": pa.array([1] * count, pa.int8()),
            "epoch_s": pa.array([epoch] * count, pa.int16()),
            "counts": pa.array(np.asarray(counts, dtype=np.float32), from_pandas=True),
        },
        schema=STREAMS["activity"],
    )


def from_noon(days, clock=WAVE):
    return np.tile(np.roll(clock, -720), days)


def test_days_that_are_all_the_same_have_a_stability_of_exactly_1():
    found = rhythm(table(from_noon(8)))
    assert found["interdaily_stability"].to_list()[-1] == 1.0
    assert found["day"].to_list() == [date(2026, 5, 5) + timedelta(days=n) for n in range(8)]
    assert found["data_yield"].to_list() == [1.0] * 8


def test_a_wave_gives_its_own_amplitude_and_peak():
    found = rhythm(table(from_noon(7)))
    assert found["cosinor_amplitude"][-1] == pytest.approx(150, rel=0.01)
    assert found["cosinor_peak_minutes"][-1] == pytest.approx(900, abs=1)


def test_the_least_active_5_and_most_active_10_hours_of_a_block_day():
    clock = np.where((np.arange(1440) >= 480) & (np.arange(1440) < 1320), 300.0, 10.0)
    found = rhythm(table(from_noon(2, clock))).row(0, named=True)
    assert (found["l5_counts"], found["m10_counts"]) == (10, 300)
    assert found["relative_amplitude"] == pytest.approx(290 / 310)
    assert found["l5_onset_minutes"] == -120
    assert found["interdaily_stability"] is None or np.isnan(found["interdaily_stability"])


@pytest.mark.parametrize("begin", [0, 5, 8, 9, 13, 14])
def test_ten_active_hours_of_a_day_are_found_wherever_they_begin(begin):
    """At noon nothing is cut."""
    hours = np.arange(1440) // 60
    clock = np.where((hours >= begin) & (hours < begin + 10), 300.0, 10.0)
    assert rhythm(table(from_noon(2, clock)))["m10_counts"].to_list()[0] == pytest.approx(300)


def test_a_day_that_has_not_ended_has_no_most_active_hours_yet():
    found = rhythm(table(from_noon(2)))
    assert found["day"].to_list() == [date(2026, 5, 5), date(2026, 5, 6)]
    assert found["m10_yield"].to_list() == [1.0, 0.5]
    assert np.isnan(found["m10_counts"].to_list()[1])
    assert np.isnan(found["relative_amplitude"].to_list()[1])
    assert np.isfinite(found["l5_counts"].to_list()).all()


def test_most_active_hours_need_no_night_before_them():
    found = rhythm(table(np.full(1440, 7.0), start=NOON + timedelta(hours=12)))
    (row,) = found.filter(found["m10_counts"].is_finite()).iter_rows(named=True)
    assert (row["day"], row["m10_counts"], row["m10_yield"]) == (date(2026, 5, 5), 7, 1)
    assert np.isnan(row["l5_counts"])


def by_clock(made, day):
    """The minutes of a local day."""
    epochs = made["epoch_s"].to_numpy().astype(np.int64)
    counts = made["counts"].to_numpy().astype(np.float64)
    first = (day - date(1970, 1, 1)).days * 1440
    return kernel.minutes_by_clock(local_seconds(made), epochs, counts, first, 1440)


@pytest.mark.parametrize("epoch", [30, 60, 120])
def test_the_hour_that_autumn_shows_twice_is_the_mean_of_both(epoch):
    """From 2 to 3 there are 100 counts a minute before the change and 40 after it: 70."""
    night = datetime(2026, 10, 24, 22, tzinfo=UTC)  # midnight in Berlin; the change is at 1:00 UTC
    minute = np.arange(25 * 60)
    counts = np.where(minute // 60 == 2, 100.0, np.where(minute // 60 == 3, 40.0, 7.0))
    each = {30: np.repeat(counts, 2) / 2, 60: counts, 120: counts[::2] * 2}[epoch]
    at = np.arange(len(each)) * epoch
    made = table(each, start=night, epoch=epoch)
    offset = pa.array(np.where(at < 3 * 3600, 120, 60), pa.int16())
    made = made.set_column(made.column_names.index("tz"), "tz", offset)
    clock = by_clock(made, date(2026, 10, 25))
    assert clock.reshape(24, 60).mean(axis=1).tolist() == [7, 7, 70, *[7] * 21]


def test_the_hour_that_spring_leaves_out_is_missing_and_not_still():
    night = datetime(2026, 3, 28, 23, tzinfo=UTC)  # midnight in Berlin; the change is at 1:00 UTC
    made = table(np.full(23 * 60, 7.0), start=night)
    offset = pa.array(np.where(np.arange(23 * 60) < 120, 60, 120), pa.int16())
    made = made.set_column(made.column_names.index("tz"), "tz", offset)
    clock = by_clock(made, date(2026, 3, 29))
    hours = clock.reshape(24, 60)
    assert np.isnan(hours[2]).all()
    assert (np.delete(hours, 2, axis=0) == 7).all()
    assert kernel.hours_of(clock)[[1, 3]].tolist() == [7, 7]


def test_variability_of_alternating_hours_is_4_and_of_a_slow_wave_small():
    hours = np.tile([0.0, 100.0], 84)
    assert kernel.stability(hours)[1] == pytest.approx(4, rel=0.01)
    slow = 100 + 50 * np.sin(2 * np.pi * np.arange(168) / 24)
    assert kernel.stability(slow)[1] < 0.1


def test_a_difference_across_missing_hours_is_none():
    hours = np.tile([0.0, 100.0], 84)
    hours[50:60] = np.nan
    whole = np.nanvar(hours)
    pairs = np.diff(hours)[np.isfinite(np.diff(hours))]
    assert kernel.stability(hours)[1] == pytest.approx(np.mean(pairs**2) / whole)


def test_what_never_varies_is_undefined_and_not_zero():
    found = rhythm(table(np.full(8 * 1440, 5.0))).row(-2, named=True)
    assert np.isnan(found["interdaily_stability"])
    assert np.isnan(found["intradaily_variability"])
    assert found["relative_amplitude"] == 0


def test_a_watch_that_was_not_worn_is_missing_and_never_still():
    counts = from_noon(7).copy()
    counts[1440 : 2 * 1440] = np.nan
    counts[3 * 1440 : 3 * 1440 + 500] = np.nan
    found = rhythm(table(counts))
    days = found["day"].to_list()
    assert date(2026, 5, 6) not in days
    l5 = dict(zip(days, found["l5_counts"].to_list(), strict=True))
    assert np.isnan(l5[date(2026, 5, 8)])
    assert np.nanmin(list(l5.values())) > 40


def test_five_days_of_seven_are_needed_for_figures_over_days():
    found = rhythm(table(from_noon(6)))
    given = np.isfinite(found["interdaily_stability"].to_numpy())
    assert given.tolist() == [False, False, False, False, True, True]


def test_epochs_of_any_length_give_the_same_minutes():
    minute = rhythm(table(from_noon(2)))
    half = rhythm(table(np.repeat(from_noon(2), 2) / 2, epoch=30))
    assert half["m10_counts"].to_numpy() == pytest.approx(
        minute["m10_counts"].to_numpy(), nan_ok=True
    )
    long = rhythm(table(from_noon(2).reshape(-1, 5).sum(axis=1), epoch=300))
    assert long["m10_counts"].to_numpy() == pytest.approx(
        minute["m10_counts"].to_numpy(), rel=0.01, nan_ok=True
    )


def test_the_clock_of_the_device_makes_the_day():
    there = rhythm(table(from_noon(2), start=NOON - timedelta(hours=9), tz=540))
    here = rhythm(table(from_noon(2)))
    assert there.equals(here)


@given(hours=st.lists(st.one_of(st.none(), st.floats(0, 5000)), min_size=24, max_size=24 * 8))
@settings(max_examples=80, deadline=None)
def test_stability_stays_between_0_and_1_and_variability_above_0(hours):
    values = np.array([np.nan if one is None else one for one in hours])
    stable, variable = kernel.stability(values)
    assert np.isnan(stable) or 0 <= stable <= 1
    assert np.isnan(variable) or variable >= 0


@given(seed=st.integers(0, 10_000), quiet=st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_relative_amplitude_stays_between_0_and_1(seed, quiet):
    rng = np.random.default_rng(seed)
    counts = np.where(rng.random(2880) < quiet, 0.0, rng.exponential(500, 2880))
    found = rhythm(table(counts))["relative_amplitude"].to_numpy()
    assert (np.isnan(found) | ((found >= 0) & (found <= 1))).all()


def test_no_minutes_give_no_rows():
    assert rhythm(STREAMS["activity"].empty_table()).is_empty()


@given(st.integers(1, 400), st.integers(0, 59), st.lists(st.integers(0, 900), min_size=3))
@settings(max_examples=80, deadline=None)
def test_no_count_is_lost_or_made_whatever_the_length_of_an_epoch(epoch, start, counts):
    """A steady rate stays that rate in every minute that is told whole."""
    seconds = 600 + start + np.arange(len(counts)) * epoch
    size = int(seconds[-1] + epoch) // 60 + 2
    epochs, each = np.full(len(counts), epoch), np.array(counts, dtype=float)
    minutes = kernel.minutes_by_clock(seconds, epochs, each, 0, size)
    assert np.nansum(minutes) == pytest.approx(each.sum())
    steady = kernel.minutes_by_clock(seconds, epochs, epochs / 60, 0, size)
    whole = steady[10 + (start > 0) : int(seconds[-1] + epoch) // 60]
    if epoch % 60 == 0 or epoch * len(counts) > 120:
        assert whole == pytest.approx(1.0)
