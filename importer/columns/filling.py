"""The cells of fields: picked from their columns, read from columns named by elements, made by a mapping's rules."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import orjson

from importer.chunks.column import Texts
from importer.columns.mapping.apply import name_place
from importer.columns.mapping.rules import list_placeholders
from importer.contract import INTEGER_FIELDS
from importer.issues import Code, Fix, Problem, make_issue
from importer.layers.elements import ELEMENT_AMOUNT, parse_number
from importer.layers.header_names import normalise_header
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.columns.arranged_chunk import Arrangement

_parse_amount = lru_cache(maxsize=65_536)(parse_number)
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_PER_CENT = re.compile(r"\s*\d+(?:[.,]\d+)?\s*%\s*", re.ASCII)
_COMMA_WHOLE = re.compile(r"[+-]?\d+,(?:0{1,2}|0{4,})", re.ASCII)


def pick_fields(work: Arrangement) -> None:
    """Take the cells of each field from its column; where rows have keys of their own, from any of its columns."""
    for name, positions in work.plan.list_fields().items():
        work.cells[name] = work.take_column(positions[0])
        work.columns[name] = positions[0]
        if len(positions) > 1 and work.raw.header_row is None:
            _merge_columns(work, name, positions)
        if name in INTEGER_FIELDS and work.plan.decimal == ",":
            work.cells[name] = _write_points(work.cells[name])


def _write_points(texts: Texts) -> Texts:
    """Return whole numbers with decimal points where they have commas: ``1,0`` is what a spreadsheet makes of 1."""
    coded = texts.coded
    distinct: list[str | None] = []
    for text in coded.distinct:
        is_whole = isinstance(text, str) and _COMMA_WHOLE.fullmatch(text.strip()) is not None
        distinct.append(str(text).replace(",", ".") if is_whole else text)  # type: ignore[arg-type]  # texts they are
    return Texts.of_coded(coded.codes, tuple(distinct))


DUPLICATE_FIELD = Code(
    "duplicate-field",
    Severity.ERROR,
    "A layer has the same field twice, under two names.",
    "Keep one of the two.",
    "{formula: BaTiO3, composition: BaTiO3}",
)


def _merge_columns(work: Arrangement, name: str, positions: Sequence[int]) -> None:
    """Take for each row the one of several columns that has text; two are an error of the row."""
    merged = np.full(len(work.index), None, dtype=object)
    origin = np.full(len(work.index), -1, dtype=np.int64)
    for position in positions:
        cells = work.take_column(position).cells
        present = np.array([cell is not None for cell in cells], dtype=np.bool_)
        for row in np.flatnonzero(present & (origin >= 0)).tolist():
            first, second = work.raw.header[int(origin[row])], work.raw.header[position]
            said = f"{first!r} and {second!r} are both {name}."
            place = work.raw.place_cell(row, position)
            work.issues.append(
                make_issue(Problem(DUPLICATE_FIELD, said), place, value=cells[row], seq=work.start + row)
            )
        fresh = present & (origin < 0)
        merged[fresh] = cells[fresh]
        origin[fresh] = position
    work.cells[name], work.columns[name] = Texts.of_cells(merged), origin


def read_elements(work: Arrangement) -> None:
    """Make an element table of the columns that are named by elements, as JSON text of the cells as they stand."""
    elements = work.plan.list_elements()
    if not elements:
        return
    columns = [work.take_column(position).cells for position in elements]
    positions = list(elements)
    symbols = list(elements.values())
    texts = np.full(len(work.index), None, dtype=object)
    for row, all_cells in enumerate(zip(*columns, strict=True)):
        cells = _strip_per_cent(all_cells)
        amounts = {
            symbol: _read_amount(work, symbol, cell.strip(), row, position)
            for symbol, position, cell in zip(symbols, positions, cells, strict=True)
            if cell is not None and cell and not cell.isspace()
        }
        if amounts and None not in amounts.values():
            texts[row] = orjson.dumps(amounts).decode()
    first = next(iter(elements))
    if "element_dict" not in work.cells:
        work.cells["element_dict"], work.columns["element_dict"] = Texts.of_cells(texts), first
        return
    own = work.cells["element_dict"].cells
    for row in range(len(texts)):
        if own[row] is not None and texts[row] is not None:
            said = "The element amounts are given twice: as one value, and element by element."
            place = work.raw.place_cell(row, first)
            work.issues.append(make_issue(Problem(DUPLICATE_FIELD, said), place, seq=work.start + row))
    work.cells["element_dict"] = Texts.of_cells(a if a is not None else b for a, b in zip(own, texts, strict=True))


def _strip_per_cent(cells: Sequence[str | None]) -> Sequence[str | None]:
    """Return a row's per cents as fractions, where all of its amounts have the sign: ``20%`` beside 20 is at odds."""
    filled = [cell for cell in cells if cell and not cell.isspace()]
    if not filled or not all(_PER_CENT.fullmatch(cell) for cell in filled):
        return cells
    return [cell and _read_per_cent(cell) for cell in cells]


def _read_per_cent(cell: str) -> str:
    """Return the fraction that a per cent text means, with the point or comma that it has."""
    text = cell.replace("%", "").strip()
    fraction = f"{Decimal(text.replace(',', '.')).scaleb(-2).normalize():f}"
    return fraction.replace(".", ",") if "," in text else fraction


