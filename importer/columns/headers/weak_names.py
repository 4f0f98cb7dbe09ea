"""Weak names, such as Film, Run or Position: the cells speak for them or against them, and it is always told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.columns.column_use import ColumnUse, Role
from importer.columns.headers.evidence import is_formula, list_texts
from importer.issues import Code, Problem
from importer.layers.elements import parse_number
from importer.layers.header_names import normalise_header, read_header
from importer.layers.words.header_remarks import split_remarks
from importer.model import Severity

if TYPE_CHECKING:
    from importer.chunks import RawChunk

_FEW = 2
_SAME = 3
_PLACES = frozenset({"position", "pos"})
"""Names of positions that may as well be places on a wafer."""
_AXES = ({"x", "y"}, {"xpos", "ypos"}, {"xposition", "yposition"}, {"r", "phi"}, {"r", "theta"}, {"xmm", "ymm"})

WEAK_NAME = Code(
    "weak-name",
    Severity.NOTE,
    "A header such as Run, Film or Position can mean several things. It was taken as a field, because no other "
    "column is.",
    "If that's wrong, name the right field in a mapping file, or list the column there under `ignore`.",
    "Run, taken as sample_name",
)

NAME_UNCONFIRMED = Code(
    "name-unconfirmed",
    Severity.ERROR,
    "A column such as Film or Name could be the sample names, but its cells don't look like it.",
    "Name the column in a mapping file: `columns: {Film: composition_string}`, or `ignore: [Name]`.",
    "Film with SrRuO3, BaTiO3; Name with buffer, film, cap",
)

NAMES_PARTLY_FORMULAS = Code(
    "names-partly-formulas",
    Severity.WARNING,
    "A column such as Film was taken as the sample names, but some of its cells are formulas.",
    "If it holds the materials of the layers, write `columns: {Film: composition_string}` in a mapping file.",
    "Film with SrRuO3 and BTO",
)

SAMPLE_ID_NAMED = Code(
    "sample-id-named",
    Severity.WARNING,
    "A column such as Sample ID holds names, not the numbers that target materials have on the server.",
    "If they are names, write `columns: {Sample ID: sample_name}` in a mapping file.",
    "Sample ID: A17",
)

ROWS_COUNTED = Code(
    "rows-counted",
    Severity.WARNING,
    "An ID column just counts the rows (1, 2, 3), so it isn't used as the record ids of the layers.",
    "If they are record ids, write `columns: {ID: id}` in a mapping file.",
    "ID: 1, 2, 3",
)

POSITION_UNCONFIRMED = Code(
    "position-unconfirmed",
    Severity.ERROR,
    "A Position column could be the layer positions, but its cells don't look like layers of a stack.",
    "If they are, write `columns: {Position: layer_id}` in a mapping file. If not, write `ignore: [Position]`.",
    "0.5, 1.0, 1.5; positions next to x and y; the same formula at all of them",
)

POSITIONS_ALIKE = Code(
    "positions-alike",
    Severity.WARNING,
    "A Position column was taken as the layer positions, but all of them are equal.",
    "If each sample has just this one layer, write `columns: {Position: layer_id}` in a mapping file.",
    "Position: 1, 1, 1",
)


def weigh_names(raw: RawChunk, uses: list[tuple[ColumnUse, bool]]) -> dict[int, Problem]:
    """Return what the cells say against weak names; a column that counts the rows is set aside in place."""
    told: dict[int, Problem] = {}
    if raw.header_row is None:
        return told
    for use, _ in list(uses):
        if use.role is Role.FIELD and not use.by_mapping:
            problem = _weigh_name(raw, uses, use, list_texts(raw, use.position))
            if problem is not None:
                told[use.position] = problem
    _note_weak(uses, told)
    return told


def _weigh_name(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], use: ColumnUse, texts: list[str]) -> Problem | None:
    """Return what the texts of a column say against its name; one that counts the rows is set aside in place."""
    is_weak = read_header(use.header).is_weak
    if use.field == "sample_name" and is_weak and not any(each.field == "sample_id" for each, _ in uses):
        against = _speak_against_names(raw, uses, texts)
        if against is None:
            return _find_mixture(uses, use, texts)
        said = f"{use.header!r} could be the sample names, but {against}. Say in a mapping file "
        said += f"what it is: `columns: {{{use.header!r}: composition_string}}`, or `ignore: [{use.header!r}]`."
        return Problem(NAME_UNCONFIRMED, said)
    if use.field == "sample_id" and (words := _find_names(texts)):
        said = f"{use.header!r} is the number of a target material on the server, but {words[0]!r} isn't a number. "
        said += f"If it holds names of samples, write `columns: {{{use.header!r}: sample_name}}` in a mapping file."
        return Problem(SAMPLE_ID_NAMED, said)
    if use.field == "id" and normalise_header(use.header) == "id" and _counts_rows(texts):
        uses[use.position] = (ColumnUse(use.position, use.header, Role.UNUSED), False)
        said = f"{use.header!r} just counts the rows from {texts[0]} to {texts[-1]}, so it isn't used as record ids."
        return Problem(ROWS_COUNTED, said)
    return _judge_positions(raw, uses, use) if use.field == "layer_id" and is_weak else None


def _find_mixture(uses: list[tuple[ColumnUse, bool]], use: ColumnUse, texts: list[str]) -> Problem | None:
    """Return what is to be said of names some of which are formulas, in a table without formulas."""
    filled = set(filter(None, texts))
    formulas = sorted(filter(is_formula, filled))
    if not formulas or any(use.field == "composition_string" for use, _ in uses):
        return None
    said = f"{use.header!r} was taken as the sample names, but {formulas[0]!r} is a formula"
    others = sorted(filled - set(formulas))
    said += f" ({others[0]!r} isn't one). If it holds the layers' materials" if others else ". If these are materials"
    said += f", write `columns: {{{use.header!r}: composition_string}}` in a mapping file."
    return Problem(NAMES_PARTLY_FORMULAS, said)


def _find_names(texts: list[str]) -> list[str]:
    """Return the texts with a letter, where most texts have one: they are names, not slips in numbers."""
    filled = [text for text in texts if text]
    words = [text for text in filled if any(map(str.isalpha, text))]
    return words if filled[:1] == words[:1] and len(words) * _FEW > len(filled) else []


def _note_weak(uses: list[tuple[ColumnUse, bool]], told: dict[int, Problem]) -> None:
    """Say of each column that is a field by a weak name what it was taken for."""
    for use, _ in uses:
        is_taken = use.role is Role.FIELD and use.field is not None and not use.by_mapping
        if is_taken and use.position not in told and read_header(use.header).is_weak:
            said = f"{use.header!r} was taken as {use.field}. If it isn't, write `ignore: [{use.header!r}]` in a "
            told[use.position] = Problem(WEAK_NAME, f"{said}mapping file, or name its field there.")


def _judge_positions(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], use: ColumnUse) -> Problem | None:
    """Return what speaks against positions by a weak name, None where nothing does."""
    texts = list_texts(raw, use.position)
    is_place = normalise_header(split_remarks(use.header)[0]) in _PLACES
    numbers = [parse_number(text.replace(",", ".")) for text in texts if text]
    halves = [text for text, number in zip(filter(None, texts), numbers, strict=True) if _is_broken(number)]
    against = None
    if halves:
        against = f"{halves[0]!r} isn't a whole number"
    elif is_place and (axes := _find_axes(raw)):
        against = f"there are columns {axes[0]!r} and {axes[1]!r}, as for places on a wafer"
    elif is_place and (formula := _find_same_formula(raw, uses, texts)) is not None:
        against = f"all positions of a sample have {formula!r}, as places on a wafer do"
    if against is not None:
        said = f"{use.header!r} could be the layer positions, but {against}. Say in a mapping file what it "
        said += f"is: `columns: {{{use.header!r}: layer_id}}`, or `ignore: [{use.header!r}]`."
        return Problem(POSITION_UNCONFIRMED, said)
    filled = [text for text in texts if text]
    if is_place and len(filled) > _FEW and len(set(filled)) == 1:
        said = f"{use.header!r} is {filled[0]} in all rows. It was taken as the layer positions. If it is something "
        return Problem(POSITIONS_ALIKE, f"{said}else, write `ignore: [{use.header!r}]` in a mapping file.")
    return None


def _is_broken(number: float | None) -> bool:
    return number is not None and number != int(number)


def _find_axes(raw: RawChunk) -> list[str]:
    """Return two headers that name places on a plane, nothing where there aren't two."""
    names = {normalise_header(split_remarks(header)[0]): header for header in raw.header}
    for axes in _AXES:
        if axes <= set(names):
            return [names[axis] for axis in sorted(axes)]
    return []


