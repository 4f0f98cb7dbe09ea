"""From text to typed layer fields: each distinct text of a column is parsed once, then taken where it occurs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from importer.chunks import Coded, FieldChunk, LayerChunk
from importer.codes import is_error, make_issue
from importer.fields.composition import find_amounts, parse_composition
from importer.fields.elements import parse_element_dict
from importer.fields.integers import parse_integer
from importer.fields.mp_id import parse_mp_id
from importer.fields.orientation import parse_orientation
from importer.fields.space_group import parse_space_group
from importer.fields.text import parse_metadata, parse_name, trim_text
from importer.model import ALL_FIELDS, Issue, Parsed, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

KNOWN_TEXTS = 20_000
"""Distinct texts of a field whose meaning is kept from chunk to chunk."""
_PARSERS: dict[str, Callable[[str], Parsed[object]]] = {
    "layer_id": parse_integer,
    "sample_id": parse_integer,
    "composition_string": lru_cache(KNOWN_TEXTS)(parse_composition),
    "element_dict": lru_cache(KNOWN_TEXTS)(parse_element_dict),
    "orientation": lru_cache(KNOWN_TEXTS)(parse_orientation),
    "space_group": lru_cache(KNOWN_TEXTS)(parse_space_group),
    "mp_id": parse_mp_id,
    "id": parse_integer,
    "sample_name": parse_name,
    "substrate": parse_name,
    "sample_metadata": parse_metadata,
}
INTEGER_FIELDS = ("layer_id", "sample_id", "id")


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column after parsing.

    Attributes:
        codes: shape (rows,): for each row the number of its distinct text, -1 for no cell.
        texts: the distinct texts.
        values: what each distinct text means, None for nothing or for a fault.
        problems: what is to be said of each distinct text.
    """

    codes: npt.NDArray[np.intp]
    texts: list[str]
    values: list[object]
    problems: list[tuple[Problem, ...]]

    def code_values(self) -> Coded:
        """Return the column as what its texts mean; of formulas and indices the canonical text."""
        return Coded(self.codes, (*(getattr(value, "text", value) for value in self.values), None))

    def code_kinds(self) -> Coded:
        """Return the column as the classes of its formulas."""
        return Coded(self.codes, (*(getattr(value, "kind", None) for value in self.values), None))


def normalise_chunk(chunk: FieldChunk, *, derive_elements: bool = False) -> LayerChunk:
    """Type the rows of a chunk; whatever can't be taken is an issue at its cell, and its row is bad.

    Args:
        chunk: the rows as text.
        derive_elements: fill the element table from the formula where none is given and the formula is exact.
    """
    rows = len(chunk.index)
    bad = np.zeros(rows, dtype=np.bool_)
    issues: list[Issue] = list(chunk.issues)
    columns: dict[str, Coded] = {}
    classes: pd.Series | None = None
    for name in ALL_FIELDS:
        if name not in chunk.frame:
            columns[name] = Coded(np.full(rows, -1, dtype=np.intp), (None,))
            continue
        typed = parse_distinct(chunk.frame[name], _PARSERS[name])
        issues += _list_issues(chunk, name, typed, bad)
        if name == "composition_string":
            classes = _make_series(name, typed.code_kinds())
        columns[name] = typed.code_values()
    if derive_elements:
        columns["element_dict"] = _derive_elements(columns["composition_string"], columns["element_dict"])
    _take_over_row_issues(chunk, bad, issues)
    frame = pd.DataFrame({name: _make_series(name, column) for name, column in columns.items()})
    return LayerChunk(chunk, frame, bad, columns, tuple(issues), classes)


def parse_distinct(column: pd.Series, parse: Callable[[str], Parsed[object]]) -> TypedColumn:
    """Parse each distinct text of a column once; cells of white space only are empty."""
    codes, uniques = pd.factorize(column.to_numpy(dtype=object))
    texts: list[str] = [str(text) for text in uniques]
    values: list[object] = []
    problems: list[tuple[Problem, ...]] = []
    for text in texts:
        trimmed, is_unusual = trim_text(text)
        parsed: Parsed[object] = Parsed(None) if trimmed is None else parse(trimmed)
        notes = parsed.problems
        if is_unusual:
            notes = (Problem("space-unusual", f"{text!a} stands amid unusual white space, which was removed."), *notes)
        # What is kept for later chunks must not be changed through a frame that a user holds.
        values.append(dict(parsed.value) if isinstance(parsed.value, dict) else parsed.value)
        problems.append(notes)
    return TypedColumn(codes, texts, values, problems)


def _list_issues(chunk: FieldChunk, name: str, typed: TypedColumn, bad: npt.NDArray[np.bool_]) -> list[Issue]:
    """Return an issue for each row whose text has a problem, and mark the rows with errors."""
    told = np.array([bool(problems) for problems in typed.problems], dtype=np.bool_)
    if not told.any():
        return []
    issues: list[Issue] = []
    for position in np.flatnonzero((typed.codes >= 0) & told[typed.codes]).tolist():
        code = typed.codes[position]
        where = chunk.place_field(position, name)
        for problem in typed.problems[code]:
            issues.append(make_issue(problem, where, value=typed.texts[code], seq=chunk.start + position))
            bad[position] |= is_error(problem)
    return issues


def _take_over_row_issues(chunk: FieldChunk, bad: npt.NDArray[np.bool_], issues: list[Issue]) -> None:
    """Give the reader's issues of whole rows to the layers that came from them, and mark all rows with errors."""
    if chunk.raw.row_issues:
        heirs: dict[int, list[int]] = {}
        for position, index in enumerate(chunk.index.tolist()):
            heirs.setdefault(index, []).append(position)
        for index, issue in chunk.raw.row_issues:
            issues.extend(_give(issue, chunk.start + position) for position in heirs.get(index, ()))
    for issue in issues:
        if issue.severity is Severity.ERROR and issue.seq is not None:
            bad[issue.seq - chunk.start] = True


def _give(issue: Issue, seq: int) -> Issue:
    return Issue(issue.code, issue.severity, issue.where, issue.message, issue.value, issue.suggestion, seq)


def _derive_elements(formulas: Coded, tables: Coded) -> Coded:
    """Return the element tables, the absent ones made from exact formulas; equal formulas share one table."""
    derived = (None if formula is None else find_amounts(str(formula)) for formula in formulas.distinct)
    given = len(tables.distinct)
    codes = np.where(tables.find_absent(), given + formulas.codes % len(formulas.distinct), tables.codes % given)
    return Coded(codes, (*tables.distinct, *derived))


def _make_series(name: str, column: Coded) -> pd.Series:
    if name in INTEGER_FIELDS:
        numbers = column.take([value or 0 for value in column.distinct], np.int64)
        return pd.Series(pd.arrays.IntegerArray(numbers, column.find_absent()))
    return pd.Series(column.take(column.distinct, object), dtype=object)
