"""Sleep: closed forms of duration, middle, regularity, and what is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.exports import sleep_table

from heartsease.science.sensing.daily import daily_features
from heartsease.science.sensing.features import sleep

DAY = timedelta(days=1)
FIRST = datetime(2026, 4, 1, 22, 0, tzinfo=UTC)


def made(*tables):
    frame = daily_features({"sleep": pa.concat_tables(tables)})
    return {(feature, day): (value, share) for day, feature, value, share in frame.iter_rows()}


def index_of(table) -> dict[date, float]:
    days, values, _ = sleep.regularity(sleep.by_stage(table))
    epoch = date(1970, 1, 1)
    return {epoch + int(day) * DAY: value for day, value in zip(days, values, strict=True)}


def nights(count, *, start=FIRST, hours=8.0, skip=()):
    return sleep_table(
        *(
            (start + n * DAY, start + n * DAY + timedelta(hours=hours), "asleep", 0)
            for n in range(count)
            if n not in skip
        )
    )


def test_a_night_belongs_to_the_day_of_waking():
    found = made(nights(1))
    assert found["minutes_asleep", date(2026, 4, 2)] == (480, 1)
    assert {feature for feature, _ in found} == {
        "minutes_asleep",
        "midsleep_minutes",
        "sleep_onset_minutes",
        "sleep_offset_minutes",
    }


@pytest.mark.parametrize(
    ("start", "hours", "middle"),
    [
        (datetime(2026, 4, 1, 22, tzinfo=UTC), 8, 120),
        (datetime(2026, 4, 1, 20, tzinfo=UTC), 6, -60),
        (datetime(2026, 4, 2, 1, tzinfo=UTC), 6, 240),
        (datetime(2026, 4, 2, 8, tzinfo=UTC), 8, 720),
    ],
)
def test_midsleep_counts_from_the_midnight_before_waking(start, hours, middle):
    found = made(nights(1, start=start, hours=hours))
    assert found["midsleep_minutes", date(2026, 4, 2)][0] == middle


def test_awakenings_and_time_in_bed_are_no_sleep():
    table = sleep_table(
        (FIRST - timedelta(hours=1), FIRST + timedelta(hours=9), "in_bed", 0),
        (FIRST, FIRST + timedelta(hours=3), "light", 0),
        (FIRST + timedelta(hours=3), FIRST + timedelta(hours=4), "awake", 0),
        (FIRST + timedelta(hours=4), FIRST + timedelta(hours=8), "deep", 0),
    )
    assert made(table)["minutes_asleep", date(2026, 4, 2)] == (420, 1)


def test_the_yield_is_the_share_of_the_night_for_which_a_state_is_told():
    table = sleep_table(
        (FIRST, FIRST + timedelta(hours=3), "light", 0),
        (FIRST + timedelta(hours=4), FIRST + timedelta(hours=8), "deep", 0),
    )
    assert made(table)["minutes_asleep", date(2026, 4, 2)] == (420, 7 / 8)
    assert made(table)["midsleep_minutes", date(2026, 4, 2)] == (120, 7 / 8)


def test_overlapping_stages_count_once():
    table = sleep_table(
        (FIRST, FIRST + timedelta(hours=5), "asleep", 0),
        (FIRST + timedelta(hours=1), FIRST + timedelta(hours=2), "rem", 0),
        (FIRST + timedelta(hours=4), FIRST + timedelta(hours=6), "light", 0),
    )
    assert made(table)["minutes_asleep", date(2026, 4, 2)][0] == 360


def test_a_nap_is_neither_duration_nor_middle_of_the_day():
    nap = FIRST + timedelta(hours=16)
    found = made(nights(1), sleep_table((nap, nap + timedelta(hours=2), "asleep", 0)))
    assert found["minutes_asleep", date(2026, 4, 2)][0] == 480
    assert found["midsleep_minutes", date(2026, 4, 2)][0] == 120


def test_a_break_of_ninety_minutes_is_one_night_and_a_longer_one_is_two():
    def parts(gap):
        again = FIRST + timedelta(hours=3, minutes=gap)
        return sleep_table(
            (FIRST, FIRST + timedelta(hours=3), "asleep", 0),
            (again, again + timedelta(hours=4), "asleep", 0),
        )

    assert made(parts(90))["minutes_asleep", date(2026, 4, 2)][0] == 420
    assert made(parts(91))["minutes_asleep", date(2026, 4, 2)][0] == 240


def test_a_stretch_below_an_hour_and_a_day_without_sleep_have_no_value():
    short = sleep_table((FIRST, FIRST + timedelta(minutes=59), "asleep", 0))
    assert made(short) == {}
    found = made(nights(9, skip=(3,)))
    assert ("minutes_asleep", date(2026, 4, 5)) not in found
    assert ("sleep_regularity_index", date(2026, 4, 5)) not in found


@pytest.mark.parametrize(
    ("evening", "before", "after", "change"),
    [
        (datetime(2026, 3, 28, 22, tzinfo=UTC), 60, 120, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (datetime(2025, 10, 25, 21, tzinfo=UTC), 120, 60, datetime(2025, 10, 26, 1, tzinfo=UTC)),
    ],
)
def test_the_night_in_which_clocks_change_is_as_long_as_it_was(evening, before, after, change):
    end = evening + timedelta(hours=8)
    table = sleep_table((evening, change, "light", before), (change, end, "deep", after))
    found = made(table)
    (day,) = {day for _, day in found}
    assert found["minutes_asleep", day] == (480, 1)
    middle = evening + timedelta(hours=4, minutes=after)
    assert found["midsleep_minutes", day][0] == middle.hour * 60 + middle.minute


def test_perfectly_regular_sleep_has_an_index_of_one_hundred():
    found = made(nights(10))
    index = {day: value for (name, day), value in found.items() if name == "sleep_regularity_index"}
    assert index[date(2026, 4, 8)] == (100, 1)
    assert index[date(2026, 4, 11)] == (100, 1)
    assert min(index) == date(2026, 4, 6), "five of seven nights are needed"
    assert index[date(2026, 4, 6)] == (100, 5 / 7)


@settings(max_examples=40, deadline=None)
@given(shift=st.integers(0, 480))
def test_the_index_falls_by_what_every_second_night_is_moved(shift):
    """Nights of 8 hours moved by m minutes differ in 2 m of 1440 minutes from their neighbours."""
    table = sleep_table(
        *(
            (start, start + timedelta(hours=8), "asleep", 0)
            for n in range(10)
            for start in [FIRST - timedelta(hours=2) + n * DAY + timedelta(minutes=shift * (n % 2))]
        )
    )
    found = index_of(table)
    assert found[date(2026, 4, 9)] == pytest.approx(100 - 200 * 2 * shift / 1440)


def test_sleeping_and_waking_in_turn_has_an_index_of_minus_one_hundred():
    noon = datetime(2026, 4, 1, 12, tzinfo=UTC)
    rows = []
    for n in range(10):
        start = noon + n * DAY + timedelta(hours=12 * (n % 2))
        rows.append((start, start + timedelta(hours=12), "asleep", 0))
    assert index_of(sleep_table(*rows))[date(2026, 4, 9)] == -100


def test_regularity_is_told_by_the_clock_on_the_wall():
    """The same hours by the clock before and after a journey are regular."""
    tables = [nights(4), nights(4, start=FIRST + 4 * DAY - timedelta(hours=6))]
    east = [row | {"tz": 360} for row in tables[1].to_pylist()]
    moved = pa.Table.from_pylist(east, schema=tables[1].schema)
    found = index_of(pa.concat_tables([tables[0], moved]))
    assert found[date(2026, 4, 8)] == 100


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 4000),
            st.integers(0, 700),
            st.sampled_from(["in_bed", "awake", "light", "deep", "rem", "asleep"]),
            st.sampled_from([-300, 0, 60, 120]),
        ),
        max_size=15,
    )
)
def test_whatever_is_recorded_the_numbers_are_possible(rows):
    table = sleep_table(
        *(
            (FIRST + timedelta(minutes=a), FIRST + timedelta(minutes=a + b), stage, east)
            for a, b, stage, east in rows
        )
    )
    found = sleep.episodes(sleep.by_stage(table))
    assert (found.minutes_asleep > 0).all()
    assert (found.minutes_asleep <= found.offset - found.onset).all()
    assert ((found.told > 0) & (found.told <= 1)).all()
    for value, share in made(table).values():
        assert value == value
        assert 0 < share <= 1


def test_stages_give_efficiency_awakenings_and_shares():
    table = sleep_table(
        (FIRST, FIRST + timedelta(hours=4), "light", 0),
        (FIRST + timedelta(hours=4), FIRST + timedelta(hours=4.5), "awake", 0),
        (FIRST + timedelta(hours=4.5), FIRST + timedelta(hours=6.5), "deep", 0),
        (FIRST + timedelta(hours=6.5), FIRST + timedelta(hours=8.5), "rem", 0),
    )
    found = {feature: value for (feature, _), (value, _) in made(table).items()}
    assert found["minutes_awake_at_night"] == 30
    assert found["sleep_efficiency"] == pytest.approx(480 / 510)
    assert found["deep_sleep_share"] == found["rem_sleep_share"] == 0.25
    assert (found["sleep_onset_minutes"], found["sleep_offset_minutes"]) == (-120, 390)


def test_a_device_that_tells_only_sleep_has_no_efficiency():
    assert not {"sleep_efficiency", "minutes_awake_at_night", "deep_sleep_share"} & {
        feature for feature, _ in made(nights(3))
    }


def test_social_jetlag_is_how_much_later_the_weekend_sleeps():
    # 2 April 2026 is a Thursday: the nights that end on Saturday and Sunday begin two hours later.
    rows = []
    for n in range(14):
        waking = date(2026, 4, 2) + n * DAY
        late = timedelta(hours=2 if waking.weekday() >= 5 else 0)
        rows.append(
            (FIRST + n * DAY + late, FIRST + n * DAY + late + timedelta(hours=8), "asleep", 0)
        )
    found = made(sleep_table(*rows))
    assert found["social_jetlag_minutes", date(2026, 4, 15)] == (120, 1)
    assert ("social_jetlag_minutes", date(2026, 4, 3)) not in found
    assert found["midsleep_variability_minutes", date(2026, 4, 15)][0] > 50


def test_the_same_night_every_night_never_varies():
    assert made(nights(7))["midsleep_variability_minutes", date(2026, 4, 8)] == (0, 1)
