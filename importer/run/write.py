"""Putting validated rows into the run file, a chunk at a time."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import TYPE_CHECKING

import orjson
import sqlalchemy as sa

from importer.model import Issue, Severity, Status
from importer.run import tables
from importer.run.tables import Action, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from importer.chunks import LayerChunk, RawChunk
    from importer.run.file import RunFile

BATCH = 500
"""Values bound in one statement at the most; SQLite's own bound is far higher."""

_ROW_COLUMNS = (
    *("seq", "sheet_id", "row", "stack_id", "layer_id", "raw"),
    *("payload", "state", "status", "fingerprint", "attempts", "rounds", "message"),
)
_STACK_COLUMNS = ("id", "sample_id", "sample_name", "substrate", "sample_metadata", "action", "target_id")
_ISSUE_COLUMNS = (
    *("seq", "code", "severity", "source", "sheet", "row"),
    *("column", "cell", "value", "message", "suggestion"),
)
_NEW = (0, 0, "")
_READY = State.READY.value  # asked of the enumeration for each row, it takes a twentieth of staging
_INVALID = (None, State.DONE.value, Status.INVALID.value, None)


class Stager:
    """Gives rows their stack and writes them; keeps one small entry a stack, nothing a row."""

    def __init__(self, run: RunFile) -> None:
        self._run = run
        self._sheets: dict[tuple[str, str | None], int] = {}
        self._headers: dict[int, list[str]] = {}
        self._stacks: dict[int | str, int] = {}

    def stage_chunk(self, chunk: LayerChunk, payloads: Sequence[bytes | None], issues: Iterable[Issue]) -> None:
        """Write the rows of a chunk: those with a payload are ready, the others invalid.

        Args:
            chunk: the typed rows.
            payloads: the JSON body of each row, None where it isn't to be sent.
            issues: all issues of the chunk.

        Raises:
            StorageError: the run file can't be written.
        """
        raw, start = chunk.fields.raw, chunk.fields.start
        first = self._number_rows(start)
        with self._run.store.write() as connection:
            sheet_id = self._find_sheet(connection, raw)
            stack_ids = self._find_stacks(connection, chunk, first)
            cells = [orjson.dumps(record).decode() for record in self._iter_cells(connection, sheet_id, raw)]
            index = chunk.fields.index.tolist()
            rows = raw.rows.tolist()
            columns = zip(
                itertools.count(first),
                index,
                stack_ids,
                chunk.coded["layer_id"].list_values(),
                chunk.coded["sample_name"].list_values(),
                payloads,
                strict=False,  # the count has no end
            )
            self._run.store.load(
                connection,
                tables.rows,
                _ROW_COLUMNS,
                [
                    (seq, sheet_id, rows[at], stack_id, layer_id, cells[at], *_ready(payload, name), *_NEW)
                    if payload is not None
                    else (seq, sheet_id, rows[at], stack_id, layer_id, cells[at], *_INVALID, *_NEW)
                    for seq, at, stack_id, layer_id, name, payload in columns
                ],
            )
            insert_issues(self._run, connection, issues, shift=first - start)

    def _iter_cells(self, connection: sa.Connection, sheet_id: int, raw: RawChunk) -> Iterator[Sequence[str | None]]:
        """Yield the cells of each row under the table's header, which grows where rows carry keys of their own."""
        known = self._headers[sheet_id]
        records = zip(*(column.cells.tolist() for column in raw.columns), strict=True)
        if tuple(known) == raw.header:
            yield from records
            return
        places = {key: place for place, key in enumerate(known)}
        for key in raw.header:
            if key not in places:
                places[key] = len(known)
                known.append(key)
        sheet = tables.sheets
        header = json.dumps(known, ensure_ascii=False)
        connection.execute(sheet.update().where(sheet.c.id == sheet_id).values(header=header))
        for record in records:
            cells: list[str | None] = [None] * len(known)
            for key, cell in zip(raw.header, record, strict=True):
                cells[places[key]] = cell
            yield cells

    def _find_sheet(self, connection: sa.Connection, raw: RawChunk) -> int:
        key = (raw.source, raw.sheet)
        if key not in self._sheets:
            self._sheets[key] = self._number_sheet()
            self._headers[self._sheets[key]] = list(raw.header)
            header = json.dumps(raw.header, ensure_ascii=False)
            # layers that stand side by side have their header in a column, which is told by its sign
            row = -raw.header_row if raw.is_transposed and raw.header_row else raw.header_row
            found = (self._sheets[key], raw.source, raw.sheet, header, row)
            self._run.store.load(connection, tables.sheets, tuple(tables.sheets.c.keys()), [found])
        return self._sheets[key]

    def _find_stacks(self, connection: sa.Connection, chunk: LayerChunk, first: int) -> list[int | None]:
        found: list[int | None] = []
        fresh: list[tuple[object, ...]] = []
        names = ("sample_id", "sample_name", "substrate", "sample_metadata")
        columns = [chunk.coded[name].list_values() for name in names]
        for sample_id, name, substrate, sample_metadata in zip(*columns, strict=True):
            key: int | str | None = name if sample_id is None else sample_id
            if key is None:
                found.append(None)
                continue
            stack_id = self._stacks.get(key)
            if stack_id is None:
                stack_id = self._stacks[key] = self._number_stack(first + len(found))
                stored = None if sample_metadata is None else orjson.dumps(sample_metadata).decode()
                own_id = None if isinstance(key, str) else key
                fresh.append((stack_id, own_id, name, substrate, stored, Action.CREATE_LAYER.value, own_id))
            found.append(stack_id)
        self._run.store.load(connection, tables.stacks, _STACK_COLUMNS, fresh)
        return found

    def _number_rows(self, start: int) -> int:
        """Return the number of a chunk's first row, of which the ordinal is given."""
        return start

    def _number_sheet(self) -> int:
        """Return the number of a sheet that is new."""
        return len(self._sheets)

    def _number_stack(self, seq: int) -> int:
        """Return the number of a stack that is new, from that of its first row."""
        del seq
        return len(self._stacks)


