"""The site's policy: what this place is called, promises and permits, as one TOML file.

A jurisdiction's pack and the operator's own file are laid over the defaults, later ones winning;
features that the law of a place bars are switched off here and asked for by name.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from django.conf import settings

from heartsease.science.dialogue.helplines import countries

logger = logging.getLogger("heartsease.policy")


class PolicyUnusable(ValueError):
    """The policy file names something unknown or gives a value of the wrong kind."""


# A law may bar these; no code asks for them yet.
NOT_BUILT = frozenset({"emotion_detection", "assistant"})


@dataclass(frozen=True)
class Policy:
    """What the operator decided. Durations carry their unit in their name."""

    place: str
    country: str
    jurisdiction: str
    reading_hours: str
    local_help: tuple[Mapping[str, str], ...]
    features: Mapping[str, bool]
    false_alarms_per_person_month: float
    safety_alert_due_minutes: int
    alert_due_hours: int
    untaken_alert_retires_days: int
    proposal_expires_days: int
    raw_days_kept: int
    position_days_kept: int
    demo_sign_in: bool
    staff_second_factor: bool

    def allows(self, feature: str) -> bool:
        """Whether a feature is on here.

        Raises:
            PolicyUnusable: if no such feature is known; a typing error must not switch one on.
        """
        try:
            return self.features[feature]
        except KeyError as error:
            raise PolicyUnusable(f"No feature is called {feature!r}.") from error


# Numbers outside are refused: a clock that runs out before it began, a budget that bars every look.
RANGES: Mapping[str, tuple[float, float]] = {
    "false_alarms_per_person_month": (0.005, 3.0),
    "safety_alert_due_minutes": (1, 1440),
    "alert_due_hours": (1, 720),
    "untaken_alert_retires_days": (1, 365),
    "proposal_expires_days": (1, 365),
    "raw_days_kept": (1, 36_500),
    "position_days_kept": (1, 3_650),
}


def _within(values: Mapping[str, Any], where: str) -> None:
    for name, (lowest, highest) in RANGES.items():
        if not lowest <= values[name] <= highest:
            raise PolicyUnusable(
                f"{where}: {name!r} must be from {lowest:g} to {highest:g}, not {values[name]!r}."
            )


def _can_be_called(values: Mapping[str, Any], where: str) -> None:
    """Refuse a country without lines on file, and lines of this place that nobody can reach."""
    if values["country"] and values["country"].upper() not in countries():
        raise PolicyUnusable(
            f"{where}: no crisis lines are on file for the country {values['country']!r}. Known: "
            f"{', '.join(countries())}. Leave it empty, and give numbers in local_help, for others."
        )
    for line in values["local_help"]:
        if not isinstance(line, Mapping) or not line.get("name") or not line.get("call"):
            raise PolicyUnusable(f"{where}: each line of local_help needs a name and a call.")


def _laid_over(under: dict[str, Any], over: Mapping[str, Any], where: str) -> dict[str, Any]:
    result = dict(under)
    for name, value in over.items():
        if name not in under:
            raise PolicyUnusable(f"{where}: {name!r} is not a setting. Known: {', '.join(under)}.")
        known = under[name]
        if isinstance(known, dict):
            if not isinstance(value, Mapping):
                raise PolicyUnusable(f"{where}: {name!r} must be a table.")
            result[name] = _laid_over(known, value, f"{where}, {name}")
        elif isinstance(known, bool) != isinstance(value, bool) or not isinstance(
            value, (int, float) if isinstance(known, float) else type(known)
        ):
            kind = type(known).__name__
            raise PolicyUnusable(f"{where}: {name!r} must be of kind {kind}, not {value!r}.")
        else:
            result[name] = value
    return result


def read(path: Path | None) -> Policy:
    """Lay the jurisdiction's pack and the operator's file over the defaults.

    Raises:
        PolicyUnusable: naming the file and the setting that is wrong.
    """
    packs = files(__package__) / "data"
    default = tomllib.loads((packs / "policy.toml").read_text("utf-8"))
    own: dict[str, Any] = {}
    if path is not None and path.exists():
        try:
            own = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise PolicyUnusable(f"{path.name} is not valid TOML in UTF-8: {error}") from error
        except OSError as error:
            raise PolicyUnusable(f"{path.name} cannot be read: {error.strerror}.") from error
    jurisdiction = own.get("jurisdiction", default["jurisdiction"])
    pack = packs / f"policy-{str(jurisdiction).lower()}.toml"
    merged = default
    if jurisdiction != "default":
        if not pack.is_file():
            raise PolicyUnusable(f"No pack is on file for the jurisdiction {jurisdiction!r}.")
        merged = _laid_over(merged, tomllib.loads(pack.read_text("utf-8")), pack.name)
    merged = _laid_over(merged, own, path.name if path else "policy")
    _within(merged, path.name if path else "policy")
    _can_be_called(merged, path.name if path else "policy")
    known = {field.name for field in fields(Policy)}
    values = {name: value for name, value in merged.items() if name in known}
    values["local_help"] = tuple(merged["local_help"])
    return Policy(**values)


# By path: when the file was changed last, the last policy that could be used, and what is wrong
# with the file as it stands.
_known: dict[str, tuple[float, Policy, str]] = {}


def policy() -> Policy:
    """The policy in force; a change of the file takes effect at the next question.

    A slip of the operator's must not take the page with the emergency numbers down: where the file
    cannot be used any more, what held before holds on, and `trouble` says why.

    Raises:
        PolicyUnusable: if the file never could be used since the program began.
    """
    path: Path = settings.SITE_POLICY
    known = _known.get(str(path))
    try:
        changed = path.stat().st_mtime
    except OSError:
        changed = 0.0
    if known is not None and known[0] == changed:
        return known[1]
    try:
        if known is not None and known[0] and not changed:
            raise PolicyUnusable(f"{path.name} was there and cannot be found any more.")
        found, wrong = read(path), ""
    except PolicyUnusable as error:
        if known is None:
            raise
        found, wrong = known[1], str(error)
        logger.error("The policy stays as it was before. %s", wrong)
    _known[str(path)] = changed, found, wrong
    return found


def trouble() -> str:
    """What is wrong with the operator's file, while an older policy holds on; empty if nothing."""
    policy()
    return _known[str(settings.SITE_POLICY)][2]
