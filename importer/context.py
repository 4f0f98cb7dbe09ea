"""What goes along with a whole call: its watcher, what stops it, and the time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.clock import SystemClock
from importer.events import ignore_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.clock import Clock
    from importer.events import Watcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """What is about to be written, before the first request that changes anything.

    Attributes:
        address: base address of the API.
        rows: rows that will be sent; of undoing those that are taken back.
        stacks: their stacks.
        new_targets: names of the target materials that will be made.
        is_replacing: whether whole stacks are replaced.
        is_undoing: whether stacks are put back to what they were.
    """

    address: str
    rows: int
    stacks: int
    new_targets: tuple[str, ...] = ()
    is_replacing: bool = False
    is_undoing: bool = False


def agree(writes: Writes) -> bool:
    """Let everything be written, as programs want it that don't ask anybody."""
    del writes
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once for a call, and handed on whole.

    Attributes:
        watch: told what happens.
        stop: once set, nothing more is begun, and the report says so.
        clock: the time; tests put their own in its place.
        confirm: asked once, just before the first write; a "no" leaves the run as a plan that hasn't begun.
    """

    watch: Watcher = ignore_event
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Clock = field(default_factory=SystemClock)
    confirm: Callable[[Writes], bool] = agree
