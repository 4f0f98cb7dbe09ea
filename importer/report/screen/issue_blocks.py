"""The issues of a check or a run as a person reads them: each at its place, those of one code together.

Issues of one file come in the order of its rows, as linters show them, with places that terminals make clickable;
those of several files, and of a run, come by how much they weigh. All text from files is escaped and never read as
markup.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from importer.model import Severity, Where
from importer.report.escape import escape_text, shorten_text
from importer.report.screen.summary import FIRST, count_words, group_issues

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import RenderableType

    from importer.model import Issue
    from importer.report.screen.summary import IssueGroup

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_NO_HEADERS: Mapping[tuple[str, str], int] = {}


def list_issue_blocks(
    issues: Iterable[Issue],
    *,
    all_places: bool = False,
    counts: Mapping[str, int] | None = None,
    headers: Mapping[tuple[str, str], int] = _NO_HEADERS,
    by_code: bool = False,
) -> Iterator[RenderableType]:
    """Yield a line for each code that occurs once, and a block for each that occurs more often.

    Args:
        issues: any number of issues, in input order.
        all_places: name every place of every issue, not the first ones only.
        counts: code -> how many issues of it there are, where not all are given.
        headers: code and header -> how many tables have this issue of this header, where not all are given.
        by_code: a block also for a code that occurs once, errors first: a run has rows and answers to show besides.
    """
    first = 10**9 if all_places else FIRST
    kept = 10**9 if headers else first
    for group in group_issues(issues, first=kept, counts=counts, in_row_order=not by_code):
        yield _make_block(group, first, headers, by_code=by_code)


def name_place(where: Where) -> str:
    """Return a place as terminals make it clickable: ``log.csv:3``, ``stacks.yaml:10:18``, else in words."""
    if where.cell is not None and ":" in where.cell:
        return escape_text(f"{where.source}:{where.cell}")
    if where.sheet is None and where.row is not None:
        return escape_text(f"{where.source}:{where.row}")
    return escape_text(str(Where(where.source, where.sheet, where.row, cell=where.cell)))


def word_issue(issue: Issue) -> str:
    """Return what is wrong, and the suggestion unless the message names it already."""
    said = escape_text(issue.message)
    if issue.suggestion is not None and not _is_told(issue.suggestion, issue):
        said += f" Did you mean {shorten_text(issue.suggestion)}?"
    return said


def _make_block(
    group: IssueGroup, first: int, headers: Mapping[tuple[str, str], int], *, by_code: bool
) -> RenderableType:
    severity = (group.severity.value, _STYLES[group.severity])
    if group.count == 1 and not by_code:
        issue = group.first[0]
        field = _name_field(issue)
        head = Text.assemble(
            (name_place(issue.where), "cyan"),
            ": ",
            severity,
            field,
            f": {word_issue(issue)}",
            (f" [{group.code}]", "dim"),
        )
        lines: list[Text] = []
    else:
        head = Text.assemble(severity, " ", (group.code, "bold"), f": {count_words(group.count, 'time')}")
        lines = _list_lines(group, first, headers)
    remedy = " ".join(filter(None, (group.remedy, group.option and f"Or add {group.option}.")))
    if remedy:
        lines.append(Text(f"What to do: {remedy}", style="italic"))
    return Group(head, *(Padding(line, (0, 0, 0, 2), expand=False) for line in lines))


def _list_lines(group: IssueGroup, first: int, headers: Mapping[tuple[str, str], int]) -> list[Text]:
    """Return a line for each of the first places; the same header in several tables is one line."""
    lines: list[Text] = []
    told, seen = 0, Counter(_find_header(issue) for issue in group.first)
    done: set[tuple[str, str]] = set()
    for issue in group.first:
        header = _find_header(issue)
        if header in done:
            continue
        times = max(headers.get(header, 1), seen[header]) if header is not None else 1
        if header is not None:
            done.add(header)
        if len(lines) == first:
            break
        told += times
        place = (
            name_place(issue.where) if times == 1 else f"{times:,} tables, first in {escape_text(issue.where.source)}"
        )
        lines.append(Text.assemble((place, "cyan"), f": {word_issue(issue)}"))
    if group.count > told:
        lines.append(Text(f"... and {group.count - told:,} more", style="dim"))
    return lines


def _find_header(issue: Issue) -> tuple[str, str] | None:
    """Return the code and the header of an issue of a whole column; None for any other."""
    return None if issue.seq is not None or issue.where.column is None else (issue.code, issue.where.column)


def _name_field(issue: Issue) -> str:
    column = issue.where.column
    return "" if column is None or column in issue.message else f" in {shorten_text(column)}"


def _is_told(suggestion: str, issue: Issue) -> bool:
    """Tell whether a message names the suggestion already, elsewhere than in the text that it quotes."""
    return suggestion in issue.message.replace(repr((issue.value or "").strip()), "")
