"""Whether the rest and activity of a group of people differ from those of another.

A benchmark of the features, not a use of them: telling groups apart says nothing about a person,
and across populations it hardly works (docs/course.md). Every person is told by a model that was
learnt on all others.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ..errors import CannotEvaluate
from .features import rhythm as features
from .kernels import rhythm as kernel

Floats = npt.NDArray[np.float64]
LEAST_PEOPLE = 5
LEAST_DAYS = 3
RESAMPLES = 1000
SLEEP_WINDOW, SLEEP_COUNTS = 11, 40.0
TIMES = ("time", "timestamp", "date_time")
COUNTS = ("counts", "activity", "count")
PEOPLE, GROUPS = ("person", "id", "number", "subject"), ("group", "label", "condition", "class")


def evaluate_activity(data: Path) -> dict[str, Any]:
    """Leave-one-person-out figures of a logistic regression on twelve features.

    Args:
        data: a table with person, time, counts (a minute) and group; or a folder with one
            sub-folder a group, in which each CSV with a time and a count a minute is one person;
            or a folder of such files and a table that gives each file's name a group.

    Returns:
        n, auc, balanced_accuracy and mcc with 95 % intervals from resampled persons.

    Raises:
        CannotEvaluate: if there are not two groups of five people with three days each.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, groups = _people(data)
    names = sorted(set(groups))
    if len(names) != 2 or min(groups.count(name) for name in names) < LEAST_PEOPLE:
        found = ", ".join(f"{name}: {groups.count(name)}" for name in names) or "none"
        raise CannotEvaluate(
            f"Two groups of at least {LEAST_PEOPLE} people with {LEAST_DAYS} days are needed. "
            f"Found {found}."
        )
    truth = np.array([names.index(group) for group in groups])
    values = np.array(rows)
    told = np.empty(len(truth))
    for one in range(len(truth)):
        others = np.arange(len(truth)) != one
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
        told[one] = model.fit(values[others], truth[others]).predict_proba(values[[one]])[0, 1]
    return {"n": len(truth), "groups": {name: groups.count(name) for name in names}} | _figures(
        truth, told
    )


def twelve(minutes: Floats) -> Floats | None:
    """The twelve features of one person; None with fewer than three days.

    IS, IV, log L5, log M10, RA, regularity of sleep, mean and spread of log counts, shares of
    minutes without any count and asleep, sine and cosine of the start of L5.

    Args:
        minutes: shape (days * 1440,) counts from noon on, NaN while not worn.
    """
    days = kernel.extremes(minutes, features.WINDOW_SHARE)
    whole = days[days[:, 4] >= features.WORN_SHARE]
    if len(whole) < LEAST_DAYS:
        return None
    hours = kernel.hours_of(minutes)
    stable, broken = kernel.stability(hours)
    l5, onset, m10 = np.nanmean(whole[:, 0]), whole[:, 1], np.nanmean(whole[:, 2])
    angle = 2 * np.pi * onset[np.isfinite(onset)] / kernel.DAY
    logs = np.log1p(minutes[np.isfinite(minutes)])
    asleep = _asleep(minutes)
    same = asleep[kernel.DAY :] == asleep[: -kernel.DAY]
    both = np.isfinite(minutes[kernel.DAY :]) & np.isfinite(minutes[: -kernel.DAY])
    regular = 200 * same[both].mean() - 100 if both.any() else 0.0
    found = np.array(
        [
            stable,
            broken,
            np.log1p(l5),
            np.log1p(m10),
            (m10 - l5) / (m10 + l5) if m10 + l5 > 0 else 0.0,
            regular,
            logs.mean(),
            logs.std(),
            (minutes[np.isfinite(minutes)] == 0).mean(),
            asleep[np.isfinite(minutes)].mean(),
            np.sin(angle).mean(),
            np.cos(angle).mean(),
        ]
    )
    return np.asarray(np.nan_to_num(found))


def _asleep(minutes: Floats) -> npt.NDArray[np.bool_]:
    """A stand-in for sleep: the mean of eleven minutes is below 40 counts."""
    filled = np.nan_to_num(minutes)
    window = np.ones(SLEEP_WINDOW) / SLEEP_WINDOW
    return np.asarray(np.convolve(filled, window, mode="same") < SLEEP_COUNTS)


def _people(data: Path) -> tuple[list[Floats], list[str]]:
    """Features and group of each person with days enough."""
    rows: list[Floats] = []
    groups: list[str] = []
    for frame, group in _tables(data):
        found = twelve(_minutes(frame))
        if found is not None:
            rows.append(found)
            groups.append(group)
    return rows, groups


