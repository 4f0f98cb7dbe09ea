"""What somebody chose for the columns, written as the mapping file of their files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from importer.columns import load_mapping
from importer.columns.mapping.text import find_content, write_mapping
from importer.errors import UsageError
from importer.layers.header_names import normalise_header
from importer.report.output import open_output
from importer.web.columns.view import AUTOMATIC, BY_ROWS, IGNORED, MADE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from importer.columns import MappingFile
    from importer.web.session import OpenDraft

_BY_COLUMN = ("columns", "split", "stack_cells", "elements")
"""Rules of which a column has one at most."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody chose; None and empty leave the rules as they are.

    Attributes:
        columns: what was chosen for single columns; a choice without a key leaves that side of the column alone.
        order: from which end layers are counted; empty for what the table says; with ``rows-`` before it the rows are
            the layers in this order.
        made: kind of rule, field and text of all fields that have no column of their own.
        add: rules to add, as an issue spells them out.
    """

    columns: Sequence[Mapping[str, Any]] = ()
    order: str | None = None
    made: Sequence[tuple[str, str, str]] | None = None
    add: Sequence[Mapping[str, Any]] = ()


def change_columns(opened: OpenDraft, choices: Choices, *, reread: Callable[[OpenDraft], None]) -> None:
    """Write what was chosen as the mapping file of these files, and read their rows by it.

    Args:
        opened: the open files.
        choices: what was chosen.
        reread: reads the files again, where the mapping says how they are to be taken apart.

    Raises:
        MappingError: the choices contradict each other; nothing was changed.
        UsageError: a sheet's or file's own rule overrides a choice; nothing was changed.
        StorageError: the mapping file can't be written.
    """
    content: dict[str, Any] = dict(find_content(opened.draft.read.mapping))
    for choice in choices.columns:
        _choose(opened, content, choice)
    for rules in choices.add:
        _add(content, rules)
    if choices.order is not None:
        rows = choices.order.startswith(BY_ROWS)
        content |= {"order": "", "number_rows": ""}
        content["number_rows" if rows else "order"] = choices.order.removeprefix(BY_ROWS)
    if choices.made is not None:
        content |= {kind: {} for kind in MADE}
        for kind, field, text in choices.made:
            if field in content[kind]:
                raise UsageError(f"{field} is given twice. Keep one of them.")
            content[kind][field] = text
    content = {kind: said for kind, said in content.items() if said}
    text = write_mapping(content)
    _require_effect(opened, load_mapping(content), choices.columns)
    _use_text(opened, text, reread)


def put_mapping_text(opened: OpenDraft, text: str, *, reread: Callable[[OpenDraft], None]) -> None:
    """Write the mapping file as somebody typed it, and read the rows by it.

    Raises:
        MappingError: it can't be used; nothing was changed.
        StorageError: it can't be written.
    """
    _use_text(opened, text, reread)


def _choose(opened: OpenDraft, content: dict[str, Any], choice: Mapping[str, Any]) -> None:
    header = str(choice["header"])
    if (fills := choice.get("fill_down")) is not None:
        _drop(content, "fill_down", header)
        content["fill_down"] += [header] if fills else []
    use = choice.get("use")
    if use is None:
        return
    values = {str(text): str(meant) for text, meant in (choice.get("values") or {}).items() if meant}
    if use == AUTOMATIC and values:
        use = _find_field(opened, header)
    for kind in (*_BY_COLUMN, "ignore"):
        _drop(content, kind, header)
    if use == IGNORED:
        content["ignore"].append(header)
    elif use == "split":
        content["split"][header] = choice.get("split") or {}
    elif use == "stack":
        content["stack_cells"][header] = choice.get("stack") or {}
    elif use == "element":
        content["elements"][header] = str(choice.get("element") or "")
    elif use != AUTOMATIC:
        content["columns"][header] = {"field": use, "values": values} if values else use


def _drop(content: dict[str, Any], kind: str, header: str) -> None:
    """Take what is said of a column out of a rule."""
    key, said = normalise_header(header), content.get(kind) or ([] if kind in {"ignore", "fill_down"} else {})
    if isinstance(said, dict):
        content[kind] = {name: each for name, each in said.items() if normalise_header(name) != key}
    else:
        content[kind] = [name for name in said if normalise_header(name) != key]


def _add(content: dict[str, Any], rules: Mapping[str, Any]) -> None:
    """Add rules; what is said of their columns by now gives way."""
    for kind, said in rules.items():
        if isinstance(said, str):
            content |= {"order": "", "number_rows": ""} if kind in {"order", "number_rows"} else {}
            content[kind] = said
            continue
        for header in said if kind in {*_BY_COLUMN, "ignore"} else ():
            for other in (*_BY_COLUMN, "ignore"):
                _drop(content, other, header)
        before = content.get(kind) or type(said)()
        content[kind] = {**before, **said} if isinstance(said, dict) else list(dict.fromkeys([*before, *said]))


def _find_field(opened: OpenDraft, header: str) -> str:
    """Return the field that a column is taken for, to which words can be added."""
    key = normalise_header(header)
    for table in opened.draft.tables:
        for use in () if table.plan is None else table.plan.uses:
            if normalise_header(use.header) == key and use.field is not None and use.group is None:
                return use.field
    raise UsageError(f"Choose what {header} is sent as first. Then its words can be replaced.")


def _require_effect(opened: OpenDraft, mapping: MappingFile, columns: Sequence[Mapping[str, Any]]) -> None:
    """Refuse choices that a sheet's or a file's own rules would override."""
    for table in opened.draft.tables:
        general, own = mapping.rules, mapping.choose(table.source.name).find_rules(table.head.sheet)
        for choice in columns:
            header = str(choice["header"])
            for kind in ("columns", "split", "stack_cells", "elements", "texts"):
                if getattr(general, kind).get(header) != getattr(own, kind).get(header):
                    where = table.source.name if table.head.sheet is None else f"the sheet {table.head.sheet}"
                    raise UsageError(
                        f"The mapping file has a rule of its own for {header!r} in {where}. Change it in the text of "
                        "the mapping file, below."
                    )


def _use_text(opened: OpenDraft, text: str, reread: Callable[[OpenDraft], None]) -> None:
    """Write a mapping file and read by it; what was there before is there again where that fails."""
    path, before, used = opened.own_mapping, opened.draft.read, opened.mapping
    old = load_mapping({} if before.mapping is None else before.mapping)
    kept = path.read_bytes() if path.is_file() else None
    _write(path, text.encode())
    try:
        opened.mapping = path
        if _list_layouts(old) == _list_layouts(load_mapping(path)):
            opened.draft.change_reading(replace(before, mapping=path))
        else:
            reread(opened)
    except BaseException:
        opened.mapping = used
        if kept is None:
            path.unlink(missing_ok=True)
        else:
            _write(path, kept)
        raise


def _write(path: Path, data: bytes) -> None:
    with open_output(path) as file:
        file.write(data)


def _list_layouts(mapping: MappingFile) -> object:
    """Return all that a mapping file says of how files are taken apart."""
    sheets = {sheet: rules.layout for sheet, rules in mapping.sheets.items()}
    files = [(pattern, _list_layouts(special)) for pattern, special in mapping.files]
    return mapping.encoding, mapping.rules.layout, sheets, files
