"""The XML of a worksheet with some cells rewritten."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from importer.chunks import column_letters
from importer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.copies.workbook.sheet_map import CellSpan, Range, RowSpan, SheetMap

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,14}", re.ASCII)
"""Whole numbers that a cell holds exactly, written in their one way."""
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_BREAKS = {"\r": "&#13;"}
_LONGEST = 32_767


@dataclass(slots=True)
class SheetChanges:
    """The cells of one sheet that are rewritten.

    Attributes:
        name: file and sheet, for messages.
        texts: row -> column -> text before and text from now on.
        emptied: rows all of whose cells lose their text.
        unmerged: merged ranges that are given up, for their cells differ from now on.
    """

    name: str
    texts: dict[int, dict[int, tuple[str, str]]]
    emptied: frozenset[int] = frozenset()
    unmerged: list[Range] = field(default_factory=list)


def rewrite_sheet(data: bytes, found: SheetMap, changes: SheetChanges) -> tuple[bytes, bool]:
    """Return the XML of a sheet with its changes, and whether a formula went.

    Raises:
        UsageError: a cell belongs to a formula of several cells, its row isn't there, or no cell can hold its text.
    """
    pieces: list[tuple[int, int, bytes]] = []
    touched: dict[tuple[int, int], CellSpan] = {}
    for row, texts in changes.texts.items():
        span = found.rows.get(row)
        if span is None:
            raise UsageError(f"{changes.name}, row {row} isn't in the file, so that nothing can be written to it.")
        for column, (was, now) in sorted(texts.items()):
            cell = span.cells.get(column)
            if cell is not None:
                touched[row, column] = cell
            pieces.append(_replace_cell(span, row, column, (was, now), found.prefix, name=changes.name))
    for row in changes.emptied:
        for column, cell in found.rows[row].cells.items() if row in found.rows else ():
            touched[row, column] = cell
            pieces.append((cell.start, cell.end, _write_cell(row, column, cell, "", found.prefix)))
    _check_formulas(found, touched, changes.name)
    pieces += _drop_merges(data, found, changes.unmerged)
    is_formula_gone = any(cell.formula is not None for cell in touched.values())
    return _put_together(data, _open_closed_rows(data, found, pieces)), is_formula_gone


def _replace_cell(
    span: RowSpan, row: int, column: int, texts: tuple[str, str], prefix: str, *, name: str
) -> tuple[int, int, bytes]:
    was, now = texts
    if len(now) > _LONGEST or _FORBIDDEN.search(now):
        why = f"more than {_LONGEST:,} characters" if len(now) > _LONGEST else "a control character"
        raise UsageError(f"{name}, cell {column_letters(column)}{row}: the text has {why}, which no cell can hold.")
    cell = span.cells.get(column)
    if cell is None:
        at = min((other.start for number, other in span.cells.items() if number > column), default=span.end)
        return at, at, _write_cell(row, column, None, now, prefix)
    is_number = cell.formula is None and cell.kind in {None, "n"}
    if is_number and _WHOLE.fullmatch(was) and _WHOLE.fullmatch(now):
        return cell.start, cell.end, _write_cell(row, column, cell, now, prefix, is_number=True)
    return cell.start, cell.end, _write_cell(row, column, cell, now, prefix)


def _write_cell(
    row: int, column: int, cell: CellSpan | None, text: str, prefix: str, *, is_number: bool = False
) -> bytes:
    """Return a cell's element; its style stays."""
    style = "" if cell is None or cell.style is None else f' s="{cell.style}"'
    opening = f'<{prefix}c r="{column_letters(column)}{row}"{style}'
    if not text:
        return f"{opening}/>".encode()
    if is_number:
        return f"{opening}><{prefix}v>{text}</{prefix}v></{prefix}c>".encode()
    shown = escape(_ESCAPED.sub("_x005F_", text), _BREAKS)
    inner = f'<{prefix}is><{prefix}t xml:space="preserve">{shown}</{prefix}t></{prefix}is>'
    return f'{opening} t="inlineStr">{inner}</{prefix}c>'.encode()


def _check_formulas(found: SheetMap, touched: Mapping[tuple[int, int], CellSpan], name: str) -> None:
    """Refuse to take a formula away that other cells need.

    Raises:
        UsageError: there is one.
    """
    for (row, column), cell in touched.items():
        formula = cell.formula or {}
        is_owned = any(owned.has(row, column) for owned in found.owned)
        rest = found.shared.get(formula.get("si", ""), set()) - touched.keys()
        if is_owned or (formula.get("t") == "shared" and "ref" in formula and rest):
            raise UsageError(
                f"{name}, cell {column_letters(column)}{row} holds a formula that other cells need too, so it can't be "
                "changed alone. Paste these cells as values in your spreadsheet program first."
            )


def _drop_merges(data: bytes, found: SheetMap, unmerged: list[Range]) -> list[tuple[int, int, bytes]]:
    """Return what takes merged ranges out of their list, or the list where none is left."""
    if not unmerged or found.merge_list is None:
        return []
    kept = [data[start:end] for merged, start, end in found.merges if merged not in unmerged]
    name = f"{found.prefix}mergeCells"
    listed = f'<{name} count="{len(kept)}">'.encode() + b"".join(kept) + f"</{name}>".encode() if kept else b""
    return [(*found.merge_list, listed)]


def _open_closed_rows(
    data: bytes, found: SheetMap, pieces: list[tuple[int, int, bytes]]
) -> list[tuple[int, int, bytes]]:
    """Return the pieces, with those for rows without a closing tag put between two tags."""
    closed = {span.inside: span for span in found.rows.values() if data[span.inside - 2 : span.inside] == b"/>"}
    result: list[tuple[int, int, bytes]] = []
    inner: dict[int, list[bytes]] = {}
    for start, end, written in sorted(pieces, key=lambda piece: piece[0]):
        if start == end and start in closed:
            inner.setdefault(start, []).append(written)
        else:
            result.append((start, end, written))
    closing = f"</{found.prefix}row>".encode()
    result += [(at - 2, at, b">" + b"".join(cells) + closing) for at, cells in inner.items()]
    return result


def _put_together(data: bytes, pieces: list[tuple[int, int, bytes]]) -> bytes:
    """Return bytes with pieces of them replaced; those at one place stay in their order."""
    parts: list[bytes] = []
    at = 0
    for start, end, written in sorted(pieces, key=lambda piece: piece[:2]):
        parts += (data[at:start], written)
        at = end
    return b"".join([*parts, data[at:]])
