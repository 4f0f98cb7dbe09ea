"""How fast files are read, and how much memory checking a large one takes; printed, and held to wide bounds.

``pytest -m long -s tests/bench/test_reading_speed.py`` prints the figures of this machine.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from importer.read import find_sources, iter_raw_chunks

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "sample_id,layer_id,formula,orientation,space_group,mp_id,sample_name,substrate\n"


def write_table(path: Path, rows: int) -> None:
    """Write a table of stacks of five layers."""
    with path.open("w") as stream:
        stream.write(HEADER)
        for row in range(rows):
            stream.write(f"{row // 5},{row % 5 + 1},BaTiO3,001,P4mm,mp-5020,S{row // 5},SrTiO3\n")


@pytest.mark.long
def test_reading_costs_a_few_times_the_bare_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A million rows of eight cells become columns within a few times what cutting them into cells takes."""
    path = tmp_path / "a.csv"
    write_table(path, 1_000_000)
    start = time.process_time()
    with path.open(newline="") as stream:
        bare_rows = sum(1 for _ in csv.reader(stream, strict=True))
    bare = time.process_time() - start
    start = time.process_time()
    rows = sum(len(chunk.rows) for chunk in iter_raw_chunks(find_sources([path])[0]))
    ours = time.process_time() - start
    with capsys.disabled():
        sys.stdout.write(f"\nread 1,000,000 x 8: {ours:.2f} s; the bare csv reader {bare:.2f} s\n")
    assert rows == bare_rows - 1 == 1_000_000
    assert ours < 8 * bare


@pytest.mark.long
def test_memory_is_bounded_by_the_chunk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Reading two million rows takes hardly more memory than reading two hundred thousand."""
    program = (
        "import resource, sys\nfrom importer.read import find_sources, iter_raw_chunks\n"
        "for chunk in iter_raw_chunks(find_sources([sys.argv[1]])[0]): pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    peaks = []
    for rows in (200_000, 2_000_000):
        write_table(tmp_path / "a.csv", rows)
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "a.csv")], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout) / 1024)
    with capsys.disabled():
        sys.stdout.write(f"\npeak memory: {peaks[0]:.0f} MB for 200,000 rows, {peaks[1]:.0f} MB for 2,000,000\n")
    assert peaks[1] < peaks[0] + 20
    assert peaks[1] < 300
