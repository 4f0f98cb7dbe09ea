"""Taking back what a run stored: each stack it changed is replaced by what stood there before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from importer.context import Context
from importer.contract import LAYER_FIELDS
from importer.errors import RunFileError
from importer.layers.same import is_same_layer
from importer.model import GOOD_STATUSES, Status
from importer.run import Action, RunFile
from importer.server.retry import Decision, Verdict, decide_reply, retry_call
from importer.settings import SendSettings
from importer.submit.bodies import make_halt
from importer.tasks.connection import check_target, connect_run
from importer.tasks.results import EXIT_GOOD, EXIT_INTERRUPTED, EXIT_SOME_BAD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from importer.run import WorkRow, WorkStack
    from importer.server.listing import Listing, Record
    from importer.settings import ApiSettings
    from importer.tasks.connection import Connection

CHANGED = frozenset({Status.CREATED, Status.UPDATED})


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing a run came to.

    Attributes:
        run_path: the run file, into which it was written.
        undone: the stacks that are again what they were.
        refused: stack and reason for each that was left alone.
        interrupted: whether it was stopped before all stacks had their turn.
    """

    run_path: Path
    undone: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 when every changed stack is undone, 130 when it was interrupted before that, else 1."""
        if self.refused and self.interrupted:
            return EXIT_INTERRUPTED
        return EXIT_SOME_BAD if self.refused else EXIT_GOOD


def undo_run(
    run: str | Path,
    *,
    api: ApiSettings,
    send: SendSettings = SendSettings(),
    context: Context | None = None,
) -> Undoing:
    """Replace each stack that a run changed by what stood there when it was planned.

    A stack that anyone else has changed since is left alone. The calls are replacing ones, so that an interrupted
    undoing can be begun again. Layer records get new ids; a target material that the run created stays, without layers,
    for the API has no call to remove it.

    Raises:
        RunFileError: rows in doubt must be settled first; else see `importer.tasks.connection.check_target`.
        AbortedError: the listing can't be had.
    """
    context = context or Context()
    with RunFile.open(run, readonly=False) as file:
        check_target(file, api)
        if Status.UNCONFIRMED in file.count_statuses():
            raise RunFileError(f"{run} has rows in doubt: `layer-importer resume {run}` settles them first.")
        file.add_event("undo", "begun")
        with connect_run(file, api, send=send, context=context) as connection:
            listing = connection.read_listing()
            waiting: list[tuple[WorkStack, str]] = []
            refused: list[tuple[str, str]] = []
            for stack in file.iter_work_stacks():
                rows = [row for row in file.list_work_rows(stack.id) if row.status in GOOD_STATUSES]
                if CHANGED.isdisjoint(row.status for row in rows):
                    continue
                is_stopped = context.stop.is_set()
                reason = "not come to; undo the run again" if is_stopped else find_undo_fault(stack, rows, listing)
                if reason is None:
                    waiting.append((stack, _put_back(connection, stack)))
                else:
                    refused.append((stack.label, reason))
            undone = _confirm(connection, waiting, refused)
        file.add_event("undo", f"{len(undone)} stacks undone, {len(refused)} left alone")
    return Undoing(file.path, tuple(undone), tuple(refused), interrupted=context.stop.is_set())


def find_undo_fault(stack: WorkStack, rows: Sequence[WorkRow], listing: Listing) -> str | None:
    """Return why a stack can't be put back to what it was; None where it is as the run left it, or put back already.

    Args:
        stack: the stack; one that was replaced holds the rows and nothing else, any other also what stood there before.
        rows: its rows that are in.
        listing: what the server holds now.
    """
    if stack.before is None or stack.target_id is None:
        return "what stood there before isn't known"
    before, now = orjson.loads(stack.before), listing.list_stack(stack.target_id)
    if is_same_stack(before, now):
        return None
    is_replaced = stack.action is Action.REPLACE_STACK
    meant = {} if is_replaced else {record["layer_id"]: record for record in before}
    meant |= {row.layer_id: orjson.loads(row.payload) for row in rows if is_replaced or row.status in CHANGED}
    if is_same_stack(list(meant.values()), now):
        return None
    return "the server's stack has changed since the run"


def is_same_stack(meant: Sequence[Record], found: Sequence[Record]) -> bool:
    """Tell whether the layers of a stack are the meant ones and no others, by meaning, whatever their record ids."""
    by_layer = {record["layer_id"]: record for record in found}
    if len(meant) != len(found) or len(by_layer) != len(found):
        return False
    return all(
        record["layer_id"] in by_layer
        and is_same_layer({name: value for name, value in record.items() if name != "id"}, by_layer[record["layer_id"]])
        for record in meant
    )


def _put_back(connection: Connection, stack: WorkStack) -> str:
    """Replace a stack by what stood there before, again after a failure that may pass; return the last words.

    The call may be made again whatever became of the first one: it leaves the same stack.

    Raises:
        AbortedError: the server refused the key, or isn't the right one.
    """
    before = [
        {name: record[name] for name in LAYER_FIELDS if name in record and name != "id"}
        for record in orjson.loads(stack.before or "[]")
    ]
    body, target_id = orjson.dumps(before), stack.target_id
    if target_id is None:
        return ""
    connection.run.set_undo(stack.id, "sending")

    gate, send = connection.gate, connection.send

    def attempt() -> Decision:
        if not gate.enter():
            return Decision(Verdict.STOPPED)
        try:
            reply = connection.client.replace_stack(target_id, body)
        finally:
            gate.leave()
        found = decide_reply(reply, is_echo=reply.whole)
        if found.pause:
            gate.back_off(send.first_wait, at_least=found.wait or 0.0, reason=found.words)
        return found

    decision = retry_call(
        attempt,
        is_again=lambda found: (
            found.verdict in {Verdict.AGAIN, Verdict.DOUBT}
            and make_halt(found, max_wait=send.max_wait) is None
            and not gate.is_closed
        ),
        send=send,
        sleep=gate.sleep,
        stop=gate.stop,
    )
    error = make_halt(decision, max_wait=send.max_wait)
    if error is not None:
        raise error
    return decision.words


def _confirm(
    connection: Connection, waiting: Sequence[tuple[WorkStack, str]], refused: list[tuple[str, str]]
) -> list[str]:
    """Read the listing again and believe only what it shows; after a stop it isn't read any more."""
    if connection.gate.stop.is_set():
        refused += [(stack.label, "asked for, not confirmed; undo the run again") for stack, _ in waiting]
        return []
    if not waiting:
        return []
    listing = connection.read_listing()
    undone: list[str] = []
    for stack, words in waiting:
        if is_same_stack(orjson.loads(stack.before or "[]"), listing.list_stack(stack.target_id)):
            connection.run.set_undo(stack.id, "done")
            undone.append(stack.label)
        else:
            why = f" ({words})" if words else ""
            refused.append((stack.label, f"the server doesn't show it undone{why}; undo the run again"))
    return undone