def _ready(payload: bytes, name: str | None) -> tuple[str, str, None, str]:
    """Return payload, state, status and fingerprint of a row that can be sent."""
    return payload.decode(), _READY, None, make_fingerprint(payload, name=name)


def make_fingerprint(payload: bytes, *, name: str | None) -> str:
    """Return a short digest of a row's content and of the sample that it belongs to."""
    return hashlib.blake2b(payload + b"\0" + (name or "").encode(), digest_size=16).hexdigest()


def add_issues(run: RunFile, issues: Iterable[Issue]) -> None:
    """Write issues found after the rows were staged.

    An error makes its row, if it is still ready, invalid; an error of a whole table all of its rows.

    Raises:
        StorageError: the run file can't be written.
    """
    batches = _iter_batches(issues)
    first = next(batches, None)
    if first is None:
        return
    with run.store.write() as connection:
        for batch in itertools.chain([first], batches):
            insert_issues(run, connection, batch)
            errors = [issue for issue in batch if issue.severity is Severity.ERROR]
            row, sheet = tables.rows.c, tables.sheets.c
            _invalidate(connection, row.seq.in_([issue.seq for issue in errors if issue.seq is not None]))
            for where in {issue.where for issue in errors if issue.seq is None}:
                table = sa.select(sheet.id).where(
                    sheet.source == where.source, sheet.sheet.is_not_distinct_from(where.sheet)
                )
                _invalidate(connection, row.sheet_id.in_(table))


def _invalidate(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    connection.execute(
        tables.rows.update()
        .where(which, tables.rows.c.state == State.READY.value)
        .values(state=State.DONE.value, status=Status.INVALID.value, payload=None)
    )


def _iter_batches(issues: Iterable[Issue]) -> Iterator[tuple[Issue, ...]]:
    rest = iter(issues)
    while batch := tuple(itertools.islice(rest, BATCH)):
        yield batch


def insert_issues(run: RunFile, connection: sa.Connection, issues: Iterable[Issue], *, shift: int = 0) -> None:
    """Write issues; what they do to their rows is left to the caller.

    Args:
        run: where.
        connection: by which.
        issues: what is to be said.
        shift: what is added to the ordinals of their rows to make them numbers.
    """
    values = [
        (
            None if issue.seq is None else issue.seq + shift,
            issue.code,
            issue.severity.value,
            issue.where.source,
            issue.where.sheet,
            issue.where.row,
            issue.where.column,
            issue.where.cell,
            issue.value,
            issue.message,
            issue.suggestion,
        )
        for issue in issues
    ]
    run.store.load(connection, tables.issues, _ISSUE_COLUMNS, values)
