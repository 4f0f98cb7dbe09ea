"""What a mapping file says of a table, applied before its columns are understood."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from importer.chunks import column_letters
from importer.chunks.column import Texts
from importer.columns.mapping.rules import list_placeholders
from importer.issues import Code, Problem, make_issue
from importer.layers.header_names import normalise_header
from importer.model import Severity, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.chunks import RawChunk
    from importer.columns.mapping.rules import Rules
    from importer.model import Issue

_BY_LETTER = re.compile(r"column\s+(?P<letters>[A-Z]{1,3})", re.IGNORECASE)
_PAIR = re.compile(r"(?P<label>[^:=]{1,60}?)\s*[:=]\s*(?P<text>.+)", re.DOTALL)
_PACKED = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})
SHEET = "sheet"
FILE = "file"


def apply_rules(raw: RawChunk, rules: Rules) -> RawChunk:
    """Return a chunk whose columns have the names by which the mapping file calls them, without its blanks."""
    header = list(raw.header)
    if raw.header_row is not None:
        for text, letters in iter_letters(rules):
            position = _find_letters(raw, letters)
            if position is not None and normalise_header(text) not in set(map(normalise_header, raw.header)):
                header[position] = text
    columns = raw.columns
    if rules.blanks:
        columns = tuple(_clear_blanks(column, rules.blanks) for column in raw.columns)
    return replace(raw, header=tuple(header), columns=columns)


def _clear_blanks(column: Texts, blanks: frozenset[str]) -> Texts:
    coded = column.coded
    if not any(text is not None and str(text).strip() in blanks for text in coded.distinct):
        return column
    distinct = tuple(
        text if text is None else "" if str(text).strip() in blanks else str(text) for text in coded.distinct
    )
    return Texts.of_coded(coded.codes, distinct)


def list_references(rules: Rules) -> list[str]:
    """Return the columns that the rules of a table name, each once."""
    wanted = [*rules.columns, *rules.elements, *rules.ignore, *rules.split, *rules.fill_down, *rules.stack_cells]
    wanted += [part for text in rules.templates.values() for _, part in list_placeholders(text) if part]
    return list(dict.fromkeys(wanted))


def iter_letters(rules: Rules) -> Iterator[tuple[str, str]]:
    """Yield what a mapping file calls columns that it names by letter, as ``column B``, and the letters."""
    for text in list_references(rules):
        if (match := _BY_LETTER.fullmatch(text.strip())) is not None:
            yield text, match["letters"].upper()


def _find_letters(raw: RawChunk, letters: str) -> int | None:
    """Return the position of the column with some spreadsheet letters, None where the table has none there."""
    return next((at for at, place in enumerate(raw.letters) if column_letters(place) == letters), None)


COLUMN_LETTER_UNCLEAR = Code(
    "column-letter-unclear",
    Severity.ERROR,
    "The mapping file names a column by its letter, but another column has just that as its header.",
    "Rename the header, or name the column in the mapping file by its header.",
    "`column B` where column C has the header Column B",
)


def list_unclear_letters(raw: RawChunk, rules: Rules) -> list[Issue]:
    """Return what is to be said of letters in a mapping file that are the header of another column."""
    issues = []
    for text, letters in iter_letters(rules) if raw.header_row is not None else ():
        for position, header in enumerate(raw.header):
            if normalise_header(header) == normalise_header(text) and _find_letters(raw, letters) != position:
                said = (
                    f"{text!r} in the mapping file can be column {letters} of the sheet, or this one with that header."
                )
                issues.append(make_issue(Problem(COLUMN_LETTER_UNCLEAR, said), raw.place_header(position), value=text))
    return issues


def name_place(raw: RawChunk, placeholder: str) -> str | None:
    """Return what ``{sheet}`` or ``{file}`` in a template stands for, None for another header or where it has none."""
    key = normalise_header(placeholder)
    if key == SHEET:
        return raw.sheet
    if key == FILE and not raw.source.startswith(("<", "-")):
        path = PurePath(raw.source.replace("\\", "/"))
        return PurePath(path.stem).stem if path.suffix.lower() in _PACKED else path.stem
    return None


@dataclass(frozen=True, slots=True)
class Label:
    """A label above a table's header with the text beside it, as ``Sample: A17``."""

    row: int
    label: str
    text: str


def list_labels(raw: RawChunk) -> list[Label]:
    """Return the labels above a table's header, with their texts."""
    found = []
    for number, cells in raw.titles:
        texts = [text for cell in cells if (text := (cell or "").strip())]
        texts[:1] = [texts[0].lstrip("# ")] if texts else []
        for at, text in enumerate(texts):
            pair = _PAIR.fullmatch(text)
            if pair is not None:
                found.append(Label(number, pair["label"].strip(), pair["text"].strip()))
            elif at + 1 < len(texts):
                found.append(Label(number, text.rstrip(" :="), texts[at + 1]))
    return found


METADATA_TWICE = Code(
    "metadata-twice",
    Severity.ERROR,
    "The mapping file takes a text from above the header, but there are several different ones.",
    "Keep one of them in the file.",
    "Sample,A17 and Sample,A18 above one table",
)


def find_metadata(raw: RawChunk, rules: Rules, *, name: str) -> tuple[dict[str, str], list[Issue]]:
    """Return field -> the text above the header that holds for all rows, and what is to be said of it.

    Args:
        raw: the first chunk of the table.
        rules: what the mapping file says of it.
        name: the mapping file's name.
    """
    given: dict[str, str] = {}
    issues = []
    for label, field in rules.metadata.items():
        found = [each for each in list_labels(raw) if normalise_header(each.label) == normalise_header(label)]
        texts = list(dict.fromkeys(each.text for each in found))
        if len(texts) == 1:
            given[field] = texts[0]
        elif texts:
            said = f"{label!r} has several texts above the header: {', '.join(map(repr, texts[:3]))}. Keep one."
            issues.append(make_issue(Problem(METADATA_TWICE, said), Where(raw.source, raw.sheet, found[1].row)))
        else:
            said = (
                f"The mapping file {name} takes {field} from the row {label!r} above the header, but there is no "
                "such row."
            )
            issues.append(make_issue(Problem(METADATA_ABSENT, said), raw.place_table(), value=label))
    return given, issues


METADATA_ABSENT = Code(
    "metadata-absent",
    Severity.ERROR,
    "The mapping file takes a text from a row above the header that isn't there.",
    "Write that row above the header, as in `Sample,A17`, or correct its label in the mapping file.",
    "metadata: {Sample: sample_name} for a table without such a row",
)
