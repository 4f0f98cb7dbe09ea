"""How checking and reporting grow with the rows: ten times as many take ten times as long, in the same memory."""

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
WORKBOOK_SHARE = 10
"""A workbook holds 100,000 rows at the most, and is tried with so many times fewer."""


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield time a row at ten times the rows against time a row, for checking and for each kind of report."""
    sizes = (max(10, options.rows // 100), max(100, options.rows // 10), max(1_000, options.rows))
    tables = [write_csv(options.folder / f"{size}.csv", size) for size in (10, *sizes)]
    start = [sys.executable, "-m", "importer"]
    found = interleave(
        {table.stem: partial(measure, [*start, "validate", str(table)], codes=(0, 1)) for table in tables},
        rounds=options.rounds,
    )
    yield from _compare("validate", found, sizes[:2])
    yield from _compare("validate", found, sizes[1:])
    for kind in REPORTS:
        share = WORKBOOK_SHARE if kind == "xlsx" else 1
        pair = (max(20, sizes[0] // share), max(200, sizes[1] // share))
        runs = [_stage_run(options.folder, size) for size in (10, *pair)]
        commands = {
            run.name.split(".")[0]: partial(
                measure, [*start, "report", str(run), "--to", str(options.folder / f"report.{kind}")]
            )
            for run in runs
        }
        yield from _compare(f"report to .{kind}", interleave(commands, rounds=options.rounds), pair)


def _stage_run(folder: Path, size: int) -> Path:
    """Return a run file of so many rows, of which nothing was sent."""
    table, run = folder / f"{size}.csv", folder / f"{size}.run.sqlite"
    if not run.exists():
        write_csv(table, size)
        command = [sys.executable, "-m", "importer", "import", str(table), "--dry-run", "--run", str(run), "--quiet"]
        measure(command, codes=(0, 1))
    return run


def _compare(what: str, found: Mapping[str, Sequence[Usage]], sizes: Sequence[int]) -> Iterator[Finding]:
    """Yield time a row, start-up taken off, and peak memory."""
    small, large = sizes
    bare = found["10"]
    times = {
        size: [max(usage.cpu - one.cpu, 0.001) / size * 1e6 for usage, one in zip(found[str(size)], bare, strict=True)]
        for size in sizes
    }
    ours, theirs, ratio = compare(times[large], times[small])
    against, note = f"a row of {small:,}", "start-up taken off"
    stage = f"{what}, a row of {large:,}"
    yield Finding(
        stage=stage, against=against, ours=ours, theirs=theirs, unit="CPU us", ratio=ratio, floor="<= 1.2", note=note
    )
    peaks = ([usage.peak_mib for usage in found[str(size)]] for size in (large, small))
    ours, theirs, ratio = compare(*peaks)
    yield Finding(
        stage=f"{what}, {large:,} rows, peak memory",
        against=f"{small:,} rows",
        ours=ours,
        theirs=theirs,
        unit="MiB",
        ratio=ratio,
        floor="flat" if what == "validate" else "",
    )
