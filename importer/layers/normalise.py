"""From text to typed layer fields: each distinct text of a column is parsed once, then taken where it occurs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from importer.chunks import FieldChunk, LayerChunk
from importer.chunks.column import Coded
from importer.contract import ALL_FIELDS, INTEGER_FIELDS
from importer.issues import Code, Parsed, Problem, is_error, make_issue
from importer.layers.composition import find_amounts, take_name
from importer.layers.fields import FIELDS
from importer.layers.text import trim_text
from importer.model import Issue, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy.typing as npt

    from importer.chunks.column import Texts
    from importer.layers.fields import Field

KNOWN_TEXTS = 20_000
"""Distinct texts of a field whose meaning is kept from chunk to chunk."""


SPACE_UNUSUAL = Code(
    "space-unusual",
    Severity.NOTE,
    "Unusual spaces (no-break, zero-width) around a value were removed.",
    "",
    "BaTiO3 with a no-break space",
)


REPAIRED = Code(
    "repaired",
    Severity.NOTE,
    "A suggestion was accepted in place of the text in the file, as requested.",
    "Check that it's right.",
    "1 taken as 001",
)
_MOST_REPAIRS = 3
"""Suggestions taken one after the other for one text: two slips at once, and one to spare."""


def note_repair(text: str, taken: str, code: str) -> Problem:
    """Return a note that a text was taken as another; it suggests nothing, for nothing is left to be done."""
    return Problem(REPAIRED, f"{text!r} was read as {taken!r}, as requested ({code}).")


class Meanings(dict[str, Parsed[object]]):
    """Text of a field -> what it means, and what is to be said of it.

    Each text is parsed when it is met first. A text of white space only means nothing.

    Args:
        field: what the texts are of.
        repairs: codes whose suggestions are taken.
    """

    def __init__(self, field: Field, repairs: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self._field = field
        self._repairs = repairs

    def list_of(self, texts: Sequence[str]) -> list[Parsed[object]]:
        """Return the meaning of each text; what is known by now is forgotten where that would be too much to keep."""
        if len(self) + len(texts) > KNOWN_TEXTS:
            self.clear()
        return list(map(self.__getitem__, texts))

    def learn(self, texts: Sequence[str], parsed: Sequence[Parsed[object] | None]) -> None:
        """Take over what texts mean that were parsed before, and are about to be met again."""
        if len(self) + 2 * len(texts) > KNOWN_TEXTS:
            self.clear()
        self.update((text, each) for text, each in zip(texts, parsed, strict=True) if each is not None)

    def write(self, parsed: Parsed[object]) -> object:
        """Return what is sent of a meaning, None for nothing or for a fault."""
        return None if parsed.value is None else self._field.write(parsed.value)

    def __missing__(self, text: str) -> Parsed[object]:
        """Parse a text that isn't known."""
        trimmed, is_unusual = trim_text(text)
        parsed: Parsed[object] = Parsed(None) if trimmed is None else self._field.parse(trimmed)
        if self._repairs and trimmed is not None:
            parsed = self._repair(trimmed, parsed)
        if is_unusual:
            said = f"{text!a} has unusual spaces around it. They were removed."
            parsed = Parsed(parsed.value, (Problem(SPACE_UNUSUAL, said), *parsed.problems))
        self[text] = parsed
        return parsed

    def _repair(self, text: str, parsed: Parsed[object]) -> Parsed[object]:
        """Return what the suggestions mean that are asked for, with a note of each; what was parsed where none is."""
        notes: list[Problem] = []
        for _ in range(_MOST_REPAIRS):
            found = next((each for each in parsed.problems if each.code in self._repairs and each.suggestion), None)
            if found is None or found.suggestion is None or found.suggestion == text:
                break
            notes.append(note_repair(text, found.suggestion, found.code))
            text, parsed = found.suggestion, self._field.parse(found.suggestion)
        return Parsed(parsed.value, (*notes, *parsed.problems)) if notes else parsed


_SURE_DIGITS = 18
"""Decimal digits that always fit into 64 bits."""


class KnownTexts:
    """What the texts of one run mean, kept from chunk to chunk.

    Names and metadata are as many as samples, integers quickly read: they are known for the chunk only.

    Args:
        names: materials' names of the lab's own, which are sent as text.
        repairs: codes whose suggestions are taken.
    """

    def __init__(self, *, names: frozenset[str] = frozenset(), repairs: frozenset[str] = frozenset()) -> None:
        self._repairs = repairs
        self._kept = {name: Meanings(field, repairs) for name, field in FIELDS.items() if field.recurs}
        formula = FIELDS["composition_string"]
        self._kept[formula.name] = Meanings(
            replace(formula, parse=partial(_parse_formula_or_name, names=frozenset(map(str.strip, names)))), repairs
        )

    def learn(self, chunk: LayerChunk) -> None:
        """Take over what the texts of a chunk mean that was parsed with this, since most of them come once more."""
        for name, meanings in self._kept.items():
            if name in chunk.fields.texts and name in chunk.parsed:
                distinct = cast("tuple[str, ...]", chunk.fields.texts[name].coded.distinct)
                meanings.learn(distinct[:-1], chunk.parsed[name][:-1])

    def of_field(self, name: str) -> Meanings:
        """Return what is known of the texts of a field."""
        return self._kept[name] if name in self._kept else Meanings(FIELDS[name], self._repairs)


