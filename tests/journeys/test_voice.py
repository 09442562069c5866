"""A voice diary is recorded in the browser, turned into numbers here, and sent nowhere else."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from .room import PHONE
from .steps import button, link


def test_a_diary_is_recorded_and_only_its_numbers_stay(page_for):
    page = page_for("Hamid", width=PHONE)
    page.goto("/voice/")
    button(page, "Keep the numbers of my voice diaries").click()
    page.goto("/")
    link(page, "Speak a voice diary").click()
    button(page, "Begin").click()
    expect(page.get_by_role("timer")).to_have_text("0:04", timeout=15_000)
    button(page, "Stop and keep the numbers").click()
    expect(page.get_by_text(re.compile("Kept: numbers of 0 min [3-6] s"))).to_be_visible()
    expect(page.get_by_role("heading", name="Your last diaries")).to_be_visible()


def test_a_diary_that_is_thrown_away_is_sent_nowhere(page_for):
    page = page_for("Grace", width=PHONE)
    page.goto("/voice/")
    button(page, "Keep the numbers of my voice diaries").click()
    page.goto("/voice/")
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    button(page, "Begin").click()
    expect(page.get_by_role("timer")).to_have_text("0:01")
    button(page, "Throw it away").click()
    expect(page.get_by_text("Thrown away. Nothing was sent.")).to_be_visible()
    assert "POST" not in sent


def test_a_diary_that_is_too_short_says_so_and_can_be_tried_again(page_for, witness):
    witness.expect_status(422)
    page = page_for("Chloe", width=PHONE)
    page.goto("/voice/")
    button(page, "Keep the numbers of my voice diaries").click()
    page.goto("/voice/")
    button(page, "Begin").click()
    expect(page.get_by_role("timer")).to_have_text("0:01")
    button(page, "Stop and keep the numbers").click()
    expect(page.get_by_role("status").get_by_text("shorter than 3 seconds")).to_be_visible()
    expect(button(page, "Begin")).to_be_visible()


def test_without_a_script_a_file_can_be_handed_in(page_for, tmp_path):
    from heartsease.science.voice import synthetic
    from tests.science.voice.recordings import RATE, wav

    path = tmp_path / "diary.wav"
    path.write_bytes(wav(synthetic.diary([4.0, 5.0], [0.6], RATE), RATE))
    page = page_for("Ben", width=PHONE, javascript=False)
    page.goto("/voice/")
    button(page, "Keep the numbers of my voice diaries").click()
    page.goto("/voice/")
    page.get_by_label("Your recording").set_input_files(path)
    button(page, "Send it").click()
    expect(page.get_by_text("The recording is deleted")).to_be_visible()
