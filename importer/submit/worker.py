"""One worker: takes a stack, sends its layers from the substrate up, writes down what came of each.

The order of things is the protocol: the gate, then the intent (durable), then the request, then the answer (durable
before the next layer of the stack begins).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import orjson

from importer.errors import ListingError, SideEffectError
from importer.model import GOOD_STATUSES, Status
from importer.run import Action, Aimed, Answer, End, Hold, Intent, Named, Release, State, Step
from importer.server import unwrap_thing
from importer.server.listing import find_record_id, find_sample_id
from importer.server.retry import Decision, ReplyKind, decide_reply, retry_call
from importer.submit.request_bodies import is_echo, is_made, make_mark, make_stack_body, names_stored
from importer.submit.shared import Doubt, Parked, Shared
from importer.submit.stored.changes import (
    describe_changes,
    describe_side_effects,
    find_before,
    is_stack_of,
    note_stale_fields,
)
from importer.submit.stored.findings import keep_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from importer.run import Entry, WorkRow, WorkStack
    from importer.server import Reply


class Shift:
    """The work on one stack, until its end, until a layer doesn't get in, or until a row is in doubt."""

    def __init__(self, shared: Shared, stack: WorkStack, rows: Sequence[WorkRow], carry: Sequence[Entry] = ()) -> None:
        self._shared = shared
        self._stack = stack
        self._rows = rows
        self._carry: list[Entry] = [*carry]

    def work(self) -> list[Entry]:
        """Send what can be sent of the stack; return what is still to be written of it, together with what comes next.

        That is the answer for its last layer, for which no other layer of the stack waits.

        Raises:
            StorageError: the run file can't be written; nothing is sent after that.
        """
        rows = self._rows
        if self._stack.action is Action.CREATE_STACK:
            self._create_stack(rows)
        elif self._stack.action is Action.REPLACE_STACK:
            self._replace_stack(rows)
        else:
            self._send_layers(rows)
        return self._carry

    def _flush(self, *entries: Entry) -> bool:
        carried, self._carry = self._carry, []
        return self._shared.write(*carried, *entries)

    def _send_layers(self, rows: Sequence[WorkRow]) -> None:
        for position, row in enumerate(rows):
            if row.state is State.SENDING:
                return
            if row.state is State.DONE:
                if row.status not in GOOD_STATUSES:
                    self._hold_above(rows, position, row.status)
                    return
                continue
            is_update = row.step is Step.UPDATE
            call = self._shared.client.patch_layer if is_update else self._shared.client.post_layer
            decision, reply = self._send((row,), partial(call, row.payload), partial(is_echo, row.payload))
            if decision.kind is ReplyKind.STORED:
                end = self._end_stored(row, reply, decision.status)
                self._carry.append(end)
                if end.status in GOOD_STATUSES:
                    continue
                self._flush()
                self._hold_above(rows, position, end.status)
                return
            ended = self._conclude(decision, (row,), reply)
            if ended is not None:
                self._hold_above(rows, position, ended)
            return

    def _end_stored(self, row: WorkRow, reply: object, http_status: int | None) -> End:
        """Return the answer of a row whose echo came whole; a change that touched more than was sent ends the run."""
        record_id, answer, now = find_record_id(reply), keep_answer(reply), self._time()
        if row.step is not Step.UPDATE:
            return End(row.seq, Status.CREATED, record_id, http_status, "", now, answer)
        before = find_before(self._stack, row)
        fault = "" if before is None else describe_side_effects(row, before, reply)
        if fault:
            words = f"updated, but the server also changed what wasn't sent: {fault}"
            self._shared.gate.halt(
                SideEffectError(f"Layer {row.layer_id} of {self._stack.label} was {words}. Nothing more will be sent.")
            )
            return End(row.seq, Status.CONFLICT, record_id, http_status, words, now, answer)
        words = "" if before is None else note_stale_fields(row, before)
        if words:
            self._shared.note_once(
                f"Layer {row.layer_id} of {self._stack.label}: {words}. It may be the same for other layers."
            )
        return End(row.seq, Status.UPDATED, record_id, http_status, words, now, answer)

    def _create_stack(self, rows: Sequence[WorkRow]) -> None:
        """Create the target material together with the layers that can be sent, in one call."""
        if any(row.state is State.SENDING for row in rows):
            return
        sendable: list[WorkRow] = []
        for position, row in enumerate(rows):
            if row.state is not State.READY:
                self._hold_above(rows, position, row.status)
                break
            sendable.append(row)
        if not sendable:
            return
        body = make_stack_body(self._stack, sendable, mark=make_mark(self._shared.run_key, self._stack))
        decision, reply = self._send(sendable, partial(self._shared.client.create_target, body), is_made)
        target_id = find_sample_id(reply)
        if decision.kind is ReplyKind.STORED:
            self._flush(Aimed(self._stack.id, target_id, Action.CREATE_STACK))
            self._stack = replace(self._stack, target_id=target_id)
            self._park(sendable, Doubt.STACK_MADE, "")
            return
        status = self._conclude(decision, sendable)
        if status is not None:
            self._hold(rows[len(sendable) :], f"the layers below it are {status.words}")

    def _replace_stack(self, rows: Sequence[WorkRow]) -> None:
        """Make the rows the whole stack, in one call that may be made again; what came of it is read back.

        The stack is read once more just before: what somebody else has put there since it was planned would be lost.
        """
        if not rows or any(row.state is not State.READY for row in rows) or self._stack.target_id is None:
            return
        body = orjson.dumps([orjson.loads(row.payload) for row in rows])
        call = partial(self._shared.client.replace_stack, self._stack.target_id, body)
        look = partial(self._is_as_planned, rows, self._stack.target_id)
        decision, _ = self._send(rows, call, lambda reply: reply.whole, look=look)
        if decision.kind is ReplyKind.STORED:
            self._park(rows, Doubt.STACK_MADE, "")
        else:
            self._conclude(decision, rows)

    def _is_as_planned(self, rows: Sequence[WorkRow], target_id: int) -> bool:
        """Tell whether a stack is what it was when it was planned; if it isn't, its rows get their answer."""
        shared = self._shared
        if shared.gate.is_closed:
            return False
        try:
            now = shared.stored.read_again(target_id)
        except ListingError as error:
            if not shared.gate.is_closed:
                self._hold(rows, f"couldn't read its stack just before replacing it: {error}")
            return False
        changes = describe_changes(orjson.loads(self._stack.before or "[]"), now.list_stack(target_id))
        changes = changes or now.find_unreadable(target_id)
        if changes and not is_stack_of(rows, now.list_stack(target_id)):
            self._end(rows, Status.CONFLICT, f"the stack on the server has changed since the plan: {changes}", None)
            return False
        doubt = "" if shared.send.trust_list else now.find_doubt()
        if doubt:
            self._hold(rows, f"can't tell what is in its stack just before replacing it: {doubt}")
        return not doubt

    def _enter(self, look: Callable[[], bool] | None) -> bool:
        """Pass the gate, after a look at the server if one is needed; a gate that took long asks for another look."""
        gate = self._shared.gate
        while look is None or look():
            if not gate.enter():
                return False
            if look is None or self._shared.stored.is_fresh:
                return True
            gate.leave()
        return False

    def _send(
        self,
        rows: Sequence[WorkRow],
        call: Callable[[], Reply],
        is_echo: Callable[[Reply], bool],
        *,
        look: Callable[[], bool] | None = None,
    ) -> tuple[Decision, object]:
        """Send one request for some rows, again as long as it is known not to be stored and bounds allow.

        Each try is made only while a look at the server finds all as planned.

        Returns what is to be done, and the body of the last answer.
        """
        shared = self._shared
        body: object = None
        numbers = {row.seq: row.attempts for row in rows}

        def attempt() -> Decision:
            nonlocal body
            begun = None
            while begun is None:
                if not self._enter(look):
                    return Decision(ReplyKind.STOPPED)
                try:
                    begun = self._begin(rows, numbers)
                    if begun is not None:
                        reply = call()
                finally:
                    shared.gate.leave()
            body = unwrap_thing(reply.data)
            decision = decide_reply(reply, is_echo=is_echo(reply))
            named = None
            if decision.kind is ReplyKind.DOUBT and names_stored(reply):
                named, decision = find_record_id(body), replace(decision, kind=ReplyKind.NAMED)
            shared.note_decision(decision, stack_id=self._stack.id)
            for row in rows:
                numbers[row.seq] += 1
                if named is not None:
                    self._carry.append(Named(row.seq, named))
                self._carry.append(
                    Answer(row.seq, numbers[row.seq], begun, reply.seconds, reply.status, decision.kind, decision.words)
                )
            if decision.kind is ReplyKind.AGAIN:
                self._flush(*(Release(row.seq) for row in rows))
            return decision

        decision = retry_call(
            attempt,
            is_again=lambda it: it.kind is ReplyKind.AGAIN and not shared.gate.is_closed and shared.budget.take(),
            send=shared.send,
            sleep=shared.gate.sleep,
            stop=shared.gate.stop,
        )
        return decision, body

    def _begin(self, rows: Sequence[WorkRow], numbers: dict[int, int]) -> float | None:
        """Write down that a request is about to begin, and return when; None where it mustn't begin now.

        That is where other processes share the run and the gate of all is shut, or where this one stood still so long
        that they may have lost sight of it. Nothing has been sent then.
        """
        clock, begun = self._shared.gate.clock, self._time()
        asked = clock.now()
        if not self._flush(*(Intent(row.seq, begun) for row in rows)):
            return None
        stood = clock.now() - asked
        if stood <= self._shared.longest_standing:
            return begun
        words = f"not sent: this process stood still for {stood:,.0f} s just before"
        for row in rows:
            numbers[row.seq] += 1
            self._carry.append(Answer(row.seq, numbers[row.seq], begun, 0.0, None, ReplyKind.AGAIN, words))
        self._flush(*(Release(row.seq) for row in rows))
        return None

    def _conclude(self, decision: Decision, rows: Sequence[WorkRow], body: object = None) -> Status | None:
        """Write the answer that a decision other than *stored* means; return the status if it is final."""
        words, status, kind = decision.words, decision.status, decision.kind
        is_forbidden = kind is ReplyKind.FORBIDDEN and not self._shared.gate.is_closed
        if kind is ReplyKind.REFUSED or is_forbidden:
            return self._end(rows, Status.REFUSED, words, status)
        if kind is ReplyKind.AGAIN and not self._shared.gate.is_closed:
            return self._end(rows, Status.FAILED, f"not stored after all retries: {words}", status)
        if kind in {ReplyKind.KEY_REFUSED, ReplyKind.FORBIDDEN, ReplyKind.BAD_CERTIFICATE}:
            self._flush(*(Release(row.seq) for row in rows))
        if kind in {ReplyKind.DOUBT, ReplyKind.WRONG_ADDRESS}:
            self._park(rows, Doubt.LOST, words)
        if kind is ReplyKind.NAMED:
            named = find_record_id(body)
            self._park([replace(row, record_id=named) for row in rows], Doubt.NAMED, words)
        if kind is ReplyKind.EXISTS:
            self._park(rows, Doubt.EXISTS, words)
        return None

    def _end(self, rows: Sequence[WorkRow], status: Status, words: str, http_status: int | None) -> Status:
        self._flush(*(End(row.seq, status, None, http_status, words, self._time()) for row in rows))
        return status

    def _hold_above(self, rows: Sequence[WorkRow], position: int, status: Status | None) -> None:
        self._hold(rows[position + 1 :], f"layer {rows[position].layer_id} below it is {status and status.words}")

    def _hold(self, rows: Sequence[WorkRow], reason: str) -> None:
        held = [Hold(row.seq, f"blocked: {reason}") for row in rows if row.state is State.READY]
        if held:
            self._flush(*held)

    def _park(self, rows: Sequence[WorkRow], reason: Doubt, words: str) -> None:
        self._flush()
        self._shared.park(Parked(self._stack, tuple(rows), reason, self._shared.gate.clock.now(), words))

    def _time(self) -> float:
        return self._shared.gate.clock.time()
