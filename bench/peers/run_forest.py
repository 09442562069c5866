"""beiwe-forest on the conformance inputs: jasmine's trajectories, willow's calls and texts."""

from __future__ import annotations

import handover
import numpy as np
import pandas as pd
from forest.constants import Frequency
from forest.jasmine.traj2stats import (
    Hyperparameters,
    create_mobility_trace,
    gps_summaries,
    routine_index,
)
from forest.willow.log_stats import call_analysis, text_analysis, text_and_call_analysis

CALLS = {1: "Incoming Call", 2: "Outgoing Call", 3: "Missed Call"}
TEXTS = {1: "received SMS", 2: "sent SMS"}


def trajectory(fixes: pd.DataFrame) -> np.ndarray:
    """Pauses and flights as jasmine writes them: status, from, when, to, when, observed."""
    at = fixes.index.astype("int64").to_numpy() // 10**9
    spots = fixes[["lat", "lon"]].to_numpy()
    rows, start = [], 0
    for row in range(1, len(at)):
        if (spots[row] == spots[start]).all() and row < len(at) - 1:
            continue
        end = row if (spots[row] == spots[start]).all() else row - 1
        if at[end] > at[start]:
            rows.append([2, *spots[start], at[start], *spots[start], at[end], 1])
        if end != row:
            rows.append([1, *spots[end], at[end], *spots[row], at[row], 1])
        start = row
    return np.array(rows, dtype=float)


def mobility(fixes: pd.DataFrame, day: pd.Timestamp) -> list[tuple]:
    made, _ = gps_summaries(trajectory(fixes), "UTC", Frequency.DAILY, Hyperparameters())
    rows = made[
        (made["year"] == day.year) & (made["month"] == day.month) & (made["day"] == day.day)
    ]
    if not len(rows):
        return []
    got = rows.iloc[0]
    call = "jasmine.gps_summaries(pauses and flights, 'UTC', DAILY)"
    seen = got["total_flight_time"] + got["total_pause_time"]
    return [
        ("distance_travelled_km", got["dist_traveled"], call + "['dist_traveled']", ""),
        ("farthest_from_home_km", got["max_dist_home"], call + "['max_dist_home']", ""),
        ("home_stay_share", got["home_time"] / 24, call + "['home_time'] / 24", ""),
        ("radius_of_gyration_km", got["radius"], call + "['radius']", ""),
        ("places_visited", got["num_sig_places"], call + "['num_sig_places']", ""),
        ("location_entropy", got["entropy"], call + "['entropy']", ""),
        (
            "moving_share",
            got["total_flight_time"] / seen,
            call + ": total_flight_time / (that + total_pause_time)",
            "",
        ),
    ]


def circle(frame: pd.DataFrame, day: pd.Timestamp) -> list[tuple]:
    begin = int(day.timestamp())
    at = frame.index.astype("int64") // 10**6
    named = frame.assign(**{"timestamp": at, "hashed phone number": frame["contact"]})
    calls, texts = named[named["kind"] == "call"], named[named["kind"] == "text"]
    calls = calls.assign(
        **{
            "call type": calls["direction"].map(CALLS),
            "duration in seconds": calls["seconds"].astype(float),
        }
    )
    texts = texts.assign(**{"sent vs received": texts["direction"].map(TEXTS), "message length": 1})
    into, out, missed, *_, long_in, long_out = call_analysis(calls, begin, 86_400)
    rows = [
        ("calls", into + out, "willow.call_analysis(): num_in_call + num_out_call", ""),
        ("call_minutes", long_in + long_out, "willow.call_analysis(): total times", ""),
        (
            "missed_call_share",
            missed / (into + missed) if into + missed else None,
            "willow.call_analysis(): num_mis_call / (num_in_call + num_mis_call)",
            "",
        ),
    ]
    if len(texts):
        sent, received = text_analysis(texts, begin, 86_400, Frequency.DAILY)[:2]
        people = text_and_call_analysis(calls, texts, begin, 86_400)
        rows += [
            ("texts", sent + received, "willow.text_analysis(): num_s + num_r", ""),
            ("contacts", np.ravel(people)[0], "willow.text_and_call_analysis()", ""),
        ]
    return rows


def routine(fixes: pd.DataFrame, day: pd.Timestamp) -> list[tuple]:
    trace = create_mobility_trace(trajectory(fixes))
    begin = int(day.timestamp())
    value = routine_index((begin, begin + 86_400), trace, timezone="UTC")
    return [("routine_index", value, "jasmine.traj2stats.routine_index(day, trace)", "")]


def values(name: str, streams: dict[str, pd.DataFrame], day: pd.Timestamp) -> list[tuple]:
    if "gps" in streams:
        return (routine if "days" in name else mobility)(streams["gps"], day)
    return circle(streams["comm"], day) if "comm" in streams else []


if __name__ == "__main__":
    handover.main("beiwe-forest", values, {})
