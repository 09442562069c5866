"""Mapped exports as people send them: what is agreed is kept, what is not is named."""

from __future__ import annotations

import json

import pytest
from tests.people import agree
from tests.science.sensing.exports import zipped
from tests.science.sensing.mapped_exports import EXPORTS
from typer.testing import CliRunner

from heartsease.capture.streams import accepted
from heartsease.capture.streams.models import DayRecord, Status

from .test_formats import hand_in


@pytest.fixture
def alice(cast):
    agree(cast.alice)
    return cast.alice


@pytest.mark.django_db(transaction=True)
def test_a_whoop_export_is_kept_day_by_day(alice, tmp_path):
    path = zipped(tmp_path / "my_whoop_data.zip", EXPORTS["whoop"])
    with path.open("rb") as file:
        row = hand_in(alice, file, path.name)
    assert row.status == Status.DONE
    kept = set(DayRecord.objects.filter(person=alice).values_list("stream", flat=True))
    assert kept == {"sleep", "resting_heart_rate", "hrv_rmssd", "spo2", "respiration"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["beiwe", "aware"])
def test_an_export_of_phone_use_keeps_nothing_and_says_so(alice, tmp_path, name):
    path = zipped(tmp_path / f"{name}.zip", EXPORTS[name])
    with path.open("rb") as file:
        row = hand_in(alice, file, path.name)
    assert row.status == Status.FAILED
    assert "calls and messages" in row.message
    assert "so nothing was kept" in row.message
    assert not DayRecord.objects.filter(person=alice).exists()


def test_formats_of_which_something_is_kept_are_offered(settings):
    assert {"Whoop", "Oura", "Withings", "Samsung Health", "Beiwe"} <= set(accepted.names())
    settings.SITE_POLICY.write_text(
        "[features]\nplaces = false\nphone_use = false\ncontacts = false\n"
    )
    assert not {"Beiwe", "AWARE", "Google location timeline"} & set(accepted.names())


@pytest.mark.parametrize("name", ["oura", "whoop"])
def test_the_command_line_reports_on_a_ring_and_a_band(tmp_path, name):
    from heartsease.cli import app

    path = zipped(tmp_path / "export.zip", EXPORTS[name])
    result = CliRunner().invoke(app, ["analyse", str(path), "--out", str(tmp_path / "report")])
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["read_as"] == name
