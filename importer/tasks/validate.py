"""Reading inputs through the row and stack rules: what a check does, and the first half of every import."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field, fields, replace
from html import escape
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from importer.check import CHECKED_ROWS, has_error, iter_checked_chunks, tell_sources
from importer.columns import load_mapping
from importer.context import Context, require_settings
from importer.errors import InputError, NothingToDoError
from importer.formats.digest import DELIMITED, ReadText, mark_file
from importer.formats.sources import hold_sources
from importer.issues.unreadable import UNREADABLE_FILE
from importer.model import Issue, Severity, has_keys
from importer.report.drawing.drawn_stacks import DRAWN, draw_figures, list_checked_stacks
from importer.report.findings import Extent, FileCount, Findings
from importer.report.screen.lines import make_issues_frame
from importer.rules import KeptIssues, StackRules, judge_issues
from importer.settings import CheckSettings, ReadSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from importer.check import CheckedChunk
    from importer.chunks import Source
    from importer.formats.sources.inputs import Inputs
    from importer.rules import StackVerdict

EXIT_UNREADABLE = InputError.exit_code
_NAMED = 5
"""Inputs without rows that a message names."""
_ERRORS_SHOWN = 10
"""Errors that a notebook lists above the drawn stacks."""


@dataclass(frozen=True, slots=True, repr=False)
class Validation:
    """What validating found.

    Attributes:
        rows: rows read: layers that the inputs name, and rows that yield none.
        valid: rows that could be sent.
        issues: everything that is to be said, in input order, whole tables first; the first of each code where the
            caller wanted no more.
        counts: code -> how many issues of it there are.
        frame: one line a row: ``source``, ``sheet``, ``row``, ``valid`` and the typed layer and sample fields;
            None where the caller didn't want it kept.
        stacks: for each stack whether all, some or none of it can be sent, with its missing positions; the first of
            those that can't be sent completely where the caller wanted no more.
        open_stacks: how many stacks can't be sent completely.
        sources: the inputs that were read, as they were named.
    """

    rows: int
    valid: int
    issues: tuple[Issue, ...]
    frame: pd.DataFrame | None = None
    stacks: tuple[StackVerdict, ...] = ()
    open_stacks: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return the counts in a line; the rows and issues are in their attributes."""
        names = ", ".join(self.sources[:_NAMED]) + (", ..." if len(self.sources) > _NAMED else "")
        issues = sum(self.counts.values())
        said = "1 issue" if issues == 1 else f"{issues:,} issues"
        return f"<Validation of {names}: {self.valid:,} of {self.rows:,} rows valid, {said}>"

    @property
    def exit_code(self) -> int:
        """0 when every row is valid, 1 when some isn't, 2 when some file can't be read."""
        return EXIT_UNREADABLE if self.unreadable else int(self.valid != self.rows)

    @property
    def unreadable(self) -> int:
        """How many of several files can't be read."""
        return self.counts.get(UNREADABLE_FILE.code, 0)

    @property
    def issues_frame(self) -> pd.DataFrame:
        """The issues as a DataFrame, one line an issue: code, severity, place, value, message, suggestion."""
        return make_issues_frame(self.issues)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the counts, the errors, and the stacks drawn, those with invalid rows first."""
        bad = self.rows - self.valid
        head = f"<p><b>{self.valid:,}</b> of {self.rows:,} rows valid" + (f", {bad:,} to fix</p>" if bad else "</p>")
        errors = [issue for issue in self.issues if issue.severity is Severity.ERROR]
        lines = "".join(
            f"<li>{escape(str(issue.where))}: {escape(issue.message)}</li>" for issue in errors[:_ERRORS_SHOWN]
        )
        if len(errors) > _ERRORS_SHOWN:
            lines += f"<li>and {len(errors) - _ERRORS_SHOWN:,} more errors</li>"
        drawn, stacks = ([], 0) if self.frame is None else list_checked_stacks(self.frame, most=DRAWN)
        return draw_figures(drawn, head + (f"<ul>{lines}</ul>" if lines else ""), stacks=stacks)


@dataclass(frozen=True, slots=True, repr=False)
class CheckedInputs(Validation):
    """What validating found, with what only this package's own reports and summaries need.

    Attributes:
        extent: what the summary on the screen says of several files, and of issues that it has only the first of.
        texts: the inputs that are delimited texts, as they were read.
    """

    extent: Extent = field(default_factory=Extent)
    texts: tuple[ReadText, ...] = ()

    @property
    def findings(self) -> Findings:
        """What reports need of it."""
        texts = {text.name: text for text in self.texts}
        return Findings(self.rows, self.valid, self.issues, self.sources, self.stacks, texts=texts)


def read_check(checked: Validation) -> CheckedInputs:
    """Return a check with what this package needs of it; one that `validate` didn't make has none of that."""
    if isinstance(checked, CheckedInputs):
        return checked
    return CheckedInputs(**{each.name: getattr(checked, each.name) for each in fields(checked)})


