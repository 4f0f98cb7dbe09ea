"""Serving the page on this machine only, until Ctrl-C or "Close"."""

from __future__ import annotations

import asyncio
import contextlib
import html
import os
import secrets
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from importer.errors import UsageError
from importer.web.app import guard_app

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from importer.web.session import Session

HOST = "127.0.0.1"
POLL = 0.2
GRACE_SECONDS = 3


class _Server(uvicorn.Server):
    """A server that leaves signals to the command."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal over."""
        yield


def serve_page(session: Session, *, port: int, on_ready: Callable[[str], None], stop: threading.Event) -> None:
    """Serve the page until it is closed or told to stop; what runs goes on to a safe point first.

    Args:
        session: what the routes share.
        port: the port; 0 for a free one.
        on_ready: called with the page's address, token and all, once connections are accepted.
        stop: ends it, once set.

    Raises:
        UsageError: the port is taken.
    """
    try:
        listener = socket.create_server((HOST, port), backlog=128)
        # else an answer's body waits 40 ms until its head is acknowledged
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise UsageError(f"Port {port} can't be used ({error.strerror}). Leave --port out to get a free one.") from None
    own = int(listener.getsockname()[1])
    token = secrets.token_urlsafe(32)
    session.on_close = stop.set
    config = uvicorn.Config(
        guard_app(session, port=own, token=token),
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)
    try:
        asyncio.run(_run(server, listener, lambda: on_ready(f"http://{HOST}:{own}/#{token}"), session, stop))
    finally:
        listener.close()
        session.close()


async def _run(
    server: uvicorn.Server,
    listener: socket.socket,
    on_ready: Callable[[], None],
    session: Session,
    stop: threading.Event,
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn offers no event for it
        await asyncio.sleep(0.01)
    if not serving.done():
        on_ready()
    while not stop.is_set() and not serving.done():  # noqa: ASYNC110  # a signal sets it, from outside the loop
        await asyncio.sleep(POLL)
    session.jobs.stop()
    while session.jobs.is_busy and not serving.done():  # noqa: ASYNC110  # a thread ends it
        await asyncio.sleep(POLL)
    server.should_exit = True
    await serving


@contextlib.contextmanager
def write_redirect(address: str) -> Iterator[Path]:
    """Give a file that opens the page, so that its token isn't in an argument that other users can see.

    It is readable by its owner only, and removed at the end.
    """
    descriptor, name = tempfile.mkstemp(prefix="layer-importer-", suffix=".html")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            shown = html.escape(address, quote=True)
            file.write(
                '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
                f'<meta http-equiv="refresh" content="0;url={shown}"><title>Layer importer</title>'
                f'<p><a href="{shown}">Open the layer importer</a></p>'
            )
        yield path
    finally:
        path.unlink(missing_ok=True)
