"""What a check has found, as its reports need it; a run's issues in the same form."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from importer.formats.digest import DELIMITED, ReadText
from importer.model import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from importer.model import Issue
    from importer.rules import StackVerdict
    from importer.run import RunFile


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check has found.

    Attributes:
        rows: rows read.
        valid: rows that could be sent.
        issues: everything that was said, whole tables first.
        sources: the inputs that were read, as they were named; those without an issue too.
        stacks: the verdict on each stack, where there is one.
        error: what stopped the check before its end, in a sentence.
        texts: the inputs that are delimited texts, by name: in them a cell's character can be found again.
    """

    rows: int
    valid: int
    issues: Sequence[Issue]
    sources: tuple[str, ...] = ()
    stacks: Sequence[StackVerdict] = ()
    error: str | None = None
    texts: Mapping[str, ReadText] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class FileCount:
    """One file of a check: its rows, how many of them are valid, how many issues it has."""

    name: str
    rows: int
    valid: int
    issues: int


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a check found, where its summary is given only the first of it.

    Attributes:
        counts: code -> how many issues of it there are; None where all are given.
        headers: code and header -> how many tables have this issue of this header.
        files: the files that were checked.
        open_stacks: how many stacks aren't complete; None where all are given.
    """

    counts: Mapping[str, int] | None = None
    headers: Mapping[tuple[str, str], int] = field(default_factory=dict)
    files: tuple[FileCount, ...] = ()
    open_stacks: int | None = None


def find_in_run(run: RunFile) -> Findings:
    """Return what was found in the inputs of a run."""
    counts = run.count_statuses()
    rows = sum(counts.values())
    inputs = tuple(run.iter_inputs())
    sources = tuple(record.name for record in inputs)
    turned = {table.source for table in run.iter_tables() if (table.header_row or 0) < 0}
    texts = {
        each.name: ReadText(
            each.name, Path(each.path), each.format, sha256=each.sha256, is_transposed=each.name in turned
        )
        for each in inputs
        if each.format in DELIMITED
    }
    return Findings(rows, rows - counts.get(Status.INVALID, 0), tuple(run.iter_issues()), sources, texts=texts)
