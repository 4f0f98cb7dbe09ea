"""From the rows of a table to rows of fields: columns picked, wide tables made long, the mapping's rules applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.chunks import FieldChunk
from importer.columns.arranged_chunk import Arrangement
from importer.columns.filling import cut_splits, fill_constants, fill_templates, pick_fields, read_elements
from importer.columns.mapping.apply import apply_rules
from importer.columns.numbering import number_rows
from importer.columns.plan import plan_columns
from importer.columns.row_kinds import drop_other_rows, drop_sections, fill_down, find_sections
from importer.columns.stack_cells import cut_stack_cells
from importer.columns.suspicions import suspect_texts, take_over_cell_issues
from importer.columns.wide import unfold_groups
from importer.contract import ALL_FIELDS
from importer.issues import make_issue

if TYPE_CHECKING:
    from importer.chunks import RawChunk
    from importer.columns.plan import ColumnPlan
    from importer.issues import Problem
    from importer.model import Issue


def arrange_chunk(raw: RawChunk, plan: ColumnPlan, *, start: int) -> FieldChunk:
    """Return the rows of a chunk under the names of the fields.

    Args:
        raw: the chunk.
        plan: how the columns of its table are understood; a chunk with other keys is planned again.
        start: ordinal of its first row over the whole run.
    """
    issues: list[Issue] = []
    raw = apply_rules(raw, plan.rules)
    if raw.header != plan.header:
        known = set(plan.header)
        plan = plan_columns(raw, mapping=plan.mapping, repairs=plan.repairs, fill_down=plan.fill_down)
        issues += [issue for issue in plan.issues if issue.value is not None and issue.value not in known]
    if raw.first:
        plan.state.reset()
    raw, notes, stopped = drop_other_rows(raw, plan)
    sections = find_sections(raw, plan)
    raw, section_notes, stopped = drop_sections(fill_down(raw, plan), sections, stopped)
    issues += [*notes, *section_notes]
    work = Arrangement(raw, plan, start)
    pick_fields(work)
    read_elements(work)
    cut_splits(work)
    fill_templates(work)
    groups = plan.list_groups()
    if groups:
        unfold_groups(work, groups)
    cut_stack_cells(work)
    number_rows(work)
    fill_constants(work)
    _stop_rows(work, stopped)
    take_over_cell_issues(work)
    suspect_texts(work)
    names = [name for name in ALL_FIELDS if name in work.cells]
    columns = {name: column for name, column in work.columns.items() if name in work.cells}
    texts = {name: work.cells[name] for name in names}
    return FieldChunk(raw, start, texts, work.index, columns, (*issues, *work.issues), work.suspicions)


def _stop_rows(work: Arrangement, stopped: dict[int, Problem]) -> None:
    """Say of rows, by their position in the chunk, what stops them."""
    for position, row in enumerate(work.index.tolist()) if stopped else ():
        if row in stopped:
            place = work.raw.place_row(row)
            work.issues.append(make_issue(stopped[row], place, seq=work.start + position))