def _tables(data: Path) -> list[tuple[pl.DataFrame, str]]:
    """Each person's times and counts, and their group."""
    if data.is_file():
        frame = _read(data)
        absent = {"person", "group"} - set(frame.columns)
        if absent:
            raise CannotEvaluate(f"The table has no column {', '.join(sorted(absent))}.")
        parts = frame.partition_by("person", maintain_order=True)
        return [(own, str(own["group"][0])) for own in parts]
    folders = sorted(one for one in data.iterdir() if one.is_dir() and any(one.glob("*.csv")))
    if len(folders) > 1:
        return [
            (_read(path), folder.name)
            for folder in folders
            for path in sorted(folder.glob("*.csv"))
        ]
    return _labelled(folders[0] if folders else data, data)


def _labelled(folder: Path, data: Path) -> list[tuple[pl.DataFrame, str]]:
    """Files of one folder, a person each, whose group stands in them or in a table of labels."""
    labels: dict[str, str] = {}
    people: list[tuple[str, pl.DataFrame]] = []
    for path in sorted({*folder.glob("*.csv"), *data.glob("*.csv")}):
        frame = _lower(path)
        if set(TIMES) & set(frame.columns) and set(COUNTS) & set(frame.columns):
            people.append((path.stem, _read(path)))
            continue
        who = next((name for name in PEOPLE if name in frame.columns), None)
        group = next((name for name in GROUPS if name in frame.columns), None)
        if who and group:
            labels |= {str(a): str(b) for a, b in frame.select(who, group).iter_rows()}
    return [
        (frame, str(frame["group"][0]) if "group" in frame.columns else labels[name])
        for name, frame in people
        if "group" in frame.columns or name in labels
    ]


def _lower(path: Path) -> pl.DataFrame:
    """A table with its column names in lower case."""
    try:
        frame = pl.read_csv(path, infer_schema_length=10_000, try_parse_dates=True)
    except pl.exceptions.PolarsError as error:
        raise CannotEvaluate(f"{path.name} is not a table in CSV form: {error}") from error
    return frame.rename({name: name.strip().lower() for name in frame.columns})


def _read(path: Path) -> pl.DataFrame:
    lower = _lower(path)
    time = next((name for name in TIMES if name in lower.columns), None)
    counts = next((name for name in COUNTS if name in lower.columns), None)
    if time is None or counts is None:
        raise CannotEvaluate(f"{path.name} has no column of times or none of counts.")
    kept = [name for name in ("person", "group") if name in lower.columns]
    moments = lower[time]
    if not moments.dtype.is_temporal():
        moments = moments.cast(pl.String).str.to_datetime(strict=False)
    return lower.select(
        *kept, pl.col(counts).cast(pl.Float64, strict=False).alias("counts")
    ).with_columns(moments.cast(pl.Datetime("us")).dt.replace_time_zone(None).alias("time"))


def _minutes(frame: pl.DataFrame) -> Floats:
    """Counts by minute from the first noon on."""
    frame = frame.drop_nulls("time")
    if frame.is_empty():
        return np.empty(0)
    seconds = frame["time"].cast(pl.Int64).to_numpy() // 1_000_000
    counts = frame["counts"].fill_null(np.nan).to_numpy()
    counts = np.where(counts < 0, np.nan, counts)
    first = int((seconds.min() // 60 - features.NOON) // kernel.DAY)
    last = int((seconds.max() // 60 - features.NOON) // kernel.DAY)
    start, size = first * kernel.DAY + features.NOON, (last - first + 1) * kernel.DAY
    epochs = np.full(len(seconds), 60, dtype=np.int64)
    return np.asarray(kernel.minutes_by_clock(seconds, epochs, counts, start, size))


def _figures(truth: npt.NDArray[np.int64], told: Floats) -> dict[str, Any]:
    """AUC, balanced accuracy and MCC with 95 % intervals from resampled persons, None without."""
    from sklearn.metrics import balanced_accuracy_score, matthews_corrcoef, roc_auc_score

    measures: dict[str, Callable[..., float]] = {
        "auc": roc_auc_score,
        "balanced_accuracy": lambda true, said: balanced_accuracy_score(true, said >= 0.5),
        "mcc": lambda true, said: matthews_corrcoef(true, said >= 0.5),
    }
    draws = np.random.default_rng(95).integers(0, len(truth), (RESAMPLES, len(truth)))
    draws = np.array([draw for draw in draws if 0 < truth[draw].mean() < 1])
    result: dict[str, Any] = {}
    for name, measure in measures.items():
        result[name] = float(measure(truth, told))
        spread = [measure(truth[draw], told[draw]) for draw in draws]
        low, high = np.quantile(spread, [0.025, 0.975])
        # Groups wholly apart stay so in every resample, which says nothing of other people.
        result[f"{name}_ci"] = [float(low), float(high)] if low < high else None
    return result
