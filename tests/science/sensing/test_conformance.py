"""Our features are what their definitions say, and docs/feature-conformance.md shows it.

    HEARTSEASE_WRITE_DOCS=1 pytest tests/science/sensing/test_conformance.py

writes the page anew: from the cases here, and from what other programs printed for the same input
(bench/peers/values.txt, kept by `python -m bench.peers --write`).
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path

import pytest
from tests.science.sensing.conformance import CASES, INPUTS, Case, ours

from heartsease.science.sensing.catalogue import FEATURES

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "feature-conformance.md"
RECORDED = ROOT / "bench" / "peers"
PEERS = ("niimpy", "beiwe-forest", "pyActigraphy", "scikit-digital-health")
DOMAINS = ("sleep", "rhythm", "mobility", "phone", "communication", "keyboard", "heart", "activity")
# What vendors sum up themselves is read and not made.
READY_MADE = {"minutes_lightly_active", "minutes_very_active"}
ALIKE = 1e-3  # a peer within a thousandth of the definition needs no explanation
HEAD = """# Feature conformance: what each daily feature is by definition, here and elsewhere

Each line is an input small enough that the value follows from the definition in the catalogue by
hand; `tests/science/sensing/conformance.py` builds it and `test_conformance.py` holds our value to
it. Beside it stands what other programs print for the same input, recorded with
`python -m bench.peers --write`; the calls are below. This page is written by
`HEARTSEASE_WRITE_DOCS=1 pytest tests/science/sensing/test_conformance.py`.

A peer's other number is often another definition, not an error; where it is an error, the last
column says so. **Bold** in our column is where we are wrong and know it. "nothing" is no value,
"fails" an exception. Nothing here says whether a feature tells anything about a person.
"""
EMPTY = """
All four install on Python 3.11, pyActigraphy and the `accelerometer` package only without their own
requirements (`bench/peers/pyActigraphy.txt`): those pin scikit-learn 1.0.1, which no longer builds.
jasmine was given pauses and flights as exact as the input, not raw fixes: its imputation is random.

## The calls

| peer | feature | call |
|---|---|---|"""


@dataclass(frozen=True)
class Value:
    """What a peer printed; a word in place of a number is the name of an exception."""

    peer: str
    version: str
    sample: str
    feature: str
    value: float | str | None
    note: str
    call: str


@cache
def recorded() -> dict[tuple[str, str, str], list[Value]]:
    """Values by peer, input and feature; one that failed on a whole input is each feature's."""
    found, failed = defaultdict(list), []
    for line in (RECORDED / "values.txt").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        peer, version, sample, feature, told, note, call = line.split("\t")
        try:
            value: float | str | None = float(told) if told else None
        except ValueError:
            value = told
        one = Value(peer, version, sample, feature, value, note, call)
        if feature:
            found[peer, sample, feature].append(one)
        else:
            failed.append(one)
    known = {(peer, feature) for peer, _, feature in found}
    for one in failed:
        for case in CASES:
            if case.sample == one.sample and (one.peer, case.feature) in known:
                found[one.peer, case.sample, case.feature].append(one)
    return dict(found)


@cache
def reasons() -> dict[tuple[str, str], str]:
    """Why peers differ, by input and feature; the input "*" is every one that has no own reason."""
    rows = (RECORDED / "why.txt").read_text("utf-8").splitlines()
    parts = [row.split("\t") for row in rows if row and not row.startswith("#")]
    return {(sample, feature): why for sample, feature, why in parts}


def reason(case: Case) -> str:
    return reasons().get((case.sample, case.feature), reasons().get(("*", case.feature), ""))


@cache
def made(sample: str) -> dict[str, float]:
    return ours(sample)


def is_alike(value: float | str | None, expected: float | None, tolerance: float) -> bool:
    if value is None or expected is None:
        return value is expected
    return not isinstance(value, str) and abs(value - expected) <= tolerance


def differs(one: Value, case: Case) -> bool:
    return not is_alike(one.value, case.expected, max(abs(case.expected or 0) * ALIKE, 1e-6))


def shown(value: float | str | None) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"fails ({value})"
    return "0" if abs(value) < 1e-9 else f"{value:.5g}"


