"""The evaluation of the charts: its figures, their intervals, and what it refuses."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from heartsease.science.course.evaluation import (
    evaluate_course,
    shuffled_weeks,
    with_change,
)
from heartsease.science.course.replay import Course
from heartsease.science.course.table import courses
from heartsease.science.errors import CannotEvaluate

FIRST = np.datetime64("2026-01-05")
NAMES = {
    "persons",
    "days",
    "budget",
    "silent",
    "false_alarms_per_person_month",
    "false_alarms_shuffled_per_person_month",
    "detected",
    "delay_days",
    "note",
}


def rows(person: str, values: np.ndarray, feature: str = "steps", way: int = -1) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "person": [person] * len(values),
            "day": np.arange(FIRST, FIRST + len(values)),
            "feature": [feature] * len(values),
            "value": values,
            "direction": [way] * len(values),
        }
    )


def noise(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, 10, count)


@cache
def table() -> pl.DataFrame:
    """Three people with days enough, one of whom falls by a lot, and one with too few."""
    falling = noise(1, 100)
    falling[70:] -= 60
    return pl.concat(
        [
            rows("calm", noise(0, 100)),
            rows("falling", falling),
            rows("two", noise(2, 100)),
            rows("two", noise(3, 100), "sleep", 0),
            rows("thin", noise(4, 40)),
        ]
    )


@cache
def report() -> dict:
    return evaluate_course(table(), budget=0.1)


def test_the_report_carries_the_names_that_anybodys_script_reads():
    found = report()
    assert set(found) >= NAMES
    assert set(found["detected"]) == set(found["detected_ci"]) == {"7", "14", "21", "30"}
    assert "forecast" not in found


def test_persons_days_and_those_too_thin_are_counted():
    found = report()
    assert (found["persons"], found["silent"], found["days"]) == (4, 1, 340)
    assert found["directions"] == {"steps": -1, "sleep": 0}
    assert found["person_months"] == pytest.approx(3 * 44 / 30.44)


def test_a_real_change_counts_as_a_false_alarm_on_the_days_as_given():
    assert report()["false_alarms_per_person_month"] >= 1 / report()["person_months"]
    assert "real change counts as false" in report()["note"]


def test_every_figure_lies_within_its_interval():
    found = report()
    for name in ("false_alarms_per_person_month", "false_alarms_shuffled_per_person_month"):
        low, high = found[f"{name}_ci"]
        assert low <= found[name] <= high
    for days, share in found["detected"].items():
        low, high = found["detected_ci"][days]
        assert 0 <= low <= share <= high <= 1


def test_more_is_detected_within_more_days():
    shares = [report()["detected"][days] for days in ("7", "14", "21", "30")]
    assert shares == sorted(shares)


def test_the_same_table_gives_the_same_report_in_any_order_of_rows():
    assert evaluate_course(table().reverse(), budget=0.1) == report()


def test_people_without_days_enough_give_no_rate_at_all():
    found = evaluate_course(rows("thin", noise(5, 50)), budget=0.1)
    assert found["silent"] == 1
    assert found["false_alarms_per_person_month"] is None
    assert found["detected"]["30"] is None
    assert found["delay_days"] is None


def test_an_added_change_is_one_own_spread_after_two_weeks():
    days = np.arange(FIRST, FIRST + 120)
    course = Course(days, {"steps": noise(6, 120)}, {"steps": -1})
    changed = with_change(course, "steps", 90, -1)
    added = changed.values["steps"] - course.values["steps"]
    assert (added[:90] == 0).all()
    assert (np.diff(added[89:104]) < 0).all()
    assert np.ptp(added[103:]) < 1e-9
    assert 8 < -added[-1] < 12
    assert added[90] == pytest.approx(added[-1] / 14)


def test_shuffled_weeks_hold_the_same_days_on_the_same_weekdays():
    days = np.arange(FIRST, FIRST + 101)
    values = np.arange(101.0)
    course = Course(days, {"one": values, "other": -values}, {"one": 0, "other": 0})
    shuffled = shuffled_weeks(course, np.random.default_rng(1))
    assert sorted(shuffled.values["one"]) == values.tolist()
    assert (shuffled.values["one"][:98] % 7 == np.arange(98) % 7).all()
    assert shuffled.values["one"][:98].tolist() != values[:98].tolist()
    np.testing.assert_array_equal(shuffled.values["other"], -shuffled.values["one"])


@pytest.mark.parametrize("budget", [0, -1, float("nan")])
def test_a_budget_that_is_none_is_refused(budget: float):
    with pytest.raises(CannotEvaluate, match="budget"):
        evaluate_course(table(), budget=budget)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda frame: frame.drop("day"), "no column day"),
        (lambda frame: pl.concat([frame, frame.head(1)]), "calm has steps more than once"),
        (lambda frame: frame.with_columns(day=pl.lit("yesterday")), "Row 1: day cannot be"),
        (lambda frame: frame.with_columns(day=pl.lit(3)), "Row 1: day cannot be 3"),
        (lambda frame: frame.with_columns(value=pl.lit("many")), "value cannot be 'many'"),
        (lambda frame: frame.with_columns(value=pl.lit(None)), "no values"),
        (lambda frame: frame.with_columns(direction=pl.lit(2)), "1, -1 or 0"),
        (
            lambda frame: frame.with_columns(direction=pl.int_range(pl.len()) % 2),
            "more than one direction",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_by_what_is_wrong(broken, words: str):
    with pytest.raises(CannotEvaluate, match=words):
        courses(broken(table()))


def test_days_may_be_text_or_dates_and_empty_values_are_missing():
    frame = rows("one", np.array([1.0, np.nan, 3.0, 4.0])).with_columns(
        pl.col("day").cast(pl.String)
    )
    course = courses(frame.filter(pl.col("value") != 4.0))["one"]
    np.testing.assert_array_equal(course.values["steps"], [1.0, np.nan, 3.0])


def test_a_direction_given_by_the_caller_goes_before_the_column():
    assert courses(table(), {"steps": 1})["calm"].directions == {"steps": 1}
    assert courses(table().drop("direction"))["calm"].directions == {"steps": 0}
