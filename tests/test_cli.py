"""The command line: each command says what it did, and what was wrong with what it got."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from heartsease.cli import app

runner = CliRunner()


def run(*words: str):
    return runner.invoke(app, list(words))


@pytest.fixture
def days(tmp_path: Path) -> Path:
    """Ninety days of steps, the last sixteen of them much lower, in the plain form."""
    import numpy as np

    rng = np.random.default_rng(2)
    lines = ["day,feature,value"]
    for number in range(90):
        day = np.datetime64("2026-01-01") + number
        value = rng.normal(8_000, 800) - (4_500 if number >= 74 else 0)
        lines.append(f"{day},steps,{value:.0f}")
    path = tmp_path / "days.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_analyse_writes_a_report_for_people_and_one_for_programs(days: Path, tmp_path: Path):
    answer = run("analyse", str(days), "--out", str(tmp_path / "report"))
    assert answer.exit_code == 0, answer.output
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    page = (tmp_path / "report" / "report.html").read_text()
    assert "steps" in json.dumps(report)
    assert "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04torn", b"<html></html>", b"hello"])
def test_analyse_says_in_a_sentence_what_it_cannot_read(content: bytes, tmp_path: Path):
    path = tmp_path / "export.zip"
    path.write_bytes(content)
    answer = run("analyse", str(path), "--out", str(tmp_path / "report"))
    assert answer.exit_code == 2
    assert "Traceback" not in answer.output
    assert not (tmp_path / "report" / "report.json").exists()


def test_analyse_of_a_file_that_is_not_there_says_so(tmp_path: Path):
    answer = run("analyse", str(tmp_path / "missing.zip"))
    assert answer.exit_code == 2
    assert "missing.zip" in answer.output.replace("\n", "")


def test_evaluate_of_an_unknown_part_names_those_that_are_known(days: Path):
    answer = run("evaluate", "astrology", "--data", str(days))
    assert answer.exit_code == 2
    assert "course" in answer.output


def test_evaluate_prints_json_that_programs_can_read(tmp_path: Path):
    import numpy as np

    rng = np.random.default_rng(4)
    mood = rng.normal(size=(400, 1))
    items = np.clip(np.round(1.2 + mood + rng.normal(scale=0.8, size=(400, 9))), 0, 3)
    head = ",".join(f"item{number}" for number in range(1, 10))
    path = tmp_path / "items.csv"
    path.write_text(head + "\n" + "\n".join(",".join(f"{x:.0f}" for x in row) for row in items))
    answer = run("evaluate", "instruments", "--data", str(path), "--json")
    assert answer.exit_code == 0, answer.output
    figures = json.loads(answer.stdout)
    assert figures["instrument"] == "phq9"
    assert figures["n"] == 400
    low, high = figures["alpha_ci"]
    assert 0.6 < low <= figures["alpha"] <= high < 1


def test_check_data_loads_every_data_file():
    answer = run("check", "data")
    assert answer.exit_code == 0
    assert "instruments: 4" in answer.output


def test_check_audit_holds_and_then_names_the_link_that_somebody_changed(cast):
    from heartsease.base.models import AuditEntry

    assert run("check", "audit").exit_code == 0
    AuditEntry.objects.filter(number=3).update(action="nothing.happened")
    answer = run("check", "audit")
    assert answer.exit_code == 1
    assert "link 3" in answer.output


def test_check_policy_names_a_setting_that_does_not_exist(settings, db):
    settings.SITE_POLICY.write_text("false_alarms = 3\n")
    answer = run("check", "policy")
    assert answer.exit_code == 1
    assert "false_alarms" in answer.output


def test_every_model_has_its_migration(db):
    assert run("check", "migrations").exit_code == 0


def test_help_names_every_command():
    answer = run("--help")
    for command in ("serve", "worker", "demo", "analyse", "evaluate", "check"):
        assert command in answer.output


@pytest.mark.django_db
def test_the_first_administrator_is_made_at_the_server(monkeypatch):
    from heartsease import cli
    from heartsease.people.models import Person, Role

    monkeypatch.setattr(cli, "migrate", lambda: None)
    secret = "a-long-walk-in-the-rain-42"
    given = ("--name", "Robin", "--password", secret)
    answer = run("administrator", "Robin@Example.org", *given)
    assert answer.exit_code == 0, answer.output
    person = Person.objects.get(email="robin@example.org")
    assert (person.role, person.name) == (Role.ADMIN, "Robin")
    assert person.check_password(secret)
    again = run("administrator", "robin@example.org", *given)
    assert (again.exit_code, Person.objects.filter(role=Role.ADMIN).count()) == (2, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "password"), [("nobody", "a-long-walk-in-the-rain-42"), ("a@example.org", "short")]
)
def test_an_administrator_needs_an_address_and_a_long_password(email, password, monkeypatch):
    from heartsease import cli
    from heartsease.people.models import Person

    monkeypatch.setattr(cli, "migrate", lambda: None)
    answer = run("administrator", email, "--name", "Robin", "--password", password)
    assert answer.exit_code == 2
    assert not Person.objects.exists()


@pytest.mark.django_db
def test_where_there_is_no_database_the_audit_check_says_so(monkeypatch):
    from django.db import OperationalError

    from heartsease.base import audit

    def absent():
        raise OperationalError("no such table: base_audithead")

    monkeypatch.setattr(audit, "faults", absent)
    answer = run("check", "audit")
    assert answer.exit_code == 2
    assert "Traceback" not in answer.output
