"""What tests of plans share: a person with scores, a proposal, a decision."""

from datetime import date, timedelta

from tests.people import NOW

from heartsease.capture.measures import actions as measures
from heartsease.care.plans import actions
from heartsease.science import instruments
from heartsease.science.treatment.stepped_care import (
    ObservedChange,
    ScorePoint,
    Situation,
    suggest,
)


def answered(person, total, at, instrument="phq9"):
    """A response with a total, made of answers that leave the safety item at 0."""
    left, answers = total, {}
    for item in instruments.load(instrument).items:
        answers[item.number] = 0 if item.number == 9 else min(left, 3)
        left -= answers[item.number]
    score = instruments.score(instruments.load(instrument), answers)
    return measures.record(person, instrument, answers, score=score, now=at)


def plan_for(person, cast, **more):
    values = {
        "problem": "Low mood",
        "goals": ["Cycle again"],
        "activities": ["Walk"],
        "review_on": date(2026, 6, 1),
        "by": cast.bob,
        "now": NOW,
    }
    return actions.make_plan(person, **{**values, **more})


def accepted(proposal, cast, **more):
    actions.record_own_choice(proposal, "Offer CBT.", by=cast.bob, now=NOW)
    key = proposal.options[0]["key"]
    return actions.accept(proposal, key, by=cast.bob, now=NOW, **more)


def change_proposal(person):
    situation = Situation(
        now=NOW.date(),
        scores=(ScorePoint("phq9", NOW.date(), 6.0),),
        treatment_started=NOW.date() - timedelta(days=30),
        step=2,
        open_safety_alert=False,
        changes=(ObservedChange("steps", NOW.date(), "Steps: 3,000 fewer.", "wearables"),),
    )
    (suggestion,) = suggest(situation)
    return actions.propose(person, suggestion, now=NOW)
