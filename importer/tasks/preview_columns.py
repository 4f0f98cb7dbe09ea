"""How the columns of files are understood, and a mapping file to start from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.check import tell_sources
from importer.chunks import column_letters
from importer.columns import Role, load_mapping, plan_columns
from importer.columns.headers.evidence import LOOKS_LIKE_FIELD
from importer.columns.plan_issues import COLUMN_NEAR_MISS
from importer.context import require_settings
from importer.formats.read import iter_raw_chunks
from importer.formats.sources import hold_sources
from importer.settings import ReadSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.chunks import RawChunk, Source
    from importer.columns import ColumnPlan
    from importer.formats.sources.inputs import Inputs
    from importer.model import Issue

_SAMPLE_LENGTH = 40
_UNUSED = "not used"
_NEAR_CODES = frozenset({COLUMN_NEAR_MISS.code, LOOKS_LIKE_FIELD.code})


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column as it is understood.

    Attributes:
        letters: its position as a spreadsheet has it; None for a key.
        header: its header or key.
        meaning: what it is taken for, in words.
        sample: its first text.
        is_used: whether anything in it is sent.
        suggestion: the field whose name its header nearly is.
        field: the layer field that it is; None where it is none, or a part of one.
    """

    letters: str | None
    header: str
    meaning: str
    sample: str
    is_used: bool
    suggestion: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class TableView:
    """One table as it is understood.

    Attributes:
        source: the input's name.
        sheet: the sheet's name.
        columns: its columns, in order.
        issues: what is to be said of the table and its columns.
    """

    source: str
    sheet: str | None
    columns: tuple[ColumnView, ...]
    issues: tuple[Issue, ...]


def preview_columns(inputs: Inputs, *, read: ReadSettings = ReadSettings()) -> tuple[TableView, ...]:
    """Return each table of some inputs as its columns are understood; nothing is checked and nothing is sent.

    Args:
        inputs: as `importer.validate` takes them.
        read: how they are read.

    Raises:
        InputError: an input can't be read at all.
        MappingError: the mapping file can't be used.
    """
    require_settings(read=read)
    with hold_sources(inputs, read) as sources:
        return tuple(iter_tables(sources, read=read))


def iter_tables(sources: Sequence[Source], *, read: ReadSettings = ReadSettings()) -> Iterator[TableView]:
    """Yield each table of some inputs as it is understood; of YAML and JSON the keys of the first rows.

    Raises:
        InputError: an input can't be read at all.
        MappingError: the mapping file can't be used.
    """
    given = None if read.mapping is None else load_mapping(read.mapping)
    for source in tell_sources(sources, given):
        for raw in iter_raw_chunks(source):
            if raw.first:
                chosen = None if given is None else given.choose(raw.source)
                plan = plan_columns(raw, mapping=chosen, fill_down=read.fill_down)
                yield TableView(raw.source, raw.sheet, _view_columns(raw, plan), (*raw.table_issues, *plan.issues))


def _view_columns(raw: RawChunk, plan: ColumnPlan) -> tuple[ColumnView, ...]:
    """Return the columns of a table, without those that have neither header nor text."""
    suggested = {issue.where.column: issue.suggestion for issue in plan.issues if issue.code in _NEAR_CODES}
    views = []
    for use in plan.uses:
        cells = (cell for cell in raw.columns[use.position].cells if cell and not cell.isspace())
        sample = next(cells, "")[:_SAMPLE_LENGTH]
        if not use.header.strip() and not sample:
            continue
        meaning = {
            Role.FIELD: use.field or "",
            Role.ELEMENT: f"element_dict, the amount of {use.element}",
            Role.GROUP: f"{use.field} of layer {use.group}",
            Role.SPLIT: "split by the mapping file",
            Role.PART: "used in a template of the mapping file",
            Role.IGNORED: "ignored by the mapping file",
            Role.UNUSED: _UNUSED,
        }[use.role]
        letters = None if raw.header_row is None else column_letters(raw.letters[use.position])
        letters = f"row {raw.letters[use.position] + 1}" if raw.is_transposed else letters
        is_used = use.role not in {Role.UNUSED, Role.IGNORED}
        field = use.field if use.role is Role.FIELD else None
        views.append(ColumnView(letters, use.header, meaning, sample, is_used, suggested.get(use.header), field))
    return tuple(views)


def draft_mapping(tables: Sequence[TableView]) -> str:
    """Return the text of a mapping file that says of some tables what is understood already, to be corrected by hand.

    Headers that are almost a field's name are in it as comments; other headers are ignored.
    """
    fields: dict[str, str] = {}
    ignored: dict[str, None] = {}
    comments: dict[str, None] = {}
    for table in tables:
        for use in table.columns:
            if not use.header.strip() or use.header in fields:
                continue
            if use.field is not None and use.field not in fields.values():
                fields[use.header] = use.field
            elif use.field is not None:
                comments[
                    f"  # {_quote(use.header)}: {use.field}   # a second column for this field: keep one of them"
                ] = None
            elif use.suggestion is not None:
                near = f"{_quote(use.header)}: {use.suggestion}"
                comments[f"  # {near}   # did you mean this? Then remove the first #"] = None
            elif use.meaning == _UNUSED:
                ignored[use.header] = None
    lines = [f"# How the columns of {', '.join(dict.fromkeys(table.source for table in tables))} are read."]
    lines += ["# Columns named after elements or layer numbers are recognised without an entry here.", "columns:"]
    lines += [f"  {_quote(header)}: {name}" for header, name in fields.items()]
    lines += list(comments)
    if not fields:
        lines[-1 - len(comments)] = "columns: {}"
    lines.append("ignore:" if ignored else "ignore: []")
    lines += [f"- {_quote(header)}" for header in ignored]
    sample = next((header for header, name in fields.items() if name == "sample_name"), "Sample")
    lines.append(f"# fill_down: [{_quote(sample)}]   # where blank cells mean the text above them")
    lines += ["# constants: {substrate: Si}", '# templates: {sample_name: "{run}-{piece}"}']
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    """Return a text as a YAML scalar in double quotes, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)
