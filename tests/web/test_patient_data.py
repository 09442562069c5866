"""My data, files and devices: what came and what did not is said as it is."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from tests.apps.streams.devices import HEADER, NOW, file_of, hand_in, night, steps
from tests.people import BACKEND, agree

from heartsease.base import audit
from heartsease.capture.streams import accepted
from heartsease.capture.streams import actions as streams
from heartsease.capture.streams.models import DailyFeature, Source, Upload
from heartsease.capture.streams.tasks import read_upload
from heartsease.consent import actions as consent
from heartsease.science.sensing.catalogue import FEATURES

DELETE = "Delete all watch and phone data"


@pytest.fixture
def alice(cast, time_machine_at):
    agree(cast.alice)
    cast.alice.welcomed_at = NOW
    cast.alice.save()
    with time_machine_at(NOW):
        yield cast.alice


@pytest.fixture
def page(alice):
    client = Client()
    client.force_login(alice, backend=BACKEND)
    return client


def pulse(day: int, samples: int) -> io.BytesIO:
    """A file with some measurements of the pulse within one hour of a day before NOW's."""
    start = NOW.replace(hour=8, minute=0) - timedelta(days=day)
    times = (start + timedelta(seconds=20 * number) for number in range(samples))
    rows = [f"{at.isoformat()},,heart_rate,62,,watch\n" for at in times]
    return io.BytesIO((HEADER + "".join(rows)).encode())


def part(body: str, key: str) -> str:
    """The section of one part of My data."""
    return body.split(f'<section class="data-part" id="{key}"')[1].split("</section>")[0]


def data_page(client: Client) -> str:
    return client.get("/my-data/").content.decode()


def test_measurements_too_few_for_a_number_are_not_called_nothing(page, alice):
    hand_in(alice, pulse(1, 30))
    heart = part(data_page(page), "heart")
    assert "Nothing here" not in heart
    assert "Data came for 1 day" in heart
    assert "100 measurements" in heart
    assert "8 different hours" in heart
    assert "Nothing here yet" in part(data_page(page), "sleep")


def test_numbers_of_long_ago_are_not_called_nothing(page, alice):
    DailyFeature.objects.create(
        person=alice, day=NOW.date() - timedelta(days=400), feature="steps", value=1, data_yield=1
    )
    activity = part(data_page(page), "activity")
    assert "Nothing here yet" not in activity
    assert "30 March 2025" in activity


def test_only_what_sent_something_is_named_as_origin(page, alice):
    streams.connect(alice, "Silent watch", by=alice, now=NOW)
    sender, _ = streams.connect(alice, "Old phone", by=alice, now=NOW)
    row = streams.push(sender, file_of(steps(1, 4000)), now=NOW)
    read_upload.call(str(row.id))
    body = data_page(page)
    assert "Old phone" in body
    assert "Silent watch" not in body
    assert "the file" not in body
    streams.disconnect(sender, by=alice, now=NOW)
    assert "Old phone (disconnected)" in data_page(page)


def test_the_file_is_named_that_was_read(page, alice):
    hand_in(alice, file_of(night(1)), "nights.csv")
    hand_in(alice, io.BytesIO(b"\x89PNG"), "face.png")
    body = data_page(page)
    assert "nights.csv" in body
    assert "face.png" not in body


def test_three_files_are_named_and_the_others_counted(page, alice, time_machine_at):
    said = []
    for day, name in ((5, "a.csv"), (4, "b.csv"), (3, "c.csv"), (2, "d.csv"), (1, "e.csv")):
        with time_machine_at(NOW - timedelta(minutes=day)):
            hand_in(alice, file_of(night(day)), name)
        words = re.sub(r"<[^>]+>", "", data_page(page)).split("heart come from ")[1]
        said.append(words.split(".\n")[0])
    assert said == [
        "the file a.csv, read 4 May",
        "the files b.csv and a.csv, the newest read 4 May",
        "the files c.csv, b.csv and a.csv, the newest read 4 May",
        "the files d.csv, c.csv, b.csv and 1 more, the newest read 4 May",
        "the files e.csv, d.csv, c.csv and 2 more, the newest read 4 May",
    ]


def test_one_button_deletes_the_whole_group_and_its_page_says_what_goes(page, alice):
    assert DELETE not in data_page(page)
    hand_in(alice, file_of(night(1), steps(1, 4000)))
    streams.connect(alice, "My watch", by=alice, now=NOW)
    assert data_page(page).count(DELETE) == 1
    asked = page.get("/my-data/delete/").content.decode()
    for word in ("sleep", "steps", "pulse", "files", "check-ins", "questionnaires", "My watch"):
        assert word in asked
    page.post("/my-data/delete/")
    assert not DailyFeature.objects.filter(person=alice).exists()
    assert not Upload.objects.filter(person=alice).exists()
    assert DELETE not in data_page(page)


