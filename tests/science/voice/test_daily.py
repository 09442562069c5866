"""A day's diaries become one number a feature, weighted by how long was spoken."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest
from tests.science.voice.recordings import diary

from heartsease.science.sensing import daily as sensing
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.voice.daily import COLUMNS, SCHEMA, daily
from heartsease.science.voice.prosody import Prosody, describe

MONDAY, TUESDAY = date(2026, 5, 4), date(2026, 5, 5)


def spoken(seconds: float, **figures: float) -> Prosody:
    return Prosody(seconds + 5, speaking_seconds=seconds, **figures)


def test_the_table_is_that_of_all_daily_features():
    assert sensing.SCHEMA == SCHEMA
    assert daily([]).schema == daily([(MONDAY, describe(diary()))]).schema == SCHEMA


def test_every_feature_is_in_the_catalogue_and_every_one_of_the_catalogue_is_made():
    assert set(COLUMNS) == {name for name, one in FEATURES.items() if one.domain == "voice"}
    assert set(COLUMNS.values()) <= {field.name for field in fields(Prosody)}
    found = daily([(MONDAY, describe(diary()))])
    assert set(found["feature"]) == set(COLUMNS)
    for row in found.iter_rows(named=True):
        assert FEATURES[row["feature"]].lowest <= row["value"] <= FEATURES[row["feature"]].highest


def test_longer_diaries_count_more_and_days_stay_apart():
    found = daily(
        [
            (TUESDAY, spoken(50, f0_median_hz=200, mean_pause_ms=500)),
            (MONDAY, spoken(10, f0_median_hz=100)),
            (MONDAY, spoken(5, f0_median_hz=130, mean_pause_ms=400)),
        ]
    )
    assert found.rows() == [
        (MONDAY, "voice_f0_median_hz", pytest.approx(110), pytest.approx(0.5)),
        (TUESDAY, "voice_f0_median_hz", 200, 1),
        (MONDAY, "voice_pause_ms", 400, pytest.approx(5 / 30)),
        (TUESDAY, "voice_pause_ms", 500, 1),
    ]


def test_a_diary_of_which_nothing_can_be_said_has_no_row_and_no_weight():
    silent = Prosody(20.0, snr_db=3.0)
    assert daily([(MONDAY, silent)]).is_empty()
    both = daily([(MONDAY, silent), (MONDAY, spoken(15, energy_sd_db=4))])
    assert both.rows() == [(MONDAY, "voice_energy_sd_db", 4, 0.5)]


def test_what_is_not_plausible_has_no_row():
    assert daily([(MONDAY, spoken(30, f0_median_hz=900, speech_rate_per_s=50))]).is_empty()
