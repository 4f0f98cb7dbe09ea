"""Ctrl-C, SIGTERM and a terminal that goes away: the first asks the run to stop in order, the second leaves at once."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING

from importer.cli.terminal import make_console

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

INTERRUPTED = 130
_STOPPING = b"\nStopping: finishing the requests in progress, starting no new ones. Press Ctrl-C again to quit now.\n"
_SHOW_CURSOR = b"\x1b[?25h"


@contextlib.contextmanager
def catch_signals() -> Iterator[threading.Event]:
    """Give the event that SIGINT, SIGTERM or SIGHUP sets; the handlers are put back when the block ends.

    SIGHUP, which Windows calls SIGBREAK, isn't taken where it is ignored, as under ``nohup``.

    The second signal ends the process then and there. That is safe: the run file is true at every instant.
    """
    stop = threading.Event()
    is_terminal = make_console(stderr=True).is_terminal

    def take_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        # os.write, for a signal may come while the buffered stream is in the middle of a write.
        if stop.is_set():
            if is_terminal:
                with contextlib.suppress(OSError):
                    os.write(2, _SHOW_CURSOR)
            os._exit(INTERRUPTED)
        stop.set()
        with contextlib.suppress(OSError):  # the terminal may be what has gone
            os.write(2, _STOPPING)

    numbers = [signal.SIGINT, signal.SIGTERM]
    # A terminal that closes: Windows says it by SIGBREAK, as it does Ctrl-Break.
    closing = [getattr(signal, name) for name in ("SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    numbers += [number for number in closing if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, take_signal) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
