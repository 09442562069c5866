"""A cohort: everybody's features, whoever does them; broken people and broken runs stop nothing."""

import dataclasses
import shutil
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.make_cohort import make, person, tables

from heartsease.science.sensing import cohort
from heartsease.science.sensing.daily import daily_features
from heartsease.science.sensing.merging import merge
from heartsease.science.sensing.schema import DAILY_SCHEMA
from heartsease.science.sensing.shard import Stream, Writer

PERSONS, DAYS, SHARDS = 4, 9, 2


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    make(folder, PERSONS, DAYS, SHARDS)
    return folder


def features(out: Path) -> pl.DataFrame:
    found = pl.read_parquet(out / "shard-*" / cohort.FEATURES_FILE)
    return found.sort("pid", "feature", "day")


def test_everybody_gets_the_features_they_would_get_alone(source, tmp_path):
    ran = cohort.run(source, tmp_path, workers=1)
    assert (ran.shards, ran.people, ran.set_aside) == (SHARDS, PERSONS, 0)
    own = {
        stream: merge([table.drop_columns("pid")], stream)
        for stream, table in tables("p000003", person(3, DAYS)).items()
    }
    alone = daily_features(own).sort("feature", "day")
    there = features(tmp_path).filter(pl.col("pid") == "p000003").drop("pid")
    assert there.equals(alone)
    assert there["feature"].n_unique() > 30


def test_two_processes_give_the_same_as_one(source, tmp_path):
    cohort.run(source, tmp_path / "one", workers=1)
    shares: list[float] = []
    cohort.run(source, tmp_path / "two", workers=2, progress=shares.append)
    assert features(tmp_path / "two").equals(features(tmp_path / "one"))
    assert shares == [0.5, 1.0]


def test_a_run_that_was_broken_off_goes_on_where_it_was(source, tmp_path, monkeypatch):
    cohort.work_on(source / "shard-0000", tmp_path)
    (tmp_path / "shard-0001").mkdir()
    (tmp_path / "shard-0001" / ".features.parquet.1").write_bytes(b"half a file")
    seen = []
    work = cohort.work_on
    monkeypatch.setattr(cohort, "work_on", lambda s, o: seen.append(s.name) or work(s, o))
    ran = cohort.run(source, tmp_path, workers=1)
    assert seen == ["shard-0001"]
    assert (ran.done_before, ran.people) == (1, PERSONS)


def test_one_bad_person_is_set_aside_with_a_reason_and_the_others_are_done(
    source, tmp_path, monkeypatch
):
    real = cohort.daily_features
    calls = []

    def fragile(streams):
        calls.append(1)
        if len(calls) == 2:
            raise ValueError("a clock that runs backwards")
        return real(streams)

    monkeypatch.setattr(cohort, "daily_features", fragile)
    made, aside = cohort.features_of(source / "shard-0000")
    assert aside.rows() == [("p000002", "ValueError: a clock that runs backwards")]
    assert made["pid"].unique().to_list() == ["p000000"]


def test_a_torn_file_or_one_without_its_columns_costs_only_its_stream(source, tmp_path):
    shard = tmp_path / "shard-0000"
    shard.mkdir()
    for path in (source / "shard-0000").iterdir():
        (shard / path.name).write_bytes(path.read_bytes())
    (shard / "gps.parquet").write_bytes((shard / "gps.parquet").read_bytes()[:500])
    pq.write_table(pa.table({"pid": ["a"], "n": [1]}), shard / "steps.parquet")
    made, aside = cohort.features_of(shard)
    assert aside["reason"].str.starts_with("gps.parquet").any()
    assert "steps.parquet: no column" in "".join(aside["reason"].to_list())
    found = set(made["feature"].to_list())
    assert "unlocks" in found
    assert not {"steps", "home_stay_share"} & found


def test_rows_of_a_person_that_do_not_stand_together_are_refused(tmp_path):
    shard = tmp_path / "shard-0000"
    shard.mkdir()
    both = [tables(f"p{n}", person(n, 2))["steps"] for n in (0, 1)]
    pq.write_table(pa.concat_tables([*both, both[0]]), shard / "steps.parquet")
    with pytest.raises(cohort.CannotRun, match="do not stand together"):
        cohort.features_of(shard)


