"""GPX and TCX: points with a time become places and pulse; hostile XML is refused."""

from datetime import UTC, datetime

import gpxpy.gpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.direct import by, reasons, recognised
from tests.science.sensing.exports import zipped

from heartsease.science.sensing.readers.tracks import FORMATS
from heartsease.science.sensing.reading import Dangerous, SensingError

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
GPX = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"\n'
    ' xmlns:t="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">\n'
    '<wpt lat="1" lon="1"><name>planned</name></wpt>\n<trk><trkseg>\n%s\n</trkseg></trk></gpx>'
)
POINT = (
    '<trkpt lat="48.1" lon="11.5"><ele>500</ele><time>2026-05-03T12:00:00Z</time><extensions>'
    "<t:TrackPointExtension><t:hr>%s</t:hr></t:TrackPointExtension></extensions></trkpt>"
)
TCX = (
    '<?xml version="1.0"?><TrainingCenterDatabase '
    'xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities>'
    "<Activity><Lap><MaximumHeartRateBpm><Value>190</Value></MaximumHeartRateBpm><Track>\n%s\n"
    "</Track></Lap></Activity></Activities></TrainingCenterDatabase>"
)
TRACKPOINT = (
    "<Trackpoint><Time>2026-05-03T14:00:00+02:00</Time><Position><LatitudeDegrees>48.1"
    "</LatitudeDegrees><LongitudeDegrees>11.5</LongitudeDegrees></Position>"
    "<HeartRateBpm><Value>%s</Value></HeartRateBpm></Trackpoint>"
)


def written(folder, text, name="a.gpx", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_a_gpx_gives_places_and_pulse(tmp_path):
    found, aside = by(FORMATS, written(tmp_path, GPX % (POINT % 120)), zone="Europe/Berlin")
    assert found["gps"].select("ts", "tz", "lat", "lon").rows() == [(NOON, 120, 48.1, 11.5)]
    assert found["heart_rate"]["bpm"].to_list() == [120]
    assert aside == []


def test_a_tcx_gives_places_and_pulse_but_no_maximum_of_a_lap(tmp_path):
    found, aside = by(FORMATS, written(tmp_path, TCX % (TRACKPOINT % 120), "a.tcx"))
    assert found["gps"].select("ts", "tz", "lat", "lon").rows() == [(NOON, 120, 48.1, 11.5)]
    assert found["heart_rate"]["bpm"].to_list() == [120]
    assert aside == []


def test_what_another_library_writes_is_read(tmp_path):
    segment = gpxpy.gpx.GPXTrackSegment(
        [gpxpy.gpx.GPXTrackPoint(48.1, 11.5, time=NOON), gpxpy.gpx.GPXTrackPoint(48.2, 11.6)]
    )
    track = gpxpy.gpx.GPXTrack()
    track.segments.append(segment)
    whole = gpxpy.gpx.GPX()
    whole.tracks.append(track)
    found, aside = by(FORMATS, written(tmp_path, whole.to_xml()))
    assert found["gps"]["ts"].to_list() == [NOON]
    assert [one.reason for one in aside] == ["a time that cannot be read"]


def test_a_zip_of_many_is_read(tmp_path):
    files = {"a.gpx": GPX % (POINT % 90), "b.GPX": GPX % (POINT % 91), "c.txt": "x"}
    found, _ = by(FORMATS, zipped(tmp_path / "a.zip", files))
    assert found["heart_rate"]["bpm"].to_list() == [90, 91]


def test_what_cannot_be_is_set_aside_with_its_line(tmp_path):
    points = "\n".join(
        [
            POINT % 0,
            POINT % 400,
            (POINT % 60).replace("48.1", "98"),
            (POINT % 60).replace("2026", "1999"),
        ]
    )
    found, aside = by(FORMATS, written(tmp_path, GPX % points))
    assert found["gps"].height == 2
    assert sorted(reasons(aside)) == [
        (6, "heart_rate: 0 is outside 25 to 240 beats a minute", 1),
        (7, "heart_rate: 400 is outside 25 to 240 beats a minute", 1),
        (8, "gps: 98 is outside -90 to 90 degrees", 1),
        (9, "the date lies before the year 2000", 2),
    ]


def test_a_file_cut_short_is_read_up_to_there(tmp_path):
    text = GPX % "\n".join([POINT % 60] * 500)
    found, aside = by(FORMATS, written(tmp_path, text[: len(text) // 2]))
    assert 200 < found["gps"].height < 300
    assert len(aside) == 1
    assert "ends" in aside[0].reason


def test_utf_16_is_read_and_an_encoding_nobody_knows_is_named(tmp_path):
    text = (GPX % (POINT % 60)).replace("UTF-8", "UTF-16")
    assert by(FORMATS, written(tmp_path, text, encoding="utf-16"))[0]["gps"].height == 1
    found, aside = by(FORMATS, written(tmp_path, (GPX % "").replace("UTF-8", "x-nobody")))
    assert found == {}
    assert len(aside) == 1


@pytest.mark.parametrize("before", ["", "<!-- <gpx > -->"])
def test_entities_are_refused_unread(tmp_path, before):
    bomb = f'{before}<!DOCTYPE gpx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<gpx '
    text = (GPX % (POINT % "&b;")).replace("<gpx ", bomb)
    with pytest.raises(Dangerous):
        by(FORMATS, written(tmp_path, text))


@pytest.mark.parametrize("text", ["<HealthData>", "<html><gpx-like/></html>", "lat,lon\n1,2"])
def test_other_files_are_not_taken_for_tracks(tmp_path, text):
    assert recognised(FORMATS, written(tmp_path, text)) is None


@settings(max_examples=25)
@given(rest=st.binary(max_size=300))
def test_whatever_follows_nothing_but_a_sentence_comes_out(tmp_path_factory, rest):
    path = tmp_path_factory.mktemp("any") / "a.gpx"
    path.write_bytes(b"<gpx >" + (POINT % 60).encode().replace(b"t:", b"") + rest)
    try:
        by(FORMATS, path)
    except SensingError as error:
        assert str(error).endswith(".")


def test_a_point_that_never_ends_is_given_up_and_what_came_before_is_read(tmp_path):
    text = GPX % (POINT % 60 + '\n<trkpt lat="1" lon="1">' + "<a/>" * 5000 + "</trkpt>")
    found, aside = by(FORMATS, written(tmp_path, text))
    assert found["gps"].height == 1
    assert len(aside) == 1


def test_elements_between_points_are_forgotten(tmp_path):
    """A megabyte of nothing between two points must not be kept as a tree."""
    from heartsease.science.sensing.readers import tracks

    path = written(tmp_path, GPX % ("<a><b/></a>" * 100_000 + POINT % 60))
    with path.open("rb") as file:
        (point,) = [len(one.getparent()) for one in tracks._streamed(file, "trkpt")]
    assert point <= 2