def test_a_name_that_nothing_has_deletes_nothing(page, alice):
    hand_in(alice, file_of(steps(1, 900)))
    for method in (page.get, page.post):
        assert method("/my-data/delete/?what=gps").status_code == 404
    assert DailyFeature.objects.filter(person=alice).exists()


def test_what_was_never_on_is_off_and_what_has_data_is_paused(page, alice):
    for stream in ("wearables", "journal", "questionnaires"):
        consent.withdraw(alice, stream, "keep", by=alice, now=NOW)
    body = data_page(page)
    assert "Paused" not in body
    assert "Take in again" not in body
    assert body.count("Switch on<") == 3
    consent.give(alice, "wearables", "keep", by=alice, now=NOW)
    hand_in(alice, file_of(steps(1, 4000)))
    consent.withdraw(alice, "wearables", "keep", by=alice, now=NOW)
    assert "Take in again<" in data_page(page)


def test_the_page_of_files_names_every_form_that_is_taken_in_and_no_other(page):
    body = page.get("/my-data/sources/").content.decode()
    listed = re.findall(r"<li>([^<]+)</li>", body)
    assert listed == [f"{title[0].upper()}{title[1:]}" for title in accepted.titles()]


def test_the_table_described_on_the_page_is_read_as_it_stands_there(page, alice):
    body = page.get("/my-data/sources/").content.decode()
    example = body.split("<pre>")[1].split("</pre>")[0]
    row = hand_in(alice, io.BytesIO(example.replace("05-0", "04-0").encode()), "own.csv")
    assert (row.status, row.report["set_aside"]) == ("done", 0)
    found = set(DailyFeature.objects.filter(person=alice).values_list("feature", flat=True))
    assert {"steps", "minutes_asleep"} <= found


def test_every_field_for_a_file_has_a_label_and_a_description(page, alice):
    agree(alice, streams=("voice",))
    for path, field in (("/my-data/sources/", "id_file"), ("/voice/", "recording")):
        body = page.get(path).content.decode()
        control = re.search(rf'<input[^>]*id="{field}"[^>]*>', body)[0]
        described = re.search(r'aria-describedby="([^"]+)"', control)[1].split()
        assert f'<label for="{field}">' in body
        assert all(f'id="{one}"' in body for one in described)


def test_an_empty_file_is_called_empty_with_and_without_a_script(page):
    empty = io.BytesIO(b"")
    empty.name = "nothing.csv"
    answer = page.post("/my-data/uploads/", {"file": empty})
    assert answer.status_code == 422
    assert "This file is empty" in answer.content.decode()
    empty.seek(0)
    by_script = page.post("/my-data/uploads/", {"file": empty}, headers={"HX-Request": "true"})
    assert by_script.status_code == 422
    assert by_script["Content-Type"].startswith("text/plain")
    assert by_script.content.decode().startswith("This file is empty")


def test_of_a_refused_file_nothing_is_called_read(page, alice):
    lines = f"{NOW.isoformat()},,heart_rate,9000,,watch\n"
    row = hand_in(alice, io.BytesIO((HEADER + lines).encode()))
    assert row.status == "failed"
    body = page.get("/my-data/sources/").content.decode()
    assert "Nothing of this file was kept" in body
    assert "was read." not in body.split('id="uploads"')[1].split("</section>")[0]


def test_a_file_is_taken_back_after_it_was_asked(page, alice):
    row = hand_in(alice, file_of(steps(1, 4000)), "wrong.csv")
    address = f"/my-data/uploads/{row.pk}/take-back/"
    assert address in page.get("/my-data/sources/").content.decode()
    assert "wrong.csv" in page.get(address).content.decode()
    assert DailyFeature.objects.filter(person=alice).exists()
    after = page.post(address, follow=True).content.decode()
    assert "wrong.csv" not in after
    assert "Taken back" in after
    assert not DailyFeature.objects.filter(person=alice).exists()
    assert page.get(address).status_code == 404


def test_pushes_are_one_line_a_day_and_device_with_why_some_were_not_taken(page, alice):
    source, _ = streams.connect(alice, "My watch", by=alice, now=NOW)
    for number in range(12):
        row = streams.push(source, file_of(steps(1, 100, hour=number)), now=NOW)
        read_upload.call(str(row.id))
    consent.withdraw(alice, "wearables", "keep", by=alice, now=NOW)
    consent.give(alice, "places", "keep", by=alice, now=NOW)
    row = streams.push(source, file_of(steps(1, 5, hour=20)), now=NOW)
    read_upload.call(str(row.id))
    consent.give(alice, "wearables", "keep", by=alice, now=NOW)
    row = streams.push(source, io.BytesIO(b"no known thing"), now=NOW)
    read_upload.call(str(row.id))
    body = page.get("/my-data/sources/").content.decode()
    listed = body.split('id="pushes-title"')[1].split("</section>")[0]
    assert listed.count("<li>") == 1
    assert "sent 14 times" in listed
    assert "Nothing was taken of 2 of them" in listed
    assert "That is switched off" in listed
    assert "no known form" in listed


