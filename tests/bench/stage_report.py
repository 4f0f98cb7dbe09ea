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
WORKBOOK_SHARE = 5
"""A workbook holds 100,000 rows at the most and takes long: it is tried with so many times fewer."""


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield time a row of a run ten times as long, and peak memory, for each kind of report."""
    sizes = (max(20, options.rows // 100), max(200, options.rows // 10))
    for kind in REPORTS:
        pair = sizes if kind != "xlsx" else (max(20, sizes[0] // WORKBOOK_SHARE), max(200, sizes[1] // WORKBOOK_SHARE))
        runs = [_stage_run(options.folder, size) for size in (10, *pair)]
        commands = {
            run.name.split(".")[0]: partial(
                measure,
                [sys.executable, "-m", "importer", "report", str(run), "--to", str(options.folder / f"report.{kind}")],
            )
            for run in runs
        }
        yield from _compare(kind, interleave(commands, rounds=options.rounds), pair)


def _stage_run(folder: Path, size: int) -> Path:
    """Return a run file of so many rows, of which nothing was sent."""
    table, run = folder / f"{size}.csv", folder / f"{size}.run.sqlite"
    if not run.exists():
        write_csv(table, size)
        command = [sys.executable, "-m", "importer", "import", str(table), "--dry-run", "--run", str(run), "--quiet"]
        measure(command, codes=(0, 1))
    return run


def _compare(kind: str, found: Mapping[str, Sequence[Usage]], sizes: Sequence[int]) -> Iterator[Finding]:
    """Yield time a row, start-up taken off, and peak memory."""
    small, large = sizes
    bare = found["10"]
    times = {
        size: [max(usage.cpu - one.cpu, 0.001) / size * 1e6 for usage, one in zip(found[str(size)], bare, strict=True)]
        for size in sizes
    }
    ours, theirs, ratio = compare(times[large], times[small])
    against, note = f"a row of {small:,}", "start-up taken off"
    stage = f"report to .{kind}, a row of {large:,}"
    yield Finding(
        stage=stage, against=against, ours=ours, theirs=theirs, unit="CPU us", ratio=ratio, floor="<= 1.2", note=note
    )
    peaks = ([usage.peak_mib for usage in found[str(size)]] for size in (large, small))
    ours, theirs, ratio = compare(*peaks)
    yield Finding(
        stage=f"report to .{kind}, {large:,} rows, peak memory",
        against=f"{small:,} rows",
        ours=ours,
        theirs=theirs,
        unit="MiB",
        ratio=ratio,
    )
