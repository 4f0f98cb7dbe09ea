"""Rules that look at one row at a time, written over whole columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from importer.contract import CONTENT_FIELDS
from importer.issues import Code, Problem, make_issue
from importer.layers.composition import Kind, parse_composition
from importer.layers.content import NOT_A_LAYER
from importer.layers.elements import find_other_ratio
from importer.layers.space_group import is_hexagonal
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from importer.chunks import LayerChunk
    from importer.issues import Parsed
    from importer.layers.composition import Composition
    from importer.layers.elements import Amounts
    from importer.layers.orientation import Orientation
    from importer.model import Issue

_FOUR = 4
_BARE = "The layer has a position but nothing else."


def check_rows(chunk: LayerChunk) -> Iterator[Issue]:
    """Yield what the row rules find in a chunk."""
    for rule in (check_layer_id, check_sample, check_content, check_elements, check_axes):
        yield from rule(chunk)


MISSING_LAYER_ID = Code(
    "missing-layer-id",
    Severity.ERROR,
    "The layer has no position in its stack.",
    "Number the layers of each stack from the substrate up: 1, 2, 3, ...",
    "an empty layer column",
)


def check_layer_id(chunk: LayerChunk) -> Iterator[Issue]:
    """Every row says its position (required by the API page); one that can't be read has its own issue already."""
    for position in np.flatnonzero(_absent_texts(chunk, "layer_id") & ~_unread(chunk)).tolist():
        blank = _name_blank(chunk, position, ["layer_id"])
        said = f"{blank}, so the layer has no position in its stack." if blank else MISSING_LAYER_ID.meaning
        if chunk.fields.raw.header_row is None:
            said = "The layer has no position in its stack (layer_id)."
        yield _make(chunk, position, "layer_id", Problem(MISSING_LAYER_ID, said))


MISSING_SAMPLE = Code(
    "missing-sample",
    Severity.ERROR,
    "The layer doesn't say which sample it belongs to.",
    "Fill in sample_id or sample_name.",
    "an empty sample column",
)


def check_sample(chunk: LayerChunk) -> Iterator[Issue]:
    """Every row says whose layer it is: without a parent a layer would belong to no stack."""
    absent = _absent_texts(chunk, "sample_id")
    if absent.any():
        absent &= _absent_texts(chunk, "sample_name")
    for position in np.flatnonzero(absent & ~_unread(chunk)).tolist():
        names = [name for name in ("sample_id", "sample_name") if _is_blank(chunk, position, name)]
        blank = _name_blank(chunk, position, names)
        said = (
            f"{blank}, so the layer belongs to no sample."
            if blank
            else "The layer has neither the id nor the name of a sample."
        )
        if chunk.fields.raw.header_row is None:
            said = "The layer has neither a sample_id nor a sample_name."
        yield _make(chunk, position, next(iter(names), "sample_id"), Problem(MISSING_SAMPLE, said))


EMPTY_LAYER = Code(
    "empty-layer",
    Severity.WARNING,
    "The layer has a position but nothing else.",
    "Fill in at least its composition, or remove it.",
    "42,3,,,",
)


def check_content(chunk: LayerChunk) -> Iterator[Issue]:
    """A layer with nothing but its position is most likely an unfinished row."""
    empty = ~chunk.bad & ~chunk.coded["layer_id"].find_absent()
    for name in CONTENT_FIELDS:
        if empty.any():
            empty &= chunk.coded[name].find_absent()
    for position in np.flatnonzero(empty).tolist():
        said = _explain_keys(chunk, position)
        if said is None:
            yield _make(chunk, position, "layer_id", Problem(EMPTY_LAYER, _BARE))
            continue
        where = chunk.fields.raw.place_row(int(chunk.fields.index[position]))
        yield make_issue(Problem(NOT_A_LAYER, said), where, seq=chunk.fields.start + position)


def _explain_keys(chunk: LayerChunk, position: int) -> str | None:
    """Return why a layer of a stack file has nothing, by its keys; None for a row of a table."""
    raw, index = chunk.fields.raw, int(chunk.fields.index[position])
    if raw.marks is None:
        return None
    columns = {
        name: column if isinstance(column, int) else int(column[position])
        for name, column in chunk.fields.columns.items()
    }
    named = np.flatnonzero(raw.marks[index, :, 0]).tolist()
    blank = [raw.header[columns[name]] for name in CONTENT_FIELDS if columns.get(name) in named]
    if blank:
        return (
            f"This isn't a layer: {', '.join(map(repr, blank))} is there, but empty. Fill it in, or remove the layer."
        )
    known = set(columns.values())
    keys = [raw.header[column] for column in named if column not in known]
    what = f"none of its keys ({', '.join(keys)[:100]}) is" if keys else "none of its keys is"
    return f"This isn't a layer: {what} a layer field, such as `formula` or `orientation`."


ELEMENT_DICT_MISMATCH = Code(
    "element-dict-mismatch",
    Severity.ERROR,
    "The element amounts of a layer don't match its formula.",
    "Correct the one that is wrong. Ratios may differ by up to 2 %.",
    "BaTiO3 with Ba:1, Ti:2, O:3",
)


