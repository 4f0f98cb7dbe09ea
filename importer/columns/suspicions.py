"""Texts that a program seems to have changed: told at their cells, or repaired where the user asked for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from importer.codes import make_issue
from importer.columns.corruption import REPAIRABLE, SUSPECT_FIELDS, find_case_doubts, suspect_text
from importer.columns.plan import Role
from importer.model import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.columns.arrangement import Arrangement
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
        work.issues.append(replace(issue, seq=work.start + position))
        return
    for name in names:
        _repair(work, name, [position], issue.value or "", Problem(issue.code, issue.message, issue.suggestion))


def suspect_texts(work: Arrangement) -> None:
    """Say which texts look as if a program had changed them, and take the suggestions that the user asked for."""
    for name in [name for name in work.cells if name in SUSPECT_FIELDS]:
        found = _find_suspicions(name, set(work.cells[name].tolist()) - {None, ""})
        if not found:
            continue
        codes, uniques = pd.factorize(work.cells[name])
        for number, text in enumerate(uniques):
            if text in found:
                rows = [row for row in np.flatnonzero(codes == number).tolist() if (name, row) not in work.odd]
                _tell_suspicion(work, name, rows, text, found[text])


def _find_suspicions(name: str, texts: set[str]) -> dict[str, Problem]:
    """Return text -> what is to be said of it, for those of a field's distinct texts that are suspected."""
    found = {text: problem for text in texts if (problem := suspect_text(name, text)) is not None}
    if name == "composition_string":
        for text, other in find_case_doubts(sorted(texts)).items():
            if text not in found:
                said = f"{text!r} and {other!r} stand in one column, with another case only. Are both meant?"
                found[text] = Problem("case-doubt", said, other)
    return found


def _tell_suspicion(work: Arrangement, name: str, rows: Sequence[int], text: str, problem: Problem) -> None:
    """Tell a suspicion at each of its cells, or repair them."""
    if problem.code in work.plan.repairs & REPAIRABLE and problem.suggestion is not None:
        _repair(work, name, rows, text, problem)
        return
    for row in rows:
        work.issues.append(make_issue(problem, work.place(name, row), value=text, seq=work.start + row))


def _repair(work: Arrangement, name: str, rows: Sequence[int], text: str, problem: Problem) -> None:
    """Write a suggestion in place of a text, and say so."""
    work.cells[name] = work.cells[name].copy()
    for row in rows:
        work.cells[name][row] = problem.suggestion
        said = f"{text!r} was taken as {problem.suggestion!r}, as asked by --repair {problem.code}."
        note = Problem("repaired", said, problem.suggestion)
        work.issues.append(make_issue(note, work.place(name, row), value=text, seq=work.start + row))
