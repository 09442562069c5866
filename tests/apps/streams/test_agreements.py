"""Places, phone use and contacts each come in under an agreement of their own, or not at all."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from bench.make_cohort import person, tables
from tests.apps.streams.devices import HEADER, NOW, features, file_of, hand_in, night, steps
from tests.people import agree, as_
from tests.science.sensing.exports import zipped

from heartsease.capture.streams import actions, covered, outcome, pushers, queries
from heartsease.capture.streams import tasks as reading
from heartsease.capture.streams.models import DailyFeature, DayRecord, Status, Upload
from heartsease.consent import actions as consent
from heartsease.consent import gate
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.sensing.daily import daily_features
from heartsease.science.sensing.made_of import MADE_OF
from heartsease.science.sensing.merging import merge
from heartsease.science.sensing.schema import STREAMS

OWNTRACKS = "/api/ingest/owntracks"


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    with time_machine_at(NOW):
        yield cast.alice


def days_out(days: int, *, every_minutes: int = 10) -> io.BytesIO:
    """Positions of days before NOW's: at home, and from ten to four somewhere else."""
    rows = []
    for back in range(days, 0, -1):
        for minute in range(0, 1440, every_minutes):
            at = NOW.replace(hour=0, minute=0) - timedelta(days=back) + timedelta(minutes=minute)
            away = 600 <= minute < 960
            rows.append(
                {
                    "_type": "location",
                    "lat": 52.5 + 0.03 * away,
                    "lon": 13.4 + 0.05 * away,
                    "acc": 10,
                    "tst": int(at.timestamp()),
                    "tid": "al",
                }
            )
    return io.BytesIO(json.dumps(rows).encode())


def kept_days(person) -> list[str]:
    rows = DayRecord.objects.filter(person=person, stream="gps").order_by("day")
    return [str(day) for day in rows.values_list("day", flat=True)]


def test_positions_become_numbers_of_days_and_are_kept_for_ten_days_only(alice):
    agree(alice, streams=("places",))
    row = hand_in(alice, days_out(30), "places.json")
    assert row.status == Status.DONE
    found = features(alice)
    assert found["home_stay_share", "2026-04-10"] == pytest.approx(0.75, abs=0.02)
    assert found["places_visited", "2026-05-03"] == 2
    assert kept_days(alice)[0] == "2026-04-24"
    assert not DayRecord.objects.filter(person=alice, day__lt=NOW.date() - timedelta(10)).exists()


def test_positions_stay_where_the_person_has_them_kept_and_go_when_they_stop(alice):
    agree(alice, streams=("places",))
    consent.give(alice, "positions", "keep", by=alice, now=NOW)
    hand_in(alice, days_out(30), "places.json")
    assert kept_days(alice)[0] == "2026-04-04"
    before = features(alice)
    consent.withdraw(alice, "positions", "keep", by=alice, now=NOW)
    assert kept_days(alice)[0] == "2026-04-24"
    assert features(alice) == before


def test_every_night_positions_older_than_ten_days_go_and_the_numbers_stay(alice):
    agree(alice, streams=("places",))
    hand_in(alice, days_out(9), "places.json")
    before = features(alice)
    reading.forget_old_samples(NOW + timedelta(days=5))
    assert kept_days(alice)[0] == "2026-04-29"
    assert features(alice) == before


def test_a_later_position_does_not_change_the_numbers_of_days_that_lost_theirs(alice):
    agree(alice, streams=("places",))
    hand_in(alice, days_out(30), "places.json")
    before = features(alice)
    outcome.forget_positions(NOW.date() - timedelta(days=3), NOW)
    one = {"_type": "location", "lat": 52.5, "lon": 13.4, "tst": int(NOW.timestamp()), "acc": 5}
    hand_in(alice, io.BytesIO(json.dumps(one).encode()), "one.json")
    after = features(alice)
    settled = {key for key in before if key[1] < "2026-05-02"}
    assert {key: after.get(key) for key in settled} == {key: before[key] for key in settled}


