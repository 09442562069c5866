"""niimpy on the conformance inputs and on a person, by its public functions."""

from __future__ import annotations

from pathlib import Path

import handover
import pandas as pd
from niimpy.preprocessing import application, communication, location, screen, tracker

DAILY = {"rule": "1D"}
PLACES = {"latitude_column": "lat", "longitude_column": "lon", "resample_args": DAILY}
WAYS = {1: "incoming", 2: "outgoing", 3: "missed"}


def named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(user="one", device="one")


def of_day(frame: pd.DataFrame, day: pd.Timestamp, column: str):
    index = frame.index
    if isinstance(index, pd.MultiIndex):  # where one kind of event is missing
        index = index.get_level_values(
            ["datetime" in str(one.dtype) for one in index.levels].index(True)
        )
    rows = frame[pd.DatetimeIndex(index).normalize() == day] if len(frame) else frame
    return rows[column].iloc[0] if len(rows) and column in rows else None


def mobility(frame: pd.DataFrame, day: pd.Timestamp) -> list[tuple]:
    fixes = named(frame[["lat", "lon"]].rename(columns={"lat": "latitude", "lon": "longitude"}))
    right = {"longitude_column": "longitude", "resample_args": DAILY}
    rows = []
    for more, note in ((right, ""), ({"resample_args": DAILY}, "defaults")):
        asked = "longitude_column='longitude', " if more is right else ""
        call = f"({asked}resample_args={{'rule': '1D'}})"
        far = location.location_distance_features(fixes.copy(), **more)
        significant = location.location_significant_place_features(fixes.copy(), **more)
        one, other = (
            "location_distance_features" + call,
            "location_significant_place_features" + call,
        )
        got = {name: of_day(significant, day, name) for name in significant.columns}
        rows += [
            ("distance_travelled_km", of_day(far, day, "dist_total") / 1000, one, note),
            ("location_variance_log", of_day(far, day, "log_variance"), one, note),
            ("location_entropy", got["entropy"], other, note),
            ("location_entropy_normalised", got["normalized_entropy"], other, note),
        ]
        if not note:
            rows += [
                ("places_visited", got["n_sps"], other + "['n_sps']", note),
                ("place_changes", got["n_transitions"], other + "['n_transitions']", note),
                (
                    "home_stay_share",
                    got["n_home"] / (got["n_static"] + got["n_moving"]),
                    other + ": n_home / (n_static + n_moving)",
                    note,
                ),
                (
                    "moving_share",
                    got["n_moving"] / (got["n_static"] + got["n_moving"]),
                    other + ": n_moving / (n_static + n_moving)",
                    note,
                ),
                (
                    "farthest_from_home_km",
                    got["max_dist_home"] / 1000,
                    other + "['max_dist_home']",
                    note,
                ),
            ]
    return rows


def phone(frame: pd.DataFrame, day: pd.Timestamp) -> list[tuple]:
    events = named(frame[["status"]].rename(columns={"status": "screen_status"}))
    daily = "(resample_args={'rule': '1D'})"

    def used() -> object:
        found = screen.screen_count(events.copy(), resample_args=DAILY)
        return of_day(found, day, "screen_use_count")

    def minutes() -> object:
        found = screen.screen_duration(events.copy(), resample_args=DAILY)
        return (of_day(found, day, "screen_use_durationtotal") or 0) / 60

    def first() -> object:
        found = of_day(screen.screen_first_unlock(events.copy()), day, "first_unlock")
        return None if found is None else (found - day).total_seconds() / 60

    asked = (
        ("unlocks", used, f"screen_count{daily}['screen_use_count']"),
        ("screen_minutes", minutes, f"screen_duration{daily}['screen_use_durationtotal'] / 60"),
        ("first_unlock_minutes", first, "screen_first_unlock()"),
    )
    rows = []
    for feature, made, call in asked:
        try:
            rows.append((feature, made(), call, ""))
        except Exception as problem:
            rows.append((feature, type(problem).__name__, call, ""))
    return rows


