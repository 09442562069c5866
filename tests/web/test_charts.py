"""Small charts: gaps stay gaps, what is drawn is also said, and nothing leaves the drawing."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsease.web import charts

FIRST = date(2026, 3, 1)
values_of_days = st.lists(
    st.none() | st.floats(-1e4, 1e4, allow_nan=False, allow_infinity=False),
    min_size=1,
    max_size=90,
)


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=number) for number in range(count)]


def line(values: list[float | None], **more: object) -> charts.Chart:
    return charts.line_chart("sleep", days(len(values)), values, title="Sleep", summary="", **more)


def test_a_missing_day_breaks_the_line_and_is_hatched() -> None:
    chart = line([1.0, 2.0, None, None, 3.0, 4.0])
    assert len(chart.lines) == 2
    assert len(chart.gaps) == 1
    assert chart.gaps[0].width == pytest.approx(2 * chart.plot.width / 6, abs=0.1)


def test_a_day_alone_is_a_dot_without_a_line() -> None:
    chart = line([None, 5.0, None])
    assert chart.lines == ()
    assert len(chart.dots) == 1


def test_no_data_at_all_is_said_and_draws_no_band() -> None:
    chart = line([None, None], usual=(1.0, 2.0))
    assert "No data" in chart.description
    assert chart.band is None
    assert chart.last is None


def test_the_usual_range_lies_where_its_values_lie() -> None:
    chart = line([10.0, 20.0, 30.0], usual=(10.0, 30.0))
    assert chart.band is not None
    assert chart.band.y == pytest.approx(chart.dots[2].y)
    assert chart.band.y + chart.band.height == pytest.approx(chart.dots[0].y)


@given(
    st.lists(st.floats(0, 100), min_size=3, max_size=30),
    st.tuples(st.floats(0, 100), st.floats(0, 100)).map(lambda ends: tuple(sorted(ends))),
)
def test_the_last_value_and_the_ends_of_the_usual_range_are_read_beside_the_drawing(
    values: list[float], usual: tuple[float, float]
) -> None:
    chart = line(values, usual=usual, say=lambda value: f"{value:.3f} of it")
    assert chart.last is not None
    ticks = [chart.last, *chart.edges]
    assert {f"{end:.3f} of it" for end in usual} <= {tick.label for tick in ticks}
    heights = sorted(tick.y for tick in ticks)
    assert all(after - before >= 13 for before, after in itertools.pairwise(heights))
    assert all(tick.x > chart.plot.x + chart.plot.width for tick in ticks)
    assert all(tick.x + 7 * len(tick.label) <= chart.width for tick in ticks)
    assert chart.band_label is not None
    assert chart.band_label.y < chart.plot.y, "its name stands where no line runs"


@given(values_of_days)
def test_the_table_has_every_day_and_an_empty_cell_for_each_gap(
    values: list[float | None],
) -> None:
    chart = line(values)
    assert [row.day for row in chart.rows] == days(len(values))[::-1]
    assert sum(not row.value for row in chart.rows) == sum(value is None for value in values)


@given(values_of_days)
def test_every_dot_lies_inside_the_plot(values: list[float | None]) -> None:
    chart = line(values)
    for dot in chart.dots:
        assert chart.plot.x <= dot.x <= chart.plot.x + chart.plot.width
        assert chart.plot.y <= dot.y <= chart.plot.y + chart.plot.height


def test_what_differs_little_is_not_stretched_to_the_full_height() -> None:
    chart = line([440.0, 450.0, 445.0], least_span=240.0)
    heights = [dot.y for dot in chart.dots]
    assert max(heights) - min(heights) == pytest.approx(chart.plot.height * 10 / 240, abs=0.2)


def test_a_wide_range_needs_no_least_span() -> None:
    wide = [300.0, 600.0, 480.0]
    assert line(wide, least_span=240.0).dots == line(wide).dots


def test_a_least_span_leaves_no_room_below_zero() -> None:
    chart = line([100.0, 200.0], least_span=6000.0)
    assert chart.dots[0].y == pytest.approx(
        chart.plot.y + chart.plot.height * (1 - 100 / 6000), abs=0.2
    )


def test_a_mark_outside_the_days_is_left_out() -> None:
    marks = [charts.Mark(FIRST, "New plan"), charts.Mark(FIRST - timedelta(days=9), "Visit")]
    assert [mark.label for mark in line([1.0, 2.0], marks=marks).marks] == ["New plan"]


def test_days_and_values_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="as many days"):
        charts.line_chart("sleep", days(2), [1.0], title="Sleep", summary="")


def test_scores_stand_apart_with_their_number_and_no_line_between_them() -> None:
    chart = charts.score_chart(
        "phq9",
        [(FIRST + timedelta(days=14), 11.0), (FIRST, 17.0)],
        title="PHQ-9",
        summary="",
        highest=27,
    )
    assert [dot.label for dot in chart.dots] == ["17", "11"]
    assert chart.lines == ()
    assert len(chart.stems) == 2


def test_a_sparkline_without_data_says_so() -> None:
    chart = charts.sparkline("mood", [None, None], title="Mood")
    assert chart.description == "Mood: no data."
    assert chart.dots == ()
