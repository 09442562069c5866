"""Mapped exports of any size and shape: many files, many rows, nothing lost, in flat memory."""

import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.science.sensing.exports import NOW, zipped
from tests.science.sensing.mapped_exports import (
    EXPORTS,
    MS,
    RADAR_KEY,
    SECONDS,
    single,
    tables_of,
)
from typer.testing import CliRunner

from heartsease.cli import app
from heartsease.science.sensing.readers import mapped, mapped_tables
from heartsease.science.sensing.reading import Batch, Setting, UnknownFormat, look_at, sniff

STEPS = RADAR_KEY + "value.timeInterval,value.steps\n"
GPS = "timestamp,UTC time,latitude,longitude,altitude,accuracy\n"
SCREEN = "timestamp,device_id,screen_status\n"
PEAK = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from heartsease.science.sensing.reading import Batch, read
rows = sum(
    one.table.num_rows
    for one in read(Path(sys.argv[1]), now=datetime(2026, 5, 10, tzinfo=UTC))
    if isinstance(one, Batch)
)
(peak,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(rows, int(peak.split()[1]) // 1024, "numba" in sys.modules)
"""


@pytest.mark.parametrize("name", EXPORTS)
def test_the_whole_list_of_formats_gives_each_export_to_its_own(tmp_path, name):
    assert sniff(zipped(tmp_path / "x.zip", EXPORTS[name])) == name


def test_a_table_that_lacks_a_column_is_named_with_it_and_the_others_are_read(tmp_path):
    files = {
        "screen.csv": SCREEN + f"{MS},d,1\n",
        "locations.csv": f"timestamp,device_id,double_latitude\n{MS},d,52.5\n",
    }
    frames, aside = tables_of(zipped(tmp_path / "x.zip", files))
    assert set(frames) == {"screen"}
    (one,) = aside
    assert (one.file, one.reason) == (
        "locations.csv",
        "the file was not read, for it has no column double_longitude",
    )


def test_a_single_table_that_lacks_a_column_is_of_no_known_form_and_says_what_is(tmp_path):
    path = single(tmp_path, "locations.csv", f"timestamp,device_id,double_latitude\n{MS},d,52.5\n")
    with pytest.raises(UnknownFormat, match=r"Accepted: .*AWARE.*Oura"):
        sniff(path)


def test_a_field_that_is_too_long_for_any_table_costs_its_line_alone(tmp_path):
    text = SCREEN + f"{MS},{'d' * 200_000},1\n{MS},d,2\n"
    frames, aside = tables_of(single(tmp_path, "x.csv", text))
    assert frames["screen"]["status"].to_list() == [2]
    assert [(one.line, one.reason) for one in aside] == [(2, mapped_tables.NOT_CSV)]


def test_a_zip_of_many_small_files_is_read_whole_and_file_by_file(tmp_path):
    files = {
        f"u1/gps/2026-05-{at // 24 + 1:02} {at % 24:02}_00_00.csv": GPS
        + f"{MS - at * 3_600_000},x,52.5,13.4,30,{'far' if at == 7 else 12.5}\n"
        + f"{MS - at * 3_600_000 + 1},x,{'north' if at == 9 else 52.5},13.4,30,12.5\n"
        for at in range(200)
    }
    told = []
    path = zipped(tmp_path / "x.zip", files)
    (known,) = (one for one in mapped.FORMATS if one.recognises(look_at(path)))
    found = list(known.read(path, Setting(NOW + timedelta(days=1), progress=told.append)))
    assert sum(one.table.num_rows for one in found if isinstance(one, Batch)) == 399
    aside = [one for one in found if not isinstance(one, Batch)]
    assert [(one.file, one.line, one.count) for one in aside] == [
        ("u1/gps/2026-05-01 09_00_00.csv", 3, 1)
    ]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_three_times_as_many_rows_take_no_more_room(tmp_path):
    peaks = []
    for count in (250_000, 750_000):
        path = tmp_path / f"{count}.csv"
        with path.open("w") as file:
            file.write(STEPS)
            for at in range(count):
                file.write(f"p,u,s,{SECONDS - at},0,1,{at % 90}\n")
        made = subprocess.run(
            [sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True
        )
        rows, peak, compiler = made.stdout.split()
        assert (int(rows), compiler) == (count, "False")
        peaks.append(int(peak))
    assert peaks[1] < 300
    assert peaks[1] - peaks[0] < 60


CELL = st.one_of(
    st.sampled_from(["", "-1", "nan", "1e400", "soon", "100001", "12.4", '"', "[1]"]),
    st.integers(-10, 200).map(str),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.integers(-5, 5), CELL, CELL), min_size=1, max_size=30))
def test_every_row_is_read_or_set_aside_and_what_is_read_is_what_was_written(tmp_path, rows):
    text = STEPS
    for day, lasts, steps in rows:
        quoted = [
            f'"{cell}"' if "," in cell else cell.replace('"', '""') for cell in (lasts, steps)
        ]
        text += f"p,u,s,{SECONDS + day * 86_400},0,{quoted[0]},{quoted[1]}\n"
    frames, aside = tables_of(single(tmp_path, "x.csv", text))
    read = frames["steps"].height if "steps" in frames else 0
    assert read + sum(one.count for one in aside) == len(rows)
    if read:
        whole = frames["steps"]
        spans = (whole["end"] - whole["ts"]).dt.total_seconds().to_list()
        told = list(zip(whole["ts"].dt.epoch("s"), spans, whole["n"], strict=True))
        for at, span, count in told:
            assert any(
                at == SECONDS + day * 86_400
                and span == pytest.approx(float(lasts), abs=0.5)
                and count == pytest.approx(float(steps), abs=0.5)
                for day, lasts, steps in rows
                if lasts not in ("", "soon", '"', "[1]") and steps not in ("", "soon", '"', "[1]")
            )


@pytest.mark.parametrize("name", ["oura", "whoop", "aware", "beiwe"])
def test_the_command_line_makes_a_report_of_a_single_file_of_an_export(tmp_path, name):
    file = {"aware": "screen.csv", "oura": "App Data/sleepmodel.csv"}.get(
        name, next(iter(EXPORTS[name]))
    )
    path = single(tmp_path, "upload.csv", EXPORTS[name][file])
    made = CliRunner().invoke(app, ["analyse", str(path), "--out", str(tmp_path / "report")])
    assert made.exit_code == 0, made.output
    assert name in (tmp_path / "report" / "report.json").read_text()
