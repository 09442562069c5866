"""Mobility: closed forms, bounds, and nothing that says where somebody was."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import cos, log, pi, radians

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heartsease.science.course.domains import domains
from heartsease.science.sensing.features.mobility import COLUMNS, mobility
from heartsease.science.sensing.kernels import places as kernel
from heartsease.science.sensing.schema import STREAMS

MIDNIGHT = datetime(2026, 5, 4, tzinfo=UTC)
HOME, WORK, PARK = (52.5001, 13.4001), (52.5201, 13.4001), (52.5001, 13.4401)
KM_A_DEGREE = 6371.0088 * pi / 180


def table(fixes, *, tz=0, accuracy=None, quality=1):
    """Rows of (time, place)."""
    count = len(fixes)
    return pa.table(
        {
            "ts": pa.array([at for at, _ in fixes], pa.timestamp("us", "UTC")),
            "tz": pa.array([tz] * count, pa.int16()),
            "source": ["s"] * count,
            "device": ["d"] * count,
            "quality": pa.array([quality] * count, pa.int8()),
            "lat": [float(place[0]) for _, place in fixes],
            "lon": [float(place[1]) for _, place in fixes],
            "accuracy_m": pa.array([accuracy] * count, pa.float32()),
            "speed_mps": pa.array([None] * count, pa.float32()),
        },
        schema=STREAMS["gps"],
    )


def hours(*places, start=MIDNIGHT, step=5):
    """Equal parts of a day at each place, a fix every few minutes."""
    count = 1440 // step
    return [
        (start + timedelta(minutes=step * n), places[n * len(places) // count])
        for n in range(count)
    ]


def days(count, *places):
    return [fix for n in range(count) for fix in hours(*places, start=MIDNIGHT + timedelta(days=n))]


def test_one_place_all_day_is_home_without_distance_or_entropy():
    found = mobility(table(hours(HOME))).row(0, named=True)
    assert found["day"] == date(2026, 5, 4)
    assert found["data_yield"] == 1
    assert found["home_stay_share"] == 1
    assert found["distance_travelled_km"] == 0
    assert found["radius_of_gyration_km"] == pytest.approx(0, abs=1e-6)
    assert found["places_visited"] == 1
    assert found["location_entropy"] == found["location_entropy_normalised"] == 0
    assert found["location_variance_log"] is None or np.isnan(found["location_variance_log"])


@pytest.mark.parametrize("places", [(HOME, WORK), (HOME, WORK, PARK)])
def test_places_of_equal_time_have_the_entropy_of_their_number(places):
    found = mobility(table(hours(*places))).row(0, named=True)
    count = len(places)
    assert found["location_entropy"] == pytest.approx(log(count), abs=0.01)
    assert found["location_entropy"] <= log(count)
    assert found["location_entropy_normalised"] == pytest.approx(1, abs=0.01)
    assert found["places_visited"] == count
    assert found["place_changes"] == count - 1
    assert found["home_stay_share"] == pytest.approx(1 / count, abs=0.01)


def test_distances_are_those_of_the_globe():
    found = mobility(table(hours(HOME, WORK))).row(0, named=True)
    km = 0.02 * KM_A_DEGREE
    assert found["distance_travelled_km"] == pytest.approx(km, rel=1e-6)
    assert found["farthest_from_home_km"] == pytest.approx(km, rel=1e-3)
    assert found["radius_of_gyration_km"] == pytest.approx(km / 2, rel=0.01)
    east = mobility(table(hours(HOME, PARK))).row(0, named=True)
    wide = 0.04 * KM_A_DEGREE * cos(radians(HOME[0]))
    assert east["distance_travelled_km"] == pytest.approx(wide, rel=1e-4)


def test_log_variance_of_two_places_of_equal_time():
    found = mobility(table(hours(HOME, WORK))).row(0, named=True)
    assert found["location_variance_log"] == pytest.approx(log(0.01**2), abs=0.02)


def test_a_jump_faster_than_any_aeroplane_is_no_distance():
    fixes = hours(HOME)
    fixes[100] = (fixes[100][0], (0.0, 0.0))
    found = mobility(table(fixes)).row(0, named=True)
    assert found["distance_travelled_km"] == 0


def test_a_phone_that_looks_more_often_elsewhere_does_not_change_the_shares():
    often = [(MIDNIGHT + timedelta(hours=12, minutes=n), WORK) for n in range(720)]
    seldom = hours(HOME)[:144]
    found = mobility(table(seldom + often)).row(0, named=True)
    assert found["home_stay_share"] == pytest.approx(0.5, abs=0.01)


def test_inaccurate_fixes_are_left_out():
    assert mobility(table(hours(HOME), accuracy=900.0)).is_empty()


def test_a_day_every_day_the_same_is_all_routine_and_one_wave():
    found = mobility(table(days(8, HOME, WORK)))
    assert found["routine_index"].to_numpy()[-1] == 1
    assert found["circadian_movement"].to_numpy()[-1] > 0.75
    assert np.isnan(found["routine_index"].to_numpy()[:2]).all()


def test_days_that_turn_round_have_no_routine():
    fixes = [
        fix
        for n in range(8)
        for fix in hours(*((HOME, WORK) if n % 2 else (WORK, HOME)), start=MIDNIGHT + timedelta(n))
    ]
    assert mobility(table(fixes))["routine_index"].to_numpy()[-1] == 0


def test_the_local_day_goes_by_the_offset_of_the_device():
    there = mobility(table([(at - timedelta(hours=9), p) for at, p in hours(HOME, WORK)], tz=540))
    assert there.equals(mobility(table(hours(HOME, WORK))))


def test_the_yield_is_the_share_of_the_day_or_of_its_waking_hours_whichever_is_lower():
    """Until noon half of the day was seen, and 4 of the 14 hours from 8 to 22."""
    assert mobility(table(hours(HOME)[:144]))["data_yield"].to_list() == [4 / 14]
    night_off = [one for one in hours(HOME) if 6 <= one[0].hour < 23]
    assert mobility(table(night_off))["data_yield"].to_list() == [17 / 24]


def test_a_day_with_places_switched_off_from_eight_to_six_is_none_to_compare():
    """Most of the day was seen, and all of it at home."""
    fixes = [one for one in days(8, HOME) if not 8 <= one[0].hour < 18]
    found = mobility(table(fixes))
    assert found["home_stay_share"][-1] == 1
    for name in ("home_stay_share", "distance_travelled_km", "places_visited"):
        assert (found["data_yield"] < domains().least_yield[name]).all()


def test_no_coordinate_leaves():
    found = mobility(table(days(8, HOME, WORK, PARK)))
    numbers = found.select(COLUMNS).to_numpy().ravel()
    for place in (HOME, WORK, PARK):
        for coordinate in place:
            assert not (np.abs(numbers - coordinate) < 1e-3).any()


@given(
    st.lists(
        st.tuples(st.integers(0, 3 * 86_400), st.floats(-89, 89), st.floats(-180, 180)),
        min_size=1,
        max_size=60,
    )
)
@settings(max_examples=60, deadline=None)
def test_every_figure_keeps_its_bounds_wherever_somebody_was(rows):
    fixes = [(MIDNIGHT + timedelta(seconds=at), (lat, lon)) for at, lat, lon in rows]
    found = mobility(table(fixes))
    for name in (
        "home_stay_share",
        "moving_share",
        "location_entropy_normalised",
        "data_yield",
        "circadian_movement",
        "routine_index",
    ):
        values = found[name].to_numpy()
        assert (np.isnan(values) | ((values >= 0) & (values <= 1))).all(), name
    per_day = found["location_entropy"].to_numpy()
    assert (np.isnan(per_day) | (per_day <= log(max(len(rows), 2)))).all()
    assert (found["distance_travelled_km"].to_numpy() >= 0).all()


def test_the_globe_is_round_at_the_date_line():
    one, other = kernel.directions(np.zeros(2), np.array([179.9, -179.9]))
    assert kernel.apart(one, other) == pytest.approx(0.2 * KM_A_DEGREE * 1000)


def test_no_fixes_give_no_rows():
    assert mobility(STREAMS["gps"].empty_table()).is_empty()


@given(
    st.integers(-20, 20),
    st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30)), min_size=2, max_size=6),
)
@settings(max_examples=40, deadline=None)
def test_the_date_line_is_no_edge(middle, places):
    """The same places elsewhere on the parallel vary as much and lie as far apart."""
    near = [(lat / 1000, 20 + (middle + lon) / 1000) for lat, lon in places]
    across = [(lat, (lon + 160 + 180) % 360 - 180) for lat, lon in near]
    here, there = (mobility(table(days(4, *some))).row(3, named=True) for some in (near, across))
    for name in ("location_variance_log", "radius_of_gyration_km", "distance_travelled_km"):
        assert there[name] == pytest.approx(here[name], rel=1e-5, abs=1e-5, nan_ok=True), name
    assert there["circadian_movement"] == pytest.approx(
        here["circadian_movement"], rel=1e-5, abs=1e-5, nan_ok=True
    )


@given(st.lists(st.tuples(st.integers(1, 5_000), st.integers(3, 9)), min_size=2, max_size=120))
@settings(max_examples=40, deadline=None)
def test_every_step_between_neighbouring_days_is_in_one_of_them(moves):
    """Who goes on and on has gone the sum of the days' distances."""
    at = np.cumsum([took for took, _ in moves])
    fixes = [
        (MIDNIGHT + timedelta(seconds=int(second)), (52.0, 13.0 + place / 1000))
        for second, place in zip(at, np.cumsum([far for _, far in moves]), strict=True)
    ]
    way = [abs(b[1] - a[1]) for (_, a), (_, b) in pairwise(fixes)]
    metres = KM_A_DEGREE * 1000 * cos(radians(52.0))
    slow = [
        one
        for one, (took, _) in zip(way, moves[1:], strict=True)
        if one * metres / took < kernel.FASTEST_MPS
    ]
    found = mobility(table(fixes))["distance_travelled_km"].fill_nan(0).sum()
    assert found == pytest.approx(sum(slow) * metres / 1000, rel=1e-4, abs=1e-6)


