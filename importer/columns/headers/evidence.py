"""What the cells give away: what an unused column is, texts that may mean nothing, samples to be filled down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from importer.columns.column_use import ColumnUse, Role
from importer.issues import Code, Problem
from importer.layers.elements import is_element
from importer.layers.header_names import normalise_header, read_header, suggest_field
from importer.layers.orientation import parse_orientation
from importer.model import Severity

if TYPE_CHECKING:
    from importer.chunks import RawChunk

_ROWS_LOOKED_AT = 2_000
_FEW = 2
_FORMULA = re.compile(r"(?:[A-Z][a-z]?|[()\[\]]|\d+(?:\.\d+)?)+")
_SYMBOL = re.compile("[A-Z][a-z]?")
_LOOKS: dict[str, re.Pattern[str]] = {
    "mp_id": re.compile(r"mp-\d{1,8}"),
    "space_group": re.compile(r"[PIFCRA](?=\S*\d)(?=\S*[m/])-?[1-6mnbcad][\w/-]{1,7}"),
}
_SURE_INDICES = re.compile(r"0\d\d+|[(\[{<].*|-?\d(?:[ ,] *-?\d){2,3}")
"""Indices that are no plain number: 001, (110), 1 1 0."""
_LOST_NOUGHTS = frozenset({"1", "10", "11"})
"""What a spreadsheet makes of 001, 010 and 011: beside sure indices they are such."""

LOOKS_LIKE_FIELD = Code(
    "looks-like-field",
    Severity.WARNING,
    "The cells of an unused column look like a field. They won't be sent.",
    "Name the column in a mapping file, as the field or under `ignore`.",
    "Orient. with 001, 110, 111",
)


def weigh_unused(raw: RawChunk, uses: list[tuple[ColumnUse, bool]]) -> dict[int, Problem]:
    """Return what is to be said of unused columns whose cells look like a field that no column is taken for."""
    if raw.header_row is None:
        return {}
    named = {use.field for use, _ in uses if use.field is not None}
    guessed: dict[int, str] = {}
    counting: set[int] = set()
    for use, _ in uses:
        if named and use.role is Role.UNUSED and use.header.strip():
            texts = list_texts(raw, use.position)
            field = _guess_field(set(filter(None, texts)), named)
            if field is None and "layer_id" not in named and _counts_layers(raw, uses, texts):
                field = "layer_id"
                counting.add(use.position)
            is_slip = read_header(use.header).field is None and suggest_field(use.header) == field
            if field is not None and not is_slip:
                guessed[use.position] = field
    told = {}
    formulas = [raw.header[position] for position, field in guessed.items() if field == "composition_string"]
    for position, field in guessed.items():
        if field == "composition_string" and len(formulas) > 1:
            said = (
                f"The columns {', '.join(map(repr, formulas[:4]))} look like formulas, but aren't used. If each is a "
            )
            said += "layer of the row's sample, rename them `Layer 1`, `Layer 2` and so on, from the substrate up."
            told[position] = Problem(LOOKS_LIKE_FIELD, said)
            continue
        header = raw.header[position]
        said = f"The cells of {header!r} look like {field}, but the column isn't used. If it is, write "
        if position in counting:
            said = f"{header!r} counts the rows of each sample from 1, but isn't used. "
            said += "If these are its layers, numbered from the substrate up, write "
        said += f"`columns: {{{header!r}: {field}}}` in a mapping file."
        told[position] = Problem(LOOKS_LIKE_FIELD, said, field)
    return told


def _counts_layers(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], texts: list[str]) -> bool:
    """Tell whether some texts count the rows of each sample from 1, and some sample has several rows."""
    samples = [use.position for use, _ in uses if use.field in {"sample_id", "sample_name"}]
    if not samples or "" in texts:
        return False
    names = [list_texts(raw, position) for position in samples]
    counts: dict[tuple[str, ...], int] = {}
    for row, text in enumerate(texts):
        sample = tuple(column[row] for column in names)
        counts[sample] = counts.get(sample, 0) + 1
        if text != str(counts[sample]):
            return False
    return max(counts.values(), default=0) > 1


def list_texts(raw: RawChunk, position: int) -> list[str]:
    """Return the texts of a column's first rows, without blanks around them."""
    column = raw.columns[position]
    return [(column.text_at(row) or "").strip() for row in range(min(len(raw.rows), _ROWS_LOOKED_AT))]


def is_formula(text: str) -> bool:
    """Tell whether a text is written as a plain formula of two letters at least, all of them elements."""
    symbols = _SYMBOL.findall(text)
    return len(text) > 1 and bool(symbols) and _FORMULA.fullmatch(text) is not None and all(map(is_element, symbols))


