"""A cohort: everybody's features, whoever does them; broken people and broken runs stop nothing."""

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
    made, aside = cohort.features_of(shard)
    assert made.is_empty()
    assert "do not stand together" in aside["reason"][0]


def test_what_is_no_cohort_is_refused(tmp_path):
    with pytest.raises(cohort.CannotRun, match="no folder called shard"):
        cohort.run(tmp_path, tmp_path)
    (tmp_path / "shard-0000").mkdir()
    with pytest.raises(cohort.CannotRun, match="no file of any stream"):
        cohort.run(tmp_path, tmp_path, workers=1)
    with pytest.raises(cohort.CannotRun, match="No engine"):
        cohort.run(tmp_path, tmp_path, engine="abacus")


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
    """Groups of one person, groups that mix people, and floats with holes: the same table."""
    rows = 40
    columns = tables("p", person(1, 2))["activity"].slice(0, rows)
    holes = np.full(rows, 5.0, np.float32)
    holes[3] = np.nan
    place = columns.schema.get_field_index("counts")
    columns = columns.set_column(place, columns.schema.field("counts"), pa.array(holes))
    who = pa.array(["a"] * 10 + ["b"] * 10 + ["c"] * 20)
    columns = columns.set_column(0, "pid", who)
    read = {}
    for size in (10, 15, 40):
        path = tmp_path / f"{size}.parquet"
        pq.write_table(columns, path, row_group_size=size)
        read[size] = cohort._table(path, "activity")
    for table in read.values():
        assert table["pid"].cast(pa.string()).to_pylist() == who.to_pylist()
        assert np.isnan(table["counts"].to_numpy()).nonzero()[0].tolist() == [3]
        for name in ("ts", "tz", "epoch_s", "quality", "device"):
            plain = table[name].cast(columns.schema.field(name).type)
            assert plain.to_pylist() == columns[name].to_pylist()


def test_one_row_a_person_is_read_with_its_own_time(tmp_path):
    columns = tables("p", person(1, 2))["steps"].slice(0, 3)
    columns = columns.set_column(0, "pid", pa.array(["a", "b", "c"]))
    path = tmp_path / "steps.parquet"
    pq.write_table(columns, path, row_group_size=1)
    table = cohort._table(path, "steps")
    assert table["ts"].to_pylist() == columns["ts"].to_pylist()
    assert table["n"].to_pylist() == columns["n"].to_pylist()
