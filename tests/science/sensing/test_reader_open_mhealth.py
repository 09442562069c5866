"""Open mHealth: every data point gives a sample or a reason, in whatever form it comes."""

import json
import tarfile
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.direct import by, reasons, recognised

from heartsease.science.sensing.readers.open_mhealth import FORMATS
from heartsease.science.sensing.reading import SensingError

READ = (
    "heart-rate",
    "step-count",
    "sleep-episode",
    "sleep-duration",
    "total-sleep-time",
    "oxygen-saturation",
    "respiratory-rate",
    "rr-interval",
    "geoposition",
)
MOMENT = {"date_time": "2026-05-03T07:00:00+02:00"}
HOUR = {
    "time_interval": {
        "start_date_time": "2026-05-03T07:00:00+02:00",
        "end_date_time": "2026-05-03T08:00:00+02:00",
    }
}
SEVEN = datetime(2026, 5, 3, 5, tzinfo=UTC)


def pulse(value, frame=MOMENT, **more):
    body = {"heart_rate": {"value": value, "unit": "beats/min"}, "effective_time_frame": frame}
    return body | more


def point(name, body):
    schema = {"namespace": "omh", "name": name, "version": "2.0"}
    return {
        "header": {"schema_id": schema, "acquisition_provenance": {"source_name": "Band"}},
        "body": body,
    }


def written(folder, content):
    path = folder / "points.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_single_data_point_is_read_with_where_it_came_from(tmp_path):
    found, aside = by(FORMATS, written(tmp_path, point("heart-rate", pulse(61))))
    assert found["heart_rate"].select("ts", "tz", "bpm", "device", "source").rows() == [
        (SEVEN, 120, 61.0, "Band", "open_mhealth")
    ]
    assert aside == []


@pytest.mark.parametrize("form", ["list", "lines", "wrapped"])
def test_many_data_points_come_as_a_list_or_one_a_line(tmp_path, form):
    points = [point("heart-rate", pulse(61)), pulse(62)]
    made = {
        "list": points,
        "wrapped": {"data": points},
        "lines": "\n".join(json.dumps(one) for one in points),
    }
    found, aside = by(FORMATS, written(tmp_path, made[form]))
    assert found["heart_rate"]["bpm"].to_list() == [61, 62]
    assert aside == []


def test_every_measure_finds_its_stream(tmp_path):
    def value(number, unit):
        return {"value": number, "unit": unit}

    points = [
        {"step_count": value(700, "steps"), "effective_time_frame": HOUR},
        {"step_count": 300, "effective_time_frame": HOUR},
        {"oxygen_saturation": value(97, "%"), "effective_time_frame": MOMENT},
        {"respiratory_rate": value(14, "breaths/min"), "effective_time_frame": MOMENT},
        {"rr_interval": value(0.8, "sec"), "effective_time_frame": MOMENT},
        {
            "latitude": value(48.1, "deg"),
            "longitude": value(11.5, "deg"),
            "effective_time_frame": MOMENT,
        },
        pulse(52, temporal_relationship_to_physical_activity="at rest"),
        {"is_main_sleep": True, "effective_time_frame": HOUR},
    ]
    found, aside = by(FORMATS, written(tmp_path, points))
    assert aside == []
    assert found["steps"]["n"].to_list() == [700, 300]
    assert found["spo2"]["percent"].to_list() == [97]
    assert found["respiration"]["per_minute"].to_list() == [14]
    assert found["rr_interval"]["ms"].to_list() == [800]
    assert found["gps"]["lat"].to_list() == [48.1]
    assert found["resting_heart_rate"]["bpm"].to_list() == [52]
    assert found["sleep"]["stage"].to_list() == ["asleep"]


def test_intervals_are_told_by_any_two_of_start_end_and_duration(tmp_path):
    start, end = HOUR["time_interval"].values()
    length = {"value": 60, "unit": "min"}
    frames = [
        HOUR["time_interval"],
        {"start_date_time": start, "duration": length},
        {"duration": length, "end_date_time": end},
    ]
    points = [{"step_count": 9, "effective_time_frame": {"time_interval": one}} for one in frames]
    found, _ = by(FORMATS, written(tmp_path, points))
    assert found["steps"].select("ts", "end").unique().height == 1
    assert found["steps"]["ts"][0] == SEVEN


