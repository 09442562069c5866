"""How far a course has moved since treatment changed: a local level with an intervention.

What somebody measures of themself drifts by itself, so "after minus before" credits a treatment
with whatever the days would have done anyway. The local level model lets the level wander (a random
walk observed with noise) and asks how much an additional shift on a stated day explains.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
NEEDED_EACH_SIDE = 3
MOST = 400
# Shares of drift that are weighed: variance of a day's step over that of the noise.
SHARES = np.concatenate([[0.0], np.geomspace(1e-4, 10, 21)])


@dataclass(frozen=True)
class Response:
    """The shift that is not explained by drift and noise.

    Attributes:
        effect: in the unit of the values; the shift when it is complete.
        low, high: 95 % interval, of all measures `together`.
        before, after: number of observations.
        drift: variance of the level's step in a day, as a share of the variance of the noise.
        level: shape (n,), the level with the shift, smoothed, on the days observed.
    """

    effect: float
    low: float
    high: float
    before: int
    after: int
    drift: float
    level: Floats

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out no shift at all."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class NotSaid:
    """Why nothing can be said."""

    reason: str


def response_to(
    days: npt.NDArray[np.datetime64],
    values: Floats,
    on: date,
    *,
    shape: Literal["step", "ramp"] = "step",
    ramp_days: int = 28,
    together: int = 1,
) -> Response | NotSaid:
    """Estimate the shift at a day, beside drift and noise.

    Observation: level + effect x shape + noise; the level takes a normal step each day, larger over
    a longer gap. The start of the level is diffuse. For a given ratio of drift to noise this is
    generalised least squares (the Kalman filter with exact diffuse start gives the same numbers,
    Harvey 1989; Durbin & Koopman 2012). Ratios are weighed by their diffuse likelihood, the scale
    concentrated out, and the interval is that of the mixture (docs/course.md says what it covers).

    Args:
        days: shape (n,), datetime64[D], rising; any gaps. The last 400 with a value are used.
        values: shape (n,), NaN where missing.
        on: the first day that counts as after.
        shape: "step" for all at once, "ramp" for a shift that grows over `ramp_days`.
        together: how many measures are looked at; the intervals of all of them hold together in
            95 of 100 cases (Bonferroni), for of eight unchanged measures one in three tables would
            else show a shift.

    Raises:
        ValueError: if lengths differ, days do not rise, or the ramp or `together` is below 1.

    >>> days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-03-02"))
    >>> rng = np.random.default_rng(1)
    >>> values = 10 - 3.0 * (days >= np.datetime64("2026-02-01")) + rng.normal(0, 1, len(days))
    >>> found = response_to(days, values, date(2026, 2, 1))
    >>> round(found.effect, 1), found.is_clear
    (-3.1, True)
    """
    if days.shape != values.shape or days.ndim != 1 or min(ramp_days, together) < 1:
        raise ValueError("One value a day is needed, and a ramp of at least a day.")
    if len(days) > 1 and (np.diff(days).astype(int) <= 0).any():
        raise ValueError("The days have to rise.")
    there = np.flatnonzero(np.isfinite(values))[-MOST:]
    at = (days[there] - np.datetime64(on)).astype("timedelta64[D]").astype(np.float64)
    seen = values[there]
    before, after = int((at < 0).sum()), int((at >= 0).sum())
    if min(before, after) < NEEDED_EACH_SIDE:
        return NotSaid(
            f"{before} before and {after} since; at least {NEEDED_EACH_SIDE} of each are needed."
        )
    if np.ptp(seen) <= 1e-9 * max(np.abs(seen).max(), 1.0):
        return NotSaid("All values are the same.")
    grown = (at >= 0) if shape == "step" else np.clip((at + 1) / ramp_days, 0, 1)
    design = np.column_stack([np.ones(len(at)), grown.astype(np.float64)])
    return _estimate(at, seen, design, before, after, together)


def _estimate(
    at: Floats, seen: Floats, design: Floats, before: int, after: int, together: int
) -> Response:
    """Average over how much drift there may be, by how well each explains the days.

    One decomposition of the drift's covariance serves every share: in its basis the days are
    independent. The shares lie evenly on a logarithmic scale, no drift beside them, all equally
    likely beforehand; a single best share would make the interval too narrow where a little drift
    looks like none.
    """
    shared = np.minimum.outer(at - at[0], at - at[0])
    sizes, basis = np.linalg.eigh(shared)
    turned_design, turned_seen = basis.T @ design, basis.T @ seen
    fits = [_fit(share * np.maximum(sizes, 0), turned_seen, turned_design) for share in SHARES]
    misfits = np.array([one[0] for one in fits])
    weights = np.exp(misfits.min() - misfits)
    weights /= weights.sum()
    effects = np.array([one[1][1] for one in fits])
    errors = np.array([one[2] for one in fits])
    tail = 0.025 / together
    low, high = _interval(weights, effects, errors, len(seen) - 2, tail)
    best = int(np.argmax(weights))
    share, estimate = SHARES[best], fits[best][1]
    left = turned_seen - turned_design @ estimate
    drifted = share * np.maximum(sizes, 0)
    level = design @ estimate + basis @ (drifted / (drifted + 1) * left)
    mean = float(weights @ effects)
    return Response(mean, low, high, before, after, float(weights @ SHARES), level)


def _fit(drifted: Floats, seen: Floats, design: Floats) -> tuple[float, Floats, float]:
    """Generalised least squares where days are independent with variance 1 + `drifted`.

    Returns:
        minus the diffuse log likelihood but for a constant, the estimates, and the standard error
        of the shift.
    """
    spread = np.sqrt(1 + drifted)
    rows, target = design / spread[:, None], seen / spread
    gram = rows.T @ rows
    estimate = np.linalg.solve(gram, rows.T @ target)
    free = len(seen) - design.shape[1]
    squares = max(float(((target - rows @ estimate) ** 2).sum()), 1e-300)
    logs = np.log(spread).sum() + 0.5 * np.linalg.slogdet(gram)[1]
    error = float(np.sqrt(squares / free * np.linalg.inv(gram)[1, 1]))
    return float(logs + 0.5 * free * np.log(squares)), np.asarray(estimate, np.float64), error


def _interval(
    weights: Floats, effects: Floats, errors: Floats, free: int, tail: float
) -> tuple[float, float]:
    """A mixture of Student's t distributions without this share at either end."""
    from scipy.optimize import brentq  # heavy, and few pages ask
    from scipy.special import stdtr

    there = weights > 1e-6

    def below(value: float) -> float:
        return float(weights[there] @ stdtr(free, (value - effects[there]) / errors[there]))

    reach = 500 * float(errors[there].max())
    low, high = float(effects[there].min()) - reach, float(effects[there].max()) + reach
    first = brentq(lambda value: below(value) - tail, low, high)
    last = brentq(lambda value: below(value) - (1 - tail), low, high)
    return float(first), float(last)
