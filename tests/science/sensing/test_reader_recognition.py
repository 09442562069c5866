"""Each format recognises its own files and nobody else's, whatever they are called."""

import json

import pytest
from tests.science.sensing import test_reader_actigraphy as actigraphs
from tests.science.sensing import test_reader_gadgetbridge as bands
from tests.science.sensing import test_reader_garmin_fit as garmin
from tests.science.sensing import test_reader_google_timeline as places
from tests.science.sensing import test_reader_health_connect as phones
from tests.science.sensing import test_reader_open_mhealth as points
from tests.science.sensing import test_reader_tracks as tracks
from tests.science.sensing.exports import apple, pulse, zipped

from heartsease.science.sensing.readers import apple_health, fitbit_takeout, plain
from heartsease.science.sensing.reading import look_at

NEW = tuple(
    one
    for module in (actigraphs, bands, garmin, places, phones, points, tracks)
    for one in module.FORMATS
)
BEFORE = (*apple_health.FORMATS, *fitbit_takeout.FORMATS)
FIRST_ROW = '[{"time": "2026-05-04T08:00:00+02:00", "stream": "steps", "value": 4, "end": "x"}]'


def made(folder):
    """One file of every new format, and the name of the format."""
    yield "google_timeline", places.written(folder, {"semanticSegments": [places.PATH]}, "1")
    yield "google_timeline", places.written(folder, [places.STAY], "2")
    yield "health_connect", phones.database(folder, name="3")
    yield "gadgetbridge", bands.database(folder, {bands.HUAMI: (bands.SAMPLE, [])}, "4")
    yield "garmin_fit", garmin.written(folder, garmin.heart(0, 60), name="5")
    yield "gpx", tracks.written(folder, tracks.GPX % "", "6")
    yield "tcx", tracks.written(folder, tracks.TCX % "", "7")
    yield "open_mhealth", points.written(folder, points.point("heart-rate", points.pulse(60)))
    names = ("actiwatch_awd", "respironics_rpx", "daqtometer_dqt", "acttrust", "tempatilumi")
    for name, text in zip(names, actigraphs.ALL.values(), strict=True):
        yield name, actigraphs.written(folder, text, name=name)


def test_every_file_is_recognised_by_one_format_alone(tmp_path):
    for name, path in made(tmp_path):
        outside = look_at(path)
        assert [one.name for one in (*BEFORE, *NEW) if one.recognises(outside)] == [name]


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_archives_are_recognised_by_what_is_in_them(tmp_path, kind):
    inside = {
        "google_timeline": ("Takeout/Records.json", b'{"locations": [{"latitudeE7": 1}]}'),
        "health_connect": ("health_connect_export.db", b"SQLite format 3\x00"),
        "gadgetbridge": ("database/Gadgetbridge", b"SQLite format 3\x00"),
        "garmin_fit": ("x/1.fit", garmin.fit()),
        "gpx": ("x/1.gpx", tracks.GPX.encode()),
        "tcx": ("x/1.tcx", tracks.TCX.encode()),
    }
    for number, (name, (file, content)) in enumerate(inside.items()):
        path = tmp_path / f"{number}"
        if kind == "zip":
            zipped(path, {file: content, "other.txt": "x"})
        else:
            (path / file).parent.mkdir(parents=True)
            (path / file).write_bytes(content)
        assert [one.name for one in (*BEFORE, *NEW) if one.recognises(look_at(path))] == [name]


def test_what_others_read_is_left_to_them(tmp_path):
    at = "2026-05-03 08:00:00 +0200"
    texts = {
        "apple": apple(pulse(at, 61)),
        "plain.json": FIRST_ROW,
        "plain.csv": "time,stream,value\n2026-05-04T08:00:00+02:00,heart_rate,61\n",
        "other.json": json.dumps({"hello": [1, 2]}),
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.write_text(text)
        assert [one.name for one in NEW if one.recognises(look_at(path))] == []
    path = zipped(tmp_path / "fitbit.zip", {"Takeout/Fitbit/steps-2026-05-03.json": []})
    assert [one.name for one in NEW if one.recognises(look_at(path))] == []
    plain_one = look_at(tmp_path / "plain.json")
    assert any(one.recognises(plain_one) for one in plain.FORMATS)