def test_what_is_no_sample_is_set_aside_with_its_number(tmp_path):
    evening = {"time_interval": {"date": "2026-05-03", "part_of_day": "evening"}}
    points = [
        pulse(40, HOUR, descriptive_statistic="minimum"),
        pulse(61, evening),
        pulse(0),
        pulse(400),
        point("blood-pressure", {"systolic": 1}),
        {"heart_rate": {"value": 1, "unit": "Hz"}, "effective_time_frame": MOMENT},
        {"step_count": 5, "effective_time_frame": MOMENT},
        {"step_count": -5, "effective_time_frame": HOUR},
        {"total_sleep_time": {"value": 7, "unit": "h"}, "effective_time_frame": HOUR},
        pulse(61, {"date_time": "soon"}),
        "nothing",
    ]
    found, aside = by(FORMATS, written(tmp_path, points))
    assert found == {}
    assert sorted(line for line, _, _ in reasons(aside)) == list(range(1, 12))


def test_a_file_cut_short_is_read_up_to_there(tmp_path):
    text = json.dumps([pulse(61), pulse(62), pulse(63)])
    found, aside = by(FORMATS, written(tmp_path, text[: text.rindex("heart_rate")]))
    assert found["heart_rate"]["bpm"].to_list() == [61, 62]
    assert [one.line for one in aside] == [3]


@pytest.mark.parametrize(
    "content",
    [
        '[{"time": "2026-05-04T08:00:00Z", "stream": "heart_rate", "value": 61}]',
        '{"samples": []}',
        '{"semanticSegments": []}',
        '[{"dateTime": "05/03/26", "value": {"bpm": 61}}]',
        "heart_rate",
    ],
)
def test_other_files_are_not_taken_for_it(tmp_path, content):
    assert recognised(FORMATS, written(tmp_path, content)) is None


def test_every_valid_document_of_a_schema_that_is_read_gives_a_sample_or_a_reason(shared, tmp_path):
    archive = shared.parent / "interop" / "omh_test_data" / "test-data.tar.gz"
    if not archive.exists():
        pytest.skip("no documents of Open mHealth beside the repository")
    count = 0
    with tarfile.open(archive) as whole:
        for member in whole.getmembers():
            if "/shouldPass/" not in member.name or member.name.split("/")[-4] not in READ:
                continue
            count += 1
            text = whole.extractfile(member).read().decode()
            found, aside = by(FORMATS, written(tmp_path, text))
            assert sum(table.height for table in found.values()) + len(aside) == 1, member.name
    assert count > 25


def test_lists_of_other_projects_are_read(shared):
    folder = shared / "wearable_formats"
    found, aside = by(FORMATS, folder / "mhealth_heart_rate.json")
    assert (found["heart_rate"].height, aside) == (3, [])
    found, aside = by(FORMATS, folder / "mhealth_geolocation.json")
    assert (found["gps"].height > 0, aside) == (True, [])
    found, aside = by(FORMATS, folder / "mhealth_total_sleep_time.json")
    assert (found, aside[0].count) == ({}, 4)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
WORDS = "header body schema_id name heart_rate value unit latitude duration date_time step_count"
KEYS = st.sampled_from([*WORDS.split(), "effective_time_frame", "time_interval", "namespace"])


@settings(max_examples=40)
@given(points=st.lists(st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON)), max_size=3))
def test_whatever_is_inside_nothing_but_a_sentence_comes_out(tmp_path_factory, points):
    path = written(tmp_path_factory.mktemp("any"), [pulse(61), *points])
    try:
        found, _ = by(FORMATS, path)
    except SensingError as error:
        assert str(error).endswith(".")
    else:
        assert found["heart_rate"].height >= 1
