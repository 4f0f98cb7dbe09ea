"""Texts that a program seems to have changed: told at their cells, or repaired where the user asked for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from importer.chunks.column import Texts
from importer.columns.column_use import Role
from importer.columns.corruption import SUSPECT_FIELDS
from importer.issues import Problem, make_issue
from importer.layers.normalise import note_repair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.columns.arranged_chunk import Arrangement
    from importer.model import Issue


def take_over_cell_issues(work: Arrangement) -> None:
    """Give what the reader says of cells to the rows that use them; an unused column may hold what it likes."""
    unused = {Role.IGNORED, Role.UNUSED}
    used = {use.position for use in work.plan.uses if use.role not in unused}
    for row, column, issue in work.raw.cell_issues:
        if column not in used:
            continue
        mine = np.flatnonzero(work.index == row)
        for position in mine.tolist():
            names = _list_fields_from(work, position, column)
            if names or len(mine) == 1:
                _tell_or_repair(work, issue, position, names)


def _list_fields_from(work: Arrangement, position: int, column: int) -> list[str]:
    """Return the fields that a row takes from a frame column."""
    origins = work.columns.items()
    return [n for n, o in origins if (o if isinstance(o, int) else int(o[position])) == column]


def _tell_or_repair(work: Arrangement, issue: Issue, position: int, names: Sequence[str]) -> None:
    """Tell an issue of a cell, or take its suggestion where the user asked for it and say so."""
    work.odd.update((name, position) for name in names)
    if issue.code not in work.plan.repairs or issue.suggestion is None:
        told = replace(issue, seq=work.start + position)
        work.issues.append(told)
        for name in names:
            work.suspicions.setdefault(name, {})[position] = told
        return
    for name in names:
        _repair(work, name, [position], issue.value or "", issue)


def suspect_texts(work: Arrangement) -> None:
    """Say which texts look as if a program had changed them, and take the suggestions that the user asked for."""
    for name in [name for name in work.cells if name in SUSPECT_FIELDS]:
        coded = work.cells[name].coded
        found = work.plan.suspicions.find(name, cast("list[str]", [text for text in coded.distinct if text]))
        if not found:
            continue
        told: dict[str, list[int]] = {}
        for row in np.flatnonzero(coded.take([text in found for text in coded.distinct], np.bool_)).tolist():
            if (name, row) not in work.odd:
                told.setdefault(str(coded.value_at(row)), []).append(row)
        for text, rows in told.items():
            _tell_suspicion(work, name, rows, text, found[text])


def _tell_suspicion(work: Arrangement, name: str, rows: Sequence[int], text: str, problem: Problem) -> None:
    """Tell a suspicion at each of its cells, or repair them."""
    if problem.code in work.plan.repairs and problem.suggestion is not None:
        _repair(work, name, rows, text, problem)
        return
    for row in rows:
        told = make_issue(problem, work.place(name, row), value=text, seq=work.start + row)
        work.issues.append(told)
        work.suspicions.setdefault(name, {})[row] = told


def _repair(work: Arrangement, name: str, rows: Sequence[int], text: str, found: Problem | Issue) -> None:
    """Write a suggestion in place of a text, and say so."""
    cells = work.cells[name].cells.copy()
    note = note_repair(text, found.suggestion or "", found.code)
    for row in rows:
        cells[row] = found.suggestion
        work.issues.append(make_issue(note, work.place(name, row), value=text, seq=work.start + row))
    work.cells[name] = Texts.of_cells(cells)