def _parse_formula_or_name(text: str, *, names: frozenset[str]) -> Parsed[object]:
    return take_name(text) if text in names else FIELDS["composition_string"].parse(text)


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column after parsing.

    Attributes:
        meant: what is sent, as a column; None for nothing or for a fault.
        problems: number of a distinct text -> what is to be said of it.
        parsed: what each of the distinct texts was read as, None for no cell; empty for whole numbers.
    """

    meant: Coded
    problems: dict[int, tuple[Problem, ...]]
    parsed: tuple[Parsed[object] | None, ...] = ()


def normalise_chunk(chunk: FieldChunk, *, derive_elements: bool = False, known: KnownTexts | None = None) -> LayerChunk:
    """Type the rows of a chunk; whatever can't be taken is an issue at its cell, and its row is bad.

    Args:
        chunk: the rows as text.
        derive_elements: fill the element table from the formula where none is given and the formula is exact.
        known: what the run's earlier chunks taught; None for a chunk on its own.
    """
    known = known or KnownTexts()
    rows = len(chunk.index)
    bad = np.zeros(rows, dtype=np.bool_)
    issues: list[Issue] = []
    causes: set[Issue] = set()
    columns: dict[str, Coded] = {}
    parsed: dict[str, tuple[Parsed[object] | None, ...]] = {}
    for name in ALL_FIELDS:
        if name not in chunk.texts:
            columns[name], parsed[name] = Coded(np.full(rows, -1, dtype=np.intp), (None,)), (None,)
            continue
        parse = parse_integers if name in INTEGER_FIELDS else parse_distinct
        meanings = known.of_field(name)
        typed = parse(chunk.texts[name], meanings)
        causes |= _find_causes(chunk, name, typed, meanings)
        issues += _list_issues(chunk, name, typed, causes)
        columns[name], parsed[name] = typed.meant, typed.parsed
    if derive_elements:
        columns["element_dict"] = _derive_elements(columns, parsed["composition_string"])
    told = (replace(issue, severity=Severity.ERROR) if issue in causes else issue for issue in chunk.issues)
    issues = [*told, *issues]
    _take_over_row_issues(chunk, bad, issues)
    return LayerChunk(chunk, bad, columns, parsed, tuple(issues))


def parse_distinct(texts: Texts, meanings: Meanings) -> TypedColumn:
    """Parse each distinct text of a column once; cells of white space only are empty."""
    coded = texts.coded
    found = meanings.list_of(cast("tuple[str, ...]", coded.distinct[:-1]))
    values = list(map(meanings.write, found))
    problems = {number: parsed.problems for number, parsed in enumerate(found) if parsed.problems}
    return TypedColumn(Coded(coded.codes, (*values, None)), problems, (*found, None))


def parse_integers(texts: Texts, meanings: Meanings) -> TypedColumn:
    """Parse each distinct text of a column of whole numbers once; those of a few digits are what ``int`` makes of them.

    On numbers of which most are new in each chunk this takes a fifth of the time of parsing them with care.
    """
    coded = texts.coded
    values: list[object] = []
    problems: dict[int, tuple[Problem, ...]] = {}
    for number, text in enumerate(cast("tuple[str, ...]", coded.distinct[:-1])):
        if text.isdecimal() and text.isascii() and len(text) <= _SURE_DIGITS:
            values.append(int(text))
            continue
        parsed = meanings[text]
        values.append(parsed.value)
        if parsed.problems:
            problems[number] = parsed.problems
    return TypedColumn(Coded(coded.codes, (*values, None)), problems)


def _find_causes(chunk: FieldChunk, name: str, typed: TypedColumn, meanings: Meanings) -> set[Issue]:
    """Return the suspicions of a field that are why their texts can't be taken: the fix stands there, once.

    One whose suggestion can't be taken either isn't the whole reason.
    """
    causes: set[Issue] = set()
    for position, issue in chunk.suspicions.get(name, {}).items():
        if any(map(is_error, typed.problems.get(int(typed.meant.codes[position]), ()))):
            meant = None if issue.severity is Severity.ERROR else issue.suggestion
            if meant is None or not any(map(is_error, meanings[meant].problems)):
                causes.add(issue)
    return causes


def _list_issues(chunk: FieldChunk, name: str, typed: TypedColumn, causes: Collection[Issue]) -> list[Issue]:
    """Return an issue for each row whose text has a problem; none is told that a suspicion says already."""
    if not typed.problems:
        return []
    codes, texts = typed.meant.codes, chunk.texts[name].coded.distinct
    has_problem = np.zeros(len(texts), dtype=np.bool_)
    has_problem[list(typed.problems)] = True
    suspicions = chunk.suspicions.get(name, {})
    damaged = {issue.where for _, issue in chunk.raw.row_issues if issue.where.column is not None}
    issues: list[Issue] = []
    for position in np.flatnonzero(has_problem[codes]).tolist():
        number = int(codes[position])
        where = chunk.place_field(position, name)
        suspicion = suspicions.get(position)
        is_explained = where in damaged or suspicion in causes
        fix = None if suspicion is None else suspicion.suggestion
        seq, value = chunk.start + position, str(texts[number])
        for problem in typed.problems[number]:
            is_told = is_explained if is_error(problem) else fix is not None and problem.suggestion == fix
            if not is_told:
                issues.append(make_issue(problem, where, value=value, seq=seq))
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


def _derive_elements(columns: Mapping[str, Coded], parsed: Sequence[Parsed[Any] | None]) -> Coded:
    """Return the element tables, the absent ones made from exact formulas; equal formulas share one table."""
    formulas, tables = columns["composition_string"], columns["element_dict"]
    derived = (None if formula is None else find_amounts(formula) for formula in parsed)
    given = len(tables.distinct)
    codes = np.where(tables.find_absent(), given + formulas.codes % len(formulas.distinct), tables.codes % given)
    return Coded(codes, (*tables.distinct, *derived))
