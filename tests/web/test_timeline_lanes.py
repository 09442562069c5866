"""The lanes of a clinician's timeline: all that is watched, and a change where it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.people import NOW, agree, as_

from heartsease.capture.streams.models import DailyFeature
from heartsease.consent import actions as consent
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.watch import actions as watch
from heartsease.watch.watched import plan
from heartsease.web.clinic.lanes import watched


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    with time_machine_at(NOW):
        yield cast.alice


@pytest.fixture
def bob(cast, alice):
    return as_(cast.bob)


def test_every_watched_feature_has_a_lane_and_a_change_in_one_shows_at_once(alice, bob):
    """A change in sleep efficiency is drawn at once, beside lanes that wait to be asked for."""
    for feature in watched():
        for back in range(1, 40):
            DailyFeature.objects.create(
                person=alice,
                day=NOW.date() - timedelta(days=back),
                feature=feature,
                value=0.5 if back > 10 else 0.25,
                data_yield=1,
                definition_version=FEATURES[feature].version,
            )
    agree(alice, streams=("places", "phone", "contacts"))
    address = f"/clinic/people/{alice.pk}/timeline.json"
    drawn = bob.get(address).json()
    titles = {one["key"]: one for one in drawn["lanes"]}
    watched_ways = {name for one in plan().ways for name in one.way.signs} & set(drawn["series"])
    assert watched_ways <= set(titles)
    assert not titles["sleep_efficiency"]["at_once"]
    watch.keep_signal(
        alice,
        stream="wearables",
        domain="sleep",
        feature="wearables.sleep.less",
        facts={"label": "Less or worse sleep", "sentence": "It fell.", "direction": -1}
        | {"since": NOW.date() - timedelta(days=10), "noticed": str(NOW)}
        | {"moved": [{"feature": "sleep_efficiency"}]},
        now=NOW,
    )
    drawn = bob.get(address).json()
    lane = next(one for one in drawn["lanes"] if one["key"] == "sleep_efficiency")
    assert lane["at_once"]
    assert lane["write"] == "percent"
    values = dict(drawn["series"]["sleep_efficiency"]["values"])
    assert values[str(NOW.date() - timedelta(days=11))] == 0.5
    assert values[str(NOW.date() - timedelta(days=5))] == 0.25
    assert {"day", "label", "kind"} <= set(drawn["marks"][0])


def test_a_lane_is_not_named_where_its_stream_is_not_shown(alice, bob):
    DailyFeature.objects.create(
        person=alice, day=NOW.date(), feature="steps", value=1, data_yield=1
    )
    address = f"/clinic/people/{alice.pk}/timeline.json"
    assert [one["key"] for one in bob.get(address).json()["lanes"]] == ["steps"]
    consent.withdraw(alice, "wearables", "care", by=alice, now=NOW)
    assert bob.get(address).json()["lanes"] == []