def circle(frame: pd.DataFrame, day: pd.Timestamp) -> list[tuple]:
    frame = named(frame).assign(way=frame["direction"].map(WAYS))
    calls = frame[frame["kind"] == "call"].rename(
        columns={"seconds": "call_duration", "way": "call_type"}
    )
    texts = frame[frame["kind"] == "text"].rename(columns={"way": "message_type"})
    count = communication.call_count(calls.copy(), resample_args=DAILY)
    long = communication.call_duration_total(calls.copy(), resample_args=DAILY)
    into, out, missed = (
        of_day(count, day, f"{way}_count") or 0 for way in ("incoming", "outgoing", "missed")
    )
    spent = sum(of_day(long, day, f"{way}_duration_total") or 0 for way in ("incoming", "outgoing"))
    rows = [
        ("calls", into + out, "call_count(): incoming + outgoing", ""),
        (
            "missed_call_share",
            missed / (into + missed) if into + missed else None,
            "call_count(): missed / (incoming + missed)",
            "",
        ),
        ("call_minutes", spent / 60, "call_duration_total(): (incoming + outgoing) / 60", ""),
    ]
    if len(texts):
        told = communication.message_count(texts.copy(), resample_args=DAILY)
        both = sum(of_day(told, day, f"{way}_count") or 0 for way in ("incoming", "outgoing"))
        rows.append(("texts", both, "message_count(): incoming + outgoing", ""))
    return rows


def apps(frame: pd.DataFrame, day: pd.Timestamp) -> list[tuple]:
    rows = named(frame).assign(application_name=frame["category"])
    rows["datetime"] = rows.index
    rows["time"] = rows.index.astype("int64") // 10**9
    groups = {name: name for name in rows["application_name"]}
    long = application.app_duration(rows, group_map=groups, resample_args=DAILY)
    own = 0.0 if long is None else long.reset_index()["duration"].sum() / 60
    return [("app_minutes", own, "app_duration(group_map, resample_args={'rule': '1D'})", "")]


def walked(frame: pd.DataFrame, day: pd.Timestamp) -> list[tuple]:
    rows = named(frame).assign(values=frame["n"])
    value = tracker.step_summary(rows)["avg_sum_step"].iloc[0]
    return [("steps", value, "tracker.step_summary()['avg_sum_step']", "")]


MADE = {"gps": mobility, "screen": phone, "comm": circle, "app_use": apps, "steps": walked}


def values(name: str, streams: dict[str, pd.DataFrame], day: pd.Timestamp) -> list[tuple]:
    return [
        row
        for stream, made in MADE.items()
        if stream in streams
        for row in made(streams[stream], day)
    ]


def gps_job(folder: Path) -> None:
    fixes = named(handover.frame(folder / "gps.parquet", ["ts", "tz", "lat", "lon"]))
    location.location_distance_features(fixes, **PLACES)
    location.location_significant_place_features(fixes, **PLACES)


def screen_job(folder: Path) -> None:
    events = handover.frame(folder / "screen.parquet", ["ts", "tz", "status"])
    events = named(events[["status"]].rename(columns={"status": "screen_status"}))
    screen.screen_count(events.copy(), resample_args=DAILY)
    screen.screen_duration(events.copy(), resample_args=DAILY)


def calls_job(folder: Path) -> None:
    frame = named(handover.frame(folder / "comm.parquet"))
    calls = frame[frame["kind"] == "call"].rename(columns={"seconds": "call_duration"})
    calls = calls.assign(call_type=calls["direction"].map(WAYS))
    communication.call_count(calls, resample_args=DAILY)
    communication.call_duration_total(calls, resample_args=DAILY)


if __name__ == "__main__":
    handover.main("niimpy", values, {"gps": gps_job, "screen": screen_job, "calls": calls_job})
