"""A wrapper around the command in a process that stands still, or that takes others that do so for dead.

``python standing_still.py stand ARGUMENTS...`` stops its own process once, when all of its workers are between an
intent that is on disk and its request; the requests leave when it is woken. ``trusting`` in place of ``stand`` holds
every process that it doesn't see any more for dead: the hold rule is switched off. It lives in the tests alone.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from importer import server as api
from importer.cli.app import app
from importer.run.store import crew_store

if TYPE_CHECKING:
    from importer.server import Reply

WORKERS = 4
AFTER = 8
"""Requests that are sent before the process stands still."""


def stand_still() -> None:
    """Have the process stop itself once, just before its next requests."""
    original: Any = api.Client.post_layer

    def stop() -> None:
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(0.5)  # the kernel stops the thread that asks for it last

    together = threading.Barrier(WORKERS, action=stop)
    lock, sent, has_stood = threading.Lock(), 0, threading.Event()

    def post_layer(self: api.Client, body: bytes) -> Reply:
        nonlocal sent
        with lock:
            sent += 1
            is_time = sent > AFTER and not has_stood.is_set()
        if is_time:
            together.wait(30)
            has_stood.set()
        reply: Reply = original(self, body)
        return reply

    api.Client.post_layer = post_layer  # type: ignore[method-assign]


if __name__ == "__main__":
    mode = sys.argv.pop(1)
    if mode == "stand":
        stand_still()
    else:
        vars(crew_store)["is_proven_dead"] = lambda mark: True  # noqa: ARG005  # whoever it is
    app()
