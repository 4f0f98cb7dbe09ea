"""What a person sees at the terminal: progress while it runs, a summary at its end.

Nothing here prints by itself: renderables are returned, or drawn on the console that is given. All text from files
and from the server is escaped and never read as markup.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from importer.model import GOOD_STATUSES, Severity, Status, Where
from importer.report.escape import escape_text, shorten_text
from importer.report.screen.summary import FIRST, count_words, group_issues, iter_answers, state_verdict, tally_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import RenderableType

    from importer.model import Issue
    from importer.report.screen.summary import IssueGroup, Tally
    from importer.rules import StackVerdict
    from importer.run import RowRecord, RunFile, StackRecord

STACKS_SHOWN = 20
"""Stacks that the summary names; those with open rows come first, files name all."""

WORDS_SHOWN = 3
"""Rows of each status whose words stand below the counts; files have all."""

WORDS_LONGEST = 300
"""Characters of one row's words on the screen."""

MISSING_SHOWN = 10
"""Missing positions of a stack that are named."""

_STYLES = {
    Status.CREATED: "green",
    Status.UPDATED: "green",
    Status.UNCHANGED: "green",
    Status.CONFLICT: "yellow",
    Status.INVALID: "red",
    Status.REFUSED: "red",
    Status.FAILED: "red",
    Status.UNCONFIRMED: "bold magenta",
    Status.NOT_SENT: "yellow",
}
_SPOKEN = (Status.CONFLICT, Status.REFUSED, Status.FAILED)
_SPACE = Text("")
_SEVERITY_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def make_run_summary(run: RunFile, *, all_places: bool = False) -> RenderableType:
    """Return the summary of a run: verdict, issues, counts by status, stacks.

    Args:
        run: an open run file.
        all_places: name every place of every issue, not the first ones only.
    """
    tally = tally_run(run)
    good = {*GOOD_STATUSES, Status.NOT_SENT} if tally.is_rehearsal else GOOD_STATUSES
    parts: list[RenderableType] = list(list_issue_groups(run.iter_issues(), all_places=all_places))
    if parts:
        parts.append(_SPACE)
    parts.append(make_status_table(tally))
    parts += _list_words(run, tally)
    parts += [_SPACE, make_stack_table(run.iter_stacks(), good=good), _SPACE]
    parts.append(Text(state_verdict(tally), style="bold green" if tally.is_good else "bold yellow"))
    return Group(*parts)


def make_check_summary(
    rows: int,
    valid: int,
    issues: Iterable[Issue],
    *,
    counts: Mapping[str, int] | None = None,
    stacks: Iterable[StackVerdict] = (),
    open_stacks: int | None = None,
    all_places: bool = False,
) -> RenderableType:
    """Return the summary of a check: issues, the stacks that can't get in whole, the verdict in one sentence.

    Args:
        rows: rows read.
        valid: rows that could be sent.
        issues: everything that is to be said, or the first issues of each code.
        counts: code -> how many issues of it there are, where not all are given.
        stacks: the verdicts on the stacks; those that are complete aren't shown.
        open_stacks: how many stacks aren't complete, where not all are given.
        all_places: name every place of every issue, and every open stack, not the first ones only.
    """
    parts: list[RenderableType] = list(list_issue_groups(issues, all_places=all_places, counts=counts))
    lines = [describe_verdict(stack) for stack in stacks if stack.verdict != "complete"]
    shown = lines if all_places else lines[:STACKS_SHOWN]
    parts += [Text(escape_text(line)) for line in shown]
    hidden = (len(lines) if open_stacks is None else open_stacks) - len(shown)
    if hidden > 0:
        parts.append(Text(f"and {hidden:,} more stacks that can't be sent completely"))
    if parts:
        parts.append(_SPACE)
    if valid == rows:
        parts.append(Text(f"{count_words(rows, 'row')}, all valid.", style="bold green"))
    else:
        bad = rows - valid
        words = f"{valid:,} of {count_words(rows, 'row')} valid; {count_words(bad, 'row')} to fix."
        parts.append(Text(words, style="bold red"))
    return Group(*parts)


def describe_verdict(stack: StackVerdict) -> str:
    """Return in words how much of a stack can be sent, and which of its layers are missing or invalid."""
    words = f"Sample {stack.label}: {stack.ready:,} of {count_words(stack.layers, 'layer')} can be sent"
    if not stack.missing:
        return words
    named = ", ".join(str(position) for position in stack.missing[:MISSING_SHOWN])
    more = " ..." if len(stack.missing) > MISSING_SHOWN else ""
    what = f"layer {named} is" if len(stack.missing) == 1 else f"layers {named}{more} are"
    return f"{words} ({what} missing or invalid)"


def list_issue_groups(
    issues: Iterable[Issue], *, all_places: bool = False, counts: Mapping[str, int] | None = None
) -> Iterator[RenderableType]:
    """Yield a block for each code among the issues: how many, the first places, what to do."""
    for group in group_issues(issues, first=10**9 if all_places else FIRST, counts=counts):
        yield _make_issue_block(group)


