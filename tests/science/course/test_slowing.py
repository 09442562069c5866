"""Critical slowing down, an exploratory extra: labelled, calibrated against surrogates, silent."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import heartsease
from heartsease.science.course.series import DailySeries
from heartsease.science.course.slowing import LABEL, slowing

FIRST = np.datetime64("2026-01-01")


def series(values) -> DailySeries:
    return DailySeries(FIRST + np.arange(len(values)), np.asarray(values, dtype=np.float64))


def test_days_without_any_change_are_called_unusual_about_as_often_as_chance():
    low = 0
    for seed in range(60):
        noise = np.random.default_rng(seed).standard_normal(120)
        for day in range(1, 120):
            noise[day] = 0.3 * noise[day - 1] + 0.954 * noise[day]
        low += slowing(series(noise)).p_autocorrelation <= 0.05
    assert low <= 8


def test_a_persistence_that_rises_shows_in_the_trend():
    rng = np.random.default_rng(3)
    noise = rng.standard_normal(200)
    for day in range(1, 200):
        phi = 0.9 * day / 200
        noise[day] = phi * noise[day - 1] + noise[day]
    found = slowing(series(noise))
    assert found.trend_autocorrelation > 0.3
    assert found.p_autocorrelation < 0.2


def test_a_straight_rise_of_the_level_is_no_slowing():
    rng = np.random.default_rng(5)
    plain = rng.standard_normal(150)
    found, risen = slowing(series(plain)), slowing(series(plain + 0.2 * np.arange(150)))
    assert abs(found.trend_variance - risen.trend_variance) < 1e-6


def test_too_few_days_or_none_that_vary_say_nothing():
    for values in (np.zeros(150), np.arange(20.0), np.full(150, np.nan), np.arange(150.0)):
        assert slowing(series(values)) is None


def test_it_is_labelled_and_no_page_and_no_alert_knows_it():
    values = np.random.default_rng(1).standard_normal(100)
    assert slowing(series(values)).label == LABEL
    package = Path(heartsease.__file__).parent
    for part in ("watch", "web", "care", "capture", "api"):
        for path in (package / part).rglob("*.py"):
            assert "slowing" not in path.read_text("utf-8"), path
