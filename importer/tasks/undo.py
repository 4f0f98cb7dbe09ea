"""Taking back what a run stored: each stack it changed is replaced by what stood there before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from importer.context import Context, Writes, require_settings
from importer.errors import RunFileError
from importer.events import Phase, iter_told
from importer.layers.same import is_same_layer
from importer.model import GOOD_STATUSES, Status
from importer.run import Action, RunFile
from importer.server.listing import find_layer_id
from importer.server.retry import Decision, ReplyKind, decide_reply, retry_call
from importer.settings import SendSettings, word_command
from importer.submit.request_bodies import make_halt
from importer.submit.stored.changes import describe_changes
from importer.tasks.connection import check_target, connect_run
from importer.tasks.one_run import take_turn
from importer.tasks.results import EXIT_GOOD, EXIT_INTERRUPTED, EXIT_SOME_BAD
from importer.tasks.run_content import find_before_fault, list_before

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from importer.errors import AbortedError
    from importer.model import RunPlace
    from importer.run import WorkRow, WorkStack
    from importer.server.listing import Listing, Record
    from importer.settings import ApiSettings
    from importer.tasks.connection import Connection

CHANGED = frozenset({Status.CREATED, Status.UPDATED})
FRESH = 5.0
"""Seconds after which the stored list is read again before a stack is put back: somebody may have changed it since."""


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing a run came to.

    Attributes:
        run_path: the run file, into which it was written.
        undone: the stacks that are again what they were.
        refused: stack and reason for each that was left alone.
        interrupted: whether it was stopped before all stacks had their turn.
    """

    run_path: RunPlace
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
    run: str | RunPlace,
    *,
    api: ApiSettings,
    send: SendSettings = SendSettings(),
    context: Context | None = None,
) -> Undoing:
    """Put each stack that a run changed back to what it was when the run was planned.

    A stack that anyone else has changed since, in any field of any of its layers, is left alone. The calls are
    replacing ones, so that an interrupted undoing can be begun again. Layer records get new ids; a target material that
    the run created stays, without layers, for the API has no call to remove it.

    Raises:
        RunFileError: rows in doubt must be settled first; else see `importer.tasks.connection.check_target`.
        AbortedError: the stored list can't be read.
    """
    require_settings(api=api, send=send, context=context)
    context = context or Context()
    with RunFile.open(run, readonly=False) as file:
        check_target(file, api.url)
        if Status.UNCONFIRMED in file.count_statuses():
            raise RunFileError(f"{run} has rows in doubt. Settle them first with `{word_command('resume', run)}`.")
        with (
            take_turn(api, send, file.place),
            connect_run(file, api, send=send, context=context) as connection,
        ):
            writes = _describe_writes(file, api.url)
            if writes.rows and not context.confirm(writes):
                return Undoing(file.place, (), (("all stacks", "left as they are, as you chose"),))
            file.add_event("undo", "begun")
            waiting, refused = _put_back_all(connection, Phase("undo", writes.stacks))
            undone = _confirm(connection, waiting, refused)
        file.add_event("undo", f"{len(undone)} stacks undone, {len(refused)} left alone")
    return Undoing(file.place, tuple(undone), tuple(refused), interrupted=context.stop.is_set())


def _describe_writes(run: RunFile, address: str) -> Writes:
    """Return what undoing a run would change."""
    changed = [rows for _, rows in _iter_changed(run)]
    return Writes(address=address, rows=sum(map(len, changed)), stacks=len(changed), is_undoing=True)


def _iter_changed(run: RunFile) -> Iterator[tuple[WorkStack, list[WorkRow]]]:
    """Yield the stacks that a run changed, each with its rows that are in."""
    for stack in run.iter_work_stacks():
        rows = [row for row in run.list_work_rows(stack.id) if row.status in GOOD_STATUSES]
        if not CHANGED.isdisjoint(row.status for row in rows):
            yield stack, rows


def _put_back_all(connection: Connection, phase: Phase) -> tuple[list[tuple[WorkStack, str]], list[tuple[str, str]]]:
    """Put back every stack that the run changed and that is as it left it.

    Returns the stacks that were asked for, each with the server's last words, and those left alone, with the reason.
    """
    file, context = connection.run, connection.context
    waiting: list[tuple[WorkStack, str]] = []
    refused: list[tuple[str, str]] = []
    listing, read_at = connection.read_listing(), context.clock.now()
    for stack, rows in iter_told(_iter_changed(file), phase, context.watch):
        if context.stop.is_set():
            refused.append((stack.label, "not reached yet; undo the run again"))
            continue
        if context.clock.now() - read_at > FRESH:
            listing, read_at = connection.read_listing(), context.clock.now()
        doubt = "" if connection.send.trust_list else listing.find_doubt()
        reason = f"the stored list may be incomplete: {doubt}" if doubt else find_undo_fault(stack, rows, listing)
        if reason is None:
            waiting.append((stack, _put_back(connection, stack)))
        else:
            refused.append((stack.label, reason))
    return waiting, refused


