"""The protocol, broken on purpose: one rule of it switched off in the real code. Each must be noticed by the tests.

As a script it runs the real command with one of them: its name, then the command's arguments.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from importer.cli.app import app
from importer.errors import ListingError
from importer.model import Status
from importer.run import End, Hold, Intent, Release, Settled, State
from importer.server.listing import Listing
from importer.server.retry import Decision, ReplyKind, decide_reply
from importer.submit.plan import plan_row
from importer.submit.request_bodies import is_success
from importer.submit.stored import findings, settle
from importer.submit.stored.findings import Finding, Presence
from importer.submit.stored_list import StoredList
from importer.submit.submission import Submission
from importer.submit.worker import Shift
from importer.tasks.one_run import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from importer.submit.shared import Parked

SUBMIT, WORKER, SETTLE = "importer.submit", "importer.submit.worker", "importer.submit.stored.settle"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A rule switched off.

    Attributes:
        places: what is put in the place of what: module, name within it, and the new thing.
        oddity: what the server is like in the stories that notice it; empty for one that only stores when it likes.
        story: the number of one of these stories.
    """

    places: tuple[tuple[str, str, Any], ...]
    oddity: str = ""
    story: int = 0


def put(mutation: Mutation, set_attribute: Callable[[Any, str, Any], object] = setattr) -> None:
    """Break the code."""
    for module, path, value in mutation.places:
        owner: Any = import_module(module)
        *owners, name = path.split(".")
        for each in owners:
            owner = getattr(owner, each)
        assert hasattr(owner, name), f"{module}: {path}"
        set_attribute(owner, name, value)


def no_text(*_: object, **__: object) -> str:
    """Say nothing."""
    return ""


def nothing(*_: object, **__: object) -> None:
    """Do nothing."""


def read_plain_id(value: object) -> int | None:
    """Take only whole numbers for ids."""
    return value if type(value) is int else None


@contextlib.contextmanager
def take_no_turn(*_: object, **__: object) -> Iterator[Turn]:
    """Keep nobody out."""
    yield Turn(None)


_flush, _work, _conclude, _plan_row, _find_row = Shift._flush, Shift.work, Shift._conclude, plan_row, findings.find_row
_read, _settle_parked, _take_due = StoredList.read, settle.settle_parked, Submission._take_due


def _flush_without_intents(self: Shift, *entries: Any) -> bool:  # noqa: ANN401
    return _flush(self, *(entry for entry in entries if not isinstance(entry, Intent)))


def _work_without_last_answer(self: Shift) -> list[Any]:
    return [entry for entry in _work(self) if not isinstance(entry, End)]


def _hold_without_reason(self: Shift, rows: Any, reason: str) -> None:  # noqa: ANN401
    del reason
    self._flush(*(Hold(row.seq, "") for row in rows if row.state is State.READY))


def _take_conflict_for_unchanged(self: Shift, decision: Decision, rows: Any, body: object = None) -> Any:  # noqa: ANN401
    if decision.kind is ReplyKind.EXISTS:
        return self._end(rows, Status.UNCHANGED, decision.words, decision.status)
    return _conclude(self, decision, rows, body)


def _decide_that_doubt_was_never_sent(reply: Any, *, is_echo: bool) -> Decision:  # noqa: ANN401
    decision = decide_reply(reply, is_echo=is_echo)
    return replace(decision, kind=ReplyKind.AGAIN) if decision.kind is ReplyKind.DOUBT else decision


def _plan_row_blindly(row: Any, found: Any, basis: Any) -> Any:  # noqa: ANN401
    del found
    return _plan_row(row, (), basis)


def _read_or_nothing(self: StoredList, *args: Any, **kwargs: Any) -> Listing:  # noqa: ANN401
    try:
        return _read(self, *args, **kwargs)
    except ListingError:
        return Listing()


def _settle_by_one_listing(parked: Parked, look: Any) -> Any:  # noqa: ANN401
    return _settle_parked(replace(parked, absent_once=True), look)


def _take_due_at_once(self: Submission, *, is_idle: bool) -> list[Parked]:
    if not is_idle:
        return _take_due(self, is_idle=is_idle)
    due, self._parked = self._parked, []
    return due


def _park_no_leftovers(self: Submission, rows: Any) -> None:  # noqa: ANN401
    del self, rows


def _send_leftovers_again(self: Submission, rows: Any) -> None:  # noqa: ANN401
    for row in rows:
        self._journal.write(Settled(row.seq), Release(row.seq))


def _believe_replacement(parked: Parked, look: Any) -> settle.Settlement:  # noqa: ANN401
    ends = [End(row.seq, Status.UPDATED, row.seq, None, "", look.at) for row in parked.rows]
    return settle.Settlement(tuple(ends))


def _forget_target(parked: Parked, look: Any) -> Any:  # noqa: ANN401
    del look
    return parked.stack


def _find_row_without_comparing(*args: Any, **kwargs: Any) -> Finding:  # noqa: ANN401
    found = _find_row(*args, **kwargs)
    return replace(found, presence=Presence.SAME) if found.record is not None else found


def _send_on(self: Shift, rows: Any) -> None:  # noqa: ANN401
    """Send each layer whatever came of the one below it."""
    for row in rows:
        if row.state is State.READY:
            _send_layers(self, (row,))


_send_layers = Shift._send_layers


class _NeverHeld:
    HOLD = object()


