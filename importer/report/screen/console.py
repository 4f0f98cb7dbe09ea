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

from importer.model import GOOD_STATUSES, Status, Where
from importer.report.escape import escape_text, shorten_text
from importer.report.findings import Extent
from importer.report.screen.issue_blocks import list_issue_blocks
from importer.report.screen.several_runs import list_run_lines
from importer.report.screen.summary import count_words, iter_answers, state_verdict, tally_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from importer.model import Issue
    from importer.report.findings import FileCount
    from importer.report.screen.summary import Tally
    from importer.rules import StackVerdict
    from importer.run import RowRecord, RunFile, StackRecord

STACKS_SHOWN = 20
"""Stacks that the summary names, of those that need attention; reports name all."""

FILES_SHOWN = 20
"""Files that the summary of a check names; those that need attention come first."""

RUNS_SHOWN = 20
"""Of several runs those that are named because they need attention."""

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


def make_run_summary(run: RunFile, *, all_places: bool = False) -> RenderableType:
    """Return the summary of a run: issues, counts by status, stacks, of several also the runs, and the verdict.

    Args:
        run: an open run file.
        all_places: name every place of every issue, and all stacks.
    """
    tally = tally_run(run)
    good = {*GOOD_STATUSES, Status.NOT_SENT} if tally.is_rehearsal else GOOD_STATUSES
    parts: list[RenderableType] = list(list_issue_blocks(run.iter_issues(), all_places=all_places, by_code=True))
    if parts:
        parts.append(_SPACE)
    parts.append(make_status_table(tally))
    parts += _list_words(run, tally)
    parts.append(_SPACE)
    stacks = make_stack_table(run.iter_stacks(), good=good, all_stacks=all_places)
    if stacks is not None:
        parts += [stacks, _SPACE]
    parts += _list_runs(run, all_runs=all_places)
    parts.append(Text(state_verdict(tally), style="bold green" if tally.is_good else "bold red"))
    return Group(*parts)


def _list_runs(run: RunFile, *, all_runs: bool) -> Iterator[RenderableType]:
    """Yield, of several runs, those that need attention with the command that goes on with each."""
    lines = [line for line in list_run_lines(run) if not line.is_good]
    shown = lines if all_runs else lines[:RUNS_SHOWN]
    for line in shown:
        yield Text.assemble((escape_text(line.path), "cyan"), ": ", shorten_text(line.result, WORDS_LONGEST))
        if line.command:
            yield Text(f"  Continue with: {escape_text(line.command)}")
    if len(lines) > len(shown):
        yield Text(f"and {count_words(len(lines) - len(shown), 'run')} more", style="dim")
    if shown:
        yield _SPACE


def make_check_summary(
    rows: int,
    valid: int,
    issues: Iterable[Issue],
    *,
    stacks: Iterable[StackVerdict] = (),
    extent: Extent | None = None,
    all_places: bool = False,
) -> RenderableType:
    """Return the summary of a check: files if there are several, issues, incomplete stacks, the result in a sentence.

    Args:
        rows: rows read.
        valid: rows that could be sent.
        issues: all issues, or the first ones of each code.
        stacks: the verdicts on the stacks; those that are complete aren't shown.
        extent: how much there is where not all is given, and the files.
        all_places: name every place of every issue, and every incomplete stack, not the first ones only.
    """
    extent = extent or Extent()
    parts: list[RenderableType] = []
    if len(extent.files) > 1:
        parts += [make_file_table(extent.files, all_files=all_places), _SPACE]
    parts += list_issue_blocks(issues, all_places=all_places, counts=extent.counts, headers=extent.headers)
    lines = [describe_verdict(stack) for stack in stacks if stack.verdict != "complete"]
    shown = lines if all_places else lines[:STACKS_SHOWN]
    parts += [Text(escape_text(line)) for line in shown]
    hidden = (len(lines) if extent.open_stacks is None else extent.open_stacks) - len(shown)
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


def make_file_table(files: Sequence[FileCount], *, all_files: bool = False) -> Table:
    """Return the files with their counts: those with invalid rows or issues first, at most `FILES_SHOWN`."""
    ordered = sorted(files, key=lambda each: (each.valid == each.rows, not each.issues))
    shown = ordered if all_files else ordered[:FILES_SHOWN]
    hidden = len(files) - len(shown)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_footer=hidden > 0)
    table.add_column("file", footer=f"and {count_words(hidden, 'file')} more", overflow="fold")
    for heading in ("rows", "valid", "issues"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in shown:
        style = "red" if each.valid != each.rows else ""
        table.add_row(escape_text(each.name), f"{each.rows:,}", Text(f"{each.valid:,}", style), f"{each.issues:,}")
    return table


def describe_verdict(stack: StackVerdict) -> str:
    """Return in words how much of a stack can be sent, and which of its layers are missing or invalid."""
    words = f"Sample {stack.label}: {stack.ready:,} of {count_words(stack.layers, 'layer')} can be sent"
    if not stack.missing:
        return words
    named = ", ".join(str(position) for position in stack.missing[:MISSING_SHOWN])
    more = " ..." if len(stack.missing) > MISSING_SHOWN else ""
    what = f"layer {named} is" if len(stack.missing) == 1 else f"layers {named}{more} are"
    return f"{words} ({what} missing or invalid)"


def make_status_table(tally: Tally) -> Table:
    """Return the counts by status with what each means and what comes next; the last line adds them up."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_footer=True)
    table.add_column("status", footer="rows", no_wrap=True)
    table.add_column("rows", justify="right", footer=f"{tally.rows:,}", no_wrap=True)
    table.add_column("meaning")
    table.add_column("next step")
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


def make_stack_table(
    stacks: Iterable[StackRecord], *, good: Iterable[Status] = GOOD_STATUSES, all_stacks: bool = False
) -> Table | None:
    """Return the stacks that need attention with their counts by status, at most `STACKS_SHOWN`; None without any.

    Args:
        stacks: any number of stacks; only those shown are kept.
        good: the statuses after which nothing is left to do.
        all_stacks: show all stacks, those that need attention first.
    """
    done = frozenset(good)
    shown: list[StackRecord] = []
    good_stacks: list[StackRecord] = []
    hidden = 0
    for stack in stacks:
        is_good = all(status in done for status in stack.counts)
        if is_good and all_stacks:
            good_stacks.append(stack)
        elif not is_good and (all_stacks or len(shown) < STACKS_SHOWN):
            shown.append(stack)
        else:
            hidden += not is_good
    shown += good_stacks
    if not shown:
        return None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_footer=hidden > 0)
    table.add_column("stack", footer=f"and {count_words(hidden, 'stack')} more")
    table.add_column("layers", justify="right", no_wrap=True)
    table.add_column("result")
    for stack in shown:
        result = Text(", ").join(
            Text(f"{stack.counts[status]:,} {status.words}", style=_STYLES[status])
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