def test_the_log_tells_of_pushes_once_an_hour_and_of_each_file(alice):
    source, _ = streams.connect(alice, "My watch", by=alice, now=NOW)
    for minute in (0, 5, 59, 60):
        row = streams.push(source, file_of(steps(1, 100)), now=NOW + timedelta(minutes=minute))
        read_upload.call(str(row.id))
    hand_in(alice, file_of(steps(2, 100)))
    hand_in(alice, file_of(steps(3, 100)))
    log = audit.about(alice.pk)
    assert log.filter(action="data.received", resource="wearables, pushed").count() == 2
    assert log.filter(action="data.received", resource="wearables").count() == 2
    assert log.filter(action="data.stored", resource="wearables").count() == 2


def test_a_push_is_no_file_to_take_back(page, alice):
    source, _ = streams.connect(alice, "My watch", by=alice, now=NOW)
    row = streams.push(source, file_of(steps(1, 4000)), now=NOW)
    assert "take-back" not in page.get("/my-data/sources/").content.decode()
    assert page.post(f"/my-data/uploads/{row.pk}/take-back/").status_code == 404


def test_deleting_and_disconnecting_say_what_goes_on_sending(page, alice):
    source, _ = streams.connect(alice, "My watch", by=alice, now=NOW)
    for what in ("", "?what=wearables"):
        body = page.get(f"/my-data/delete/{what}").content.decode()
        assert "My watch goes on sending" in body
    asked = page.get(f"/my-data/sources/{source.pk}/disconnect/").content.decode()
    assert "until you switch it off there" in asked
    streams.pause(source, by=alice, now=NOW)
    assert "goes on sending" not in page.get("/my-data/delete/").content.decode()


def test_a_device_is_disconnected_only_after_it_was_asked(page, alice):
    source, _ = streams.connect(alice, "My watch", by=alice, now=NOW)
    address = f"/my-data/sources/{source.pk}/disconnect/"
    assert address in page.get("/my-data/sources/").content.decode()
    asked = page.get(address)
    assert "Disconnect My watch?" in asked.content.decode()
    assert Source.objects.get().ended_at is None
    page.post(address)
    assert Source.objects.get().ended_at is not None


def test_looking_at_the_address_of_a_pause_changes_nothing(page, alice):
    source, _ = streams.connect(alice, "My watch", by=alice, now=NOW)
    assert page.get(f"/my-data/sources/{source.pk}/pause/").status_code == 302
    assert Source.objects.get().paused_at is None


def test_the_key_of_a_device_is_text_that_wraps_with_a_button_that_only_a_script_shows(page):
    new = {"label": "watch", "app": "push"}
    body = page.post("/my-data/sources/connect/", new, follow=True).content.decode()
    assert re.search(r'<code class="key" id="token">[^<]{20,}</code>', body)
    assert re.search(r'data-copy="token" hidden', body)


def test_reloading_the_page_of_a_key_makes_no_device_and_shows_no_key_again(page):
    new = {"label": "watch", "app": "push"}
    answer = page.post("/my-data/sources/connect/", new)
    assert (answer.status_code, answer["Location"]) == (302, "/my-data/sources/key/")
    token = page.get("/my-data/sources/key/").context["token"]
    again = page.get("/my-data/sources/key/", follow=True)
    assert token not in again.content.decode()
    assert "shown only once" in again.content.decode()
    assert Source.objects.count() == 1


def test_a_key_on_its_way_is_sealed(page):
    page.post("/my-data/sources/connect/", {"label": "watch", "app": "push"})
    kept = str(dict(page.session.items()))
    token = page.get("/my-data/sources/key/").context["token"]
    assert token not in kept


def test_what_came_in_shows_day_by_day_in_words_and_as_cells(page, alice):
    assert "What came in, day by day" not in page.get("/my-data/sources/").content.decode()
    for back, share in ((1, 1.0), (3, 0.2)):
        DailyFeature.objects.create(
            person=alice,
            day=NOW.date() - timedelta(days=back),
            feature="steps",
            value=4000,
            data_yield=share,
            definition_version=FEATURES["steps"].version,
        )
    body = page.get("/my-data/sources/").content.decode()
    assert "2 of the last 35 days have data, last 3 May." in body
    cells = re.findall(r'<span class="(none|some|most)"></span>', body)
    assert len(cells) == 35
    assert cells[-4:] == ["some", "none", "most", "none"]


def test_days_recorded_in_part_are_left_out_and_counted(page, alice):
    whole = [steps(day, 3_000, hour=hour) for day in range(4, 11) for hour in (7, 19)]
    hand_in(alice, file_of(*whole, *(steps(day, 100) for day in (1, 2))))
    body = part(data_page(page), "activity")
    assert "6,000 steps" in body
    assert "7 of 14 days have data; 2 more were recorded in part and do not count" in body
