"""What a file is, is told by what is in it, never by its name."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.science.sensing.exports import DECLARATION, NOW, apple, gathered, steps, zipped

from heartsease.science.sensing.reading import SensingError, TornFile, UnknownFormat, read, sniff

A, B = "2026-05-01 08:00:00 +0100", "2026-05-01 08:10:00 +0100"
CSV = "time,stream,value\n2026-05-01T08:00:00Z,heart_rate,60\n"
NOTHING = {"whatever.xyz": b"", "zeros": b"\x00" * 5000, "blank.json": b" \n\t "}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (apple(steps(A, B, 8)).encode(), "apple_health"),
        (apple(steps(A, B, 8)).encode("utf-16"), "apple_health"),
        (b"\xef\xbb\xbf\n" + apple(steps(A, B, 8)).encode(), "apple_health"),
        (b"[]", "plain_json"),
        (b'\n {"samples": []}', "plain_json"),
        (CSV.encode(), "plain_csv"),
        (('"Time","Stream","Value"\n').encode("utf-16"), "plain_csv"),
        (b"feature, day , value\n", "plain_csv"),
    ],
)
def test_a_format_is_recognised_whatever_the_file_is_called(tmp_path, content, kind):
    for name in ("export.xml", "data.csv", "photo.jpg", "noending"):
        path = tmp_path / name
        path.write_bytes(content)
        assert sniff(path) == kind


def test_a_zip_is_recognised_by_what_it_holds(tmp_path):
    fitbit = {"Takeout/Fitbit/Global Export Data/steps-2026-04-01.json": []}
    assert sniff(zipped(tmp_path / "a.csv", fitbit)) == "fitbit_takeout"
    assert sniff(zipped(tmp_path / "b", {"x/export.xml": apple()})) == "apple_health"
    assert sniff(zipped(tmp_path / "c", {"x/Export.XML": apple(), **fitbit})) == "apple_health"


@pytest.mark.parametrize(
    "content",
    [
        b"<html><body>HealthData</body></html>",
        b"time,value\n1,2\n",
        b"%PDF-1.7",
        b"\x89PNG\r\n",
        b"plain words",
        f"{DECLARATION}<gpx/>".encode(),
    ],
)
def test_an_unknown_file_is_refused_and_what_is_accepted_is_named(tmp_path, content):
    path = tmp_path / "export.xml"
    path.write_bytes(content)
    with pytest.raises(UnknownFormat, match=r"Apple Health.*Fitbit.*CSV"):
        sniff(path)


@pytest.mark.parametrize("name", NOTHING)
def test_an_empty_file_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(NOTHING[name])
    with pytest.raises(TornFile, match="empty"):
        sniff(tmp_path / name)


def test_a_zip_or_folder_without_an_export_is_refused(tmp_path):
    with pytest.raises(UnknownFormat, match="This zip is of no known form"):
        sniff(zipped(tmp_path / "x.zip", {"notes.txt": "hello", "other.xml": "<x/>"}))
    with pytest.raises(UnknownFormat, match="This folder is of no known form"):
        sniff(tmp_path)


def test_what_is_not_there_is_said_to_be_not_there(tmp_path):
    with pytest.raises(UnknownFormat, match=r"no file gone\.csv"):
        sniff(tmp_path / "gone.csv")


@pytest.mark.parametrize("size", [4, 22, 40, 200])
def test_whatever_begins_like_a_zip_and_is_none_gets_a_sentence(tmp_path, size):
    whole = zipped(tmp_path / "a", {"export.xml": apple(steps(A, B, 8))}).read_bytes()
    for content in (whole[:size], whole[:4] + whole[-size:], b"PK" + b"\x05\x06" * size):
        path = tmp_path / "torn"
        path.write_bytes(content)
        with pytest.raises(SensingError) as error:
            list(read(path, now=NOW))
        assert str(error.value).endswith(".")


APPLE = {"export.xml": apple(*(steps(A, B, n) for n in range(1, 20)))}
FITBIT = {
    "Fitbit/steps-2026-04-01.json": [{"dateTime": "04/30/26 08:01:00", "value": "9"}] * 20,
    "Fitbit/Your Profile/Profile.csv": "timezone\nEurope/Berlin\n",
}


@settings(
    max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    files=st.sampled_from([APPLE, FITBIT]),
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
    end=st.one_of(st.none(), st.integers(1, 300)),
)
def test_a_zip_with_any_bytes_changed_gets_a_sentence_or_is_read(tmp_path, files, places, end):
    body = bytearray(zipped(tmp_path / "whole.zip", files).read_bytes())
    for place, value in places:
        body[int(place * (len(body) - 1))] = value
    path = tmp_path / "changed.zip"
    path.write_bytes(bytes(body[: -end if end else None]))
    try:
        gathered(path)
    except SensingError as error:
        assert str(error).endswith(".")


def test_progress_ends_at_one_for_every_format(tmp_path):
    files = {
        "a": apple(steps(A, B, 8)).encode(),
        "b": CSV.encode(),
        "c": json.dumps([{"day": "2026-05-01", "feature": "mood", "value": 3}]).encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        shares: list[float] = []
        gathered(tmp_path / name, progress=shares.append)
        assert shares[-1] == 1.0
        assert all(0 <= share <= 1 for share in shares)
