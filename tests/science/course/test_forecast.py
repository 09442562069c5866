"""Forecasts of the next answer: learnt on other people, beside the simple ones they must beat."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from heartsease.science.course.forecast import (
    Diary,
    last_value,
    learn,
    own_mean_and_persistence,
    slots_of,
)
from heartsease.science.course.forecasting import evaluate_forecasts, foresee


def diary(seed: int, *, prompts: int = 80, phi: float = 0.4, coarse: bool = False) -> Diary:
    """One person of two items that follow themselves, and the second the first."""
    rng = np.random.default_rng(seed)
    values = np.zeros((prompts, 2))
    mean = rng.normal(50, 15, 2)
    for prompt in range(1, prompts):
        push = rng.normal(0, 8, 2)
        values[prompt] = phi * values[prompt - 1] + push
        values[prompt, 1] += 0.3 * values[prompt - 1, 0]
    values = np.clip(mean + values, 0, 100)
    if coarse:
        values = np.round(values / 25)
    return Diary(values, np.arange(prompts) % 4)


def prompts_of(people: int, **more: object) -> pl.DataFrame:
    start = datetime(2026, 1, 1, 9)
    parts = []
    for number in range(people):
        values = diary(number, **more).values
        parts.append(
            pl.DataFrame(
                {
                    "person": [f"p{number}"] * len(values),
                    "time": [start + timedelta(hours=4 * place) for place in range(len(values))],
                    "sad": values[:, 0],
                    "tired": values[:, 1],
                }
            )
        )
    return pl.concat(parts)


def test_simple_forecasts_are_what_they_say():
    values = np.array([[1.0], [np.nan], [3.0], [3.0]])
    found = Diary(values, np.zeros(4, dtype=np.int64))
    np.testing.assert_array_equal(last_value(found)[:, 0], [1, 1, 3, 3])
    np.testing.assert_allclose(own_mean_and_persistence(found)[:, 0], [1, 1, 2, 7 / 3])


def test_an_ar1_of_known_persistence_is_forecast_about_as_well_as_can_be():
    people = [diary(seed) for seed in range(40)]
    forecaster = learn(people[:30])
    errors = [np.abs(forecaster.predict(one)[10:-1, 0] - one.values[11:, 0]) for one in people[30:]]
    best = 8 * (2 / np.pi) ** 0.5
    assert np.mean(errors) < 1.12 * best


def test_no_forecast_uses_answers_that_had_not_come_yet():
    people = [diary(seed) for seed in range(12)]
    forecaster = learn(people)
    one = diary(99)
    other = Diary(one.values.copy(), one.slots)
    other.values[50:] = 0.0
    np.testing.assert_array_equal(forecaster.predict(one)[:50], forecaster.predict(other)[:50])


def test_forecasts_stay_on_the_scale_and_on_its_levels():
    people = [diary(seed, coarse=True) for seed in range(12)]
    found = learn(people).predict(people[0])
    assert np.isin(found, np.arange(5)).all()
    fine = [diary(seed) for seed in range(12)]
    found = learn(fine).predict(fine[0])
    assert (found >= 0).all() and (found <= 100).all()


def test_intervals_hold_four_in_five_of_people_who_were_not_learnt_from():
    figures = evaluate_forecasts(prompts_of(30), seed=0)
    assert 0.76 < figures["all"]["coverage_80"] < 0.84
    assert figures["all"]["better_than_last"] > 0.05


def test_it_does_not_speak_where_it_was_no_better_before():
    rng = np.random.default_rng(3)
    people = [diary(seed) for seed in range(12)]
    stubborn = Diary(np.repeat(rng.normal(50, 5, (8, 2)), 10, axis=0), np.zeros(80, dtype=np.int64))
    found = foresee(stubborn, learn(people), np.ones(2))
    assert found.spoken[:20].any()
    assert not found.spoken[60:].any()


def test_too_few_people_are_not_evaluated_and_the_reason_is_said():
    assert "3 people" in evaluate_forecasts(prompts_of(3), seed=0)["not_evaluated"]


def test_the_report_has_the_names_of_the_design_for_each_item():
    figures = evaluate_forecasts(prompts_of(12), seed=0)
    names = {"mae", "mae_last_value", "mae_ar_mean", "coverage_80", "abstained"}
    assert set(figures) == {"sad", "tired", "all"}
    for own in figures.values():
        assert names <= set(own)
        low, high = own["mae_ci"]
        assert low <= own["mae"] <= high


@pytest.mark.parametrize(("hour", "slot"), [(0, 0), (2.9, 0), (3, 1), (23.5, 7)])
def test_parts_of_the_day_are_three_hours_long(hour, slot):
    assert slots_of(np.array([hour]))[0] == slot
