"""The benchmark itself works: every stage, in a small size, measures what it says. Never a pass or fail on time."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.bench import run
from tests.bench.measuring import Options, measure

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.long  # it takes minutes, and proves nothing of the importer


@pytest.mark.parametrize("stage", run.STAGES)
def test_a_stage_measures_something(stage: str, tmp_path: Path) -> None:
    """Each line has figures above zero, or says why it has none."""
    findings = list(run.iter_findings([stage], Options(folder=tmp_path, rows=2_000, rounds=1)))
    assert findings
    for finding in findings:
        figures = [figure for figure in (finding.ours, finding.theirs, finding.ratio) if figure is not None]
        assert all(math.isfinite(figure) and figure > 0 for figure in figures)
        assert figures or finding.note
        assert run.format_line(finding).count("|") >= 8


def test_the_table_can_be_had_as_json() -> None:
    """``--json`` prints the machine and the findings."""
    command = [sys.executable, run.__file__, "--stages", "validate", "--rows", "500", "--rounds", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert "cores" in found["machine"]
    assert {"CPU s", "MiB"} < {finding["unit"] for finding in found["findings"]}


def test_a_command_that_fails_is_no_measurement() -> None:
    """A process that ends with an unexpected code is an error with its words, not a quick result."""
    with pytest.raises(RuntimeError, match=r"ended with 3: .*broken"):
        measure([sys.executable, "-c", "import sys; print('broken', file=sys.stderr); sys.exit(3)"])


def test_peak_memory_is_of_the_command_alone() -> None:
    """A large parent doesn't count."""
    ballast = bytearray(200 * 2**20)
    assert measure([sys.executable, "-S", "-c", "pass"]).peak_mib < 100
    assert ballast