def test_what_is_made_of_positions_is_shown_to_nobody_without_the_agreement_on_places(cast, alice):
    consent.give(alice, "places", "keep", by=alice, now=NOW)
    hand_in(alice, days_out(10), "places.json")
    hand_in(alice, file_of(steps(1, 4000)))
    seen = queries.features(cast.bob, "care").filter(person=alice)
    assert set(seen.values_list("feature", flat=True)) == {"steps"}
    consent.give(alice, "places", "care", by=alice, now=NOW)
    assert seen.all().filter(feature="home_stay_share").exists()
    consent.withdraw(alice, "wearables", "care", by=alice, now=NOW)
    assert not queries.features(cast.bob, "care").filter(feature="steps").exists()


def test_a_file_that_holds_several_things_is_kept_as_far_as_each_is_agreed_to(alice):
    ready = "day,feature,value\n2026-05-01,home_stay_share,.5\n2026-05-01,steps,900\n"
    row = hand_in(alice, io.BytesIO(ready.encode()), "days.csv")
    assert row.status == Status.DONE
    assert features(alice) == {("steps", "2026-05-01"): 900}
    assert [one.reason for one in row.quarantined.all()] == ["Places: switched off under Privacy"]


def test_an_agreement_taken_back_while_a_file_is_read_stores_nothing_of_it(alice, monkeypatch):
    agree(alice, streams=("places",))
    make = reading.Draft.make_features

    def withdraw_first(self):
        consent.withdraw(alice, "places", "keep", by=alice, now=NOW)
        yield from make(self)

    monkeypatch.setattr(reading.Draft, "make_features", withdraw_first)
    row = hand_in(alice, days_out(3), "places.json")
    assert row.status == Status.FAILED
    assert "Places" in row.message
    assert features(alice) == {}


def test_deleting_places_leaves_sleep(alice):
    agree(alice, streams=("places",))
    hand_in(alice, days_out(3), "places.json")
    hand_in(alice, file_of(night(1)))
    actions.delete_data(alice, by=alice, now=NOW, agreements=frozenset({"places"}))
    left = {FEATURES[name].domain for name, _ in features(alice)}
    assert left == {"sleep"}
    assert not DayRecord.objects.filter(stream="gps").exists()


def test_a_contact_is_known_again_in_the_next_file_and_by_nobody_else(cast, alice, tmp_path):
    from heartsease.capture.streams.daybook import unpacked

    def calls(person, day):
        at = int(datetime(2026, 5, day, 10, tzinfo=UTC).timestamp() * 1000)
        files = {
            "calls.csv": "_id,timestamp,device_id,call_type,call_duration,trace\n"
            f"1,{at},d1,1,60,+442079460000\n2,{at + 60_000},d1,2,60,+442079460001\n"
        }
        with zipped(tmp_path / "aware.zip", files).open("rb") as file:
            return hand_in(person, file, f"calls-{day}.zip")

    agree(cast.pat, streams=("contacts",))
    agree(alice, streams=("contacts",))
    for one, day in ((alice, 2), (alice, 3), (cast.pat, 2)):
        assert calls(one, day).status == Status.DONE

    def contacts(person, day):
        row = DayRecord.objects.get(person=person, stream="comm", day=f"2026-05-0{day}")
        return set(unpacked(row.body)["contact"].to_pylist())

    assert contacts(alice, 2) == contacts(alice, 3)
    assert contacts(alice, 2) != contacts(cast.pat, 2)
    assert all("7946" not in one for one in contacts(alice, 2))


def login(token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"heartsease:{token}".encode()).decode()}


def test_owntracks_logs_in_with_the_key_and_is_answered_with_an_empty_list(client, alice):
    agree(alice, streams=("places",))
    source, token = actions.connect(alice, "Phone", by=alice, now=NOW, kind="owntracks")
    message = {"_type": "location", "lat": 52.5, "lon": 13.4, "tst": int(NOW.timestamp())}
    kind = "application/json"
    answer = client.post(OWNTRACKS, message, content_type=kind, headers=login(token))
    assert (answer.status_code, answer.json()) == (200, [])
    row = Upload.objects.get()
    reading.read_upload.call(str(row.id))
    row.refresh_from_db()
    assert (row.status, row.source) == (Status.DONE, source)
    for other in ({"_type": "lwt", "tst": 1}, {"_type": "waypoint"}):
        assert client.post(OWNTRACKS, other, content_type=kind, headers=login(token)).json() == []
    empty = client.post(OWNTRACKS, b"", content_type=kind, headers=login(token))
    assert (empty.status_code, Upload.objects.count()) == (200, 1)
    sealed = {"_type": "encrypted", "data": "x"}
    refused = client.post(OWNTRACKS, sealed, content_type=kind, headers=login(token))
    assert (refused.status_code, Upload.objects.count()) == (422, 1)
    wrong = client.post(OWNTRACKS, message, content_type=kind, headers=login("0" * 64))
    assert wrong.status_code == 401


