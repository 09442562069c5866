"""Actigraphs: each maker's layout gives one row an epoch, on the clock of the device."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.science.sensing.direct import by, reasons, recognised

from heartsease.science.sensing.readers.actigraphy import FORMATS
from heartsease.science.sensing.reading import SensingError, TornFile

AWD = "name\r\n29-Mar-2026\r\n01:30\r\n 4 \r\n00\r\nV66\r\nX\r\n0\r\n71 M\r\n12\r\n"
RPX = (
    '\ufeff"Actiware Export File  (Version 05.00 )"\n"Identity:","A; B"\n'
    '"Actiwatch Type:","Actiwatch 2"\n"Data Collection Start Date:","{start}"\n'
    '"Data Collection Start Time:","09:45:00"\n"Data Collection End Date:","{end}"\n'
    '"Data Collection End Time:","09:44:30"\n"Time Zone Offset:","+01:00","hours:minutes"\n'
    '"Epoch Length:","30","seconds",""\n"Number of Data Samples:","20160","samples"\n\n'
    '"Line","Date","Time","Marker","Interval Status",\n'
    '"1","{start}","09:45:00","Marker!","ACTIVE",\n'
    '"Line","Date","Time","Activity","Marker","White Light","Sleep/Wake","Interval Status",\n\n'
)
DQT = (
    "Start: 2026-01-27 19:00:00 GMT\r\nEnd: 2026-01-28 06:59:59 GMT\r\n\r\n"
    "Serial number:,x,x\r\nName:,Light,Accelleration X+Y\r\nBinning mode:,Average,Sum\r\n"
    "Number of running average bins:,0,0\r\n\r\n"
    "2026-01-27 19:00:00,53,26\r\n2026-01-27 19:00:01,55,36\r\n"
)
ACTTRUST = (
    "+-------------+ Condor Instruments Report +-------------+\nDEVICE_MODEL : ActTrust1\n"
    "INTERVAL : 60\nDATE_TIME : 01/02/2026 08:00:00\n+-----+\n"
    "DATE/TIME;MS;EVENT;PIM;TAT;STATE\n01/02/2026 09:00:00;0;0;1851;3;0\n"
    "01/02/2026 09:01:00;0;0;0;0;4\n"
)
TEMPATILUMI = (
    "Comments\n\nN° de Série: 0\nAceleração: Mini-Mitter\n\n"
    "Data; Hora; Evento; Luminosidade; Atividade\n"
    "2026/1/1; 00:00:00; 1; 0; 0;\n2026/1/1; 00:01:00; 0; 0; 723;\n2026/1/1; 00:02:00; 0; 0; 5;\n"
)
ALL = {
    "awd": AWD,
    "rpx": RPX.format(start="04/02/2026", end="11/02/2026"),
    "dqt": DQT,
    "acttrust": ACTTRUST,
    "tempatilumi": TEMPATILUMI,
}


def written(folder, text, encoding="utf-8", name="file.txt"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def rows_of(folder, text, zone="Europe/Berlin", **more):
    found, aside = by(FORMATS, written(folder, text, **more), zone=zone)
    return found["activity"].select("ts", "tz", "epoch_s", "counts").rows(), aside


def test_an_actiwatch_counts_its_epochs_from_the_start_through_daylight_saving(tmp_path):
    rows, aside = rows_of(tmp_path, AWD.replace("12\r\n", "12\r\n" * 40))
    assert aside == []
    start = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert rows[:2] == [(start, 60, 60, 0.0), (start + timedelta(minutes=1), 60, 60, 71.0)]
    assert rows[-1][:2] == (start + timedelta(minutes=41), 120)


@pytest.mark.parametrize(
    ("start", "end"), [("04/02/2026", "11/02/2026"), ("02/04/2026", "02/11/2026")]
)
def test_a_respironics_export_says_itself_in_which_order_its_dates_are(tmp_path, start, end):
    text = RPX.format(start=start, end=end)
    text += f'"1","{start}","09:45:00","7","0","0.01","NaN","ACTIVE",\n'
    text += f'"2","{start}","09:45:30","NaN","0","0.01","NaN","ACTIVE",\n'
    text += f'"3","{start}","09:46:00","9","0","0.01","NaN","EXCLUDED",\n'
    rows, aside = rows_of(tmp_path, text, zone=None)
    assert aside == []
    at = datetime(2026, 2, 4, 8, 45, tzinfo=UTC)
    assert rows == [
        (at, 60, 30, 7.0),
        (at + timedelta(seconds=30), 60, 30, None),
        (at + timedelta(seconds=60), 60, 30, None),
    ]


def test_a_daqtometer_writes_in_utc_and_names_its_sensors(tmp_path):
    rows, aside = rows_of(tmp_path, DQT)
    assert aside == []
    at = datetime(2026, 1, 27, 19, tzinfo=UTC)
    assert rows == [(at, 60, 1, 26.0), (at + timedelta(seconds=1), 60, 1, 36.0)]


def test_acttrust_counts_are_empty_off_the_wrist(tmp_path):
    rows, aside = rows_of(tmp_path, ACTTRUST)
    assert aside == []
    at = datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert rows == [(at, 60, 60, 1851.0), (at + timedelta(minutes=1), 60, 60, None)]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_tempatilumi_tells_its_epoch_by_its_rows_in_any_encoding(tmp_path, encoding):
    rows, aside = rows_of(tmp_path, TEMPATILUMI, encoding=encoding)
    assert aside == []
    assert [row[2:] for row in rows] == [(60, 0.0), (60, 723.0), (60, 5.0)]
    assert rows[0][0] == datetime(2025, 12, 31, 23, tzinfo=UTC)


def test_what_cannot_be_is_set_aside_with_its_line(tmp_path):
    text = TEMPATILUMI + "2026/1/1; 00:03:00; 0; 0; -4;\n2026/1/1; 00:04:00; 0; 0; many;\n2026/1\n"
    text += "2026/13/1; 00:05:00; 0; 0; 4;\n2031/1/1; 00:05:00; 0; 0; 4;\n"
    rows, aside = rows_of(tmp_path, text)
    assert len(rows) == 3
    assert sorted(reasons(aside)) == [
        (10, "activity: -4 is outside 0 to 1e+06 counts", 1),
        (11, "activity: no number where counts should be", 1),
        (12, "a row that is too short", 1),
        (13, "a time that cannot be read", 1),
        (14, "the date lies in the future", 1),
    ]


@pytest.mark.parametrize("text", [RPX.format(start="x", end="y"), AWD.replace("29-", "31-Feb-")])
def test_a_header_that_makes_no_sense_is_torn(tmp_path, text):
    text = text.replace("31-Feb-Mar", "31-Feb")
    with pytest.raises(TornFile, match="header"):
        by(FORMATS, written(tmp_path, text))


def test_each_layout_is_recognised_as_its_own_and_other_tables_as_none(tmp_path):
    names = [recognised(FORMATS, written(tmp_path, text)).name for text in ALL.values()]
    assert len(set(names)) == len(ALL)
    for text in ("time,stream,value\n1,2,3", "a\n29-03-2026\n", "Start\n\n1,2"):
        assert recognised(FORMATS, written(tmp_path, text)) is None


@settings(max_examples=40)
@given(kind=st.sampled_from(sorted(ALL)), at=st.integers(30, 400), noise=st.binary(max_size=60))
def test_whatever_follows_nothing_but_a_sentence_comes_out(tmp_path_factory, kind, at, noise):
    path = tmp_path_factory.mktemp("any") / "a.txt"
    content = bytearray(ALL[kind].encode())
    content[at : at + len(noise)] = noise
    path.write_bytes(bytes(content))
    try:
        by(FORMATS, path)
    except SensingError as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("name", "rows", "epoch_s"),
    [
        ("example_01.AWD", 18_401, 60),
        ("example_05.AWD", 21_703, 60),
        ("test_sample_rpx_eng.csv", 20_160, 30),
        ("test_sample_dqt.csv", 43_200, 1),
        ("test_sample_atr.txt", 5_760, 60),
        ("test_sample_tal.txt", 10_080, 60),
    ],
)
def test_files_of_the_makers_are_read_to_the_last_row(shared, tmp_path, name, rows, epoch_s):
    """Their years were changed to 1918 where persons were made unrecognisable."""
    packed = shared / "actigraphy_formats" / f"{name}.gz"
    if not packed.exists():
        pytest.skip("no files of actigraphs beside the repository")
    path = tmp_path / name
    path.write_bytes(gzip.decompress(packed.read_bytes()).replace(b"1918", b"2018"))
    found, aside = by(FORMATS, path, zone="Europe/Lisbon")
    assert (found["activity"].height, aside) == (rows, [])
    assert found["activity"]["epoch_s"].unique().to_list() == [epoch_s]
    steps = found["activity"]["ts"].diff().drop_nulls().dt.total_seconds()
    assert steps.mode().to_list() == [epoch_s]


@pytest.mark.parametrize("count", ["9" * 400, "1e999", "inf"])
def test_a_number_too_large_to_be_one_is_not_a_device_that_is_not_worn(tmp_path, count):
    rows, aside = rows_of(tmp_path, AWD + f"{count}\r\n5\r\n")
    assert None not in [row[3] for row in rows]
    assert [piece.count for piece in aside] == [1]
