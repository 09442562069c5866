"""A week as a page, on paper and as a mail: true, quiet, and seen by those who may."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.test import override_settings
from tests.apps.watch.test_signals import days_of, usual
from tests.people import NOW, agree, as_

from heartsease.capture.measures import actions as measures
from heartsease.capture.streams.models import DailyFeature
from heartsease.consent import actions as consent
from heartsease.people import actions as people
from heartsease.people import tasks
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.watch import actions as watch
from heartsease.web.paper import pdf_of
from heartsease.web.week import last_whole_week, week

MONDAY = date(2026, 4, 27)
TUESDAY_MORNING = datetime(2026, 5, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    days_of(cast.alice, "minutes_asleep", usual(420, 20))
    with time_machine_at(NOW):
        yield cast.alice


def test_the_last_whole_week_ends_before_today():
    assert last_whole_week(NOW.date()) == MONDAY
    assert last_whole_week(NOW.date() + timedelta(days=6)) == MONDAY


def test_a_week_shows_seven_days_a_mean_and_what_is_usual(alice):
    found = week(alice, MONDAY, NOW.date())
    (sleep,) = found.lines
    assert len(sleep.cells) == 7
    assert all(re.fullmatch(r"\d+ h( \d+ min)?", cell) for cell in sleep.cells)
    assert "from 7 of 7 nights" in sleep.sentence
    assert "Most weeks before" in sleep.sentence


def test_days_without_data_are_empty_and_too_few_are_called_so(alice):
    found = week(alice, NOW.date() - timedelta(days=NOW.weekday()), NOW.date())
    assert found.is_empty
    days_of(alice, "steps", [4000.0, 5000.0])
    (sleep, steps) = week(alice, MONDAY, NOW.date()).lines
    assert sleep.title != steps.title
    assert steps.cells[:5] == ("",) * 5
    assert "too few to say" in steps.sentence


def test_days_to_come_are_not_called_missing(alice):
    today = NOW.date()  # a Monday
    DailyFeature.objects.create(
        person=alice,
        day=today,
        feature="steps",
        value=900,
        data_yield=1,
        definition_version=FEATURES["steps"].version,
    )
    (steps,) = week(alice, today, today).lines
    assert steps.sentence.startswith("1 of 1 days so far with enough data")
    assert [to_come for _, _, to_come in steps.by_day] == [False] + [True] * 6
    assert "to come" in as_(alice).get("/my-data/week/?week=2026-W19").content.decode()


def test_a_change_told_in_a_week_that_is_over_rests_on_no_later_days(alice):
    watch.keep_signal(
        alice,
        stream="wearables",
        domain="activity",
        feature="wearables.activity.less",
        facts={"label": "less movement", "direction": -1, "since": MONDAY, "noticed": str(NOW)}
        | {"sentence": "Steps: fewer since 27 April; 12 of 14 days have data."},
        now=NOW,
    )
    assert week(alice, MONDAY, NOW.date()).changes == ("Less movement since 27 April.",)
    this = NOW.date() - timedelta(days=NOW.weekday())
    assert "12 of 14" in week(alice, this, NOW.date()).changes[0]


def test_a_score_stands_with_its_maximum_and_its_day(alice, cast):
    sunday = NOW - timedelta(days=1)
    asked = measures.assign(alice, "phq9", by=cast.bob, now=sunday, due=sunday)
    measures.answer(asked, {**dict.fromkeys(range(1, 9), 1), 9: 0}, by=alice, now=sunday)
    (score,) = week(alice, MONDAY, NOW.date()).scores
    assert "8 of 27, 3 May" in score


def test_a_clinician_is_not_called_you(alice, cast):
    (own,) = week(alice, MONDAY, NOW.date()).lines
    (theirs,) = week(alice, MONDAY, NOW.date(), actor=cast.bob).lines
    assert "you" in own.sentence.lower()
    assert "you" not in theirs.sentence.lower()
    assert own.cells == theirs.cells


def test_the_page_can_be_turned_back_and_refuses_weeks_that_do_not_exist(alice):
    browser = as_(alice)
    page = browser.get("/my-data/week/").content.decode()
    assert "Week of 27 April" in page
    assert "?week=2026-W17" in page
    assert browser.get("/my-data/week/?week=2026-W17").status_code == 200
    for word in ("2026-W60", "2030-W01", "nonsense", "0001-W01"):
        assert browser.get(f"/my-data/week/?week={word}").status_code == 404


def test_the_pdf_is_a_pdf_and_reads_nothing_as_markup(alice):
    answer = as_(alice).get("/my-data/week/pdf/?week=2026-W18")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    odd = pdf_of(week(alice, MONDAY, NOW.date()), '#read("/etc/passwd") $ \\ " *x* ]')
    assert odd.startswith(b"%PDF-")


def test_a_clinician_gets_of_the_week_what_is_shown_and_the_person_sees_who_looked(alice, cast):
    browser = as_(cast.bob)
    assert browser.get(f"/clinic/people/{alice.pk}/week/").content.startswith(b"%PDF-")
    assert week(alice, MONDAY, NOW.date(), actor=cast.bob).lines
    consent.withdraw(alice, "wearables", "care", by=alice, now=NOW)
    assert not week(alice, MONDAY, NOW.date(), actor=cast.bob).lines
    assert "a sheet of your last week" in as_(alice).get("/privacy/").content.decode()
    assert as_(cast.charlie).get(f"/clinic/people/{alice.pk}/week/").status_code == 404


@override_settings(SENDS_MAIL=True)
def test_the_mail_comes_once_on_monday_to_whoever_asked_and_says_nothing_of_health(alice, cast):
    tasks.send_weekly_mails(NOW)
    assert mail.outbox == []
    as_(alice).post("/my-data/week/mail/", {"to": "on"})
    tasks.send_weekly_mails(NOW - timedelta(hours=3))
    assert mail.outbox == [], "it is too early on Monday"
    for _ in range(3):
        tasks.send_weekly_mails(NOW)
    tasks.send_weekly_mails(TUESDAY_MORNING)
    (one,) = mail.outbox
    assert one.to == [alice.email]
    assert "/my-data/week/" in one.body
    assert not re.search(r"sleep|mood|slept|steps|score", one.body + one.subject)
    tasks.send_weekly_mails(NOW + timedelta(days=7))
    assert len(mail.outbox) == 2
    as_(alice).post("/my-data/week/mail/", {"to": "off"})
    tasks.send_weekly_mails(NOW + timedelta(days=14))
    assert len(mail.outbox) == 2


@override_settings(SENDS_MAIL=True)
def test_a_mail_that_could_not_be_sent_is_tried_again(alice, monkeypatch):
    people.want_weekly_mail(alice, True, by=alice, now=NOW)

    def down(*_, **__):
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", down)
        tasks.send_weekly_mails(NOW)
    assert mail.outbox == []
    tasks.send_weekly_mails(TUESDAY_MORNING)
    assert len(mail.outbox) == 1


@override_settings(SENDS_MAIL=False)
def test_without_a_mail_server_none_is_promised(alice):
    page = as_(alice).get("/my-data/week/").content.decode()
    assert "This place sends no mail" in page


def test_nobody_asks_for_mail_for_somebody_else(alice, cast):
    with pytest.raises(people.NotAllowed):
        people.want_weekly_mail(alice, True, by=cast.bob, now=NOW)


def test_many_scattered_days_are_no_usual_week(alice):
    scattered = [5_000.0 if place % 4 == 0 else None for place in range(110)]
    scattered[-7:] = [4_000.0] * 7
    days_of(alice, "steps", scattered)
    steps = next(one for one in week(alice, MONDAY, NOW.date()).lines if one.title == "Steps")
    assert "7 of 7" in steps.sentence
    assert "Most weeks before" not in steps.sentence


def test_days_partly_recorded_are_shown_as_such_and_not_counted(alice, cast):
    """A watch worn for an hour a day tells no day of few steps."""
    days_of(alice, "steps", usual(8_000, 900))
    barely = DailyFeature.objects.filter(person=alice, feature="steps", day__gte=MONDAY)
    barely.filter(day__gt=MONDAY + timedelta(days=3)).update(value=400, data_yield=0.1)
    for actor in (None, cast.bob):
        found = week(alice, MONDAY, NOW.date(), actor=actor)
        steps = next(one for one in found.lines if one.title == "Steps")
        assert "4 of 7 days" in steps.sentence
        assert ["partly recorded" in cell for cell in steps.cells] == [False] * 4 + [True] * 3
        assert steps.cells[-1].startswith("400")
    assert "partly recorded" in as_(alice).get("/my-data/week/").content.decode()
    barely.update(data_yield=0.1)
    steps = next(one for one in week(alice, MONDAY, NOW.date()).lines if one.title == "Steps")
    assert "0 of 7 days" in steps.sentence
    assert "too few to say" in steps.sentence


def test_weeks_partly_recorded_are_no_usual_weeks(alice):
    days_of(alice, "steps", usual(8_000, 900))
    DailyFeature.objects.filter(person=alice, feature="steps", day__lt=MONDAY).update(
        data_yield=0.1
    )
    steps = next(one for one in week(alice, MONDAY, NOW.date()).lines if one.title == "Steps")
    assert "Most weeks before" not in steps.sentence
