"""Research files beside the repository: what is not ours to read is refused with a sentence."""

from __future__ import annotations

import pytest
from tests.science.sensing.exports import gathered

from heartsease.science.sensing.reading import UnknownFormat


def test_tables_of_other_tools_are_refused_by_name_of_what_is_accepted(shared):
    for name in ("step_summary.csv", "survey_phq9.csv"):
        path = shared / "wearable_formats" / name
        assert path.exists()
        with pytest.raises(UnknownFormat, match="Accepted"):
            gathered(path)


def test_open_mhealth_lists_are_read_or_say_why_not(shared):
    for path in sorted((shared / "wearable_formats").glob("mhealth_*.json")):
        found, aside = gathered(path)
        assert found or sum(piece.count for piece in aside) > 0


def test_a_step_table_becomes_samples_once_its_columns_are_named(shared, tmp_path):
    """Hourly steps of an AWARE study, rewritten in the plain form."""
    import csv

    rows = ["time,end,stream,value,device"]
    total: dict[str, int] = {}
    with (shared / "wearable_formats" / "step_summary.csv").open() as file:
        for row in list(csv.DictReader(file))[:24]:
            hour = row["time"][:2]
            rows.append(
                f"{row['date']}T{hour}:00:00+00:00,{row['date']}T{hour}:59:59+00:00,steps,"
                f"{row['steps']},{row['user']}"
            )
            total[row["date"]] = total.get(row["date"], 0) + int(float(row["steps"]))
    path = tmp_path / "steps.csv"
    path.write_text("\n".join(rows))
    found, aside = gathered(path)
    assert aside == []
    from heartsease.science.sensing.daily import daily_features
    from heartsease.science.sensing.merging import merge

    made = daily_features({"steps": merge([found["steps"].to_arrow()], "steps")})
    assert {str(day): value for day, _, value, _ in made.iter_rows()} == total
