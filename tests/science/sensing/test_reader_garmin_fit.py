"""FIT files: beats, steps, places and sleep with the device's own offset; damage is named."""

import struct
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.direct import by, reasons, recognised
from tests.science.sensing.exports import zipped

from heartsease.science.sensing.readers.garmin_fit import FIT_EPOCH_S, FORMATS
from heartsease.science.sensing.reading import SensingError

MORNING = datetime(2026, 5, 3, 6, tzinfo=UTC)
AT = int(MORNING.timestamp()) - FIT_EPOCH_S
LOCAL = AT + 7200
ENUM, UINT8, UINT16, SINT32, UINT32, SINT16 = 0x00, 0x02, 0x84, 0x85, 0x86, 0x83
PACKED = {ENUM: "B", UINT8: "B", UINT16: "H", SINT32: "i", UINT32: "I", SINT16: "h"}
TIME = (253, UINT32)
WALKING, EVENT_STOP = 6, 1


def message(number, *fields):
    """A definition and one data message; fields are (number, base type), value or values."""
    definition = struct.pack("<BBBHB", 0x40, 0, 0, number, len(fields))
    data = b"\x00"
    for (field, base), value in fields:
        values = value if isinstance(value, list) else [value]
        packed = struct.pack(f"<{len(values)}{PACKED[base]}", *values)
        definition += struct.pack("<BBB", field, len(packed), base)
        data += packed
    return definition + data


def crc(content):
    table = (0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401)
    table += (0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400)
    total = 0
    for byte in content:
        for part in (byte & 0xF, byte >> 4):
            total = (total >> 4 & 0x0FFF) ^ table[total & 0xF] ^ table[part]
    return total


def fit(*messages):
    body = b"".join(messages)
    head = struct.pack("<BBHI4s", 14, 0x20, 2100, len(body), b".FIT")
    whole = head + struct.pack("<H", crc(head)) + body
    return whole + struct.pack("<H", crc(whole))


def heart(second, beats):
    return message(20, (TIME, AT + second), ((3, UINT8), beats))


def counted(second, steps, kind=WALKING):
    return message(55, (TIME, AT + second), ((5, ENUM), kind), ((3, UINT32), steps))


INFO = message(103, (TIME, AT), ((0, UINT32), LOCAL))


def written(folder, *messages, name="a.fit"):
    path = folder / name
    path.write_bytes(fit(*messages))
    return path


def test_an_activity_gives_pulse_and_places(tmp_path):
    semicircles = round(48.1 / 180 * 2**31), round(11.5 / 180 * 2**31)
    place = message(
        20,
        (TIME, AT + 1),
        ((0, SINT32), semicircles[0]),
        ((1, SINT32), semicircles[1]),
        ((6, UINT16), 2500),
        ((31, UINT8), 4),
    )
    device = message(0, ((0, ENUM), 4), ((1, UINT16), 1))
    found, aside = by(FORMATS, written(tmp_path, device, heart(0, 61), place), "Europe/Berlin")
    assert aside == []
    assert found["heart_rate"].select("ts", "tz", "bpm", "device").rows() == [
        (MORNING, 120, 61.0, "garmin")
    ]
    gps = found["gps"].row(0, named=True)
    assert gps["lat"] == pytest.approx(48.1, abs=1e-6)
    assert gps["lon"] == pytest.approx(11.5, abs=1e-6)
    assert (gps["speed_mps"], gps["accuracy_m"]) == (2.5, 4)


def test_the_offset_of_the_file_counts_before_the_persons_zone(tmp_path):
    path = written(tmp_path, INFO, message(55, (TIME, AT), ((27, UINT8), 55)))
    assert by(FORMATS, path, zone="America/New_York")[0]["heart_rate"]["tz"].to_list() == [120]


def test_steps_are_differences_and_begin_anew_at_midnight(tmp_path):
    steps = [counted(0, 1000), counted(900, 1250), counted(1800, 1250), counted(2700, 40)]
    found, aside = by(FORMATS, written(tmp_path, INFO, *steps))
    assert aside == []
    assert found["steps"].select("ts", "end", "n").rows() == [
        (MORNING, MORNING + timedelta(minutes=15), 250),
        (MORNING + timedelta(minutes=15), MORNING + timedelta(minutes=30), 0),
        (MORNING + timedelta(minutes=30), MORNING + timedelta(minutes=45), 40),
    ]


def test_counting_goes_on_from_one_file_to_the_next(tmp_path):
    files = {"1.fit": fit(INFO, counted(0, 10)), "sub/2.FIT": fit(counted(60, 30)), "x.txt": "x"}
    found, _ = by(FORMATS, zipped(tmp_path / "all.zip", files))
    assert found["steps"]["n"].to_list() == [20]


