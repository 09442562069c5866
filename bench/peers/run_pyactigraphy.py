"""pyActigraphy on the conformance inputs and on a person, by its public functions."""

from __future__ import annotations

import warnings
from pathlib import Path

import handover
import numpy as np
import pandas as pd
from pyActigraphy.analysis import Cosinor
from pyActigraphy.io import BaseRaw
from pyActigraphy.sleep.scoring.smp import sleep_midpoint
from pyActigraphy.sleep.scoring.sri import sri

warnings.filterwarnings("ignore")
ASLEEP = ("light", "deep", "rem", "asleep")
MINUTE = pd.Timedelta("1min")


def recording(counts: pd.Series) -> BaseRaw:
    counts = counts.astype(float)
    if counts.index.freq is None:
        counts = counts.asfreq(counts.index[1] - counts.index[0])
    return BaseRaw(
        name="one",
        uuid="one",
        format="made",
        axial_mode="mono",
        start_time=counts.index[0],
        period=counts.index[-1] - counts.index[0],
        frequency=pd.Timedelta(counts.index.freq),
        data=counts,
        light=None,
    )


def rhythm(frame: pd.DataFrame, day: pd.Timestamp, name: str) -> list[tuple]:
    noon = day + pd.Timedelta(hours=12)
    counts = frame["counts"][(frame.index >= noon - pd.Timedelta(days=7)) & (frame.index < noon)]
    raw = recording(counts)
    rows = [("m10_counts", raw.M10(binarize=False), "M10(binarize=False)", "")]
    if name == "90 seconds":
        return rows
    rows += [
        ("l5_counts", raw.L5(binarize=False), "L5(binarize=False)", ""),
        ("relative_amplitude", raw.RA(binarize=False), "RA(binarize=False)", ""),
        (
            "interdaily_stability",
            raw.IS(freq="1H", binarize=False),
            "IS(freq='1H', binarize=False)",
            "",
        ),
        (
            "intradaily_variability",
            raw.IV(freq="1H", binarize=False),
            "IV(freq='1H', binarize=False)",
            "",
        ),
    ]
    if counts.isna().any():
        return rows
    hours = counts.resample("1H").mean()
    fit = Cosinor()
    fit.fit_initial_params["Period"].value = 24
    fit.fit_initial_params["Period"].vary = False
    found = fit.fit(hours).params
    peak = (-found["Acrophase"].value / (2 * np.pi) * 1440 + 720 + 30) % 1440
    rows += [
        ("cosinor_amplitude", found["Amplitude"].value, "Cosinor().fit(hourly means)", ""),
        ("cosinor_peak_minutes", peak, "Cosinor().fit(hourly means): Acrophase as clock time", ""),
    ]
    try:
        rows.append(("rest_fragmentation", raw.kRA(threshold=39), "kRA(39)", ""))
    except Exception as problem:
        rows.append(("rest_fragmentation", type(problem).__name__, "kRA(39)", ""))
    return rows


def states(frame: pd.DataFrame) -> pd.Series:
    """1 asleep, 0 awake by minute from noon to noon."""
    half = pd.Timedelta(hours=12)
    first = (frame.index.min() - half).floor("D") + half
    last = (frame["end"].max().tz_localize(None) - half).ceil("D") + half
    clock = pd.date_range(first, last, freq="1min", inclusive="left")
    asleep = pd.Series(0, clock)
    for start, row in frame.iterrows():
        if row["stage"] in ASLEEP:
            asleep[(clock >= start) & (clock < row["end"].tz_localize(None))] = 1
    return asleep


def values(name: str, streams: dict[str, pd.DataFrame], day: pd.Timestamp) -> list[tuple]:
    if "activity" in streams:
        return rhythm(streams["activity"], day, name)
    if "sleep" not in streams:
        return []
    asleep = states(streams["sleep"])
    middle = sleep_midpoint(asleep)
    rows = [("midsleep_minutes", middle, "sleep.scoring.smp.sleep_midpoint(minutes)", "")]
    if len(streams["sleep"]) >= 7:
        rows = [("sleep_regularity_index", sri(asleep), "sleep.scoring.sri.sri(minutes)", "")]
    return rows


def recorded(folder: Path) -> BaseRaw:
    counts = handover.frame(folder / "activity.parquet", ["ts", "tz", "counts"])["counts"]
    return recording(counts.asfreq("1min"))


def once(folder: Path) -> None:
    """One figure for the whole recording."""
    raw = recorded(folder)
    for made in (raw.IS, raw.IV):
        made(freq="1H", binarize=False)
    for made in (raw.L5, raw.M10, raw.RA):
        made(binarize=False)


def daily(folder: Path) -> None:
    """IS and IV of every week and RA of every day, nearer to what Heartsease makes."""
    raw = recorded(folder)
    raw.ISp(period="7D", freq="1H", binarize=False)
    raw.IVp(period="7D", freq="1H", binarize=False)
    raw.RAp(period="1D", binarize=False)


if __name__ == "__main__":
    handover.main("pyActigraphy", values, {"rhythm once": once, "rhythm daily": daily})
