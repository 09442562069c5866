"""Two gigabytes are read in the memory of a few megabytes; run by hand, it takes minutes."""

from __future__ import annotations

import pytest
from bench import apple_health


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_gigabytes_of_xml_are_read_analysed_and_stored_in_flat_memory(tmp_path):
    path = tmp_path / "export.xml"
    assert apple_health.write(path, 2000) > 2_000_000_000
    for job, limit in (("reader", 300), ("analyse", 300), ("upload", 400)):
        cpu, peak = apple_health.run(job, path)
        print(f"{job}: {cpu:.1f} s CPU, peak {peak:.0f} MB")
        assert peak < limit
