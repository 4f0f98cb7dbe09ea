"""How the columns of open files are understood, and what somebody chose instead, kept as the mapping file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from importer.chunks import column_letters
from importer.columns import Role
from importer.columns.mapping.rules import Rules
from importer.columns.mapping.text import find_content, write_mapping
from importer.columns.plan_issues import UNUSED_COLUMN
from importer.contract import ALL_FIELDS
from importer.report.output import open_output

if TYPE_CHECKING:
    from collections.abc import Iterable

    from importer.chunks import RawChunk
    from importer.columns import ColumnUse
    from importer.draft.tables import DraftTable
    from importer.web.session import OpenDraft

SAMPLES = 4
WORDS = 40
"""Distinct texts of a column that are shown, to say what they mean."""
AUTOMATIC, IGNORED = "auto", "ignore"


def view_columns(opened: OpenDraft) -> dict[str, Any]:
    """Return each table's columns: what they are taken for and why, samples, and what is to be said of them."""
    content = find_content(opened.draft.read.mapping)
    return {
        "fields": list(ALL_FIELDS),
        "mapping": None if opened.mapping is None else opened.mapping.name,
        "writes": opened.own_mapping.name,
        "text": write_mapping(content) if content else "",
        "order": content.get("order", ""),
        "tables": [_view_table(table) for table in opened.draft.tables],
    }


def _view_table(table: DraftTable) -> dict[str, Any]:
    plan = table.plan
    rules = Rules() if plan is None else plan.rules
    issues = () if plan is None else plan.issues
    columns = []
    for use in () if plan is None else plan.uses:
        samples, words = _list_texts(table.head, use.position)
        if not use.header.strip() and not samples:
            continue
        said = [issue for issue in issues if issue.where.column == use.header]
        columns.append(
            {
                "letter": None if table.head.header_row is None else column_letters(table.head.letters[use.position]),
                "header": use.header,
                "choice": _find_choice(use, ignored=rules.ignore, chosen=rules.columns),
                "use": _word_use(use),
                "why": _word_reason(use),
                "sent": use.role not in {Role.UNUSED, Role.IGNORED},
                "samples": samples,
                "words": words,
                "values": dict(rules.texts.get(use.header, {})),
                "fill_down": use.header in rules.fill_down,
                "near": next((issue.suggestion for issue in said if issue.suggestion in ALL_FIELDS), None),
                "issues": [[issue.severity.value, issue.message] for issue in said if issue.code != UNUSED_COLUMN.code],
            }
        )
    whole = [[issue.severity.value, issue.message] for issue in issues if issue.where.column is None]
    return {
        "source": table.source.name,
        "sheet": table.head.sheet,
        "columns": columns,
        "issues": whole,
        "turned": plan is not None and plan.is_turned,
    }


def _list_texts(raw: RawChunk, position: int) -> tuple[list[str], list[str]]:
    found = [str(text) for text in raw.columns[position].coded.distinct if text and str(text).strip()]
    return [text[:80] for text in found[:SAMPLES]], found[:WORDS] if len(found) <= WORDS else []


def _find_choice(use: ColumnUse, *, ignored: Iterable[str], chosen: Iterable[str]) -> str:
    if use.header in chosen and use.field is not None:
        return use.field
    return IGNORED if use.header in ignored else AUTOMATIC


def _word_use(use: ColumnUse) -> str:
    return {
        Role.FIELD: use.field or "",
        Role.ELEMENT: f"amount of {use.element}",
        Role.GROUP: f"{use.field} of layer {use.group}",
        Role.SPLIT: "cut into several fields",
        Role.PART: "part of a text that the mapping makes",
        Role.IGNORED: "not sent",
        Role.UNUSED: "not sent",
    }[use.role]


def _word_reason(use: ColumnUse) -> str:
    if use.role is Role.UNUSED:
        return "its header isn't a known name"
    if use.by_mapping:
        return "the mapping says so"
    if use.role is Role.IGNORED:
        return "another column is this field already"
    return "its header is an element's symbol" if use.role is Role.ELEMENT else "its header says so"


def change_columns(opened: OpenDraft, choices: Iterable[dict[str, Any]], order: str) -> None:
    """Write what was chosen as the mapping file of these files, and read their rows by it.

    Columns that aren't named keep their rules.

    Raises:
        MappingError: the choices contradict each other; nothing was changed.
        StorageError: the mapping file can't be written.
    """
    content = find_content(opened.draft.read.mapping)
    columns, ignored = dict(content.get("columns", {})), list(content.get("ignore", ()))
    filled = list(content.get("fill_down", ()))
    for choice in choices:
        header, use = str(choice["header"]), str(choice["use"])
        columns.pop(header, None)
        ignored = [each for each in ignored if each != header]
        filled = [each for each in filled if each != header] + ([header] if choice["fill_down"] else [])
        if use == IGNORED:
            ignored.append(header)
        elif use != AUTOMATIC:
            values = {str(text): str(meant) for text, meant in choice["values"].items() if meant}
            columns[header] = {"field": use, "values": values} if values else use
    content |= {"columns": columns, "ignore": ignored, "fill_down": filled}
    content.pop("order", None)
    if order:
        content["order"] = order
    text = write_mapping(content)
    before = opened.draft.read
    with open_output(opened.own_mapping) as file:
        file.write(text.encode())
    opened.draft.change_reading(replace(before, mapping=opened.own_mapping))
    opened.mapping = opened.own_mapping