PER_CENT_MIXED = Code(
    "per-cent-mixed",
    Severity.ERROR,
    "One amount of a row has a per cent sign and another doesn't, so we can't tell whether they have the same unit.",
    "Write all amounts of the row the same way.",
    "20% beside 20",
)

DECIMAL_AMBIGUOUS = Code(
    "decimal-ambiguous",
    Severity.ERROR,
    "A number has a decimal comma, but other numbers of the table have points.",
    "Write them all with points.",
    "0,7 beside 0.3",
    fix=Fix.ASKED,
)


def _read_amount(work: Arrangement, symbol: str, text: str, row: int, position: int) -> str | None:
    """Return an amount, with a point where its table has decimal commas throughout; None for one told at its cell."""
    plain = text.replace(",", ".") if work.plan.decimal == "," and _COMMA_NUMBER.fullmatch(text) else text
    number = _parse_amount(plain)
    if number is not None and number >= 0:
        return plain
    if _PER_CENT.fullmatch(text):
        meant = text.replace("%", "").strip()
        said = f"The amount of {symbol}, {text!r}, has a per cent sign, but other amounts of the row don't."
        problem = Problem(PER_CENT_MIXED, said, meant)
    elif _COMMA_NUMBER.fullmatch(text):
        said = f"{text!r} has a decimal comma, but other numbers of the table have points."
        # before three digits a comma may also mark thousands
        problem = Problem(DECIMAL_AMBIGUOUS, said, None if _GROUPED.fullmatch(text) else text.replace(",", "."))
    else:
        problem = Problem(ELEMENT_AMOUNT, f"The amount of {symbol}, {text!r}, isn't a number from zero up.")
    place = work.raw.place_cell(row, position)
    work.issues.append(make_issue(problem, place, value=text, seq=work.start + row))
    return None


SPLIT_MISMATCH = Code(
    "split-mismatch",
    Severity.ERROR,
    "The mapping file splits this cell, but it has a different number of pieces than the mapping file expects.",
    "Correct the cell, or the separator and fields under `split` in the mapping file.",
    "S1-1-2 split at - into two fields",
)


def cut_splits(work: Arrangement) -> None:
    """Cut the columns that the mapping file splits."""
    present = {normalise_header(text): position for position, text in enumerate(work.raw.header)}
    for text, cut in work.plan.rules.split.items():
        position = present.get(normalise_header(text))
        if position is None:
            continue
        parts = np.full((len(cut.fields), len(work.index)), None, dtype=object)
        for row, cell in enumerate(work.take_column(position).cells):
            if cell is None or not cell or cell.isspace():
                continue
            pieces = cell.split(cut.separator)
            if len(pieces) == len(cut.fields):
                parts[:, row] = [piece.strip() for piece in pieces]
                continue
            expected = len(cut.fields)
            said = (
                f"{cell!r} split at {cut.separator!r} has {len(pieces)} pieces, but the mapping file expects "
                f"{expected}."
            )
            place = work.raw.place_cell(row, position)
            work.issues.append(make_issue(Problem(SPLIT_MISMATCH, said), place, value=cell, seq=work.start + row))
        for number, name in enumerate(cut.fields):
            if name:
                work.cells[name], work.columns[name] = Texts.of_cells(parts[number]), position


TEMPLATE_INCOMPLETE = Code(
    "template-incomplete",
    Severity.ERROR,
    "The mapping file combines several columns, and one of them is empty in this row.",
    "Fill the empty cell, or change the template.",
    'an empty piece in "{run}-{piece}"',
)


def fill_templates(work: Arrangement) -> None:
    """Write the texts of the mapping file's templates."""
    present = {normalise_header(text): position for position, text in enumerate(work.raw.header)}
    for name, template in work.plan.rules.templates.items():
        parts = list_placeholders(template)
        headers = [header for _, header in parts if header]
        positions = {header: present[key] for header in headers if (key := normalise_header(header)) in present}
        places = {header: name_place(work.raw, header) for header in headers if header not in positions}
        if None in places.values():
            continue  # told as mapping-unmatched
        columns = {header: work.take_column(position).cells for header, position in positions.items()}
        columns.update({header: np.full(len(work.index), text, dtype=object) for header, text in places.items()})
        texts = np.full(len(work.index), None, dtype=object)
        for row in range(len(texts)):
            given = {header: (cells[row] or "").strip() for header, cells in columns.items()}
            if all(given.values()):
                texts[row] = "".join(literal + (given[header] if header else "") for literal, header in parts)
            elif any(given[header] for header in positions):
                empty = [header for header, text in given.items() if not text]
                said = f"{name} is combined as {template!r}, but {', '.join(empty)} is empty in this row."
                place = work.raw.place_cell(row, positions[empty[0]])
                work.issues.append(make_issue(Problem(TEMPLATE_INCOMPLETE, said), place, seq=work.start + row))
        work.cells[name] = Texts.of_cells(texts)


def fill_constants(work: Arrangement) -> None:
    """Write the mapping file's constants, and its defaults where a cell has no text."""
    for name, text in work.plan.rules.constants.items():
        work.cells[name] = Texts.of_coded(np.zeros(len(work.index), dtype=np.intp), (text, None))
        work.columns.pop(name, None)
    for name, text in work.plan.rules.defaults.items():
        column = work.cells.get(name, Texts.of_cells([None] * len(work.index)))
        work.cells[name] = Texts.of_cells(np.where(column.find_filled(), column.cells, text))