def test_a_clock_that_goes_back_is_named_and_no_steps_are_made_up(tmp_path):
    found, aside = by(FORMATS, written(tmp_path, counted(900, 10), counted(0, 500)))
    assert "steps" not in found
    assert reasons(aside) == [(2, "steps: the clock of the device goes back here", 1)]


def test_times_of_sixteen_bits_follow_the_last_whole_time(tmp_path):
    short = message(55, ((26, UINT16), (AT + 120) & 0xFFFF), ((27, UINT8), 58))
    found, _ = by(FORMATS, written(tmp_path, INFO, short))
    assert found["heart_rate"]["ts"].to_list() == [MORNING + timedelta(minutes=2)]


def test_times_between_beats_follow_one_another(tmp_path):
    beats = message(78, ((0, UINT16), [800, 900, 0xFFFF]))
    found, aside = by(FORMATS, written(tmp_path, heart(0, 60), beats))
    assert found["rr_interval"]["ms"].to_list() == [800, 900]
    assert found["rr_interval"]["ts"].to_list() == [MORNING, MORNING + timedelta(seconds=0.8)]
    assert aside == []


def test_sleep_levels_last_until_the_next_and_the_last_needs_an_end(tmp_path):
    levels = [
        message(275, (TIME, AT + 600 * n), ((0, ENUM), level))
        for n, level in enumerate((2, 3, 0, 1))
    ]
    stop = message(21, (TIME, AT + 3000), ((0, ENUM), 74), ((1, ENUM), EVENT_STOP))
    found, aside = by(FORMATS, written(tmp_path, *levels, stop))
    assert found["sleep"]["stage"].to_list() == ["light", "deep", "awake"]
    assert found["sleep"]["end"][2] == MORNING + timedelta(minutes=50)
    assert aside == []
    _, aside = by(FORMATS, written(tmp_path, *levels))
    assert reasons(aside) == [(4, "the last sleep level has no end", 1)]


def test_breaths_saturation_and_resting_pulse_are_read(tmp_path):
    messages = [
        message(297, (TIME, AT), ((0, SINT16), 1450)),
        message(269, (TIME, AT), ((0, UINT8), 96)),
        message(211, (TIME, AT), ((1, UINT8), 52)),
        message(371, (TIME, AT), ((0, UINT16), 45 * 128)),
    ]
    found, aside = by(FORMATS, written(tmp_path, *messages))
    assert aside == []
    assert found["respiration"]["per_minute"].to_list() == [14.5]
    assert found["spo2"]["percent"].to_list() == [96]
    assert found["resting_heart_rate"]["bpm"].to_list() == [52]
    assert found["hrv_rmssd"]["ms"].to_list() == [45]


def test_what_cannot_be_is_set_aside_with_its_message(tmp_path):
    late = message(20, (TIME, AT + 10**8), ((3, UINT8), 60))
    found, aside = by(FORMATS, written(tmp_path, heart(0, 0), heart(1, 250), heart(2, 60), late))
    assert found["heart_rate"]["bpm"].to_list() == [60]
    assert reasons(aside) == [
        (1, "heart_rate: 0 is outside 25 to 240 beats a minute", 1),
        (2, "heart_rate: 250 is outside 25 to 240 beats a minute", 1),
        (4, "the date lies in the future", 1),
    ]


def test_a_wrong_checksum_and_a_cut_are_named_and_what_is_there_is_read(tmp_path):
    whole = fit(heart(0, 60), heart(1, 61))
    path = tmp_path / "a.fit"
    path.write_bytes(whole[:-2] + b"xx")
    found, aside = by(FORMATS, path)
    assert found["heart_rate"].height == 2
    assert "checksum" in aside[0].reason
    path.write_bytes(whole[:-10])
    found, aside = by(FORMATS, path)
    assert found["heart_rate"].height == 1
    assert "ends" in aside[0].reason


def test_other_files_are_not_taken_for_fit(tmp_path):
    path = tmp_path / "a.fit"
    path.write_bytes(b"time,stream\n2026")
    assert recognised(FORMATS, path) is None


@settings(max_examples=40)
@given(at=st.integers(12, 120), noise=st.binary(min_size=1, max_size=80))
def test_whatever_is_inside_nothing_but_a_sentence_comes_out(tmp_path_factory, at, noise):
    folder = tmp_path_factory.mktemp("any")
    beats = message(78, ((0, UINT16), [800, 900]))
    content = bytearray(fit(INFO, heart(0, 60), beats, counted(0, 5), counted(9, 7)))
    content[at : at + len(noise)] = noise
    path = folder / "bad.fit"
    path.write_bytes(bytes(content))
    try:
        by(FORMATS, path)
    except SensingError as error:
        assert str(error).endswith(".")