def test_what_is_no_cohort_is_refused(tmp_path):
    with pytest.raises(cohort.CannotRun, match="no folder called shard"):
        cohort.run(tmp_path, tmp_path)
    (tmp_path / "shard-0000").mkdir()
    with pytest.raises(cohort.CannotRun, match="No engine"):
        cohort.run(tmp_path, tmp_path, engine="abacus")


def test_a_shard_without_any_stream_is_set_aside_and_the_others_are_done(source, tmp_path):
    shutil.copytree(source, tmp_path / "in")
    (tmp_path / "in" / "shard-0009").mkdir()
    ran = cohort.run(tmp_path / "in", tmp_path / "out", workers=2)
    assert (ran.people, ran.shards, ran.set_aside) == (PERSONS, SHARDS + 1, 1)
    aside = pl.read_parquet(tmp_path / "out" / "shard-0009" / cohort.ASIDE_FILE)
    assert "no file of any stream" in aside["reason"][0]


def test_results_of_two_definitions_are_never_mixed(source, tmp_path, monkeypatch):
    cohort.run(source, tmp_path, workers=1)
    other = dict(cohort.FEATURES)
    other["steps"] = dataclasses.replace(other["steps"], version="0")
    monkeypatch.setattr(cohort, "FEATURES", other)
    with pytest.raises(cohort.CannotRun, match="other definitions of steps"):
        cohort.run(source, tmp_path, workers=1)


def test_a_worker_that_is_killed_is_said_and_what_is_done_stays(source, tmp_path, monkeypatch):
    def killed(shards, out, workers):
        yield cohort.work_on(shards[0], out)
        raise BrokenProcessPool

    with monkeypatch.context() as patch:
        patch.setattr(cohort, "_local", killed)
        with pytest.raises(cohort.CannotRun, match="after 1 of 2 shards"):
            cohort.run(source, tmp_path)
    assert cohort.run(source, tmp_path, workers=1).done_before == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_daft_on_two_workers_of_ray_gives_the_same(source, tmp_path):
    daft = pytest.importorskip("daft", reason="the extra `cluster` is not installed")
    ray = pytest.importorskip("ray", reason="the extra `cluster` is not installed")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        daft.set_runner_ray()
        cohort.run(source, tmp_path / "daft", engine="daft")
        cohort.run(source, tmp_path / "local", workers=1)
        assert features(tmp_path / "daft").equals(features(tmp_path / "local"))
    finally:
        ray.shutdown()


def test_what_a_group_says_once_is_not_read_and_comes_out_the_same(tmp_path):
    """Groups of one person, groups that mix people, and floats with holes: the same rows."""
    rows = 40
    columns = tables("p", person(1, 2))["activity"].slice(0, rows)
    holes = np.full(rows, 5.0, np.float32)
    holes[3] = np.nan
    place = columns.schema.get_field_index("counts")
    columns = columns.set_column(place, columns.schema.field("counts"), pa.array(holes))
    people = {"a": (0, 10), "b": (10, 10), "c": (20, 20)}
    who = pa.array([pid for pid, (_, count) in people.items() for _ in range(count)])
    columns = columns.set_column(0, "pid", who)
    for size in (1, 10, 15, 40):
        path = tmp_path / f"{size}.parquet"
        pq.write_table(columns, path, row_group_size=size)
        stream = Stream(path, "activity")
        assert stream.people == people
        for pid, span in people.items():
            table, whole = stream.of(pid), columns.slice(*span).drop_columns("pid")
            assert table.num_rows == span[1]
            assert (
                table.cast(whole.schema).drop_columns("counts").equals(whole.drop_columns("counts"))
            )
            assert np.array_equal(table["counts"], whole["counts"], equal_nan=True)


