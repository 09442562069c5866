"""The timeline: a day stands at one place in every lane, however few days there are."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import PageFor
from .room import DESK, PHONE
from .steps import link

# Where a day is drawn in each lane, in pixels from the left of the chart.
PLACES = """(day) => {
  const chart = echarts.getInstanceByDom(document.getElementById("timeline"));
  return chart.getOption().series.map((one) => [
    one.name, chart.convertToPixel({ xAxisIndex: one.xAxisIndex }, day)]);
}"""
AGAIN = """(person) => document.body.dispatchEvent(
  new CustomEvent("news:upload", { detail: { person } }))"""


def of_one_day(course: dict[str, Any]) -> dict[str, Any]:
    """A course of which only the last day is there, as that of somebody who came today."""
    today = course["today"]
    series = {
        name: one | {"values": [[today, one["values"][-1][1] or 1]]}
        for name, one in course["series"].items()
    }
    return course | {
        "series": series,
        "questionnaires": [
            one | {"points": [[today, *one["points"][-1][1:]]]} for one in course["questionnaires"]
        ],
        "yields": [[today, 0.7]],
        "phases": [one | {"start": today, "end": today} for one in course["phases"][-1:]],
        "marks": [],
    }


def places(page: Page, day: str) -> dict[str, float]:
    """Where every lane draws this day."""
    found = dict(page.evaluate(PLACES, day))
    assert {"PHQ-9", "Steps", "Data of the day", "Plan"} <= set(found)
    return found


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_day_has_one_place_in_every_lane_also_when_it_is_the_only_one(
    page_for: PageFor, width: int
) -> None:
    page = page_for("Maya", width=width, to="/clinic/")
    link(page, re.compile("Alice Moreau")).first.click()
    expect(page.locator("#timeline svg")).to_be_visible()
    address = page.locator("#timeline").get_attribute("data-source") or ""
    course = page.request.get(address).json()
    found = places(page, course["today"])
    assert max(found.values()) - min(found.values()) < 0.1, found

    page.route(f"**{address}", lambda route: route.fulfill(json=of_one_day(course)))
    with page.expect_response(f"**{address}"):
        page.evaluate(AGAIN, address.split("/")[-2])
    page.wait_for_function(
        """() => echarts.getInstanceByDom(document.getElementById("timeline"))
          .getOption().series.every((one) => one.data.length === 1)"""
    )
    found = places(page, course["today"])
    assert max(found.values()) - min(found.values()) < 0.1, found
