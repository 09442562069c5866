"""What moved since a plan began: with an interval, for those who may see the measure."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.utils.formats import date_format
from tests.apps.watch.test_signals import days_of
from tests.people import NOW, agree, as_

from heartsease.care.plans import actions as plans
from heartsease.consent import actions as consent
from heartsease.watch import actions as watch_actions
from heartsease.web.clinic.course import brief
from heartsease.web.clinic.levels import levels
from heartsease.web.clinic.moved import moved_since

BEGAN = NOW - timedelta(days=40)


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    rng = np.random.default_rng(3)
    steps = rng.normal(6_000, 500, 110)
    steps[-40:] += 2_000
    days_of(cast.alice, "steps", [float(one) for one in steps])
    plans.make_plan(
        cast.alice,
        problem="Low mood",
        goals=[],
        activities=["A walk before noon"],
        review_on=NOW.date(),
        by=cast.bob,
        now=BEGAN,
    )
    with time_machine_at(NOW):
        yield cast.alice


def test_a_shift_is_told_with_its_interval_and_what_it_rests_on(alice, cast):
    (row,) = moved_since(cast.bob, alice, BEGAN.date(), NOW.date())
    assert (row.title, row.verdict) == ("Steps", "clear of drift")
    assert row.rests_on.endswith("40 since")
    assert row.shift.startswith("+")
    bob = as_(cast.bob)
    assert "What moved since" in bob.get(f"/clinic/people/{alice.pk}/").content.decode()
    for headers in ({}, {"HX-Request": "true"}):
        page = bob.get(f"/clinic/people/{alice.pk}/moved/", headers=headers).content.decode()
        assert "does not say that the plan did it" in page
        assert "clear of drift" in page
    assert as_(cast.charlie).get(f"/clinic/people/{alice.pk}/moved/").status_code == 404
    assert bob.get(f"/clinic/people/{cast.pat.pk}/moved/").status_code == 404


def test_nothing_is_said_of_a_plan_of_last_week_or_of_what_is_not_shown(alice, cast):
    assert moved_since(cast.bob, alice, NOW.date() - timedelta(days=7), NOW.date()) == []
    consent.withdraw(alice, "wearables", "care", by=alice, now=NOW)
    assert moved_since(cast.bob, alice, BEGAN.date(), NOW.date()) == []


def test_too_few_days_on_one_side_are_called_so(alice, cast):
    (row,) = moved_since(cast.bob, alice, NOW.date() - timedelta(days=109), NOW.date())
    assert row.verdict == "not enough to say"
    assert "at least 3" in row.rests_on


def test_levels_say_when_each_began_and_which_days_fit_as_well(alice, cast):
    (row,) = levels(cast.bob, alice, NOW.date())
    assert row.title == "Steps"
    first, second = row.stretches
    assert "steps from" in first
    assert "fit as well" in second or second.endswith(date_format(BEGAN.date(), "j M Y"))
    assert row.present.startswith("most likely since")
    page = as_(cast.bob).get(f"/clinic/people/{alice.pk}/moved/").content.decode()
    assert "Levels of the last year" in page
    consent.withdraw(alice, "wearables", "care", by=alice, now=NOW)
    assert levels(cast.bob, alice, NOW.date()) == []


def test_the_brief_says_of_what_nothing_is_known_and_why(alice, cast):
    watch_actions.keep_verdicts(
        alice,
        {"wearables.sleep.less": "3 of 28 days.", "wearables.sleep.more": "3 of 28 days."}
        | {"wearables.activity.less": "unchanged"},
        now=NOW,
    )
    said = [
        one.text
        for one in brief(cast.bob, alice, alerts=[], signals=[], proposals=[], today=NOW.date())
    ]
    assert "Not known whether sleep changed: 3 of 28 days." in said
    assert not any("activity changed" in one for one in said)
