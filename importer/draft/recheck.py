"""Checking a draft again where an edit touched it, with what `validate` would find in the saved copy."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from importer.check import Reading, check_chunk, has_error, plan_table
from importer.columns import Turns, arrange_chunk
from importer.columns.mapping.absent import list_absent
from importer.draft.edits.overlay import apply_overlay
from importer.draft.stack_issues import CodeIssues, StackIssues
from importer.layers.normalise import normalise_chunk
from importer.rules import StackRules, judge_issues
from importer.rules.touched import Touched

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from importer.chunks import Source
    from importer.columns import ColumnPlan
    from importer.columns.column_use import State
    from importer.draft.tables import DraftTable, Part
    from importer.model import Issue

MOST_CHANGED = 0.25
"""Share of the parts that may have changed where only rows near to these are looked at again."""
FEW_ISSUES = 500
"""Issues across rows that are found again as quickly as kept."""


@dataclass(slots=True)
class Checked:
    """What checking a draft as a whole gave.

    Attributes:
        stopped: shape (layers,), bool: rows with an error, by their ordinal.
        stack_issues: what the rules say that look across all rows.
        late: what is said of inputs as a whole, and of what a mapping file names and no input has.
        starts: ordinal of the first layer of each part, in order.
        parts: the parts, in order, each with its table.
    """

    stopped: npt.NDArray[np.bool_]
    stack_issues: StackIssues = field(default_factory=StackIssues)
    late: tuple[Issue, ...] = ()
    starts: list[int] = field(default_factory=list)
    parts: list[tuple[DraftTable, Part]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.stopped)

    @property
    def valid(self) -> int:
        """How many of them could be sent."""
        return int(np.count_nonzero(~self.stopped))

    def list_issues(self) -> list[Issue]:
        """Return all issues, those of tables first."""
        tables = {table.number: table for table, _ in self.parts}
        found = [issue for table in tables.values() for issue in table.issues]
        found += self.late
        for _, part in self.parts:
            found += part.issues
        return [*found, *self.stack_issues]

    def find_part(self, seq: int) -> tuple[DraftTable, Part]:
        """Return the part that a row is of."""
        return self.parts[bisect_right(self.starts, seq) - 1]


def recheck(
    tables: Sequence[DraftTable], reading: Reading, sources: Sequence[Source], before: Checked | None = None
) -> Checked:
    """Check all parts that were edited, or whose table is understood otherwise by that; the others stay as they are.

    Args:
        tables: the tables.
        reading: how they are read and weighed.
        sources: the inputs.
        before: what checking gave before the edit; None to look across all rows again.
    """
    rules = StackRules(max_layers=reading.check.max_layers)
    start = 0
    bad: list[npt.NDArray[np.bool_]] = []
    changed: list[bool] = []
    checked = Checked(np.zeros(0, np.bool_))
    for table in tables:
        turns = _understand(table, reading)
        plan = table.plan
        if plan is None:
            continue
        is_table_bad = has_error(table.issues)
        state: State = (None, (), None)
        for part in table.parts:
            changed.append(_check_part(table, part, plan, reading, start=start, state=state, turns=turns))
            if part.layers is None or part.after is None:
                raise RuntimeError("a part was left unchecked")
            state = part.after
            rules.add(part.layers)
            checked.starts.append(start)
            checked.parts.append((table, part))
            start += len(part.bad)
            bad.append(part.bad | is_table_bad)
        table.issues = (*table.issues, *judge_issues(_list_blank_notes(table), reading.check))
    if reading.mapping is not None:
        seen = {table.head.sheet for table in tables}
        checked.late = tuple(judge_issues(list_absent(reading.mapping, seen, sources), reading.check))
    checked.stopped = np.concatenate(bad) if bad else np.zeros(0, np.bool_)
    if has_error(checked.late) and tables:
        last = [at for at, (table, _) in enumerate(checked.parts) if table is tables[-1]]
        checked.stopped[checked.starts[last[0]] :] = True
    notes = [note for source in sources for note in source.notes]
    checked.late = (*judge_issues(notes, reading.check), *checked.late)
    checked.stack_issues = _look_across(rules, checked, before, np.asarray(changed, np.bool_), reading)
    checked.stack_issues.stop_rows(checked.stopped)
    if reading.check.whole_stacks:
        parted = StackIssues.of(rules.iter_parted(checked.stopped.copy()))
        checked.stack_issues.codes |= parted.codes
        parted.stop_rows(checked.stopped)
    for _, part in checked.parts:
        part.earlier = None
    return checked


def _look_across(
    rules: StackRules, checked: Checked, before: Checked | None, changed: npt.NDArray[np.bool_], reading: Reading
) -> StackIssues:
    """Return what the rules say across all rows: again, of the rows that have something in common with changed ones."""
    is_small = changed.sum() <= len(changed) * MOST_CHANGED and len(before.stack_issues if before else ()) >= FEW_ISSUES
    if before is None or not is_small:
        return StackIssues.of(judge_issues(rules.iter_issues(), reading.check))
    parts = [part for (_, part), is_changed in zip(checked.parts, changed, strict=True) if is_changed]
    chunks = [chunk for part in parts for chunk in (part.earlier, part.layers) if chunk is not None]
    moved = np.asarray(checked.starts, np.int64) - np.asarray(before.starts, np.int64)
    found = StackIssues()
    for code, seqs, issues in rules.iter_touched(Touched.of(chunks)):
        is_anew = np.zeros(len(checked.stopped), np.bool_)
        is_anew[seqs] = True
        fresh = CodeIssues.of(judge_issues(issues, reading.check))
        known = before.stack_issues.codes.get(code)
        if known is not None:
            owners = np.searchsorted(before.starts, known.seqs, side="right") - 1
            kept = np.flatnonzero(~changed[owners])
            now = known.seqs + moved[owners]
            kept = kept[~is_anew[now[kept]]]
            fresh = known.keep(now, kept).join(fresh)
        if len(fresh.seqs):
            found.codes[code] = fresh
    return found


def _understand(table: DraftTable, reading: Reading) -> Turns | None:
    """Plan the columns of a table again where its first rows were edited; return its turns, if it has any.

    Where its columns are understood otherwise, or layers are counted from the top, all its rows are checked again.
    """
    edited = [part for part in table.parts if part.layers is None]
    if not edited and table.plan is not None:
        table.issues = _weigh(table, table.plan, reading)
        return None
    before = table.plan
    is_above = table.plan is not None and edited[0].first >= len(table.head.rows)
    if table.plan is None or not is_above:
        plan = plan_table(apply_overlay(table.head, table.overlay), reading)
        table.plan = table.plan if table.plan == plan else plan
    if table.plan is None:
        raise RuntimeError("a table has no plan")
    table.issues = _weigh(table, table.plan, reading)
    if table.plan is not before or table.plan.is_turned:
        for part in table.parts:
            part.forget()
    if not table.plan.is_turned:
        return None
    turns = Turns()
    for part in table.parts:
        fields = arrange_chunk(part.take(table.overlay), table.plan, start=0)
        turns.add(normalise_chunk(fields))
    return turns


def _weigh(table: DraftTable, plan: ColumnPlan, reading: Reading) -> tuple[Issue, ...]:
    return tuple(judge_issues((*table.said, *plan.issues), reading.check))


def _list_blank_notes(table: DraftTable) -> list[Issue]:
    """Return the notes of rows that the edits have left blank; what the reader says of the table is known already."""
    parts = [part for part in table.parts if part.now is not None]
    return [issue for part in parts if part.now for issue in part.now.table_issues[len(part.raw.table_issues) :]]


def _check_part(
    table: DraftTable,
    part: Part,
    plan: ColumnPlan,
    reading: Reading,
    *,
    start: int,
    state: State,
    turns: Turns | None,
) -> bool:
    """Check a part, unless it is as it was and so is what was known above it; tell whether it was checked."""
    if part.layers is None or part.before != state:
        part.earlier = part.earlier or part.layers
        if part.earlier is not None and part.known is reading.known:
            reading.known.learn(part.earlier)
        part.known = reading.known
        raw = part.take(table.overlay)
        plan.state.take_over(state)
        part.before = state
        part.layers, part.bad, part.issues = check_chunk(raw, plan, reading, start=start, turns=turns)
        part.after = plan.state.freeze()
        part.marks = part.tallies = None
        return True
    if part.layers.fields.start != start:
        moved = start - part.layers.fields.start
        part.layers = replace(part.layers, fields=replace(part.layers.fields, start=start))
        part.issues = tuple(
            issue if issue.seq is None else replace(issue, seq=issue.seq + moved) for issue in part.issues
        )
        part.marks = part.tallies = None
    return False
