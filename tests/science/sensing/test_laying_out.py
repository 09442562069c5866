"""Exports of many people become a cohort, and its features are those of each export alone."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from heartsease.cli import app
from heartsease.science.sensing import cohort
from heartsease.science.sensing.evaluation import evaluate_sensing
from heartsease.science.sensing.laying_out import lay_out

NOW = datetime(2026, 6, 1, tzinfo=UTC)


HEAD = "day,feature,value\n"
SAMPLES = {
    "ann.csv": HEAD
    + "".join(f"2026-05-{n:02d},steps,{4000 + n}\n" for n in range(1, 11))
    + "".join(f"2026-05-{n:02d},minutes_asleep,{400 + n}\n" for n in range(2, 11)),
    "bea.csv": HEAD + "2026-05-01,steps,100\n2026-05-02,steps,-5\n",
    "cem.csv": "time,end,stream,value\n"
    "2026-05-03T08:00:00+02:00,2026-05-03T09:00:00+02:00,steps,900\n",
}


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three people's exports of different formats, one that is none, and a note."""
    place = tmp_path / "exports"
    place.mkdir()
    for pid, text in SAMPLES.items():
        (place / pid).write_text(text, "utf-8")
    (place / "notes.txt").write_text("no export at all", "utf-8")
    (place / "README.md").write_text("who sent what", "utf-8")
    return place


def daily(pid: str, out: Path) -> pl.DataFrame:
    found = pl.read_parquet(out / "shard-*" / cohort.FEATURES_FILE)
    return found.filter(pl.col("pid") == pid).drop("pid").sort("feature", "day")


def test_a_cohort_of_exports_has_the_features_of_each_export(folder, tmp_path):
    shares: list[float] = []
    made = lay_out(folder, tmp_path / "laid", now=NOW, people_a_shard=2, progress=shares.append)
    assert (made.people, made.before) == (3, 0)
    assert any("notes.txt" in reason for reason in made.aside)
    assert shares[-1] == 1.0
    ran = cohort.run(tmp_path / "laid", tmp_path / "out", workers=1)
    assert ran.people == 3
    alone = evaluate_sensing(folder / "ann.csv")["features"]
    whole = daily("ann.csv", tmp_path / "out")
    assert {one: figures["days"] for one, figures in alone.items()} == dict(
        whole.group_by("feature").len().iter_rows()
    )
    assert daily("cem.csv", tmp_path / "out")["value"].to_list() == [900.0]
    assert daily("bea.csv", tmp_path / "out")["value"].to_list() == [100.0]


def test_who_is_laid_out_is_not_read_again_and_others_are_added(folder, tmp_path):
    laid = tmp_path / "laid"
    late = tmp_path / "late.csv"
    shutil.move(folder / "ann.csv", late)
    assert lay_out(folder, laid, now=NOW, people_a_shard=1).people == 2
    before = {path: path.stat().st_mtime_ns for path in laid.rglob("*.parquet")}
    (laid / ".shard-0002").mkdir()  # what a run that was broken off leaves
    (laid / ".shard-0002" / "steps.parquet").write_bytes(b"half")
    shutil.move(late, folder / "ann.csv")
    again = lay_out(folder, laid, now=NOW, people_a_shard=1)
    assert (again.people, again.before) == (1, 2)
    assert before == {path: path.stat().st_mtime_ns for path in before}
    assert not list(laid.glob(".shard-*"))


def test_nothing_to_lay_out_is_said(tmp_path):
    with pytest.raises(cohort.CannotRun, match="no export at"):
        lay_out(tmp_path / "nowhere", tmp_path / "laid", now=NOW)
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "notes.txt").write_text("no export at all", "utf-8")
    with pytest.raises(cohort.CannotRun, match="None of the exports"):
        lay_out(tmp_path / "some", tmp_path / "laid", now=NOW)


def test_the_two_commands(folder, tmp_path):
    command, laid, out = CliRunner(), str(tmp_path / "laid"), str(tmp_path / "out")
    said = command.invoke(app, ["cohort", "lay-out", str(folder), laid])
    assert said.exit_code == 0
    assert "3 now" in said.output
    assert "notes.txt" in said.output
    said = command.invoke(app, ["cohort", "run", laid, out, "--workers", "1"])
    assert said.exit_code == 0
    assert "People: 3." in said.output
    again = command.invoke(app, ["cohort", "run", laid, out, "--workers", "1"])
    assert "1 were done before" in again.output
    assert command.invoke(app, ["cohort", "run", str(folder), out]).exit_code == 2
    assert command.invoke(app, ["cohort", "lay-out", str(tmp_path / "no"), laid]).exit_code == 2


def test_shifted_dates_keep_weekday_clock_and_distance_and_differ_by_person(folder, tmp_path):
    plain, shifted = tmp_path / "plain", tmp_path / "shifted"
    lay_out(folder, plain, now=NOW)
    run = CliRunner().invoke(app, ["cohort", "lay-out", str(folder), str(shifted), "--shift-dates"])
    assert run.exit_code == 0, run.output
    weeks = {}
    for stream, column in (("daily", "day"), ("steps", "ts")):
        before, after = (
            pl.read_parquet(place / "shard-*" / f"{stream}.parquet") for place in (plain, shifted)
        )
        assert before.drop(column, "end", strict=False).equals(
            after.drop(column, "end", strict=False)
        )
        moved = (before[column] - after[column]).dt.total_days()
        assert ((moved % 7) == 0).all()
        assert moved.is_between(26 * 7, 156 * 7).all()
        for pid, days in zip(before["pid"], moved, strict=True):
            assert weeks.setdefault(pid, days) == days, "one shift a person"
        if column == "ts":
            assert (before["end"] - before["ts"]).equals(after["end"] - after["ts"])
            assert before["ts"].dt.time().equals(after["ts"].dt.time())


def test_each_person_has_a_shift_of_their_own(folder, tmp_path):
    drawn = iter([-30, -40, -50, -60, -70])
    lay_out(folder, tmp_path / "out", now=NOW, weeks_of=lambda: next(drawn))
    days = pl.read_parquet(tmp_path / "out" / "shard-*" / "daily.parquet")
    first = dict(days.group_by("pid").agg(pl.col("day").min()).iter_rows())
    assert first["ann.csv"].isoformat() == "2025-10-03"
    assert first["bea.csv"].isoformat() == "2025-07-25"
