"""Rows of a table that are no layers: headers written again, footnotes, totals, remarks beside the table."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from importer.chunks.column import Texts
from importer.columns.column_use import Role
from importer.contract import INTEGER_FIELDS
from importer.issues import Code, Problem, make_issue
from importer.layers.header_names import match_header, normalise_header
from importer.model import Severity

if TYPE_CHECKING:
    import numpy.typing as npt

    from importer.chunks import RawChunk
    from importer.columns.plan import ColumnPlan
    from importer.model import Issue

_FEW = 2
_USED = frozenset({Role.FIELD, Role.ELEMENT, Role.GROUP, Role.SPLIT, Role.PART})
_NOT_A_LAYER = re.compile(
    r"\x1a|[*\u2020\u2021\u00b9\u00b2\u00b3]+ ?\D.*|(?:grand )?total\b.*|subtotal\b.*|"
    r"(?:sum|summe|gesamt|mean|average|mittelwert|\u5408\u8ba1|\u5408\u8a08|\u0438\u0442\u043e\u0433\u043e)[ :.]*|"
    r"(?:foot)?notes?:.*|sources?:.*|legend:.*|remarks?:.*|end of (?:file|table|data)",
    re.IGNORECASE | re.DOTALL,
)

HEADER_REPEATED = Code(
    "header-repeated",
    Severity.NOTE,
    "The header is repeated between the rows, as in joined files. It wasn't read as a layer.",
    "",
    "two exports of one program in one file",
)

OTHER_HEADER = Code(
    "other-header",
    Severity.ERROR,
    "There is another header between the rows. The rows below it may have other columns and won't be sent.",
    "Put each table in a file or sheet of its own.",
    "Layer #, Sample ID below Sample ID, Layer #",
)

NOT_A_LAYER_ROW = Code(
    "row-without-layer",
    Severity.NOTE,
    "A row is a footnote or total, or has text only in unused columns. It wasn't read as a layer and isn't counted.",
    "If it is a layer, fill in the columns of its fields.",
    "Total,,,120",
)


def drop_other_rows(raw: RawChunk, plan: ColumnPlan) -> tuple[RawChunk, list[Issue], dict[int, Problem]]:
    """Return a chunk without the rows that are no layers, a note of each, and position -> what stops a row.

    Rows of YAML and JSON, and tables of which nothing is understood, stay as they are.
    """
    used = [use.position for use in plan.uses if use.role in _USED]
    if raw.header_row is None or not used or not len(raw.rows):
        return raw, [], {}
    drop = np.zeros(len(raw.rows), dtype=np.bool_)
    notes = _find_headers(raw, plan, drop)
    notes += _find_remarks(raw, used, drop)
    if drop.any():
        raw = _keep_rows(raw, ~drop)
    stopped: dict[int, Problem] = {}
    if plan.state.other_header is not None:
        said = f"Row {plan.state.other_header} is another header, so this row may have other columns. Put each table "
        said += "into a file or sheet of its own."
        below = np.flatnonzero(raw.rows > plan.state.other_header)
        stopped = dict.fromkeys(below.tolist(), Problem(OTHER_HEADER, said))
    return raw, notes, stopped


def _find_headers(raw: RawChunk, plan: ColumnPlan, drop: npt.NDArray[np.bool_]) -> list[Issue]:
    """Mark the rows that are headers, note them, and keep the first that is another than the table's own."""
    numbers = [use.position for use in plan.uses if use.field in INTEGER_FIELDS]
    suspects = np.zeros(len(drop), dtype=np.bool_)
    for position in numbers:
        coded = raw.columns[position].coded
        words = [
            bool(text) and not str(text)[-1:].isdigit() and match_header(str(text))[0] is not None
            for text in coded.distinct
        ]
        if any(words):
            suspects |= coded.take(words, np.bool_)
    notes = []
    for row in np.flatnonzero(suspects).tolist():
        texts = [(column.text_at(row) or "").lstrip("\ufeff").strip() for column in raw.columns]
        if sum(bool(text) and match_header(text)[0] is not None for text in texts) < _FEW:
            continue
        drop[row] = True
        if list(map(normalise_header, texts)) == list(map(normalise_header, raw.header)):
            problem = Problem(HEADER_REPEATED, "The header is repeated here. This row wasn't read as a layer.")
        else:
            problem = Problem(OTHER_HEADER, "There is another header here. The rows below it won't be sent.")
            known = plan.state.other_header
            plan.state.other_header = int(raw.rows[row]) if known is None else min(known, int(raw.rows[row]))
        if problem.kind is HEADER_REPEATED:
            notes.append(make_issue(problem, raw.place_row(row), value=" ".join(texts)[:200]))
    return notes