def validate(
    inputs: Inputs,
    *,
    read: ReadSettings = ReadSettings(),
    check: CheckSettings = CheckSettings(),
    context: Context | None = None,
    keep_frame: bool = True,
    keep_stacks: int | None = None,
    keep_issues: int | None = None,
) -> Validation:
    """Read and check inputs, sending nothing.

    Args:
        inputs: files, folders, glob patterns, ``-`` for standard input, open files, DataFrames, or a list of dicts; one
            or a list of them.
        read: how the inputs are read.
        check: how rows are weighed: strict, codes to ignore, ...
        context: who watches the rows being read.
        keep_frame: whether the result carries the typed rows as a DataFrame.
        keep_stacks: how many verdicts it carries, on the first incomplete stacks; None for all.
        keep_issues: how many issues of each code it carries, those of the first rows; None for all.

    Raises:
        InputError: an input can't be read at all.
        InputLimitError: there are more issues than can be held.
        NothingToDoError: the inputs name no row.
    """
    require_settings(read=read, check=check, context=context)
    stack_rules = StackRules(max_layers=check.max_layers)
    found = _Found(KeptIssues(keep_issues))
    with hold_sources(inputs, read) as sources:
        texts = tuple(_mark_texts(sources, read))
        read = replace(read, skip_unreadable=True)
        context = context or Context()
        for checked in iter_checked_chunks(
            sources, stack_rules, read=read, check=check, context=context, chunk_rows=CHECKED_ROWS
        ):
            found.add(checked, keep_frame=keep_frame)
    stopped, issues = found.join_stopped(), found.issues
    require_rows(len(stopped), sources)
    issues.add(_stop_rows(judge_issues(stack_rules.iter_issues(), check), stopped))
    if check.whole_stacks:
        issues.add(_stop_rows(stack_rules.iter_parted(stopped.copy()), stopped))
    stacks = stack_rules.find_verdicts(stopped)
    verdicts = tuple(stacks.iter_all() if keep_stacks is None else islice(stacks.iter_open(), keep_stacks))
    return CheckedInputs(
        rows=len(stopped),
        valid=int((~stopped).sum()),
        issues=issues.list_in_order(),
        frame=found.join_frame(stopped) if keep_frame else None,
        stacks=verdicts,
        open_stacks=stacks.open_count,
        counts=issues.counts,
        sources=tuple(source.name for source in sources),
        extent=Extent(issues.counts, issues.headers, found.count_files(sources, stopped), stacks.open_count),
        texts=texts,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What the chunks of a check add up to.

    Attributes:
        issues: what is to be said of their rows.
        bad: the rows of each that are stopped.
        spans: the input of each, and its rows.
        bad_tables: the rows of tables that are stopped as a whole.
        frames: the typed rows of each, where they are kept.
    """

    issues: KeptIssues
    bad: list[npt.NDArray[np.bool_]] = field(default_factory=list)
    spans: list[tuple[str, int]] = field(default_factory=list)
    bad_tables: list[slice] = field(default_factory=list)
    frames: list[pd.DataFrame] = field(default_factory=list)

    def add(self, checked: CheckedChunk, *, keep_frame: bool) -> None:
        self.issues.add((*checked.file_issues, *checked.table_issues, *checked.issues))
        self.bad.append(checked.bad)
        self.spans.append((checked.layers.fields.raw.source, len(checked.bad)))
        if has_error(checked.table_issues):
            self.bad_tables.append(slice(checked.table_start, checked.layers.fields.start))
        if keep_frame:
            self.frames.append(_make_frame(checked))

    def join_stopped(self) -> npt.NDArray[np.bool_]:
        """Return which rows are stopped, of all chunks."""
        stopped = np.concatenate([*self.bad, np.zeros(0, dtype=np.bool_)])
        for rows in self.bad_tables:
            stopped[rows] = True
        return stopped

    def join_frame(self, stopped: npt.NDArray[np.bool_]) -> pd.DataFrame:
        """Return the typed rows of all chunks, with whether each is valid."""
        import pandas as pd  # noqa: PLC0415  # most checks keep no frame, and start in half the time

        frame = pd.concat(self.frames, ignore_index=True)
        frame.insert(3, "valid", ~stopped)
        return frame

    def count_files(self, sources: Sequence[Source], stopped: npt.NDArray[np.bool_]) -> tuple[FileCount, ...]:
        """Return the counts of each input."""
        rows, bad = Counter[str](), Counter[str]()
        start = 0
        for name, count in self.spans:
            rows[name] += count
            bad[name] += int(stopped[start : start + count].sum())
            start += count
        names = dict.fromkeys(source.name for source in sources)
        return tuple(FileCount(name, rows[name], rows[name] - bad[name], self.issues.sources[name]) for name in names)


def _mark_texts(sources: Sequence[Source], read: ReadSettings) -> Iterator[ReadText]:
    """Yield the delimited texts among some inputs, as they are before they are read."""
    for each in tell_sources(sources, None if read.mapping is None else load_mapping(read.mapping)):
        if each.format not in DELIMITED or each.fault:
            continue
        with contextlib.suppress(InputError):  # who reads it says what is wrong with it
            mark, layout = mark_file(each.path, name=each.name), each.layout
            yield ReadText(
                each.name, each.path, each.format, each.encoding, layout, mark, is_transposed=layout.is_transposed
            )


def _stop_rows(issues: Iterable[Issue], stopped: npt.NDArray[np.bool_]) -> Iterator[Issue]:
    """Yield issues, and mark the rows of errors among them."""
    for issue in issues:
        if issue.severity is Severity.ERROR and issue.seq is not None:
            stopped[issue.seq] = True
        yield issue


def require_rows(rows: int, sources: Sequence[Source]) -> None:
    """Refuse inputs that name no row.

    Raises:
        NothingToDoError: there is none.
    """
    if not rows:
        raise NothingToDoError(_word_nothing([source.name for source in sources]))


def _word_nothing(names: Sequence[str]) -> str:
    """Return in words that there is no row in some inputs: a table has a header and rows, a stack file has layers."""
    if len(names) > 1:
        return f"There are no rows in any of {', '.join(names[:_NAMED])}{' and more' if len(names) > _NAMED else ''}."
    return f"{names[0]} has no layers." if has_keys(names[0]) else f"{names[0]} has a header but no rows."


def _make_frame(checked: CheckedChunk) -> pd.DataFrame:
    fields = checked.layers.fields
    frame = checked.layers.frame
    frame.insert(0, "source", fields.raw.source)
    frame.insert(1, "sheet", fields.raw.sheet)
    frame.insert(2, "row", fields.raw.rows[fields.index])
    return frame
