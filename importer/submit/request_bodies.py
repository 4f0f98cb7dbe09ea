"""What goes out and what counts as its echo: bodies, marks, and the answers that end a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from importer.errors import AbortedError, AddressError, KeyRefusedError
from importer.layers.same import is_same_layer
from importer.server import unwrap_thing
from importer.server.listing import MARK, find_record_id, find_sample_id
from importer.server.retry import Decision, ReplyKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.run import WorkRow, WorkStack
    from importer.server import Reply


def make_halt(decision: Decision, *, max_wait: float) -> AbortedError | None:
    """Return the error that ends the run after a decision that every later row would meet too.

    Args:
        decision: what an answer means.
        max_wait: longest time, in seconds, that the server may ask to wait.
    """
    words = f"{decision.status}: {decision.words}"
    match decision.kind:
        case ReplyKind.KEY_REFUSED | ReplyKind.FORBIDDEN:
            return KeyRefusedError(f"The server refused the API key ({words}). Check AS_API_KEY, then resume.")
        case ReplyKind.BAD_CERTIFICATE:
            return AddressError(f"The server couldn't prove who it is ({decision.words}). Nothing more will be sent.")
        case ReplyKind.WRONG_ADDRESS:
            return AddressError(
                f"The address answers with a redirect ({words}). Redirects are never followed, because the key "
                "would go along. Use the API's real address."
            )
        case ReplyKind.AGAIN | ReplyKind.DOUBT if decision.wait is not None and decision.wait > max_wait:
            return AddressError(
                f"The server asks to wait {decision.wait:.0f} s, longer than the {max_wait:.0f} s that this run "
                "waits at most. Resume it later."
            )
        case _:
            return None


def is_echo(body: bytes, reply: Reply) -> bool:
    """Tell whether an answer is the layer that was sent, by meaning, with a record id.

    A reply cut short in its head looks like an empty success, so the status alone proves nothing.
    """
    data = unwrap_thing(reply.data)
    return isinstance(data, dict) and find_record_id(data) is not None and is_same_layer(orjson.loads(body), data)


def is_made(reply: Reply) -> bool:
    """Tell whether an answer names the target material that was made, whatever it says of its name."""
    return find_sample_id(unwrap_thing(reply.data)) is not None


def is_success(reply: Reply) -> bool:
    """Tell whether a status says that a request was carried out."""
    return reply.status is not None and reply.status // 100 == 2  # noqa: PLR2004  # the success class


TAKEN = frozenset({201, 202, 204})
"""Statuses that say that the request was, or will be, carried out, whatever the body says (RFC 9110, section 15.3)."""


def names_stored(reply: Reply) -> bool:
    """Tell whether an answer says that something is stored, or will be: it must never be sent again.

    An id needn't be a number for that, nor stand where the API's page has it.
    """
    if not is_success(reply):
        return False
    thing = unwrap_thing(reply.data)
    has_id = isinstance(thing, dict) and thing.get("id") is not None
    return has_id or reply.status in TAKEN or "Location" in reply.headers


def make_mark(run_key: str, stack: WorkStack) -> str:
    """Return the mark by which a target material made by this run is known again."""
    return f"{run_key}/{stack.id}"


def make_stack_body(stack: WorkStack, rows: Sequence[WorkRow], *, mark: str) -> bytes:
    """Return the body that creates a target material with its layers from the substrate up."""
    metadata = orjson.loads(stack.sample_metadata) if stack.sample_metadata else {}
    return orjson.dumps(
        {
            "sample": {
                "sample_name": stack.sample_name,
                "substrate": stack.substrate,
                "sample_metadata": {**metadata, MARK: mark},
            },
            "layers": [orjson.loads(row.payload) for row in rows],
        }
    )