PROTOCOL = {
    "the intent isn't written": Mutation(((WORKER, "Shift._flush", _flush_without_intents),)),
    "one listing without the row is proof": Mutation(
        ((f"{SUBMIT}.stored.settlement", "settle_parked", _settle_by_one_listing),), story=2
    ),
    "the listing is read before the settle time": Mutation(
        ((f"{SUBMIT}.submission", "Submission._take_due", _take_due_at_once),), story=2
    ),
    "layers go on above one that didn't get in": Mutation(((WORKER, "Shift._send_layers", _send_on),), story=3),
    "layers go on above one that ended badly": Mutation(((WORKER, "GOOD_STATUSES", frozenset(Status)),), story=11),
    "what is there already isn't looked at": Mutation(((f"{SUBMIT}.plan", "plan_row", _plan_row_blindly),), story=3),
    "a row in doubt is taken for never sent": Mutation(((WORKER, "decide_reply", _decide_that_doubt_was_never_sent),)),
    "an answer that isn't the layer counts": Mutation(
        ((WORKER, "is_echo", lambda _, reply: is_success(reply)),), story=11
    ),
    "no listing is an empty one": Mutation(((f"{SUBMIT}.stored_list", "StoredList.read", _read_or_nothing),), story=34),
    "what a dead process left in doubt is forgotten": Mutation(
        ((f"{SUBMIT}.submission", "Submission._park_leftovers", _park_no_leftovers),), story=1
    ),
    "what a dead process left in doubt is sent again": Mutation(
        ((f"{SUBMIT}.submission", "Submission._park_leftovers", _send_leftovers_again),), story=1
    ),
    "a pause is ignored": Mutation(((f"{SUBMIT}.gate", "Gate.pause", nothing),), story=7),
    "409 is unchanged": Mutation(((WORKER, "Shift._conclude", _take_conflict_for_unchanged),), story=1),
    "an update that didn't get in is a conflict": Mutation(((SETTLE, "is_untouched", nothing),), story=11),
    "the last answer of a stack isn't written": Mutation(((WORKER, "Shift.work", _work_without_last_answer),)),
    "a replaced stack is believed without comparing": Mutation(
        ((SETTLE, "_settle_replacement", _believe_replacement),), story=2
    ),
    "a row is blocked without a reason": Mutation(((WORKER, "Shift._hold", _hold_without_reason),), story=8),
    "a made stack isn't known again by mark or name": Mutation(((SETTLE, "find_target", _forget_target),), story=40),
    "other content found after a doubt isn't compared": Mutation(
        ((SETTLE, "find_row", _find_row_without_comparing),), story=11
    ),
    "rows are sent again though held": Mutation(((SETTLE, "InDoubt", _NeverHeld),), story=24),
}
"""Intent, settlement and order."""
RULES = {
    "R1: an answer with an id may be sent again": Mutation(((WORKER, "names_stored", nothing),), "shifts"),
    "R2: any list proves absence": Mutation((("importer.server.listing", "Listing.find_doubt", no_text),), "cuts"),
    "R3: the end isn't checked": Mutation(((f"{SUBMIT}.submission", "check_run", nothing),), "lies"),
    "R4: only whole numbers are ids": Mutation((("importer.server.listing", "read_id", read_plain_id),), "spells"),
    "R4: a stack that can't be read whole isn't blocked": Mutation(
        (("importer.server.listing", "Listing.find_unreadable", no_text),), "blurs", story=1
    ),
    "R5: a stack isn't read again before it is replaced": Mutation(
        ((WORKER, "describe_changes", no_text),), "neighbour", story=7
    ),
    "R6: what an update changes beside isn't looked at": Mutation(
        ((WORKER, "describe_side_effects", no_text), (SETTLE, "describe_side_effects", no_text)), "puts", story=3
    ),
}
"""What is known of other servers and other people, as far as the machines can tell."""
TASKS = "importer.tasks"
COMMANDS = {
    "R5: whatever is there counts as ours": Mutation(((f"{SUBMIT}.plan", "is_ours", lambda *_: True),)),
    "R5: undo compares nothing": Mutation(((f"{TASKS}.undo", "_list_left", lambda *args: args[2]),)),
    "R5: a record's id is sent wherever the list shows it": Mutation(((f"{SUBMIT}.plan", "find_elsewhere", no_text),)),
    "R5: the substrate isn't compared": Mutation(((f"{SUBMIT}.stack_problems", "find_other_substrate", no_text),)),
    "R5: what an earlier import made is forgotten": Mutation(
        (("importer.run", "RunFile.list_earlier_targets", lambda _: {}),)
    ),
    "R7: what is spelt otherwise is other content": Mutation(
        (("importer.layers.same", "_find_meaning", lambda _, text: text),)
    ),
    "R7: what the server fills in is other content": Mutation(((f"{SUBMIT}.stored.findings", "DERIVED", frozenset()),)),
    "R8: nobody is kept out": Mutation(
        ((f"{TASKS}.import_layers", "take_turn", take_no_turn), (f"{TASKS}.resume", "take_turn", take_no_turn))
    ),
    "R8: any key may go on": Mutation(
        (
            (f"{TASKS}.connection", "require_own", nothing),
            ("importer.server.listing", "Listing.find_doubt", no_text),
        )
    ),
}
"""The same, as far as only the whole command can tell."""


def main() -> None:
    """Run the command with a rule switched off: its name, then the command's arguments."""
    put(COMMANDS[sys.argv[1]])
    app(sys.argv[2:], prog_name="layer-importer")


if __name__ == "__main__":
    main()
