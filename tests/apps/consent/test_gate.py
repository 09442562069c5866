"""One gate: care relation, consent and urgent access decide together, at every read."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from tests.people import NOW, PURPOSES, STREAMS, agree

from heartsease.consent import actions, gate
from heartsease.consent.models import Grant
from heartsease.consent.queries import openings, switches
from heartsease.consent.texts import can_serve, texts
from heartsease.people import actions as people


def sees(actor, person, stream="wearables", purpose="care"):
    return gate.seen_by(actor, purpose, stream).filter(pk=person.pk).exists()


def test_nobody_sees_anything_without_consent(cast):
    for actor in (cast.bob, cast.charlie, cast.sue, cast.ada, cast.otto, gate.MACHINE):
        for stream in STREAMS:
            for purpose in PURPOSES:
                assert not sees(actor, cast.alice, stream, purpose)


def test_consent_opens_exactly_the_stream_and_purpose_it_names(cast):
    for purpose in ("keep", "care"):
        actions.give(cast.alice, "journal", purpose, by=cast.alice, now=NOW)
    assert sees(cast.bob, cast.alice, "journal", "care")
    assert not sees(cast.bob, cast.alice, "journal", "early_warning")
    assert not sees(cast.bob, cast.alice, "wearables", "care")


def test_a_clinician_of_another_team_sees_nothing(cast):
    agree(cast.alice)
    assert sees(cast.bob, cast.alice)
    assert not sees(cast.charlie, cast.alice)
    assert not gate.known_to(cast.charlie).filter(pk=cast.alice.pk).exists()


def test_office_roles_see_no_care_data(cast):
    agree(cast.alice)
    assert not sees(cast.ada, cast.alice)
    assert not sees(cast.otto, cast.alice)
    assert not sees(cast.pat, cast.alice)


def test_withdrawal_takes_effect_at_the_next_read(cast):
    agree(cast.alice)
    actions.withdraw(cast.alice, "wearables", "care", by=cast.alice, now=NOW)
    assert not sees(cast.bob, cast.alice)
    assert sees(cast.bob, cast.alice, "journal")


def test_without_keeping_there_is_no_other_purpose(cast):
    agree(cast.alice)
    actions.withdraw(cast.alice, "wearables", "keep", by=cast.alice, now=NOW)
    assert not sees(cast.bob, cast.alice)
    assert not sees(gate.MACHINE, cast.alice, purpose="early_warning")
    with pytest.raises(gate.NotConsented):
        gate.require(cast.alice, "wearables")


def test_a_person_always_sees_their_own(cast):
    assert sees(cast.alice, cast.alice, purpose=gate.SELF)
    assert not sees(cast.alice, cast.pat, purpose=gate.SELF)
    assert not sees(cast.bob, cast.alice, purpose=gate.SELF)


def test_the_end_of_a_care_relation_and_leaving_a_team_close_the_record(cast):
    agree(cast.alice)
    people.leave(cast.riverside, cast.bob, by=cast.ada, now=NOW)
    assert not sees(cast.bob, cast.alice)
    assert sees(cast.sue, cast.alice)
    people.end_care(cast.alice.care_relations.get(ended=None), by=cast.ada, now=NOW)
    assert not sees(cast.sue, cast.alice)


def test_an_unknown_stream_or_purpose_is_an_error(cast):
    with pytest.raises(ValueError, match="stream"):
        gate.seen_by(cast.bob, "care", "wearable")
    with pytest.raises(ValueError, match="purpose"):
        gate.seen_by(cast.bob, "curiosity", "wearables")


def test_only_the_person_themself_gives_and_withdraws(cast):
    for by in (cast.bob, cast.ada, cast.pat):
        with pytest.raises(people.NotAllowed):
            actions.give(cast.alice, "journal", "care", by=by, now=NOW)
        with pytest.raises(people.NotAllowed):
            actions.withdraw(cast.alice, "journal", "care", by=by, now=NOW)


def test_giving_twice_keeps_one_grant_and_withdrawing_twice_changes_nothing(cast):
    for _ in range(2):
        actions.give(cast.alice, "journal", "care", by=cast.alice, now=NOW)
    assert Grant.objects.filter(person=cast.alice).count() == 1
    for _ in range(2):
        actions.withdraw(cast.alice, "journal", "care", by=cast.alice, now=NOW)
    assert Grant.objects.filter(person=cast.alice, withdrawn_at=None).count() == 0


def test_every_switch_is_off_at_first_and_says_its_version(cast):
    found = switches(cast.alice)
    serving = [
        (stream, purpose)
        for stream in texts().streams
        for purpose in texts().purposes
        if can_serve(stream, purpose)
    ]
    assert [(one.stream, one.purpose) for one in found] == serving
    assert not any(switch.given for switch in found)
    assert all(switch.version and switch.sentence for switch in found)


def test_urgent_access_needs_a_reason_ends_by_itself_and_is_seen_by_the_person(
    cast, time_machine_at
):
    agree(cast.alice)
    with pytest.raises(people.NotAllowed):
        actions.open_urgently(cast.charlie, cast.alice, "why", now=NOW)
    with time_machine_at(NOW):
        actions.open_urgently(
            cast.charlie, cast.alice, "Found unconscious, no team on duty.", now=NOW
        )
        assert sees(cast.charlie, cast.alice)
        gate.open_record(cast.charlie, cast.alice.pk, what="timeline", now=NOW)
    with time_machine_at(NOW + timedelta(minutes=61)):
        assert not sees(cast.charlie, cast.alice)
    whys = [opening.why for opening in openings(cast.alice)]
    assert all(why.startswith("In an emergency") for why in whys)
    assert any("Found unconscious, no team on duty." in why for why in whys)


def test_urgent_access_does_not_override_consent(cast, time_machine_at):
    with time_machine_at(NOW):
        actions.open_urgently(cast.charlie, cast.alice, "Cannot wait for the team.", now=NOW)
        assert gate.known_to(cast.charlie).filter(pk=cast.alice.pk).exists()
        assert not sees(cast.charlie, cast.alice)


def test_opening_a_record_leaves_a_trace_that_the_person_can_read(cast):
    gate.open_record(cast.bob, cast.alice.pk, what="timeline", now=NOW)
    (opening,) = openings(cast.alice)
    assert (opening.who, opening.what, opening.why) == (
        "Bob",
        "your page: scores, course and plan",
        "Your care",
    )


def test_a_strangers_record_looks_like_one_that_does_not_exist(cast):
    with pytest.raises(gate.NotFound) as stranger:
        gate.open_record(cast.charlie, cast.alice.pk, what="timeline", now=NOW)
    with pytest.raises(gate.NotFound) as nobody:
        gate.open_record(cast.charlie, cast.riverside.pk, what="timeline", now=NOW)
    assert str(stranger.value) == str(nobody.value)


@pytest.mark.django_db(transaction=True)
def test_after_a_withdrawal_has_committed_no_reader_sees_anything():
    """Readers in other threads, interleaved with give and withdraw."""
    from tests.people import cast as make_cast

    people_here = make_cast()
    alice, bob = people_here.alice, people_here.bob
    agree(alice)
    withdrawn = threading.Event()
    wrong: list[int] = []
    reads: list[int] = []

    def read():
        try:
            for number in range(60):
                was_withdrawn = withdrawn.is_set()
                seen = sees(bob, alice)
                reads.append(number)
                if was_withdrawn and seen:
                    wrong.append(number)
        finally:
            connection.close()

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    actions.withdraw(alice, "wearables", "care", by=alice, now=NOW)
    withdrawn.set()
    for reader in readers:
        reader.join()
    assert len(reads) == 240
    assert wrong == []


def test_a_stream_the_policy_switches_off_is_neither_offered_nor_taken_in_nor_seen(cast, settings):
    agree(cast.alice)
    settings.SITE_POLICY.write_text("[features]\nwearables = false\n")
    assert "wearables" not in {row.stream for row in switches(cast.alice)}
    assert not sees(cast.bob, cast.alice, "wearables")
    assert sees(cast.bob, cast.alice, "journal")
    with pytest.raises(gate.NotOffered, match="does not take in"):
        gate.require(cast.alice, "wearables")
    assert gate.seen_by(cast.alice, gate.SELF, "wearables").exists()


def test_news_of_a_stream_reaches_the_team_only_while_it_is_shown(cast):
    from heartsease.base import events
    from heartsease.capture.journal import actions as journal
    from heartsease.capture.journal.actions import CheckInValues

    agree(cast.alice)
    team = [events.team_topic(cast.riverside.pk)]
    journal.check_in(cast.alice, CheckInValues(mood=3), now=NOW)
    assert "checkin" in {event.kind for event in events.after(0, team)}
    actions.withdraw(cast.alice, "journal", "care", by=cast.alice, now=NOW)
    last = events.newest()
    journal.check_in(cast.alice, CheckInValues(mood=3), now=NOW)
    assert "checkin" not in {event.kind for event in events.after(last, team)}
