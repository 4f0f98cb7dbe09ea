"""What is to be said of the columns of a table: unused ones, near misses, two for one field, no layers at all."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING

from importer.columns.column_use import ColumnUse, Role
from importer.columns.headers.element_columns import HEADER_REMARK, WEIGHT_AMOUNTS, label_header
from importer.columns.mapping.absent import MAPPING_UNMATCHED
from importer.columns.mapping.apply import list_references, name_place
from importer.issues import Code, Problem, make_issue
from importer.layers.header_names import (
    REPORT_COLUMNS,
    match_group,
    normalise_header,
    read_group,
    read_header,
    suggest_field,
)
from importer.layers.words.header_remarks import Remark
from importer.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.chunks import RawChunk
    from importer.columns.mapping.rules import Rules
    from importer.model import Issue

_MOST_TOLD = 100


DUPLICATE_COLUMN = Code(
    "duplicate-column",
    Severity.ERROR,
    "Two columns are the same field, and we can't tell which one you mean. No rows of the table will be sent.",
    "Rename one of them, or ignore it in a mapping file.",
    "Formula and Composition",
)


def list_plan_issues(
    raw: RawChunk,
    uses: list[tuple[ColumnUse, bool]],
    rules: Rules,
    *,
    name: str,
    told: Mapping[int, Problem] = MappingProxyType({}),
) -> list[Issue]:
    """Return what is to be said of the columns of a table.

    Args:
        raw: its first chunk.
        uses: how its columns are understood, and which of them rest on a weak name.
        rules: what the mapping file says.
        name: the mapping file's name.
        told: column -> what is said of it already.
    """
    issues: list[Issue] = []
    is_keyed = raw.header_row is None
    rowed = next((use.header for use, _ in uses if use.field == "layer_id"), None)
    counts = Counter((use.field, use.group, use.element) for use, _ in uses if use.field or use.element)
    texts: dict[tuple[str | None, int | None, str | None], list[str]] = {}
    for use, is_weak in uses:
        key = (use.field, use.group, use.element)
        texts.setdefault(key, []).append(use.header)
        problem = told.get(use.position)
        if use.role is Role.UNUSED:
            fields = {field for field, _, _ in counts}
            problem = problem or _explain_group(use, rowed, fields) or _explain_unused(raw, use, is_weak=is_weak)
        elif counts[key] > 1 and not is_keyed and len(texts[key]) > 1:
            what = use.field or f"element {use.element}"
            said = f"Both {texts[key][0]!r} and {use.header!r} are {what}."
            problem = Problem(DUPLICATE_COLUMN, said)
        if problem is not None:
            issues.append(make_issue(problem, raw.place_header(use.position), value=use.header or None))
    issues += _list_table_issues(raw, uses, rules, name=name)
    return issues[:_MOST_TOLD]


def _explain_group(use: ColumnUse, rowed: str | None, fields: set[str | None]) -> Problem | None:
    """Return what is to be said of a column of a wide table in one that numbers its rows' layers."""
    group = match_group(use.header)
    if rowed is None or group is None or group[1] in fields:
        return None
    said = (
        f"{use.header!r} is {group[1]} of layer {group[0]}, but {rowed!r} says which layer each row is. Give each "
        "layer its own row, or leave that column out."
    )
    return Problem(DUPLICATE_COLUMN, said)


UNNAMED_COLUMN = Code(
    "unnamed-column",
    Severity.WARNING,
    "A column has text but no header, so it won't be sent.",
    "Give the column a header, or empty it.",
    "an empty cell in the header",
)

COLUMN_NEAR_MISS = Code(
    "column-near-miss",
    Severity.WARNING,
    "The header or key is almost the name of a field, but not quite, so it isn't used.",
    "Rename it if the suggestion is right, or name it in a mapping file.",
    "Orientaton",
)

UNUSED_COLUMN = Code(
    "unused-column",
    Severity.NOTE,
    "The column or key isn't a layer field, so it won't be sent.",
    "If it belongs to the layers, rename it, or name its field in a mapping file.",
    "Thickness (nm)",
)


