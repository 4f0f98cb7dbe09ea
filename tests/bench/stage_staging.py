"""Putting checked rows into the run file, measured against one ``executemany`` of the same tuples."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from tests.bench.inputs import write_csv
from tests.bench.measuring import Finding, compare, interleave, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.measuring import Options

CHECK = """
import pathlib, sys, threading
from importer.check import iter_checked_chunks
from importer.formats.read import find_sources
from importer.context import Context
from importer.tasks.stage import RunFile, RunMeta, stage_rows  # imported here too, so that only the work differs
from importer.rules import StackRules
sources = find_sources([sys.argv[1]])
rules = StackRules()
for chunk in iter_checked_chunks(sources, rules, context=Context()):
    pass
issues = list(rules.iter_issues())
"""
STAGE = """
import pathlib, sys, threading
from importer.formats.read import find_sources
from importer.context import Context
from importer.tasks.stage import RunFile, RunMeta, stage_rows
path = pathlib.Path(sys.argv[2])
path.unlink(missing_ok=True)
meta = RunMeta(run_key="bench", tool_version="0", created_at=0.0, mode="import", api_url=None, staged=False)
with RunFile.create(path, meta) as run:
    stage_rows(run, find_sources([sys.argv[1]]), context=Context())
"""
LOAD = """
import pathlib, sqlite3, sys
with sqlite3.connect(sys.argv[1]) as run:
    names = {"row": "seq, sheet_id, row, stack_id, layer_id, raw, payload, state, status, attempts, rounds, message, "
             "fingerprint", "stack": "id, sample_id, sample_name, substrate, sample_metadata, action, target_id",
             "issue": "seq, code, severity, source, sheet, row, column, cell, value, message, suggestion"}
    tables = {name: run.execute(f"SELECT {columns} FROM {name}").fetchall() for name, columns in names.items()}
    made = [run.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", [name]).fetchone()[0]
            for name in names]
"""
INSERT = (
    LOAD  # noqa: S608  # names of our own
    + """
path = pathlib.Path(sys.argv[2])
path.unlink(missing_ok=True)
bare = sqlite3.connect(path, isolation_level=None)
bare.execute("PRAGMA journal_mode=WAL")
for statement in made:
    bare.execute(statement)
bare.execute("BEGIN")
for name, columns in names.items():
    marks = ", ".join("?" * len(columns.split(",")))
    bare.executemany(f"INSERT INTO {name} ({columns}) VALUES ({marks})", tables[name])
bare.execute("COMMIT")
bare.close()
"""
)


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield how long staging takes beyond checking, bodies, stacks, fingerprints, issues and index included."""
    table = str(write_csv(options.folder / "layers.csv", options.rows))
    run, bare = str(options.folder / "run.sqlite"), str(options.folder / "bare.sqlite")
    program = [sys.executable, "-c"]
    found = interleave(
        {
            "stage": partial(measure, [*program, STAGE, table, run]),
            "check": partial(measure, [*program, CHECK, table]),
            "insert": partial(measure, [*program, INSERT, run, bare]),
            "load": partial(measure, [*program, LOAD, run]),
        },
        rounds=options.rounds,
    )
    cpu = {name: [usage.cpu for usage in usages] for name, usages in found.items()}
    least = 0.001  # a few rows take less than the clock tells
    ours, theirs, ratio = compare(
        [max(one - other, least) for one, other in zip(cpu["stage"], cpu["check"], strict=True)],
        [max(one - other, least) for one, other in zip(cpu["insert"], cpu["load"], strict=True)],
    )
    yield Finding(
        stage=f"stage {options.rows:,} rows into the run file",
        against="one executemany of the same tuples",
        ours=ours,
        theirs=theirs,
        ratio=ratio,
        floor="<= 3",
        note="building and checking the JSON bodies included; reading and checking the rows taken off",
    )
