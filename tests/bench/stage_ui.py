"""The page over loopback, measured against checking the same file from the command line, and calamine alone."""

from __future__ import annotations

import random
import statistics
import sys
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.bench.browsing import measure_browser
from tests.bench.inputs import SEED, write_csv, write_distinct, write_doubted, write_faulty, write_one_stack, write_xlsx
from tests.bench.measuring import Finding, compare, measure
from tests.bench.page_server import run_page
from tests.bench.stage_validate import CHECK
from tests.bench.stage_xlsx import CALAMINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.bench.measuring import Options
    from tests.bench.page_server import PageServer, Spent

EDITS = 5
"""Edits of each table, over all of its rows."""
SCROLLS = 20
BLOCK = 10_000
"""Cells of a pasted block."""
FORMULA = 2
"""Column that is edited."""


def measure_stage(options: Options) -> Iterator[Finding]:
    """Yield what dropping, editing and scrolling take, and what the page weighs."""
    rows = max(1_000, options.rows // 10)
    yield from _measure_table(write_csv(options.folder / "layers.csv", rows), rows, options)
    hard = {
        "of as many formulas": write_distinct(options.folder / "distinct.csv", rows),
        "with a fault each": write_faulty(options.folder / "faulty.csv", rows),
        "with a doubt each across stacks": write_doubted(options.folder / "doubted.csv", rows),
        "of one stack": write_one_stack(options.folder / "one.csv", rows),
    }
    for words, table in hard.items():
        yield from _measure_hard(table, f"{rows:,} rows {words}", options)
    yield from _measure_book(write_xlsx(options.folder / "layers.xlsx", rows), rows, options)
    yield from measure_browser(options.folder / "layers.csv", rows)


def _measure_table(table: Path, rows: int, options: Options) -> Iterator[Finding]:
    """Yield what an ordinary table takes, each round in a server of its own."""
    dropped: list[Spent] = []
    edited: list[Spent] = []
    pasted: list[Spent] = []
    checked: list[float] = []
    scrolled: list[float] = []
    peaks: list[float] = []
    weight = 0
    for number in range(options.rounds):
        checked.append(measure([*CHECK, str(table)], codes=(0, 1)).cpu)
        folder = options.folder / f"page-{number}"
        folder.mkdir()
        with run_page(folder) as server:
            draft: dict[str, Any] = {}
            dropped.append(server.measure(lambda: draft.update(server.drop(table)[0])))  # noqa: B023
            edited.append(_take_median(_edit(server, draft, rows)))
            pasted.append(_paste(server, draft, rows))
            scrolled += _scroll(server, draft, rows)
            peaks.append(server.peak_mib)
            weight = _weigh(server)
    stage = f"page, {rows:,}-row CSV"
    yield _tell(f"{stage}, dropped to marks", "validate", dropped, checked, "<= 2")
    yield _tell(f"{stage}, one edit to marks", "validate", edited, checked, "<= 0.15")
    yield _tell(f"{stage}, {min(rows, BLOCK):,} cells pasted", "validate", pasted, checked, "<= 1")
    worst = f"worst {max(scrolled):.0f} ms, floor <= 100 ms"
    yield Finding(stage=f"{stage}, rows anywhere", ours=statistics.median(scrolled), unit="ms", note=worst)
    yield Finding(stage=f"{stage}, memory", ours=max(peaks), unit="MiB", note="floor <= 300 MiB")
    yield Finding(stage="page, all its files", ours=weight / 1000, unit="kB", note="floor <= 100 kB")


def _measure_hard(table: Path, words: str, options: Options) -> Iterator[Finding]:
    checked = measure([*CHECK, str(table)], codes=(0, 1)).cpu
    folder = options.folder / f"page-{table.stem}"
    folder.mkdir()
    with run_page(folder) as server:
        draft: dict[str, Any] = {}
        dropped = server.measure(lambda: draft.update(server.drop(table)[0]))
        edited = _take_median(_edit(server, draft, draft["tables"][0]["rows"]))
        peak = f", peak {server.peak_mib:.0f} MiB"
    yield _tell(f"page, {words}, dropped to marks", "validate", [dropped], [checked], "<= 2", note=peak)
    yield _tell(f"page, {words}, one edit to marks", "validate", [edited], [checked], "<= 0.15")


def _measure_book(book: Path, rows: int, options: Options) -> Iterator[Finding]:
    bare = measure([sys.executable, "-c", CALAMINE, str(book)]).cpu
    bare -= measure([sys.executable, "-c", "import python_calamine"]).cpu
    folder = options.folder / "page-book"
    folder.mkdir()
    with run_page(folder) as server:
        first: list[float] = []
        dropped = server.measure(lambda: first.append(server.drop(book)[1]))
        note = f", first rows after {first[0]:.2f} s, peak {server.peak_mib:.0f} MiB"
    stage = f"page, XLSX of {rows:,} x 10, dropped to marks"
    if bare <= 0:
        yield Finding(stage=stage, note="not measured: too few rows to be told from starting up")
        return
    yield _tell(stage, "python-calamine alone", [dropped], [bare], "<= 3", note=note)


def _edit(server: PageServer, draft: dict[str, Any], rows: int) -> list[Spent]:
    """Edit a cell in the first part, in the last and between, each answered with the rows in sight."""
    path = f"/api/drafts/{draft['id']}"
    found: list[Spent] = []
    for number in range(EDITS):
        at = number * (rows - 1) // EDITS
        view = {"table": 0, "first": at, "last": at + 100}
        row = server.ask("GET", f"{path}/rows?table=0&first={at}&last={at + 1}")["rows"][0][1]
        body = {"version": number, "cells": [[0, row, FORMULA, f"BaTi{number + 2}O7"]], "view": view}
        found.append(server.measure(partial(server.ask, "POST", f"{path}/edits", body)))
    return found


def _paste(server: PageServer, draft: dict[str, Any], rows: int) -> Spent:
    path = f"/api/drafts/{draft['id']}"
    numbers: list[int] = []
    for first in range(0, min(rows, BLOCK), 1_000):
        numbers += [
            row[1] for row in server.ask("GET", f"{path}/rows?table=0&first={first}&last={first + 1_000}")["rows"]
        ]
    cells = [[0, number, FORMULA, "BaTiO3"] for number in numbers]
    body = {"version": EDITS, "cells": cells, "why": "pasted", "view": {"table": 0, "first": 0, "last": 100}}
    return server.measure(partial(server.ask, "POST", f"{path}/edits", body))


def _scroll(server: PageServer, draft: dict[str, Any], rows: int) -> list[float]:
    """Return after how many milliseconds rows anywhere were there."""
    rng = random.Random(SEED)  # noqa: S311  # a benchmark's input
    found: list[float] = []
    for _ in range(SCROLLS):
        first = rng.randrange(max(1, rows - 100))
        begun = time.perf_counter()
        server.ask("GET", f"/api/drafts/{draft['id']}/rows?table=0&first={first}&last={first + 100}")
        found.append((time.perf_counter() - begun) * 1_000)
    return found


def _weigh(server: PageServer) -> int:
    """Return the bytes of all files that the page loads."""
    seen: dict[str, bytes] = {}
    wanted = ["/"]
    while wanted:
        path = wanted.pop()
        if path in seen:
            continue
        seen[path] = server.ask("GET", path)
        text = seen[path].decode(errors="replace")
        wanted += [each for quote in "\"'" for each in text.split(quote)[1::2] if each.startswith("/static/")]
        with suppress(ValueError):
            wanted.remove("/static/")
    return sum(map(len, seen.values()))


def _take_median(spent: Sequence[Spent]) -> Spent:
    return sorted(spent, key=lambda each: each.cpu)[len(spent) // 2]


def _tell(
    stage: str, against: str, ours: Sequence[Spent], theirs: Sequence[float], floor: str, *, note: str = ""
) -> Finding:
    one, other, ratio = compare([each.cpu for each in ours], theirs)
    wall = f"{statistics.median(each.wall for each in ours) * 1_000:,.0f} ms to wait"
    return Finding(
        stage=stage, against=against, ours=one, theirs=other, ratio=ratio, floor=floor, note=wall + note
    )  # fmt: skip