def _explain_unused(raw: RawChunk, use: ColumnUse, *, is_weak: bool) -> Problem | None:
    """Return what is to be said of a column that isn't used; nothing of an empty one without a header."""
    if not use.header.strip():
        has_text = bool(raw.columns[use.position].find_filled().any())
        said = "This column has text but no header, so it won't be sent."
        return Problem(UNNAMED_COLUMN, said) if has_text else None
    reading = read_header(label_header(raw, use.position))
    group = read_group(label_header(raw, use.position))
    named = reading.field or (group.field if group is not None else None)
    kind = reading.remark if reading.field else group.remark if group is not None else Remark.NONE
    if named is not None and kind in {Remark.OTHER, Remark.WEIGHT} and raw.header_row is not None:
        return _explain_remark(raw, use, named, kind)
    near = None if is_weak else suggest_field(use.header)
    if raw.header_row is None:
        said = f"The key {use.header!r} isn't a layer field, so it won't be sent."
        if near is None:
            return Problem(UNUSED_COLUMN, said)
        return Problem(COLUMN_NEAR_MISS, f"{said} Did you mean {near}?", near)
    if near is not None:
        said = f"{use.header!r} isn't a layer field, so it won't be sent. Did you mean {near}?"
        return Problem(COLUMN_NEAR_MISS, said, near)
    return Problem(UNUSED_COLUMN, f"Column {use.header!r} isn't a layer field, so it won't be sent.")


def _explain_remark(raw: RawChunk, use: ColumnUse, named: str, kind: Remark) -> Problem:
    """Return what is to be said of a column that would be a field but for the unit or remark in its header."""
    header = label_header(raw, use.position)
    if kind is Remark.WEIGHT:
        return Problem(WEIGHT_AMOUNTS, f"{header!r} means amounts by weight, but a composition by atoms is needed.")
    said = f"{header!r} isn't used as {named}, because its unit or remark says something else. If it is {named}, write "
    said += f"`columns: {{{use.header!r}: {named}}}` in a mapping file."
    return Problem(HEADER_REMARK, said)


OWN_REPORT = Code(
    "own-report",
    Severity.ERROR,
    "The table is a report written by this program. Its rows are answers, not layers, so they won't be sent.",
    "Name the file with the layers instead. Write reports to a folder of their own.",
    "answers.csv in a folder that is imported",
)

NO_KNOWN_COLUMN = Code(
    "no-known-column",
    Severity.ERROR,
    "None of the headers is a known field, so the table can't be read.",
    "Name the columns in the first row, e.g. layer_id, sample_id, composition_string, or give a mapping file.",
    "A;B;C",
)


def _list_table_issues(raw: RawChunk, uses: list[tuple[ColumnUse, bool]], rules: Rules, *, name: str) -> list[Issue]:
    """Return what is to be said of the table as a whole: nothing understood, a mapping that doesn't fit."""
    issues = []
    if set(REPORT_COLUMNS) - {"substrate"} <= set(raw.header):  # reports of version 0.1 had no substrate
        said = "This is a report written by this program, not a table of layers."
        issues.append(make_issue(Problem(OWN_REPORT, said), raw.place_table()))
    if not any(use.role in {Role.FIELD, Role.ELEMENT, Role.GROUP, Role.SPLIT} for use, _ in uses):
        said = "None of the headers is a known field."
        if raw.header_row is None and raw.marks is not None:
            said = "None of the keys is known. Write stacks with `sample_id` and `layers`, and layers with `formula`."
        issues.append(make_issue(Problem(NO_KNOWN_COLUMN, said), raw.place_table()))
    present = set(map(normalise_header, raw.header))
    for text in list_references(rules):
        if normalise_header(text) not in present and name_place(raw, text) is None:
            said = f"The mapping file {name} names the column {text!r}, which this table doesn't have."
            issues.append(make_issue(Problem(MAPPING_UNMATCHED, said), raw.place_table(), value=text))
    elements = [use.position for use, _ in uses if use.role is Role.ELEMENT]
    ratios = [use.position for use, _ in uses if use.role is Role.FIELD and use.field == "element_dict"]
    if elements and ratios and raw.header_row is not None:
        said = (
            f"Both {raw.header[ratios[0]]!r} and the columns named after elements give the element amounts. Keep one."
        )
        issues.append(make_issue(Problem(DUPLICATE_COLUMN, said), raw.place_header(ratios[0])))
    return issues
