"""Exports of many people become a cohort, and its features are those of each export alone."""

import fcntl
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from heartsease.cli import app
from heartsease.science.sensing import cohort
from heartsease.science.sensing.evaluation import evaluate_sensing
from heartsease.science.sensing.exports import exports
from heartsease.science.sensing.laying_out import LOCK, lay_out
from heartsease.science.sensing.reading import Unread, read

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


HALVED = '{"header":{"schema_id":{"namespace":"omh","name":"heart-rate","version":"1.0"},' + (
    '"acquisition_provenance":{"source_name":"\\ud800"}},"body":{"heart_rate":{"value":61,'
    '"unit":"beats/min"},"effective_time_frame":{"date_time":"2026-05-01T10:00:00Z"}}}'
)
ENDLESS = (
    '<HealthData><Record type="HKQuantityTypeIdentifierStepCount" sourceName="&#'
    + "9" * 5000
    + ';" unit="count" startDate="2026-05-01 10:00:00 +0000" endDate="2026-05-01 10:01:00 +0000" '
    'value="5"/></HealthData>'
)


@pytest.mark.parametrize(("name", "text"), [("half.json", HALVED), ("endless.xml", ENDLESS)])
def test_a_character_that_is_none_costs_nothing(folder, tmp_path, name, text):
    (folder / name).write_text(text, "utf-8")
    made = lay_out(folder, tmp_path / "laid", now=NOW)
    assert (made.people, [one for one in made.aside if name in one]) == (4, [])


def test_a_name_that_is_no_text_is_written_as_one(folder, tmp_path):
    odd = os.fsdecode(b"caf\xe9.csv")
    (folder / odd).write_text(SAMPLES["ann.csv"], "utf-8")
    (folder / os.fsdecode(b"n\xe9.csv")).write_text("no export", "utf-8")
    assert lay_out(folder, tmp_path / "laid", now=NOW).people == 4
    assert lay_out(folder, tmp_path / "laid", now=NOW).before == 4
    cohort.run(tmp_path / "laid", tmp_path / "out", workers=1)
    shown = CliRunner().invoke(app, ["cohort", "lay-out", str(folder), str(tmp_path / "two")])
    assert shown.exit_code == 0, shown.output
    json.dumps(evaluate_sensing(folder), ensure_ascii=False).encode()


def test_an_export_on_which_a_reader_fails_is_set_aside_and_the_others_are_laid_out(
    folder, tmp_path, monkeypatch
):
    def fail(row, latest, daily):
        if "4001" in str(row["value"]):
            raise RuntimeError("a mistake of ours")
        return keep(row, latest, daily)

    from heartsease.science.sensing.readers import plain

    keep = plain._daily
    monkeypatch.setattr(plain, "_daily", fail)
    made = lay_out(folder, tmp_path / "laid", now=NOW)
    assert made.people == 2
    assert any("ann.csv" in reason and "RuntimeError" in reason for reason in made.aside)
    assert evaluate_sensing(folder)["persons"] == 2
    with pytest.raises(Unread):
        list(read(folder / "ann.csv", now=NOW))


def test_a_damaged_shard_is_named_in_a_sentence(folder, tmp_path):
    out = tmp_path / "laid"
    lay_out(folder, out, now=NOW)
    torn = next(out.glob("shard-*/*.parquet"))
    torn.write_bytes(torn.read_bytes()[:50])
    with pytest.raises(cohort.CannotRun, match=torn.parent.name):
        lay_out(folder, out, now=NOW)


def test_a_shard_that_somebody_else_named_is_no_trouble(folder, tmp_path):
    out = tmp_path / "laid"
    (out / "shard-x").mkdir(parents=True)
    assert lay_out(folder, out, now=NOW).people == 3
    assert (out / "shard-0000").is_dir()


def test_two_runs_into_one_folder_do_not_meet(folder, tmp_path):
    out = tmp_path / "laid"
    out.mkdir()
    with (out / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(cohort.CannotRun, match="Another run"):
            lay_out(folder, out, now=NOW)
    assert lay_out(folder, out, now=NOW).people == 3


FITBIT = '[{"dateTime": "05/01/26 08:00:00", "value": "640"}]'


def names(found):
    return [one.name for one in found]


def test_an_export_beside_the_files_of_another_format_is_a_person_of_its_own(folder):
    (folder / "steps-2026-05-01.json").write_text(FITBIT)
    found = evaluate_sensing(folder)
    assert found["persons"] >= 3


def test_sub_folders_built_alike_are_people_and_parts_of_one_export_are_not(tmp_path):
    many, one = tmp_path / "many", tmp_path / "one"
    for number, pid in enumerate(("ann", "bea")):
        (many / pid / "Takeout").mkdir(parents=True)
        name = f"steps-2026-05-0{number + 1}.json"
        (many / pid / "Takeout" / name).write_text(FITBIT)
    assert names(exports(many)) == ["ann", "bea"]
    for part, name in (("a", "steps-2026-05-01.json"), ("b", "heart_rate-2026-05-01.json")):
        (one / part).mkdir(parents=True)
        (one / part / name).write_text(FITBIT)
    (one / "sleep-2026-05-01.json").write_text("[]")
    (one / "badge.json").write_text("[]")
    assert exports(one) == [one]
