"""Small files that would grow large: each is read within a bound, or refused with a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from heartsease.science.sensing import crowded
from heartsease.science.sensing.readers import archive, documents, fitbit_takeout
from heartsease.science.sensing.reading import (
    Batch,
    Dangerous,
    Quarantined,
    TornFile,
    UnknownFormat,
    format_of,
    read,
)
from heartsease.science.sensing.spool import Spool

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
READ = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from heartsease.science.sensing.reading import SensingError, read
try:
    for _ in read(Path(sys.argv[1]), now=datetime(2026, 5, 4, tzinfo=UTC)): pass
except SensingError: pass
found = Path("/proc/self/status").read_text().partition("VmHWM:")[2]
print(int(found.split()[0]) // 1024)
"""


def everything(path: Path) -> tuple[int, list[Quarantined]]:
    pieces = list(read(path, now=NOW))
    samples = sum(piece.table.num_rows for piece in pieces if isinstance(piece, Batch))
    return samples, [piece for piece in pieces if isinstance(piece, Quarantined)]


def zipped(path: Path, name: str, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr(name, content)
    return path


def with_noise(unit: bytes, bytes_: int) -> bytes:
    """A unit again and again, with enough between that a zip of it is not refused at once."""
    parts = [
        unit * (9000 // len(unit)) + os.urandom(12).hex().encode() for _ in range(bytes_ // 9000)
    ]
    return b"".join(parts)


def fitbit_table(folder: Path) -> Path:
    text = b"timestamp,steps\n" + with_noise(b"1\n", 30_000_000)
    return zipped(folder / "a.zip", "Takeout/Fitbit/steps_2026-05-01.csv", text)


def fitbit_list(folder: Path) -> Path:
    text = b"[" + with_noise(b"{},", 30_000_000).replace(b"\n", b"") + b"{}]"
    return zipped(folder / "a.zip", "Takeout/Fitbit/steps-2026-05-01.json", text)


def message(folder: Path) -> Path:
    path = folder / "a.json"
    start = b'{"data":{"metrics":[{"name":"step_count","units":"count","data":['
    path.write_bytes(start + b"{}," * 8_200_000 + b"{}]}]}}")
    return path


def long_track(path: Path, start: bytes, before: bytes, after: bytes, end: bytes) -> Path:
    """A track with half a gigabyte of text in it, written bit by bit."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole,
        whole.open("a.gpx", "w", force_zip64=True) as file,
    ):
        file.write(b'<?xml version="1.0"?><gpx>' + start)
        for _ in range(60):
            file.write(before + b"a" * 9_000_000 + after)
            file.write(b"<!--" + os.urandom(20_000).hex().encode() + b"-->")
        file.write(end)
    return path


def track(folder: Path) -> Path:
    point = b'<trk><trkseg><trkpt lat="1" lon="2">'
    end = b"</trkpt></trkseg></trk></gpx>"
    return long_track(folder / "a.zip", point, b"<x>", b"</x>", end)


def nested_track(folder: Path) -> Path:
    return long_track(folder / "a.zip", b"", b"<a>", b"<b/>", b"")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
@pytest.mark.parametrize("made", [fitbit_table, fitbit_list, message, track, nested_track])
def test_a_small_file_stays_small_in_memory(made: Callable[[Path], Path], tmp_path):
    path = made(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) < 600, f"{path.stat().st_size} bytes took {ran.stdout} MB"


def test_the_rows_of_a_table_beyond_the_limit_are_set_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(fitbit_takeout, "MOST_ROWS", 3)
    rows = "".join(f"2026-05-01T10:0{minute}:00Z,{minute + 1}\n" for minute in range(5))
    path = zipped(tmp_path / "a.zip", "steps_2026-05-01.csv", f"timestamp,steps\n{rows}".encode())
    samples, aside = everything(path)
    assert samples == 3
    assert [piece.reason for piece in aside] == [fitbit_takeout.TOO_MANY]


def test_a_message_of_too_many_entries_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "MOST_OBJECTS", 10)
    path = tmp_path / "a.json"
    path.write_text('[{"time": "2026-05-01"}' + ', {"stream": "steps"}' * 10 + "]")
    with pytest.raises(documents.TooMuch):
        everything(path)


def test_a_table_of_too_many_columns_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time,stream,value" + ",x" * 600 + "\n" + "1\n" * 10)
    with pytest.raises(TornFile):
        everything(path)


def test_a_row_that_never_ends_is_no_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time,stream,value\n" + '"\n",' * 40_000)
    with pytest.raises(TornFile):
        everything(path)


def pulse(path: Path, days: int, a_day: int) -> Path:
    start = NOW - timedelta(days=days + 1)
    lines = [
        f"{(start + timedelta(days=day, seconds=one)).isoformat()},heart_rate,61\n"
        for day in range(days)
        for one in range(a_day)
    ]
    path.write_text("time,stream,value\n" + "".join(lines))
    return path


def test_a_day_of_more_samples_than_devices_take_keeps_the_first_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr(crowded, "MOST_A_DAY", 4)
    samples, (aside,) = everything(pulse(tmp_path / "a.csv", days=2, a_day=6))
    assert (samples, aside.count, aside.file) == (8, 4, "a.csv")
    assert "heart_rate" in aside.reason


def test_a_month_too_full_for_memory_comes_in_parts_and_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("heartsease.science.sensing.spool.MOST_ROWS_AT_ONCE", 20)
    monkeypatch.setattr("heartsease.science.sensing.spool.ROWS_AT_ONCE", 12)
    spool = Spool(tmp_path)
    for piece in read(pulse(tmp_path / "a.csv", days=9, a_day=5), now=NOW):
        assert isinstance(piece, Batch)
        spool.add(piece)
    spool.close()
    stretches = list(spool.stretches())
    assert len(stretches) > 3
    assert sum(spool.between(*one)["heart_rate"].height for one in stretches) == 45


def test_a_zip_of_many_names_is_not_opened_anew_for_every_name(tmp_path, monkeypatch):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as whole:
        for number in range(30):
            for name in ("raw_{}.csv", "sleep{}.csv", "{}.fit", "{}.gpx", "{}/Timeline.json"):
                whole.writestr(name.format(number), b"nothing")
    opened = []
    keep = archive.opened

    def counted(one):
        opened.append(one)
        return keep(one)

    monkeypatch.setattr(archive, "opened", counted)
    with pytest.raises(UnknownFormat):
        format_of(path)
    assert len(opened) < 5


def test_a_zip_of_more_files_than_any_export_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_MEMBERS", 10)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as whole:
        for number in range(11):
            whole.writestr(f"{number}", b"")
    with pytest.raises(Dangerous):
        format_of(path)
