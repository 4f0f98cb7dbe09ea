"""How the columns of open files are understood, and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from importer.chunks import column_letters
from importer.columns import Role
from importer.columns.mapping.rules import Rules
from importer.columns.mapping.text import find_content, write_mapping
from importer.columns.plan_issues import UNUSED_COLUMN
from importer.layers.header_names import normalise_header
from importer.web.columns.fields import list_fields
from importer.web.columns.offers import list_offers, tell_plainly
from importer.web.windows import name_column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from importer.chunks import RawChunk
    from importer.columns import ColumnUse
    from importer.draft import Draft
    from importer.draft.tables import DraftTable
    from importer.model import Issue
    from importer.web.session import OpenDraft

SAMPLES = 4
WORDS = 40
"""Distinct texts of a column that are shown, to say what they mean."""
MADE = ("constants", "defaults", "templates")
"""Rules that make a field without a column of its own."""
AUTOMATIC, IGNORED = "auto", "ignore"
BY_ROWS = "rows-"
"""Before an order in which the rows are the layers."""


def view_columns(opened: OpenDraft) -> dict[str, Any]:
    """Return each table's columns: what they are taken for and why, samples, and what is to be said of them."""
    content = find_content(opened.draft.read.mapping)
    return {
        "fields": list_fields(),
        "mapping": None if opened.mapping is None else opened.mapping.name,
        "writes": opened.own_mapping.name,
        "text": _read_text(opened, content),
        "order": f"{BY_ROWS}{rows}" if (rows := content.get("number_rows")) else content.get("order", ""),
        "made": [[kind, field, text] for kind in MADE for field, text in content.get(kind, {}).items()],
        "tables": [_view_table(table) for table in opened.draft.tables],
    }


def _read_text(opened: OpenDraft, content: dict[str, Any]) -> str:
    """Return the mapping file as it was written, comments and all."""
    path = opened.mapping
    return path.read_text(encoding="utf-8-sig") if path is not None and path.is_file() else write_mapping(content)


def _view_table(table: DraftTable) -> dict[str, Any]:
    plan = table.plan
    rules = Rules() if plan is None else plan.rules
    issues = () if plan is None else plan.issues
    seen = Counter(normalise_header(use.header) for use in plan.uses) if plan is not None else Counter()
    columns = []
    for use in () if plan is None else plan.uses:
        samples, words = _list_texts(table.head, use.position)
        if use.header.strip() or samples:
            is_single = bool(use.header.strip()) and seen[normalise_header(use.header)] == 1
            said = {issue.message: issue for issue in issues if issue.where.column == use.header}.values()
            columns.append(
                _view_use(table.head, use, rules, is_single=is_single)
                | {"samples": samples, "words": words, "says": [view_saying(issue, use.field) for issue in said
                                                                if issue.code != UNUSED_COLUMN.code]}
            )  # fmt: skip
    return {
        "source": table.source.name,
        "sheet": table.head.sheet,
        "turned": table.head.is_transposed,
        "columns": columns,
        "says": [view_saying(issue) for issue in issues if issue.where.column is None],
    }


def _view_use(raw: RawChunk, use: ColumnUse, rules: Rules, *, is_single: bool) -> dict[str, Any]:
    letter = None if raw.header_row is None else name_column(raw.letters[use.position], is_turned=raw.is_transposed)
    key = use.header if is_single or letter is None else f"column {column_letters(raw.letters[use.position])}"
    split, stack = _look_up(rules.split, use.header), _look_up(rules.stack_cells, use.header)
    return {
        "key": key,
        "letter": letter,
        "header": use.header,
        "choice": _find_choice(use, rules),
        "field": use.field,
        "use": _word_use(use),
        "why": _word_reason(use),
        "sent": use.role not in {Role.UNUSED, Role.IGNORED},
        "values": dict(_look_up(rules.texts, use.header) or {}),
        "fill_down": _has(rules.fill_down, use.header),
        "split": None if split is None else {"separator": split.separator, "fields": list(split.fields)},
        "stack": None
        if stack is None
        else {
            "separator": stack.separator,
            "order": stack.order.value,
            "lowest": "substrate" if stack.has_substrate else "layer",
        },
        "element": _look_up(rules.elements, use.header),
    }


def view_saying(issue: Issue, field: str | None = None) -> dict[str, Any]:
    """Return what an issue of a column or table says, and what can be done about it here."""
    offers = list_offers(issue, field=field)
    return {
        "severity": issue.severity.value[0],
        "message": tell_plainly(issue.message),
        "offers": [{"label": offer.label, "add": offer.rules} for offer in offers],
    }


def find_field(draft: Draft, issue: Issue) -> str | None:
    """Return the field that the column of an issue is taken for."""
    for table in draft.tables:
        at = (table.source.name, table.head.sheet)
        if table.plan is not None and at == (issue.where.source, issue.where.sheet):
            return next((use.field for use in table.plan.uses if use.header == issue.where.column), None)
    return None


def _list_texts(raw: RawChunk, position: int) -> tuple[list[str], list[str]]:
    found = [str(text) for text in raw.columns[position].coded.distinct if text and str(text).strip()]
    return [text[:80] for text in found[:SAMPLES]], found[:WORDS] if len(found) <= WORDS else []


def _look_up(rules: Any, header: str) -> Any:  # noqa: ANN401  # any rule that names columns
    key = normalise_header(header)
    return next((said for name, said in rules.items() if normalise_header(name) == key), None)


def _has(names: Iterable[str], header: str) -> bool:
    return normalise_header(header) in set(map(normalise_header, names))


def _find_choice(use: ColumnUse, rules: Rules) -> str:
    for kind, chosen in (("split", rules.split), ("stack", rules.stack_cells), ("element", rules.elements)):
        if _look_up(chosen, use.header) is not None:
            return kind
    if _look_up(rules.columns, use.header) is not None and use.field is not None:
        return use.field
    return IGNORED if _has(rules.ignore, use.header) else AUTOMATIC


def _word_use(use: ColumnUse) -> str:
    return {
        Role.FIELD: use.field or "",
        Role.ELEMENT: f"amount of {use.element}",
        Role.GROUP: f"{use.field} of layer {use.group}",
        Role.SPLIT: "cut into several fields",
        Role.PART: "part of a text that is put together",
        Role.IGNORED: "not sent",
        Role.UNUSED: "not sent",
    }[use.role]


def _word_reason(use: ColumnUse) -> str:
    if use.role is Role.UNUSED:
        return "its header isn't a known name"
    if use.by_mapping:
        return "the mapping file says so"
    if use.role is Role.IGNORED:
        return "another column is this field already"
    return "its header is an element's symbol" if use.role is Role.ELEMENT else "its header says so"