def test_what_is_written_for_a_person_is_read_for_that_person(tmp_path):
    """Every stream; of a stream without rows nobody is in the file."""
    for name, table in tables("p", person(1, 3)).items():
        own = table.drop_columns("pid")
        other = own.slice(own.num_rows // 2)
        with Writer(tmp_path / f"{name}.parquet", name) as writer:
            writer.add("b", own)
            writer.add("nobody", own.slice(0, 0))
            writer.add("a", other)
        stream = Stream(tmp_path / f"{name}.parquet", name)
        assert stream.of("b").cast(own.schema).equals(own)
        assert stream.of("a").cast(own.schema).equals(other)
        assert set(stream.people) == {"a", "b"}


def test_a_torn_group_costs_one_person_one_stream(tmp_path):
    shard = tmp_path / "shard-0000"
    shard.mkdir()
    with (
        Writer(shard / "steps.parquet", "steps") as steps,
        Writer(shard / "activity.parquet", "activity") as movement,
    ):
        for pid, number in (("a", 0), ("b", 1)):
            own = tables(pid, person(number, 3))
            steps.add(pid, own["steps"].drop_columns("pid"))
            movement.add(pid, own["activity"].drop_columns("pid"))
    meta = pq.read_metadata(shard / "activity.parquet")
    counts = [meta.schema.column(n).name for n in range(meta.num_columns)].index("counts")
    torn = meta.row_group(1).column(counts).data_page_offset
    with (shard / "activity.parquet").open("r+b") as file:
        file.seek(torn)
        file.write(b"\xff" * 64)
    made, aside = cohort.features_of(shard)
    assert aside["pid"].to_list() == ["b"]
    assert aside["reason"][0].startswith("activity.parquet")
    found = {pid: set(own["feature"]) for (pid,), own in made.group_by("pid")}
    assert "steps" in found["b"]
    assert found["a"] - found["b"] >= {"relative_amplitude", "l5_counts"}


def test_days_that_came_ready_made_stand_beside_those_made_of_samples(tmp_path):
    shard = tmp_path / "shard-0000"
    shard.mkdir()
    own = tables("a", person(0, 3))["steps"].drop_columns("pid")
    with Writer(shard / "steps.parquet", "steps") as steps:
        steps.add("a", own)
    made, _ = cohort.features_of(shard)
    day = made["day"][0]
    ready = pa.table(
        {
            "day": [day, day],
            "feature": ["steps", "mood"],
            "value": [1.0, 2.0],
            "data_yield": [1.0, 1.0],
        },
        schema=DAILY_SCHEMA,
    )
    with Writer(shard / "daily.parquet", "daily") as daily:
        daily.add("a", ready)
        daily.add("b", ready)
    both, aside = cohort.features_of(shard)
    assert aside.is_empty()
    assert both.filter(pl.col("pid") == "a", pl.col("feature") == "steps").equals(made)
    assert both.filter(pl.col("feature") == "mood")["value"].to_list() == [2.0, 2.0]
    assert both.filter(pl.col("pid") == "b", pl.col("feature") == "steps")["value"][0] == 1.0


def test_a_shard_of_which_nothing_can_be_read_is_named_and_tried_again(tmp_path):
    source, out = tmp_path / "cohort", tmp_path / "out"
    for name in ("shard-0000", "shard-0001"):
        (source / name).mkdir(parents=True)
        own = tables("a", person(1, 3))["steps"]
        pq.write_table(own, source / name / "steps.parquet")
    whole = (source / "shard-0001" / "steps.parquet").read_bytes()
    (source / "shard-0001" / "steps.parquet").write_bytes(whole[:100])
    assert cohort.run(source, out, workers=1).set_aside == 1
    reason = pl.read_parquet(out / "shard-0001" / cohort.ASIDE_FILE)["reason"][0]
    assert "shard-0001" in reason
    (source / "shard-0001" / "steps.parquet").write_bytes(whole)
    again = cohort.run(source, out, workers=1)
    assert (again.done_before, again.set_aside) == (1, 0)


@pytest.mark.parametrize("name", [cohort.FEATURES_FILE, cohort.ASIDE_FILE])
def test_results_that_are_none_are_named_in_a_sentence(tmp_path, name):
    source, out = tmp_path / "cohort", tmp_path / "out"
    (source / "shard-0000").mkdir(parents=True)
    pq.write_table(tables("a", person(1, 3))["steps"], source / "shard-0000" / "steps.parquet")
    cohort.run(source, out, workers=1)
    (out / "shard-0000" / name).write_bytes(b"no table")
    with pytest.raises(cohort.CannotRun, match="shard-0000"):
        cohort.run(source, out, workers=1)


def test_torn_definitions_are_said_in_a_sentence(tmp_path):
    (tmp_path / "cohort" / "shard-0000").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / cohort.DEFINITIONS_FILE).write_text('{"steps": "1')
    with pytest.raises(cohort.CannotRun, match=cohort.DEFINITIONS_FILE):
        cohort.run(tmp_path / "cohort", tmp_path / "out", workers=1)
