"""docs/sensing.md names what the program reads and makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartsease.science.sensing import plausible
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.sensing.readers.plain import FACTORS, JSON_BYTES
from heartsease.science.sensing.schema import STAGES, STREAMS

DOCS = Path(__file__).resolve().parents[3] / "docs" / "sensing.md"
TEXT = DOCS.read_text("utf-8")


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_is_named_with_its_unit(name):
    feature = FEATURES[name]
    section = TEXT.partition("## Daily features")[2].partition("\n## ")[0]
    (row,) = [line for line in section.splitlines() if line.startswith(f"| `{name}`")]
    assert feature.unit in row
    for limit in (feature.lowest, feature.highest):
        assert f"{limit:,.0f}" in row


@pytest.mark.parametrize("name", STREAMS)
def test_every_stream_is_named_with_its_columns_and_units(name):
    assert f"`{name}`" in TEXT
    for field in STREAMS[name]:
        assert f"`{field.name}`" in TEXT
    for unit in FACTORS.get(name, {}):
        assert unit in TEXT


def test_every_stage_and_limit_is_named():
    for stage in STAGES:
        assert f"`{stage}`" in TEXT
    assert f"{JSON_BYTES // 1_000_000} MB" in TEXT
    for low, high, unit in plausible.RANGES.values():
        assert f"{low:,.0f} to {high:,.0f} {unit}" in TEXT
