"""What evaluate says of exports and of groups: its names, what was lost, and what it refuses."""

import gzip
import json

import numpy as np
import polars as pl
import pytest
from bench.make_cohort import make

from heartsease.science.errors import CannotEvaluate
from heartsease.science.evaluation import run
from heartsease.science.sensing.groups import evaluate_activity, twelve
from heartsease.science.sensing.evaluation import evaluate_sensing

NAMES = {"persons", "days", "features", "yield", "yield_ci", "quarantined", "seconds", "peak_mb"}
CSV = "time,end,stream,value\n"


def steps_of(days: int, count: int = 900) -> str:
    return CSV + "".join(
        f"2026-05-{day:02d}T08:00:00+02:00,2026-05-{day:02d}T20:00:00+02:00,steps,{count}\n"
        for day in range(1, days + 1)
    )


def test_every_export_of_a_folder_is_a_person_and_what_is_lost_is_counted(tmp_path):
    (tmp_path / "a.csv").write_text(steps_of(3) + "2026-05-09T08:00:00+02:00,,steps,1\n")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(steps_of(5).encode()))
    (tmp_path / "c.pdf").write_bytes(b"%PDF no export")
    (tmp_path / "SOURCE.txt").write_text("where it is from")
    found = evaluate_sensing(tmp_path)
    assert set(found) >= NAMES
    assert (found["persons"], found["days"], found["quarantined"]) == (2, 8, 2)
    assert found["features"]["steps"]["days"] == 8
    assert 0 < found["yield"] <= 1


def test_one_export_alone_is_one_person(tmp_path):
    path = tmp_path / "alone.csv"
    path.write_text(steps_of(2))
    found = run("sensing", path, instrument="", budget=0.1)
    assert (found["persons"], found["yield_ci"]) == (1, None)


def test_a_cohort_is_worked_on_by_shards(tmp_path):
    make(tmp_path, 2, 8, 2)
    found = evaluate_sensing(tmp_path)
    assert found["persons"] == 2
    assert "home_stay_share" in found["features"]
    json.dumps(found)


def test_nothing_that_can_be_read_is_refused_with_the_reasons(tmp_path):
    (tmp_path / "x.bin").write_bytes(b"\x00\x01nonsense")
    with pytest.raises(CannotEvaluate, match="no known form"):
        evaluate_sensing(tmp_path)
    with pytest.raises(CannotEvaluate, match="nothing at"):
        evaluate_sensing(tmp_path / "absent")


def test_a_damaged_gzip_is_set_aside(tmp_path):
    (tmp_path / "a.csv").write_text(steps_of(3))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(steps_of(5).encode())[:40])
    assert evaluate_sensing(tmp_path)["quarantined"] == 1


def counts(seed: int, *, days: int = 5, quiet: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    clock = np.arange(days * 1440) % 1440
    awake = (clock > 420) & (clock < 1380)
    return np.where(awake, quiet * rng.gamma(1.2, 200, len(clock)), rng.gamma(0.3, 20, len(clock)))


def table(tmp_path, *, difference: float, people: int = 6):
    parts = []
    for number in range(2 * people):
        quiet = 1.0 if number % 2 else difference
        own = counts(number, quiet=quiet)
        start = np.datetime64("2026-05-04T12:00", "us")
        parts.append(
            pl.DataFrame(
                {
                    "person": [f"p{number}"] * len(own),
                    "time": start + np.arange(len(own)).astype("timedelta64[m]"),
                    "counts": own,
                    "group": ["well" if number % 2 else "ill"] * len(own),
                }
            )
        )
    path = tmp_path / "activity.csv"
    pl.concat(parts).write_csv(path)
    return path


def test_groups_that_differ_are_told_apart_and_groups_that_do_not_are_not(tmp_path):
    found = evaluate_activity(table(tmp_path, difference=0.3))
    assert found["n"] == 12
    assert found["auc"] > 0.9
    # Told apart in every resample: an interval of no width would claim to know what it cannot.
    assert found["mcc"] == 1
    assert found["mcc_ci"] is None
    near = evaluate_activity(table(tmp_path, difference=0.93))
    low, high = near["auc_ci"]
    assert low <= near["auc"] <= high
    assert low < high
    same = evaluate_activity(table(tmp_path, difference=1.0))
    assert same["auc"] < 0.85


def test_folders_by_group_are_read_too(tmp_path):
    whole = pl.read_csv(table(tmp_path, difference=0.3), try_parse_dates=True)
    for (person, group), own in whole.partition_by("person", "group", as_dict=True).items():
        (tmp_path / "study" / group).mkdir(parents=True, exist_ok=True)
        kept = own.select(pl.col("time").alias("timestamp"), pl.col("counts").alias("activity"))
        kept.write_csv(tmp_path / "study" / group / f"{person}.csv")
    found = evaluate_activity(tmp_path / "study")
    assert found["groups"] == {"ill": 6, "well": 6}


def test_a_table_of_labels_gives_each_file_its_group(tmp_path):
    whole = pl.read_csv(table(tmp_path, difference=0.3), try_parse_dates=True)
    study = tmp_path / "study"
    study.mkdir()
    names = []
    for (person, group), own in whole.partition_by("person", "group", as_dict=True).items():
        own.select("time", "counts").write_csv(study / f"{person}.csv")
        names.append({"Number": person, "Group": group, "age": 40})
    pl.DataFrame(names).write_csv(study / "labels.csv")
    (study / "notes.csv").write_text("who,what\na,b\n")
    assert evaluate_activity(study)["groups"] == {"ill": 6, "well": 6}


def test_too_few_people_or_days_are_refused(tmp_path):
    with pytest.raises(CannotEvaluate, match="at least 5"):
        evaluate_activity(table(tmp_path, difference=0.3, people=3))
    assert twelve(counts(1, days=2)) is None


def test_twelve_features_are_finite_whatever_was_not_worn():
    worn = counts(1, days=6)
    worn[2000:2300] = np.nan
    found = twelve(worn)
    assert found is not None
    assert found.shape == (12,)
    assert np.isfinite(found).all()