def make_status_table(tally: Tally) -> Table:
    """Return the counts by status with what each means and what comes next; the last line adds them up."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_footer=True)
    table.add_column("status", footer="rows")
    table.add_column("rows", justify="right", footer=f"{tally.rows:,}")
    table.add_column("meaning")
    table.add_column("next step", overflow="fold")
    for line in iter_answers(tally):
        table.add_row(Text(line.status.value, style=_STYLES[line.status]), f"{line.count:,}", line.meaning, line.step)
    return table


def _list_words(run: RunFile, tally: Tally) -> Iterator[RenderableType]:
    """Yield why the first rows in conflict, refused and failed aren't in: the server's words, where it gave some."""
    for status in _SPOKEN:
        count = tally.counts.get(status, 0)
        if not count:
            continue
        yield _SPACE
        yield Text.assemble((status.value, _STYLES[status]), f": {count_words(count, 'row')}")
        for record in itertools.islice(run.iter_rows(statuses=[status]), WORDS_SHOWN):
            words = shorten_text(record.message or "no reason was given", WORDS_LONGEST)
            yield Padding(Text.assemble((_name_row(record), "cyan"), ": ", words), (0, 0, 0, 2), expand=False)
        if count > WORDS_SHOWN:
            yield Padding(Text(f"... and {count - WORDS_SHOWN:,} more", style="dim"), (0, 0, 0, 2), expand=False)
    if tally.finer.held and not tally.is_rehearsal:
        yield from _list_blocked(run, tally.finer.held)


def _list_blocked(run: RunFile, count: int) -> Iterator[RenderableType]:
    """Yield which layers keep the first of the blocked rows from being sent."""
    yield _SPACE
    yield Text.assemble(("blocked", _STYLES[Status.NOT_SENT]), f": {count_words(count, 'row')}")
    blocked = (record for record in run.iter_rows(statuses=[Status.NOT_SENT]) if record.held_by is not None)
    for record in itertools.islice(blocked, WORDS_SHOWN):
        words = shorten_text(record.message, WORDS_LONGEST)
        yield Padding(Text.assemble((_name_row(record), "cyan"), ": ", words), (0, 0, 0, 2), expand=False)
    if count > WORDS_SHOWN:
        yield Padding(Text(f"... and {count - WORDS_SHOWN:,} more", style="dim"), (0, 0, 0, 2), expand=False)


def _name_row(record: RowRecord) -> str:
    """Return a row's place in its input, and which layer of which sample it is."""
    sample = record.sample_name if record.sample_name is not None else f"sample {record.sample_id}"
    place = escape_text(str(Where(record.source, record.sheet, record.row)))
    return f"{place} ({shorten_text(sample)}, layer {record.layer_id})"


def make_stack_table(stacks: Iterable[StackRecord], *, good: Iterable[Status] = GOOD_STATUSES) -> Table | Text:
    """Return the stacks with their counts by status: those with open rows first, at most `STACKS_SHOWN`.

    Args:
        stacks: any number of stacks; only those shown are kept.
        good: the statuses after which nothing is left to do.
    """
    done, is_good = frozenset(good), 0
    open_stacks: list[StackRecord] = []
    good_stacks: list[StackRecord] = []
    hidden = 0
    for stack in stacks:
        kept = good_stacks if all(status in done for status in stack.counts) else open_stacks
        is_good += kept is good_stacks
        if len(kept) < STACKS_SHOWN:
            kept.append(stack)
        else:
            hidden += 1
    shown = (open_stacks + good_stacks)[:STACKS_SHOWN]
    hidden += len(open_stacks) + len(good_stacks) - len(shown)
    if not shown:
        return Text("")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_footer=hidden > 0)
    table.add_column("stack", footer=f"and {count_words(hidden, 'stack')} more")
    table.add_column("layers", justify="right")
    table.add_column("result")
    for stack in shown:
        result = Text(", ").join(
            Text(f"{stack.counts[status]:,} {status.value}", style=_STYLES[status])
            for status in Status
            if status in stack.counts
        )
        table.add_row(Text(name_stack(stack)), f"{sum(stack.counts.values()):,}", result)
    return table


def name_stack(stack: StackRecord) -> str:
    """Return a stack's name for people, with the id of its target material where both are known."""
    name = shorten_text(stack.label)
    if stack.sample_name is not None and stack.sample_id is not None:
        return f"{name} (sample {stack.sample_id})"
    return name


def _is_told(suggestion: str, issue: Issue) -> bool:
    """Tell whether a message names the suggestion already, elsewhere than in the text that it quotes."""
    return suggestion in issue.message.replace(repr((issue.value or "").strip()), "")


def _make_issue_block(group: IssueGroup) -> RenderableType:
    head = Text.assemble(
        (f"{group.severity.value} ", _SEVERITY_STYLES[group.severity]),
        (group.code, "bold"),
        f": {count_words(group.count, 'time')}",
    )
    lines = [Text.assemble((_name_place(issue), "cyan"), ": ", escape_text(issue.message)) for issue in group.first]
    for line, issue in zip(lines, group.first, strict=True):
        if issue.suggestion is not None and not _is_told(issue.suggestion, issue):
            line.append(f" Did you mean {shorten_text(issue.suggestion)}?")
    if group.count > len(lines):
        lines.append(Text(f"... and {group.count - len(lines):,} more", style="dim"))
    remedy = " ".join(filter(None, (group.remedy, group.option and f"Or add {group.option}.")))
    if remedy:
        lines.append(Text(f"What to do: {remedy}", style="italic"))
    return Group(head, *(Padding(line, (0, 0, 0, 2), expand=False) for line in lines))


def _name_place(issue: Issue) -> str:
    return escape_text(str(issue.where))
