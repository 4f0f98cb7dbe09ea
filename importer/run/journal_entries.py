"""What the journal takes: small facts about rows, stacks and the run, one class a kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.model import Status
    from importer.run.tables import Action, Step


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request for a row ended, for the attempt log."""

    seq: int
    number: int
    begun_at: float
    seconds: float
    http_status: int | None
    verdict: str
    words: str


@dataclass(frozen=True, slots=True)
class Aimed:
    """Where a stack's layers go: its id on the server, by which call, and what stood there before.

    ``before`` is the JSON text of the server's layers when the stack was planned; only the first one given counts, for
    later ones would show our own work.
    """

    stack_id: int
    target_id: int | None
    action: Action
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Stepped:
    """What the plan means to do about a row, and how the server's record differs."""

    seq: int
    step: Step
    difference: str | None = None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The body of a row that isn't sent yet, as JSON text."""

    seq: int
    payload: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement was made for a row and it is still to be sent: one round more."""

    seq: int


@dataclass(frozen=True, slots=True)
class Release:
    """A row in state *sending* is known not to be stored: it is ready again."""

    seq: int


@dataclass(frozen=True, slots=True)
class End:
    """A row's answer.

    ``answer`` is the JSON text of the record as the server gave it, where it gave one: what `undo` and a corrected
    import later compare with, to see whether anybody else has changed it.
    """

    seq: int
    status: Status
    record_id: int | None
    http_status: int | None
    message: str
    at: float
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """The server has named a record for a row that is in doubt: it is stored, and is never sent again."""

    seq: int
    record_id: int


@dataclass(frozen=True, slots=True)
class Revised:
    """A row's answer turned out to be another one; ``unconfirmed`` puts the row in doubt again."""

    seq: int
    status: Status
    record_id: int | None
    message: str
    at: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a row that is ready isn't sent for now."""

    seq: int
    message: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A request for a row is about to begin. It must be durable before the first byte leaves."""

    seq: int
    at: float


@dataclass(frozen=True, slots=True)
class Log:
    """Something that happened to the run as a whole."""

    at: float
    kind: str
    text: str


Entry = Answer | Aimed | Stepped | Rewrite | Settled | Release | Named | End | Revised | Hold | Intent | Log