def test_a_step_over_a_whole_day_without_a_fix_counts_for_no_day():
    fixes = [
        (MIDNIGHT + timedelta(hours=12 + 48 * n), place) for n, place in enumerate((HOME, WORK))
    ]
    assert mobility(table(fixes))["distance_travelled_km"].to_list() == [0, 0]


METRE = 1 / (KM_A_DEGREE * 1000)


def noisy(path, accuracy, *, step_s=60, seed=1):
    """Fixes along a path in metres north and east of home, each off by `accuracy` on each axis."""
    rng = np.random.default_rng(seed)
    off = (np.array(path) + rng.normal(0, accuracy, (len(path), 2))) * METRE
    return [
        (
            MIDNIGHT + timedelta(seconds=step_s * n),
            (HOME[0] + north, HOME[1] + east / cos(radians(HOME[0]))),
        )
        for n, (north, east) in enumerate(off)
    ]


@pytest.mark.parametrize("step_s", [10, 60, 600])
@pytest.mark.parametrize("accuracy", [5, 10, 20, 50, 100])
def test_a_phone_that_lies_still_does_not_travel(accuracy, step_s):
    fixes = noisy([(0, 0)] * (86_400 // step_s), accuracy, step_s=step_s)
    found = mobility(table(fixes, accuracy=float(accuracy))).row(0, named=True)
    assert found["distance_travelled_km"] < 0.2
    assert found["places_visited"] == 1
    assert found["place_changes"] == found["moving_share"] == found["location_entropy"] == 0
    assert found["home_stay_share"] == 1


@pytest.mark.parametrize("step_s", [1, 10, 60])
@pytest.mark.parametrize("accuracy", [5, 10, 20])
@pytest.mark.parametrize("speed", [1.4, 4, 14])
def test_a_known_way_is_found_within_a_tenth(speed, accuracy, step_s):
    """Six hours at home, an hour north and then east, six hours there."""
    gone = np.clip(np.arange(0, 13 * 3600, step_s) - 6 * 3600, 0, 3600) * speed
    path = np.column_stack([np.minimum(gone, 1800 * speed), np.maximum(gone - 1800 * speed, 0)])
    found = mobility(table(noisy(path, accuracy, step_s=step_s), accuracy=float(accuracy)))
    row = found.row(0, named=True)
    assert row["distance_travelled_km"] == pytest.approx(3.6 * speed, rel=0.1)
    assert row["moving_share"] == pytest.approx(1 / 13, rel=0.2)
    assert row["places_visited"] == 2


def test_home_is_the_middle_of_where_the_night_is_spent():
    """Wherever the flat lies in a grid, who is 190 m off is at home and who is 210 m off is not."""
    for off in (0.0, 0.0007, 0.0013):
        home = (52.5 + off, 13.4 + off)
        near, far = ((home[0] + metres * METRE, home[1]) for metres in (190, 210))
        for place, share in ((near, 1.0), (far, 0.5)):
            found = mobility(table(hours(home, place))).row(0, named=True)
            assert found["home_stay_share"] == pytest.approx(share, abs=0.01)


def seldom(*rows, day=0):
    return [(MIDNIGHT + timedelta(days=day, hours=at), place) for at, place in rows]


def test_a_stay_between_two_fixes_of_a_phone_that_sends_on_change_was_seen():
    """Home to 8, work from 9 to 17, home from 18: only the ways of an hour are not known.

    A fix speaks for ten minutes, and so for the half hour in which it lies.
    """
    day = [(0, HOME), (7.9, HOME), (9, WORK), (16.9, WORK), (18, HOME), (23.9, HOME)]
    found = mobility(table(seldom(*day))).row(0, named=True)
    assert found["data_yield"] == (28 - 4) / 28
    assert found["distance_travelled_km"] == pytest.approx(0.04 * KM_A_DEGREE, rel=1e-6)
    assert found["home_stay_share"] == pytest.approx(14 / 22, abs=0.01)
    assert found["places_visited"] == 2
    assert found["place_changes"] == 2


def test_more_than_twelve_hours_between_two_fixes_are_not_known():
    found = mobility(table(seldom((0, HOME), (11.9, HOME))))
    assert found["data_yield"].to_list() == [8 / 28]
    found = mobility(table(seldom((0, HOME), (12.1, HOME))))
    assert found["data_yield"].to_list() == [1 / 28]


def test_what_a_phone_that_sends_all_the_time_leaves_out_is_not_known():
    """Off from 6 to 12: seen are 10 of 14 hours, although it lay at home before and after."""
    fixes = [one for one in hours(HOME) if not 6 <= one[0].hour < 12]
    assert mobility(table(fixes))["data_yield"].to_list() == [20 / 28]


def test_a_place_that_a_vendor_imputes_gives_way_to_fixes_and_stands_where_there_are_none():
    """A shop's middle 300 m off is no way while the phone says where it is."""
    shop = (HOME[0] + 300 * METRE, HOME[1])
    measured = table(hours(HOME)[:144])
    imputed = table(hours(shop, step=10), quality=3)
    found = mobility(pa.concat_tables([measured, imputed])).row(0, named=True)
    assert found["distance_travelled_km"] == pytest.approx(0.3, rel=0.01)
    assert found["place_changes"] == 1
    assert found["data_yield"] == 1
    alone = mobility(imputed).row(0, named=True)
    assert (alone["distance_travelled_km"], alone["data_yield"]) == (0, 1)


def test_many_fixes_of_one_second_are_one():
    fixes = hours(HOME) + [(MIDNIGHT, WORK)] * 50_000
    found = mobility(table(fixes)).row(0, named=True)
    assert found["distance_travelled_km"] == 0


def test_many_cells_are_counted_like_few():
    from heartsease.science.sensing.kernels.homes import by_cell

    rng = np.random.default_rng(1)
    for kinds in (1, 5, 31, 32, 33, 200):
        cells = rng.integers(0, kinds, 500)
        times = rng.integers(0, 600, 500).astype(np.float64)
        found, total = by_cell(cells, times)
        expected = {int(one): times[cells == one].sum() for one in np.unique(cells)}
        assert dict(zip(found.tolist(), total.tolist(), strict=True)) == expected
