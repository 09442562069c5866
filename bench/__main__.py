"""Run every benchmark in turn: `python -m bench [--quick]`, the same as `make bench`."""

from __future__ import annotations

import argparse
import time

from . import apple_health, cohort, course, events, foundation, looking_back, online, voice


def main() -> None:
    """Run all, each under its own heading."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, rougher figures")
    quick = ["--quick"] if parser.parse_args().quick else []
    size = ["--megabytes", "40", "--runs", "1"] if quick else []
    jobs = [
        ("Sealing, audit, questionnaires", lambda: foundation.main(quick)),
        ("Apple Health", lambda: apple_health.main(["--measure", *size])),
        ("Alarms of the chart", lambda: course.main(quick)),
        ("All features of a cohort", lambda: cohort.main(["--persons", "24"] if quick else [])),
        ("Looking back and ahead", lambda: looking_back.main(quick)),
        ("Voice diaries", lambda: voice.main(quick)),
        ("Push to alert", lambda: online.main(quick)),
        ("Event to screen", lambda: events.main(quick)),
    ]
    for title, job in jobs:
        print(f"\n== {title}", flush=True)
        started = time.monotonic()
        job()
        print(f"-- {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
