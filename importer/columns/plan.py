"""How the columns of one table are understood: once a table, from its header."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from importer.columns.column_use import ColumnUse, Role, TableState
from importer.columns.corruption import Suspicions
from importer.columns.headers.element_columns import label_header, match_elements
from importer.columns.headers.evidence import weigh_blank_texts, weigh_blanks, weigh_unused
from importer.columns.headers.shapes import suggest_shapes
from importer.columns.headers.table_order import find_table_order
from importer.columns.headers.weak_names import WEAK_NAME, weigh_names
from importer.columns.mapping.apply import apply_rules, find_metadata, list_unclear_letters
from importer.columns.mapping.rules import Rules, list_placeholders, name_made_fields
from importer.columns.plan_issues import list_plan_issues
from importer.contract import INTEGER_FIELDS
from importer.layers.header_names import is_own_header, match_group, match_header, normalise_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.chunks import RawChunk
    from importer.columns.mapping.rules import MappingFile
    from importer.model import Issue

_DECIMAL = re.compile(r"[+-]?\d+(?P<sign>[.,])\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How the columns of one table are understood.

    Attributes:
        header: the header it was made for.
        uses: one for each column.
        rules: what the mapping file says of the table.
        issues: what is to be said of the columns, ``seq`` None.
        mapping: the mapping file, for chunks of the table whose keys differ.
        repairs: codes whose suggestions are taken in place of what stands in the file.
        decimal: what the numbers of the columns that hold numbers have between digits: ``.`` or ``,``, ``both``
            where they are at odds; None where they don't tell.
        is_turned: layers are counted from the top, so that their positions are counted again.
        fill_down: headers of columns whose blank cells take the text above.
        state: what is known from earlier rows.
        suspicions: what is known of the table's texts by now.
    """

    header: tuple[str, ...]
    uses: tuple[ColumnUse, ...]
    rules: Rules = field(default_factory=Rules)
    issues: tuple[Issue, ...] = ()
    mapping: MappingFile | None = None
    repairs: frozenset[str] = frozenset()
    decimal: str | None = None
    is_turned: bool = False
    fill_down: tuple[str, ...] = ()
    state: TableState = field(default_factory=TableState, compare=False, repr=False)
    suspicions: Suspicions = field(default_factory=Suspicions, compare=False, repr=False)

    def list_fields(self) -> Mapping[str, list[int]]:
        """Return field -> the frame columns that name it; several only where every row has keys of its own."""
        columns: dict[str, list[int]] = {}
        for use in self.uses:
            if use.role is Role.FIELD and use.field is not None:
                columns.setdefault(use.field, []).append(use.position)
        return MappingProxyType(columns)

    def list_elements(self) -> Mapping[int, str]:
        """Return frame column -> element, for the columns that are named by one."""
        return {use.position: use.element for use in self.uses if use.role is Role.ELEMENT and use.element is not None}

    def list_groups(self) -> Mapping[int, Mapping[str, int]]:
        """Return layer number -> field -> frame column of a wide table, by number; empty for another table."""
        groups: dict[int, dict[str, int]] = {}
        for use in self.uses:
            if use.group is not None and use.field is not None:
                groups.setdefault(use.group, {})[use.field] = use.position
        return {number: groups[number] for number in sorted(groups)}


def plan_columns(
    raw: RawChunk,
    *,
    mapping: MappingFile | None = None,
    repairs: frozenset[str] = frozenset(),
    fill_down: tuple[str, ...] = (),
) -> ColumnPlan:
    """Return how the columns of a table are understood, from its first chunk.

    A mapping file goes first, then the fields' names, then element symbols (two columns or more) and repeated groups.

    Args:
        raw: the first chunk.
        mapping: the user's mapping file.
        repairs: codes whose suggestions are to be taken (``importer.issues.list_fixable``).
        fill_down: headers of columns whose blank cells take the text above.
    """
    rules, name = (Rules(), "") if mapping is None else (mapping.find_rules(raw.sheet), mapping.name)
    raw = apply_rules(raw, rules)
    given, metadata_issues = find_metadata(raw, rules, name=name)
    rules = replace(rules, constants={**given, **rules.constants})
    uses = _settle_weak(_match_columns(raw, rules), rules)
    told = weigh_names(raw, uses)
    told.update(match_elements(raw, uses, rules))
    uses = _match_groups(uses, raw, rules)
    order, order_problems = find_table_order(raw, uses, rules)
    told.update(order_problems)
    below = weigh_blanks(raw, uses, (*rules.fill_down, *fill_down))
    # A column tells one thing: that its rows lack their sample weighs more than that its name was a weak one.
    told = {at: problem for at, problem in told.items() if at not in below or problem.kind is not WEAK_NAME}
    told = {**weigh_unused(raw, uses), **weigh_blank_texts(raw, uses), **below, **told}
    issues = list_plan_issues(raw, uses, rules, name=name, told=told)
    issues += [*metadata_issues, *list_unclear_letters(raw, rules), *suggest_shapes(raw, uses, rules)]
    plain = tuple(use for use, _ in uses)
    decimal = _find_decimal(raw, plain)
    plan = ColumnPlan(raw.header, plain, rules, tuple(issues), mapping, repairs, decimal)
    return replace(plan, is_turned=order, fill_down=fill_down)


