"""Formats of phones: what the agreement covers is stored, places are not even written down."""

from __future__ import annotations

import io
import json

import pytest
from tests.apps.streams.devices import NOW, features, hand_in, left_over
from tests.people import agree

from heartsease.capture.streams.models import DayRecord, Quarantine, Status

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
    assert any(reason.startswith("gps: this place does not take it in") for reason in reasons)
    assert left_over(tmp_path) == []