def _find_same_formula(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], positions: list[str]) -> str | None:
    """Return the formula that all positions of each sample hold, None where they differ or are few."""
    formulas = [use.position for use, _ in uses if use.field == "composition_string" and use.group is None]
    others = [use.position for use, _ in uses if use.field in {"orientation", "space_group"} or use.element is not None]
    samples = [use.position for use, _ in uses if use.field in {"sample_id", "sample_name"}]
    if len(formulas) != 1:
        return None
    held: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    counts: dict[tuple[str, ...], set[str]] = {}
    contents = [list_texts(raw, position) for position in (*formulas, *others)]
    names = [list_texts(raw, position) for position in samples]
    for row, position in enumerate(positions):
        sample = tuple(column[row] for column in names)
        held.setdefault(sample, set()).add(tuple(column[row] for column in contents))
        counts.setdefault(sample, set()).add(position)
    is_same = all(len(each) == 1 for each in held.values()) and max(map(len, counts.values()), default=0) >= _SAME
    return contents[0][0] if is_same else None


def _speak_against_names(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], texts: list[str]) -> str | None:
    """Return why some texts are most likely no names of samples, None where nothing speaks against it."""
    filled = [text for text in texts if text]
    has_formula = any(use.field == "composition_string" for use, _ in uses)
    if filled and not has_formula and all(map(is_formula, filled)):
        return f"all of its cells are formulas, e.g. {filled[0]!r}"
    layer = next((use.position for use, _ in uses if use.field == "layer_id" and use.role is Role.FIELD), None)
    if layer is None or len(filled) < _FEW or len(set(filled)) < len(filled) or "" in texts:
        return None
    layers = list_texts(raw, layer)
    if len(set(layers)) == len(layers):
        return "it differs in each row while the layers count up, as if they were one sample"
    return None


def _counts_rows(texts: list[str]) -> bool:
    """Tell whether some texts are 0, 1, 2 or 1, 2, 3 and so on."""
    if len(texts) < _FEW or texts[0] not in {"0", "1"}:
        return False
    first = int(texts[0])
    return texts == [str(number) for number in range(first, first + len(texts))]
