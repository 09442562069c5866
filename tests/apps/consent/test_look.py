"""A look asks the gate once and says what the gate would have said for every stream."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.people import NOW, PURPOSES, STREAMS, agree

from heartsease.consent import actions, gate
from heartsease.consent.models import Grant
from heartsease.people import actions as people


def pks(queryset):
    return set(queryset.values_list("pk", flat=True))


def agrees_with_the_gate(clinician, purpose):
    look = gate.Look(clinician, purpose)
    return pks(gate.known_to(look)) == pks(gate.known_to(clinician)) and all(
        pks(gate.seen_by(look, purpose, stream)) == pks(gate.seen_by(clinician, purpose, stream))
        for stream in STREAMS
    )


def test_a_look_shows_what_the_gate_shows(cast):
    everybody = (cast.bob, cast.sue, cast.charlie, cast.ada, cast.otto)
    for person in (cast.alice, cast.pat):
        for stream in STREAMS:
            for purpose in PURPOSES:
                actions.give(person, stream, purpose, by=person, now=NOW)
                assert all(agrees_with_the_gate(one, purpose) for one in everybody)
    for grant in Grant.objects.filter(withdrawn_at=None):
        actions.withdraw(grant.person, grant.stream, grant.purpose, by=grant.person, now=NOW)
        assert all(agrees_with_the_gate(one, grant.purpose) for one in everybody)


def test_a_look_serves_one_purpose(cast):
    agree(cast.alice)
    look = gate.Look(cast.bob, "care")
    with pytest.raises(ValueError, match="look"):
        gate.seen_by(look, "early_warning", "journal")
    with pytest.raises(ValueError, match="look"):
        gate.seen_by(look, gate.SELF, "journal")


def test_a_look_at_strangers_shows_nobody(cast):
    agree(cast.pat)
    look = gate.Look(cast.bob, "care", among=[cast.pat.pk])
    assert look.people == []
    assert not pks(gate.known_to(look)) | pks(gate.seen_by(look, "care", "journal"))


def test_a_look_knows_of_urgent_access(cast):
    agree(cast.alice)
    now = timezone.now()
    actions.open_urgently(cast.charlie, cast.alice, "Nobody of the team answers.", now=now)
    assert agrees_with_the_gate(cast.charlie, "care")
    assert cast.alice in gate.Look(cast.charlie, "care").people


def test_what_the_site_does_not_offer_no_look_shows(cast, settings, tmp_path, monkeypatch):
    agree(cast.alice)
    monkeypatch.setattr(gate, "is_offered", lambda stream: stream != "journal")
    look = gate.Look(cast.bob, "care")
    assert not pks(gate.seen_by(look, "care", "journal"))
    assert cast.alice.pk in pks(gate.seen_by(look, "care", "wearables"))


def test_when_care_has_ended_a_new_look_knows_nobody(cast):
    agree(cast.alice)
    relation = cast.alice.care_relations.get(ended=None)
    people.end_care(relation, by=cast.ada, now=NOW + timedelta(days=1))
    assert gate.Look(cast.bob, "care").people == []
