"""Apple Health: whatever a valid export may look like is read, what cannot be is set aside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.science.sensing.exports import (
    ASLEEP,
    QUANTITY,
    SLEEP,
    apple,
    apple_file,
    gathered,
    pulse,
    record,
    sleep,
    steps,
)

from heartsease.science.sensing.merging import merge
from heartsease.science.sensing.readers import apple_health

A, B = "2026-05-01 08:00:00 +0100", "2026-05-01 08:10:00 +0100"
NIGHT = ("2026-04-30 23:30:00 +0100", "2026-05-01 06:30:00 +0100")


def reasons(aside):
    return {piece.reason: piece.count for piece in aside}


def test_every_stream_is_read_with_its_unit_offset_and_device(tmp_path):
    device = "&lt;&lt;HKDevice: 0x28&gt;, name:Apple Watch, manufacturer:Apple Inc.&gt;"
    path = apple_file(
        tmp_path,
        steps(A, B, 120, device=device),
        pulse(A, 61),
        pulse(B, 1.5, unit="count/s"),
        record("RestingHeartRate", A, B, 55, unit="count/min"),
        record("HeartRateVariabilitySDNN", A, A, 48.25, unit="ms"),
        record("HeartRateVariabilitySDNN", B, B, 0.05, unit="s"),
        sleep(*NIGHT),
    )
    found, aside = gathered(path)
    assert aside == []
    row = found["steps"].row(0, named=True)
    assert (row["ts"], row["tz"], row["n"]) == (datetime(2026, 5, 1, 7, tzinfo=UTC), 60, 120)
    assert (row["device"], row["source"]) == ("Apple Watch", "Watch")
    assert found["heart_rate"]["bpm"].to_list() == [61, 90]
    assert found["resting_heart_rate"]["bpm"].to_list() == [55]
    assert found["hrv_sdnn"]["ms"].to_list() == [48.25, 50]
    assert "hrv_rmssd" not in found
    assert found["sleep"]["stage"].to_list() == ["light"]


def test_attributes_are_read_in_any_order_and_with_either_quote(tmp_path):
    odd = (
        f"<Record value='7' endDate='{B}' startDate=\"{A}\"\n  unit='count' "
        f"sourceName='a \"b\"' type='{QUANTITY}StepCount' ></Record>"
    )
    found, aside = gathered(apple_file(tmp_path, odd, steps(A, B, 8)))
    assert aside == []
    assert sorted(found["steps"]["n"].to_list()) == [7, 8]
    assert set(found["steps"]["source"]) == {'a "b"', "Watch"}


def test_a_file_in_single_quotes_throughout_is_read(tmp_path):
    text = steps(A, B, 8).replace('"', "'")
    found, aside = gathered(apple_file(tmp_path, text))
    assert (found["steps"]["n"].to_list(), aside) == ([8], [])


def test_names_with_entities_and_other_scripts_come_out_as_they_were(tmp_path):
    name = "Zoë&#8217;s &lt;3 &amp; é 時計"
    found, _ = gathered(apple_file(tmp_path, steps(A, B, 8, source=name)))
    assert found["steps"]["source"].to_list() == ["Zoë\u2019s <3 & é 時計"]


def test_entities_in_names_are_never_expanded_into_more(tmp_path):
    found, _ = gathered(apple_file(tmp_path, steps(A, B, 8, source="&lol9; &amp;lt;")))
    assert found["steps"]["source"].to_list() == ["&lol9; &lt;"]


def test_nested_metadata_and_beats_belong_to_their_record(tmp_path):
    inside = (
        '>\n <MetadataEntry key="x" value="1"/>\n <HeartRateVariabilityMetadataList>'
        '<InstantaneousBeatsPerMinute bpm="61" time="8:00"/></HeartRateVariabilityMetadataList>\n'
        " </Record>"
    )
    path = apple_file(
        tmp_path, record("HeartRateVariabilitySDNN", A, A, 48, unit="ms", tail=inside), pulse(A, 60)
    )
    found, aside = gathered(path)
    assert aside == []
    assert (len(found["hrv_sdnn"]), len(found["heart_rate"])) == (1, 1)


@pytest.mark.parametrize(
    ("offset", "minutes"), [("-0330", -210), ("-0800", -480), ("+0545", 345), ("+0000", 0)]
)
def test_offsets_are_kept_as_written(tmp_path, offset, minutes):
    at = f"2026-05-01 08:00:00 {offset}"
    found, _ = gathered(apple_file(tmp_path, pulse(at, 60)))
    row = found["heart_rate"].row(0, named=True)
    assert row["tz"] == minutes
    assert row["ts"].timestamp() == datetime.fromisoformat(at).timestamp()


def test_samples_around_the_change_of_clocks_keep_their_order(tmp_path):
    before, after = "2026-03-29 00:59:59 +0000", "2026-03-29 02:00:01 +0100"
    found, _ = gathered(apple_file(tmp_path, pulse(before, 60), pulse(after, 61)))
    times = found["heart_rate"]["ts"].to_list()
    assert (times[1] - times[0]).total_seconds() == 2
    assert found["heart_rate"]["tz"].to_list() == [0, 60]


def test_what_cannot_be_is_set_aside_with_its_line_and_the_rest_is_read(tmp_path):
    path = apple_file(
        tmp_path,
        steps(A, B, 8),
        steps(A, B, 8, unit="furlong"),
        pulse(A, 400),
        pulse(A, "many"),
        pulse("2031-05-01 08:00:00 +0100", 60),
        steps(A, "2031-05-01 08:00:00 +0100", 5),
        pulse("1999-05-01 08:00:00 +0100", 60),
        pulse("yesterday", 60),
        steps(B, A, 5),
        sleep(*NIGHT, stage=ASLEEP + "Upsidedown"),
        sleep("2026-04-28 20:00:00 +0100", "2026-04-29 21:00:00 +0100"),
        pulse(A, "nan"),
    )
    found, aside = gathered(path)
    assert found["steps"]["n"].to_list() == [8]
    assert set(found) == {"steps"}
    assert reasons(aside) == {
        "steps: the unit 'furlong' is not known": 1,
        "heart_rate: a value outside 25 to 240 beats a minute": 2,
        "heart_rate: 'many' is not a number": 1,
        "the date lies in the future": 2,
        "the date lies before the year 2000": 1,
        "a time that cannot be read": 1,
        "the end lies before the start": 1,
        f"no sleep stage is called '{ASLEEP}Upsidedown'": 1,
        "a sleep longer than a day": 1,
    }
    lines = {piece.reason: piece.line for piece in aside}
    assert lines["steps: the unit 'furlong' is not known"] == 7
    assert lines["a sleep longer than a day"] == 16
    assert {piece.file for piece in aside} == {"export.xml"}


def test_thirty_thousand_wrong_rows_take_no_longer_than_right_ones(tmp_path):
    lines = [steps(A, B, number % 90, unit="furlong") for number in range(30_000)]
    _, aside = gathered(apple_file(tmp_path, *lines))
    assert reasons(aside) == {"steps: the unit 'furlong' is not known": 30_000}
    assert aside[0].line == 6


def test_a_file_of_nothing_but_different_mistakes_stays_small(tmp_path):
    lines = [pulse(A, f"w{number}") for number in range(2000)]
    _, aside = gathered(apple_file(tmp_path, *lines))
    assert len(aside) <= 101
    assert sum(piece.count for piece in aside) == 2000


def test_bytes_that_are_no_text_are_set_aside_or_replaced_never_fatal(tmp_path):
    path = tmp_path / "export.xml"
    text = apple(steps(A, B, 8, source="S@"), sleep(*NIGHT, stage=ASLEEP + "@"), pulse(A, 60))
    path.write_bytes(text.encode().replace(b"@", b"\xff"))
    found, aside = gathered(path)
    assert found["steps"]["n"].to_list() == [8]
    assert found["heart_rate"]["bpm"].to_list() == [60]
    assert "sleep" not in found
    assert len(aside) == 1


def test_the_same_record_inside_a_correlation_counts_once_after_merging(tmp_path):
    inside = f'<Correlation type="HKCorrelationTypeIdentifierFood">\n{pulse(A, 60)}\n</Correlation>'
    found, aside = gathered(apple_file(tmp_path, pulse(A, 60), inside))
    assert aside == []
    assert merge([found["heart_rate"].to_arrow()], "heart_rate").num_rows == 1


def test_workout_statistics_are_no_records(tmp_path):
    extra = f'<WorkoutStatistics type="{QUANTITY}StepCount" startDate="{A}" endDate="{B}" sum="9"/>'
    found, aside = gathered(apple_file(tmp_path, steps(A, B, 8), extra))
    assert (found["steps"]["n"].to_list(), aside) == ([8], [])


def test_a_record_written_inside_an_attribute_is_no_record(tmp_path):
    trick = f'<MetadataEntry key="note" value=\'type="{QUANTITY}StepCount" value="9"\'/>'
    name = f"type='{QUANTITY}StepCount' value='9'"
    found, aside = gathered(
        apple_file(tmp_path, steps(A, B, 8), trick, record("Height", A, B, 2, source=name))
    )
    assert (found["steps"]["n"].to_list(), aside) == ([8], [])


@pytest.mark.parametrize("around", ["<!--\n{}\n-->", "<![CDATA[\n{}\n]]>", "<!-- - -- {} -->"])
def test_what_looks_like_a_record_in_a_comment_or_character_data_is_none(tmp_path, around):
    path = apple_file(
        tmp_path,
        steps(A, B, 8),
        around.format(steps(A, B, 9)),
        steps(A, B, 10, unit="furlong", source="Hey!"),
    )
    found, aside = gathered(path)
    assert found["steps"]["n"].to_list() == [8]
    assert aside[0].line == path.read_text()[: path.read_text().index("furlong")].count("\n") + 1


def test_a_record_with_a_part_missing_is_set_aside_with_its_line(tmp_path):
    whole = steps(A, B, 8)
    broken = [whole.replace(f'endDate="{B}" ', ""), whole.replace('value="8"', 'value="8'), whole]
    found, aside = gathered(apple_file(tmp_path, *broken))
    assert found["steps"]["n"].to_list() == [8]
    assert reasons(aside) == {"a record that cannot be read": 2}
    assert aside[0].line == 6


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(block=st.integers(1, 900), longest=st.integers(1, 400))
def test_no_border_between_blocks_changes_what_is_read(tmp_path, monkeypatch, block, longest):
    metadata = '>\n  <MetadataEntry key="x" value="1"/>\n </Record>'
    path = apple_file(
        tmp_path,
        steps(A, B, 8, source="Zoë&#8217;s"),
        f"<!-- {steps(A, B, 9)} -->",
        pulse(A, 60, tail=metadata),
        f"<![CDATA[{pulse(A, 61)}]]>",
        steps(A, B, 10).replace('"', "'"),
        pulse(A, 999),
        sleep(*NIGHT),
    )
    whole, aside = gathered(path)
    monkeypatch.setattr(apple_health, "BLOCK_BYTES", block)
    monkeypatch.setattr(apple_health, "LONGEST_TAG_BYTES", 4000)
    cut, cut_aside = gathered(path)
    assert {name: frame.rows() for name, frame in cut.items()} == {
        name: frame.rows() for name, frame in whole.items()
    }
    assert cut_aside == aside
    assert whole["steps"]["n"].to_list() == [8, 10]


def test_every_possible_cut_of_a_tag_gives_the_same(tmp_path, monkeypatch):
    path = apple_file(tmp_path, steps(A, B, 8), pulse(A, 60))
    expected, _ = gathered(path)
    for block in range(1, path.stat().st_size + 1, 7):
        monkeypatch.setattr(apple_health, "BLOCK_BYTES", block)
        found, aside = gathered(path)
        assert aside == []
        assert all(found[name].equals(expected[name]) for name in ("steps", "heart_rate"))


def test_progress_rises_to_one(tmp_path, monkeypatch):
    monkeypatch.setattr(apple_health, "BLOCK_BYTES", 1000)
    shares: list[float] = []
    path = apple_file(tmp_path, *(steps(A, B, number) for number in range(60)))
    gathered(path, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 5


def test_sleep_analysis_of_every_generation_has_a_stage(tmp_path):
    names = ["", "Unspecified", "Core", "Deep", "REM"]
    values = [ASLEEP + name for name in names]
    values += [f"HKCategoryValueSleepAnalysis{name}" for name in ("InBed", "Awake")]
    found, aside = gathered(
        apple_file(tmp_path, *(record(SLEEP, *NIGHT, value, unit="") for value in values))
    )
    assert aside == []
    assert found["sleep"]["stage"].to_list() == [
        "asleep",
        "asleep",
        "light",
        "deep",
        "rem",
        "in_bed",
        "awake",
    ]
