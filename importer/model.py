"""Frozen value objects that every stage shares; no behaviour beyond derived values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_KEYED = (".yaml", ".yml", ".json", ".jsonl", ".ndjson", ".ort")
"""Suffixes of the formats that say ``has_keys``, which ``python tests/test_readme.py`` writes here."""
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")


def has_keys(source: str) -> bool:
    """Tell whether an input has lines and keys, as YAML and JSON, not rows and columns."""
    name = source.lower()
    packed = next(filter(name.endswith, _PACKED), "")
    return name.removesuffix(packed).endswith(_KEYED)


class Severity(StrEnum):
    """How much an issue weighs: an error stops the row, a warning and a note don't."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Status(StrEnum):
    """The answer for a row; each row ends in exactly one."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    INVALID = "invalid"
    REFUSED = "refused"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    NOT_SENT = "not_sent"

    @property
    def words(self) -> str:
        """The status as it reads after *is*: ``in conflict``, ``not sent``, ``refused``."""
        return {"conflict": "in conflict", "not_sent": "not sent"}.get(self.value, self.value)


GOOD_STATUSES = frozenset({Status.CREATED, Status.UPDATED, Status.UNCHANGED})
"""The statuses after which nothing is left to do for a row."""
WRITTEN_STATUSES = frozenset({Status.CREATED, Status.UPDATED})
"""The statuses of rows that the run itself has written; any other record on the server is somebody else's."""


@dataclass(frozen=True, slots=True)
class Where:
    """A place in an input, as a person finds it.

    Attributes:
        source: the input's name as the user gave it.
        sheet: the sheet's name, for workbooks.
        row: physical row (workbooks), line on which the record starts (text files), from 1.
        column: the header's text, or the key.
        cell: the cell's address: ``C7`` in tables, ``12:9`` (line:column) in YAML and JSON.
    """

    source: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    cell: str | None = None

    def __str__(self) -> str:
        """Return the place in words, outermost first."""
        parts = [self.source]
        if self.sheet is not None:
            parts.append(f"sheet {self.sheet!r}")
        if self.cell is not None:
            parts.append(f"cell {self.cell}" if ":" not in self.cell else f"at {self.cell}")
        elif self.row is not None:
            parts.append(f"{'line' if has_keys(self.source) else 'row'} {self.row}")
        if self.column is not None:
            is_key = self.cell is not None and ":" in self.cell
            parts.append(f"{'key' if is_key else 'column'} {self.column!r}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Issue:
    """Something to be said about a row, a cell or a whole table.

    Attributes:
        code: stable kebab-case code, one that ``layer-importer explain`` lists.
        severity: error, warning or note.
        where: the place that it is about.
        message: what is wrong and what to do about it.
        value: the wrong text, exactly as in the file.
        suggestion: the text that is probably meant, where there is one.
        seq: the ordinal of the row (from 0, in input order over all inputs) that it belongs to;
            None for a whole table or file, which an error then makes invalid as a whole.
    """

    code: str
    severity: Severity
    where: Where
    message: str
    value: str | None = None
    suggestion: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer for one row of the input.

    Attributes:
        seq: the row's ordinal, from 0, in input order.
        status: the one status it ended in.
        record_id: the server's id of the layer record, where known.
        http_status: the last HTTP status that the server gave for it, where one came.
        attempts: how many requests were begun for it.
        message: what happened, in words; for a refusal the server's own.
    """

    seq: int
    status: Status
    record_id: int | None = None
    http_status: int | None = None
    attempts: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class FinerCounts:
    """Rows within a status about which more is to be said than the status says.

    Attributes:
        held: ready, and blocked by a lower layer of their stack that isn't stored.
        undone: taken back after they were stored.
        differing: unchanged, though the server's record differs: left as it is by request.
    """

    held: int = 0
    undone: int = 0
    differing: int = 0


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """Where a run is on a PostgreSQL server.

    Attributes:
        address: of the database, ``postgresql://user@host:port/database?sslmode=...``; it is shown, and so holds no
            password.
        name: of the run in it: 1 to 50 of ``a-z 0-9 _``.
    """

    address: str
    name: str

    def __str__(self) -> str:
        """Return the whole address, as ``--run`` takes it."""
        return f"{self.address}{'&' if '?' in self.address else '?'}run={self.name}"


RunPlace = Path | ServerPlace
"""Where a run is: a file, or on a server."""