def check_elements(chunk: LayerChunk) -> Iterator[Issue]:
    """Formula and element table of a layer say the same ratios, within 2 %: real compositions are known no better."""
    formulas, tables = chunk.coded["composition_string"], chunk.coded["element_dict"]
    if len(tables.distinct) == 1:
        return
    rows = np.flatnonzero(~formulas.find_absent() & ~tables.find_absent())
    pairs = formulas.codes[rows].astype(np.int64) * len(tables.distinct) + tables.codes[rows]
    distinct, codes = np.unique(pairs, return_inverse=True)
    parsed, count = chunk.parsed["composition_string"], len(tables.distinct)
    problems = [find_mismatch(parsed[pair // count], tables.distinct[pair % count]) for pair in distinct.tolist()]
    is_wrong = np.array([problem is not None for problem in problems], dtype=np.bool_)
    for at in np.flatnonzero(is_wrong[codes]).tolist():
        problem = problems[codes[at]]
        if problem is not None:
            yield _make(chunk, int(rows[at]), "element_dict", problem)


ORIENTATION_FOUR_INDEX = Code(
    "orientation-four-index",
    Severity.WARNING,
    "The orientation has four indices, but the space group is neither trigonal nor hexagonal.",
    "Write three indices, or correct the space group.",
    "0001 with Pm-3m",
)


def check_axes(chunk: LayerChunk) -> Iterator[Issue]:
    """Four indices (h k i l) belong to trigonal and hexagonal space groups.

    Source: International Tables A, section 2.1.3.2: Bravais-Miller indices refer to hexagonal axes.
    """
    orientations, groups = chunk.coded["orientation"], chunk.coded["space_group"]
    has_four = orientations.take([_has_four(parsed) for parsed in chunk.parsed["orientation"]], np.bool_)
    if not has_four.any():
        return
    is_other = groups.take([group is not None and not is_hexagonal(str(group)) for group in groups.distinct], np.bool_)
    for position in np.flatnonzero(has_four & is_other).tolist():
        orientation, group = (column.distinct[column.codes[position]] for column in (orientations, groups))
        message = f"{orientation} has four indices, which only trigonal and hexagonal space groups use; "
        yield _make(chunk, position, "orientation", Problem(ORIENTATION_FOUR_INDEX, f"{message}{group} is neither."))


def _has_four(parsed: Parsed[Orientation] | None) -> bool:
    return parsed is not None and parsed.value is not None and len(parsed.value.indices) == _FOUR


def find_mismatch(parsed: Parsed[Composition] | None, table: Amounts) -> Problem | None:
    """Return the problem of an element table that says something else than an exact formula."""
    composition = None if parsed is None else parsed.value
    if parsed is None or composition is None or composition.kind is not Kind.EXACT:
        return None
    found = find_other_ratio(table, dict(composition.amounts))
    if found is None or any(_agrees(table, problem.suggestion) for problem in parsed.problems):
        return None
    symbol, in_table, in_formula = found
    message = (
        f"The element amounts ({_format(table)}) don't match the formula {composition.text}: "
        f"{symbol} makes up {in_table:.1%} of the atoms in the amounts, but {in_formula:.1%} in the formula."
    )
    return Problem(ELEMENT_DICT_MISMATCH, message)


def _agrees(table: Amounts, meant: str | None) -> bool:
    """Tell whether a table says what a doubted formula (``In20Ga80As``, ``HFO2``) was probably meant to say."""
    composition = None if meant is None else parse_composition(meant).value
    return composition is not None and find_other_ratio(table, dict(composition.amounts)) is None


def _format(table: Amounts) -> str:
    return ", ".join(f"{symbol}:{amount:g}" for symbol, amount in table.items())


def _name_blank(chunk: LayerChunk, position: int, names: list[str]) -> str:
    """Return in words that a table's columns of some fields are blank; nothing where it has none."""
    places = [chunk.fields.place_field(position, name) for name in names if _is_blank(chunk, position, name)]
    headers = [repr(place.column) for place in places if place.column and chunk.fields.raw.header_row is not None]
    return f"{' and '.join(headers)} {'is' if len(headers) == 1 else 'are'} blank" if headers else ""


def _is_blank(chunk: LayerChunk, position: int, name: str) -> bool:
    """Tell whether a row's cell of a field is blank; one that holds a text which couldn't be cut isn't."""
    column = chunk.fields.columns.get(name, -1)
    at = column if isinstance(column, int) else int(column[position])
    text = chunk.fields.raw.columns[at].text_at(int(chunk.fields.index[position])) if at >= 0 else None
    return name in chunk.fields.columns and not (text or "").strip()


def _make(chunk: LayerChunk, position: int, name: str, problem: Problem) -> Issue:
    value = chunk.fields.texts[name].text_at(position) if name in chunk.fields.texts else None
    where = chunk.fields.place_field(position, name)
    return make_issue(problem, where, value=value or None, seq=chunk.fields.start + position)


def _absent_texts(chunk: LayerChunk, name: str) -> npt.NDArray[np.bool_]:
    """Return which rows have no text at all for a field; shape (rows,)."""
    absent = chunk.coded[name].find_absent()
    if name in chunk.fields.texts and absent.any():
        coded = chunk.fields.texts[name].coded
        absent &= coded.take([text is None or not str(text).strip() for text in coded.distinct], np.bool_)
    return absent


def _unread(chunk: LayerChunk) -> npt.NDArray[np.bool_]:
    """Return which rows couldn't be read cleanly, so that their empty fields prove nothing; shape (rows,)."""
    raw, index = chunk.fields.raw, chunk.fields.index
    # A row that takes the rest of the file along is told as an error of the whole table.
    lost = [issue.where.row for issue in raw.table_issues if issue.severity is Severity.ERROR]
    unread = np.isin(raw.rows, [row for row in lost if row is not None])
    unread[[position for position, issue in raw.row_issues if issue.severity is Severity.ERROR]] = True
    found: npt.NDArray[np.bool_] = unread[index]
    return found
