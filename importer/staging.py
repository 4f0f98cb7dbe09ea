"""Reading inputs through the row and stack rules, and putting the rows into a run file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.columns import arrange_chunk, load_mapping, plan_columns
from importer.errors import InputError, NothingToDoError, StoppedReadingError
from importer.events import RowsRead
from importer.model import Issue, Severity
from importer.normalise import normalise_chunk
from importer.payload import build_payloads
from importer.read import digest_source, iter_raw_chunks
from importer.run import InputRecord, Stager, add_issues
from importer.validate import StackRules, check_rows

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from importer.chunks import LayerChunk, Source
    from importer.events import Watcher
    from importer.run import RunFile


@dataclass(frozen=True, slots=True)
class CheckedChunk:
    """Rows that went through the row rules.

    Attributes:
        layers: the typed rows.
        bad: shape (rows,), bool: rows with an error of their own or of their table.
        issues: the issues of the rows.
        table_issues: the issues of the whole table, found by now; an error makes all its rows bad, also those of
            earlier chunks.
        table_start: ordinal of the table's first row.
    """

    layers: LayerChunk
    bad: npt.NDArray[np.bool_]
    issues: tuple[Issue, ...]
    table_issues: tuple[Issue, ...]
    table_start: int


def iter_checked_chunks(
    sources: Sequence[Source], rules: StackRules, *, mapping: Path | None, watch: Watcher
) -> Iterator[CheckedChunk]:
    """Yield the rows of all inputs through the row rules, a chunk at a time, and show them to the stack rules.

    Raises:
        InputError: an input can't be read at all.
        MappingError: the mapping file can't be used.
    """
    given = None if mapping is None else load_mapping(mapping)
    start = table_start = 0
    is_table_bad = False
    for source in sources:
        for raw in iter_raw_chunks(source):
            table_issues = raw.table_issues
            if raw.first:
                plan = plan_columns(raw, mapping=given)
                table_issues = (*table_issues, *plan.issues)
                table_start, is_table_bad = start, False
            is_table_bad = is_table_bad or has_error(table_issues)
            layers = normalise_chunk(arrange_chunk(raw, plan, start=start))
            row_issues = (*layers.issues, *check_rows(layers))
            bad = layers.bad.copy()
            bad |= is_table_bad
            for issue in row_issues:
                if issue.severity is Severity.ERROR and issue.seq is not None:
                    bad[issue.seq - start] = True
            rules.add(layers)
            start += len(bad)
            watch(RowsRead(source.name, start))
            yield CheckedChunk(layers, bad, row_issues, table_issues, table_start)


def has_error(issues: Sequence[Issue]) -> bool:
    """Tell whether one of some issues is an error."""
    return any(issue.severity is Severity.ERROR for issue in issues)


def stage_rows(
    run: RunFile, sources: Sequence[Source], *, mapping: Path | None, watch: Watcher, stop: threading.Event
) -> None:
    """Read, check and write all rows of the inputs into a run file.

    Raises:
        InputError: an input can't be read at all, or changed while it was read.
        NothingToDoError: the inputs name no row.
        StoppedReadingError: the stop event was set; nothing was sent.
        StorageError: the run file can't be written.
    """
    inputs = [_make_input(number, source) for number, source in enumerate(sources)]
    run.add_inputs(inputs)
    stager, rules = Stager(run), StackRules()
    rows = 0
    for checked in iter_checked_chunks(sources, rules, mapping=mapping, watch=watch):
        payloads, schema_issues = build_payloads(checked.layers, checked.bad)
        stager.stage_chunk(checked.layers, payloads, (*checked.issues, *schema_issues))
        add_issues(run, checked.table_issues)
        rows += len(payloads)
        if stop.is_set():
            raise StoppedReadingError("Interrupted while the inputs were being read. Nothing was sent.")
    require_rows(rows, sources)
    for source, record in zip(sources, inputs, strict=True):
        if digest_source(source) != record.sha256:
            raise InputError(f"{source.name} changed while it was being read. Nothing was sent: import it again.")
    add_issues(run, rules.iter_issues())


def _make_input(number: int, source: Source) -> InputRecord:
    return InputRecord(
        id=number,
        name=source.name,
        path=str(source.path),
        format=source.format,
        sha256=digest_source(source),
        size=source.path.stat().st_size,
    )


def require_rows(rows: int, sources: Sequence[Source]) -> None:
    """Refuse inputs that name no row.

    Raises:
        NothingToDoError: there is none.
    """
    if not rows:
        names = ", ".join(source.name for source in sources)
        raise NothingToDoError(f"There is not one row in {names}. A header alone imports nothing.")
