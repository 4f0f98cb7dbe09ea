"""From text to typed layer fields: each distinct text of a column is parsed once, then taken where it occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from importer.chunks import INTEGER_FIELDS, FieldChunk, LayerChunk
from importer.chunks.column import Coded
from importer.issues import is_error, make_issue
from importer.layers.composition import find_amounts, parse_composition
from importer.layers.elements import parse_element_dict
from importer.layers.integers import parse_integer
from importer.layers.mp_id import parse_mp_id
from importer.layers.orientation import parse_orientation
from importer.layers.space_group import parse_space_group
from importer.layers.text import parse_metadata, parse_name, trim_text
from importer.model import ALL_FIELDS, Issue, Parsed, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from importer.chunks.column import Texts

KNOWN_TEXTS = 20_000
"""Distinct texts of a field whose meaning is kept from chunk to chunk."""


class Meanings(dict[str, object]):
    """Text of a field -> what it means, None for nothing or for a fault.

    Each text is parsed when it is met first; of formulas and indices the meaning is the canonical text. A text of white
    space only means nothing.

    Args:
        parse: gives the meaning of a trimmed text.

    Attributes:
        problems: text -> what is to be said of it; those of which there is something.
    """

    def __init__(self, parse: Callable[[str], Parsed[object]]) -> None:
        super().__init__()
        self._parse = parse
        self.problems: dict[str, tuple[Problem, ...]] = {}

    def make_room(self, texts: int) -> None:
        """Forget what is known, where so many texts more would be too many."""
        if len(self) + texts > KNOWN_TEXTS:
            self.clear()
            self.problems.clear()

    def __missing__(self, text: str) -> object:
        """Parse a text that isn't known."""
        trimmed, is_unusual = trim_text(text)
        parsed: Parsed[object] = Parsed(None) if trimmed is None else self._parse(trimmed)
        problems = parsed.problems
        if is_unusual:
            said = f"{text!a} stands amid unusual white space, which was removed."
            problems = (Problem("space-unusual", said), *problems)
        if problems:
            self.problems[text] = problems
        meaning = self[text] = getattr(parsed.value, "text", parsed.value)
        return meaning


_PARSERS: dict[str, Callable[[str], Parsed[object]]] = {
    "layer_id": parse_integer,
    "sample_id": parse_integer,
    "composition_string": parse_composition,
    "element_dict": parse_element_dict,
    "orientation": parse_orientation,
    "space_group": parse_space_group,
    "mp_id": parse_mp_id,
    "id": parse_integer,
    "sample_name": parse_name,
    "substrate": parse_name,
    "sample_metadata": parse_metadata,
}
_KEPT = {
    name: Meanings(_PARSERS[name])
    for name in ("composition_string", "element_dict", "orientation", "space_group", "mp_id")
}
_SURE_DIGITS = 18
"""Decimal digits that always fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column after parsing.

    Attributes:
        meant: what the texts mean, as a column; None for nothing or for a fault.
        problems: number of a distinct text -> what is to be said of it.
    """

    meant: Coded
    problems: dict[int, tuple[Problem, ...]]


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
    for name in ALL_FIELDS:
        if name not in chunk.texts:
            columns[name] = Coded(np.full(rows, -1, dtype=np.intp), (None,))
            continue
        # Names and metadata are as many as samples, integers quickly read: they are known for the chunk only.
        meanings = _KEPT[name] if name in _KEPT else Meanings(_PARSERS[name])
        parse = parse_integers if name in INTEGER_FIELDS else parse_distinct
        typed = parse(chunk.texts[name], meanings)
        issues += _list_issues(chunk, name, typed, bad)
        columns[name] = typed.meant
    if derive_elements:
        columns["element_dict"] = _derive_elements(columns["composition_string"], columns["element_dict"])
    _take_over_row_issues(chunk, bad, issues)
    return LayerChunk(chunk, bad, columns, tuple(issues))


def parse_distinct(texts: Texts, meanings: Meanings) -> TypedColumn:
    """Parse each distinct text of a column once; cells of white space only are empty."""
    coded = texts.coded
    distinct = cast("tuple[str, ...]", coded.distinct[:-1])
    meanings.make_room(len(distinct))
    values = tuple(map(meanings.__getitem__, distinct))
    return TypedColumn(Coded(coded.codes, (*values, None)), _find_problems(distinct, meanings))


def parse_integers(texts: Texts, meanings: Meanings) -> TypedColumn:
    """Parse each distinct text of a column of whole numbers once; those of a few digits are what ``int`` makes of them.

    On numbers of which most are new in each chunk this takes a fifth of the time of parsing them with care.
    """
    coded = texts.coded
    distinct = cast("tuple[str, ...]", coded.distinct[:-1])
    values = [
        int(text) if text.isdecimal() and text.isascii() and len(text) <= _SURE_DIGITS else meanings[text]
        for text in distinct
    ]
    return TypedColumn(Coded(coded.codes, (*values, None)), _find_problems(distinct, meanings))


def _find_problems(distinct: Sequence[str], meanings: Meanings) -> dict[int, tuple[Problem, ...]]:
    """Return number of a text -> what is to be said of it."""
    said = meanings.problems
    if said.keys().isdisjoint(distinct):
        return {}
    return {number: said[text] for number, text in enumerate(distinct) if text in said}


def _list_issues(chunk: FieldChunk, name: str, typed: TypedColumn, bad: npt.NDArray[np.bool_]) -> list[Issue]:
    """Return an issue for each row whose text has a problem, and mark the rows with errors."""
    if not typed.problems:
        return []
    codes, texts = typed.meant.codes, chunk.texts[name].coded.distinct
    is_told = np.zeros(len(texts), dtype=np.bool_)
    is_told[list(typed.problems)] = True
    issues: list[Issue] = []
    for position in np.flatnonzero(is_told[codes]).tolist():
        number = int(codes[position])
        where = chunk.place_field(position, name)
        for problem in typed.problems[number]:
            issues.append(make_issue(problem, where, value=str(texts[number]), seq=chunk.start + position))
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
