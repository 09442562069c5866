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
from heartsease.science.course.change import Change, detect
from heartsease.science.course.series import DailySeries
from heartsease.science.sensing import history, spool
from heartsease.science.sensing.reading import SensingError, UnknownFormat
from heartsease.science.sensing.report import analyse

KEYS = {
    "format",
    "file",
    "read_as",
    "first_day",
    "last_day",
    "samples",
    "false_alarms_per_feature_month",
    "features",
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
    "now",
    "changes",
    "values",
}


def plain_csv(folder, days=150, name="export.csv", fall=True):
    """Steady nights and steps; steps fall by half for the last three weeks."""
    rng = np.random.default_rng(3)
    lines = ["time,end,stream,value,stage,device"]
    for back in range(days, 0, -1):
        noon = (NOW - timedelta(days=back)).replace(hour=12, minute=0)
        count = int(rng.normal(8000, 900) * (0.5 if fall and back <= 21 else 1))
        lines.append(
            f"{noon.isoformat()},{(noon + timedelta(hours=1)).isoformat()},steps,{count},,x"
        )
        night = noon - timedelta(hours=13, minutes=int(rng.integers(0, 30)))
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
    assert found["format"] == "heartsease-analysis-1"
    assert (found["read_as"], found["file"]) == ("plain_csv", "export.csv")
    assert found["samples"] == {"steps": 150, "sleep": 150}
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


def test_a_change_is_named_with_its_day_and_a_steady_feature_is_not(tmp_path):
    analyse(plain_csv(tmp_path), tmp_path / "out", now=NOW)
    found = json.loads((tmp_path / "out" / "report.json").read_text())["features"]
    (change,) = found["steps"]["changes"]
    assert change["direction"] == -1
    since = datetime.fromisoformat(change["since"]).replace(tzinfo=UTC)
    assert abs((since - (NOW - timedelta(days=21))).days) <= 3
    assert found["minutes_asleep"]["changes"] == []


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


def test_the_cheap_look_back_finds_what_the_full_question_finds():
    """On made-up years with a step, asking every week in full gives the same first changes."""
    rng = np.random.default_rng(11)
    days = np.arange(np.datetime64("2025-01-01"), np.datetime64("2026-01-01"))
    for size in (0.0, -1.8):
        values = rng.normal(400, 30, len(days))
        values[200:260] += size * 30
        series = DailySeries(days, values)
        full, was_on = [], False
        for end in range(history.SHORTEST_DAYS, len(days) + 1, history.STEP_DAYS):
            verdict = detect(history.part(series, end), direction=-1, budget_per_person_month=0.1)
            if isinstance(verdict, Change) and not was_on:
                full.append(verdict)
            was_on = isinstance(verdict, Change)
        quick = history.past_changes(series, -1, budget=0.1)
        assert {change.since for change in quick} <= {change.since for change in full}
        for change in full:
            assert any(abs((change.since - near.since).days) <= 3 for near in quick)
        assert bool(quick) == (size != 0.0)


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