def test_the_code_for_owntracks_sets_the_app_up_with_address_and_key():
    link = pushers.PUSHERS["owntracks"].scanned("https://care.example", "k" * 64)
    assert link.startswith("owntracks:///config?inline=")
    setup = json.loads(base64.b64decode(link.partition("=")[2]))
    assert setup["url"] == "https://care.example/api/ingest/owntracks"
    assert (setup["mode"], setup["password"]) == (3, "k" * 64)


def test_what_a_site_does_not_take_in_cannot_be_agreed_to(alice, settings):
    settings.SITE_POLICY.write_text("[features]\nplaces = false\n")
    with pytest.raises(consent.NotKnown):
        consent.give(alice, "places", "keep", by=alice, now=NOW)
    assert "places" not in covered.offered()
    assert not gate.allows(alice, "keep", "places")


def test_exact_positions_can_be_kept_and_nothing_else(alice):
    with pytest.raises(consent.NotKnown):
        consent.give(alice, "positions", "care", by=alice, now=NOW)


def test_every_stream_and_every_feature_falls_under_one_agreement():
    samples = [one for agreement in covered.AGREEMENTS for one in covered.samples_of(agreement)]
    assert sorted(samples) == sorted(STREAMS)
    named = [one for agreement in covered.AGREEMENTS for one in covered.features_of(agreement)]
    assert sorted(named) == sorted(FEATURES)


@pytest.mark.parametrize("domain", MADE_OF)
def test_features_of_a_domain_are_made_of_its_streams_alone(domain):
    made = tables("p", person(3, 12))
    streams = {name: merge([table.drop_columns("pid")], name) for name, table in made.items()}
    own = {name: table for name, table in streams.items() if name in MADE_OF[domain]}
    found = daily_features(own)
    whole = daily_features(streams)
    mine = [name for name, one in FEATURES.items() if one.domain == domain]
    expected = whole.filter(whole["feature"].is_in(mine))
    assert found.filter(found["feature"].is_in(mine)).equals(expected)


def test_a_push_of_one_thing_leaves_the_numbers_of_others_alone(alice):
    hand_in(alice, file_of(night(1), steps(1, 500)))
    row = DailyFeature.objects.get(person=alice, feature="minutes_asleep")
    hand_in(alice, file_of(steps(1, 700, hour=15)), "more.csv")
    again = DailyFeature.objects.get(person=alice, feature="minutes_asleep")
    assert (again.id, again.value) == (row.id, row.value)
    assert np.isclose(features(alice)["steps", "2026-05-03"], 1200)


def test_a_page_names_what_is_left_out_of_files(alice):
    page = as_(alice).get("/my-data/sources/").content.decode()
    assert "Left out, whatever the file holds" in page
    assert "calls and messages" in page


def test_places_have_a_part_of_their_own_once_they_are_kept(alice):
    browser = as_(alice)
    assert 'id="places"' not in browser.get("/my-data/").content.decode()
    consent.give(alice, "places", "keep", by=alice, now=NOW)
    assert 'id="places"' in browser.get("/my-data/").content.decode()
    hand_in(alice, days_out(28), "places.json")
    page = browser.get("/my-data/").content.decode()
    assert "you were at home 75 % of the time" in page
    asked = browser.get("/my-data/delete/?what=places").content.decode()
    assert "Delete: Places?" in asked
    browser.post("/my-data/delete/?what=places")
    assert not DayRecord.objects.filter(stream="gps").exists()


def test_lines_about_old_pushes_go_and_the_last_of_each_device_stays(alice):
    source, _ = actions.connect(alice, "Phone", by=alice, now=NOW)
    for back in (20, 10, 9):
        body = io.BytesIO((HEADER + steps(back, 100)).encode())
        row = actions.push(source, body, now=NOW - timedelta(days=back))
        reading.read_upload.call(str(row.id))
    own = hand_in(alice, file_of(steps(1, 5)), now=NOW - timedelta(days=30))
    reading.forget_old_pushes(NOW)
    left = list(Upload.objects.order_by("received_at"))
    assert [row.source_id for row in left] == [None, source.id]
    assert left[0] == own
    assert queries.own_senders(alice) == [source]
    assert len(features(alice)) == 4


