"""Reading a workbook as its sheet shows it, measured against python-calamine alone, which tells no number formats."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from tests.bench.inputs import write_xlsx
from tests.bench.measuring import READ, Finding, compare, interleave, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.measuring import Options

CALAMINE = (
    "import sys, python_calamine\n"
    "book = python_calamine.CalamineWorkbook.from_path(sys.argv[1])\n"
    "rows = book.get_sheet_by_index(0).to_python()\n"
)


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield how long reading takes, imports of both left out, and its memory."""
    rows = max(1, options.rows // 10)
    book = str(write_xlsx(options.folder / "layers.xlsx", rows))
    found = interleave(
        {
            "ours": partial(measure, [sys.executable, "-c", READ, book]),
            "calamine": partial(measure, [sys.executable, "-c", CALAMINE, book]),
            "imports": partial(measure, [sys.executable, "-c", "import importer.formats.read"]),
            "calamine imports": partial(measure, [sys.executable, "-c", "import python_calamine"]),
        },
        rounds=options.rounds,
    )
    cpu = {name: [usage.cpu for usage in usages] for name, usages in found.items()}
    read = [one - other for one, other in zip(cpu["ours"], cpu["imports"], strict=True)]
    bare = [one - other for one, other in zip(cpu["calamine"], cpu["calamine imports"], strict=True)]
    stage, against = f"read XLSX, {rows:,} rows x 10", "python-calamine alone, no formats"
    if min(*read, *bare) <= 0:
        yield Finding(stage=stage, against=against, note="not measured: too few rows to be told from starting up")
        return
    ours, theirs, ratio = compare(read, bare)
    yield Finding(
        stage=stage,
        against=against,
        ours=ours,
        theirs=theirs,
        ratio=ratio,
        floor="<= 2.5",
        note="number formats honoured; imports of both left out",
    )
