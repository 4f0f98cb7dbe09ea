"""What goes along with a whole call: who is told of it, what stops it, and the time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.clock import SystemClock
from importer.events import ignore_event

if TYPE_CHECKING:
    from importer.clock import Clock
    from importer.events import Watcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once for a call, and handed on whole.

    Attributes:
        watch: told what happens.
        stop: once set, nothing more is begun, and the report says so.
        clock: the time; tests put their own in its place.
    """

    watch: Watcher = ignore_event
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Clock = field(default_factory=SystemClock)
