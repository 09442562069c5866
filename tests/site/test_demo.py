"""The demo clinic: one story per person, true on whatever weekday it is loaded, made only once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from heartsease.base import audit
from heartsease.capture.journal.models import CheckIn
from heartsease.capture.measures import queries as measures
from heartsease.capture.streams.models import DailyFeature
from heartsease.care.plans.models import Proposal, Status
from heartsease.consent import gate
from heartsease.people.models import Person, Role
from heartsease.science import instruments
from heartsease.science.course.reliable import verdict
from heartsease.site import demo
from heartsease.watch.models import Alert, Kind, Signal

MONDAY = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


@pytest.fixture
def clinic(db):
    demo.load(now=MONDAY)
    return everybody()


def everybody() -> dict[str, Person]:
    """The people of the demo by first name."""
    people = Person.objects.filter(is_demo=True)
    return {person.name.removeprefix("Dr ").split()[0]: person for person in people}


def tell_the_stories(now: datetime) -> None:
    """Load the clinic at a moment and hold every story against what the program says."""
    demo.load(now=now)
    people = everybody()
    signals = {
        name: set(Signal.objects.filter(person=person, ended_at=None).values_list("feature"))
        for name, person in people.items()
    }
    rules = {
        name: set(
            Proposal.objects.filter(person=person, status=Status.OPEN).values_list(
                "rule", flat=True
            )
        )
        for name, person in people.items()
    }
    assert signals["Alice"] == set(), "stable"
    assert not Alert.objects.filter(person=people["Alice"]).exists()
    assert signals["Chloe"], "relapsing: a signal waits"
    assert Alert.objects.filter(person=people["Chloe"], kind=Kind.CHANGE, ended_at=None).exists()
    assert {"change", "deterioration"} <= rules["Chloe"], "relapsing: a proposal waits"
    assert signals["Ben"] == set(), "improving"
    assert _course(people["Ben"]) == "improved"
    assert signals["Daniel"] == set(), "missing data are no change"
    assert rules["Grace"] == {"no_response"}, "off track"
    assert _course(people["Hamid"]) == "improved", "in recovery"


def _course(person: Person) -> str:
    rows = measures.course(person, "phq9")
    return verdict(rows[0].points, rows[-1].points, instruments.load("phq9"))


def test_every_story_is_true_on_a_monday(db):
    tell_the_stories(MONDAY)


@pytest.mark.parametrize("later", range(1, 7))
def test_every_story_is_true_on_the_other_weekdays(later, db):
    tell_the_stories(MONDAY + timedelta(days=later))


def test_there_are_three_clinicians_an_office_and_eight_people_in_care(clinic):
    roles = [person.role for person in clinic.values()]
    assert roles.count(Role.PATIENT) == 8
    assert roles.count(Role.CLINICIAN) + roles.count(Role.SUPERVISOR) == 3
    assert {Role.ADMIN, Role.AUDITOR} <= set(roles)


def test_everybody_says_what_is_real_and_what_is_simulated(clinic):
    labels = [person.story for person in clinic.values() if person.is_patient]
    assert sum("real (LifeSnaps)" in label for label in labels) == 3
    assert sum("Simulated" in label for label in labels) == 5
    for person in clinic.values():
        if person.is_patient:
            real = "LifeSnaps" in person.story
            kept = set(
                DailyFeature.objects.filter(person=person).values_list("source", flat=True)
            ) | set(CheckIn.objects.filter(person=person).values_list("origin", flat=True))
            assert kept <= ({"LifeSnaps"} if real else {"simulated"})


def test_the_real_days_reach_to_the_last_sunday(clinic):
    last = DailyFeature.objects.filter(person=clinic["Alice"]).latest("day").day
    assert (MONDAY.date() - last).days == 1


def test_the_new_person_has_a_safety_alert_whose_clock_still_runs(clinic):
    alert = Alert.objects.get(person=clinic["Elif"], kind=Kind.SAFETY)
    assert alert.due_at > MONDAY
    assert alert.owner is not None


def test_the_withdrawn_watch_is_seen_by_nobody_of_the_team(clinic):
    for clinician in (clinic["Maya"], clinic["Ines"], clinic["Tom"]):
        assert (
            not gate.seen_by(clinician, "care", "wearables").filter(pk=clinic["Frank"].pk).exists()
        )
    assert DailyFeature.objects.filter(person=clinic["Frank"]).exists()


def test_the_change_of_plan_of_the_one_in_recovery_was_measured(clinic):
    decided = Proposal.objects.get(person=clinic["Hamid"], status=Status.CHANGED)
    assert decided.effect["verdict"] == "improved"
    assert decided.own_choice


def test_loading_it_again_changes_nothing(clinic):
    before = (Person.objects.count(), DailyFeature.objects.count(), Proposal.objects.count())
    assert demo.load(now=MONDAY + timedelta(days=1)) is False
    after = (Person.objects.count(), DailyFeature.objects.count(), Proposal.objects.count())
    assert before == after


def test_the_log_of_the_demo_holds(clinic):
    assert list(audit.faults()) == []


def test_an_operators_own_policy_is_left_alone(db, settings):
    settings.SITE_POLICY.write_text('place = "Riverside"\n')
    demo.permit_one_click_sign_in()
    assert settings.SITE_POLICY.read_text() == 'place = "Riverside"\n'


def test_the_demo_does_not_come_beside_real_people(db, settings):
    from heartsease.people import actions

    settings.SITE_POLICY.unlink(missing_ok=True)
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    actions.register("real@example.org", "Real", Role.PATIENT, now=now)
    with pytest.raises(demo.RealPeople, match="not loaded"):
        demo.load(now=now)
    assert not settings.SITE_POLICY.exists()
    assert not Person.objects.filter(is_demo=True).exists()
