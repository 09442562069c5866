"""From an answer to the screen: how soon every open caseload shows a safety alert, none lost.

    python -m bench.events [--quick] [--pages 20] [--alerts 100] [--people 60] [--json]

A real server (`heartsease serve`, SQLite, worker inside) with the demo clinic and 60 more people in
one team; 20 clinicians of that team, each before a real page in a browser context of their own; a
process that answers PHQ-9 with item 9 above 0 through the same action as the page does. Measured
from the commit of the answer to the moment each page's table holds the row, on one clock. Printed:
percentiles over all pages and alerts, the stages in between, and how many rows never came.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

LOST_AFTER_SECONDS = 20.0
TARGET_P99_MS = 1000.0
SEED = 20261123
PAUSE_SECONDS = 3.0
STAGES = {
    "told": "commit -> the page asks for fresh rows",
    "fetched": "commit -> the rows have come",
    "shown": "commit -> the row is in the page",
}

# Runs before a page's own scripts: notes when news arrives and when rows are asked for and come,
# and, once `expectRow` was called, when the row of that person first says what it must.
NOTES = """
window.notes = { asked: [], came: [] };
const fetchOfPage = window.fetch;
window.fetch = async (...what) => {
  window.notes.asked.push(Date.now());
  const answer = await fetchOfPage(...what);
  window.notes.came.push(Date.now());
  return answer;
};
window.expectRow = name => {
  window.notes = { asked: [], came: [] };
  window.shownAt = null;
  window.awaited = name;
};
document.addEventListener("DOMContentLoaded", () => {
  const look = () => {
    if (!window.awaited || window.shownAt) return;
    for (const row of document.querySelectorAll("tr")) {
      if (row.textContent.includes(window.awaited) && row.textContent.includes("Safety"))
        window.shownAt = Date.now();
    }
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
});
"""


@dataclass(frozen=True)
class Seen:
    """One alert on one page, in milliseconds since the commit of the answer."""

    told: float
    fetched: float
    shown: float


def answerer(people: int, clinicians: int) -> None:
    """The process that answers: reads a number a line, answers, says when that was committed."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "heartsease.site.settings"
    import django

    django.setup()
    from django.utils import timezone

    from heartsease.base.keys import keyring
    from heartsease.capture.measures import actions as measures
    from heartsease.consent import actions as consent
    from heartsease.people import actions
    from heartsease.people.models import Person, Role, Team
    from heartsease.watch import actions as watch
    from heartsease.watch.models import Alert, Kind

    maya = Person.objects.get(email="maya@demo.invalid")
    boss = Person.objects.get(role=Role.ADMIN, is_demo=True)
    team = Team.objects.get(is_intake=True)
    now = timezone.now()
    patients = []
    with keyring():
        for number in range(clinicians):
            one = actions.register(
                f"clinician{number}@example.org",
                clinician(number),
                Role.CLINICIAN,
                now=now,
                is_demo=True,
            )
            actions.join(team, one, by=boss, now=now)
        for number in range(people):
            one = actions.register(
                f"bench{number}@example.org", name_of(number), Role.PATIENT, now=now
            )
            actions.take_into_care(one, team, by=boss, now=now, lead=maya)
            for purpose in ("keep", "care", "early_warning"):
                consent.give(one, "questionnaires", purpose, by=one, now=now)
            patients.append(one)
    say("ready")
    answers = dict.fromkeys(range(1, 9), 1) | {9: 1}
    for line in sys.stdin:
        with keyring():
            now = timezone.now()
            if line.strip() == "close":
                for alert in Alert.objects.filter(kind=Kind.SAFETY, ended_at=None):
                    watch.close(alert, "Spoken with.", by=maya, now=now)
                say("closed")
                continue
            person = patients[int(line)]
            asked = measures.assign(person, "phq9", by=person, now=now, due=now)
            time.sleep(0.3)  # what the asking itself tells the pages must not count
            measures.answer(asked, answers, by=person, now=timezone.now())
            say(f"{time.time() * 1000:.3f}")


def say(line: str) -> None:
    """A line to the process that measures."""
    print(line, flush=True)


def name_of(number: int) -> str:
    """The name of one of the people who answer."""
    return f"Bench person {number:03d}"


def clinician(number: int) -> str:
    """The name of one of those who look at a caseload."""
    return f"Bench clinician {number:03d}"


@contextmanager
def answering(folder: Path, people: int, clinicians: int) -> Iterator[subprocess.Popen[str]]:
    """The answering process, ready."""
    from tests.journeys.server import environment

    process = subprocess.Popen(
        [sys.executable, __file__, "--answerer", str(people), str(clinicians)],
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout and process.stdout.readline().strip() == "ready"
        yield process
    finally:
        process.terminate()
        process.wait(10)


def ask(process: subprocess.Popen[str], line: str) -> str:
    """Have the answering process do something; its word about it."""
    assert process.stdin and process.stdout
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def cpu_seconds(pid: int) -> float:
    """How long a process has worked; on a busy machine it says more than the clock."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Found:
    """What a run gives: rows seen, rows that never came, the yardstick, the server's work."""

    seen: list[Seen] = field(default_factory=list)
    lost: int = 0
    alone_ms: float = 0.0
    worked_ms: float = 0.0


def measure(pages: int, alerts: int, people: int, folder: Path) -> Found:
    """Make the alerts one after another, and follow each to every page."""
    from playwright.sync_api import sync_playwright
    from tests import chromium
    from tests.journeys.server import Server, load_demo

    load_demo(folder)
    server = Server(folder)
    rng, found = random.Random(SEED), Found()
    try:
        with answering(folder, people, pages) as process, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium.find(), args=chromium.FLAGS
            )
            open_pages = list(caseloads(browser, server.url, pages))
            found.alone_ms = alone(open_pages[0])
            worked = cpu_seconds(server.process.pid)
            for number in range(alerts):
                place = number % people
                if number and place == 0:
                    ask(process, "close")
                    time.sleep(PAUSE_SECONDS)
                for page in open_pages:
                    page.evaluate("name => expectRow(name)", name_of(place))
                rows, missed = collect(open_pages, float(ask(process, str(place))))
                found.seen += rows
                found.lost += missed
                say_progress(number + 1, alerts)
                time.sleep(rng.uniform(0.4, 0.8))
            found.worked_ms = 1000 * (cpu_seconds(server.process.pid) - worked) / alerts
            browser.close()
    finally:
        server.stop()
    return found


def caseloads(browser, url: str, count: int):
    """Open pages of the caseload, each in a context of its own."""
    for number in range(count):
        context = browser.new_context(base_url=url)
        context.add_init_script(NOTES)
        page = context.new_page()
        page.goto("/start/")
        page.get_by_role("button", name=f"Sign in as {clinician(number)}").click()
        page.wait_for_url("**/clinic/")
        page.get_by_role("row").filter(has_text=name_of(0)).wait_for()
        yield page


def collect(pages, committed: float) -> tuple[list[Seen], int]:
    """Wait until every page shows the row; what each saw, and how many never did."""
    until = time.monotonic() + LOST_AFTER_SECONDS
    waiting, seen = list(pages), []
    while waiting and time.monotonic() < until:
        time.sleep(0.25)  # the pages note the moment themselves; asking them often would slow them
        for page in list(waiting):
            shown, notes = page.evaluate("[window.shownAt, window.notes]")
            if shown is None:
                continue
            waiting.remove(page)
            # Rows that were asked for before the commit tell of the asking, not of the answer.
            told = min((at for at in notes["asked"] if at >= committed), default=shown)
            fetched = max((at for at in notes["came"] if at <= shown), default=shown)
            seen.append(Seen(told - committed, fetched - committed, shown - committed))
    return seen, len(waiting)


def alone(page) -> float:
    """What one page waits for all rows while nothing else is asked: the yardstick, in ms."""
    waits = page.evaluate(
        """async () => {
          const waits = [];
          for (let time = 0; time < 7; time += 1) {
            const began = performance.now();
            await (await fetch("/clinic/?fragment=1")).text();
            waits.push(performance.now() - began);
          }
          return waits;
        }"""
    )
    return statistics.median(waits)


def say_progress(done: int, of: int) -> None:
    """How far it is, on one line."""
    if sys.stderr.isatty() or done % 25 == 0:
        print(f"  alert {done} of {of}", file=sys.stderr)


def percentile(values: list[float], share: float) -> float:
    """The value that a share of all values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered) + 0.5) - 1))]


def figures(found: Found) -> dict[str, Any]:
    """What is printed: milliseconds, the ratio to the yardstick, and how many rows never came."""
    result: dict[str, Any] = {"rows": len(found.seen), "lost": found.lost}
    for stage in STAGES:
        values = [getattr(one, stage) for one in found.seen]
        result[f"{stage}_ms"] = {
            "p50": percentile(values, 0.5),
            "p95": percentile(values, 0.95),
            "p99": percentile(values, 0.99),
            "max": max(values),
        }
    result["alone_ms"] = found.alone_ms
    result["times_alone"] = result["shown_ms"]["p50"] / found.alone_ms
    result["server_cpu_ms_per_alert"] = found.worked_ms
    return result


def print_figures(result: dict[str, Any]) -> None:
    """The figures as lines."""
    print(
        f"{result['alerts']} safety alerts, {result['pages']} open caseloads, "
        f"{result['people']} people and the demo:"
    )
    for stage, words in STAGES.items():
        row = result[f"{stage}_ms"]
        print(f"  {words:42}" + "  ".join(f"{k} {v:6.0f} ms" for k, v in row.items()))
    print(f"  {'one page asking for all rows, alone':42}p50 {result['alone_ms']:6.0f} ms", end="")
    print(f"  (the rows above at p50: {result['times_alone']:.1f} times that)")
    print(
        f"  {'work of the server, asking included':42}{result['server_cpu_ms_per_alert']:10.0f} ms"
    )
    print(
        f"  rows that never came: {result['lost']}  (target: 0, and p99 below {TARGET_P99_MS:.0f})"
    )


def main(argv: list[str] | None = None) -> int:
    """Measure and print; 1 where a row was lost or the 99th percentile is a second or more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="5 pages, 15 alerts")
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--alerts", type=int, default=100)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--json", action="store_true", help="print the figures only, as JSON")
    parser.add_argument("--answerer", type=int, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args(argv)
    if asked.answerer:
        answerer(*asked.answerer)
        return 0
    pages, alerts = (5, 15) if asked.quick else (asked.pages, asked.alerts)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(pages, alerts, asked.people, Path(folder))
    result = figures(found) | {"pages": pages, "alerts": alerts, "people": asked.people}
    if asked.json:
        print(json.dumps(result))
    else:
        print_figures(result)
    return int(found.lost > 0 or result["shown_ms"]["p99"] >= TARGET_P99_MS)


if __name__ == "__main__":
    sys.exit(main())