def _find_remarks(raw: RawChunk, used: list[int], drop: npt.NDArray[np.bool_]) -> list[Issue]:
    """Mark the rows that have text in unused columns only, or a footnote or total in one cell, and note them."""
    filled = np.array([raw.columns[position].find_filled() for position in used])
    counts = filled.sum(axis=0)
    told = {row for row, _ in raw.row_issues} | {row for row, column, _ in raw.cell_issues if column in used}
    notes = []
    for row in np.flatnonzero((counts <= min(_FEW, len(used) - 1)) & ~drop).tolist():
        texts = [text for position in used if (text := (raw.columns[position].text_at(row) or "").strip())]
        if row in told or not (not texts or _NOT_A_LAYER.fullmatch(texts[0])):
            continue
        shown = " ".join(cell for column in raw.columns if (cell := column.text_at(row)) and not cell.isspace())
        if not shown:
            continue  # a row that couldn't be read
        drop[row] = True
        said = "This row has no text in the columns of a layer's fields."
        said = (
            said
            if not texts
            else (f"{texts[0][:60]!r} looks like a footnote or total, so the row wasn't read as a layer.")
        )
        notes.append(make_issue(Problem(NOT_A_LAYER_ROW, said), raw.place_row(row), value=shown[:200]))
    return notes


def find_sections(raw: RawChunk, plan: ColumnPlan) -> npt.NDArray[np.bool_]:
    """Return which rows hold nothing of a layer but what the rows below them get by filling down.

    They name a sample, say, above its layers; a row whose text nothing below takes is left, to be told what it lacks.
    """
    above = set(_list_filled_down(raw, plan))
    positions = [use.position for use in plan.uses if use.role in _USED]
    others = [position for position in positions if position not in above]
    if not above or not others or len(raw.rows) <= 1:
        return np.zeros(len(raw.rows), dtype=np.bool_)
    named = np.array([raw.columns[position].find_filled() for position in above])
    filled = np.any([raw.columns[position].find_filled() for position in others], axis=0)
    found = np.zeros(len(raw.rows), dtype=np.bool_)
    found[:-1] = np.any(named[:, :-1] & ~named[:, 1:], axis=0) & filled[1:]
    found &= ~filled
    found[list({row for row, _ in raw.row_issues} | {row for row, _, _ in raw.cell_issues})] = False
    return found


def drop_sections(
    raw: RawChunk, sections: npt.NDArray[np.bool_], stopped: dict[int, Problem]
) -> tuple[RawChunk, list[Issue], dict[int, Problem]]:
    """Return a chunk without its rows that only name what is below, a note of each, and what stops the others."""
    if not sections.any():
        return raw, [], stopped
    moved = np.cumsum(~sections) - 1
    said = "This row has only text that is filled down, so it wasn't read as a layer."
    notes = [
        make_issue(Problem(NOT_A_LAYER_ROW, said), raw.place_row(row)) for row in np.flatnonzero(sections).tolist()
    ]
    rest = {int(moved[row]): problem for row, problem in stopped.items() if not sections[row]}
    return _keep_rows(raw, ~sections), notes, rest


def _list_filled_down(raw: RawChunk, plan: ColumnPlan) -> list[int]:
    """Return the columns whose blank cells take the text above, where the user asked for it."""
    wanted = set(map(normalise_header, (*plan.rules.fill_down, *plan.fill_down)))
    if not wanted or raw.header_row is None:
        return []
    return [position for position, header in enumerate(raw.header) if normalise_header(header) in wanted]


def fill_down(raw: RawChunk, plan: ColumnPlan) -> RawChunk:
    """Return a chunk with the text above in the blank cells of the columns for which the user asked for it."""
    columns = list(raw.columns)
    for position in _list_filled_down(raw, plan):
        filled = columns[position].find_filled()
        last = np.maximum.accumulate(np.where(filled, np.arange(len(filled)), -1))
        above = plan.state.above.get(position)
        cells = np.array([above, *columns[position].cells], dtype=object)[last + 1]
        plan.state.above[position] = cells[-1] if len(cells) else above
        columns[position] = Texts.of_cells(cells)
    return replace(raw, columns=tuple(columns))


def _keep_rows(raw: RawChunk, keep: npt.NDArray[np.bool_]) -> RawChunk:
    """Return a chunk with some of its rows."""
    kept = np.flatnonzero(keep)
    moved = np.cumsum(keep) - 1
    return replace(
        raw,
        columns=tuple(column.take(kept) for column in raw.columns),
        rows=raw.rows[kept],
        row_issues=tuple((int(moved[row]), issue) for row, issue in raw.row_issues if keep[row]),
        cell_issues=tuple((int(moved[row]), column, issue) for row, column, issue in raw.cell_issues if keep[row]),
    )
