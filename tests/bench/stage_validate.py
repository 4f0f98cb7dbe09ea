"""Checking a large table, measured against bare pandas and frictionless: time, memory, and how both grow."""

from __future__ import annotations

import json
import statistics
import sys
from functools import partial
from typing import TYPE_CHECKING

import gemmi
import periodictable

from tests.bench.inputs import HEADER, write_csv, write_distinct, write_doubted
from tests.bench.measuring import Finding, compare, interleave, measure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.measuring import Options, Usage

CHECK = [sys.executable, "-m", "importer", "validate"]
PANDAS = "import sys, pandas; pandas.read_csv(sys.argv[1], dtype=str)"
PARSE = """
import sys
from importer.check import CHECKED_ROWS
from importer.columns import arrange_chunk, plan_columns
from importer.layers.normalise import KnownTexts, normalise_chunk
from importer.formats.read import find_sources, iter_raw_chunks
known = KnownTexts()
for raw in iter_raw_chunks(find_sources([sys.argv[1]])[0], chunk_rows=CHECKED_ROWS):
    plan = plan_columns(raw) if raw.first else plan
    normalise_chunk(arrange_chunk(raw, plan, start=0), known=known)
"""
RULES = """
import sys
from importer.tasks.validate import validate
validate(sys.argv[1], keep_frame=False, keep_stacks=20, keep_issues=3)
"""
SIZES = (0.01, 0.1, 1, 2, 5)
"""Tables by size, as multiples of the rows asked for."""


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield how long checking takes against reading by pandas, and how its time and memory grow with the rows."""
    tables = {size: write_csv(options.folder / f"{size}.csv", max(1, int(options.rows * size))) for size in SIZES}
    tables[0] = write_csv(options.folder / "ten.csv", 10)
    main = tables[1]
    runs = {f"{size}": partial(measure, [*CHECK, str(table)], codes=(0, 1)) for size, table in tables.items()}
    for name, program in (("pandas", PANDAS), ("parse", PARSE), ("rules", RULES)):
        runs[name] = partial(measure, [sys.executable, "-c", program, str(main)])
    found = interleave(runs, rounds=options.rounds)
    yield _tell_time(found, options, "pandas", "pandas.read_csv(dtype=str), pyarrow installed", floor="<= 2.5")
    yield _tell_rules(found)
    yield _compare_frictionless(found["1"], tables[0.1], options)
    yield from _iter_growth(found, options)
    yield from _iter_costly(options)


def _iter_costly(options: Options) -> Iterator[Finding]:
    """Yield what tables cost in which every row has a formula, or a warning, of its own."""
    tables = {
        "of as many formulas": (write_distinct, "<= 20"),
        "with a warning each": (write_doubted, "<= 8"),
    }
    for words, (write, floor) in tables.items():
        table = write(options.folder / "costly.csv", options.rows)
        runs = {
            "ours": partial(measure, [*CHECK, str(table)], codes=(0, 1)),
            "pandas": partial(measure, [sys.executable, "-c", PANDAS, str(table)]),
        }
        found = interleave(runs, rounds=options.rounds)
        ours, theirs, ratio = compare(*([usage.cpu for usage in found[name]] for name in runs))
        note = f"peak {statistics.median(usage.peak_mib for usage in found['ours']):.0f} MiB"
        yield Finding(
            stage=f"validate {options.rows:,} rows {words}", against="pandas.read_csv(dtype=str)", ours=ours,
            theirs=theirs, ratio=ratio, floor=floor, note=note,
        )  # fmt: skip


def _tell_time(found: dict[str, list[Usage]], options: Options, other: str, words: str, *, floor: str) -> Finding:
    ours, theirs, ratio = compare([usage.cpu for usage in found["1"]], [usage.cpu for usage in found[other]])
    stage = f"validate {options.rows:,}-row CSV, all rules on"
    return Finding(stage=stage, against=words, ours=ours, theirs=theirs, ratio=ratio, floor=floor)


def _tell_rules(found: dict[str, list[Usage]]) -> Finding:
    ours, theirs, ratio = compare([usage.cpu for usage in found["rules"]], [usage.cpu for usage in found["parse"]])
    words = "reading and parsing the distinct values alone"
    return Finding(stage="all rules", against=words, ours=ours, theirs=theirs, ratio=ratio, floor="<= 1.1")


def _compare_frictionless(ours: list[Usage], table: Path, options: Options) -> Finding:
    """Return rows a second of processor time: ours on the whole table, the other's on a tenth of it."""
    stage, words, rows = "validate, rows a second", "frictionless, schema with the same rules of cells", options.rows
    if options.frictionless is None:
        return Finding(stage=stage, against=words, floor=">= 15", note="not installed: see --frictionless")
    schema = options.folder / "schema.json"
    schema.write_text(json.dumps(make_schema()))
    command = [str(options.frictionless), "validate", str(table), "--schema", str(schema), "--limit-errors", "1000000"]
    # it trusts only paths below the folder it runs in
    theirs = [measure([*command, "--trusted"], codes=(0, 1)) for _ in range(options.rounds)]
    mine = statistics.median(rows / usage.cpu for usage in ours)
    other = statistics.median(rows / 10 / usage.cpu for usage in theirs)
    return Finding(
        stage=stage, against=words, ours=mine, theirs=other, unit="rows/s", ratio=mine / other, floor=">= 15"
    )


