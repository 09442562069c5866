"""Formats of phones: what the agreement covers is stored, places are not even written down."""

from __future__ import annotations

import io
import json

import pytest
from tests.apps.streams.devices import NOW, features, file_of, hand_in, left_over, steps
from tests.people import agree

from heartsease.capture.streams import accepted
from heartsease.capture.streams.models import DayRecord, Quarantine, Status
from heartsease.science.sensing.readers.registry import FORMATS

LAT, LON = 52.51234, 13.41234
TRACK = f"""<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="{LAT}" lon="{LON}"><time>2026-05-02T10:00:00Z</time>
  <extensions><hr>120</hr></extensions></trkpt>
<trkpt lat="{LAT}" lon="{LON}"><time>2026-05-02T10:01:00Z</time></trkpt>
</trkseg></trk></gpx>"""
OPEN_MHEALTH = [
    {
        "header": {"schema_id": {"namespace": "omh", "name": "step-count", "version": "2.0"}},
        "body": {
            "step_count": 900,
            "effective_time_frame": {
                "time_interval": {
                    "start_date_time": "2026-05-02T10:00:00Z",
                    "end_date_time": "2026-05-02T11:00:00Z",
                }
            },
        },
    }
]


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    with time_machine_at(NOW):
        yield cast.alice


def test_steps_of_an_open_mhealth_file_become_a_feature(alice):
    row = hand_in(alice, io.BytesIO(json.dumps(OPEN_MHEALTH).encode()), "steps.json")
    assert (row.status, row.format) == (Status.DONE, "open_mhealth")
    assert features(alice)["steps", "2026-05-02"] == 900


def test_places_are_left_out_and_the_person_is_told(alice, tmp_path):
    row = hand_in(alice, io.BytesIO(TRACK.encode()), "run.gpx")
    assert not DayRecord.objects.filter(person=alice, stream="gps").exists()
    reasons = [one.reason for one in Quarantine.objects.filter(upload=row)]
    assert any(reason.startswith("Places:") for reason in reasons)
    assert left_over(tmp_path) == []


def test_a_file_of_places_alone_is_refused_with_the_reason_and_nothing_is_kept(alice):
    track = TRACK.replace("<extensions><hr>120</hr></extensions>", "")
    row = hand_in(alice, io.BytesIO(track.encode()), "walk.gpx")
    assert row.status == Status.FAILED
    assert "file of places" in row.message
    assert "nothing was kept" in row.message
    assert not DayRecord.objects.filter(person=alice).exists()


def test_forms_that_hold_places_alone_are_named_where_the_site_asks_for_places(settings):
    assert "Google location timeline" in accepted.names()
    read = {one.title.partition(" (")[0].removeprefix("or ") for one in FORMATS}
    assert set(accepted.names()) == read
    settings.SITE_POLICY.write_text("[features]\nplaces = false\n")
    assert not any("location" in title for title in accepted.titles())
    assert set(accepted.names()) == read - {"Google location timeline", "OwnTracks"}


def test_a_timeline_is_refused_while_places_are_off(alice):
    timeline = [
        {
            "startTime": "2026-05-02T10:00:00Z",
            "endTime": "2026-05-02T11:00:00Z",
            "visit": {"topCandidate": {"placeLocation": f"geo:{LAT},{LON}"}},
        }
    ]
    row = hand_in(alice, io.BytesIO(json.dumps(timeline).encode()), "Timeline.json")
    assert (row.status, row.format) == (Status.FAILED, "google_timeline")
    assert "under Privacy" in row.message


def test_a_file_of_no_known_form_is_told_what_is_taken_in(alice):
    row = hand_in(alice, io.BytesIO(b"\x89PNG and so on"), "face.png")
    assert row.status == Status.FAILED
    assert "Fitbit" in row.message


def test_one_new_day_is_counted_as_one(alice):
    assert "1 day is new" in hand_in(alice, file_of(steps(1, 4000))).message
    assert "2 days are new" in hand_in(alice, file_of(steps(3, 1), steps(4, 1)), "b.csv").message