def cell(peer: str, case: Case) -> str:
    """A peer's values; what it prints with its own defaults only where that is another number."""
    values = recorded().get((peer, case.sample, case.feature), [])
    texts: list[str] = []
    for one in values:
        text = shown(one.value)
        if not any(before.split(" by ")[0] == text for before in texts):
            texts.append(f"{text} by default" if one.note else text)
    return "; ".join(texts) or "-"


def row(case: Case) -> str:
    mine = shown(made(case.sample).get(case.feature))
    why = f"Ours: {case.wrong}. {reason(case)}" if case.wrong else reason(case)
    cells = [
        f"`{case.feature}`",
        FEATURES[case.feature].definition,
        f"{case.sample}: {INPUTS[case.sample].words}",
        f"{shown(case.expected)} ({case.derivation})",
        f"**{mine}**" if case.wrong else mine,
        *(cell(peer, case) for peer in PEERS),
        why.strip(),
    ]
    return "| " + " | ".join(one.replace("|", "\\|") for one in cells) + " |"


def page() -> str:
    """The whole page, domain by domain in the order of the catalogue."""
    versions = {one.peer: one.version for values in recorded().values() for one in values}
    parts = [HEAD]
    for domain in DOMAINS:
        names = [name for name, one in FEATURES.items() if one.domain == domain]
        cases = sorted(
            (case for case in CASES if case.feature in names),
            key=lambda case: names.index(case.feature),
        )
        titles = " | ".join(f"{peer} {versions.get(peer, '')}".strip() for peer in PEERS)
        parts.append(f"\n## {domain.capitalize()}\n")
        head = (
            f"| feature | definition | case | by definition | ours | {titles} | why they differ |"
        )
        parts += [head, "|" + "---|" * 10, *map(row, cases)]
    calls = sorted(
        {
            f"| {one.peer} | `{name}`{' (by default)' if one.note else ''} | `{one.call}` |"
            for (_, _, name), values in recorded().items()
            for one in values
            if one.feature
        }
    )
    empty = [f"| {peer} | {reasons()['-', peer]} |" for peer in PEERS]
    parts += ["\n## Why a column is empty\n", '| peer | "-" because |', "|---|---|", *empty]
    parts += [EMPTY, *calls]
    return "\n".join(parts) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one.sample}: {one.feature}")
def test_a_feature_is_what_its_definition_says(case: Case, request: pytest.FixtureRequest):
    """A case that says why ours is wrong must fail: once mended, its reason is to be taken out."""
    if case.wrong:
        request.applymarker(pytest.mark.xfail(reason=case.wrong, strict=True))
    value = made(case.sample).get(case.feature)
    assert is_alike(value, case.expected, case.tolerance), value


def test_every_feature_of_the_sensors_has_a_case():
    covered = {case.feature for case in CASES} | READY_MADE
    assert {name for name, one in FEATURES.items() if one.domain in DOMAINS} == covered
    assert {case.sample for case in CASES} == set(INPUTS)


def test_where_a_peer_differs_the_page_says_why():
    cases = {(case.sample, case.feature): case for case in CASES}
    bare = {
        f"{sample}\t{feature}"
        for (peer, sample, feature), values in recorded().items()
        for one in values
        if peer and differs(one, cases[sample, feature]) and not reason(cases[sample, feature])
    }
    assert not bare, "\n".join(sorted(bare))


def test_known_defects_of_peers_are_reproduced():
    """Entropy of labels and of a column twice, and a stability above its bound of 1."""
    entropy = recorded()["niimpy", "three places", "location_entropy_normalised"]
    assert all(float(one.value or 0) > 1 for one in entropy)
    labels = recorded()["niimpy", "three places", "location_entropy"][0]
    assert labels.value == pytest.approx(log(189) - 94 * log(2) / 189)  # of 95 ones and 47 twos
    right, default = recorded()["niimpy", "two places", "distance_travelled_km"]
    assert default.note and default.value != right.value
    (stability,) = recorded()["pyActigraphy", "block days", "interdaily_stability"]
    assert stability.value == pytest.approx(24 / 23 * 167 / 168)


def test_the_page_is_what_the_cases_say():
    if os.environ.get("HEARTSEASE_WRITE_DOCS") == "1":
        PAGE.write_text(page(), "utf-8")
    assert PAGE.read_text("utf-8") == page()
