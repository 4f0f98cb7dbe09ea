"""How reports grow with the rows of their run: ten times as many take ten times as long."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from tests.bench.inputs import write_csv
from tests.bench.measuring import Finding, compare, interleave, measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.bench.measuring import Options, Usage

REPORTS = ("html", "csv", "jsonl", "xlsx")
GROWTH = 10
WORKBOOK_SHARE = 5
"""A workbook holds 100,000 rows at the most and takes long: it is tried with so many times fewer."""
WRITE = """
import pathlib, sys
from importer.report.files import write_report
from importer.run import RunFile
for _ in range(int(sys.argv[3])):
    with RunFile.open(pathlib.Path(sys.argv[1])) as run:
        write_report(run, pathlib.Path(sys.argv[2]))
"""


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield time a row of a run ten times as long, and peak memory, for each kind of report.

    The short run is reported ten times, so that both take long enough to be told from starting up.
    """
    for kind in REPORTS:
        large = max(200, options.rows // (10 if kind != "xlsx" else 10 * WORKBOOK_SHARE))
        runs = {"start": (10, 1), "small": (large // GROWTH, GROWTH), "large": (large, 1)}
        commands = {}
        for name, (rows, times) in runs.items():
            paths = [str(_stage_run(options.folder, rows)), str(options.folder / f"report.{kind}")]
            commands[name] = partial(measure, [sys.executable, "-c", WRITE, *paths, str(times)])
        yield from _compare(kind, interleave(commands, rounds=options.rounds), large)


def _stage_run(folder: Path, size: int) -> Path:
    """Return a run file of so many rows, of which nothing was sent."""
    table, run = folder / f"{size}.csv", folder / f"{size}.run.sqlite"
    if not run.exists():
        write_csv(table, size)
        command = [sys.executable, "-m", "importer", "import", str(table), "--dry-run", "--run", str(run), "--quiet"]
        measure(command, codes=(0, 1))
    return run


def _compare(kind: str, found: Mapping[str, Sequence[Usage]], rows: int) -> Iterator[Finding]:
    """Yield time a row, start-up taken off, and peak memory."""
    times = {
        name: [
            max(usage.cpu - start.cpu, 0.001) / rows * 1e6
            for usage, start in zip(found[name], found["start"], strict=True)
        ]
        for name in ("large", "small")
    }
    peaks = {name: [usage.peak_mib for usage in found[name]] for name in ("large", "small")}
    fewer = rows // GROWTH
    for what, figures, unit, floor in (("time a row", times, "CPU us", "<= 1.2"), ("peak memory", peaks, "MiB", "")):
        ours, theirs, ratio = compare(figures["large"], figures["small"])
        yield Finding(
            stage=f"report of {rows:,} rows to .{kind}, {what}",
            against=f"{fewer:,} rows",
            ours=ours,
            theirs=theirs,
            unit=unit,
            ratio=ratio,
            floor=floor,
        )