def _guess_field(texts: set[str], named: set[str]) -> str | None:
    """Return the field, none of those that are named, that all of some texts look like."""
    if not texts:
        return None
    for field, pattern in _LOOKS.items():
        if field not in named and all(map(pattern.fullmatch, texts)):
            return field
    if "orientation" not in named and is_orientation_column(texts):
        return "orientation"
    formulas = [text for text in texts if is_formula(text) and len(_SYMBOL.findall(text)) > 1]
    is_composed = len(formulas) * _FEW >= len(texts)
    return "composition_string" if "composition_string" not in named and is_composed else None


def is_orientation_column(texts: set[str]) -> bool:
    """Tell whether all texts but blank ones are Miller indices, some of them written as no plain number is."""
    filled = {text for text in texts if not _BLANK_TEXT.fullmatch(text)}
    plain = {int(text) for text in filled if text.isascii() and text.isdecimal()}
    is_counter = len(plain) > 1 and plain == set(range(1, len(plain) + 1))
    if is_counter or any(set(str(number)) & set("56789") for number in plain):
        return False
    if not any(map(_SURE_INDICES.fullmatch, filled)):
        return False
    found = (parse_orientation(text).value for text in filled - _LOST_NOUGHTS)
    return all(orientation is not None for orientation in found)


BLANK_BELOW = Code(
    "blank-below",
    Severity.NOTE,
    "Only some rows name their sample, perhaps the first of each block.",
    "If the blank cells mean the sample above, write `fill_down: [HEADER]` in a mapping file.",
    "P232 in the first of three rows",
    option="--fill-down HEADER",
)


def weigh_blanks(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], filled: tuple[str, ...]) -> dict[int, Problem]:
    """Return what is to be said of columns that name samples and are blank below a filled cell."""
    told: dict[int, Problem] = {}
    asked = set(map(normalise_header, filled))
    has_id = any(use.field == "sample_id" for use, _ in uses)
    for use, _ in uses if raw.header_row is not None else ():
        if use.field != ("sample_id" if has_id else "sample_name") or normalise_header(use.header) in asked:
            continue
        texts = list_texts(raw, use.position)
        blank = next((row for row, text in enumerate(texts) if not text and row and any(texts[:row])), None)
        if blank is not None:
            above = next(row for row in range(blank - 1, -1, -1) if texts[row])
            said = f"{use.header!r} is blank in row {raw.rows[blank]}. Is it {texts[above]!r}, as in row "
            said += f"{raw.rows[above]}? Then write `fill_down: [{use.header!r}]` "
            said += "in a mapping file."
            told[use.position] = Problem(BLANK_BELOW, said, texts[above])
    return told


_BLANK_TEXT = re.compile(
    r"[-\u2013\u2014]{1,3}|n ?[./]? ?a\.?|null|none|nil|unk(?:nown)?\.?|\?{1,3}|tb[da]|n\. ?d\.|"
    r"not (?:measured|known|applicable)|k\. ?a\.|unbekannt|\.{1,3}|[/*]",
    re.IGNORECASE,
)
_BLANK_STARTS = frozenset("-\u2013\u2014nNuU?tTkK\u212a./*")
"""What such a text begins with: most texts of a column are told apart by that alone."""
_BLANK_LONGEST = len("not applicable")

BLANK_TEXTS = Code(
    "blank-texts",
    Severity.NOTE,
    'Cells contain a text such as - or n/a that may mean "nothing". It was read as it is.',
    'If it means "nothing", write `blanks: ["-"]` in a mapping file, so that such cells count as empty.',
    "- as the orientation of an amorphous layer",
)


def weigh_blank_texts(raw: RawChunk, uses: list[tuple[ColumnUse, bool]]) -> dict[int, Problem]:
    """Return what is to be said of used columns with texts such as ``-`` and ``n/a``; none is taken for blank."""
    found: dict[int, list[str]] = {}
    for use, _ in uses:
        if use.role in {Role.FIELD, Role.ELEMENT, Role.GROUP}:
            texts = {str(text).strip() for text in raw.columns[use.position].coded.distinct if text}
            likely = (text for text in texts if text[:1] in _BLANK_STARTS and len(text) <= _BLANK_LONGEST)
            words = sorted(text for text in likely if _BLANK_TEXT.fullmatch(text) and not is_formula(text))
            if words:
                found[use.position] = words
    every = sorted({word for words in found.values() for word in words})
    listed = ", ".join(f'"{word}"' for word in every)
    told = {}
    for position, words in found.items():
        said = (
            f'{raw.header[position]!r} has {", ".join(map(repr, words))} in some cells. If that means "nothing", write '
        )
        told[position] = Problem(BLANK_TEXTS, f"{said}`blanks: [{listed}]` in a mapping file.")
    return told
