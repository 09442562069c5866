"""Active minutes that Fitbit sums up itself: ready-made days, and how much of a day they are of."""

from __future__ import annotations

from datetime import date

from tests.science.sensing.exports import gathered
from tests.science.sensing.test_fitbit_takeout import BERLIN, GLOBAL, NEW_YORK, step, takeout


def daily(found):
    rows = found["daily"].sort("day", "feature").iter_rows()
    return {(feature, day): (value, share) for day, feature, value, share in rows}


def test_totals_of_active_minutes_are_ready_made_days(tmp_path):
    """Their dates are the clock's; a day of which nothing is told but zeros was not worn."""
    path = takeout(
        tmp_path,
        {
            GLOBAL + "lightly_active_minutes-2026-04-01.json": [
                {"dateTime": "04/28/26 00:00:00", "value": "212"},
                {"dateTime": "04/29/26 00:00:00", "value": "180"},
                {"dateTime": "04/30/26 00:00:00", "value": "0"},
            ],
            GLOBAL + "very_active_minutes-2026-04-01.json": [
                {"dateTime": "04/28/26 00:00:00", "value": "31"},
                {"dateTime": "04/29/26 00:00:00", "value": "0"},
                {"dateTime": "04/30/26 00:00:00", "value": "0"},
            ],
        },
    )
    for zone in (NEW_YORK, BERLIN, None):
        found, aside = gathered(path, zone=zone)
        assert aside == []
        assert daily(found) == {
            ("minutes_lightly_active", date(2026, 4, 28)): (212, 1),
            ("minutes_very_active", date(2026, 4, 28)): (31, 1),
            ("minutes_lightly_active", date(2026, 4, 29)): (180, 1),
            ("minutes_very_active", date(2026, 4, 29)): (0, 1),
        }


def test_how_much_of_a_day_its_active_minutes_are_of_is_told_by_its_steps(tmp_path):
    """Steps from 8 to 24 by the person's clock, and from 8 to noon: UTC is two hours behind."""
    rows = [step(f"04/28/26 {hour:02}:10:00", 40) for hour in range(6, 22)]
    rows += [step(f"04/29/26 {hour:02}:10:00", 40) for hour in range(6, 10)]
    path = takeout(
        tmp_path,
        {
            GLOBAL + "lightly_active_minutes-2026-04-01.json": [
                {"dateTime": f"04/{day}/26 00:00:00", "value": "100"} for day in (28, 29, 30)
            ],
            GLOBAL + "steps-2026-04-01.json": rows,
        },
    )
    found = daily(gathered(path, zone=BERLIN)[0])
    shares = {day.day: share for (_, day), (_, share) in found.items()}
    assert shares == {28: 1, 29: 4 / 16, 30: 1 / 16}


def test_totals_that_cannot_be_are_set_aside(tmp_path):
    rows = [
        {"dateTime": "04/28/26 00:00:00", "value": "2000"},
        {"dateTime": "04/28/36 00:00:00", "value": "20"},
        {"dateTime": "04/29/26 00:00:00", "value": "many"},
        {"dateTime": "04/30/26 00:00:00", "value": "20"},
    ]
    path = takeout(tmp_path, {GLOBAL + "lightly_active_minutes-2026-04-01.json": rows})
    found, aside = gathered(path)
    assert list(daily(found)) == [("minutes_lightly_active", date(2026, 4, 30))]
    assert sorted(one.line for one in aside) == [1, 2, 3]