def test_what_was_deleted_while_a_file_was_read_does_not_come_back(alice, monkeypatch):
    agree(alice, streams=("places",))
    make = reading.Draft.make_features

    def delete_first(self):
        later = NOW + timedelta(seconds=5)
        actions.delete_data(alice, by=alice, now=later, agreements=frozenset({"places"}))
        yield from make(self)

    with monkeypatch.context() as during:
        during.setattr(reading.Draft, "make_features", delete_first)
        row = hand_in(alice, days_out(3), "places.json")
    assert row.status == Status.FAILED
    assert "You deleted" in row.message
    assert features(alice) == {}
    with_time = hand_in(alice, days_out(3), "again.json", now=NOW + timedelta(minutes=1))
    assert with_time.status == Status.DONE


def phone_of(tmp_path, calls: list[int], screens: list[int], name: str):
    """An AWARE export: calls and screens at ten on days before NOW's."""

    def at(day):
        return int((NOW.replace(hour=10) - timedelta(days=day)).timestamp() * 1000)

    files = {
        "calls.csv": "_id,timestamp,device_id,call_type,call_duration,trace\n"
        + "".join(f"{day},{at(day)},d1,1,60,+442079460000\n" for day in calls),
        "screen.csv": "_id,timestamp,device_id,screen_status\n"
        + "".join(
            f"{day * 10 + state},{at(day) + state * 60_000},d1,{state}\n"
            for day in screens
            for state in (3, 0)
        ),
    }
    return zipped(
        tmp_path / name, {key: body for key, body in files.items() if body.count("\n") > 1}
    )


def calls_of(person) -> dict[int, float]:
    rows = DailyFeature.objects.filter(person=person, feature="calls")
    return {(NOW.date() - row.day).days: row.value for row in rows}


def test_a_quiet_day_is_none_of_a_pause_and_what_is_off_gains_nothing(alice, tmp_path):
    agree(alice, now=NOW - timedelta(days=40), streams=("phone", "contacts"))
    with phone_of(tmp_path, [10, 9], [10, 9, 8, 7], "a.zip").open("rb") as file:
        assert hand_in(alice, file, "a.zip").status == Status.DONE
    assert calls_of(alice) == {10: 1, 9: 1, 8: 0, 7: 0}
    paused = NOW - timedelta(days=6)
    consent.withdraw(alice, "contacts", "keep", by=alice, now=paused)
    with phone_of(tmp_path, [], [6, 5, 4, 3], "b.zip").open("rb") as file:
        assert hand_in(alice, file, "b.zip").status == Status.DONE
    assert calls_of(alice) == {10: 1, 9: 1, 8: 0, 7: 0}, "contacts are switched off"
    consent.give(alice, "contacts", "keep", by=alice, now=NOW - timedelta(days=3))
    with phone_of(tmp_path, [1], [2, 1], "c.zip").open("rb") as file:
        assert hand_in(alice, file, "c.zip").status == Status.DONE
    assert calls_of(alice) == {10: 1, 9: 1, 8: 0, 7: 0, 2: 0, 1: 1}, "of paused days none knows"


@pytest.mark.parametrize(
    ("withdrawn", "sources", "percent"),
    [((), 1, 3.0), (("wearables",), 1, None), (("wearables", "places"), 0, None)],
)
def test_a_battery_is_shown_under_the_agreement_that_covers_it(
    cast, alice, withdrawn, sources, percent
):
    agree(alice, streams=("places", "voice"))
    source, _ = actions.connect(alice, "Phone", by=alice, now=NOW)
    message = {"_type": "location", "lat": 52.5, "lon": 13.4, "batt": 3, "tst": NOW.timestamp()}
    row = actions.push_position(source, json.dumps(message).encode(), now=NOW)
    assert row is not None
    reading.read_upload.call(str(row.id))
    for stream in withdrawn:
        consent.withdraw(alice, stream, "keep", by=alice, now=NOW)
    found = queries.connection(alice, actor=cast.bob, purpose="care")
    assert (found.sources, found.battery_percent) == (sources, percent)