def find_undo_fault(stack: WorkStack, rows: Sequence[WorkRow], listing: Listing) -> str | None:
    """Return why a stack can't be put back to what it was; None where it is as the run left it, or put back already.

    Args:
        stack: the stack; one that was replaced holds the rows and nothing else, any other also what stood there before.
        rows: its rows that are in.
        listing: what the server holds now.
    """
    if stack.before is None or stack.target_id is None:
        return "what was there before isn't known"
    if unreadable := listing.find_unreadable(stack.target_id):
        return f"its records on the server can't be read: {unreadable}"
    if fault := find_before_fault(stack):
        return fault
    before, now = orjson.loads(stack.before), listing.list_stack(stack.target_id)
    if is_same_stack(before, now):
        # Without an earlier undoing it is somebody else's doing, or what another organisation's key shows.
        gone = (
            "the stored list shows nothing of what the run changed: was it undone elsewhere, or is this "
            "another API key?"
        )
        return None if stack.undo is not None else gone
    changes = describe_changes(list(_list_left(stack, rows, now)), now)
    return f"the stack on the server has changed since the run: {changes}" if changes else None


def _list_left(stack: WorkStack, rows: Sequence[WorkRow], now: Sequence[Record]) -> Iterator[Record]:
    """Yield the layers of a stack as the run left them, with all the fields that the server named then.

    Of a row whose record was never answered only the fields that were sent are known: one that shows them still counts
    as left so.
    """
    is_replaced = stack.action is Action.REPLACE_STACK
    ours = {row.layer_id: row for row in rows if is_replaced or row.status in CHANGED}
    if not is_replaced:
        yield from (record for record in orjson.loads(stack.before or "[]") if find_layer_id(record) not in ours)
    shown = {find_layer_id(record): record for record in now}
    for row in ours.values():
        sent, there = orjson.loads(row.payload), shown.get(row.layer_id)
        if row.answer is not None:
            yield orjson.loads(row.answer)
        elif there is not None and is_same_layer({name: sent[name] for name in sent if name != "id"}, there):
            yield there
        else:
            yield sent


def is_same_stack(meant: Sequence[Record], found: Sequence[Record]) -> bool:
    """Tell whether the layers of a stack are the meant ones and no others, in all fields but the ids of records."""
    bare = [[{**record, "id": None} for record in records] for records in (meant, found)]
    return not describe_changes(*bare)


def _put_back(connection: Connection, stack: WorkStack) -> str:
    """Replace a stack by what stood there before, again after a failure that may pass; return the last words.

    The call may be made again whatever became of the first one: it leaves the same stack.

    Raises:
        AbortedError: the server refused the key, or isn't the right one.
    """
    body, target_id = orjson.dumps(list_before(stack)), stack.target_id
    if target_id is None:
        return ""
    connection.run.set_undo(stack.id, "sending")

    gate, send = connection.gate, connection.send

    def attempt() -> Decision:
        if not gate.enter():
            return Decision(ReplyKind.STOPPED)
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
            found.kind in {ReplyKind.AGAIN, ReplyKind.DOUBT} and _find_halt(found, send) is None and not gate.is_closed
        ),
        send=send,
        sleep=gate.sleep,
        stop=gate.stop,
    )
    error = _find_halt(decision, send)
    if error is not None:
        raise error
    return decision.words


def _find_halt(decision: Decision, send: SendSettings) -> AbortedError | None:
    """Return the error that ends the undoing; a 403 is about one stack, and the others have their turn."""
    return None if decision.kind is ReplyKind.FORBIDDEN else make_halt(decision, max_wait=send.max_wait)


def _confirm(
    connection: Connection, waiting: Sequence[tuple[WorkStack, str]], refused: list[tuple[str, str]]
) -> list[str]:
    """Read the listing again and believe only what it shows; after a stop it isn't read any more."""
    if connection.gate.stop.is_set():
        refused += [(stack.label, "requested but not confirmed; undo the run again") for stack, _ in waiting]
        return []
    if not waiting:
        return []
    listing = connection.read_listing()
    undone: list[str] = []
    for stack, words in waiting:
        unreadable = listing.find_unreadable(stack.target_id)
        if not unreadable and is_same_stack(orjson.loads(stack.before or "[]"), listing.list_stack(stack.target_id)):
            connection.run.set_undo(stack.id, "done")
            undone.append(stack.label)
        else:
            why = f" ({words or unreadable})" if words or unreadable else ""
            refused.append((stack.label, f"the stored list doesn't show it as undone{why}; undo the run again"))
    return undone
