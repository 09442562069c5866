"""scikit-digital-health on the conformance inputs: of a night and of rest."""

from __future__ import annotations

import handover
import pandas as pd
from skdh.sleep import endpoints
from skdh.utility import fragmentation_endpoints

ASLEEP = ("light", "deep", "rem", "asleep")


def night(frame: pd.DataFrame) -> list[tuple]:
    clock = pd.date_range(
        frame.index.min(), frame["end"].max().tz_localize(None), freq="1min", inclusive="left"
    )
    asleep = pd.Series(False, clock)
    for start, row in frame.iterrows():
        if row["stage"] in ASLEEP:
            asleep[(clock >= start) & (clock < row["end"].tz_localize(None))] = True
    told = asleep.to_numpy()
    return [
        (
            "minutes_asleep",
            endpoints.TotalSleepTime().predict(told),
            "TotalSleepTime().predict(minutes)",
            "",
        ),
        (
            "minutes_awake_at_night",
            endpoints.WakeAfterSleepOnset().predict(told),
            "WakeAfterSleepOnset().predict(minutes)",
            "",
        ),
        (
            "sleep_efficiency",
            endpoints.PercentTimeAsleep().predict(told) / 100,
            "PercentTimeAsleep().predict(minutes) / 100",
            "",
        ),
    ]


def rest(frame: pd.DataFrame, day: pd.Timestamp) -> list[tuple]:
    noon = day + pd.Timedelta(hours=12)
    counts = frame["counts"][(frame.index >= noon - pd.Timedelta(days=7)) & (frame.index < noon)]
    at_rest = (counts < 40).to_numpy().astype(int)
    value = fragmentation_endpoints.state_transition_probability(at_rest, voi=1)
    call = "utility.fragmentation_endpoints.state_transition_probability(rest, voi=1)"
    return [("rest_fragmentation", value, call, "")]


def values(name: str, streams: dict[str, pd.DataFrame], day: pd.Timestamp) -> list[tuple]:
    if "sleep" in streams and "night" in name and len(streams["sleep"]) < 7:
        return night(streams["sleep"])
    if "activity" in streams and name != "90 seconds":
        return rest(streams["activity"], day)
    return []


if __name__ == "__main__":
    handover.main("scikit-digital-health", values, {})
