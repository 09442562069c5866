"""Tables of samples: what can be is kept, what cannot is set aside with its line and reason."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from heartsease.science.sensing.plausible import SetAside
from heartsease.science.sensing.readers import frames
from heartsease.science.sensing.schema import STREAMS

LATEST = datetime(2026, 5, 5, tzinfo=UTC)
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def sifted(stream, rows):
    aside = SetAside("file.csv")
    frame = pl.DataFrame(
        [{"line": number, **row} for number, row in enumerate(rows, start=2)], strict=False
    )
    batches = list(frames.sift(stream, frame, LATEST, aside))
    return batches, [(one.line, one.reason, one.count) for one in aside.take()]


def test_a_batch_has_the_canonical_schema_and_defaults():
    (batch,), aside = sifted("heart_rate", [{"ts": NOON, "bpm": "61"}])
    assert batch.table.schema == STREAMS["heart_rate"]
    assert batch.table.to_pylist() == [
        {"ts": NOON, "tz": 0, "source": "", "device": "", "quality": 1, "bpm": 61.0}
    ]
    assert aside == []


def test_values_that_cannot_be_are_set_aside_with_line_reason_and_count():
    _, aside = sifted(
        "heart_rate",
        [
            {"ts": NOON, "bpm": 0},
            {"ts": NOON, "bpm": 400},
            {"ts": NOON, "bpm": 400},
            {"ts": NOON, "bpm": None},
            {"ts": None, "bpm": 61},
        ],
    )
    assert aside == [
        (2, "heart_rate: 0 is outside 25 to 240 beats a minute", 1),
        (3, "heart_rate: 400 is outside 25 to 240 beats a minute", 2),
        (5, "heart_rate: no number where bpm should be", 1),
        (6, "a time that cannot be read", 1),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"ts": NOON + timedelta(days=9), "end": NOON + timedelta(days=9)}, "future"),
        ({"ts": NOON.replace(year=1999), "end": NOON}, "2000"),
        ({"ts": NOON, "end": NOON - timedelta(hours=1)}, "before the start"),
        ({"ts": NOON - timedelta(days=3), "end": NOON}, "over more than a day"),
        ({"ts": NOON, "end": None}, "an end"),
        ({"ts": NOON, "end": NOON, "n": -4}, "outside"),
    ],
)
def test_times_and_negative_steps_are_set_aside(row, reason):
    batches, ((line, why, count),) = sifted("steps", [{"n": 5, **row}])
    assert batches == []
    assert (line, count) == (2, 1)
    assert reason in why


def test_what_may_be_empty_may_be_absent_and_words_must_be_known():
    (batch,), aside = sifted(
        "comm",
        [
            {"ts": NOON, "kind": "call", "direction": 1, "contact": "a1"},
            {"ts": NOON, "kind": "smoke", "direction": 1, "contact": "a1"},
        ],
    )
    assert batch.table["seconds"].to_pylist() == [None]
    assert aside == [(3, "comm: smoke is no known kind", 1)]


def test_a_frame_without_a_needed_column_is_a_mistake_of_the_reader():
    with pytest.raises(ValueError, match="bpm"):
        sifted("heart_rate", [{"ts": NOON}])


def test_a_clock_is_turned_into_utc_and_offset_by_the_rules_of_its_zone():
    times = pl.DataFrame(
        {
            "at": [
                datetime(2026, 3, 28, 12),
                datetime(2026, 3, 29, 2, 30),  # never shown in Berlin
                datetime(2026, 7, 1, 12),
                datetime(2026, 10, 25, 2, 30),  # shown twice
            ]
        }
    )
    found = times.with_columns(frames.clock("at", ZoneInfo("Europe/Berlin")))
    assert found["ts"].to_list() == [
        datetime(2026, 3, 28, 11, tzinfo=UTC),
        None,
        datetime(2026, 7, 1, 10, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    ]
    assert found["tz"].to_list() == [60, None, 120, 120]
    plain = times.with_columns(frames.clock("at", None))
    assert plain["ts"][0] == datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert plain["tz"].to_list() == [0] * 4


def test_moments_get_the_offset_that_clocks_had():
    moments = pl.DataFrame({"at": [NOON.replace(month=1), NOON]})
    found = moments.with_columns(frames.in_zone("at", ZoneInfo("America/St_Johns")))
    assert found["tz"].to_list() == [-210, -150]


def test_numbers_since_1970_in_any_unit_and_nonsense_is_null():
    stamp = NOON.timestamp()
    for unit, factor in (("s", 1), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)):
        column = pl.DataFrame({"at": [str(stamp * factor), "soon", "1e300", None]})
        found = column.select(frames.since_epoch("at", unit))["at"].to_list()
        assert found == [NOON, None, None, None]


def test_iso_times_keep_their_offset():
    texts = pl.DataFrame(
        {
            "at": [
                "2026-05-04T23:10:00+02:00",
                "2026-05-04T21:10:00.250Z",
                "2026-05-04 16:40:00 -0430",
                "2026-05-04T23:10:00",
                "yesterday",
            ]
        }
    )
    found = texts.with_columns(frames.iso("at"))
    at = datetime(2026, 5, 4, 21, 10, tzinfo=UTC)
    assert found["ts"].to_list() == [at, at + timedelta(milliseconds=250), at, None, None]
    assert found["tz"].to_list() == [120, 0, -270, None, None]
