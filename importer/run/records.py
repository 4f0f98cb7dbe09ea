"""What the run file gives to its readers: frozen records, one class a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from importer.model import Status
    from importer.run.tables import Action, State, Step


@dataclass(frozen=True, slots=True)
class RunMeta:
    """What a run file says of its run as a whole.

    Attributes:
        run_key: random name of the run; target materials created by it carry the key in their metadata.
        tool_version: version of the importer that staged it.
        created_at: POSIX time.
        mode: ``import``, ``dry-run`` or ``plan``.
        api_url: base address the run writes to; None for a dry run.
        staged: whether all inputs were read to their end.
        planned: whether each row's step was decided by the server's listing, before anything was sent.
        begun: whether sending has begun.
        on_existing: what becomes of a row whose position the server already fills with something else.
        write_mode: ``layers`` (one call a layer) or ``replace`` (one call a stack).
        allow_remove: whether replacing a stack may take layers away from it.
        settings: the submitter's settings; no secrets.
    """

    run_key: str
    tool_version: str
    created_at: float
    mode: str
    api_url: str | None
    staged: bool
    planned: bool = False
    begun: bool = False
    on_existing: str = "fail"
    write_mode: str = "layers"
    allow_remove: bool = False
    settings: dict[str, str | int | float] = field(default_factory=dict)

    @property
    def is_rehearsal(self) -> bool:
        """Whether nothing was to be sent: a dry run, or a plan that hasn't begun."""
        return self.mode == "dry-run" or (self.mode == "plan" and not self.begun)


@dataclass(frozen=True, slots=True)
class JoinedRun:
    """One of several runs that are reported together.

    Attributes:
        path: its run file, as it was given.
        meta: what it says of itself; None where it can't be read.
        counts: how its rows ended.
        fault: why it can't be read; empty where it can.
        step: the command that goes on with it; empty where nothing is left to do.
    """

    path: str
    meta: RunMeta | None = None
    counts: Mapping[Status, int] = field(default_factory=dict)
    fault: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One input as it was when it was read."""

    id: int
    name: str
    path: str
    format: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class RowRecord:
    """One row of the run, as reports need it; ``payload`` and ``raw`` are JSON text, times are POSIX.

    Attributes:
        held_by: of a row that is ready: the layer of its stack that isn't in and so holds it back.
    """

    seq: int
    source: str
    sheet: str | None
    row: int | None
    sample_id: int | None
    sample_name: str | None
    substrate: str | None
    layer_id: int | None
    state: State
    status: Status
    record_id: int | None
    http_status: int | None
    attempts: int
    message: str
    payload: str | None
    raw: str
    first_sent_at: float | None
    ended_at: float | None
    step: Step | None = None
    difference: str | None = None
    verified: str | None = None
    held_by: int | None = None


@dataclass(frozen=True, slots=True)
class StackRecord:
    """One stack of the run and how many of its rows ended in which status."""

    label: str
    sample_id: int | None
    sample_name: str | None
    substrate: str | None
    counts: Mapping[Status, int]


@dataclass(frozen=True, slots=True)
class EventRecord:
    """Something that happened to the run as a whole: a pause, a settlement, its beginning and end."""

    at: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One request as it ended: when it began, how long it took, and what was made of it."""

    seq: int
    number: int
    begun_at: float
    seconds: float
    http_status: int | None
    verdict: str
    words: str


@dataclass(frozen=True, slots=True)
class TableRecord:
    """One table of the inputs: its header as it stands there, and the header's physical row.

    The row is 0 where a table has no header, None where every row has keys of its own, and less than 0 where the
    header is a column, whose number it then is: the layers stand side by side.
    """

    source: str
    sheet: str | None
    header: tuple[str, ...]
    header_row: int | None


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One row as the submitter needs it.

    Attributes:
        rounds: the settlements it went through.
        step: what the plan means to do about it; None before planning.
        record_id: the server's id of its record, where it has named one.
        answer: the record as the server gave it, as JSON text, where it gave one.
        difference: how the record on the server differs, where it was found with other content.
    """

    seq: int
    stack_id: int
    layer_id: int
    payload: bytes
    state: State
    status: Status | None
    attempts: int
    rounds: int
    last_sent_at: float | None
    step: Step | None = None
    record_id: int | None = None
    answer: str | None = None
    difference: str | None = None


@dataclass(frozen=True, slots=True)
class WorkStack:
    """One stack as planner and submitter need it.

    Attributes:
        sample_id: the parent's id as the input gives it, or None where it names the sample only.
        target_id: the parent's id on the server, once known.
        before: the layers of the stack on the server when it was planned, as JSON text; None before planning.
        undo: ``sending`` or ``done``, once undoing it was begun.
    """

    id: int
    sample_id: int | None
    sample_name: str | None
    substrate: str | None
    sample_metadata: str | None
    action: Action
    target_id: int | None
    before: str | None = None
    undo: str | None = None

    @property
    def label(self) -> str:
        """The stack's name for people."""
        if self.sample_name is not None:
            return self.sample_name
        return f"sample {self.sample_id}"
