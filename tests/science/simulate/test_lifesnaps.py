"""The slice of real days: three people, shifted in time, attributed and small."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.simulate import lifesnaps

DATA = files(lifesnaps.__package__) / "data"


def slice_days():
    return lifesnaps._slice()


@given(end=st.dates(date(2022, 1, 1), date(2040, 12, 31)))
def test_every_real_day_is_shifted_alike_so_that_the_last_is_the_end_asked_for(end):
    for person in lifesnaps.people(end=end):
        own = slice_days().filter(person=person.key)
        shift = end - own["day"].max()
        real = {
            (day + shift, name, value)
            for name in lifesnaps.FEATURES
            for day, value in own.select("day", pl.col(name).cast(pl.Float64)).iter_rows()
            if value is not None
        }
        shown = person.features.select("day", "feature", "value")
        assert set(shown.iter_rows()) == real
        assert max(mood.day for mood in person.moods) <= end


def test_one_person_for_each_role_with_moods_of_their_own_words():
    people = lifesnaps.people(end=date(2026, 5, 4))
    assert {person.role for person in people} == {"stable", "improving", "missing"}
    for person in people:
        assert person.moods or person.role == "missing"
        for mood in person.moods:
            assert mood.mood == lifesnaps.mood_of(mood.words)
            assert 1 <= mood.mood <= 5


def test_features_are_known_plausible_and_one_a_day():
    for person in lifesnaps.people(end=date(2026, 5, 4)):
        assert person.features.columns == ["day", "feature", "value", "data_yield"]
        assert not person.features.select("day", "feature").is_duplicated().any()
        for _, feature, value, share in person.features.iter_rows():
            assert FEATURES[feature].lowest <= value <= FEATURES[feature].highest
            assert share == 1.0


def test_missing_days_are_missing_and_never_zero():
    for person in lifesnaps.people(end=date(2026, 5, 4)):
        assert (person.features["value"] > 0).all()
    shares = {
        person.role: person.features.filter(feature="minutes_asleep").height
        for person in lifesnaps.people(end=date(2026, 5, 4))
    }
    assert shares["missing"] < shares["stable"]


@pytest.mark.parametrize(
    ("words", "mood"),
    [(("HAPPY",), 5), (("HAPPY", "TIRED"), 4), (("SAD",), 1), ((), None), (("UNKNOWN",), None)],
)
def test_a_mood_is_the_mean_of_the_words_rounded_half_up(words, mood):
    assert lifesnaps.mood_of(words) == mood


def test_the_slice_is_small_and_says_where_it_comes_from():
    assert (DATA / "lifesnaps_slice.csv.gz").stat().st_size <= 300_000
    about = (DATA / "LIFESNAPS.md").read_text("utf-8")
    for word in ("Yfantidou", "CC BY 4.0", "10.5281/zenodo.7229547", "What was changed"):
        assert word in about
    assert set(slice_days()["person"]) == {"a", "b", "c"}


def test_every_value_of_the_slice_is_one_of_the_published_days(shared):
    """Each of our rows is a day of one of the 71 people, with the same numbers."""
    import gzip

    raw = pl.read_csv(
        gzip.decompress((shared / "lifesnaps" / "daily_fitbit_sema.csv.gz").read_bytes()),
        infer_schema_length=0,
    ).select(
        pl.col("date").str.slice(0, 10).str.to_date().alias("day"),
        pl.col("minutesAsleep").cast(pl.Float64, strict=False).round(1).alias("minutes_asleep"),
        pl.col("steps").cast(pl.Float64, strict=False).round(1).alias("steps"),
    )
    ours = slice_days().drop_nulls(["minutes_asleep", "steps"]).select(raw.columns)
    assert ours.height > 100
    assert ours.join(raw, on=raw.columns, how="anti").is_empty()
