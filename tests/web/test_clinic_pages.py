"""The clinic's pages: who needs somebody first, own judgement before the machine's, a trace."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.people import BACKEND, agree, as_

from heartsease.base import audit
from heartsease.capture.measures import actions as measures
from heartsease.care.plans import tasks as plan_tasks
from heartsease.care.plans.models import CarePlan, Proposal, Status
from heartsease.consent import actions as consent
from heartsease.consent.models import UrgentAccess
from heartsease.people import actions as people
from heartsease.people.models import Role
from heartsease.science import instruments
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.watch import actions as watch
from heartsease.watch.models import Alert, Review


def scored(person, total, at, *, item_nine=0):
    left, answers = total - item_nine, {}
    for number in range(1, 9):
        answers[number] = min(left, 3)
        left -= answers[number]
    answers[9] = item_nine
    score = instruments.score(instruments.load("phq9"), answers)
    return measures.record(person, "phq9", answers, score=score, now=at)


def patient(cast, name, now):
    person = people.register(f"{name.lower()}@example.org", name, Role.PATIENT, now=now)
    agree(person)
    return person


@pytest.fixture
def now(db):
    return timezone.now()


@pytest.fixture
def bob(cast):
    return as_(cast.bob)


def names_in_order(client, query=""):
    import re

    body = client.get(f"/clinic/?fragment=1{query}").content.decode()
    return re.findall(r'class="who" [^>]*>([^<]+)<', body)


def test_the_caseload_puts_danger_before_proposals_before_overdue_before_the_rest(cast, bob, now):
    agree(cast.alice)
    overdue, danger, waiting = (patient(cast, name, now) for name in ("Olga", "Dan", "Will"))
    measures.assign(overdue, "gad7", by=cast.bob, now=now, due=now - timedelta(days=3))
    asked = measures.assign(danger, "phq9", by=cast.bob, now=now, due=now)
    measures.answer(asked, {**dict.fromkeys(range(1, 9), 0), 9: 1}, by=danger, now=now)
    scored(waiting, 18, now)
    plan_tasks.think_over(waiting, now=now)
    assert names_in_order(bob) == ["Dan", "Will", "Olga", "Alice"]


def test_filters_are_words_and_unknown_ones_count_as_not_said(cast, bob, now):
    agree(cast.alice)
    will = patient(cast, "Will", now)
    scored(will, 18, now)
    plan_tasks.think_over(will, now=now)
    assert names_in_order(bob, "&which=proposal") == ["Will"]
    assert names_in_order(bob, "&whose=mine") == ["Alice"]
    assert names_in_order(bob, "&which=nonsense&whose=%27--") == ["Will", "Alice"]


def test_another_team_sees_none_of_these_people(cast, now):
    agree(cast.alice)
    assert names_in_order(as_(cast.charlie)) == ["Pat"]


def test_the_caseload_takes_the_same_number_of_queries_for_two_people_and_for_twenty(
    cast, bob, now, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as found:
            bob.get("/clinic/")
        return len(found)

    agree(cast.alice)
    scored(patient(cast, "First", now), 12, now)
    few = cost()
    for number in range(18):
        person = patient(cast, f"Person{number}", now)
        scored(person, 10, now - timedelta(days=30))
        scored(person, 16, now)
        plan_tasks.think_over(person, now=now)
    assert cost() <= few + 2
    assert few < 40


def test_scores_of_somebody_who_shows_none_do_not_appear(cast, bob, now):
    will = patient(cast, "Will", now)
    scored(will, 27 - 3, now)
    assert ">24<" in bob.get("/clinic/").content.decode()
    consent.withdraw(will, "questionnaires", "care", by=will, now=now)
    assert ">24<" not in bob.get("/clinic/").content.decode()


@pytest.fixture
def proposal(cast, now):
    agree(cast.alice)
    scored(cast.alice, 18, now)
    (made,) = plan_tasks.think_over(cast.alice, now=now)
    return made


def test_options_are_not_in_the_page_before_the_clinicians_own_choice(proposal, bob):
    path = f"/clinic/proposals/{proposal.pk}/"
    before = bob.get(path).content.decode()
    for option in proposal.options:
        assert option["label"] not in before
    bob.post(f"{path}own-choice/", {"own_choice": "Offer CBT."})
    after = bob.get(path).content.decode()
    for option in proposal.options:
        assert option["label"] in after
    assert "Offer CBT." in after
    assert " checked" not in after


def test_an_empty_own_choice_is_a_sentence_and_not_an_error_of_ours(proposal, bob):
    answer = bob.post(f"/clinic/proposals/{proposal.pk}/own-choice/", {"own_choice": " "})
    assert answer.status_code == 422
    assert "what you would do" in answer.content.decode()


def decide(client, proposal, **sent):
    path = f"/clinic/proposals/{proposal.pk}/"
    client.post(f"{path}own-choice/", {"own_choice": "Offer CBT."})
    return client.post(f"{path}decide/", sent)


def test_an_accepted_change_is_the_plan_the_person_sees(proposal, bob, cast):
    key = proposal.options[1]["key"]
    sent = {
        "decision": "accept",
        "option": key,
        f"activities_{key}": "Swim\n\n Rest ",
        "reason": "Asked for.",
    }
    assert decide(bob, proposal, **sent).status_code == 302
    cast.alice.welcomed_at = timezone.now()
    cast.alice.save()
    body = as_(cast.alice).get("/plan/").content.decode()
    assert "Swim" in body
    assert "Rest" in body
    assert "Bob" in body


def test_declining_without_a_reason_changes_nothing(proposal, bob):
    assert decide(bob, proposal, decision="decline").status_code == 422
    assert Proposal.objects.get().status == Status.OPEN
    assert not CarePlan.objects.exists()


def test_a_decision_that_comes_second_is_told_so(proposal, bob, cast):
    decide(bob, proposal, decision="decline", reason="Not now.")
    answer = as_(cast.sue).post(
        f"/clinic/proposals/{proposal.pk}/decide/", {"decision": "decline", "reason": "Mine."}
    )
    assert answer.status_code == 409
    assert "decided before" in answer.content.decode()


def test_opening_a_record_leaves_one_trace_a_quarter_of_an_hour(cast, bob, now):
    agree(cast.alice)
    for path in ("", "timeline.json", "timeline.json", ""):
        assert bob.get(f"/clinic/people/{cast.alice.pk}/{path}").status_code == 200
    looks = audit.about(cast.alice.pk).filter(action="record.opened")
    assert [(row.resource, row.purpose) for row in looks] == [("timeline", "care")]


def test_the_timeline_alone_leaves_a_trace_too(cast, bob):
    agree(cast.alice)
    bob.get(f"/clinic/people/{cast.alice.pk}/timeline.json")
    assert audit.about(cast.alice.pk).filter(action="record.opened").count() == 1


def test_the_content_of_a_safety_alert_closes_with_the_agreement_but_not_the_alert(cast, bob, now):
    agree(cast.alice)
    asked = measures.assign(cast.alice, "phq9", by=cast.bob, now=now, due=now)
    measures.answer(asked, {9: 3}, by=cast.alice, now=now)
    path = f"/clinic/alerts/{Alert.objects.get().pk}/"
    assert "Nearly every day" in bob.get(path).content.decode()
    consent.withdraw(cast.alice, "questionnaires", "care", by=cast.alice, now=now)
    answer = bob.get(path)
    assert answer.status_code == 200
    assert "Nearly every day" not in answer.content.decode()


def test_a_review_mark_is_kept(cast, bob):
    bob.post(f"/clinic/people/{cast.alice.pk}/reviewed/")
    assert Review.objects.get().by == cast.bob


def test_a_plan_with_a_review_in_the_past_is_asked_for_again_with_the_words_kept(cast, bob):
    sent = {
        "problem": "Low mood",
        "activities": "A walk each morning",
        "review_on": "2020-01-01",
        "step": "2",
        "summary": "First plan",
    }
    answer = bob.post(f"/clinic/people/{cast.alice.pk}/plan/", sent)
    assert answer.status_code == 422
    assert "A walk each morning" in answer.content.decode()
    assert not CarePlan.objects.exists()


def test_asking_for_a_questionnaire_that_is_not_there_sends_nothing(cast, bob):
    from heartsease.capture.measures.models import Assignment

    bob.post(f"/clinic/people/{cast.alice.pk}/ask/", {"instrument": "rorschach"})
    assert not Assignment.objects.exists()


def test_an_emergency_opens_a_record_for_an_hour_and_everybody_concerned_can_see_it(cast, now):
    agree(cast.alice)
    charlie = as_(cast.charlie)
    path = f"/clinic/people/{cast.alice.pk}/"
    assert charlie.get(path).status_code == 404
    too_short = charlie.post("/clinic/urgent/", {"email": cast.alice.email, "reason": "now"})
    assert too_short.status_code == 422
    sent = {"email": cast.alice.email, "reason": "Brought in unconscious, no papers."}
    assert charlie.post("/clinic/urgent/", sent).status_code == 302
    assert charlie.get(path).status_code == 200
    cast.alice.welcomed_at = now
    cast.alice.save()
    seen = as_(cast.alice).get("/privacy/").content.decode()
    assert "Charlie" in seen
    assert "emergency" in seen.lower()
    assert "Charlie" in as_(cast.sue).get("/office/loop/").content.decode()
    UrgentAccess.objects.update(ends_at=now - timedelta(seconds=1))
    assert charlie.get(path).status_code == 404


def test_an_emergency_opens_nothing_that_the_own_team_may_not_see(cast, now):
    agree(cast.alice)
    consent.withdraw(cast.alice, "questionnaires", "care", by=cast.alice, now=now)
    scored(cast.alice, 24, now)
    charlie = as_(cast.charlie)
    sent = {"email": cast.alice.email, "reason": "Brought in unconscious, no papers."}
    charlie.post("/clinic/urgent/", sent)
    assert (
        charlie.get(f"/clinic/people/{cast.alice.pk}/timeline.json").json()["questionnaires"] == []
    )


def test_a_decision_sent_after_the_session_had_ended_comes_back_on_its_page(proposal, bob, cast):
    path = f"/clinic/proposals/{proposal.pk}/"
    page = f"http://testserver{path}"
    bob.get(path)
    del bob.cookies["sessionid"]
    bob.post(f"{path}own-choice/", {"own_choice": "Offer CBT first."}, headers={"referer": page})
    bob.force_login(cast.bob, backend=BACKEND)
    body = bob.get(path).content.decode()
    assert "Offer CBT first." in body
    assert "Nothing was lost" in body


def test_staff_without_a_second_step_hear_no_news(cast, settings):
    settings.SITE_POLICY.unlink()
    assert as_(cast.bob).get("/events").status_code == 403


def test_a_look_for_an_unknown_address_in_an_emergency_is_in_the_log(cast, now):
    sent = {"email": "nobody@example.org", "reason": "Brought in unconscious, no papers."}
    as_(cast.charlie).post("/clinic/urgent/", sent)
    found = audit.AuditEntry.objects.filter(action="record.searched_for")
    assert found.get().actor == str(cast.charlie.pk)


def test_an_open_questionnaire_is_not_shown_when_answers_are_not(cast, bob, now):
    agree(cast.alice)
    measures.assign(cast.alice, "gad7", by=cast.bob, now=now, due=now)
    path = f"/clinic/people/{cast.alice.pk}/"
    assert "GAD-7, due" in bob.get(path).content.decode()
    consent.withdraw(cast.alice, "questionnaires", "care", by=cast.alice, now=now)
    assert "GAD-7, due" not in bob.get(path).content.decode()


def test_sleep_is_not_called_usual_without_a_night_of_data(cast, bob, now):
    from heartsease.capture.streams.models import DailyFeature

    agree(cast.alice)
    today = timezone.localdate()
    DailyFeature.objects.create(
        person=cast.alice,
        day=today,
        feature="steps",
        value=4000,
        data_yield=1,
        definition_version=FEATURES["steps"].version,
    )
    row = row_of(cast.alice, cast.bob, now, today)
    assert (row.sleep.words, row.heard) == ("no data", today)
    assert row.activity.words == "too few days", "one day is not nothing noticed"
    watch.keep_verdicts(cast.alice, {"wearables.activity.less": "unchanged"}, now=now)
    assert row_of(cast.alice, cast.bob, now, today).activity.words == "nothing noticed"
    watch.keep_verdicts(cast.alice, {"wearables.activity.less": "Three days."}, now=now)
    row = row_of(cast.alice, cast.bob, now, today)
    assert (row.activity.words, row.activity.why) == ("too few days", "Three days.")
    consent.withdraw(cast.alice, "wearables", "early_warning", by=cast.alice, now=now)
    assert row_of(cast.alice, cast.bob, now, today).activity.words == "not watched"


def row_of(person, clinician, now, today):
    from heartsease.web.clinic.caseload import rows

    return next(row for row in rows(clinician, now, today) if row.person == person)


def test_any_questionnaire_counts_as_having_heard_from_somebody(cast, now):
    agree(cast.alice)
    asked = measures.assign(cast.alice, "gad7", by=cast.bob, now=now, due=now)
    measures.answer(asked, dict.fromkeys(range(1, 8), 1), by=cast.alice, now=now)
    today = timezone.localdate()
    assert row_of(cast.alice, cast.bob, now, today).heard == cast.alice.local_day(now)


def test_row_and_rules_agree_on_who_is_off_track(cast, now):
    """17, then 4, then 16: no change from the first score, but worse than the best."""
    from heartsease.care.plans import actions as plan_actions

    agree(cast.alice)
    begin = now - timedelta(days=60)
    plan_actions.make_plan(
        cast.alice,
        problem="Low mood",
        goals=[],
        activities=["Walk"],
        review_on=timezone.localdate(),
        by=cast.bob,
        now=begin,
        step=2,
    )
    for days_ago, total in ((61, 17), (30, 4), (1, 16)):
        scored(cast.alice, total, now - timedelta(days=days_ago))
    proposed = {one.rule for one in plan_tasks.think_over(cast.alice, now=now)}
    assert "deterioration" in proposed
    row = row_of(cast.alice, cast.bob, now, timezone.localdate())
    assert row.off_track == "worse beyond chance"


def test_an_empty_filter_does_not_say_that_nobody_needs_anybody(cast, bob, now):
    agree(cast.alice)
    asked = measures.assign(cast.alice, "phq9", by=cast.bob, now=now, due=now)
    measures.answer(asked, {9: 3}, by=cast.alice, now=now)
    body = bob.get("/clinic/?fragment=1&which=quiet").content.decode()
    assert "Nobody needs you first" not in body


def test_somebody_who_paused_questionnaires_is_not_asked(cast, bob):
    from heartsease.capture.measures.models import Assignment

    answer = bob.post(f"/clinic/people/{cast.alice.pk}/ask/", {"instrument": "phq9"}, follow=True)
    assert "paused" in answer.content.decode()
    assert not Assignment.objects.exists()
