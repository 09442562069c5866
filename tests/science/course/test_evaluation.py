"""The evaluation of the charts: its figures, their intervals, and what it refuses."""

from datetime import timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from heartsease.science.course.domains import domains
from heartsease.science.course.evaluation import evaluate_course, with_change
from heartsease.science.course.series import PersonDays
from heartsease.science.course.table import GIVEN, courses, read
from heartsease.science.errors import CannotEvaluate

FIRST = np.datetime64("2026-01-05")
NAMES = {
    "persons",
    "days",
    "budget",
    "silent",
    "false_alarms_per_person_month",
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
    falling = noise(1, 120)
    falling[80:] -= 60
    return pl.concat(
        [
            rows("calm", noise(0, 120)),
            rows("falling", falling),
            rows("two", noise(2, 120)),
            rows("two", noise(3, 120), "appetite", 0),
            rows("thin", noise(4, 40)),
        ]
    )


@cache
def report() -> dict:
    return evaluate_course(table(), budget=0.1)


def wide(people: int = 4, days: int = 110, **columns: np.ndarray) -> pl.DataFrame:
    """So many people's days with three columns nobody knows, two of which go together."""
    parts = []
    for number in range(people):
        one, two = noise(number, days), noise(number + 50, days)
        parts.append(
            pl.DataFrame(
                {
                    "person": [f"p{number}"] * days,
                    "time": np.arange(FIRST, FIRST + days),
                    "alpha": one,
                    "beta": 200 - one + two / 10,
                    "gamma": two,
                    **columns,
                }
            )
        )
    return pl.concat(parts)


def test_the_report_carries_the_names_that_anybodys_script_reads():
    found = report()
    assert set(found) >= NAMES
    assert set(found["detected"]) == set(found["detected_ci"]) == {"7", "14", "21", "30"}
    assert set(found["by_budget"]) == {"0.05", "0.1", "0.2"}
    assert "forecast" not in found


def test_persons_days_and_those_too_thin_are_counted():
    found = report()
    assert (found["persons"], found["silent"], found["days"]) == (4, 1, 400)
    # The first Monday whose usual has four weeks, three weeks before, is day 49.
    assert found["person_months"] == pytest.approx(3 * 71 / 30.44)


def test_a_real_change_counts_as_a_false_alarm_on_the_days_as_given():
    assert report()["false_alarms_per_person_month"] >= 1 / report()["person_months"]
    assert "real change counts as false" in report()["note"]


def test_every_figure_lies_within_its_interval():
    found = report()
    low, high = found["false_alarms_per_person_month_ci"]
    assert low <= found["false_alarms_per_person_month"] <= high
    for days, share in found["detected"].items():
        low, high = found["detected_ci"][days]
        assert 0 <= low <= share <= high <= 1


def test_more_is_detected_within_more_days_and_with_a_larger_budget():
    shares = [report()["detected"][days] for days in ("7", "14", "21", "30")]
    assert shares == sorted(shares)
    alarms = [
        report()["by_budget"][one]["false_alarms_per_person_month"] for one in ("0.05", "0.2")
    ]
    assert alarms == sorted(alarms)


def test_the_same_table_gives_the_same_report_in_any_order_of_rows():
    assert evaluate_course(table().reverse(), budget=0.1) == report()


def test_people_without_days_enough_give_no_rate_at_all():
    found = evaluate_course(rows("thin", noise(5, 40)), budget=0.1)
    assert found["silent"] == 1
    assert found["false_alarms_per_person_month"] is None
    assert found["detected"]["30"] is None
    assert found["delay_days"] is None


def test_an_added_change_is_one_own_spread_after_two_weeks_in_the_stated_directions():
    days = np.arange(FIRST, FIRST + 120)
    course = PersonDays(days, {"steps": noise(6, 120), "worry": noise(7, 120)}, {})
    changed = with_change(course, {"steps": -1, "worry": 1, "unheard": 1}, 90)
    fallen = changed.values["steps"] - course.values["steps"]
    risen = changed.values["worry"] - course.values["worry"]
    assert (fallen[:90] == 0).all()
    assert (np.diff(fallen[89:104]) < 0).all()
    assert np.ptp(fallen[103:]) < 1e-9
    assert 8 < -fallen[-1] < 12
    assert 8 < risen[-1] < 12
    assert fallen[90] == pytest.approx(fallen[-1] / 14)


def test_columns_that_are_not_known_are_one_domain_with_signs_of_going_together():
    found = read(wide())
    assert set(found.domains) == {GIVEN}
    signs = found.domains[GIVEN].ways["up"].signs
    assert (signs["alpha"], signs["beta"]) == (1, -1)


def test_columns_of_public_data_sets_get_the_names_of_this_program():
    frame = wide().rename({"alpha": "minutesAsleep", "beta": "sleep_deep_ratio", "gamma": "steps"})
    found = read(frame)
    assert set(found.domains) == {"sleep", "activity"}
    assert set(found.courses["p0"].values) == {"minutes_asleep", "deep_sleep_share", "steps"}


def test_several_prompts_of_a_day_become_its_mean_and_stay_prompts_for_the_forecast():
    frame = pl.DataFrame(
        {
            "person": ["a"] * 3,
            "time": ["2026-05-04T09:00", "2026-05-04 21:00:00", "2026-05-06"],
            "sad": [1.0, 3.0, None],
            "calm": [5.0, 5.0, 4.0],
        }
    )
    found = read(frame)
    np.testing.assert_array_equal(found.courses["a"].values["sad"], [2.0, np.nan, np.nan])
    assert found.prompts is not None
    assert found.prompts["time"].dt.hour().to_list() == [9, 21, 0]


def test_plain_numbers_are_days_and_nonsense_is_refused_by_its_row():
    found = read(pl.DataFrame({"person": ["a", "a"], "time": [3, 5], "sad": [1.0, 2.0]}))
    assert len(found.courses["a"].days) == 3
    with pytest.raises(CannotEvaluate, match="Row 2: time cannot be 'soon'"):
        read(pl.DataFrame({"person": ["a", "a"], "time": ["2026-05-04", "soon"], "sad": [1, 2]}))
    with pytest.raises(CannotEvaluate, match="no column of numbers"):
        read(pl.DataFrame({"person": ["a"], "time": ["2026-05-04"], "note": ["well"]}))


def test_events_of_a_table_are_looked_at_for_alarms_before_them_beside_chance():
    """Everybody's columns fall for good on day 85; of events on day 100 all are warned of."""
    happened = np.zeros(110, dtype=int)
    happened[100] = 1
    frame = wide(event=happened)
    late = pl.col("time") >= FIRST.astype(object) + timedelta(days=85)
    fallen = frame.with_columns(
        pl.col("alpha") - 60 * late, pl.col("beta") + 60 * late, pl.col("gamma") - 60 * late
    )
    found = evaluate_course(fallen, budget=0.1)["events"]
    assert (found["count"], found["judged"], found["warned"]) == (4, 4, 4)
    assert 5 <= found["median_lead_days"] <= 15
    assert 0 < found["warned_by_chance"] < 4
    quiet = evaluate_course(frame, budget=0.1)["events"]
    assert quiet["warned"] <= 1
    assert quiet["slowing"]["series_before_events"] == 12
    assert quiet["slowing"]["label"].startswith("exploratory")


def test_events_on_days_of_which_nothing_can_be_said_are_no_misses():
    happened = np.zeros(110, dtype=int)
    happened[[10, 100]] = 1
    found = evaluate_course(wide(event=happened), budget=0.1)["events"]
    assert (found["count"], found["judged"]) == (8, 4)


def test_with_people_enough_the_margin_comes_from_the_other_half():
    found = evaluate_course(wide(people=24, days=90), budget=0.1)
    (own, *_) = found["ways"].values()
    assert own["margin"] == "other half of people"
    assert own["margin_shipped"] == domains().default_margin
    # Days without memory need no margin as wide as the shipped one.
    assert own["margin_here"] < 1.5
    low, _ = found["false_alarms_per_person_month_ci"]
    # 33 person-months: three alarms are to be expected, and six are no wonder.
    assert 0 < found["false_alarms_per_person_month"] <= 0.2
    assert low <= 0.1
    shipped = found["as_shipped"]
    assert shipped["false_alarms_per_person_month"] <= found["false_alarms_per_person_month"]
    assert shipped["detected"]["30"] <= found["detected"]["30"]


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
