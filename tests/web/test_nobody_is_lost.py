"""Nobody's danger is lost because a team is empty, a second answer came, or care has moved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.people import agree, as_

from heartsease.capture.measures import actions as measures
from heartsease.care.plans import tasks as plan_tasks
from heartsease.care.plans.models import Proposal
from heartsease.consent import actions as consent
from heartsease.people import actions as people
from heartsease.people import queries
from heartsease.people.models import CareRelation, Membership, Role
from heartsease.watch import actions as watch
from heartsease.watch.models import Alert


def says(person, item_nine=2, now=None):
    now = now or timezone.now()
    asked = measures.assign(person, "phq9", by=person, now=now, due=now)
    return measures.answer(
        asked, {**dict.fromkeys(range(1, 9), 1), 9: item_nine}, by=person, now=now
    )


@pytest.fixture
def alice(cast):
    agree(cast.alice)
    cast.alice.welcomed_at = timezone.now()
    cast.alice.save()
    return cast.alice


def empty(team):
    """As if everybody had gone, whatever the rules say."""
    Membership.objects.filter(team=team).delete()
    CareRelation.objects.filter(team=team).update(lead=None)


def test_danger_said_to_an_empty_team_waits_for_whoever_comes(cast, alice):
    empty(cast.riverside)
    response = says(alice)
    alert = Alert.objects.get()
    assert alert.owner is None
    page = as_(alice)
    body = page.get(f"/results/{response.pk}/").content.decode()
    assert "No clinician could be told just now" in body
    today = page.get("/").content.decode()
    assert "Your team has been told" not in today
    assert "Nobody here has been told" in today
    assert "tel:116123" in today
    later = timezone.now() + timedelta(hours=5)
    people.join(cast.riverside, cast.bob, by=cast.ada, now=later)
    alert.refresh_from_db()
    assert (alert.owner, alert.due_at) == (cast.bob, later + timedelta(minutes=60))
    assert "Safety, not taken" in as_(cast.bob).get("/clinic/").content.decode()
    assert "Your team has been told" in page.get("/").content.decode()


def test_danger_of_somebody_in_no_teams_care_reaches_the_first_team_that_takes_them(cast, alice):
    for relation in CareRelation.objects.filter(patient=alice):
        people.end_care(relation, by=cast.ada, now=timezone.now())
    says(alice)
    people.take_into_care(alice, cast.harbour, by=cast.ada, now=timezone.now())
    assert Alert.objects.get().owner == cast.charlie


def test_the_last_clinician_of_people_in_care_is_not_taken_out(cast, alice):
    office = as_(cast.ada)
    address = f"/office/teams/{cast.harbour.pk}/leave/"
    body = office.post(address, {"email": cast.charlie.email}, follow=True).content.decode()
    assert "is the last clinician of Harbour, and 1 person is in its care" in body
    assert Membership.objects.filter(team=cast.harbour).exists()
    people.move_into_care(cast.pat, cast.riverside, by=cast.ada, now=timezone.now())
    office.post(address, {"email": cast.charlie.email})
    assert not Membership.objects.filter(team=cast.harbour).exists()


def test_a_person_moves_with_their_alerts_and_the_old_team_sees_nothing(cast, alice):
    says(alice)
    alert = Alert.objects.get()
    watch.acknowledge(alert, by=cast.bob, now=timezone.now())
    form = {"email": alice.email, "team": cast.harbour.pk}
    body = as_(cast.ada).post("/office/care/", form, follow=True).content.decode()
    assert "Harbour cares for Alice from now on." in body
    alert.refresh_from_db()
    assert (alert.owner, alert.acknowledged_at) == (cast.charlie, None)
    assert as_(cast.bob).get(f"/clinic/people/{alice.pk}/").status_code == 404
    assert as_(cast.charlie).get(f"/clinic/alerts/{alert.pk}/").status_code == 200


@pytest.mark.parametrize("email", ["nobody@example.org", "bob@example.org", "x"])
def test_only_a_person_in_care_is_moved(cast, email):
    form = {"email": email, "team": cast.harbour.pk}
    body = as_(cast.ada).post("/office/care/", form, follow=True).content.decode()
    assert "Nobody in care has this address" in body
    with pytest.raises(people.NotAllowed):
        people.move_into_care(cast.alice, cast.harbour, by=cast.bob, now=timezone.now())


def test_who_came_before_there_was_a_team_is_named_and_taken_in_by_the_first(cast):
    for team in (cast.riverside, cast.harbour):
        team.is_intake = False
        team.save()
    new = people.register("early@example.org", "Early", Role.PATIENT, now=timezone.now())
    assert list(queries.uncared_for()) == [new]
    body = as_(cast.ada).get("/office/").content.decode()
    assert "Nobody cares for 1 person" in body
    assert "Early" in body
    people.found_team("Front door", by=cast.ada, now=timezone.now(), is_intake=True)
    assert not queries.uncared_for().exists()


def test_a_second_danger_is_not_hidden_behind_the_one_that_was_taken(cast, alice):
    now = timezone.now()
    says(alice, 1, now - timedelta(minutes=5))
    watch.acknowledge(Alert.objects.get(), by=cast.bob, now=now)
    says(alice, 3, now)
    second = Alert.objects.get(acknowledged_at=None)
    bob = as_(cast.bob)
    body = bob.get("/clinic/").content.decode()
    assert "Safety, not taken" in body
    assert f"/clinic/alerts/{second.pk}/" in body
    first = Alert.objects.exclude(pk=second.pk).get()
    page = bob.get(f"/clinic/alerts/{first.pk}/").content.decode()
    assert "Also open" in page
    assert "Nearly every day" in page


def test_what_was_done_about_an_alert_stays_on_the_persons_page(cast, alice):
    says(alice)
    watch.close(Alert.objects.get(), "Call again tomorrow at ten.", by=cast.bob, now=timezone.now())
    page = f"/clinic/people/{alice.pk}/"
    assert "Call again tomorrow at ten." in as_(cast.sue).get(page).content.decode()
    consent.withdraw(alice, "questionnaires", "care", by=alice, now=timezone.now())
    assert as_(cast.sue).get(page).status_code == 200


def test_what_is_missing_is_said_on_the_page_and_nothing_written_is_lost(cast, alice):
    says(alice)
    bob, alert = as_(cast.bob), Alert.objects.get()
    answer = bob.post(f"/clinic/alerts/{alert.pk}/close/", {"reason": "ok"})
    assert answer.status_code == 422
    assert "Say in a sentence" in answer.content.decode()
    assert ">ok</textarea>" in answer.content.decode()
    plan_tasks.think_over(alice, now=timezone.now())
    proposal = Proposal.objects.first()
    address = f"/clinic/proposals/{proposal.pk}/"
    assert bob.post(f"{address}own-choice/", {"own_choice": " "}).status_code == 422
    bob.post(f"{address}own-choice/", {"own_choice": "Call."})
    option = proposal.options[0]["key"]
    sent = {"decision": "accept", "option": option, f"activities_{option}": "Walk with Sam"}
    answer = bob.post(f"{address}decide/", sent)
    assert answer.status_code == 422
    assert "Walk with Sam" in answer.content.decode()
    assert "Say in a few words why" in answer.content.decode()


def test_an_emergency_look_offers_nothing_that_would_be_refused(cast, alice):
    charlie = as_(cast.charlie)
    consent.open_urgently(cast.charlie, alice, "Found on the street, alone.", now=timezone.now())
    body = charlie.get(f"/clinic/people/{alice.pk}/").content.decode()
    assert "You opened this in an emergency, until" in body
    assert f"/clinic/people/{alice.pk}/plan/" not in body
    assert f"/clinic/people/{alice.pk}/ask/" not in body
    assert (
        f"/clinic/people/{alice.pk}/plan/"
        in as_(cast.bob).get(f"/clinic/people/{alice.pk}/").content.decode()
    )


def test_an_alert_that_changed_hands_with_the_care_can_be_escalated_once_more(cast, alice):
    says(alice)
    now = timezone.now()
    assert watch.escalate(now + timedelta(hours=2)) == 1
    people.join(cast.harbour, cast.sue, by=cast.ada, now=now)
    people.move_into_care(alice, cast.harbour, by=cast.ada, now=now + timedelta(hours=3))
    alert = Alert.objects.get()
    assert alert.owner == cast.sue
    people.leave(cast.harbour, cast.sue, by=cast.ada, now=now + timedelta(hours=3))
    alert.refresh_from_db()
    assert (alert.owner, alert.escalated_at) == (cast.charlie, None)
    assert alert.due_at > now + timedelta(hours=3)
    people.join(cast.harbour, cast.sue, by=cast.ada, now=now + timedelta(hours=4))
    assert watch.escalate(now + timedelta(hours=9)) == 1


def test_nobody_is_moved_into_an_empty_team(cast, alice):
    empty(cast.harbour)
    form = {"email": alice.email, "team": cast.harbour.pk}
    body = as_(cast.ada).post("/office/care/", form, follow=True).content.decode()
    assert "Nobody is in Harbour yet" in body
    assert queries.teams_caring_for(alice.pk).get() == cast.riverside


@pytest.mark.parametrize("who", ["alice", "bob", "sue", "otto"])
def test_teams_and_care_are_changed_by_an_administrator_alone(cast, who):
    by, now = getattr(cast, who), timezone.now()
    relation = CareRelation.objects.get(patient=cast.alice, ended=None)
    for act in (
        lambda: people.found_team("Rogue", by=by, now=now),
        lambda: people.join(cast.harbour, cast.bob, by=by, now=now),
        lambda: people.leave(cast.riverside, cast.sue, by=by, now=now),
        lambda: people.take_into_care(cast.alice, cast.harbour, by=by, now=now),
        lambda: people.end_care(relation, by=by, now=now),
        lambda: people.appoint("x@example.org", "X", Role.ADMIN, by=by, now=now),
    ):
        with pytest.raises(people.NotAllowed):
            act()


def test_whoever_is_not_in_a_team_does_not_leave_it(cast):
    with pytest.raises(people.NotAllowed, match="is not in Harbour"):
        people.leave(cast.harbour, cast.bob, by=cast.ada, now=timezone.now())


def test_an_account_of_staff_has_an_author_in_the_log(cast):
    from heartsease.base import audit

    new = {"name": "Neu", "email": "neu@example.org", "role": "clinician"}
    as_(cast.ada).post("/office/staff/", new)
    line = audit.AuditEntry.objects.get(action="staff.appointed")
    assert line.actor == str(cast.ada.pk)
    with pytest.raises(people.NotAllowed):
        people.appoint("p@example.org", "P", Role.PATIENT, by=cast.ada, now=timezone.now())
