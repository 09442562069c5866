"""News reaches whoever listens, in order; the site's policy is laid over the defaults."""

import os
import threading

import pytest
from django.db import connection
from tests.people import NOW

from heartsease.base import events
from heartsease.base.models import Event
from heartsease.base.policy import PolicyUnusable, policy, read, trouble


def test_a_listener_runs_in_the_transaction_of_the_news(db, monkeypatch):
    heard = []
    monkeypatch.setitem(events._listeners, "test.news", [lambda **facts: heard.append(facts)])
    events.tell("test.news", now=NOW, number=7)
    assert heard == [{"now": NOW, "number": 7}]


def test_a_listener_that_fails_undoes_what_it_listened_to(db, monkeypatch):
    def fail(**facts):
        raise RuntimeError("cannot")

    monkeypatch.setitem(events._listeners, "test.news", [fail])
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        events.publish("before", ["topic"], now=NOW)
        events.tell("test.news", now=NOW)
    assert not Event.objects.exists()


def test_a_page_that_was_away_gets_what_it_missed(db):
    for number in range(5):
        events.publish("tick", ["mine"], now=NOW, number=number)
        events.publish("tick", ["theirs"], now=NOW, number=number)
    first = events.after(0, ["mine"])[1]
    missed = events.after(first.id, ["mine"])
    assert [event.data["number"] for event in missed] == ["2", "3", "4"]


@pytest.mark.django_db(transaction=True)
def test_events_become_visible_in_the_order_of_their_numbers():
    """A reader that remembers the last number it saw misses none while others write."""
    done = threading.Event()
    seen: list[int] = []

    def write():
        try:
            for _ in range(15):
                events.publish("tick", ["all"], now=NOW)
        finally:
            connection.close()

    def follow():
        try:
            last = 0
            while True:
                finished = done.is_set()
                for event in events.after(last, ["all"]):
                    last = event.id
                    seen.append(event.id)
                if finished:
                    return
        finally:
            connection.close()

    reader = threading.Thread(target=follow)
    writers = [threading.Thread(target=write) for _ in range(4)]
    for thread in [reader, *writers]:
        thread.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()
    assert len(seen) == len(set(seen)) == 60


def test_an_operators_file_is_laid_over_the_defaults(settings):
    settings.SITE_POLICY.write_text('place = "Kestrel House"\n[features]\nassistant = false\n')
    assert policy().place == "Kestrel House"
    assert not policy().allows("assistant")
    assert policy().allows("early_warning")


def test_a_jurisdiction_switches_features_off(settings):
    settings.SITE_POLICY.write_text('jurisdiction = "US-IL"\n')
    assert not policy().allows("emotion_detection")
    assert policy().country == "US"


@pytest.mark.parametrize(
    "text",
    [
        "plaec = 'x'",
        "place = 3",
        "[features]\nassistent = true",
        "[features]\nassistant = 1",
        "place = ",
        "jurisdiction = 'XX'",
        "demo_sign_in = 'yes'",
        "false_alarms_per_person_month = 0",
        "false_alarms_per_person_month = -1",
        "false_alarms_per_person_month = nan",
        "false_alarms_per_person_month = 50",
        "alert_due_hours = -4",
        "country = 'Narnia'",
        "local_help = [{ name = 'Night line' }]",
        "local_help = ['08001234']",
    ],
)
def test_a_wrong_policy_is_refused_by_name(tmp_path, text):
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(PolicyUnusable):
        read(path)


def test_a_slip_leaves_what_held_before_and_the_help_page_up(settings, client, db):
    settings.SITE_POLICY.write_text('place = "Kestrel House"\n')
    assert policy().place == "Kestrel House"
    assert trouble() == ""
    settings.SITE_POLICY.write_text("colour = 1\n")
    os.utime(settings.SITE_POLICY, (1, 1))
    assert policy().place == "Kestrel House"
    assert "colour" in trouble()
    assert client.get("/help/").status_code == 200
    settings.SITE_POLICY.write_text('place = "Kite House"\n')
    os.utime(settings.SITE_POLICY, (2, 2))
    assert (policy().place, trouble()) == ("Kite House", "")
    settings.SITE_POLICY.write_bytes('place = "Z\u00fcrich"\n'.encode("latin-1"))
    os.utime(settings.SITE_POLICY, (3, 3))
    assert policy().place == "Kite House"
    assert "UTF-8" in trouble()
    settings.SITE_POLICY.unlink()
    assert policy().place == "Kite House"
    assert "cannot be found" in trouble()


def test_a_policy_that_never_could_be_used_is_no_ground_to_start_on(settings, tmp_path):
    settings.SITE_POLICY = tmp_path / "other.toml"
    settings.SITE_POLICY.write_text("colour = 1\n")
    with pytest.raises(PolicyUnusable):
        policy()


def test_an_unknown_feature_is_an_error_and_never_on(db):
    with pytest.raises(PolicyUnusable):
        policy().allows("assistent")
