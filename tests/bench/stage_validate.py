"""Checking a large table, measured against bare pandas: time, and how memory grows."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from tests.bench.inputs import write_csv
from tests.bench.measuring import Finding, compare, interleave, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.measuring import Options

PANDAS = "import sys, pandas; pandas.read_csv(sys.argv[1], dtype=str)"


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield how long checking takes against reading by pandas, and how its memory grows with the rows."""
    large, small = options.folder / "large.csv", options.folder / "small.csv"
    write_csv(large, options.rows)
    write_csv(small, max(1, options.rows // 10))
    check = [sys.executable, "-m", "importer", "validate"]
    found = interleave(
        {
            "ours": partial(measure, [*check, str(large)], codes=(0, 1)),
            "pandas": partial(measure, [sys.executable, "-c", PANDAS, str(large)]),
            "small": partial(measure, [*check, str(small)], codes=(0, 1)),
        },
        rounds=options.rounds,
    )
    cpu = {name: [usage.cpu for usage in usages] for name, usages in found.items()}
    ours, theirs, ratio = compare(cpu["ours"], cpu["pandas"])
    yield Finding(
        stage=f"validate {options.rows:,}-row CSV",
        against="pandas.read_csv(dtype=str), pyarrow installed",
        ours=ours,
        theirs=theirs,
        ratio=ratio,
        floor="<= 2.5",
    )
    peak = {name: [usage.peak_mib for usage in usages] for name, usages in found.items()}
    ours, theirs, ratio = compare(peak["ours"], peak["small"])
    yield Finding(
        stage="validate, peak memory",
        against="a tenth of the rows",
        ours=ours,
        theirs=theirs,
        unit="MiB",
        ratio=ratio,
        floor="<= 1.3, below 300 MiB",
    )
