"""The report of one export: both files, documented keys, nothing loaded from elsewhere."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.science.sensing.exports import NOW, apple_file, steps
from typer.testing import CliRunner

from heartsease.cli import app
from heartsease.science.course.domains import shares
from heartsease.science.course.notice import Noticed, TooThin, notice
from heartsease.science.course.series import DailySeries
from heartsease.science.sensing import spool
from heartsease.science.sensing.reading import SensingError, UnknownFormat
from heartsease.science.sensing.report import BUDGET, analyse

KEYS = {
    "format",
    "file",
    "read_as",
    "first_day",
    "last_day",
    "samples",
    "false_alarms_per_person_month",
    "features",
    "ways",
    "data_yield",
    "set_aside",
}
OF_A_FEATURE = {
    "label",
    "unit",
    "definition",
    "definition_version",
    "usual_range",
    "days_with_data",
    "days",
    "values",
}


def plain_csv(folder, days=150, name="export.csv", fall=True):
    """Steady nights and steps; steps fall by half for the last three weeks."""
    rng = np.random.default_rng(3)
    lines = ["time,end,stream,value,stage,device"]
    for back in range(days, 0, -1):
        morning = (NOW - timedelta(days=back)).replace(hour=7, minute=0)
        count = int(rng.normal(8000, 900) * (0.5 if fall and back <= 21 else 1))
        for hour in (0, 12):
            start = morning + timedelta(hours=hour)
            end = start + timedelta(hours=3)
            lines.append(f"{start.isoformat()},{end.isoformat()},steps,{count // 2},,x")
        night = morning - timedelta(hours=8, minutes=int(rng.integers(0, 30)))
        lines.append(
            f"{night.isoformat()},{(night + timedelta(hours=7.5)).isoformat()},sleep,,asleep,x"
        )
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def test_both_files_are_written_and_the_json_has_the_documented_keys(tmp_path):
    out = tmp_path / "report"
    analyse(plain_csv(tmp_path), out, now=NOW)
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.json"]
    found = json.loads((out / "report.json").read_text())
    assert set(found) == KEYS
    assert found["format"] == "heartsease-analysis-2"
    assert (found["read_as"], found["file"]) == ("plain_csv", "export.csv")
    assert found["samples"] == {"steps": 300, "sleep": 150}
    assert set(found["features"]) == {
        "sleep_onset_minutes",
        "sleep_offset_minutes",
        "social_jetlag_minutes",
        "midsleep_variability_minutes",
        "steps",
        "minutes_asleep",
        "midsleep_minutes",
        "sleep_regularity_index",
    }
    for feature in found["features"].values():
        assert set(feature) == OF_A_FEATURE
        assert feature["days"] == len(feature["values"])


def test_a_change_is_named_with_its_day_and_what_is_as_usual_is_not(tmp_path):
    analyse(plain_csv(tmp_path), tmp_path / "out", now=NOW)
    ways = json.loads((tmp_path / "out" / "report.json").read_text())["ways"]
    less = ways["activity.less"]
    (change,) = less["changes"]
    assert less["is_on"]
    assert change["until"] is None
    assert change["moved"][0]["feature"] == "steps"
    assert change["moved"][0]["size_sd"] < 0
    since = datetime.fromisoformat(change["since"]).replace(tzinfo=UTC)
    assert abs((since - (NOW - timedelta(days=21))).days) <= 3
    assert not ways["sleep.less"]["is_on"]
    assert ways["sleep.less"]["changes"] == []
    html = (tmp_path / "out" / "report.html").read_text()
    assert less["now"] in html
    assert html.count('class="mark"') == 1


def test_the_charts_are_those_in_use_and_share_one_budget(tmp_path):
    """What the report says is what the program would say of the same days."""
    made = analyse(plain_csv(tmp_path), tmp_path / "out", now=NOW)
    (steps,) = (one for one in made.found if one.feature == "steps")
    days = DailySeries(steps.series.days[:-1], steps.series.values[:-1])
    ways = {one.name: one.way for one in made.told}
    budget = shares(ways, BUDGET)
    assert sum(budget.values()) == pytest.approx(BUDGET)
    (told,) = (one for one in made.told if one.name == "activity.less")
    asked = notice({"steps": days}, told.way, budget=budget["activity.less"], is_open=True)
    assert isinstance(asked, Noticed)
    assert told.now == asked


def test_values_and_the_usual_are_said_in_words(tmp_path):
    analyse(plain_csv(tmp_path), tmp_path / "out", now=NOW)
    html = (tmp_path / "out" / "report.html").read_text()
    assert "Usually from 7 h 30 min to 7 h 30 min." in html
    assert re.search(r"highest [0-9,]+ steps", html)
    assert re.search(r"Usually from 0\d:\d\d to 0\d:\d\d\.", html), "a clock as a clock"
    one = analyse(plain_csv(tmp_path, days=1, name="one.csv"), tmp_path / "one", now=NOW)
    assert one.told == ()
    assert "Only one day has data." in (tmp_path / "one" / "report.html").read_text()


def test_the_page_loads_nothing_from_anywhere(tmp_path):
    analyse(plain_csv(tmp_path), tmp_path / "out", now=NOW)
    html = (tmp_path / "out" / "report.html").read_text()
    assert not re.search(r"https?:|//[a-z]|<script|<link|<img|@import|url\((?!#)", html)
    assert html.count("<svg") == html.count("<title id=") == html.count("<desc id=")
    assert html.startswith("<!doctype html>")


def test_names_from_the_file_are_escaped(tmp_path):
    path = apple_file(
        tmp_path,
        steps("2026-05-01 08:00:00 +0100", "2026-05-01 09:00:00 +0100", 100),
        steps(
            "2026-05-01 08:00:00 +0100",
            "2026-05-01 09:00:00 +0100",
            100,
            unit="&lt;script&gt;<".replace("<", ""),
        ),
    )
    nasty = path.rename(tmp_path / "<script>alert(1)<.xml")
    analyse(nasty, tmp_path / "out", now=NOW)
    html = (tmp_path / "out" / "report.html").read_text()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "set aside" in html


def test_days_without_data_stay_missing(tmp_path):
    path = plain_csv(tmp_path)
    kept = [line for line in path.read_text().splitlines() if "2026-04-10T" not in line]
    path.write_text("\n".join(kept))
    analyse(path, tmp_path / "out", now=NOW)
    found = json.loads((tmp_path / "out" / "report.json").read_text())["features"]["steps"]
    assert dict(found["values"])["2026-04-10"] is None
    assert found["days_with_data"] == found["days"] - 1
    assert "no data" in (tmp_path / "out" / "report.html").read_text()


def test_a_night_that_ends_in_a_month_without_samples_is_not_lost(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(
        "time,end,stream,stage\n2026-03-31T22:00:00Z,2026-04-01T06:00:00Z,sleep,asleep\n"
    )
    made = analyse(path, tmp_path / "out", now=NOW).features
    assert {str(day) for day in made["day"]} == {"2026-04-01"}


def test_small_stretches_give_the_same_features_as_one(tmp_path, monkeypatch):
    path = plain_csv(tmp_path)
    whole = analyse(path, tmp_path / "a", now=NOW).features
    monkeypatch.setattr(spool, "ROWS_AT_ONCE", 1)
    assert analyse(path, tmp_path / "b", now=NOW).features.equals(whole)


def test_ready_daily_values_are_shown_beside_what_samples_say(tmp_path):
    path = tmp_path / "days.csv"
    path.write_text("day,feature,value\n2026-05-01,mood,4\n2026-05-02,mood,3\n")
    made = analyse(path, tmp_path / "out", now=NOW).features
    assert made.select("feature", "value").rows() == [("mood", 4.0), ("mood", 3.0)]


def test_when_nothing_can_be_used_the_reason_is_named_and_nothing_is_written(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("time,stream,value,unit\n2026-05-01T08:00:00Z,heart_rate,60,furlong\n")
    with pytest.raises(SensingError, match="furlong"):
        analyse(path, tmp_path / "out", now=NOW)
    assert not (tmp_path / "out").exists()


def test_an_older_report_survives_a_failed_one(tmp_path):
    out = tmp_path / "out"
    analyse(plain_csv(tmp_path), out, now=NOW)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (tmp_path / "torn.xyz").write_bytes(b"nothing known")
    with pytest.raises(UnknownFormat):
        analyse(tmp_path / "torn.xyz", out, now=NOW)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_the_command_takes_a_time_zone_and_refuses_one_that_does_not_exist(tmp_path):
    path = plain_csv(tmp_path, days=20)
    run = CliRunner().invoke
    done = run(
        app, ["analyse", str(path), "--out", str(tmp_path / "o"), "--timezone", "Europe/Berlin"]
    )
    assert done.exit_code == 0
    assert (tmp_path / "o" / "report.html").exists()
    refused = run(app, ["analyse", str(path), "--timezone", "Mars/Olympus"])
    assert refused.exit_code == 2
    torn = run(app, ["analyse", str(tmp_path / "gone.zip"), "--out", str(tmp_path / "p")])
    assert torn.exit_code == 2
    assert not (tmp_path / "p").exists()


def test_a_change_at_the_moment_of_a_new_device_says_so_and_is_not_told_as_on(tmp_path):
    path = plain_csv(tmp_path)
    lines = path.read_text().splitlines()
    new = str((NOW - timedelta(days=21)).date())
    lines[1:] = [
        line[:-1] + ("new" if line[:10] >= new and ",steps," in line else "x") for line in lines[1:]
    ]
    path.write_text("\n".join(lines) + "\n")
    made = analyse(path, tmp_path / "out", now=NOW)
    (told,) = (one for one in made.told if one.name == "activity.less")
    assert isinstance(told.now, TooThin)
    assert not told.is_on
    ways = json.loads((tmp_path / "out" / "report.json").read_text())["ways"]
    (change,) = ways["activity.less"]["changes"]
    assert change["new_device"] == new
    assert "Another device took over" in (tmp_path / "out" / "report.html").read_text()