def _find_decimal(raw: RawChunk, uses: tuple[ColumnUse, ...]) -> str | None:
    """Return the decimal sign of the columns that hold numbers, ``both`` where they are at odds."""
    found = set()
    for use in uses:
        if use.role is Role.ELEMENT or use.field in INTEGER_FIELDS:
            texts = [str(text).strip() for text in raw.columns[use.position].coded.distinct if text]
            found |= {match["sign"] for text in texts if (match := _DECIMAL.fullmatch(text)) is not None}
    return next(iter(found)) if len(found) == 1 else ("both" if found else None)


def _match_columns(raw: RawChunk, rules: Rules) -> list[tuple[ColumnUse, bool]]:
    """Return a first use for each column, and whether it rests on a weak name."""
    chosen = {normalise_header(text): (text, name) for text, name in rules.columns.items()}
    ignored = set(map(normalise_header, rules.ignore))
    split = set(map(normalise_header, (*rules.split, *rules.stack_cells)))
    parts = {normalise_header(part) for text in rules.templates.values() for _, part in list_placeholders(text) if part}
    given = {
        *rules.constants,
        *rules.templates,
        *name_made_fields(rules),
        *(part for cut in rules.split.values() for part in cut.fields),
    }
    present = set(map(normalise_header, raw.header))
    taken = {*given, *(name for key, (_, name) in chosen.items() if key in present)}
    uses = []
    for position, text in enumerate(raw.header):
        key, name, is_weak, role = normalise_header(text), None, False, Role.UNUSED
        if not key:
            pass
        elif is_own_header(text):
            role = Role.IGNORED
        elif key in chosen:
            name, role = chosen[key][1], Role.FIELD
        elif key in ignored:
            role = Role.IGNORED
        elif key in split:
            role = Role.SPLIT
        elif key in parts:
            role = Role.PART
        else:
            name, is_weak = match_header(label_header(raw, position))
            if name in taken:
                name, role = None, Role.IGNORED
            elif name is not None:
                role = Role.FIELD
        by_mapping = role is not Role.UNUSED and (key in chosen or name is None)
        uses.append((ColumnUse(position, text, role, name, by_mapping=by_mapping), is_weak))
    return uses


def _settle_weak(uses: list[tuple[ColumnUse, bool]], rules: Rules) -> list[tuple[ColumnUse, bool]]:
    """Set those columns aside whose name is a weak one for a field that another column names."""
    named = {use.field for use, is_weak in uses if use.field is not None and not is_weak}
    named |= set(rules.constants)
    return [
        (ColumnUse(use.position, use.header, Role.UNUSED), is_weak) if is_weak and use.field in named else (use, False)
        for use, is_weak in uses
    ]


def _match_groups(uses: list[tuple[ColumnUse, bool]], raw: RawChunk, rules: Rules) -> list[tuple[ColumnUse, bool]]:
    """Take numbered columns for the layers of a wide table, unless a column says which layer a row is.

    ``Composition`` beside ``Composition.1`` is the first layer, as pandas numbers repeated headers.
    """
    fields = {use.field for use, _ in uses} | set(rules.constants)
    if "layer_id" in {*fields, *name_made_fields(rules)}:
        return uses
    groups = {use.position: match_group(label_header(raw, use.position)) for use, _ in uses if use.role is Role.UNUSED}
    found = {position: group for position, group in groups.items() if group is not None}
    numbered = {name for _, name in found.values()}
    first = {use.position: use.field for use, _ in uses if use.field in numbered}
    shift = 1 if first else 0
    result = []
    for use, is_weak in uses:
        if use.position in found:
            number, name = found[use.position]
            result.append((ColumnUse(use.position, use.header, Role.GROUP, name, number + shift), is_weak))
        elif use.position in first:
            result.append((ColumnUse(use.position, use.header, Role.GROUP, use.field, shift), is_weak))
        else:
            result.append((use, is_weak))
    return result