def make_schema() -> dict[str, object]:
    """Return a frictionless schema that says of cells what ours says: elements, space groups, positions used once."""
    symbols = sorted((element.symbol for element in periodictable.elements if element.number), key=len, reverse=True)
    groups = sorted({group.short_name() for group in gemmi.spacegroup_table()})
    constraints: dict[str, dict[str, object]] = {
        "sample_id": {"minimum": 0},
        "layer_id": {"minimum": 0, "required": True},
        "composition_string": {"pattern": f"(?:(?:{'|'.join(symbols)})[0-9.]*)+"},
        "orientation": {"pattern": "-?[0-9]-?[0-9](?:-?[0-9])?-?[0-9]"},
        "space_group": {"enum": groups},
        "mp_id": {"pattern": "mp-[0-9]+"},
    }
    fields = [
        {
            "name": name,
            "type": "integer" if name in {"sample_id", "layer_id"} else "string",
            "constraints": constraints.get(name, {}),
        }
        for name in HEADER
    ]
    return {"fields": fields, "primaryKey": ["sample_id", "layer_id"]}


def _iter_growth(found: dict[str, list[Usage]], options: Options) -> Iterator[Finding]:
    """Yield for each size the time a row beyond starting up, and the peak memory, against the size before."""
    start = statistics.median(usage.cpu for usage in found["0"])
    cost, peak = {}, {}
    for size in SIZES:
        rows = max(1, int(options.rows * size))
        cost[size] = (statistics.median(usage.cpu for usage in found[f"{size}"]) - start) / rows * 1e6
        peak[size] = statistics.median(usage.peak_mib for usage in found[f"{size}"])
    for size, before in zip(SIZES[1:], SIZES, strict=False):
        rows, fewer = (int(options.rows * part) for part in (size, before))
        stage, against = f"validate {rows:,} rows", f"{fewer:,} rows"
        if min(cost[size], cost[before]) > 0:
            ratio = cost[size] / cost[before]
            yield Finding(
                stage=f"{stage}, time a row beyond start-up", against=against, ours=cost[size], theirs=cost[before],
                unit="CPU \u00b5s", ratio=ratio, floor="<= 1.2",
            )  # fmt: skip
        else:
            yield Finding(stage=f"{stage}, time a row beyond start-up", against=against, note="too few rows to tell")
        floor = "<= 1.3, below 300" if size == 1 else "below 300"
        yield Finding(
            stage=f"{stage}, peak memory", against=against, ours=peak[size], theirs=peak[before], unit="MiB",
            ratio=peak[size] / peak[before], floor=floor,
        )  # fmt: skip
